"""Inference: the conclusions that matter are there, the noise is not, contradictions are refused."""

from __future__ import annotations

import pytest
from rdflib import OWL, RDF, RDFS, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import SKOS

from qa import terms
from qa.closure import ClosureError, infer

GZ = Namespace(terms.NS)
X = Namespace("http://x/")
CITY = Namespace("https://w3id.org/guizhi/id/chaoyang/")


@pytest.fixture(scope="module")
def inferred(graphs: dict[str, Graph]) -> Graph:
    return graphs[terms.INFERRED_GRAPH]


@pytest.mark.parametrize(
    ("subject", "predicate", "value"),
    [
        ("rules-2024/norm/31-3-sign", RDF.type, GZ.Norm),  # superclass of a superclass
        ("rules-2024/norm/22-p1-hand-over", RDF.type, GZ.PrescriptiveNorm),
        ("rules-2024/norm/31-5-letter-delegation", RDF.type, GZ.Competence),
        ("office/mayor", RDF.type, URIRef("http://www.w3.org/ns/org#Post")),  # alignment
        ("rules-2024/norm/31-3-sign", GZ.involves, CITY["office/mayor"]),  # subproperty
        ("office/mayor", GZ.bears, CITY["rules-2024/norm/31-3-sign"]),  # inverse
        ("rules-2024/art/31/item/3", GZ.partOf, CITY["rules-2024/chap/6"]),  # transitive
        ("rules-2024", GZ.hasPart, CITY["rules-2024/art/31/item/3"]),
        ("rules-2024/norm/31-3-sign", GZ.provisionOrWhole, CITY["rules-2024/art/31"]),  # property chain
        ("rules-2024/norm/31-3-sign", GZ.provisionOrWhole, CITY["rules-2024"]),
        ("rules-2024/norm/22-p1-hand-over/deadline/1", RDF.type, GZ.Qualifier),
        ("meeting/plenary", GZ.chair, CITY["office/mayor"]),  # rules
        ("meeting/plenary", GZ.convener, CITY["office/mayor"]),
        ("meeting/special", GZ.minutesSigner, CITY["role/convening-leader"]),
        ("office/mayor", GZ.signs, CITY["doc/personnel"]),
        ("office/mayor", GZ.signs, CITY["doc/going-abroad-principals"]),
    ],
)
def test_conclusions_that_matter(inferred: Graph, subject: str, predicate: URIRef, value: URIRef) -> None:
    assert (CITY[subject], predicate, value) in inferred


def test_delegates_do_not_sign_in_their_own_right(union: Graph) -> None:
    assert (CITY["office/secretary-general"], GZ.signs, CITY["doc/in-office-name"]) not in union
    assert set(union.objects(CITY["meeting/plenary"], GZ.chair)) == {CITY["office/mayor"]}


def test_steps_of_routes_are_not_norms(union: Graph) -> None:
    steps = set(union.subjects(RDF.type, GZ.RouteStep))
    assert steps
    assert not steps & set(union.subjects(RDF.type, GZ.Norm))


def test_only_new_triples_without_noise(inferred: Graph, graphs: dict[str, Graph]) -> None:
    asserted = [one for name, one in graphs.items() if name != terms.INFERRED_GRAPH]
    assert not [triple for triple in inferred if any(triple in one for one in asserted)]
    for s, p, o in inferred:
        assert isinstance(s, URIRef) and isinstance(o, URIRef), (s, p, o)
        assert p not in (OWL.sameAs, OWL.equivalentClass, OWL.equivalentProperty)
        assert o not in (OWL.Thing, RDFS.Resource)
        assert s != o or p == GZ.readWith  # a norm is read with itself, by ontology/rules/read-with.rq


def test_second_closure_adds_nothing(small_graphs: dict[str, Graph]) -> None:
    assert len(infer(small_graphs.values(), {})) == 0


def test_kinds_of_a_kind(small_graphs: dict[str, Graph]) -> None:
    found, city = small_graphs[terms.INFERRED_GRAPH], Namespace("https://w3id.org/guizhi/id/qingshi/")
    assert (city["doc/briefing-minutes"], SKOS.broaderTransitive, city["doc/minutes"]) in found
    assert (city["doc/minutes"], SKOS.narrower, city["doc/briefing-minutes"]) in found
    assert (city["meeting/briefing"], GZ.minutesSigner, city["office/secretary"]) in found


def test_contradiction_is_refused(graphs: dict[str, Graph]) -> None:
    wrong = Graph()
    wrong.add((X.norm, RDF.type, GZ.Obligation))
    wrong.add((X.norm, RDF.type, GZ.Prohibition))
    with pytest.raises(ClosureError, match="图谱自相矛盾") as caught:
        infer([graphs[terms.ONTOLOGY_GRAPH], wrong], {})
    assert "http://x/norm" in str(caught.value) and "\n" not in str(caught.value)


def test_an_office_is_not_a_body(graphs: dict[str, Graph]) -> None:
    wrong = Graph()
    wrong.add((X.someone, RDF.type, GZ.Office))
    wrong.add((X.norm, GZ.meeting, X.someone))  # the range makes it a type of meeting
    with pytest.raises(ClosureError, match="http://x/someone"):
        infer([graphs[terms.ONTOLOGY_GRAPH], wrong], {})


def test_rules_see_the_closure_and_must_construct() -> None:
    data = Graph()
    data.add((X.A, RDFS.subClassOf, X.B))
    data.add((X.a, RDF.type, X.A))
    data.add((X.a, RDFS.label, Literal("甲")))
    data.add((X.a, X.p, BNode()))
    rule = "CONSTRUCT { ?x <http://x/seen> ?c } WHERE { ?x a ?c }"
    assert (X.a, X.seen, X.B) in infer([data], {"seen.rq": rule})
    with pytest.raises(ClosureError, match=r"seen\.rq：应为 CONSTRUCT"):
        infer([data], {"seen.rq": "ASK { ?x a ?c }"})
    with pytest.raises(ClosureError, match=r"seen\.rq：查询有误"):
        infer([data], {"seen.rq": "CONSTRUCT {"})
