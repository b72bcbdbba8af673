"""The first rows of a sheet → which register it is, where its header stands, and which column is which.

Offices put a title above the header, merge header cells, set group names above (审核 over 审核人 and 审核日期), add columns of their own and
call things by other names. What matches no declared name or synonym is an extra column. Where several headers name one column, its declared
name goes before its synonyms, and these in their order; what is then left is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from qa.register_models import Column, FoundColumn, Register
from qa.register_tables import fold

LOOK: Final = 30
"""Rows in which the header must stand."""
LEAST: Final = 3
"""Declared columns that make a header."""
_TITLE: Final = 2
"""Cells that a row above the header has at most, if it is a title."""
_NAMED: Final = 5
"""What the register's name on sheet, file or title weighs, in columns."""


@dataclass(frozen=True, slots=True)
class Header:
    """What was found: the register, the last row of the header (from 0), the columns, and printed headers that name a column again:
    ``repeated``, and ``passed`` where the column also stands under its declared name and these are synonyms."""

    register: Register
    row: int
    columns: tuple[FoundColumn, ...]
    repeated: tuple[FoundColumn, ...] = ()
    passed: tuple[FoundColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class Unclear:
    """Registers that fit equally well; empty: none fits."""

    registers: tuple[Register, ...] = ()


def find_header(
    rows: Sequence[Sequence[str]], registers: Sequence[Register], hint: str, merged: Sequence[tuple[int, int, int, int]] = ()
) -> Header | Unclear:
    """The header among the printed ``rows`` of a sheet.

    ``hint`` is what the sheet, its file and its title say of the register. ``merged`` are ranges (first row, first column, last row, last
    column, from 0): their cells all say what the first one says.
    """
    filled = _fill(rows[:LOOK], merged)
    said = fold(hint + "".join("".join(row) for row in rows[:LOOK] if sum(map(bool, row)) <= _TITLE))
    best: list[tuple[int, Header]] = []
    for register in registers:
        words = _words(register)
        found = [_match(register, words, filled, top, last) for last in range(len(filled)) for top in (last, last - 1) if top >= 0]
        header = max(found, key=lambda header: (_weight(header), -header.row), default=None)
        if header and sum(found.column is not None for found in header.columns) >= LEAST:
            best.append((_weight(header) + _NAMED * _is_named(register, said), header))
    most = max((weight for weight, _ in best), default=0)
    winners = [header for weight, header in best if weight == most]
    return winners[0] if len(winners) == 1 else Unclear(tuple(header.register for header in winners))


def letters(index: int) -> str:
    """The letters of column ``index`` (from 1): 28 → AB."""
    text = ""
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text


def _words(register: Register) -> dict[str, tuple[int, Column]]:
    """The columns by what they are called, each with how far the name comes from the declared one (0)."""
    return {fold(word): (rank, column) for column in register.columns for rank, word in enumerate((column.name, *column.synonyms))}


def _is_named(register: Register, hint: str) -> bool:
    return any(fold(word) in hint for word in (register.name, *register.synonyms))


def _fill(rows: Sequence[Sequence[str]], merged: Sequence[tuple[int, int, int, int]]) -> list[list[str]]:
    filled = [list(row) for row in rows]
    for top, left, bottom, right in merged:
        if top >= len(filled) or left >= len(filled[top]) or right - left > len(filled[top]):
            continue
        for row in filled[top : bottom + 1]:
            for index in range(left, min(right + 1, len(row))):
                row[index] = filled[top][left]
    return filled


def _match(register: Register, words: Mapping[str, tuple[int, Column]], rows: Sequence[Sequence[str]], top: int, last: int) -> Header:
    """``rows[top]`` to ``rows[last]`` (one or two rows) read as a header."""
    named = list(_named_columns(words, rows, top, last))
    best: dict[str, tuple[int, int]] = {}
    for rank, found in named:
        if found.column:
            best[found.column.name] = min(best.get(found.column.name, (rank, found.index)), (rank, found.index))
    columns: list[FoundColumn] = []
    repeated: list[FoundColumn] = []
    passed: list[FoundColumn] = []
    for rank, found in named:
        if found.column and best[found.column.name] != (rank, found.index):
            (passed if best[found.column.name][0] == 0 < rank else repeated).append(found)
            found = FoundColumn(found.index, found.letter, found.header, None)
        columns.append(found)
    return Header(register, last, tuple(columns), tuple(repeated), tuple(passed))


def _named_columns(
    words: Mapping[str, tuple[int, Column]], rows: Sequence[Sequence[str]], top: int, last: int
) -> Iterator[tuple[int, FoundColumn]]:
    """Every column of the header with the rank of its name. One below a group is called as a whole: 日期 below 签发 is 签发日期."""
    group = ""
    for index in range(len(rows[last])):
        name = rows[last][index].strip()
        upper = rows[top][index].strip() if top < last and index < len(rows[top]) else ""
        group = upper or (group if name else "")
        grouped = (group + name, f"{group}人{name}") if top < last else ()
        rank, column = _named(grouped, words)
        printed = group + name if column and fold(group) not in fold(name) else name or upper
        if column is None:
            rank, column = _named((name, upper), words)
        yield rank, FoundColumn(index + 1, letters(index + 1), printed, column)


def _named(names: Sequence[str], words: Mapping[str, tuple[int, Column]]) -> tuple[int, Column | None]:
    return next((words[word] for name in names for word in _variants(name) if word in words), (0, None))


def _variants(name: str) -> list[str]:
    """A header as it is, and without a remark in brackets or a mark of what must be filled in (签发日期（必填）, *签发日期)."""
    word = fold(name).strip("*:※")
    return [word, word.split("(")[0]] if word.endswith(")") else [word]


def _weight(header: Header) -> int:
    """How well a header fits: its columns, those under their declared names twice."""
    columns = [(fold(found.header), found.column) for found in header.columns if found.column]
    return sum(2 if printed == fold(column.name) else 1 for printed, column in columns)
