"""A result as an Excel workbook (OOXML): the rows on one sheet, the query on another."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from qa.terms import XSD

MEDIA: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LONGEST: Final = 32_767
"""Characters in a cell, at most (Excel's limit)."""
_DIGITS: Final = 15
"""Digits of a number that Excel keeps; longer ones stay text."""
_WIDTH: Final = 28
_STAMP: Final = datetime(2000, 1, 1)
"""The same result gives a workbook of the same content: no time of writing is kept."""


def workbook(names: Sequence[str], rows: Sequence[Mapping[str, Mapping[str, Any]]], query: str) -> bytes:
    """The rows of SPARQL results JSON as a workbook. Numbers, dates and yes/no become such cells, everything else text, never a formula."""
    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = _STAMP
    sheet = book.create_sheet("结果")
    sheet.freeze_panes = "A2"
    for column in range(1, len(names) + 1):
        sheet.column_dimensions[get_column_letter(column)].width = _WIDTH
    sheet.append([_cell(sheet, name, bold=True) for name in names])
    for row in rows:
        sheet.append([_cell(sheet, _value(row[name])) if name in row else None for name in names])
    about = book.create_sheet("查询")
    about.column_dimensions["A"].width = 100
    for line in query.splitlines():
        about.append([_cell(about, line)])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _cell(sheet: Any, value: object, *, bold: bool = False) -> Any:
    made = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        made.data_type = "s"  # a text that begins with “=” is no formula
    if bold:
        made.font = Font(bold=True)
    return made


def _value(binding: Mapping[str, Any]) -> str | int | float | bool | date:
    text, kind = str(binding["value"]), str(binding.get("datatype", "")).removeprefix(XSD)
    try:
        match kind:
            case "integer" | "int" | "long" | "short" | "nonNegativeInteger" if len(text.lstrip("+-")) <= _DIGITS:
                return int(text)
            case "decimal" | "double" | "float" if text.upper().lstrip("+-") not in ("INF", "NAN"):
                return float(text)
            case "boolean":
                return text in ("true", "1")
            case "date":
                return date.fromisoformat(text)
    except ValueError:
        pass
    return str(ILLEGAL_CHARACTERS_RE.sub("\ufffd", text))[:_LONGEST]
