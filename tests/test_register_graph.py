"""A file of registers as one named graph: every row with its place, nothing guessed, nothing kept in memory, nothing left where it fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import register_files
from rdflib import RDF, RDFS, Graph, Literal, Namespace

from qa import register_graph
from qa.register_graph import file_name, graph_name, no_name_twice, reporter, write_register
from qa.register_models import Batch, CellProblem, Place, Register, RegisterError, Trouble
from qa.registers import read_register
from qa.terms import CHECK, NS

GZ = Namespace(NS)
SHEET = "公文登记簿"
LEFT_OUT = {"签发日期": "三月六日", "签发人职务": "顾问"}
"""A day without its year, which is not guessed, and a post that no rule names, which is new."""


def graph_of(path: Path, registers: Sequence[Register], folder: Path) -> tuple[Graph, register_graph.Written, list[CellProblem]]:
    told: list[CellProblem] = []
    written = write_register(path, registers, folder / "out.nt", told.append)
    return Graph().parse(folder / "out.nt", format="nt"), written, told


@pytest.mark.parametrize("workbook", [False, True], ids=["csv", "xlsx"])
def test_rows_become_records_with_their_places(registers: tuple[Register, ...], tmp_path: Path, workbook: bool) -> None:
    rows = {SHEET: [{}, {"登记号": "D2", **LEFT_OUT}, {"登记号": "D3", "签发人职务": "顾问"}]}
    [path] = register_files.write(tmp_path, rows, registers, workbook=workbook)
    graph, written, told = graph_of(path, registers, tmp_path)
    records = {str(graph.value(node, GZ.recordNumber)): node for node in graph.subjects(RDF.type, GZ.DocumentRecord)}
    assert set(records) == {"D1", "D2", "D3"}
    assert (written.records, written.triples) == (3, len(graph))
    sheet = SHEET if workbook else ""
    assert [(str(graph.value(records[name], GZ.sourceSheet)), graph.value(records[name], GZ.sourceRow)) for name in ("D1", "D2", "D3")] == [
        (sheet, Literal(2)),
        (sheet, Literal(3)),
        (sheet, Literal(4)),
    ]
    assert set(graph.objects(None, GZ.sourceFile)) == {Literal(path.name)}
    days = {name: graph.value(graph.value(node, GZ.signing), GZ.actDate) for name, node in records.items()}
    assert [str(days["D1"]), days["D2"], str(days["D3"])] == ["2024-03-06", None, "2024-03-06"]
    unread = [problem for problem in told if problem.trouble is Trouble.UNREAD]
    assert [(problem.place.row, problem.place.header) for problem in unread] == [(3, "签发日期")]
    assert unread[0].sentence().startswith(path.name) and "“三月六日”：应为" in unread[0].sentence()
    adviser = graph.value(graph.value(records["D2"], GZ.signing), GZ.actPost)
    assert graph.value(adviser, RDFS.label) == Literal("顾问", lang="zh")
    assert not any(str(name).startswith(CHECK) for name in graph.predicates())  # what only shapes need


def test_it_is_what_the_check_reads(registers: tuple[Register, ...], tmp_path: Path) -> None:
    rows = {name: [{}] for name in register_files.BASES}
    for path in register_files.write(tmp_path, rows, registers):
        graph, _, told = graph_of(path, registers, tmp_path)
        batches = list(read_register(path, registers))
        assert told == [problem for batch in batches for problem in batch.problems]
        said = {str(value) for batch in batches for record in batch.records for cell in record.cells.values() for value in cell.values}
        assert said <= {str(value) for value in graph.objects()}, path.name


def test_rows_are_written_as_they_are_read(registers: tuple[Register, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [path] = register_files.write(tmp_path, {SHEET: [{"登记号": f"D{n}"} for n in range(3000)]}, registers)
    target, sizes = tmp_path / "out.nt", []

    def slow(path: Path, registers: Sequence[Register]) -> Iterator[Batch]:
        for batch in read_register(path, registers):
            yield batch
            sizes.append(target.stat().st_size)

    monkeypatch.setattr(register_graph, "read_register", slow)
    written = write_register(path, registers, target, lambda _: None)
    assert written.records == 3000
    assert sizes[0] > 1_000_000  # the first two thousand had left when the rest was read


def test_what_is_too_much_ends_at_once_and_leaves_nothing(
    registers: tuple[Register, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [path] = register_files.write(tmp_path, {SHEET: [{}, {"登记号": "D2"}]}, registers)
    [head, *_] = read_register(path, registers)

    def endless(*_: object) -> Iterator[Batch]:
        while True:
            yield head

    monkeypatch.setattr(register_graph, "read_register", endless)
    with pytest.raises(RegisterError, match=r"公文登记簿\.csv：超过 500 个三元组"):
        write_register(path, registers, tmp_path / "out.nt", lambda _: None, most=500)
    assert not (tmp_path / "out.nt").exists()


def test_files_that_are_no_register(registers: tuple[Register, ...], tmp_path: Path) -> None:
    (tmp_path / "菜单.csv").write_text("菜,价\n豆腐,3\n", encoding="utf-8")
    with pytest.raises(RegisterError, match=r"菜单\.csv：没有可以载入的登记簿（应为登记簿"):
        write_register(tmp_path / "菜单.csv", registers, tmp_path / "out.nt", lambda _: None)
    (tmp_path / "坏.xlsx").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(RegisterError, match=r"坏\.xlsx：文件损坏"):
        write_register(tmp_path / "坏.xlsx", registers, tmp_path / "out.nt", lambda _: None)
    with pytest.raises(RegisterError, match="无法读取"):
        write_register(tmp_path / "没有.csv", registers, tmp_path / "out.nt", lambda _: None)
    assert not (tmp_path / "out.nt").exists()


def test_names(tmp_path: Path) -> None:
    name = graph_name(tmp_path / "2024年 公文.xlsx")
    assert name == "https://w3id.org/guizhi/graph/register/2024%E5%B9%B4%20%E5%85%AC%E6%96%87"
    assert file_name(name) == "2024年 公文"
    no_name_twice([tmp_path / "甲.csv", tmp_path / "乙.csv"])
    with pytest.raises(RegisterError, match=r"甲\.csv、甲\.xlsx：会成为同一个图"):
        no_name_twice([tmp_path / "甲.csv", tmp_path / "甲.xlsx"])


def test_many_problems_are_summed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register_graph, "TOLD", 2)
    said: list[str] = []
    tell, rest = reporter(tmp_path / "甲.csv", said.append)
    for row in range(5):
        tell(CellProblem(Place("甲.csv", row=row + 1, header="签发日期"), "三月\n六日", "日期"))
    tell(CellProblem(Place("甲.csv", row=9), "", "像是合计", Trouble.NOTE))
    rest()
    assert said == [
        "甲.csv 第1行 “签发日期”　“三月 六日”：应为日期",
        "甲.csv 第2行 “签发日期”　“三月 六日”：应为日期",
        "甲.csv 第9行　像是合计",
        "甲.csv：……还有 3 处看不懂、0 处请留意；全部见 guizhi validate --format json",
    ]
