"""The ontology's quality: sound as it stands, and each check speaks when its fault is planted."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib import Graph

from qa import graph, ontology_check, terms
from qa.ontology_check import check_graphs, missing_tools, pitfalls, read_checks, reason

PREFIXES = f"""@prefix gz: <{terms.NS}> . @prefix rdf: <{terms.RDF}> . @prefix rdfs: <{terms.RDFS}> . @prefix skos: <{terms.SKOS}> .
@prefix owl: <{terms.OWL}> . @prefix xsd: <{terms.XSD}> . @prefix dcam: <http://purl.org/dc/dcam/> . @base <https://w3id.org/guizhi/id/qingshi/> ."""
PROPERTY = "gz:planted a owl:ObjectProperty"
CLASS = "gz:Planted a owl:Class"
NORM = "https://w3id.org/guizhi/id/qingshi/meetings-2025/norm/4-sign"

FAULTS = [
    ("inverse-mismatch", "bears", f"{PROPERTY} ; owl:inverseOf gz:bears ; rdfs:range gz:Provision ."),
    ("self-inverse", "planted", f"{PROPERTY} ; owl:inverseOf gz:planted ."),
    ("symmetric-inverse", "planted", f"{PROPERTY} , owl:SymmetricProperty ; owl:inverseOf gz:bears ."),
    ("wrong-symmetric", "planted", f"{PROPERTY} , owl:SymmetricProperty ; rdfs:domain gz:Norm ; rdfs:range gz:Office ."),
    ("wrong-transitive", "planted", f"{PROPERTY} , owl:TransitiveProperty ; rdfs:domain gz:Norm ; rdfs:range gz:Office ."),
    ("short-chain", "planted", f"{PROPERTY} ; owl:propertyChainAxiom ( gz:bearer ) ."),
    ("several-domains", "planted", f"{PROPERTY} ; rdfs:domain gz:Norm , gz:RouteStep ."),
    ("missing-domain", "planted", f"{PROPERTY} ; rdfs:range gz:Norm ."),
    ("missing-range", "planted", f"{PROPERTY} ; rdfs:domain gz:Norm ."),
    ("missing-disjointness", "Office", f"{CLASS} ; rdfs:subClassOf gz:Bearer ."),
    ("redundant-subclass", "Planted", f"{CLASS} ; rdfs:subClassOf gz:Norm , gz:Obligation ."),
    ("single-member", "Norm", "[] a owl:AllDisjointClasses ; owl:members ( gz:Norm ) ."),
    ("is-relation", "planted", f'{PROPERTY} ; rdfs:label "是"@zh .'),
    ("merged-class", "Planted", f'{CLASS} ; rdfs:label "职务和机构"@zh .'),
    ("vague-class", "Planted", f'{CLASS} ; rdfs:label "其他规范"@zh .'),
    ("same-definition", "Action", f'gz:Action skos:definition "同样的话。"@zh . {CLASS} ; skos:definition "同样的话。"@zh .'),
    ("circular-definition", "Planted", f'{CLASS} ; rdfs:label "令状"@zh ; skos:definition "令状。"@zh .'),
    ("untidy-text", "Planted", f'{CLASS} ; rdfs:label "令状 "@zh .'),
    ("untidy-text", "planted", f'{PROPERTY} ; skos:definition "没有句号"@zh .'),
    ("untagged-text", "Planted", f'{CLASS} ; rdfs:label "令状" .'),
    ("file-extension", "https://w3id.org/guizhi/ns.ttl#Planted", "<https://w3id.org/guizhi/ns.ttl#Planted> a owl:Class ."),
    ("hijacked-term", f"{terms.SKOS}Concept", "skos:Concept rdfs:subClassOf gz:Norm ."),
    ("hijacked-term", f"{terms.SKOS}broader", 'skos:broader rdfs:label "我们的上位"@zh .'),
    ("version-mismatch", terms.ONTOLOGY, f'<{terms.ONTOLOGY}> owl:versionInfo "9.9.9" .'),
    ("deprecated-term", "bearer", "gz:bearer owl:deprecated true ."),
    ("unused-class", "Planted", f"{CLASS} ."),
    ("unused-property", "planted", f"{PROPERTY} ."),
    ("wrong-subject", "https://w3id.org/guizhi/id/qingshi/office/mayor", f"<office/mayor> gz:bearer <{NORM}> ."),
    ("wrong-subject", "https://w3id.org/guizhi/id/qingshi/office/mayor", "<office/mayor> gz:validFrom '2025-01-01'^^xsd:date ."),
    ("wrong-value", NORM, f"<{NORM}> gz:action <office/mayor> ."),
    ("wrong-value", NORM, f"<{NORM}> gz:object <meetings-2025/art/5> ."),
    ("wrong-value", "https://w3id.org/guizhi/id/qingshi/meetings-2025", "<meetings-2025> gz:issuedOn '去年' ."),
    ("literal-or-node", NORM, f"<{NORM}> gz:bearer '市长' ."),
    ("literal-or-node", NORM, f"<{NORM}> gz:marker <office/mayor> ."),
    ("unsteady-kind", NORM, f"<{NORM}> a gz:Prohibition , gz:Provision ."),
]
REASONER_FAULTS = [
    ("ProfileRL", terms.ONTOLOGY, f"{PROPERTY} ; rdfs:domain [ a owl:Class ; owl:unionOf ( gz:Norm gz:RouteStep ) ] ."),
    ("ProfileRL", terms.ONTOLOGY, "gz:issuedOn rdfs:range xsd:date ."),
    ("ProfileDL", terms.ONTOLOGY, "gz:partOf a owl:FunctionalProperty ."),
    ("Inconsistent", terms.ONTOLOGY, "gz:Strict a gz:TimeUnit ."),
    ("UnsatisfiableClass", terms.gz("Planted"), f"{CLASS} ; rdfs:subClassOf gz:Norm , gz:Bearer ."),
    ("UnsatisfiableProperty", terms.gz("planted"), f"{PROPERTY} ; rdfs:domain gz:Norm ; rdfs:subPropertyOf gz:step ."),
]
needs_java = pytest.mark.skipif(bool(missing_tools()), reason=missing_tools() or "Java is there")


@pytest.fixture(scope="module")
def small_data(small_graphs: dict[str, Graph]) -> Graph:
    return graph.union(triples for name, triples in small_graphs.items() if name != terms.INFERRED_GRAPH)


@pytest.fixture(scope="module")
def ontology(graphs: dict[str, Graph]) -> Graph:
    return graphs[terms.ONTOLOGY_GRAPH] + graphs[terms.VOCABULARY_GRAPH]


def planted(data: Graph, fault: str) -> Graph:
    """``data`` with a fault."""
    return (Graph() + data).parse(data=f"{PREFIXES}\n{fault}", format="turtle")


def test_the_ontology_is_sound(root: Path, graphs: dict[str, Graph]) -> None:
    found = check_graphs(root, graphs)
    # A term that only other regulations use is worth a warning, no more.
    assert [finding for finding in found if finding.severity != "Info" and not finding.shape.startswith("unused-")] == []
    assert [finding.message for finding in found if finding.severity == "Info"] == ([missing_tools()] if missing_tools() else [])


def culprit(name: str) -> str:
    return name if "://" in name else terms.gz(name)


@pytest.mark.parametrize(("check", "name", "fault"), FAULTS, ids=[f"{fault[0]}-{number}" for number, fault in enumerate(FAULTS)])
def test_planted_faults(root: Path, small_data: Graph, check: str, name: str, fault: str) -> None:
    only = {check: read_checks(root)[check]}
    assert (check, culprit(name)) not in {(finding.shape, finding.node) for finding in pitfalls(small_data, only)}
    assert (check, culprit(name)) in {(finding.shape, finding.node) for finding in pitfalls(planted(small_data, fault), only)}


def test_every_check_has_a_planted_fault(root: Path) -> None:
    assert set(read_checks(root)) == {fault[0] for fault in FAULTS}


@needs_java
@pytest.mark.parametrize(
    ("check", "name", "fault"), REASONER_FAULTS, ids=[f"{fault[0]}-{number}" for number, fault in enumerate(REASONER_FAULTS)]
)
def test_planted_faults_that_the_reasoner_finds(root: Path, ontology: Graph, check: str, name: str, fault: str) -> None:
    found = reason(root, planted(ontology, fault))
    assert (check, name) in {(finding.shape, finding.node) for finding in found}
    assert all(finding.severity == "Violation" and finding.message for finding in found)


@needs_java
def test_a_reasoner_that_fails_is_an_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ontology_check, "CHECKS", Path("nowhere"))
    with pytest.raises(ontology_check.ReasonerError, match="推理机出错"):
        reason(root, Graph())


@pytest.mark.parametrize(("jar", "java", "word"), [(None, "/usr/bin/javac", "owlready2"), (Path("x"), None, "Java 17")])
def test_without_java_the_check_says_so(
    root: Path, small_graphs: dict[str, Graph], monkeypatch: pytest.MonkeyPatch, jar: Path | None, java: str | None, word: str
) -> None:
    monkeypatch.setattr(ontology_check, "_jar", lambda: jar)
    monkeypatch.setattr("shutil.which", lambda _: java)
    info = [finding for finding in check_graphs(root, small_graphs) if finding.severity == "Info"]
    assert [(finding.shape, word in finding.message and "已跳过" in finding.message) for finding in info] == [("Reasoner", True)]
