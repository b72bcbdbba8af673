"""Intent → bound query: terms are bound at the head of the pattern, and nothing but an IRI gets in."""

from __future__ import annotations

import re

import asking
import pytest

from qa.expand import Family
from qa.fill import fill
from qa.models import Intent
from qa.store import Store

QUERY = "SELECT ?norm ?value WHERE {\n  ?norm gz:quote ?q . OPTIONAL { ?norm ?slot ?value } }"
FAMILY = Family("bearer", "norm", "由谁", query=QUERY, slot="gz:bearer")
GZ = "https://w3id.org/guizhi/ns#"
SMALL = f'<http://x/1> <{GZ}quote> "一" .\n<http://x/1> <{GZ}bearer> "甲" .\n<http://x/2> <{GZ}quote> "二" .\n<http://x/2> <{GZ}bearer> "乙" .\n'


def norms(*iris: str) -> Intent:
    return Intent("bearer", (("norm", iris),))


def test_values_stand_at_the_head_of_the_pattern() -> None:
    query = fill(FAMILY, norms("http://x/1"))
    assert re.search(r"WHERE \{ VALUES \(\?norm \?slot\) \{ \(<http://x/1> <https://w3id\.org/guizhi/ns#bearer>\) \}\s", query)
    assert query.endswith("?norm gz:quote ?q . OPTIONAL { ?norm ?slot ?value } }")


def test_only_the_prefixes_that_are_used_are_declared() -> None:
    query = fill(FAMILY, norms("http://x/1"))
    assert re.findall(r"PREFIX (\w+):", query) == ["gz"]


def test_each_of_several_terms_has_its_row() -> None:
    rows = Store(SMALL.encode()).select(fill(FAMILY, norms("http://x/1", "http://x/2")))
    assert {(str(row["norm"]), str(row["value"])) for row in rows} == {("http://x/1", "甲"), ("http://x/2", "乙")}


def test_a_bound_query_finds_nothing_else() -> None:
    store = Store(SMALL.encode())
    assert [str(row["value"]) for row in store.select(fill(FAMILY, norms("http://x/1")))] == ["甲"]
    assert store.select(fill(FAMILY, norms("http://x/none"))) == []


def test_a_family_without_a_slot_gets_no_values() -> None:
    rows = Store(SMALL.encode()).select(fill(Family("whole", "norm", "全", query=QUERY), norms("http://x/1")))
    assert [set(row) for row in rows] == [{"norm"}]


def test_a_family_that_binds_nothing_is_left_as_it_is() -> None:
    query = "SELECT (1 AS ?n) WHERE {}"
    assert fill(Family("a", "silent", "甲", query=query), Intent("a", ())).replace(" ", "") == query.replace(" ", "")


@pytest.mark.parametrize(
    "term",
    [
        "http://x/> } ; DROP ALL #",
        "http://x/a b",
        'http://x/"',
        "http://x/{a}",
        "http://x/a|b",
        "http://x/a\\u003e",
        "http://x/`",
        "http://x/^",
        "http://x/<a",
        "http://x/\n",
        "http://x/\x00",
        "市长> ?p ?o } #",
    ],
    ids=ascii,
)
def test_what_is_no_iri_never_gets_in(term: str) -> None:
    with pytest.raises(ValueError, match="不是合法的 IRI") as caught:
        fill(FAMILY, norms("http://x/1", term))
    assert "\n" not in str(caught.value)


def test_braces_and_line_breaks_in_the_query_do_not_move_the_values() -> None:
    family = Family("a", "norm", "甲", query="SELECT DISTINCT ?x WHERE { { ?x ?p ?norm } UNION { ?norm ?p ?x } }")
    assert "WHERE { VALUES (?norm) { (<http://x/1>) } {" in fill(family, norms("http://x/1"))


def test_a_brace_on_the_next_line_is_bound_too() -> None:
    query = fill(Family("a", "norm", "甲", query="SELECT ?q WHERE\n{ ?norm gz:quote ?q }"), norms("http://x/1"))
    assert [str(row["q"]) for row in Store(SMALL.encode()).select(query)] == ["一"]


def test_every_family_of_the_project_can_be_filled() -> None:
    unbound = []
    for family in asking.families().values():
        if family.query:
            query = fill(family, Intent(family.id, (("norm", ("http://x/none",)),)))
            asking.store().select(query)  # raises where it is no SPARQL
            unbound += [family.id] if "WHERE { VALUES" not in query else []
    assert unbound == []
