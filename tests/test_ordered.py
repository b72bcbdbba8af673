"""Statements read in the order of their predicates: every line once and unchanged, whatever the file is like."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from qa.ordered import PIECE, Ordered


def read(path: Path, size: int) -> bytes:
    file, found = Ordered(path), b""
    while piece := file.read(size):
        assert size < 0 or len(piece) <= size
        found += piece
    return found


@pytest.mark.parametrize("size", [-1, 1, 7, PIECE])
def test_the_lines_of_a_predicate_stand_together_in_their_order(tmp_path: Path, size: int) -> None:
    file = tmp_path / "few.nq"
    file.write_bytes(b'<a> <p> "1" .\n<b> <q> "2" <g> .\n\n# a remark\n_:x\t<p>\t"3 <q> 4" .\r\n<b> <q> "5" .')
    assert read(file, size) == b'<a> <p> "1" .\n_:x\t<p>\t"3 <q> 4" .\r\n<b> <q> "2" <g> .\n<b> <q> "5" .\n\n# a remark\n'


def test_nothing_is_read_from_an_empty_file(tmp_path: Path) -> None:
    file = tmp_path / "empty.nq"
    file.touch()
    assert read(file, -1) == b""


def told(store: ox.Store) -> set[frozenset[str]]:
    """What is said of each subject; blank nodes are called otherwise in each store."""
    found: dict[str, set[str]] = {}
    for quad in store:
        found.setdefault(str(quad.subject), set()).add(f"{quad.predicate} {quad.object} {quad.graph_name}")
    return {frozenset(said) for said in found.values()}


def test_a_store_is_the_same_in_whatever_order_it_was_loaded(tmp_path: Path) -> None:
    """More than one piece, with blank nodes that are named in lines of several predicates."""
    file = tmp_path / "many.nq"
    lines = [f'_:b{i % 50} <http://x/p{i % 7}> "{i:04} {"字" * 60}" <http://x/g{i % 3}> .\n' for i in range(8000)]
    file.write_text("".join(lines), encoding="utf-8")
    assert file.stat().st_size > PIECE
    plain, ordered = ox.Store(), ox.Store()
    plain.bulk_load(path=file, format=ox.RdfFormat.N_QUADS)
    ordered.bulk_load(Ordered(file), format=ox.RdfFormat.N_QUADS)  # type: ignore[arg-type]
    assert told(ordered) == told(plain) and len(ordered) == 8000
