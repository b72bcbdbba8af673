"""Registers for queries on the page: the list, its links that run, what is said of failures; nothing becomes markup."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import register_files
from markupsafe import escape

from qa.pool import Pool
from qa.query import Limits, Query
from qa.register_models import Register
from qa.shelf import Lying, Shelf
from qa.shelf_desk import ShelfDesk, query

LINK = 'href="'


@pytest.fixture
def pool(nquads: Path) -> Iterator[Pool]:
    with Pool(nquads, Limits(workers=2)) as running:
        yield running


@pytest.fixture
def desk(pool: Pool, registers: tuple[Register, ...]) -> Iterator[ShelfDesk]:
    beside = Shelf(pool, lambda: registers, lambda: None)
    yield ShelfDesk(beside)
    beside.close()


def rows(pool: Pool, text: str) -> list[list[str]]:
    with pool.run(Query(text, "text/csv")).body as body:
        return list(csv.reader(io.StringIO(body.read().decode())))


def link(html: str) -> str:
    """The query that the first link of ``html`` opens."""
    address = unescape(html.split(LINK)[1].split('"')[0])
    return parse_qs(urlsplit(address).query)["sparql"][0]


def test_it_is_put_there_asked_and_taken_out(pool: Pool, desk: ShelfDesk, registers: tuple[Register, ...], tmp_path: Path) -> None:
    assert desk.shown() == ""
    assert "凡能访问这个服务的人都能查到" in desk.shown(offer=True)
    paths = register_files.write(tmp_path, {"公文登记簿": [{}, {"登记号": "D2", "签发日期": "三月六日"}]}, registers)
    html = desk.put(paths)
    assert "已放进 SPARQL 查询：“公文登记簿”。看不懂的 1 格没有值" in html and "2 条记录" in html and "凡能访问" in html
    assert rows(pool, link(html)) == [["kind", "number", "row"], ["公文登记", "D1", "2"], ["公文登记", "D2", "3"]]
    graph = html.split('data-graph="')[1].split('"')[0]
    assert desk.shown() != "" and graph in desk.shown()
    assert "已取出：“公文登记簿”" in desk.take(graph)
    assert (desk.shown(), len(rows(pool, link(html)))) == ("", 1)
    assert "已经不在里面了" in desk.take(graph)


def test_what_cannot_be_put_there_is_said_once(desk: ShelfDesk, tmp_path: Path) -> None:
    (tmp_path / "<img src=x>.csv").write_text("菜,价\n豆腐,3\n", encoding="utf-8")
    html = desk.put([tmp_path / "<img src=x>.csv"])
    assert html.count('role="alert"') == 1 and "没有放进去。" in html and "<img" not in html
    assert "请先核对登记簿" in desk.put([])


def test_the_operators_are_listed_and_stay(pool: Pool, registers: tuple[Register, ...], tmp_path: Path) -> None:
    (tmp_path / "名册.ttl").write_text('<x:a> <x:name> "张三" .', encoding="utf-8")
    beside = Shelf(pool, lambda: registers, lambda: None)
    beside.give([tmp_path / "名册.ttl"], lambda _: None)
    html = ShelfDesk(beside).shown()
    assert "名册（1 个三元组）" in html and "取出</button>" not in html
    assert rows(pool, link(html))[1:] == [["x:a", "x:name", "张三"]]
    beside.close()


def test_a_name_breaks_no_query(pool: Pool) -> None:
    graph = "https://w3id.org/guizhi/graph/register/" + "a%0Ab%20%7D%7B%22%3E"
    evil = Lying(graph, Path("x"), 1, 1)
    assert evil.name == 'a\nb }{">' and str(escape(evil.name)) != evil.name
    assert rows(pool, query(evil)) == [["kind", "number", "row"]]


def test_the_example_of_the_documentation(pool: Pool, desk: ShelfDesk, registers: tuple[Register, ...], tmp_path: Path) -> None:
    text = (Path(__file__).parents[1] / "docs" / "sparql.md").read_text(encoding="utf-8")
    [example] = [block.split("```")[0] for block in text.split("```sparql\n")[1:] if "gz:sourceRow" in block]
    changes = [{}, {"登记号": "D2", "签发人职务": "副市长"}, {"登记号": "D3", "公文类型": "函件"}]
    desk.put(register_files.write(tmp_path, {"公文登记簿": changes}, registers))
    found = rows(pool, example)
    assert [row[:2] for row in found[1:]] == [["D1", "2"], ["D3", "4"]]
    assert all(row[2] for row in found)
