"""The ontology against its style, the pitfalls of ontology engineering, the OWL 2 profiles and a DL reasoner.

Four judges, one form of report: the shapes of ``ontology/shapes/terms.ttl``; the queries of ``ontology/checks/*.rq`` (OOPS! catalogue and
FIBO hygiene), each of which CONSTRUCTs ``sh:ValidationResult``; the profile checkers of the OWL API for OWL 2 DL and RL; and HermiT, for
consistency and for classes and properties that can have no members. The last two need Java 17 (JDK) and the package ``owlready2``, whose
jar holds both; without them a finding of severity Info says that they were left out.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final

from rdflib import Graph

from qa import build, graph, terms
from qa.check import check
from qa.models import Finding, Iri, Triple
from qa.store import Store, canonical

CHECKS: Final = Path("ontology") / "checks"
_SH: Final = "http://www.w3.org/ns/shacl#"
_JAR: Final = Path("hermit") / "HermiT.jar"
_TIME_LIMIT_S: Final = 600
_SAYS: Final = {
    "ProfileDL": "超出 OWL 2 DL",
    "ProfileRL": "超出 OWL 2 RL",
    "Inconsistent": "本体与数据自相矛盾（HermiT）",
    "UnsatisfiableClass": "类不可能有成员（HermiT）",
    "UnsatisfiableProperty": "属性不可能有值（HermiT）",
}


class ReasonerError(RuntimeError):
    """The reasoner ran and failed; the message is its last line."""


def check_ontology(root: Path) -> list[Finding]:
    """Everything that is to be said against the ontology of the project at ``root``, sorted; empty or Info alone means sound."""
    return check_graphs(root, build.graphs(root))


def check_graphs(root: Path, graphs: Mapping[str, Graph]) -> list[Finding]:
    """:func:`check_ontology` for ``graphs`` that are already built, with the shapes and queries at ``root``."""
    ontology = graphs[terms.ONTOLOGY_GRAPH] + graphs[terms.VOCABULARY_GRAPH]
    asserted = graph.union(triples for name, triples in graphs.items() if name != terms.INFERRED_GRAPH)
    shapes = graph.read([root / "ontology" / "shapes" / "terms.ttl"])
    found = {*check(ontology, shapes), *pitfalls(asserted + _facts(graphs[terms.INFERRED_GRAPH]), read_checks(root))}
    if why := missing_tools():
        return sorted({*found, Finding("Info", "Reasoner", terms.ONTOLOGY, why)})
    return sorted({*found, *reason(root, ontology), *reason(root, asserted, profiles=False)})


def read_checks(root: Path) -> dict[str, str]:
    """The queries at ``root`` by name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((root / CHECKS).glob("*.rq"))}


def pitfalls(data: Graph, checks: Mapping[str, str]) -> tuple[Finding, ...]:
    """What the queries of ``checks`` find in ``data``, sorted. The name of the query stands in the place of the shape's."""
    store = Store(canonical(graph.nquads({terms.ONTOLOGY_GRAPH: data})))
    return tuple(sorted({finding for name, query in checks.items() for finding in _results(name, store.construct(query))}))


def _results(name: str, triples: list[Triple]) -> Iterator[Finding]:
    for _, said in groupby(sorted(triples, key=lambda triple: triple[0].value), key=lambda triple: triple[0]):
        result = {predicate.value.removeprefix(_SH): value for _, predicate, value in said}
        node, severity = result.get("focusNode", Iri(terms.ONTOLOGY)), result["resultSeverity"]
        yield Finding(terms.local_name(str(severity)), name, str(node), str(result["resultMessage"]))


def _facts(inferred: Graph) -> Graph:
    """The statements that rules and axioms add between nodes; classes are left out, so that a wrong use of a property is not hidden."""
    facts = Graph()
    for s, p, o in inferred:
        if str(p).startswith(terms.NS):
            facts.add((s, p, o))
    return facts


def missing_tools() -> str:
    """What the reasoner and the profile checkers lack, in a line; empty where nothing is."""
    if _jar() is None:
        return "没有安装 owlready2（pip install 'guizhi[dev]'），OWL 2 语言级别和 HermiT 的检查已跳过；构建时 owlrl 仍会发现矛盾"
    if shutil.which("javac") is None:
        return "没有找到 Java 17（JDK），OWL 2 语言级别和 HermiT 的检查已跳过；构建时 owlrl 仍会发现矛盾"
    return ""


def _jar() -> Path | None:
    package = importlib.util.find_spec("owlready2")  # found, not imported: only its jar is of use here
    jar = Path(package.origin).parent / _JAR if package and package.origin else None
    return jar if jar and jar.is_file() else None


def reason(root: Path, data: Graph, *, profiles: bool = True) -> tuple[Finding, ...]:
    """What HermiT, and with ``profiles`` the OWL API's profile checkers, find in ``data``, sorted. Raises :class:`ReasonerError`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ontology.rdf"
        path.write_bytes(data.serialize(format="xml", encoding="utf-8"))
        command = ["java", "-Xmx1g", "-cp", str(_jar()), str(root / CHECKS / "Reason.java"), str(path), *([] if profiles else ["-"])]
        try:
            run = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=_TIME_LIMIT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ReasonerError(f"推理机没有完成：{error}") from error
    *lines, last = run.stdout.splitlines() or [""]
    if run.returncode or last != "done":
        raise ReasonerError(f"推理机出错：{' '.join(run.stderr.split())[-300:]}")
    return tuple(sorted({_said(line) for line in lines}))


def _said(line: str) -> Finding:
    kind, _, detail = line.partition("\t")
    is_node = kind.startswith("Unsatisfiable")
    message = _SAYS[kind] if is_node or not detail else f"{_SAYS[kind]}：{detail}"
    return Finding("Violation", kind, detail if is_node else terms.ONTOLOGY, message)
