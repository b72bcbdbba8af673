"""What registers are checked against: shapes, the regulation's norms as far as shapes use them, and how its registers are read by them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from qa import terms
from qa.models import Iri, Triple
from qa.ntriples import ntriples
from qa.shacl import Data, Shapes, compile_shapes
from qa.shacl_models import Constraint
from qa.shards import Neighbours
from qa.store import Store
from qa.validate_models import Severity, ShapeInfo

SHAPES: Final = Path("ontology/shapes/registers")
CHECKS: Final = Path("data/checks")
PREFIXES: Final = "".join(
    f"PREFIX {name}: <{iri}>\n" for name, iri in (terms.PREFIXES | {"ck": terms.CHECK, "s": terms.REGISTER_SHAPES}).items()
)
_CLOSURE: Final = """CONSTRUCT { ?narrow ck:countsAs ?wide } WHERE { ?narrow a ?class .
    VALUES ?class { gz:Office gz:RelativeRole gz:Body gz:PersonGroup gz:DocumentType gz:Matter gz:MeetingType }
    ?narrow (skos:broader|ck:kindOf)* ?wide }"""
_ORDER: Final = """CONSTRUCT { ?prior ck:precedes ?norm . ?delegation ck:alternativeTo ?other } WHERE {
    { ?prior gz:overrides|ck:checkedBefore ?norm ; ck:checkedBy s:Signer FILTER NOT EXISTS { ?prior a gz:Delegation } }
    UNION { ?delegation gz:overrides|gz:supplements ?other ; ck:checkedBy s:SigningGrant } }"""
_CONDITIONS: Final = """SELECT ?type ?condition ?property ?value WHERE { ?type ck:when ?condition . ?condition ?property ?value }
    ORDER BY ?type ?property ?value"""
_PRESENCE: Final = {f"<{terms.CHECK}has>": "EXISTS", f"<{terms.CHECK}lacks>": "NOT EXISTS"}
_NAME: Final = re.compile(rf"(?:\bgz:|\bck:|<{terms.NS}|<{terms.CHECK})([\w-]+)")
_REGULATIONS: Final = (
    "SELECT ?iri ?id ?title WHERE { ?iri a gz:Regulation ; dct:identifier ?id ; dct:title ?title FILTER(LANG(?title) = 'zh') } ORDER BY ?id"
)


class RulebookError(ValueError):
    """Rules that cannot be put together; the message is one Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything that a shard is judged by; it pickles, so that a shard can be judged elsewhere.

    ``facts`` are N-Triples of the regulation, ``derive`` the CONSTRUCT queries that run over a shard's data before the constraints,
    ``references`` the short references (31.3) of provisions by IRI, ``shapes`` what shapes say about themselves by IRI. ``asked`` are the
    local names of all classes and properties that any of these mentions: what no rule asks for need not be looked at.
    """

    regulation: str
    title: str
    constraints: tuple[Constraint, ...]
    shapes: Mapping[str, ShapeInfo]
    facts: bytes
    derive: tuple[str, ...]
    references: Mapping[str, str]
    neighbours: Neighbours
    asked: frozenset[str]


def load_rulebook(root: Path, store: Store, regulation: str | None = None) -> Rulebook:
    """The rules of ``regulation`` (a folder name below ``data/source``; ``None``: the only one that can be checked) over the built ``store``.

    Raises :class:`RulebookError` when the regulation is not known or says nothing about how registers are checked, and
    :class:`qa.shacl.ShapesError` for faulty shapes.
    """
    folder = root / SHAPES
    identifier, title = _regulation(root, store, regulation)
    graphs = {"norms": Iri(terms.norms_graph(identifier))}
    base = Data()
    base.load_turtle(root / CHECKS / f"{identifier}.ttl")
    checked = {row["norm"].strip("<>") for row in base.rows(PREFIXES + "SELECT DISTINCT ?norm WHERE { ?norm ck:checkedBy ?shape }")}
    base.load(ntriples(_needed(store.construct((folder / "facts.rq").read_text("utf-8"), graphs), checked)))
    base.extend(PREFIXES + _CLOSURE)
    base.extend(PREFIXES + _ORDER)
    paths = sorted(folder.glob("*.ttl"))
    rows = store.select(
        "SELECT ?text ?provision ?reference WHERE { GRAPH ?text { ?provision gz:reference ?reference } }",
        {"text": Iri(terms.text_graph(identifier))},
    )
    constraints, facts = compile_shapes(paths), base.dump()
    derive = _recognitions(base) + tuple(PREFIXES + path.read_text("utf-8") for path in sorted((folder / "derive").glob("*.rq")))
    return Rulebook(
        identifier,
        title,
        constraints,
        _infos(Shapes(paths)),
        facts,
        derive,
        {str(row["provision"]): str(row["reference"]) for row in rows},
        _neighbours(folder / "neighbours.yaml"),
        _asked([*derive, *(constraint.query for constraint in constraints), facts.decode()]),
    )


def _asked(texts: Iterable[str]) -> frozenset[str]:
    """The local names that ``texts`` (SPARQL, N-Triples) mention of our namespaces."""
    return frozenset(name for text in texts for name in _NAME.findall(text))


def _needed(triples: Sequence[Triple], checked: Set[str]) -> list[Triple]:
    """``triples`` without those of norms that no shape checks and that no checked norm supplements or overrides, nor of their qualifiers."""
    near = {str(o) for s, p, o in triples if str(s) in checked and str(p) in (terms.gz("supplements"), terms.gz("overrides"))}
    others = {str(s) for s, p, _ in triples if str(p) == terms.gz("provision")} - checked - near
    return [triple for triple in triples if not _of(str(triple[0]), others)]


def _of(iri: str, norms: Set[str]) -> bool:
    """Whether ``iri`` is one of ``norms`` or a qualifier of one (``<norm>/deadline/1``)."""
    return iri in norms or iri.rsplit("/", 2)[0] in norms


def _regulation(root: Path, store: Store, wanted: str | None) -> tuple[str, str]:
    known = {str(row["id"]): str(row["title"]) for row in store.select(_REGULATIONS)}
    ready = [name for name in known if (root / CHECKS / f"{name}.ttl").is_file()]
    if wanted is None and len(ready) == 1:
        return ready[0], known[ready[0]]
    if wanted in ready:
        return wanted, known[wanted]
    raise RulebookError(
        f"请用一部可以核对的规则：{'、'.join(ready) or '（没有）'}；{wanted or '没有指定'}不在其中（{CHECKS} 里要有它的核对说明）"
    )


def _recognitions(base: Data) -> tuple[str, ...]:
    """A CONSTRUCT query for every condition (``ck:when``) under which a document counts as of a type."""
    patterns: dict[tuple[str, str], list[str]] = {}
    for row in base.rows(PREFIXES + _CONDITIONS):
        patterns.setdefault((row["type"], row["condition"]), []).append(_pattern(row["property"], row["value"]))
    where = "?document a gz:DocumentRecord . {type} ck:countsAs ?type ."
    return tuple(
        f"{PREFIXES}CONSTRUCT {{ ?document ck:countsAs ?type }} WHERE {{ {' '.join(found)} {where.format(type=kind)} }}"
        for (kind, _), found in sorted(patterns.items(), key=lambda item: (item[0][0], item[1]))
    )


def _pattern(name: str, value: str) -> str:
    """What a document must match for one property of a condition; ``ck:has`` and ``ck:lacks`` name a property instead of giving its value."""
    if name in _PRESENCE:
        return f"FILTER {_PRESENCE[name]} {{ ?document {value} ?any }}"
    return f"?document {name} {value} ."


def _infos(shapes: Shapes) -> dict[str, ShapeInfo]:
    """What every node shape says about itself."""
    infos = {}
    for iri in shapes.node_shapes():
        numbers = sorted(int(value) for value in shapes.texts(iri, terms.CHECK + "constraint"))
        infos[iri] = ShapeInfo(
            terms.local_name(iri),
            "".join(shapes.texts(iri, terms.RDFS + "label")),
            Severity(terms.local_name("".join(shapes.texts(iri, terms.SHACL + "severity")) or Severity.VIOLATION)),
            tuple(numbers),
            tuple(shapes.texts(iri, terms.CHECK + "concerns")),
            "".join(shapes.texts(iri, terms.CHECK + "remedy")),
        )
    return infos


def _neighbours(path: Path) -> Neighbours:
    declared: Mapping[str, list[list[str]]] = yaml.safe_load(path.read_text("utf-8"))
    return {name: tuple((ours, other, theirs) for ours, other, theirs in links) for name, links in declared.items()}
