"""The store's boundary: values in, values out, bound terms, one-line errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.models import Iri, Text
from qa.store import Store, StoreError, canonical

NQUADS = """<http://x/a> <http://x/p> "甲"@zh <http://x/g1> .
<http://x/a> <http://x/p> "丙" <http://x/g2> .
<http://x/b> <http://x/n> "3"^^<http://www.w3.org/2001/XMLSchema#integer> <http://x/g2> .
<http://x/b> <http://x/q> <http://x/a> <http://x/g1> .
"""


@pytest.fixture
def small_store() -> Store:
    return Store(NQUADS.encode())


def test_default_graph_is_the_union(small_store: Store) -> None:
    rows = small_store.select("SELECT ?o WHERE { <http://x/a> <http://x/p> ?o } ORDER BY ?o")
    assert {row["o"] for row in rows} == {Text("甲", "zh"), Text("丙")}
    assert small_store.select("SELECT ?g WHERE { GRAPH ?g { <http://x/b> <http://x/n> ?n } }") == [{"g": Iri("http://x/g2")}]
    assert len(small_store) == 4


def test_values_keep_language_and_datatype(small_store: Store) -> None:
    rows = small_store.select("SELECT ?n ?missing WHERE { ?s <http://x/n> ?n OPTIONAL { ?s <http://x/none> ?missing } }")
    assert rows == [{"n": Text("3", None, "http://www.w3.org/2001/XMLSchema#integer")}]


def test_bindings_are_terms_not_text(small_store: Store) -> None:
    query = "SELECT ?s ?o WHERE { ?s ?p ?o }"
    assert {row["o"] for row in small_store.select(query, {"s": Iri("http://x/b")})} == {
        Text("3", None, "http://www.w3.org/2001/XMLSchema#integer"),
        Iri("http://x/a"),
    }
    hostile = '" } ; DROP ALL #'
    assert small_store.select("SELECT ?s ?o WHERE { ?s ?p ?o }", {"o": hostile}) == []
    assert small_store.ask("ASK { ?s ?p ?o }", {"o": Text("甲", "zh")})
    assert not small_store.ask("ASK { ?s ?p ?o }", {"o": "甲"})
    assert small_store.ask("ASK { ?s ?p ?o }", {"o": 3})


def test_a_bound_variable_reaches_filters(small_store: Store) -> None:
    rows = small_store.select("SELECT ?s ?least WHERE { ?s <http://x/n> ?n FILTER(?n > ?least) }", {"least": 2})
    assert [row["s"] for row in rows] == [Iri("http://x/b")]


def test_construct_is_sorted(small_store: Store) -> None:
    triples = small_store.construct("CONSTRUCT { ?s <http://x/z> ?o } WHERE { ?s <http://x/p> ?o }")
    assert triples == sorted(triples, key=repr)
    assert {o for _, _, o in triples} == {Text("甲", "zh"), Text("丙")}


@pytest.mark.parametrize(
    "query", ["SELECT ?s WHERE {", "ASK { ?s ?p ?o }", "SELECT ?o WHERE { ?s ?p ?o }", "SELECT (unknown() AS ?x) WHERE {}"]
)
def test_bad_queries_are_one_line(small_store: Store, query: str) -> None:
    with pytest.raises(StoreError) as caught:
        small_store.select(query, {"s": Iri("http://x/a")})
    assert "\n" not in str(caught.value)


def test_missing_and_damaged_files(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="guizhi build"):
        Store.open(tmp_path / "graph.nq")
    (tmp_path / "graph.nq").write_text("<http://x/a> <http://x/p> .\n")
    with pytest.raises(StoreError, match=r"graph\.nq：不是有效的 N-Quads"):
        Store.open(tmp_path / "graph.nq")


def test_canonical_form_ignores_order_and_blank_labels() -> None:
    one = b"_:a <http://x/p> _:b .\n_:b <http://x/p> <http://x/c> .\n"
    two = b"_:z <http://x/p> <http://x/c> .\n_:y <http://x/p> _:z .\n"
    assert canonical(one) == canonical(two)
    assert canonical(NQUADS.encode()) == b"".join(sorted(NQUADS.encode().splitlines(keepends=True)))
