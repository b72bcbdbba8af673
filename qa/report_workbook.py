"""The original file back as a workbook: offending cells coloured with a comment that cites the article, and a sheet “检查结果”.

The only module that writes findings into workbooks (openpyxl). Nothing is evaluated: what could be taken for a formula is written as text.
"""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from qa.register_cells import printed
from qa.register_models import CellProblem
from qa.register_sheets import open_tables
from qa.report_losses import losses
from qa.report_models import SEVERITIES, Outcome
from qa.validate_models import Result, Severity

SHEET: Final = "检查结果"
MOST: Final = 60_000
"""Rows of a register that is given back whole; of a longer one only the findings are."""
_FILLS: Final = {
    Severity.VIOLATION: "F8CBC6",
    Severity.WARNING: "FCE5B5",
    Severity.INFO: "D9E7F5",
    Severity.UNDETERMINED: "E3E3E3",
}
_HEADER: Final = ("程度", "登记簿", "工作表", "行", "编号", "栏目", "单位", "问题", "怎么办")
_WIDTHS: Final = (10, 18, 14, 7, 16, 20, 18, 60, 60)
_LONGEST: Final = 32_000
"""Characters of a cell (the format allows 32,767)."""


def to_workbook(outcome: Outcome, path: Path) -> bytes:
    """The workbook for ``path``, one of the outcome's files, as xlsx."""
    results = [result for result in outcome.report.results if result.file == path.name]
    problems = [problem for problem in outcome.unread if problem.place.file == path.name]
    book = _original(outcome, path)
    _mark(book, outcome, results, problems)
    _findings(book, outcome, path, results, problems)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def copies(paths: Sequence[Path]) -> list[str]:
    """What the annotated copies of ``paths`` are called, each different: files of one stem keep their suffixes."""
    stems = Counter(path.stem for path in paths)
    return [f"{path.stem if stems[path.stem] == 1 else path.name}-{SHEET}.xlsx" for path in paths]


def _original(outcome: Outcome, path: Path) -> Workbook:
    """What ``path`` holds: a workbook with its looks, any other table copied cell by cell, an empty one where it is too long or no table."""
    if sum(outcome.report.checked.records.values()) > MOST or not any(file == path.name for file, _ in outcome.heads):
        return _empty()
    if path.read_bytes()[:2] == b"PK" and path.suffix.lower() in (".xlsx", ".xlsm"):
        book = load_workbook(path, keep_links=False)
        for sheet in book.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    if isinstance(cell, Cell) and cell.data_type == "f":
                        _write(cell, str(getattr(cell.value, "text", cell.value)))
        return book
    book = _empty()
    for table in open_tables(path).sheets:
        sheet = book.create_sheet(table.name or path.stem[:31])
        for number, values in enumerate(table.rows, 1):
            for column, value in enumerate(values, 1):
                if text := printed(value):
                    _write(sheet.cell(number, column), text)
    return book


def _empty() -> Workbook:
    book = Workbook()
    for sheet in book.worksheets:
        book.remove(sheet)
    return book


def _write(cell: Cell, text: str) -> None:
    """Write ``text`` as text, whatever it begins with."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)[:_LONGEST]
    cell.data_type = "s"
    cell.quotePrefix = True


def _mark(book: Workbook, outcome: Outcome, results: Sequence[Result], problems: Sequence[CellProblem]) -> None:
    said: dict[tuple[str, int, int], list[tuple[Severity, str]]] = defaultdict(list)
    for result in results:
        text = f"〔{SEVERITIES[result.severity]}〕{outcome.place(result).label}：{result.message}\n怎么办：{result.remedy}"
        for column in [found.index for found in outcome.columns(result)] or [1]:
            said[result.sheet, result.row, column].append((result.severity, text))
    for problem in problems:
        columns = outcome.heads.get((problem.place.file, problem.place.sheet or ""))
        index = next((found.index for found in columns.columns if found.letter == problem.place.column), 0) if columns else 0
        if problem.place.row and index:
            said[problem.place.sheet or "", problem.place.row, index].append((Severity.UNDETERMINED, f"〔看不懂〕{problem.said()}"))
    names = {sheet.title: sheet for sheet in book.worksheets}
    for (name, row, column), texts in said.items():
        sheet = names.get(name) or (book.worksheets[0] if not name and book.worksheets else None)
        if sheet is not None and row:
            _annotate(sheet, row, column, texts)


def _annotate(sheet: Worksheet, row: int, column: int, texts: Sequence[tuple[Severity, str]]) -> None:
    cell = sheet.cell(row, column)
    gravest = min((severity for severity, _ in texts), key=list(SEVERITIES).index)
    if isinstance(cell, Cell):  # the covered part of a merged cell can bear no comment
        cell.fill = PatternFill("solid", fgColor=_FILLS[gravest])
        cell.comment = Comment(
            ILLEGAL_CHARACTERS_RE.sub("", "\n\n".join(text for _, text in texts))[:_LONGEST], "规知", height=160, width=420
        )


def _findings(book: Workbook, outcome: Outcome, path: Path, results: Sequence[Result], problems: Sequence[CellProblem]) -> None:
    title = SHEET if SHEET not in book.sheetnames else f"{SHEET}（规知）"
    sheet = book.create_sheet(title)
    for letter, width in zip("ABCDEFGHI", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    line = _Lines(sheet)
    breaches = [result for result in results if result.breach]
    missing = [result for result in results if not result.breach]
    line(
        [
            f"依据《{outcome.report.checked.regulation}》核对：违反或者应注意 {len(breaches)} 处，无法判定 {len(missing)} 处，看不懂 {len(problems)} 处"
        ],
        bold=True,
    )
    line(["原文件里的公式按文字写回，没有计算。"])
    if lost := losses(path):
        line([f"注意：原文件里有{'、'.join(lost)}，这份批注后的副本里没有，或者样子不同；请保留原文件。"], bold=True)
    for heading, found in (("违反和提醒", breaches), ("缺少信息，无法判定", missing)):
        if found:
            line([heading], bold=True)
            for place, group in outcome.by_rule(found):
                line([f"{place.label}（{len(group)} 处）　{place.text}"[:600]], bold=True)
                line(_HEADER, bold=True)
                for result in group:
                    line(_cells(outcome, result), fill=_FILLS[result.severity])
    notes = [problem for problem in outcome.notes if problem.place.file == path.name]
    for heading, kind, told in (("看不懂的单元格（没有据以判断）", "看不懂", problems), ("请留意", "请留意", notes)):
        if told:
            line([heading], bold=True)
        for problem in told:
            at = problem.place
            where = (problem.register or "", at.sheet or "", at.row or "", "", at.header or "", "")
            line([kind, *where, problem.text, problem.said()])
    book.active = len(book.sheetnames) - 1


def _cells(outcome: Outcome, r: Result) -> Sequence[str | int]:
    return (SEVERITIES[r.severity], r.register, r.sheet, r.row, r.id, r.column, outcome.department(r), r.message, r.remedy)


class _Lines:
    """Writes a sheet line by line. It keeps count itself: openpyxl goes through all cells to tell how many rows there are."""

    def __init__(self, sheet: Worksheet) -> None:
        self._sheet, self._row = sheet, 0

    def __call__(self, values: Iterable[str | int], *, bold: bool = False, fill: str = "") -> None:
        """Write ``values`` as the next line."""
        self._row += 1
        for column, value in enumerate(values, 1):
            cell = self._sheet.cell(self._row, column)
            if isinstance(value, int):
                cell.value = value
            elif value:
                _write(cell, value)
            if bold:
                cell.font = Font(bold=True)
            else:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
            if fill and column == 1:
                cell.fill = PatternFill("solid", fgColor=fill)
