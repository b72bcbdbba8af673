"""Numbers that occur twice in one register, from real files: both rows are named, and nothing else is said."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from qa.audit import Auditor
from qa.browse import Regulation
from qa.register_models import CellProblem, Trouble
from qa.store import Store

ROOT = Path(__file__).parents[1]
HEADER = ["编号", "报送部门", "简报名称", "报送日期", "核准单位", "核准日期"]


def row(number: str, month: int = 3) -> list[str]:
    return [number, "市财政局", "财政简报", f"2024-{month:02}-05", "市政府办公室", f"2024-{month:02}-01"]


@pytest.fixture(scope="module")
def auditor(store: Store) -> Auditor:
    return Auditor(ROOT, store, Regulation(store))


def found(auditor: Auditor, *paths: Path) -> list[CellProblem]:
    report = auditor.audit(paths).report
    assert not report.results
    return list(report.problems)


def text(path: Path, *rows: list[str]) -> Path:
    path.write_text("\n".join(",".join(cells) for cells in (HEADER, *rows)), encoding="utf-8")
    return path


def test_both_rows_are_named(auditor: Auditor, tmp_path: Path) -> None:
    (said,) = found(auditor, text(tmp_path / "简报登记.csv", row("1"), row("2"), row("１")))
    assert (said.place.row, said.place.column, said.place.header, said.text, said.trouble) == (4, "A", "编号", "1", Trouble.NOTE)
    assert "第2行也是“1”" in said.expected and "简报登记.csv" not in said.expected


def test_across_sheets_and_files(auditor: Auditor, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for month in (3, 4):
        sheet = book.create_sheet(f"简报登记{month}月")
        for cells in (HEADER, row("7", month)):
            sheet.append(cells)
    book.save(tmp_path / "甲.xlsx")
    first, second = found(auditor, tmp_path / "甲.xlsx", text(tmp_path / "简报登记.csv", row("7", 5)))
    assert first.place.sheet == "简报登记4月" and "甲.xlsx 工作表“简报登记3月” 第2行也是“7”" in first.expected
    assert second.place.file == "简报登记.csv" and "甲.xlsx 工作表“简报登记3月” 第2行也是“7”" in second.expected


def test_records_of_rdf(auditor: Auditor, tmp_path: Path) -> None:
    path = tmp_path / "简报.ttl"
    path.write_text(
        "@prefix gz: <https://w3id.org/guizhi/ns#> . "
        + " ".join(
            f'<x:{name}> a gz:BriefingRecord ; gz:recordNumber "1" ; gz:submittingUnit "甲局" ; gz:briefingName "简报" ;'
            ' gz:submittedOn "2024-03-05" ; gz:approval [ gz:actUnit "市政府办公室" ; gz:actDate "2024-03-01" ] .'
            for name in "ab"
        ),
        encoding="utf-8",
    )
    (said,) = found(auditor, path)
    assert said.place.node == "x:b" and "x:a也是“1”" in said.expected


def test_empty_numbers_and_other_registers_are_none(auditor: Auditor, tmp_path: Path) -> None:
    inspections = tmp_path / "督查登记.csv"
    inspections.write_text("编号,督查事项,督查单位,督查名义,开始日期\n1,春耕,市农业农村局,部门,2024-04-08\n", encoding="utf-8")
    assert found(auditor, text(tmp_path / "简报登记.csv", row("1"), row(""), row("")), inspections) == []


def test_very_many_are_counted(auditor: Auditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.validate.REPEATED", 2)
    said = found(auditor, text(tmp_path / "简报登记.csv", *(row("1") for _ in range(5))))
    assert [problem.place.row for problem in said] == [3, 4, None] and "还有 2 处" in said[-1].expected
