"""Records that bear the number of another: whatever refers to the number may mean either, so both rows are named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qa.register_models import CellProblem, Place, SheetHead, Trouble
from qa.shard_models import Origin

Heads = dict[tuple[str, str, str], SheetHead]
"""The sheets by file, sheet and register."""


def repeated(pairs: Sequence[tuple[Origin, Origin]], count: int, heads: Heads) -> Iterator[CellProblem]:
    """What is to be said of ``pairs``: a record, and one further on that bears its number; ``count`` is how many there are of the latter."""
    yield from (_problem(before, again, heads[again.file, again.sheet, again.register]) for before, again in pairs)
    if count > len(pairs):
        expected = f"编号重复：除这里的 {len(pairs)} 处外，还有 {count - len(pairs)} 处"
        yield CellProblem(Place(pairs[-1][1].file), "", expected, Trouble.NOTE)


def _problem(before: Origin, again: Origin, head: SheetHead) -> CellProblem:
    key = next(found for found in head.columns if found.column and found.column.key)
    place = Place(again.file, again.sheet or None, again.row or None, key.letter or None, key.header, None if again.row else again.iri)
    expected = f"编号重复：{_where(before, again)}也是“{again.identifier}”，引用这个编号的分不清是哪一条"
    return CellProblem(
        place, again.identifier, expected, Trouble.NOTE, again.register, again.iri, key.column.property if key.column else None
    )


def _where(before: Origin, again: Origin) -> str:
    if not before.row:
        return before.iri
    near = (before.file, before.sheet) == (again.file, again.sheet)
    return str(Place("" if near else before.file, None if near else before.sheet or None, before.row))
