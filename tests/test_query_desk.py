"""Queries on the page: every example runs, results are shown in every way, workbooks keep types, and nothing becomes markup."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from openpyxl import load_workbook
from starlette.applications import Starlette
from starlette.testclient import TestClient

from qa import charts, terms
from qa.atlas import Atlas
from qa.completions import completions
from qa.pool import Pool
from qa.query import HELD, Reply
from qa.query_desk import LINES, SOLUTIONS, QueryDesk
from qa.site_facts import Facts
from qa.stop import Stop
from qa.store import Store
from qa.web_routes import routes

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "ontology" / "queries"
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
XSD = "http://www.w3.org/2001/XMLSchema#"


@pytest.fixture(scope="module")
def facts(store: Store) -> Facts:
    return Facts(store)


@pytest.fixture(scope="module")
def desk(facts: Facts, nquads: Path) -> Iterator[QueryDesk]:
    with Pool(nquads) as pool:
        yield QueryDesk(pool, Atlas(facts), FOLDER)


@pytest.fixture(scope="module")
def client(desk: QueryDesk, facts: Facts) -> TestClient:
    return TestClient(Starlette(routes=routes(Atlas(facts), desk, completions(facts), Path(__file__).parent)))


def test_every_example_is_listed_and_runs(desk: QueryDesk) -> None:
    assert len(desk.every) == len(list(FOLDER.glob("*.rq"))) > 90
    listed = unescape(desk.examples())
    for example in desk.every:
        assert example.question in listed and f"/?example={example.name}" in listed
        with (FOLDER / f"{example.name}.csv").open(encoding="utf-8", newline="") as file:
            rows = len(list(csv.reader(file))) - 1
        assert f"<span>{rows} 行</span>" in desk.run(example.text), example.name


def test_examples_are_found_by_question_chapter_and_text(desk: QueryDesk) -> None:
    assert "55-who-signs-what" in desk.examples("签发 第六章")
    assert "13-secretary-general-duties" in desk.examples("office/secretary-general")
    assert ">0 个示例" in desk.examples("量子").replace("“量子”：", ">")
    assert desk.text("nothing") == ""


def test_a_result_has_links_and_a_permalink_that_is_the_query(desk: QueryDesk) -> None:
    query = "SELECT ?who ?norm WHERE { ?norm gz:bearer ?who ; gz:provision/gz:reference '31.3' }"
    html = unescape(desk.run(query))
    permalink = re.search(r'data-permalink="([^"]*)"', html)
    assert permalink is not None and parse_qs(urlsplit(permalink[1]).query)["sparql"] == [query]
    assert 'href="/?card=id/chaoyang/office/mayor" data-goto' in html
    assert 'href="/?article=31" data-goto' in html
    assert [re.search(f"下载 {form}", html) is not None for form in ("CSV", "XLSX", "JSON")] == [True] * 3


def test_a_fault_is_told_with_its_place(desk: QueryDesk) -> None:
    html = desk.run("SELECT ?x WHERE {\n ?x gz:bearer }")
    assert 'data-line="2"' in html and "没有结果" in html
    assert "请先写一个查询" in desk.run("  ")
    assert "没有结果" in desk.run("INSERT DATA { <a:a> <a:b> <a:c> }")


def test_ask_and_construct(desk: QueryDesk) -> None:
    assert "是（true）" in desk.run("ASK { ?s a gz:Office }")
    html = desk.run("CONSTRUCT { ?b gz:signs ?d } WHERE { ?b gz:signs ?d }")
    picture = re.search(r'data-picture="([^"]*)"', html)
    assert picture is not None
    drawn = json.loads(unescape(picture[1]))
    assert {"市长", "市政府人事任免公文"} <= {node["label"] for node in drawn["nodes"]}
    assert {edge["label"] for edge in drawn["edges"]} == {"gz:signs"}


def test_a_long_result_is_shown_in_part(desk: QueryDesk) -> None:
    html = desk.run("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 5000")
    assert "<span>5000 条三元组</span>" in html
    shown, hidden = re.search(r'aria-label="三元组">(.*?)</pre>', html, re.DOTALL), re.search(r"还有 (\d+) 行没有显示", html)
    assert shown and hidden
    assert shown[1].count("\n") == LINES and int(hidden[1]) > 1000


def test_a_result_too_long_for_memory_is_a_sentence(desk: QueryDesk, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pool, "run", lambda *_: Reply(SOLUTIONS, False, HELD + 1, io.BytesIO()))
    assert "这里放不下" in desk.run("SELECT * {}")
    refused = client.get("/web/result.xlsx", params={"query": "SELECT * {}"})
    assert (refused.status_code, "LIMIT" in refused.json()["detail"]) == (507, True)


def test_a_query_that_was_stopped_before_it_began_is_not_run(desk: QueryDesk) -> None:
    stop = Stop()
    stop()
    assert "已取消" in desk.run("ASK {}", stop)
    assert "是（true）" in desk.run("ASK {}", Stop())


def test_nothing_becomes_markup(desk: QueryDesk) -> None:
    literal = json.dumps(EVIL)
    for query in (
        EVIL,
        f"SELECT * {{ BIND({literal} AS ?x) BIND(<javascript:alert(1)> AS ?y) }}",
        f"CONSTRUCT {{ <a:a> <a:b> {literal} }} {{}}",
    ):
        html = desk.run(query)
        assert "<script" not in html and "<img" not in html and 'href="javascript' not in html
    html = desk.examples(EVIL)
    assert "<script" not in html and "<img" not in html


def number(value: object) -> dict[str, str]:
    return {"type": "literal", "value": str(value), "datatype": XSD + "integer"}


def text(value: str) -> dict[str, str]:
    return {"type": "literal", "value": value}


def test_a_chart_takes_the_numbers_there_are_and_else_counts_rows() -> None:
    rows = [{"at": number(9), "who": text("甲"), "n": number(4)}, {"at": number(9), "who": text("乙"), "n": number(1)}]
    made = charts.chart(["at", "who", "n"], rows)
    assert made is not None and made.heading == "n（按who）"
    assert [(bar.label, bar.value, bar.share) for bar in made.bars] == [("甲", "4", 1.0), ("乙", "1", 0.25)]
    counted = charts.chart(["who"], [{"who": text("甲")}, {"who": text("乙")}, {"who": text("甲")}])
    assert counted is not None and [(bar.label, bar.value) for bar in counted.bars] == [("甲", "2"), ("乙", "1")]
    assert charts.chart(["who"], [{"who": text("甲")}]) is None
    assert charts.chart([], []) is None
    many = charts.chart(["who", "n"], [{"who": text(str(i)), "n": number(i)} for i in range(100)])
    assert many is not None and (len(many.bars), many.hidden) == (charts.MOST_BARS, 100 - charts.MOST_BARS)


def test_a_picture_of_rows_ties_each_cell_to_the_next_filled_one() -> None:
    picture = charts.row_picture(["a", "b", "c"], [{"a": text("甲"), "c": text("丙")}, {"a": text("甲"), "b": text("乙"), "c": text("丙")}])
    assert {(edge.source, edge.label, edge.target) for edge in picture.edges} == {
        ('"甲"', "c", '"丙"'),
        ('"甲"', "b", '"乙"'),
        ('"乙"', "c", '"丙"'),
    }
    big = charts.row_picture(["a", "b"], [{"a": text("甲"), "b": text(str(i))} for i in range(500)])
    assert len(big.nodes) == charts.MOST_NODES and big.hidden == 501 - charts.MOST_NODES


def test_a_workbook_keeps_types_and_runs_no_formula(client: TestClient) -> None:
    query = """SELECT * { BIND(7 AS ?n) BIND(2.5 AS ?d) BIND("2024-01-29"^^xsd:date AS ?day) BIND(true AS ?b)
      BIND("=1+1" AS ?f) BIND("00123" AS ?t) BIND(12345678901234567890 AS ?long) BIND("市长"@zh AS ?zh) }"""
    answer = client.get("/web/result.xlsx", params={"query": query})
    assert answer.headers["content-disposition"].endswith('"guizhi.xlsx"')
    book = load_workbook(io.BytesIO(answer.content))
    header, row = ([cell.value for cell in line] for line in book["结果"].iter_rows())
    values = dict(zip(header, row, strict=True))
    assert (values["n"], values["d"], str(values["day"])[:10], values["b"]) == (7, 2.5, "2024-01-29", True)
    assert (values["f"], values["t"], values["long"], values["zh"]) == ("=1+1", "00123", "12345678901234567890", "市长")
    assert all(cell.data_type != "f" for line in book["结果"].iter_rows() for cell in line)
    assert [cell.value for cell in book["查询"]["A"]] == query.splitlines()


@pytest.mark.parametrize(("query", "status"), [("SELECT", 400), ("ASK {}", 406), ("DROP ALL", 403), ("", 400)])
def test_what_is_no_table_is_refused_with_a_sentence(client: TestClient, query: str, status: int) -> None:
    answer = client.get("/web/result.xlsx", params={"query": query})
    assert answer.status_code == status
    assert answer.json()["detail"].endswith("。") or "有误" in answer.json()["detail"] or "错误" in answer.json()["detail"]


def test_the_editor_is_offered_terms_by_both_their_names(client: TestClient) -> None:
    offered = client.get("/web/terms").json()
    written = {(one["label"], one["apply"]) for one in offered}
    assert {("gz:bearer", "gz:bearer"), ("主体", "gz:bearer"), ("签发", "v:sign")} <= written
    assert ("市长", f"<{terms.ID}chaoyang/office/mayor>") in written
    assert len(offered) == len(written)
    assert next(one for one in offered if one["label"] == "gz:bearer")["info"] != ""
