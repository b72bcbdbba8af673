"""Cutting a serialised result at a row: exact, whatever its text contains and however its bytes come."""

from __future__ import annotations

import csv
import io
import json
import random
import re

import pyoxigraph as ox
import pytest

from qa.cuts import Rows, fits
from qa.results import FORMATS

TRAPS = [
    '},{"',
    ',{"a":{"type"',
    "[{",
    "\\",
    '\\\\"',
    '"',
    '""',
    "<result>",
    "\n",
    "\r\n",
    '",\n"',
    "\\n",
    "}]}",
    ",{}",
    "[",
    ",",
    "长" * 40,
    "{",
]


def serialised(count: int, syntax: str, seed: int) -> bytes:
    """A result of ``count`` rows of text that looks like marks, by the engine itself; some rows are empty."""
    source = random.Random(seed)
    store = ox.Store()
    for number in range(count):
        text = "".join(source.choice(TRAPS) for _ in range(source.randrange(4)))
        store.add(ox.Quad(ox.NamedNode(f"a:{number}"), ox.NamedNode("a:p" if source.random() < 0.9 else "a:q"), ox.Literal(text)))
    found = store.query("SELECT ?o ?e { ?s ?p ?x OPTIONAL { ?s <a:p> ?o } }")
    assert isinstance(found, ox.QuerySolutions)
    return found.serialize(format=FORMATS[syntax])


def through(rows: Rows, content: bytes, pieces: int, seed: int) -> bytes:
    places = sorted(random.Random(seed).randrange(len(content)) for _ in range(pieces))
    passed = b"".join(rows.of(content[a:b]) for a, b in zip([0, *places], [*places, len(content)], strict=True))
    return passed + rows.rest()


def rows_of(content: bytes, syntax: str) -> list[object]:
    match syntax:
        case "json":
            return list(json.loads(content)["results"]["bindings"])
        case "csv":
            return list(csv.reader(io.StringIO(content.decode(), newline="")))[1:]
        case "tsv":
            return list(content.decode().removesuffix("\n").split("\n"))[1:]
        case _:
            return list(re.findall(rb"<result>.*?</result>", content, re.DOTALL))


CLOSING = {"json": b"]}}", "xml": b"</results></sparql>", "csv": b"", "tsv": b""}


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("syntax", FORMATS)
@pytest.mark.parametrize("limit", [1, 7, 29])
def test_a_longer_result_ends_after_its_last_allowed_row(syntax: str, limit: int, seed: int) -> None:
    content = serialised(30, syntax, seed)
    rows = Rows(syntax, limit)
    passed = through(rows, content, 40, seed)
    assert rows.cut
    assert content.startswith(passed)
    assert rows_of(passed + CLOSING[syntax], syntax) == rows_of(content, syntax)[:limit]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("syntax", FORMATS)
def test_a_result_that_fits_passes_whole(syntax: str, seed: int) -> None:
    content = serialised(30, syntax, seed)
    rows = Rows(syntax, 30)
    assert through(rows, content, 40, seed) == content
    assert not rows.cut


@pytest.mark.parametrize("syntax", FORMATS)
def test_the_smallest_rows(syntax: str) -> None:
    store = ox.Store()
    found = store.query("SELECT ?x { VALUES ?y { " + "1 " * 1000 + "} }")
    assert isinstance(found, ox.QuerySolutions)
    size = len(found.serialize(format=FORMATS[syntax]))
    assert not fits(syntax, 999, size)
    assert fits(syntax, 1_000_000, size)
