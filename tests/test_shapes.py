"""Shapes: the built graph and the ontology conform, and each shape speaks when its fault is planted."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib import RDF, SH, Graph

from qa import graph, terms
from qa.check import CheckError, check
from qa.models import Finding

PREFIXES = f"""@prefix gz: <{terms.NS}> . @prefix rdfs: <{terms.RDFS}> . @prefix skos: <{terms.SKOS}> . @prefix owl: <{terms.OWL}> .
@prefix xsd: <{terms.XSD}> . @prefix dct: <{terms.DCT}> . @prefix v: <{terms.ACTION}> . @base <https://w3id.org/guizhi/id/qingshi/> ."""


@pytest.fixture(scope="module")
def graph_shapes(root: Path) -> Graph:
    return graph.read([root / "ontology" / "shapes" / "graph.ttl"])


@pytest.fixture(scope="module")
def term_shapes(root: Path) -> Graph:
    return graph.read([root / "ontology" / "shapes" / "terms.ttl"])


@pytest.fixture(scope="module")
def ontology(graphs: dict[str, Graph]) -> Graph:
    return graph.union([graphs[terms.ONTOLOGY_GRAPH], graphs[terms.VOCABULARY_GRAPH]])


def alone(shapes: Graph, name: str) -> Graph:
    """``shapes`` with the targets of all shapes but ``name`` taken away: running all of them for each fault takes minutes."""
    one = Graph() + shapes
    for shape in set(one.subjects(SH.targetClass)):
        if terms.local_name(str(shape)) != name:
            one.remove((shape, SH.targetClass, None))
    return one


def violations(found: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in found if finding.severity == "Violation"]


def test_the_built_graph_conforms(union: Graph, graph_shapes: Graph) -> None:
    assert violations(check(union, graph_shapes)) == []


def test_the_ontology_conforms(ontology: Graph, term_shapes: Graph) -> None:
    assert check(ontology, term_shapes) == ()


def test_the_small_graph_conforms(small_graphs: dict[str, Graph], graph_shapes: Graph) -> None:
    assert violations(check(graph.union(small_graphs.values()), graph_shapes)) == []


NORM = "meetings-2025/norm/4-sign"
FAULTS = [
    ("Norm", NORM, f"<{NORM}> gz:quote ?x", ""),
    ("Norm", NORM, "", f"<{NORM}> gz:provision <meetings-2025/art/5> ."),
    ("Norm", NORM, f"<{NORM}> gz:strength ?x", ""),
    ("Norm", NORM, f"<{NORM}> gz:action ?x", ""),
    ("Norm", NORM, f"<{NORM}> gz:regulation ?x", ""),
    ("Reading", NORM, f"<{NORM}> rdfs:label ?x", f'<{NORM}> rdfs:label "纪要由秘书长签发。"@zh .'),
    ("Reading", NORM, f"<{NORM}> rdfs:label ?x", f'<{NORM}> rdfs:label "{"长" * 101}"@zh .'),
    ("NormKind", NORM, f"<{NORM}> a ?x", f"<{NORM}> a gz:Norm ."),
    ("NormBearer", NORM, f"<{NORM}> gz:bearer ?x", ""),
    ("NormObject", NORM, f"<{NORM}> gz:object ?x", ""),
    ("Slots", NORM, "", f"<{NORM}> gz:recipient <matter/plan> ."),
    ("Slots", NORM, "", f"<{NORM}> gz:meeting <office/mayor> ."),
    ("Delegation", NORM, "", f"<{NORM}> a gz:Delegation ."),
    ("Composition", NORM, "", f"<{NORM}> a gz:Composition ."),
    ("Supervision", NORM, "", f"<{NORM}> a gz:Supervision ."),
    ("Silence", "meetings-2025/silence/quorum", "<meetings-2025/silence/quorum> gz:aspect ?x", ""),
    ("Qualifier", f"{NORM}/deadline/1", f"<{NORM}/deadline/1> rdfs:label ?x", ""),
    ("TypedDeadline", f"{NORM}/deadline/1", f"<{NORM}/deadline/1> gz:unit ?x", ""),
    ("TypedDeadline", f"{NORM}/deadline/1", f"<{NORM}/deadline/1> gz:anchor ?x", ""),
    ("NumberedDeadline", f"{NORM}/deadline/1", f"<{NORM}/deadline/1> gz:amount ?x", ""),
    ("TypedFrequency", "meetings-2025/norm/3-p1-frequency/frequency/1", "<meetings-2025/norm/3-p1-frequency/frequency/1> gz:times ?x", ""),
    ("TypedLimit", f"{NORM}/limit/1", "", f"<{NORM}> gz:limit <{NORM}/limit/1> . <{NORM}/limit/1> a gz:Limit ; rdfs:label '一份'@zh ."),
    ("BearerNames", "office/mayor", "", '<office/mayor> rdfs:label "市长二"@zh .'),
    ("BearerKind", "office/mayor", "<office/mayor> a ?x", "<office/mayor> a gz:Bearer ."),
    ("ConceptNames", "matter/plan", "<matter/plan> skos:prefLabel ?x", '<matter/plan> skos:prefLabel "年度计划"@zh .'),
    ("RouteStep", "route/a/1", "", "<route/a/1> a gz:RouteStep ; rdfs:label '一步'@zh ."),
    ("ApprovalRoute", "route/a", "", "<route/a> a gz:ApprovalRoute ; rdfs:label '程序'@zh ."),
    ("Provision", "meetings-2025/art/5", "<meetings-2025/art/5> gz:text ?x", ""),
    (
        "Provision",
        "meetings-2025/art/5",
        "<meetings-2025/art/5> gz:rawStart ?x",
        '<meetings-2025/art/5> gz:rawStart "99999"^^xsd:nonNegativeInteger .',
    ),
    ("PrintedProvision", "meetings-2025/art/5", "<meetings-2025/art/5> gz:rawStart ?x", ""),
    ("FormerVersion", "meetings-2025/art/5", "", "<meetings-2025/art/5> a gz:FormerVersion ."),
    ("Regulation", "meetings-2025", "<meetings-2025> gz:issuedOn ?x", '<meetings-2025> gz:issuedOn "去年" .'),
    ("Regulation", "meetings-2025", "", '<meetings-2025> gz:validUntil "2020-01-01"^^xsd:date .'),
    ("VerbatimQuote", NORM, f"<{NORM}> gz:quote ?x", f'<{NORM}> gz:quote "会议纪要由市长签发" .'),
    ("MarkerInArticle", NORM, f"<{NORM}> gz:marker ?x", f'<{NORM}> gz:marker "严禁" .'),
    ("OneKind", NORM, "", f"<{NORM}> a gz:Obligation ."),
    ("BearerMode", NORM, "", f"<{NORM}> gz:bearer <office/mayor> ."),
    ("UndeclaredTerm", "https://w3id.org/guizhi/ns#bearers", "", f"<{NORM}> gz:bearers <office/mayor> ."),
    ("UndefinedNode", "office/nobody", "", f"<{NORM}> gz:recipient <office/nobody> ."),
    ("SameName", "office/mayor", "", "<office/mayor-2> a gz:Office , gz:Bearer ; rdfs:label '市长'@zh , 'Second mayor'@en ."),
    ("UnusedEntity", "matter/idle", "", "<matter/idle> a gz:Matter ; skos:prefLabel '闲置'@zh , 'idle'@en ."),
    ("CyclicBroader", "doc/minutes", "", "<doc/minutes> skos:broader <doc/briefing-minutes> ."),
    ("StepOrder", "route/a/3", "", "<route/a> gz:step <route/a/3> . <route/a/3> gz:order 3 ."),
    ("WithinRegulation", NORM, f"<{NORM}> gz:regulation ?x", f"<{NORM}> gz:regulation <other-rules> ."),
]


@pytest.mark.parametrize(("shape", "node", "remove", "add"), FAULTS, ids=[f"{fault[0]}-{number}" for number, fault in enumerate(FAULTS)])
def test_planted_faults_in_the_graph(
    small_graphs: dict[str, Graph], graph_shapes: Graph, shape: str, node: str, remove: str, add: str
) -> None:
    faulty = graph.union(small_graphs.values())
    if remove:
        prologue = PREFIXES.replace("@prefix", "PREFIX").replace("@base", "BASE").replace(" .", "")
        faulty.update(f"{prologue}\nDELETE WHERE {{ {remove} }}")
    faulty.parse(data=f"{PREFIXES}\n{add}", format="turtle")
    only = alone(graph_shapes, shape)
    culprit = node if "//" in node else f"https://w3id.org/guizhi/id/qingshi/{node}"
    assert (shape, culprit) not in {(finding.shape, finding.node) for finding in check(graph.union(small_graphs.values()), only)}
    assert (shape, culprit) in {(finding.shape, finding.node) for finding in check(faulty, only)}


TERM_FAULTS = [
    ("Header", "", "<https://w3id.org/guizhi/ns> dct:license ?x", ""),
    ("TermLabel", "bearer", "gz:bearer rdfs:label ?x", 'gz:bearer rdfs:label "主体"@zh .'),
    ("TermLabel", "Norm", "", 'gz:Norm rdfs:label "规则项"@zh .'),
    ("TermDefinition", "Norm", "gz:Norm skos:definition ?x", ""),
    ("TermName", "bad_name", "", "gz:bad_name a owl:ObjectProperty ; rdfs:range gz:Norm ."),
    ("TermName", "lower", "", "gz:lower a owl:Class ; rdfs:subClassOf gz:Norm ."),
    ("UndeclaredTerm", "Nowhere", "", "gz:Norm rdfs:subClassOf gz:Nowhere ."),
    ("UndeclaredTerm", "nothing", "", "gz:Norm gz:nothing gz:Bearer ."),
    ("OrphanClass", "Lonely", "", "gz:Lonely a owl:Class ."),
    ("OrphanProperty", "lonely", "", "gz:lonely a owl:ObjectProperty ."),
    ("CyclicHierarchy", "Norm", "", "gz:Norm rdfs:subClassOf gz:Obligation ."),
    ("DisjointSubclass", "Obligation", "", "gz:Obligation rdfs:subClassOf gz:Permission ."),
    ("MixedProperty", "bearer", "", "gz:bearer a owl:DatatypeProperty ."),
    ("SameLabel", "Body", "gz:Office rdfs:label ?x", 'gz:Office rdfs:label "机构"@zh , "Post"@en .'),
]


@pytest.mark.parametrize(
    ("shape", "name", "remove", "add"), TERM_FAULTS, ids=[f"{fault[0]}-{number}" for number, fault in enumerate(TERM_FAULTS)]
)
def test_planted_faults_in_the_ontology(ontology: Graph, term_shapes: Graph, shape: str, name: str, remove: str, add: str) -> None:
    faulty = Graph() + ontology
    if remove:
        prologue = PREFIXES.replace("@prefix", "PREFIX").replace("@base", "BASE").replace(" .", "")
        faulty.update(f"{prologue}\nDELETE WHERE {{ {remove} }}")
    faulty.parse(data=f"{PREFIXES}\n{add}", format="turtle")
    spoke = {(finding.shape, finding.node) for finding in check(faulty, alone(term_shapes, shape))}
    assert (shape, terms.gz(name) if name else terms.ONTOLOGY) in spoke


def test_every_shape_has_a_planted_fault(graph_shapes: Graph, term_shapes: Graph) -> None:
    for shapes, faults in ((graph_shapes, FAULTS), (term_shapes, TERM_FAULTS)):
        named = {terms.local_name(str(shape)) for shape in shapes.subjects(RDF.type, SH.NodeShape)}
        assert named == {fault[0] for fault in faults}


def test_broken_shapes_are_an_error(small_graphs: dict[str, Graph]) -> None:
    broken = Graph()
    broken.parse(
        data="""@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
        <http://x/s> a sh:NodeShape ; sh:targetClass owl:Ontology ; sh:sparql [ sh:select "SELECT $this WHERE { VALUES ?x { 1 } }" ] .""",
        format="turtle",
    )
    with pytest.raises(CheckError, match="形状有误"):
        check(graph.union(small_graphs.values()), broken)
