"""Registers as offices keep them → records, each with its graph and its place; what is not understood is said, and no row is dropped.

Composes: files of tables (:mod:`qa.register_sheets`) or of RDF (:mod:`qa.register_rdf`), the header (:mod:`qa.register_header`), the cells
(:mod:`qa.register_cells`). Rows come in batches; memory does not grow with a csv file, and with a workbook by what it holds unpacked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Final

from qa import terms
from qa.models import Triple
from qa.register_cells import Raw, Reader, Understood, printed
from qa.register_header import LOOK, Header, Unclear, find_header, letters
from qa.register_models import (
    Batch,
    Cell,
    CellProblem,
    Column,
    FoundColumn,
    Place,
    Register,
    RegisterError,
    RegisterRecord,
    SheetHead,
    Trouble,
)
from qa.register_rdf import SUFFIXES, read_rdf
from qa.register_sheets import Range, Sheet, open_tables
from qa.register_tables import fold

SIZE: Final = 2_000
"""Rows in a batch."""
_FOOT: Final = re.compile(
    r"(合计|总计|小计|共计|填表人|制表人|填报人|审核人|填表单位|填表日期|制表日期|注|说明|备注|填写说明)([:：].*|\d.*)?"
)
"""What the first cell of a row says that is no record (folded)."""
_KNOWN: Final = 4_000
"""Contents of a column that are remembered."""


def read_registers(paths: Iterable[Path], registers: Sequence[Register]) -> Iterator[Batch]:
    """Every row of the files ``paths``, in order.

    Raises :class:`RegisterError` at a file that cannot be read; what came before it stands. Sheets that are no register, cells that are not
    understood, and rows that are no record come as problems.
    """
    for path in paths:
        yield from read_register(path, registers)


def read_register(path: Path, registers: Sequence[Register]) -> Iterator[Batch]:
    """Every row of the file ``path``; see :func:`read_registers`."""
    if path.suffix.lower() in SUFFIXES:
        yield from read_rdf(path, registers)
        return
    tables = open_tables(path)
    if tables.remarks:
        yield Batch(None, (), tuple(CellProblem(Place(path.name), "", remark, Trouble.NOTE) for remark in tables.remarks))
    for sheet in tables.sheets:
        yield from _Reading(path, sheet, registers).batches()


class _Reading:
    """One sheet on its way into batches."""

    def __init__(self, path: Path, sheet: Sheet, registers: Sequence[Register]) -> None:
        self._path, self._sheet, self._registers = path, sheet, registers
        origin = hashlib.sha256(f"{path.resolve()}\0{sheet.name}".encode()).hexdigest()[:16]
        self._base = f"{terms.ID}register/row/{origin}/"

    def batches(self) -> Iterator[Batch]:
        """The sheet's batches, at least one where there is something to say."""
        first = list(islice(self._sheet.rows, LOOK))
        hint = f"{self._path.stem}{self._sheet.name or ''}"
        header = find_header([[printed(raw) for raw in row] for row in first], self._registers, hint, self._sheet.merged)
        if isinstance(header, Unclear):
            if problem := self._no_register(header, first):
                yield Batch(None, (), (problem,))
            return
        head = self._head(header)
        problems = self._head_problems(header, head)
        rows = _unmerged(chain(first, self._sheet.rows), self._sheet.merged, header.row + 1)
        numbered = enumerate(rows, start=1)
        rows_left = islice(numbered, head.header_row, None)
        maker = _Maker(head, self._base)
        while page := list(islice(rows_left, SIZE)):
            records = [record for number, row in page if (record := maker.record(number, row, problems)) is not None]
            yield Batch(head, tuple(records), tuple(problems))
            problems = []
        if problems:
            yield Batch(head, (), tuple(problems))

    def _head(self, header: Header) -> SheetHead:
        there = {found.column.name for found in header.columns if found.column}
        missing = tuple(column for column in header.register.columns if column.name not in there and column.property)
        return SheetHead(self._path.name, self._sheet.name, header.register, header.row + 1, header.columns, missing)

    def _no_register(self, unclear: Unclear, first: Sequence[Sequence[Raw]]) -> CellProblem | None:
        if not any(printed(raw).strip() for row in first for raw in row) or (self._sheet.hidden and not unclear.registers):
            return None
        names = "、".join(f"“{register.name}”" for register in unclear.registers or self._registers)
        if unclear.registers:
            expected = f"能分清是哪一本登记簿；栏名同样像{names}，请把工作表或者文件改成登记簿的名字"
        else:
            expected = f"登记簿：前 {LOOK} 行里没有找到表头，这个工作表没有核对；能核对的有{names}，栏名见 guizhi template"
        return CellProblem(Place(self._path.name, self._sheet.name), "", expected)

    def _head_problems(self, header: Header, head: SheetHead) -> list[CellProblem]:
        name, register = self._path.name, header.register.name
        found = [
            CellProblem(
                self._place(header.row + 1, column), column.header, f"只出现一次的栏目；又一个“{column.header}”没有读取", register=register
            )
            for column in header.repeated
        ]
        found += [
            CellProblem(
                self._place(header.row + 1, column),
                column.header,
                f"已有“{column.column.name if column.column else ''}”这一栏，这一栏没有读取",
                Trouble.NOTE,
                register,
            )
            for column in header.passed
        ]
        for cell, expected in self._sheet.faults:
            letter, row = re.fullmatch(r"([A-Z]+)(\d+)", cell).groups()  # type: ignore[union-attr]  # the guard's own pattern
            column = next((column for column in head.columns if column.letter == letter), None)
            if column and column.column and int(row) > head.header_row:
                place = Place(name, self._sheet.name, int(row), letter, column.header)
                found.append(CellProblem(place, "", expected, register=register, property=column.column.property))
        return found

    def _place(self, row: int, column: FoundColumn) -> Place:
        return Place(self._path.name, self._sheet.name, row, column.letter, column.header)


def _unmerged(rows: Iterable[Sequence[Raw]], merged: Sequence[Range], first: int) -> Iterator[Sequence[Raw]]:
    """``rows`` where each cell of a range merged downwards, from row ``first`` (from 0) on, says what its first cell says."""
    opened: dict[int, list[Range]] = {}
    for area in merged:
        if area[0] >= first and area[2] > area[0]:
            opened.setdefault(area[0], []).append(area)
    current: list[tuple[Range, Raw]] = []
    for number, row in enumerate(rows):
        current = [(area, value) for area, value in current if area[2] >= number]
        current += [(area, row[area[1]]) for area in opened.get(number, ()) if area[1] < len(row)]
        if current:
            row = list(row)
            for area, value in current:
                row[area[1]] = value
        yield row


class _Maker:
    """Makes records of the rows of one sheet."""

    def __init__(self, head: SheetHead, base: str) -> None:
        self._head, self._base = head, base
        self._columns = [_Column(found, found.column) for found in head.columns if found.column and found.column.property]
        self._kept = {found.index - 1 for found in head.columns if found.column}
        self._key = next((column.path for column in self._columns if column.key), "")

    def record(self, number: int, row: Sequence[Raw], problems: list[CellProblem]) -> RegisterRecord | None:
        """The record of ``row``, or ``None``: the row is empty, or is no record, which is then said in ``problems``."""
        filled = [index for index, raw in enumerate(row) if not _is_empty(raw)]
        if not filled:
            return None
        if no_record := self._foot(number, row, filled):
            problems.append(no_record)
            return None
        cells, minted = self._cells(number, row, problems)
        identifier = next((str(value) for value in cells[self._key].values), None) if self._key else None
        place = Place(self._head.file, self._head.sheet, number)
        register = self._head.register
        return RegisterRecord(f"{self._base}{number}", register.name, register.record_class, identifier, place, cells, tuple(minted))

    def _foot(self, number: int, row: Sequence[Raw], filled: Sequence[int]) -> CellProblem | None:
        if not self._kept.intersection(filled):
            expected = "这一行只有登记栏目以外的内容，没有当作记录"
        elif len(filled) <= 2 and _FOOT.fullmatch(fold(printed(row[filled[0]]))):
            expected = "这一行像是合计或者附注，没有当作记录"
        else:
            return None
        place = Place(self._head.file, self._head.sheet, number, letters(filled[0] + 1))
        return CellProblem(place, printed(row[filled[0]]), expected, Trouble.NOTE, self._head.register.name)

    def _cells(self, number: int, row: Sequence[Raw], problems: list[CellProblem]) -> tuple[dict[str, Cell], list[Triple]]:
        cells: dict[str, Cell] = {}
        minted: list[Triple] = []
        width = len(row)
        for column in self._columns:
            cell, read = column.read(row[column.index] if column.index < width else "")
            cells[column.path] = cell
            minted += read.minted
            if read.expected:
                problems.append(self._problem(number, column.found, cell.text, read, column.path))
        return cells, minted

    def _problem(self, number: int, found: FoundColumn, text: str, read: Understood, path: str) -> CellProblem:
        place = Place(self._head.file, self._head.sheet, number, found.letter, found.header)
        return CellProblem(place, text, read.expected or "", read.trouble, self._head.register.name, f"{self._base}{number}", path)


class _Column:
    """The cells of one column; the same content is read once."""

    def __init__(self, found: FoundColumn, column: Column) -> None:
        self.found, self.path, self.key, self.index = found, column.property, column.key, found.index - 1
        self._reader = Reader(column)
        self._known: dict[tuple[type, Raw], tuple[Cell, Understood]] = {}

    def read(self, raw: Raw) -> tuple[Cell, Understood]:
        """The cell that says ``raw``, and what was understood."""
        key = (type(raw), raw)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            read = self._reader.read(raw)
            found = self._known[key] = Cell(self.path, self.found.index, printed(raw), read.values), read
        return found


def _is_empty(raw: Raw) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip())


__all__ = ["RegisterError", "read_register", "read_registers"]
