"""The set-at-a-time engine: the SHACL features relied on give the results of pySHACL, and everything else is refused loudly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyshacl
import pytest
import yaml
from asking import ROOT
from rdflib import RDF, SH, Graph

from qa import terms
from qa.shacl import Data, ShapesError, compile_shapes, fill
from qa.shacl_models import Fault

CASES = yaml.safe_load((ROOT / "tests" / "cases" / "shacl.yaml").read_text("utf-8"))
PROLOGUE = """@prefix : <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<https://example.org/> sh:declare [ sh:prefix "" ; sh:namespace "https://example.org/"^^xsd:anyURI ] .
"""


def faults(folder: Path, shapes: str, data: str) -> list[Fault]:
    path = folder / "shapes.ttl"
    path.write_text(PROLOGUE + shapes, "utf-8")
    store = Data()
    store.load(Graph().parse(data=PROLOGUE + data, format="turtle").serialize(format="nt", encoding="utf-8"))
    return [fault for constraint in compile_shapes([path]) for fault in store.faults(constraint)]


def reference(shapes: str, data: str) -> set[tuple[str, str, str]]:
    """What pySHACL finds: focus, message, severity."""
    given = [Graph().parse(data=PROLOGUE + words, format="turtle") for words in (data, shapes)]
    _, report, _ = pyshacl.validate(given[0], shacl_graph=given[1], inference="none", advanced=True)
    assert isinstance(report, Graph)
    return {
        (str(report.value(r, SH.focusNode)), str(report.value(r, SH.resultMessage)), str(report.value(r, SH.resultSeverity)))
        for r in report.subjects(RDF.type, SH.ValidationResult)
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_features(tmp_path: Path, case: dict[str, Any]) -> None:
    severity = case.get("severity", str(SH.Violation))
    expected = {(f"https://example.org/{focus}", message, severity) for focus, message in case["faults"]}
    found = [(fault.focus, fault.message, fault.severity) for fault in faults(tmp_path, case["shapes"], case["data"])]
    assert sorted(found) == sorted(expected)
    assert reference(case["shapes"], case["data"]) == expected


SELECT = ':S a sh:NodeShape ; sh:targetClass :Doc ; sh:sparql [ sh:prefixes : ; sh:select "%s" ] .'


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (":S a sh:NodeShape ; sh:targetNode :a .", "没有实现的 sh:targetNode"),
        (":S a sh:NodeShape ; sh:targetClass :Doc ; sh:or ( :A :B ) .", "没有实现的 sh:or"),
        (":S a sh:NodeShape ; sh:targetClass :Doc ; sh:property [ sh:path :p ; sh:node :T ] .", "没有实现的 sh:node"),
        (":S a sh:NodeShape ; sh:targetClass :Doc ; sh:property [ sh:path :p ; sh:minCount 2 ] .", "没有实现的 sh:minCount"),
        (":S a sh:NodeShape ; sh:targetClass :Doc ; sh:property [ sh:path ( :p :q ) ; sh:minCount 1 ] .", "sh:path 应为一个属性"),
        (":S a sh:NodeShape ; sh:targetClass :Doc ; sh:sparql [ sh:ask 'ASK {}' ] .", "没有实现的 sh:ask"),
        (SELECT % "SELECT $this WHERE { $this a :Doc MINUS { $this :p 1 } }", "用了 MINUS"),
        (SELECT % "SELECT $this WHERE { VALUES ?x { 1 } $this :p ?x }", "用了 VALUES"),
        (SELECT % "SELECT $this WHERE { SERVICE <http://example.org/> { $this :p ?x } }", "用了 SERVICE"),
        (SELECT % "SELECT $this WHERE { { SELECT ?x WHERE { ?x :p 1 } } $this :p ?x }", "应为选出 \\$this"),
        (SELECT % "SELECT ?x WHERE { ?x :p 1 }", "应为选出 \\$this"),
        (SELECT % "ASK { $this :p 1 }", "应为选出 \\$this"),
        (SELECT % "SELECT $this WHERE { $this :p }", "查询有误"),
        (":S a sh:NodeShape ; sh:targetClass", "无法读取"),
    ],
)
def test_what_is_not_evaluated_is_refused(tmp_path: Path, shapes: str, message: str) -> None:
    with pytest.raises(ShapesError, match=message):
        faults(tmp_path, shapes, ":a a :Doc .")


def test_a_missing_file_of_shapes(tmp_path: Path) -> None:
    with pytest.raises(ShapesError, match=r"none\.ttl 无法读取"):
        compile_shapes([tmp_path / "none.ttl"])


def test_messages() -> None:
    assert fill("{?a}由{$b}签，{?c}", {"a": "甲", "b": "{?a}"}) == "甲由{?a}签，{?c}"


def test_a_target_class_is_not_read_from_the_name(tmp_path: Path) -> None:
    """Targets are instances, not nodes that merely occur in the data."""
    assert faults(tmp_path, SELECT % "SELECT $this WHERE { $this :p ?x }", ":a :p 1 . :Doc :p 2 .") == []
    assert terms.local_name("https://example.org/S") == "S"
