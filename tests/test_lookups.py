"""Look-ups answered where they arrive: only those, and as the query processes answer them."""

from __future__ import annotations

from pathlib import Path

import asking
import pytest

from qa import negotiate
from qa.lookups import LARGEST, LENGTH, ROWS, Lookups
from qa.pool import Pool
from qa.query import Query


def graph() -> Path:
    """The project's graph as built."""
    return asking.artefacts() / "graph.nq"


MAYOR = "<id/chaoyang/office/mayor>"
LOOK_UPS = [
    f"SELECT ?p ?o {{ {MAYOR} ?p ?o }}",
    f"select * where {{ {MAYOR} ?p ?o . }} limit 3",
    f"PREFIX a: <https://w3id.org/guizhi/ns#>\nPREFIX : <x:>\nSELECT ?t {{ {MAYOR} a ?t }}",
    f"SELECT ?标签 {{ {MAYOR} rdfs:label ?标签 }}",
    f"SELECT ?p {{ {MAYOR} ?p gz:Office }}",
    "SELECT $p $o { <https://nowhere.example/x> $p $o }",
]
OTHERS = [
    "SELECT ?s ?p ?o { ?s ?p ?o }",
    f"SELECT ?o {{ {MAYOR} ?o ?o }}",
    f"SELECT (COUNT(*) AS ?n) {{ {MAYOR} ?p ?o }}",
    f"SELECT DISTINCT ?p {{ {MAYOR} ?p ?o }}",
    f"SELECT ?p ?o {{ {MAYOR} ?p ?o }} ORDER BY ?o",
    f"SELECT ?p ?o {{ {MAYOR} ?p ?o }} LIMIT {ROWS + 1}",
    f"SELECT ?p ?o {{ {MAYOR} ?p ?o . ?o ?q ?r }}",
    f"SELECT ?p ?o {{ {MAYOR} gz:answers+ ?o }}",
    f"SELECT ?p ?o FROM <x:y> {{ {MAYOR} ?p ?o }}",
    f"SELECT ?p ?o {{ GRAPH ?g {{ {MAYOR} ?p ?o }} }}",
    f"SELECT ?p ?o {{ {MAYOR} ?p ?o FILTER(?p != rdf:type) }}",
    f"SELECT ?p ?o {{ SERVICE <http://localhost/> {{ {MAYOR} ?p ?o }} }}",
    f"SELECT ?p {{ {MAYOR} ?p ?o }} VALUES ?p {{ gz:signs }}",
    f"SELECT ?p # {{\n {{ {MAYOR} ?p ?o }}",
    f"CONSTRUCT WHERE {{ {MAYOR} ?p ?o }}",
    f"DESCRIBE {MAYOR}",
    f"SELECT ?p ?o {{ {MAYOR} ?p ?o }}" + " " * LENGTH,
    "SELECT ?p ?o { unknown:x ?p ?o }",
    f"SELECT ?p ?p {{ {MAYOR} ?p ?o }} LIMIT -1",
    "",
]


@pytest.fixture(scope="module")
def lookups() -> Lookups:
    return Lookups(graph(), {})


@pytest.mark.parametrize("text", LOOK_UPS)
def test_a_look_up_is_answered_as_the_query_processes_answer_it(text: str, lookups: Lookups) -> None:
    with Pool(graph()) as pool:
        for media in (None, *negotiate.SOLUTIONS, "text/html;q=0.9, text/csv;q=0.5"):
            reply = pool.run(Query(text, media))
            with reply.body as body:
                assert lookups(Query(text, media)) == (reply.media, body.read())


@pytest.mark.parametrize("text", OTHERS)
def test_everything_else_is_left_to_the_pool(text: str, lookups: Lookups) -> None:
    assert lookups(Query(text)) is None


def test_what_chooses_its_graphs_or_types_otherwise_is_left_to_the_pool(lookups: Lookups) -> None:
    for query in (
        Query(LOOK_UPS[0], default=("x:y",)),
        Query(LOOK_UPS[0], named=("x:y",)),
        Query(LOOK_UPS[0], bindings={"p": "x:y"}),
        Query(LOOK_UPS[0], "text/turtle"),
    ):
        assert lookups(query) is None


@pytest.mark.parametrize("rows", [ROWS, ROWS + 1])
def test_a_result_of_more_rows_is_left_to_the_pool(rows: int, tmp_path: Path) -> None:
    file = tmp_path / "many.nq"
    file.write_text("".join(f'<x:s> <x:p> "[{{ {i} \\n" <x:g> .\n' for i in range(rows)), encoding="utf-8")
    for media in negotiate.SOLUTIONS:
        found = Lookups(file, {})(Query("SELECT ?o { <x:s> <x:p> ?o }", media))
        assert (found is None) == (rows > ROWS)


def test_graphs_beside_the_data_are_looked_into(tmp_path: Path) -> None:
    more = tmp_path / "more.nt"
    more.write_text("<x:s> <x:p> <x:o> .\n", encoding="utf-8")
    found = Lookups(graph(), {"x:register": more})(Query("SELECT ?o { <x:s> ?p ?o }", "text/csv"))
    assert found == ("text/csv", b"o\r\nx:o\r\n")


def test_large_data_are_not_loaded_twice(tmp_path: Path) -> None:
    more = tmp_path / "more.nt"
    with more.open("wb") as file:
        file.truncate(LARGEST)
    assert Lookups(graph(), {"x:register": more})(Query(LOOK_UPS[0])) is None
