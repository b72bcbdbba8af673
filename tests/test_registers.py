"""Registers as offices keep them: every layout gives the same records, every cell keeps its place, no row is lost."""

from __future__ import annotations

import datetime as dt
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from rdflib import RDF, Graph, Namespace, URIRef

from qa import terms
from qa.record_graph import record_graph
from qa.register_models import Batch, CellProblem, Register, RegisterRecord, SheetHead, Trouble
from qa.registers import read_register

HEADER = ["登记号", "公文标题", "公文类型", "签发人", "签发人职务", "签发日期"]
ROWS: list[list[Any]] = [
    ["2024-1", "关于甲的通知", "人事任免公文", "李明", "市长", "2024年3月5日"],
    ["2024-2", "关于乙的函", "函件", "王强", "副市长", "2024.3.6"],
]
VALUES = {
    "recordNumber": ["2024-1"],
    "recordTitle": ["关于甲的通知"],
    "documentType": ["https://w3id.org/guizhi/id/chaoyang/doc/personnel"],
    "signing/actAgent": ["李明"],
    "signing/actPost": ["https://w3id.org/guizhi/id/chaoyang/office/mayor"],
    "signing/actDate": ["2024-03-05"],
}
GZ = Namespace(terms.NS)
Rows = Sequence[Sequence[Any]]


class Read:
    """A file, read whole."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self.heads: list[SheetHead] = list({id(batch.head): batch.head for batch in batches if batch.head}.values())
        self.records: list[RegisterRecord] = [record for batch in batches for record in batch.records]
        self.problems: list[CellProblem] = [problem for batch in batches for problem in batch.problems]

    def values(self, number: int = 0) -> dict[str, list[str]]:
        return {path: [str(value) for value in cell.values] for path, cell in self.records[number].cells.items() if cell.values}


@pytest.fixture
def read(registers: tuple[Register, ...]) -> Callable[[Path], Read]:
    return lambda path: Read(list(read_register(path, registers)))


def workbook(path: Path, rows: Rows, sheet: str = "Sheet1", merge: Sequence[str] = ()) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(list(row))
    for area in merge:
        page.merge_cells(area)
    book.save(path)
    return path


def open_document(path: Path, rows: Rows, repeat: str = "") -> Path:
    """An OpenDocument spreadsheet (ODF 1.2) with one sheet; ``repeat`` are attributes of its cells."""
    cell = '<table:table-cell office:value-type="string"{}><text:p>{}</text:p></table:table-cell>'
    lines = ["<table:table-row>" + "".join(cell.format(repeat, value) for value in row) + "</table:table-row>" for row in rows]
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text"))
    body = (
        f'<office:body><office:spreadsheet><table:table table:name="表">{"".join(lines)}</table:table></office:spreadsheet></office:body>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml", '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
        )
        archive.writestr(
            "content.xml", f"<?xml version='1.0'?><office:document-content {spaces}>{body}</office:document-content>", zipfile.ZIP_DEFLATED
        )
    return path


def text(path: Path, rows: Rows, encoding: str = "utf-8", comma: str = ",") -> Path:
    path.write_bytes("\r\n".join(comma.join(row) for row in rows).encode(encoding))
    return path


def test_a_workbook(tmp_path: Path, read: Callable[[Path], Read]) -> None:
    found = read(workbook(tmp_path / "2024.xlsx", [HEADER, *ROWS]))
    assert [head.register.name for head in found.heads] == ["公文登记簿"] and found.problems == []
    assert found.values() == VALUES and [record.identifier for record in found.records] == ["2024-1", "2024-2"]
    assert [(record.place.file, record.place.sheet, record.place.row) for record in found.records] == [
        ("2024.xlsx", "Sheet1", 2),
        ("2024.xlsx", "Sheet1", 3),
    ]
    assert {column.name for column in found.heads[0].missing} >= {"审核日期", "印发日期"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("comma", [",", "\t", ";"])
def test_csv(tmp_path: Path, read: Callable[[Path], Read], encoding: str, comma: str) -> None:
    found = read(text(tmp_path / "公文登记簿.csv", [HEADER, *ROWS], encoding, comma))
    assert found.values() == VALUES and len(found.records) == 2 and found.problems == []


def test_an_old_workbook(root: Path, read: Callable[[Path], Read]) -> None:
    """``documents.xls`` (BIFF8) holds the rows above below a merged title; the first date is a date cell."""
    found = read(root / "tests" / "fixtures" / "registers" / "documents.xls")
    assert found.values() == VALUES and len(found.records) == 2 and found.problems == []
    assert found.records[0].place.row == 3


def test_an_open_document(tmp_path: Path, read: Callable[[Path], Read]) -> None:
    found = read(open_document(tmp_path / "表.ods", [HEADER, *ROWS]))
    assert found.values() == VALUES and len(found.records) == 2 and found.problems == []


LAYOUTS: dict[str, tuple[Rows, list[str], int]] = {
    "title above": ([["朝阳市人民政府公文登记簿", "", "", "", "", ""], HEADER, *ROWS], ["A1:F1"], 3),
    "title and empty row above": ([["公文登记簿"], [], HEADER, *ROWS], ["A1:F1"], 4),
    "extra columns": ([["序", *HEADER, "备用"], *[["1", *row, "x"] for row in ROWS]], [], 2),
    "first column empty": ([["", *HEADER], *[["", *row] for row in ROWS]], [], 2),
    "synonyms": ([["编号", "文件标题", "类别", "签发领导", "签发领导职务", "签发时间"], *ROWS], [], 2),
    "spaces and remarks in headers": ([["登 记 号", "公文标题 ", "公文类型（必填）", "*签发人", "签发人\n职务", "签发日期"], *ROWS], [], 2),
    "groups above": (
        [["登记号", "公文标题", "公文类型", "签发", "", ""], ["", "", "", "签发人", "职务", "日期"], *ROWS],
        ["A1:A2", "B1:B2", "C1:C2", "D1:F1"],
        3,
    ),
    "empty rows between": ([HEADER, ROWS[0], [], [], ROWS[1]], [], 2),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(tmp_path: Path, read: Callable[[Path], Read], name: str) -> None:
    rows, merge, first = LAYOUTS[name]
    found = read(workbook(tmp_path / "表.xlsx", rows, merge=merge))
    assert found.values() == VALUES and len(found.records) == 2 and found.problems == []
    assert found.records[0].place.row == first


def test_cells_merged_downwards_say_the_same(tmp_path: Path, read: Callable[[Path], Read]) -> None:
    rows = [HEADER, ROWS[0], ["2024-2", "关于乙的通知", "", "", "", ""]]
    found = read(workbook(tmp_path / "表.xlsx", rows, merge=["C2:C3", "D2:D3", "E2:E3", "F2:F3"]))
    assert found.values(1) == VALUES | {"recordNumber": ["2024-2"], "recordTitle": ["关于乙的通知"]}


def test_every_cell_that_is_not_understood_has_its_place(tmp_path: Path, read: Callable[[Path], Read]) -> None:
    row = ["2024-3", "关于丙的通知", "便条", "李明", "市长", "三月初"]
    found = read(workbook(tmp_path / "表.xlsx", [["公文登记簿"], HEADER, row, ROWS[0]], sheet="今年"))
    assert [(str(p.place), p.text, p.property, p.trouble) for p in found.problems] == [
        ("表.xlsx 工作表“今年” 第3行 C列 “公文类型”", "便条", "documentType", Trouble.UNREAD),
        ("表.xlsx 工作表“今年” 第3行 F列 “签发日期”", "三月初", "signing/actDate", Trouble.UNREAD),
    ]
    assert [problem.record for problem in found.problems] == [found.records[0].iri] * 2
    assert len(found.records) == 2 and found.records[0].cells["documentType"].text == "便条"
    assert "documentType" not in found.values(0)


def test_no_row_is_dropped(tmp_path: Path, read: Callable[[Path], Read]) -> None:
    rows = [[*HEADER, "自己的栏"], *ROWS, ["", "只有标题"], [], ["合计", "3件"], ["填表人：张三"], ["", "", "", "", "", "", "旁边的话"]]
    found = read(workbook(tmp_path / "表.xlsx", rows))
    assert [record.place.row for record in found.records] == [2, 3, 4]
    assert [(problem.place.row, problem.trouble) for problem in found.problems] == [(6, Trouble.NOTE), (7, Trouble.NOTE), (8, Trouble.NOTE)]


def test_a_column_that_comes_twice_is_said(tmp_path: Path, read: Callable[[Path], Read]) -> None:
    found = read(workbook(tmp_path / "表.xlsx", [[*HEADER, "签发时间"], *[[*row, "2024-01-01"] for row in ROWS]]))
    assert found.values() == VALUES
    assert [(problem.place.column, problem.text) for problem in found.problems] == [("G", "签发时间")]


def test_columns_of_one_name_below_different_groups_are_told_apart(tmp_path: Path, read: Callable[[Path], Read]) -> None:
    rows = [
        ["登记号", "公文标题", "审核", "", "签发", "", "备注"],
        ["", "", "审核人", "日期", "签发人", "日期", ""],
        ["1", "甲", "王", "坏", "李", "坏", ""],
    ]
    found = read(workbook(tmp_path / "公文登记簿.xlsx", rows, merge=["A1:A2", "B1:B2", "C1:D1", "E1:F1", "G1:G2"]))
    assert [column.header for column in found.heads[0].columns] == [
        "登记号",
        "公文标题",
        "审核人",
        "审核日期",
        "签发人",
        "签发日期",
        "备注",
    ]
    assert [(problem.place.column, problem.place.header) for problem in found.problems] == [("D", "审核日期"), ("F", "签发日期")]


def test_the_declared_name_goes_before_a_synonym(tmp_path: Path, read: Callable[[Path], Read]) -> None:
    """An office's table has a running number (序号) and a number of its own; other registers refer to the latter."""
    rows = [["序号", "编号", "种类", "受托人", "起始日期"], ["1", "授-7", "授权签发公文", "王强", "2024-03-05"]]
    found = read(workbook(tmp_path / "授权登记.xlsx", rows))
    assert found.records[0].identifier == "授-7"
    assert [(problem.place.column, problem.trouble) for problem in found.problems] == [("A", Trouble.NOTE)]
    assert "已有“编号”这一栏" in found.problems[0].expected


def test_a_synonym_declared_earlier_goes_first(tmp_path: Path, read: Callable[[Path], Read]) -> None:
    rows = [["序号", "登记号", "种类", "受托人", "起始日期"], ["1", "授-7", "授权签发公文", "王强", "2024-03-05"]]
    found = read(workbook(tmp_path / "授权登记.xlsx", rows))
    assert found.records[0].identifier == "授-7"
    assert [(problem.place.column, problem.trouble) for problem in found.problems] == [("A", Trouble.UNREAD)]


def test_every_sheet_is_read_and_what_is_no_register_is_said(tmp_path: Path, read: Callable[[Path], Read]) -> None:
    path = workbook(tmp_path / "表.xlsx", [HEADER, *ROWS], sheet="一月")
    book = openpyxl.load_workbook(path)
    for row in [HEADER, ROWS[1]]:
        (book["二月"] if "二月" in book else book.create_sheet("二月")).append(row)
    book.create_sheet("通讯录").append(["姓名", "电话"])
    book.create_sheet("空表")
    book.save(path)
    found = read(path)
    assert [(head.sheet, head.register.name) for head in found.heads] == [("一月", "公文登记簿"), ("二月", "公文登记簿")]
    assert len({record.iri for record in found.records}) == 3
    assert [(problem.place.sheet, "没有找到表头" in problem.expected) for problem in found.problems] == [("通讯录", True)]


def test_headers_that_fit_two_registers_are_not_chosen_between(tmp_path: Path, read: Callable[[Path], Read]) -> None:
    rows = [["编号", "批准人", "批准人职务", "批准日期"], ["1", "李明", "市长", "2024-03-05"]]
    unclear = read(workbook(tmp_path / "表.xlsx", rows))
    assert unclear.records == [] and "能分清是哪一本登记簿" in unclear.problems[0].expected
    named = read(workbook(tmp_path / "表二.xlsx", rows, sheet="督查登记"))
    assert [head.register.name for head in named.heads] == ["督查登记"] and named.problems == []


@pytest.mark.parametrize("index", range(8))
def test_each_register_is_recognised_by_its_own_header(
    tmp_path: Path, registers: tuple[Register, ...], read: Callable[[Path], Read], index: int
) -> None:
    found = read(workbook(tmp_path / "x.xlsx", [[column.name for column in registers[index].columns], ["1"]]))
    assert [(head.register.name, head.missing) for head in found.heads] == [(registers[index].name, ())]


def test_the_graph_says_what_the_cells_say(tmp_path: Path, read: Callable[[Path], Read]) -> None:
    record = read(workbook(tmp_path / "表.xlsx", [HEADER, *ROWS])).records[0]
    graph = Graph().parse(data=record_graph(record), format="nt")
    node = URIRef(record.iri)
    assert (node, RDF.type, GZ.DocumentRecord) in graph
    signing = graph.value(node, GZ.signing)
    assert (signing, RDF.type, GZ.Act) in graph
    assert graph.value(signing, GZ.actDate).toPython() == dt.date(2024, 3, 5)  # type: ignore[union-attr]
    assert graph.value(node, GZ.sourceRow).toPython() == 2 and str(graph.value(node, GZ.sourceFile)) == "表.xlsx"  # type: ignore[union-attr]


def test_records_come_in_batches_and_their_problems_with_them(tmp_path: Path, registers: tuple[Register, ...]) -> None:
    rows = [HEADER, *[[f"2024-{n}", "标题", "函件", "李明", "市长", "坏" if n % 1000 == 999 else "2024-03-05"] for n in range(4500)]]
    batches = list(read_register(text(tmp_path / "公文登记簿.csv", rows), registers))
    assert [len(batch.records) for batch in batches] == [2000, 2000, 500]
    assert len({id(batch.head) for batch in batches}) == 1
    for batch in batches:
        assert {problem.record for problem in batch.problems} <= {record.iri for record in batch.records}
    assert sum(len(batch.problems) for batch in batches) == 4


def test_memory_does_not_grow_with_a_csv(tmp_path: Path, registers: tuple[Register, ...]) -> None:
    """Whatever is kept of rows that have gone by: twice as many take no more at their height."""
    peaks = []
    for rows in (5_000, 10_000):
        path = tmp_path / f"公文登记簿{rows}.csv"
        path.write_text("登记号,公文标题,签发日期\n" + "".join(f"D{n},关于第{n}件事的通知,2024-03-05\n" for n in range(rows)), "utf-8")
        tracemalloc.start()
        assert sum(len(batch.records) for batch in read_register(path, registers)) == rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def test_the_same_content_is_understood_anew_after_the_memory_is_full(
    tmp_path: Path, registers: tuple[Register, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.registers._KNOWN", 2)
    days = [f"2024-03-0{number % 4 + 1}" for number in range(8)]
    rows = [HEADER, *[["2024-1", "标题", "函件", "李明", "市长", day] for day in days]]
    found = Read(list(read_register(text(tmp_path / "公文登记簿.csv", rows), registers)))
    assert [found.values(number)["signing/actDate"] for number in range(8)] == [[day] for day in days]


TURTLE = """@prefix gz: <https://w3id.org/guizhi/ns#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<http://example.org/d1> a gz:DocumentRecord ; gz:recordNumber "2024-1" ; gz:recordTitle "关于甲的通知" ; gz:documentType "人事任免公文" ;
  gz:signing [ a gz:Act ; gz:actAgent "李明" ; gz:actPost <https://w3id.org/guizhi/id/chaoyang/office/mayor> ; gz:actDate "2024-03-05"^^xsd:date ] .
[] a gz:DocumentRecord ; gz:recordNumber "2024-2" .
"""


@pytest.mark.parametrize(
    ("suffix", "format_"), [(".ttl", "turtle"), (".nt", "nt"), (".rdf", "xml"), (".jsonld", "json-ld"), (".trig", "trig")]
)
def test_files_of_rdf(tmp_path: Path, read: Callable[[Path], Read], suffix: str, format_: str) -> None:
    path = tmp_path / f"登记{suffix}"
    path.write_text(Graph().parse(data=TURTLE, format="turtle").serialize(format=format_), "utf-8")
    found = read(path)
    assert found.problems == [] and len(found.records) == 2
    first = next(number for number, record in enumerate(found.records) if record.iri == "http://example.org/d1")
    assert found.values(first) == VALUES
    assert found.records[first].identifier == "2024-1" and found.records[first].place.node == "http://example.org/d1"
    assert all(b"_:" not in record_graph(record) for record in found.records)


def test_values_of_rdf_that_are_not_understood(tmp_path: Path, read: Callable[[Path], Read]) -> None:
    path = tmp_path / "登记.ttl"
    path.write_text(
        TURTLE.replace('"2024-03-05"^^xsd:date', '"去年"').replace('"人事任免公文"', "gz:Nothing").replace("gz:recordTitle", "gz:nonsense"),
        "utf-8",
    )
    found = read(path)
    assert sorted((str(problem.place.header), problem.trouble) for problem in found.problems) == [
        ("gz:nonsense", Trouble.NOTE),
        ("公文类型", Trouble.UNREAD),
        ("签发日期", Trouble.UNREAD),
    ]
    assert all("http://example.org/d1" in str(problem.place) for problem in found.problems)
