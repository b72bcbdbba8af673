"""Named graphs: provisions, norms with named qualifiers, and what every quote and IRI must satisfy."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib import RDF, RDFS, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, SKOS

from qa import graph, terms
from qa.models import Iri, Text
from qa.store import Store

GZ = Namespace(terms.NS)
RULES = "https://w3id.org/guizhi/id/chaoyang/rules-2024"
SMALL = "https://w3id.org/guizhi/id/qingshi/meetings-2025"


def test_named_graphs(graphs: dict[str, Graph]) -> None:
    assert {name.removeprefix(terms.GRAPH) for name in graphs} == {
        "ontology",
        "vocabulary",
        "inferred",
        "chaoyang-2024/text",
        "chaoyang-2024/norms",
    }
    assert all(len(one) > 100 for one in graphs.values())


def test_item_of_article_31(union: Graph) -> None:
    item = URIRef(f"{RULES}/art/31/item/3")
    assert str(union.value(item, GZ.text)) == "市政府人事任免公文，经市政府分管负责同志审核后，由市长签发；"
    assert union.value(item, GZ.number) == Literal(3)
    assert str(union.value(item, GZ.reference)) == "31.3"
    assert union.value(item, RDFS.label) == Literal("第三十一条（三）", lang="zh")
    assert set(union.objects(item, GZ.regulation)) == {URIRef(RULES)}
    assert union.value(URIRef(f"{RULES}/chap/5"), DCTERMS.title) == Literal("会议制度", lang="zh")


def test_parts_are_asserted_directly_and_both_ways(graphs: dict[str, Graph]) -> None:
    text = graphs[terms.text_graph("chaoyang-2024")]
    item = URIRef(f"{RULES}/art/20/item/3")
    assert list(text.objects(item, GZ.partOf)) == [URIRef(f"{RULES}/art/20/para/1")]
    assert {(o, s) for s, o in text.subject_objects(GZ.partOf)} == set(text.subject_objects(GZ.hasPart))


def test_every_quote_is_verbatim_in_its_provision(union: Graph) -> None:
    quotes = list(union.subject_objects(GZ.quote))
    assert len(quotes) > 300
    wrong = [
        str(norm)
        for norm, quote in quotes
        for part in union.objects(norm, GZ.provision)
        if str(quote) not in str(union.value(part, GZ.text))
    ]
    assert wrong == []


def test_every_norm_has_one_quote_provision_and_reading(union: Graph) -> None:
    for norm in set(union.subjects(GZ.quote)):
        for name in (GZ.quote, GZ.provision, GZ.regulation, GZ.strength, RDFS.label):
            assert len(set(union.objects(norm, name))) == 1, (norm, name)


def test_every_reading_is_one_chinese_sentence(union: Graph) -> None:
    readings = {norm: str(union.value(norm, RDFS.label)) for norm in union.subjects(GZ.quote)}
    assert [norm for norm, reading in readings.items() if not 4 <= len(reading) <= 100] == []
    assert [norm for norm, reading in readings.items() if reading[-1] in "。；，、：" or "\n" in reading] == []


def test_every_project_iri_is_defined(union: Graph) -> None:
    ours = (terms.ID, terms.VOCAB, terms.NS)
    used = {term for triple in union for term in triple if isinstance(term, URIRef) and str(term).startswith(ours)}
    undefined = {str(term) for term in used if not any(union.objects(term, RDFS.label)) and not any(union.objects(term, SKOS.prefLabel))}
    assert undefined == set()


def test_no_blank_node_is_left_outside_the_ontology(graphs: dict[str, Graph]) -> None:
    for name, one in graphs.items():
        if name != terms.ONTOLOGY_GRAPH:
            assert not [term for triple in one for term in triple if isinstance(term, BNode)], name


def test_qualifiers_get_iris_and_classes(small_graphs: dict[str, Graph]) -> None:
    norms = small_graphs[terms.norms_graph("qingshi-2025")]
    deadline = URIRef(f"{SMALL}/norm/4-sign/deadline/1")
    assert (deadline, RDF.type, GZ.Deadline) in norms
    assert norms.value(deadline, GZ.amount) == Literal(5)
    assert (URIRef(f"{SMALL}/norm/4-sign"), GZ.regulation, URIRef(SMALL)) in norms
    assert (URIRef(f"{SMALL}/silence/quorum"), GZ.regulation, URIRef(SMALL)) in norms


def test_the_old_rules_are_repealed_and_have_no_content(store: Store) -> None:
    query = "SELECT ?new ?old ?issued ?until WHERE { ?new gz:replaces ?old . ?old gz:issuedOn ?issued ; gz:validUntil ?until }"
    rows = store.select(query, {"new": Iri(RULES)})
    assert [(str(row["issued"]), str(row["until"])) for row in rows] == [("2022-03-14", "2024-01-29")]
    assert not store.ask("ASK { ?part gz:regulation ?old }", {"old": rows[0]["old"]})


def test_what_was_in_force(store: Store) -> None:
    query = """SELECT ?rules ?on WHERE { ?rules a gz:Regulation .
        OPTIONAL { ?rules gz:validFrom ?from } OPTIONAL { ?rules gz:validUntil ?until }
        FILTER((!BOUND(?from) || ?from <= ?on) && (!BOUND(?until) || ?on < ?until)) }"""

    def on(day: str) -> set[str]:
        return {str(row["rules"]) for row in store.select(query, {"on": Text(day, None, terms.XSD + "date")})}

    assert on("2024-01-28") == {RULES.replace("2024", "2022")}
    assert on("2024-01-29") == {RULES}


# ---------------------------------------------------------------- faults


def write(tmp_path: Path, turtle: str) -> Graph:
    prefixes = f"@prefix gz: <{terms.NS}> . @prefix rdfs: <{terms.RDFS}> . @base <http://x/> .\n"
    path = tmp_path / "norms.ttl"
    path.write_text(prefixes + turtle, encoding="utf-8")
    return graph.read([path])


def regulation(tmp_path: Path) -> graph.Regulation:
    return graph.Regulation("x", "http://x/rules", tmp_path, Graph())


def test_bad_turtle_names_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(graph.GraphError, match=r"norms\.ttl：第 3 行：不是有效的 Turtle") as caught:
        write(tmp_path, "<a> a gz:Obligation ;\n  gz:quote 'open .\n")
    assert "\n" not in str(caught.value)


def test_ordinals_follow_the_label_not_the_order_in_the_file(tmp_path: Path) -> None:
    written = write(tmp_path, "<a> gz:condition [ rdfs:label '甲' ] , [ rdfs:label '乙' ] .")
    norms = graph.norms_graph(regulation(tmp_path), written, Graph())
    # 乙 is U+4E59 and 甲 U+7532.
    assert [str(norms.value(URIRef(f"http://x/a/condition/{n}"), RDFS.label)) for n in (1, 2)] == ["乙", "甲"]


def test_shared_blank_node_is_refused(tmp_path: Path) -> None:
    written = write(tmp_path, "<a> gz:condition _:c . <b> gz:condition _:c . _:c rdfs:label '甲' .")
    with pytest.raises(graph.GraphError, match="属于两个主语"):
        graph.norms_graph(regulation(tmp_path), written, Graph())


def test_stray_blank_node_is_refused(tmp_path: Path) -> None:
    with pytest.raises(graph.GraphError, match="不属于任何规范的空白节点"):
        graph.norms_graph(regulation(tmp_path), write(tmp_path, "[] rdfs:label '甲' ."), Graph())


def test_folder_without_its_regulation(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "regulation.ttl").write_text(f"<http://x/r> a <{terms.gz('Regulation')}> .")
    with pytest.raises(graph.GraphError, match=r"demo/regulation\.ttl：应有一个 gz:Regulation"):
        graph.regulations(tmp_path)
