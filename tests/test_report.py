"""Reports of a check: every form says the same, nothing typed becomes markup or a formula, and the original comes back annotated."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.drawing.image import Image
from openpyxl.worksheet.worksheet import Worksheet
from rdflib import Graph
from rdflib.namespace import SH

from qa import report_data, report_page, report_text, report_workbook, terms
from qa.register_models import CellProblem, Column, Datatype, FoundColumn, Register, SheetHead
from qa.register_models import Place as CellPlace
from qa.report_models import NO_DEPARTMENT, Outcome, Place
from qa.validate_models import Checked, Report, Result, Severity

ROOT = Path(__file__).parents[1]
EVIL = '=HYPERLINK("http://x")<script>alert(1)</script>[bold]'
PROVISION = f"{terms.ID}x/rules/art/31/item/3"


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """A workbook with a title row, a header, two rows, and a formula."""
    book = Workbook()
    sheet = book.active
    for row in (["公文登记簿"], ["登记号", "签发人职务", "备注"], ["1", "副市长", "=1+1"], ["2", "市长", EVIL.removeprefix("=")]):
        sheet.append(row)
    sheet.title = "一"
    book.save(tmp_path / "登记.xlsx")
    return tmp_path / "登记.xlsx"


@pytest.fixture
def outcome(register: Path) -> Outcome:
    """A breach in row 3, something missing and something unread in row 4."""
    post = Column("签发人职务", "signing/actPost", Datatype.NAME)
    kind = Register("公文登记簿", "documents", terms.gz("DocumentRecord"), (post,))
    columns = (FoundColumn(1, "A", "登记号", None), FoundColumn(2, "B", "签发人职务", post))
    head = SheetHead(register.name, "一", kind, 2, columns)
    at = {"provision": PROVISION, "file": register.name, "sheet": "一", "focus": "urn:x:3"}
    breach = Result("公文登记簿", 3, "签发人职务", "1", "31.3", "Signing", Severity.VIOLATION, f"签发人是{EVIL}", "重签", **at)
    missing = Result("公文登记簿", 4, "签发人职务", "2", "31.3", "SigningMissing", Severity.UNDETERMINED, "缺少签发日期", "补登", **at)
    unread = CellProblem(CellPlace(register.name, "一", 4, "B", "签发人职务"), EVIL, "职务", register="公文登记簿")
    checked = Checked((register.name,), {"公文登记簿": 2}, 36, "规则", (2004, 2026), False)
    places = {PROVISION: Place("第三十一条（三）", "市政府人事任免公文，由市长签发", 31)}
    departments = {(register.name, "一", 3): "市财政局"}
    report = Report(checked, (breach, missing), (unread,))
    return Outcome(report, (register,), departments, places, {(register.name, "一"): head})


def test_json_is_what_is_promised(outcome: Outcome) -> None:
    said = json.loads(report_data.to_json(outcome))
    assert said["conforms"] is False
    assert said["checked"]["records"] == {"公文登记簿": 2}
    wanted = {"register", "row", "column", "id", "rule", "shape", "severity", "message", "remedy"}
    assert all(wanted <= set(result) for result in said["results"])
    assert [(r["row"], r["rule"], r["severity"]) for r in said["results"]] == [(3, "31.3", "Violation"), (4, "31.3", "Undetermined")]
    assert [(p["row"], p["column"]) for p in said["unread"]] == [(4, "签发人职务")]


def test_csv_holds_no_formula(outcome: Outcome) -> None:
    text = report_data.to_csv(outcome)
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 4
    assert rows[1][-1] == "市财政局"
    assert rows[2][-1] == NO_DEPARTMENT
    assert rows[3][:5] == ["登记.xlsx", "一", "公文登记簿", "4", "签发人职务"]
    assert rows[3][8] == "看不懂" and "应为职务" in rows[3][9]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_turtle_is_a_validation_report(outcome: Outcome) -> None:
    graph = Graph().parse(data=report_data.to_turtle(outcome), format="turtle")
    (report,) = graph.subjects(SH.conforms)
    assert graph.value(report, SH.conforms).toPython() is False  # type: ignore[union-attr]
    severities = {str(graph.value(result, SH.resultSeverity)) for result in graph.objects(report, SH.result)}
    assert severities == {str(SH.Violation), terms.CHECK + "Undetermined"}


def test_turtle_names_the_component_and_the_property(outcome: Outcome) -> None:
    missing = replace(outcome.report.results[1], component="MinCountConstraintComponent", path=terms.gz("leaveKind"))
    changed = replace(outcome, report=replace(outcome.report, results=(missing,)))
    graph = Graph().parse(data=report_data.to_turtle(changed), format="turtle")
    (result,) = graph.subjects(SH.sourceConstraintComponent, SH.MinCountConstraintComponent)
    assert str(graph.value(result, SH.resultPath)) == terms.gz("leaveKind")


def test_what_belongs_to_no_article_has_a_name_all_the_same(outcome: Outcome) -> None:
    bare = replace(outcome.report.results[1], provision="", rule="")
    changed = replace(outcome, report=replace(outcome.report, results=(bare,)))
    assert "登记本身" in report_text.to_text(changed, 200)
    assert "登记本身" in report_page.document(
        replace(changed, report=replace(changed.report, results=(replace(bare, severity=Severity.INFO),)))
    )


@pytest.mark.parametrize("render", [report_page.fragment, report_page.document])
def test_pages_escape_and_keep_apart(outcome: Outcome, render: object) -> None:
    html = render(outcome)  # type: ignore[operator]
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    assert html.index("违反和提醒") < html.index("无法判定（1）") < html.index("看不懂的")
    assert "第三十一条（三）" in html
    assert "市财政局" in html


def test_the_printable_page_refers_to_nothing(outcome: Outcome) -> None:
    html = report_page.document(outcome)
    assert html.startswith("<!doctype html>")
    assert "src=" not in html
    assert "href=" not in html


def test_the_terminal_says_what_matters(outcome: Outcome) -> None:
    text = report_text.to_text(outcome, 200)
    assert "违反 1 处；另有 1 处缺少信息，无法判定、1 处看不懂。" in text
    assert "第3行 1　第三十一条（三）：签发人是" in text
    assert "[bold]" in text
    assert "怎么办：重签" in text
    assert "补登" not in text  # what could not be determined is counted, not listed among the breaches
    assert "无法判定的 1 处没有在这里列出，用 --format xlsx 或 html" in text


def test_the_workbook_comes_back_annotated(outcome: Outcome, register: Path) -> None:
    book = load_workbook(io.BytesIO(report_workbook.to_workbook(outcome, register)))
    assert book.sheetnames == ["一", "检查结果"]
    cell = book["一"]["B3"]
    assert "第三十一条（三）" in cell.comment.text
    assert cell.fill.fgColor.rgb.endswith("F8CBC6")
    assert "无法判定" in book["一"]["B4"].comment.text
    assert "看不懂" in book["一"]["B4"].comment.text
    assert book["一"]["A3"].comment is None
    assert book["一"]["C3"].value == "=1+1"
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    column = [row[0].value for row in book["检查结果"].iter_rows()]
    assert any(str(value).startswith("第三十一条（三）（1 处）") for value in column)


def test_many_findings_are_written_without_counting_the_rows_each_time(
    outcome: Outcome, register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """openpyxl goes through all cells to tell how many rows there are: asked for at every line, ten thousand findings take minutes."""
    asked: list[int] = []
    counted = Worksheet.max_row.fget
    monkeypatch.setattr(Worksheet, "max_row", property(lambda sheet: asked.append(1) or counted(sheet)))
    breach = outcome.report.results[0]
    times = []
    for many in (5, 50):
        asked.clear()
        results = tuple(replace(breach, id=str(n)) for n in range(many))
        report_workbook.to_workbook(replace(outcome, report=replace(outcome.report, results=results)), register)
        times.append(len(asked))
    assert times[0] == times[1]


def test_what_the_copy_cannot_hold_is_said(outcome: Outcome, register: Path) -> None:
    def said() -> list[str]:
        book = load_workbook(io.BytesIO(report_workbook.to_workbook(outcome, register)))
        return [str(row[0].value) for row in book["检查结果"].iter_rows() if "请保留原文件" in str(row[0].value)]

    assert said() == []
    book = load_workbook(register)
    sheet = book.worksheets[0]
    sheet.add_image(Image(ROOT / "docs" / "images" / "ask.png"), "F2")
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=1, min_row=1, max_row=3))
    sheet.add_chart(chart, "F9")
    book.save(register)
    (line,) = said()
    assert "图片、图表、图形" in line


def test_a_csv_comes_back_as_a_workbook(outcome: Outcome, tmp_path: Path) -> None:
    path = tmp_path / "登记.csv"
    path.write_text("公文登记簿\n登记号,签发人职务\n1,副市长\n=1+1,\n", encoding="utf-8")
    head = next(iter(outcome.heads.values()))
    results = tuple(_moved(result, path.name) for result in outcome.report.results)
    moved = Outcome(Report(outcome.report.checked, results), (path,), {}, outcome.places, {(path.name, ""): head})
    book = load_workbook(io.BytesIO(report_workbook.to_workbook(moved, path)))
    assert "第三十一条（三）" in book.worksheets[0]["B3"].comment.text
    assert (book.worksheets[0]["A4"].value, book.worksheets[0]["A4"].data_type) == ("=1+1", "s")


def _moved(result: Result, name: str) -> Result:
    fields = {field: getattr(result, field) for field in Result.__slots__}
    return Result(**fields | {"file": name, "sheet": ""})


def test_rules_come_in_the_order_of_the_text(outcome: Outcome) -> None:
    parts = ["art/5/para/3", "art/31/item/10", "art/5/para/2", "art/31/item/2"]
    results = [replace(outcome.report.results[0], provision=part, rule="") for part in parts]
    places = {part: Place(part, "", int(part.split("/")[1])) for part in parts}
    found = [place.label for place, _ in replace(outcome, places=places).by_rule(results)]
    assert found == ["art/5/para/2", "art/5/para/3", "art/31/item/2", "art/31/item/10"]


def test_what_is_the_same_is_told_once(outcome: Outcome) -> None:
    (first,) = outcome.report.problems
    again = replace(first, place=replace(first.place, row=5))
    many = replace(outcome, report=replace(outcome.report, problems=(first, again)))
    for text in (report_text.to_text(many, 300), report_page.document(many), report_page.fragment(many)):
        assert "（这一栏同样的共 2 处）" in text and "第5行" not in text
    assert len(json.loads(report_data.to_json(many))["unread"]) == 2


def test_copies_never_share_a_name() -> None:
    paths = [Path("a/登记.xlsx"), Path("登记.csv"), Path("会议.xlsx")]
    assert report_workbook.copies(paths) == ["登记.xlsx-检查结果.xlsx", "登记.csv-检查结果.xlsx", "会议-检查结果.xlsx"]


def test_nothing_wrong_is_said_too(outcome: Outcome) -> None:
    clean = Outcome(Report(outcome.report.checked, ()), outcome.paths)
    assert json.loads(report_data.to_json(clean))["conforms"] is True
    assert "没有发现违反规则的地方" in report_text.to_text(clean)
    assert "没有发现违反规则的地方" in report_page.fragment(clean)
