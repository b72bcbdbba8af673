"""Declared registers → empty forms to fill in: a workbook with drop-downs and a row of notes, or csv.

Row 1 is the title, row 2 says what each column wants, row 3 is the header; the reader finds it there. Words to choose from stand on a hidden
sheet, because a list in a cell's validation holds 255 characters (ECMA-376 part 1, 18.3.1.32).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from qa.register_header import letters
from qa.register_models import Code, Column, Datatype, Register

LIST_SHEET: Final = "词表"
FIRST: Final = 4
"""The first row to fill in."""
_LAST: Final = 5_000
"""The last row that has drop-downs."""
_DATE: Final = "yyyy-mm-dd"
_HEAD: Final = PatternFill("solid", fgColor="DCE6F1")
_YES_NO: Final = (Code("", "是"), Code("", "否"))


class TemplateError(ValueError):
    """A form that cannot be written; the message is one Chinese sentence."""


def write_template(register: Register, path: Path) -> None:
    """Write the empty form of ``register`` to ``path``, an xlsx or csv file that is not there yet. Raises :class:`TemplateError`."""
    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise TemplateError(f"{path.name}：模板可以写成 .xlsx 或者 .csv，请改扩展名")
    try:
        if path.suffix.lower() == ".csv":
            with path.open("x", encoding="utf-8-sig", newline="") as file:
                csv.writer(file).writerows(head_rows(register)[1:])
        else:
            path.open("xb").close()
            workbook(register).save(path)
    except FileExistsError as error:
        raise TemplateError(f"{path.name}：已经有这个文件，请换一个名字") from error
    except OSError as error:
        raise TemplateError(f"{path.name}：写不了这个文件（{error.strerror}）") from error


def find_register(name: str, registers: Iterable[Register]) -> Register:
    """The register called ``name`` or with it as a synonym. Raises :class:`TemplateError` that lists the names."""
    known = list(registers)
    found = [register for register in known if name in (register.name, register.identifier, *register.synonyms)]
    if len(found) != 1:
        raise TemplateError(f"没有名为“{name}”的登记簿；有{'、'.join(register.name for register in known)}")
    return found[0]


def head_rows(register: Register) -> list[list[str]]:
    """Title, notes and header, as they are written."""
    title = f"{register.name}（{register.note.rstrip('。')}）"
    return [[title], [_note(column) for column in register.columns], [column.name for column in register.columns]]


def _note(column: Column) -> str:
    return column.note + ("（可填几个，用顿号隔开）" if column.several and "顿号" not in column.note else "")


def workbook(register: Register) -> Workbook:
    """The form of ``register`` as a workbook."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = register.name[:31]
    for row in head_rows(register):
        sheet.append(row)
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=min(8, len(register.columns)))
    _style(sheet, register)
    _choices(book, sheet, register.columns)
    return book


def _style(sheet: Worksheet, register: Register) -> None:
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.row_dimensions[2].height = 60
    sheet.freeze_panes = sheet.cell(FIRST, 2)
    for index, column in enumerate(register.columns, 1):
        note, head = sheet.cell(2, index), sheet.cell(3, index)
        note.alignment, note.font = Alignment(wrap_text=True, vertical="top"), Font(italic=True, size=9, color="666666")
        head.font, head.fill, head.alignment = Font(bold=True), _HEAD, Alignment(horizontal="center")
        sheet.column_dimensions[letters(index)].width = max(12, 2 * len(column.name) + 4)


def _choices(book: Workbook, sheet: Worksheet, columns: Sequence[Column]) -> None:
    lists = book.create_sheet(LIST_SHEET)
    lists.sheet_state = "hidden"
    known: dict[str, str] = {}
    for index, column in enumerate(columns, 1):
        area = f"{letters(index)}{FIRST}:{letters(index)}{_LAST}"
        if column.datatype is Datatype.DATE:
            for row in range(FIRST, FIRST + 200):
                sheet.cell(row, index).number_format = _DATE
        if not column.codes and column.datatype is not Datatype.BOOLEAN:
            continue
        name = column.codes.name if column.codes else "yes-no"
        if name not in known:
            known[name] = _list(lists, len(known) + 1, column.codes.codes if column.codes else _YES_NO)
        closed = not column.several and not (column.codes and column.codes.mint)
        validation = DataValidation("list", formula1=known[name], allow_blank=True, showErrorMessage=closed, showInputMessage=True)
        validation.promptTitle, validation.prompt = column.name[:32], _note(column)[:255]
        validation.errorTitle, validation.error = "请从下拉列表中选", f"“{column.name}”请从下拉列表中选"
        validation.add(area)
        sheet.add_data_validation(validation)


def _list(lists: Worksheet, index: int, codes: Sequence[Code]) -> str:
    """Write ``codes`` down column ``index`` of the sheet of lists; the reference to them."""
    for row, code in enumerate(codes, 1):
        lists.cell(row, index, code.name)
    letter = letters(index)
    return f"'{LIST_SHEET}'!${letter}$1:${letter}${len(codes)}"
