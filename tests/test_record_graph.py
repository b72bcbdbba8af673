"""A record as a graph: acts are nodes of their own, their values also on the record; places and new nodes are described."""

from __future__ import annotations

from rdflib import RDF, RDFS, XSD, Graph, Literal, Namespace, URIRef

from qa.models import Iri, Text
from qa.record_graph import record_graph
from qa.register_models import Cell, Place, RegisterRecord
from qa.terms import CHECK, NS

GZ, CK, NODE, OFFICE = Namespace(NS), Namespace(CHECK), URIRef("x:r"), "x:office"


def graph(place: Place) -> Graph:
    cells = {
        "recordNumber": Cell("recordNumber", 1, "甲", (Text('甲"号'),)),
        "recordTitle": Cell("recordTitle", 2, "", ()),
        "signing/actDate": Cell("signing/actDate", 3, "", (Text("2024-03-05", datatype=str(XSD.date)),)),
        "signing/actPost": Cell("signing/actPost", 4, "", (Iri(OFFICE),)),
    }
    minted = ((Iri(OFFICE), Iri(str(RDFS.label)), Text("总长", "zh")),)
    return Graph().parse(data=record_graph(RegisterRecord("x:r", "簿", NS + "DocumentRecord", "甲", place, cells, minted)), format="nt")


def test_a_row_of_a_sheet() -> None:
    act, day = URIRef("x:r/signing"), Literal("2024-03-05", datatype=XSD.date)
    assert set(graph(Place("甲.xlsx", "表", 7))) == {
        (NODE, RDF.type, GZ.DocumentRecord),
        (NODE, GZ.sourceFile, Literal("甲.xlsx")),
        (NODE, GZ.sourceSheet, Literal("表")),
        (NODE, GZ.sourceRow, Literal(7)),
        (NODE, GZ.recordNumber, Literal('甲"号')),
        (NODE, GZ.signing, act),
        (act, RDF.type, GZ.Act),
        (act, GZ.actDate, day),
        (NODE, CK["signing-actDate"], day),
        (act, GZ.actPost, URIRef(OFFICE)),
        (NODE, CK["signing-actPost"], URIRef(OFFICE)),
        (URIRef(OFFICE), RDFS.label, Literal("总长", "zh")),
    }


def test_what_comes_from_rdf_has_no_row() -> None:
    found = graph(Place("甲.ttl", node="x:r"))
    assert (NODE, GZ.sourceFile, Literal("甲.ttl")) in found
    assert not set(found.predicates()) & {GZ.sourceRow, GZ.sourceSheet}
