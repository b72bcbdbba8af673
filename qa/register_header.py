"""The first rows of a sheet → which register it is, where its header stands, and which column is which.

Offices put a title above the header, merge header cells, set group names above (审核 over 审核人 and 审核日期), add columns of their own and
call things by other names. What matches no declared name or synonym is an extra column; a name that occurs twice is said, not chosen from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """What was found: the register, the last row of the header (from 0), the columns, and printed headers that name a column again."""

    register: Register
    row: int
    columns: tuple[FoundColumn, ...]
    repeated: tuple[FoundColumn, ...] = ()


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


def _words(register: Register) -> dict[str, Column]:
    return {fold(word): column for column in register.columns for word in (column.name, *column.synonyms)}


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


def _match(register: Register, words: Mapping[str, Column], rows: Sequence[Sequence[str]], top: int, last: int) -> Header:
    """``rows[top]`` to ``rows[last]`` (one or two rows) read as a header."""
    columns, repeated, taken = [], [], set()
    group = ""
    for index in range(len(rows[last])):
        name = rows[last][index].strip()
        upper = rows[top][index].strip() if top < last and index < len(rows[top]) else ""
        group = upper or (group if name else "")
        column = _named((group + name, f"{group}人{name}", name, upper) if top < last else (name,), words)
        found = FoundColumn(index + 1, letters(index + 1), name or upper, column)
        if column and column.name in taken:
            repeated.append(found)
            found = FoundColumn(found.index, found.letter, found.header, None)
        elif column:
            taken.add(column.name)
        columns.append(found)
    return Header(register, last, tuple(columns), tuple(repeated))


def _named(names: Sequence[str], words: Mapping[str, Column]) -> Column | None:
    return next((words[word] for name in names for word in _variants(name) if word in words), None)


def _variants(name: str) -> list[str]:
    """A header as it is, and without a remark in brackets or a mark of what must be filled in (签发日期（必填）, *签发日期)."""
    word = fold(name).strip("*:※")
    return [word, word.split("(")[0]] if word.endswith(")") else [word]


def _weight(header: Header) -> int:
    """How well a header fits: its columns, those under their declared names twice."""
    columns = [(fold(found.header), found.column) for found in header.columns if found.column]
    return sum(2 if printed == fold(column.name) else 1 for printed, column in columns)
