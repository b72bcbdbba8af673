"""Registers beside the rules: what queries see of them, when, how many there may be, and who may read the answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
import register_files
from serving import in_thread
from starlette.applications import Starlette

from qa import endpoint, shelf
from qa.pool import Pool
from qa.query import Busy, Limits, Query, TimedOut
from qa.register_models import Register, RegisterError
from qa.shelf import Shelf
from qa.store import StoreError

RULES = 40
"""Triples of the graph that stands for the rules."""
NAME = "https://w3id.org/guizhi/graph/register/%E5%85%AC%E6%96%87%E7%99%BB%E8%AE%B0%E7%B0%BF"
ALL = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
NAMED = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{NAME}> {{ ?s ?p ?o }} }}"
NUMBERS = "SELECT ?n { ?record gz:recordNumber ?n ; gz:sourceRow ?row } ORDER BY ?n"
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?o ?p . ?q ?r ?s }"
SQUARE = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
FOREIGN = {"Origin": "https://elsewhere.example"}
ALLOW = "access-control-allow-origin"


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    graph = tmp_path / "graph.nq"
    graph.write_text("".join(f'<x:{n}> <x:p> "{n}" <x:rules> .\n' for n in range(RULES)), encoding="utf-8")
    with Pool(graph, Limits(seconds=4, workers=3)) as running:
        yield running


@pytest.fixture
def closed() -> list[str]:
    """Has an entry for each time that the data are said to be no longer public."""
    return []


@pytest.fixture
def beside(pool: Pool, registers: tuple[Register, ...], closed: list[str]) -> Iterator[Shelf]:
    found = Shelf(pool, lambda: registers, lambda: closed.append("closed"))
    yield found
    found.close()


def values(pool: Pool, query: str) -> list[str]:
    with pool.run(Query(query, "text/csv")).body as body:
        return body.read().decode().split()[1:]


def files(folder: Path, registers: Sequence[Register], *numbers: str, name: str = "公文登记簿") -> list[Path]:
    """A register of documents with these numbers, in a file called ``name``."""
    [path] = register_files.write(folder, {"公文登记簿": [{"登记号": number} for number in numbers]}, registers)
    return [path.rename(folder / f"{name}.csv")]


# ---------------------------------------------------------------- what queries see


def test_a_register_is_a_graph_and_in_the_union_until_it_is_taken_out(
    pool: Pool, beside: Shelf, registers: tuple[Register, ...], tmp_path: Path
) -> None:
    assert values(pool, ALL) == [str(RULES)]
    [put] = beside.put(files(tmp_path, registers, "D1", "D2"))
    assert (put.graph, put.name, put.records, put.stays) == (NAME, "公文登记簿", 2, False)
    assert put.triples > 20
    assert values(pool, NAMED) == [str(put.triples)]
    assert values(pool, ALL) == [str(RULES + put.triples)]
    assert values(pool, NUMBERS) == ["D1", "D2"]
    assert values(pool, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g") == [NAME, "x:rules"]
    assert beside.lying() == [put]
    assert beside.take(NAME) == put
    assert (values(pool, ALL), beside.lying()) == ([str(RULES)], [])
    assert not put.file.exists()
    assert beside.take(NAME) is None


def test_the_same_name_replaces(pool: Pool, beside: Shelf, registers: tuple[Register, ...], tmp_path: Path) -> None:
    [first] = beside.put(files(tmp_path, registers, "D1", "D2"))
    [other] = beside.put(files(tmp_path, registers, "E1", name="另一本"))
    [second] = beside.put(files(tmp_path, registers, "D3"))
    assert values(pool, NUMBERS) == ["D3", "E1"]
    assert beside.lying() == [second, other] or beside.lying() == [other, second]
    assert not first.file.exists() and second.file.exists()


def test_every_service_process_sees_it_even_after_a_loss(
    pool: Pool, beside: Shelf, registers: tuple[Register, ...], tmp_path: Path
) -> None:
    beside.put(files(tmp_path, registers, "D1"))
    assert pool._nursery
    pool._nursery.process.kill()
    for worker in pool._free:
        worker.end()
    pool._free.clear()
    assert values(pool, NUMBERS) == ["D1"]


# ---------------------------------------------------------------- queries meanwhile


def started(pool: Pool, query: str, found: list[object]) -> threading.Thread:
    """A thread that runs ``query``, which a worker has taken."""

    def run() -> None:
        try:
            found.append(values(pool, query))
        except TimedOut as late:
            found.append(late)

    thread = threading.Thread(target=run)
    thread.start()
    while not pool._busy and thread.is_alive():
        time.sleep(0.002)
    return thread


@pytest.mark.parametrize(("query", "ends"), [(SQUARE, [str(RULES**4)]), (RUNAWAY, None)], ids=["long", "runaway"])
def test_queries_under_way_end_over_what_they_began_with(
    pool: Pool, beside: Shelf, registers: tuple[Register, ...], tmp_path: Path, query: str, ends: list[str] | None
) -> None:
    found: list[object] = []
    thread = started(pool, query, found)
    beside.put(files(tmp_path, registers, "D1"))
    assert values(pool, NUMBERS) == ["D1"]  # and the others see the new data
    thread.join()
    assert found == [ends] if ends else isinstance(found[0], TimedOut)
    assert values(pool, NUMBERS) == ["D1"]


def test_many_at_once(pool: Pool, beside: Shelf, registers: tuple[Register, ...], tmp_path: Path) -> None:
    """Visitors put and take out while others ask over HTTP: every answer is whole, over some state that there was."""
    names = ["甲", "乙", "丙"]
    paths = {name: files(tmp_path, registers, f"{name}1", f"{name}2", name=name) for name in names}
    sizes, stop, wrong = [], threading.Event(), []
    with in_thread(Starlette(routes=endpoint.routes(endpoint.Endpoint(pool)))) as base:

        def ask() -> None:
            with httpx.Client(timeout=30) as client:
                while not stop.is_set():
                    answer = client.get(base + "/sparql", params={"query": NUMBERS, "format": "csv"})
                    numbers = answer.text.split()[1:]
                    if answer.status_code != 200 or {n for n in names if f"{n}1" in numbers} != {n for n in names if f"{n}2" in numbers}:
                        wrong.append(answer.text)
                    sizes.append(len(numbers))

        def change(name: str) -> None:
            for _ in range(3):
                [put] = beside.put(paths[name])
                beside.take(put.graph)
            beside.put(paths[name])

        asking = [threading.Thread(target=ask) for _ in range(2)]
        changing = [threading.Thread(target=change, args=(name,)) for name in names]
        for thread in (*asking, *changing):
            thread.start()
        for thread in changing:
            thread.join()
        stop.set()
        for thread in asking:
            thread.join()
        assert wrong == [] and len(set(sizes)) > 1
        end = httpx.get(base + "/sparql", params={"query": NUMBERS, "format": "csv"}, timeout=30).text.split()[1:]
    assert end == sorted(f"{name}{n}" for name in names for n in (1, 2))
    assert len(list(Path(beside._folder.name).iterdir())) == 3  # nothing that was replaced is kept


def test_what_cannot_be_loaded_changes_nothing(
    pool: Pool, beside: Shelf, registers: tuple[Register, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [there] = beside.put(files(tmp_path, registers, "D1"))
    (tmp_path / "bad.nt").write_text("no triples", encoding="utf-8")
    with pytest.raises(Busy, match="数据没有改变"):
        pool.replace({"x:bad": tmp_path / "bad.nt"})

    def refuse(_: object) -> None:
        raise Busy("查询进程装不下这些数据，数据没有改变。")

    monkeypatch.setattr(pool, "replace", refuse)
    with pytest.raises(RegisterError, match="数据没有改变"):
        beside.put(files(tmp_path, registers, "E1", name="另一本"))
    assert values(pool, NUMBERS) == ["D1"] and beside.lying() == [there]
    assert [path.name for path in Path(beside._folder.name).iterdir()] == [there.file.name]


# ---------------------------------------------------------------- bounds


def test_there_is_room_for_so_many(
    pool: Pool, beside: Shelf, registers: tuple[Register, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "MOST", 2)
    for name in ("甲", "乙", "乙"):
        beside.put(files(tmp_path, registers, "D1", name=name))
    with pytest.raises(RegisterError, match="至多放 2 份登记资料，已经有 2 份；请先取出几份"):
        beside.put(files(tmp_path, registers, "D1", name="丙"))
    assert [one.name for one in beside.lying()] == ["乙", "甲"]


def test_there_is_room_for_so_much(
    pool: Pool, beside: Shelf, registers: tuple[Register, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [first] = beside.put(files(tmp_path, registers, "D1"))
    monkeypatch.setattr(shelf, "TRIPLES", first.triples + 5)
    beside.put(files(tmp_path, registers, "D2"))  # in the place of the first
    with pytest.raises(
        RegisterError, match=rf"另一本\.csv：放不下。登记资料一共至多 {first.triples + 5} 个三元组，已经有 {first.triples} 个"
    ):
        beside.put(files(tmp_path, registers, "E1", name="另一本"))
    assert values(pool, NUMBERS) == ["D2"]


def test_what_is_no_register_is_said(beside: Shelf, tmp_path: Path, closed: list[str]) -> None:
    (tmp_path / "菜单.csv").write_text("菜,价\n豆腐,3\n", encoding="utf-8")
    with pytest.raises(RegisterError, match=r"菜单\.csv：没有可以载入的登记簿"):
        beside.put([tmp_path / "菜单.csv"])
    with pytest.raises(RegisterError, match="会成为同一个图"):
        beside.put([tmp_path / "甲.csv", tmp_path / "甲.xlsx"])
    assert beside.lying() == [] and closed == []


# ---------------------------------------------------------------- the operator's


def test_what_the_operator_gives_stays(pool: Pool, beside: Shelf, registers: tuple[Register, ...], tmp_path: Path) -> None:
    (tmp_path / "名册.ttl").write_text('<x:a> <x:name> "张三" , "李四" .', encoding="utf-8")
    said: list[str] = []
    paths = [*files(tmp_path, registers, "D1"), tmp_path / "名册.ttl"]
    beside.give(paths, said.append)
    [table, roll] = [next(one for one in beside.lying() if one.name == path.stem) for path in paths]
    assert said == [f"登记资料 公文登记簿.csv：1 条记录，{table.triples} 个三元组", "登记资料 名册.ttl：2 个三元组"]
    assert values(pool, "SELECT ?o { GRAPH ?g { <x:a> ?p ?o } } ORDER BY ?o") == ["张三", "李四"]
    assert (table.stays, roll.stays, roll.records) == (True, True, None)
    with pytest.raises(RegisterError, match="“公文登记簿”是服务启动时给出的登记资料，不能替换"):
        beside.put(files(tmp_path, registers, "D2"))
    assert beside.take(table.graph) is None
    beside.put(files(tmp_path, registers, "E1", name="另一本"))
    assert values(pool, NUMBERS) == ["D1", "E1"]


def test_what_the_operator_cannot_give(beside: Shelf, tmp_path: Path) -> None:
    (tmp_path / "图.trig").write_text("<https://w3id.org/guizhi/graph/ontology> { <x:a> <x:b> <x:c> }", encoding="utf-8")
    with pytest.raises(RegisterError, match=r"图\.trig：里面有自己的图名"):
        beside.give([tmp_path / "图.trig"], lambda _: None)
    (tmp_path / "坏.ttl").write_text("<x:a>", encoding="utf-8")
    with pytest.raises(StoreError, match=r"坏\.ttl：不是有效的 RDF"):
        beside.give([tmp_path / "坏.ttl"], lambda _: None)
    with pytest.raises(RegisterError, match=r"没有\.ttl：无法读取"):
        beside.give([tmp_path / "没有.ttl"], lambda _: None)
    assert beside.lying() == []


# ---------------------------------------------------------------- who may read, and what is described


def test_pages_of_others_read_nothing_from_the_first_register_on(pool: Pool, registers: tuple[Register, ...], tmp_path: Path) -> None:
    sparql = endpoint.Endpoint(pool)
    beside = Shelf(pool, lambda: registers, sparql.close_to_others)
    with in_thread(Starlette(routes=endpoint.routes(sparql))) as base:

        def asked() -> httpx.Response:
            return httpx.get(base + "/sparql", params={"query": NUMBERS, "format": "csv"}, headers=FOREIGN, timeout=30)

        assert asked().headers[ALLOW] == "*"
        beside.put(files(tmp_path, registers, "D1"))
        assert asked().text.split() == ["n", "D1"] and ALLOW not in asked().headers
        beside.take(NAME)  # an answer that was begun before may still be on its way
        assert asked().text.split() == ["n"] and ALLOW not in asked().headers
    beside.close()


def test_the_description_lists_it(nquads: Path, registers: tuple[Register, ...], tmp_path: Path) -> None:
    with Pool(nquads, Limits(workers=2)) as pool, in_thread(Starlette(routes=endpoint.routes(endpoint.Endpoint(pool)))) as base:
        beside = Shelf(pool, lambda: registers, lambda: None)
        [put] = beside.put(files(tmp_path, registers, "D1"))
        described = httpx.get(base + "/.well-known/void", headers={"Accept": "application/n-triples"}, timeout=60).text.splitlines()
        service = "http://www.w3.org/ns/sparql-service-description#"
        assert sum(f"<{service}namedGraph>" in line for line in described) == 6
        assert f"<{NAME}#description> <{service}name> <{NAME}> ." in described
        counted = f'<{NAME}#description> <http://rdfs.org/ns/void#triples> "{put.triples}"'
        assert any(line.startswith(counted) for line in described)
        beside.close()
