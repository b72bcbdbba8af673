"""``guizhi load`` of registers as offices keep them; what goes to servers is tested in test_remote.py."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import asking
import pytest
import register_files

from qa import __main__ as command
from qa.engine import open_engine
from qa.load import load
from qa.query import Limits, Query
from qa.register_models import Register, RegisterError

NUMBERS = """SELECT ?g ?number ?sheet ?row { GRAPH ?g { ?record gz:recordNumber ?number ; gz:sourceSheet ?sheet ; gz:sourceRow ?row } } ORDER BY ?number"""
NAME = "https://w3id.org/guizhi/graph/register/%E5%85%AC%E6%96%87%E7%99%BB%E8%AE%B0%E7%B0%BF"


def rows(folder: Path, query: str) -> list[list[str]]:
    with open_engine(str(folder), folder, Limits(workers=1)) as pool, pool.run(Query(query, "text/csv")).body as body:
        return list(csv.reader(io.StringIO(body.read().decode())))[1:]


def test_a_workbook_becomes_a_graph_and_is_replaced(registers: tuple[Register, ...], tmp_path: Path) -> None:
    store, said = tmp_path / "store", []
    [book] = register_files.write(tmp_path, {"公文登记簿": [{}, {"登记号": "D2"}]}, registers, workbook=True)
    load(str(store), [book], registers=lambda: registers, say=said.append)
    assert rows(store, NUMBERS) == [[NAME, "D1", "公文登记簿", "2"], [NAME, "D2", "公文登记簿", "3"]]
    assert len(said) == 1 and said[0].startswith(f"{NAME}：2 条记录，")
    [table] = register_files.write(tmp_path, {"公文登记簿": [{"登记号": "D3"}]}, registers)
    load(str(store), [table], registers=lambda: registers)
    assert rows(store, NUMBERS) == [[NAME, "D3", "", "2"]]


def test_what_cannot_be_loaded_changes_nothing(registers: tuple[Register, ...], tmp_path: Path) -> None:
    store = tmp_path / "store"
    [table] = register_files.write(tmp_path, {"公文登记簿": [{}]}, registers)
    load(str(store), [table], registers=lambda: registers)
    table.write_bytes(b"\0\0\0")
    with pytest.raises(RegisterError, match=r"公文登记簿\.csv：内容不是文字"):
        load(str(store), [table], registers=lambda: registers)
    with pytest.raises(RegisterError, match="会成为同一个图"):
        load(str(store), [table, table.with_suffix(".xlsx")], registers=lambda: registers)
    assert rows(store, NUMBERS) == [[NAME, "D1", "", "2"]]


def test_the_command_says_what_it_did_not_understand(
    registers: tuple[Register, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asking.artefacts()
    capsys.readouterr()
    [table] = register_files.write(tmp_path, {"公文登记簿": [{"签发日期": "三月六日"}, {"登记号": "D2"}]}, registers)
    assert command.main(["load", "--store", str(tmp_path / "store"), str(table)]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith(f"{NAME}：2 条记录，") and shown.out.count("\n") == 1
    assert shown.err.count("\n") == 1 and "公文登记簿.csv 第2行" in shown.err and "“签发日期”　“三月六日”：应为" in shown.err
    unsigned = "SELECT ?number { ?record gz:recordNumber ?number FILTER NOT EXISTS { ?record gz:signing/gz:actDate ?day } }"
    assert rows(tmp_path / "store", unsigned) == [["D1"]]
    assert command.main(["load", "--store", str(tmp_path / "store"), str(tmp_path / "没有.xlsx")]) == 2
    assert capsys.readouterr().err.startswith("guizhi：没有.xlsx：无法读取")
