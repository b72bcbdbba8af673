"""The empty forms: the tracked ones are what is declared, they can be read back, and their lists are right."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from qa.register_models import Datatype, Register
from qa.register_template import FIRST, LIST_SHEET, TemplateError, find_register, head_rows, workbook, write_template
from qa.registers import read_register


def content(book: openpyxl.Workbook) -> object:
    """Everything of ``book`` that a user meets."""
    sheets = [[[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets]
    first = book.worksheets[0]
    validations = sorted((str(v.sqref), v.formula1, v.prompt, bool(v.showErrorMessage)) for v in first.data_validations.dataValidation)
    return sheets, validations, first.freeze_panes, [str(area) for area in first.merged_cells.ranges]


def test_the_tracked_forms_are_what_is_declared(root: Path, registers: tuple[Register, ...], tmp_path: Path) -> None:
    folder = root / "data" / "registers" / "templates"
    assert {path.name for path in folder.iterdir()} == {f"{register.name}{end}" for register in registers for end in (".xlsx", ".csv")}
    for register in registers:
        fresh = tmp_path / f"{register.name}.xlsx"
        write_template(register, fresh)
        assert content(openpyxl.load_workbook(folder / fresh.name)) == content(openpyxl.load_workbook(fresh)), f"{register.name}：{REMEDY}"
        write_template(register, fresh.with_suffix(".csv"))
        assert (folder / fresh.with_suffix(".csv").name).read_bytes() == fresh.with_suffix(".csv").read_bytes(), (
            f"{register.name}：{REMEDY}"
        )


REMEDY = "rm -r data/registers/templates && guizhi template -o data/registers/templates"


@pytest.mark.parametrize("index", range(8))
@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_a_form_that_is_filled_in_is_read(tmp_path: Path, registers: tuple[Register, ...], index: int, suffix: str) -> None:
    register = registers[index]
    path = tmp_path / f"x{suffix}"
    write_template(register, path)
    assert [batch.problems for batch in read_register(path, registers)] == []
    row = [example(column.datatype, column.codes.codes[0].name if column.codes else "") for column in register.columns]
    if suffix == ".csv":
        with path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(row)
    else:
        book = openpyxl.load_workbook(path)
        sheet = book.worksheets[0]
        for number, value in enumerate(row, 1):
            sheet.cell(FIRST, number, value)
        book.save(path)
    (batch,) = read_register(path, registers)
    assert batch.head is not None and batch.head.register.name == register.name and batch.head.missing == () and batch.problems == ()
    assert [len(cell.values) for cell in batch.records[0].cells.values()] == [1] * sum(bool(column.property) for column in register.columns)


def example(datatype: Datatype, code: str) -> str:
    return code or {Datatype.DATE: "2024-03-05", Datatype.INTEGER: "1", Datatype.BOOLEAN: "是"}.get(datatype, "甲")


def test_lists_to_choose_from(registers: tuple[Register, ...]) -> None:
    register = find_register("公文登记簿", registers)
    book = workbook(register)
    lists = book[LIST_SHEET]
    assert isinstance(lists, Worksheet) and lists.sheet_state == "hidden"
    index = next(number for number, column in enumerate(register.columns, 1) if column.name == "文种")
    letter = openpyxl.utils.get_column_letter(index)
    (validation,) = [v for v in book.worksheets[0].data_validations.dataValidation if str(v.sqref).startswith(f"{letter}{FIRST}:")]
    words = [cell.value for row in lists[str(validation.formula1).split("!")[1].replace("$", "")] for cell in row]
    assert set(words) == {code.name for column in register.columns if column.name == "文种" and column.codes for code in column.codes.codes}
    assert validation.showErrorMessage


def test_title_and_notes_stand_above_the_header(registers: tuple[Register, ...]) -> None:
    title, notes, header = head_rows(find_register("leaves", registers))
    assert title[0].startswith("请假登记（") and len(notes) == len(header) and all(notes)


@pytest.mark.parametrize("name", ["x.xls", "x"])
def test_other_formats_are_refused(tmp_path: Path, registers: tuple[Register, ...], name: str) -> None:
    with pytest.raises(TemplateError, match=r"\.xlsx"):
        write_template(registers[0], tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path, registers: tuple[Register, ...]) -> None:
    for name in ("x.xlsx", "x.csv"):
        (tmp_path / name).write_text("我的", "utf-8")
        with pytest.raises(TemplateError, match="已经有这个文件"):
            write_template(registers[0], tmp_path / name)
        assert (tmp_path / name).read_text("utf-8") == "我的"


def test_a_folder_that_is_not_there(tmp_path: Path, registers: tuple[Register, ...]) -> None:
    with pytest.raises(TemplateError, match="写不了"):
        write_template(registers[0], tmp_path / "没有" / "x.xlsx")


def test_an_unknown_register_is_answered_with_the_known_ones(registers: tuple[Register, ...]) -> None:
    assert find_register("会议登记", registers).name == "会议台账"
    with pytest.raises(TemplateError, match=r"没有名为“车辆登记”的登记簿；有.*公文登记簿"):
        find_register("车辆登记", registers)
