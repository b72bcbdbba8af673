"""Triples as N-Triples."""

from __future__ import annotations

from qa.models import Iri, Text
from qa.ntriples import ntriples


def test_each_kind_of_term_and_what_is_escaped() -> None:
    triple = (Iri("x:a"), Iri("x:b"), Text('甲"乙\\丙\n丁\t'))
    assert ntriples([triple]).decode() == '<x:a> <x:b> "甲\\"乙\\\\丙\\n丁\\t" .\n'
    assert ntriples([(Iri("x:a"), Iri("x:b"), Text("甲", "zh"))]).decode() == '<x:a> <x:b> "甲"@zh .\n'
    assert ntriples([(Iri("_:n"), Iri("x:b"), Text("1", datatype="x:int"))]).decode() == '_:n <x:b> "1"^^<x:int> .\n'
