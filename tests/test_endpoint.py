"""SPARQL 1.1 Protocol over real HTTP, and what happens to queries that would hurt the service."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pyoxigraph as ox
import pytest
from serving import in_thread
from starlette.applications import Starlette

from qa import endpoint
from qa.guard import complete, inspect, mentioned, plain, substitute
from qa.negotiate import choose
from qa.pool import Pool
from qa.query import Limits, Query

G = "http://example.org/g/"
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DIRECT = {"Content-Type": "application/sparql-query"}


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """A pool over 2,000 triples in two graphs, with small limits."""
    graph = tmp_path_factory.mktemp("graph") / "graph.nq"
    lines = [
        f'<http://example.org/s/{i}> <http://example.org/p> "值{i}\\n<二>"@zh <{G}{"one" if i < 1500 else "two"}> .' for i in range(2000)
    ]
    graph.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with Pool(graph, Limits(seconds=2, wait=0.5, megabytes=128, rows=100, workers=3)) as running:
        yield running


@pytest.fixture(scope="module")
def address(pool: Pool) -> Iterator[str]:
    """The endpoint's address."""
    with in_thread(Starlette(routes=endpoint.routes(endpoint.Endpoint(pool)))) as base:
        yield base + "/sparql"


def ask(address: str, query: str, **headers: str) -> httpx.Response:
    return httpx.get(address, params={"query": query}, headers=headers, timeout=30)


def count(response: httpx.Response) -> int:
    return int(response.json()["results"]["bindings"][0]["n"]["value"])


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until ``condition`` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


# ---------------------------------------------------------------- the three ways to send a query


def test_query_by_get(address: str) -> None:
    response = ask(address, COUNT)
    assert response.headers["content-type"] == "application/sparql-results+json"
    assert count(response) == 2000


def test_query_by_form(address: str) -> None:
    assert count(httpx.post(address, data={"query": COUNT})) == 2000


def test_query_by_direct_post(address: str) -> None:
    assert count(httpx.post(address, content=COUNT, headers=DIRECT)) == 2000
    assert count(httpx.post(address, content=COUNT, headers={"Content-Type": "application/sparql-query; charset=UTF-8"})) == 2000


@pytest.mark.parametrize("where", ["get", "form", "direct"])
def test_default_graph_of_the_request(address: str, where: str) -> None:
    chosen = f"default-graph-uri={quote(G + 'one')}"
    match where:
        case "get":
            response = httpx.get(f"{address}?{chosen}&query={quote(COUNT)}")
        case "form":
            response = httpx.post(address, content=f"{chosen}&query={quote(COUNT)}", headers=FORM)
        case _:
            response = httpx.post(f"{address}?{chosen}", content=COUNT, headers=DIRECT)
    assert count(response) == 1500


def test_several_default_graphs_are_merged(address: str) -> None:
    assert count(httpx.get(address, params={"query": COUNT, "default-graph-uri": [G + "one", G + "two"]})) == 2000


def test_named_graphs_of_the_request(address: str) -> None:
    named = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    assert count(httpx.get(address, params={"query": named, "named-graph-uri": G + "two"})) == 500
    assert count(httpx.get(address, params={"query": COUNT, "named-graph-uri": G + "two"})) == 0  # no default graph was asked for


def test_graphs_of_the_request_go_before_those_of_the_query(address: str) -> None:
    query = f"SELECT (COUNT(*) AS ?n) FROM <{G}two> {{ ?s ?p ?o }}"
    assert count(ask(address, query)) == 500
    assert count(httpx.get(address, params={"query": query, "default-graph-uri": G + "one"})) == 1500


# ---------------------------------------------------------------- results


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/json", "application/json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/*", "text/csv; charset=utf-8"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("application/sparql-results+xml;q=0.9, text/csv;q=0.2", "application/sparql-results+xml"),
        ("application/sparql-results+json;q=0, */*;q=0.1", "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/xml"),
    ],
)
def test_solutions_are_negotiated(address: str, accept: str, media: str) -> None:
    response = ask(address, "SELECT ?s ?o { ?s ?p ?o } LIMIT 2", Accept=accept)
    assert (response.status_code, response.headers["content-type"], response.headers["vary"]) == (200, media, "Accept")


@pytest.mark.parametrize("media", ["application/sparql-results+json", "application/sparql-results+xml", "text/tab-separated-values"])
@pytest.mark.parametrize("rows", [0, 1, 99, 100])
def test_solutions_can_be_read_back(address: str, media: str, rows: int) -> None:
    response = ask(address, f"SELECT ?s ?o ?none {{ ?s ?p ?o }} ORDER BY ?s LIMIT {rows}", Accept=media)
    assert "Guizhi-Truncated" not in response.headers
    assert len(_read(response, media)) == rows


@pytest.mark.parametrize("media", ["application/sparql-results+json", "application/sparql-results+xml", "text/tab-separated-values"])
def test_a_cut_result_says_so_and_is_whole(address: str, media: str) -> None:
    query = "SELECT ?s ?o ?none { ?s ?p ?o } ORDER BY ?s"
    response = ask(address, query, Accept=media)
    assert response.headers["Guizhi-Truncated"] == "rows=100"
    whole = ask(address, query + " LIMIT 100", Accept=media)
    assert [str(row) for row in _read(response, media)] == [str(row) for row in _read(whole, media)]


def test_rows_are_counted_not_guessed(address: str) -> None:
    texts = " ".join(f'"}},{{{"}},{" * i}"' for i in range(60))  # each looks like many rows of JSON
    response = ask(address, f"SELECT ?x {{ VALUES ?x {{ {texts} }} }}")
    assert "Guizhi-Truncated" not in response.headers
    assert len(response.json()["results"]["bindings"]) == 60


@pytest.mark.parametrize(
    ("accept", "body"),
    [
        ("application/json", '{"head":{},"boolean":true}'),
        ("text/csv", "true\n"),
        ("text/tab-separated-values", "true\n"),
        (
            "application/sparql-results+xml",
            '<?xml version="1.0" encoding="UTF-8"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head/><boolean>true</boolean></sparql>',
        ),
    ],
)
def test_ask(address: str, accept: str, body: str) -> None:
    assert ask(address, "ASK {}", Accept=accept).text == body


@pytest.mark.parametrize(
    "media",
    ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json", "application/n-quads", "application/trig"],
)
def test_triples_are_negotiated_and_can_be_read_back(address: str, media: str) -> None:
    response = ask(address, "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 3", Accept=media)
    assert response.headers["content-type"].partition(";")[0] == media
    assert len(list(ox.parse(response.content, ox.RdfFormat.from_media_type(media)))) == 3


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", "text/turtle"),
        ("*/*", "text/turtle"),
        ("text/turtle;q=0.5, application/ld+json;q=0.8, */*;q=0.1", "application/ld+json"),
        ("application/rdf+xml, application/xml; q=0.7, text/xml; q=0.6, text/plain; q=0.1, */*; q=0.09", "application/rdf+xml"),
        ("application/trig, text/turtle;q=0.9", "application/trig"),
        ("text/csv, application/n-triples;q=0.1", "application/n-triples"),
    ],
)
@pytest.mark.parametrize("query", ["CONSTRUCT WHERE { ?s ?p ?o }", "DESCRIBE <http://example.org/s/7>"])
def test_triples_are_weighed(address: str, query: str, accept: str, media: str) -> None:
    response = ask(address, query, Accept=accept)
    assert (response.headers["content-type"].partition(";")[0], response.headers["vary"]) == (media, "Accept")
    assert list(ox.parse(response.content, ox.RdfFormat.from_media_type(media)))


def test_triples_are_no_table(address: str) -> None:
    assert "text/turtle" in problem(ask(address, "DESCRIBE <a:a>", Accept="text/csv, application/sparql-results+json"), 406)["offered"]
    assert "text/csv" in problem(ask(address, "ASK {}", Accept="text/turtle"), 406)["offered"]


def test_describe(address: str) -> None:
    response = ask(address, "DESCRIBE <http://example.org/s/7>")
    assert response.headers["content-type"].startswith("text/turtle")
    assert "值7" in response.text


def test_format_parameter_and_spreadsheets(address: str) -> None:
    response = httpx.get(address, params={"query": "SELECT ?o { ?s ?p ?o } LIMIT 1", "format": "excel"})
    assert response.content.startswith("\ufeff".encode())
    assert int(response.headers["content-length"]) == len(response.content)
    assert httpx.get(address, params={"query": COUNT, "format": "docx"}).status_code == 406


def test_head_is_get_without_a_body(address: str) -> None:
    response = httpx.head(address, params={"query": COUNT})
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(ask(address, COUNT).content))


def test_cors(address: str) -> None:
    asked = {"Origin": "https://yasgui.example", "Access-Control-Request-Method": "POST"}
    response = httpx.options(address, headers=asked)
    assert response.status_code == 204
    assert "POST" in response.headers["access-control-allow-methods"]
    assert {"Accept", "Authorization", "Content-Type"} <= set(response.headers["access-control-allow-headers"].split(", "))
    assert ask(address, COUNT, Origin="https://yasgui.example").headers["access-control-allow-origin"] == "*"


def test_service_description_and_browsers(address: str) -> None:
    described = httpx.get(address, headers={"Accept": "text/turtle"})
    assert "SPARQL11Query" in described.text
    assert f"<{address}>" in described.text
    assert httpx.get(address, headers={"Accept": "text/html"}).headers["location"] == "/?tab=sparql"


# ---------------------------------------------------------------- refusals


def problem(response: httpx.Response, status: int) -> dict[str, object]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, object] = response.json()
    assert found["status"] == status
    assert "Traceback" not in response.text
    assert "/work" not in response.text
    return found


def test_malformed_query_names_line_and_column(address: str) -> None:
    found = problem(ask(address, "SELECT *\nWHERE { ?s ?p }"), 400)
    assert (found["line"], found["column"]) == (2, 16)  # where the parser gave up: just after the brace
    assert "第2行第16列" in str(found["detail"])


@pytest.mark.parametrize(
    "update", ["INSERT DATA { <a:a> <a:b> 1 }", "PREFIX x: <y:> # c\nDELETE WHERE { ?s ?p ?o }", "LOAD <http://127.0.0.1/x>", "clear all"]
)
def test_updates_are_forbidden(address: str, update: str) -> None:
    assert "不能修改" in str(problem(ask(address, update), 403)["detail"])
    problem(httpx.post(address, data={"update": update}), 403)
    problem(httpx.post(address, content=update, headers={"Content-Type": "application/sparql-update"}), 403)


def test_protocol_errors(address: str) -> None:
    problem(httpx.get(f"{address}?query={quote(COUNT)}&query={quote(COUNT)}"), 400)
    problem(httpx.post(address, data={"other": "x"}), 400)
    problem(httpx.get(f"{address}?query=%FF%FE"), 400)
    problem(httpx.post(address, content=b"\xff\xfe", headers=DIRECT), 400)
    problem(httpx.post(address, content=COUNT, headers={"Content-Type": "text/plain"}), 415)
    problem(httpx.post(address, content=COUNT), 415)
    problem(httpx.post(address, content=COUNT.encode("utf-16"), headers={"Content-Type": "application/sparql-query; charset=UTF-16"}), 415)
    problem(httpx.post(address, content=b"#" * (endpoint.MAX_BODY + 1), headers=DIRECT), 413)
    problem(httpx.post(address, content=(b"#" * 65536 for _ in range(40)), headers=DIRECT), 413)
    problem(ask(address, COUNT, Accept="image/png"), 406)
    problem(httpx.get(address, params={"query": COUNT, "default-graph-uri": "not an iri"}), 400)
    for method in ("PUT", "DELETE", "PATCH"):
        assert "POST" in httpx.request(method, address).headers["allow"]
        problem(httpx.request(method, address), 405)


@pytest.mark.parametrize("query", ["SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", "ASK FROM NAMED <FILE:///etc/passwd> {}"])
def test_local_files_are_refused(address: str, query: str) -> None:
    problem(ask(address, query), 403)
    problem(httpx.get(address, params={"query": COUNT, "default-graph-uri": "file:///etc/passwd"}), 403)


def test_service_is_refused_and_could_not_reach_anything(address: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.5)
        home = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        problem(ask(address, f"SELECT * {{ SERVICE <{home}> {{ ?s ?p ?o }} }}"), 403)
        problem(ask(address, f"SELECT * {{ ?s ?p true.SERVICE SILENT<{home}> {{ ?s ?p ?o }} }}"), 403)
        ask(address, f"PREFIX : <{home}> SELECT * {{ SERVICE:x {{ ?s ?p ?o }} }}")  # passes the lexer; the worker can open no socket
        with pytest.raises(TimeoutError):
            listener.accept()


# ---------------------------------------------------------------- queries that would hurt


def test_a_runaway_query_is_stopped_while_others_are_answered(address: str, pool: Pool) -> None:
    ended: list[tuple[httpx.Response, float]] = []

    def run() -> None:
        started = time.monotonic()
        ended.append((ask(address, RUNAWAY), time.monotonic() - started))

    ask(address, COUNT)
    runaways = [threading.Thread(target=run) for _ in range(2)]
    for thread in runaways:
        thread.start()
    while len(pool._busy) < len(runaways) and any(thread.is_alive() for thread in runaways):
        time.sleep(0.01)
    waits = []
    while any(thread.is_alive() for thread in runaways):
        started = time.monotonic()
        assert count(ask(address, COUNT)) == 2000
        waits.append(time.monotonic() - started)
    assert waits
    for response, seconds in ended:
        assert "已经停止" in str(problem(response, 504)["detail"])
        assert pool.limits.seconds <= seconds < pool.limits.seconds + 3
    assert _busy_workers(pool) == 0


def test_memory_is_bounded_and_the_service_goes_on(address: str) -> None:
    problem(ask(address, "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?f ?c"), 507)
    assert count(ask(address, COUNT)) == 2000


def test_what_was_stopped_gives_its_memory_back(address: str, pool: Pool) -> None:
    assert count(ask(address, COUNT)) == 2000
    before, taken, ended = _memory(pool), [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            taken.append(_memory(pool))

    watching = threading.Thread(target=watch)
    watching.start()
    problem(ask(address, "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?f ?c"), 507)
    ended.set()
    watching.join()
    assert max(taken) > before + (pool.limits.megabytes << 20) // 4
    ends = time.monotonic() + 10
    while _memory(pool) > before + (8 << 20):
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_nesting_that_kills_the_engine_does_not_kill_the_service(address: str) -> None:
    query = "SELECT (" + "(" * 400_000 + "1" + ")" * 400_000 + " AS ?x) {}"
    assert httpx.post(address, content=query, headers=DIRECT, timeout=30).status_code in (504, 507)
    assert count(ask(address, COUNT)) == 2000


def test_too_many_at_once_are_told_to_come_back(address: str, pool: Pool) -> None:
    threads = [threading.Thread(target=ask, args=(address, RUNAWAY)) for _ in range(pool.limits.workers)]
    for thread in threads:
        thread.start()
    while len(pool._busy) < pool.limits.workers and any(thread.is_alive() for thread in threads):
        time.sleep(0.01)
    response = ask(address, COUNT)
    assert "稍后" in str(problem(response, 503)["detail"])
    assert int(response.headers["retry-after"]) > 0
    for thread in threads:
        thread.join()
    assert count(ask(address, COUNT)) == 2000


def test_a_lost_nursery_is_replaced(address: str, pool: Pool) -> None:
    assert pool._nursery is not None
    pool._nursery.process.kill()
    for worker in pool._free:
        worker.end()
    pool._free.clear()
    assert count(ask(address, COUNT)) == 2000


def test_workers_end_with_their_owner(tmp_path: Path) -> None:
    graph = tmp_path / "graph.nq"
    graph.write_text("<a:a> <a:b> <a:c> .\n", encoding="utf-8")
    pool = Pool(graph, Limits(workers=1))
    nursery = pool._nursery
    assert nursery is not None
    pool.close()
    assert nursery.process.poll() is not None


# ---------------------------------------------------------------- pieces


@pytest.mark.parametrize(
    ("text", "service", "update", "sources"),
    [
        ('SELECT ?service { ?s service:x \'SERVICE\' ; <x:SERVICE> """a"SERVICE""" } # SERVICE <x:>', False, False, ()),
        ("SELECT * { ?s ?p true.SERVICE<x:>{} }", True, False, ()),
        ("PREFIX insert: <a:b> SELECT * FROM <a:b> FROM NAMED ex:g {}", False, False, ("a:b", "ex:g")),
        ("# SELECT\nBASE <x:> INSERT DATA {}", False, True, ()),
        ("", False, False, ()),
    ],
)
def test_what_a_query_asks_for(text: str, service: bool, update: bool, sources: tuple[str, ...]) -> None:
    found = inspect(text)
    assert (found.service, found.update, found.sources) == (service, update, sources)
    assert not plain(text) or not (service or update or sources or found.disguised)


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        ("SELECT ?o { <x:s> ?p ?o }", True),
        ("ask { ?s ?p 'x' }", True),
        ("SELECT ?address { ?s ?p ?address }", False),
        ("SELECT * { \\u0053ERVICE <x:> {} }", False),
        ("select * { SerVice <x:> {} }", False),
        ("SELECT * FROM <file:///etc/passwd> {}", False),
        ("DESCRIBE <x:s>", False),
    ],
)
def test_a_plain_query_is_told_at_once(text: str, is_plain: bool) -> None:
    assert plain(text) is is_plain


@pytest.mark.parametrize(
    "text", ["'" * 200_000, '"""' + 'a"' * 100_000, "'\\" * 100_000, "<" * 200_000, "a." * 100_000, "a.:" * 60_000, "\\" * 200_000]
)
def test_looking_at_a_query_takes_linear_time(text: str) -> None:
    started = time.monotonic()
    inspect(text)
    assert time.monotonic() - started < 3


def test_a_service_in_disguise() -> None:
    assert inspect("PREFIX service: <a:b> SELECT * { SERVICE:x { ?s ?p ?o } }").disguised
    assert not inspect("PREFIX service: <a:b> SELECT ?service { ?s <x:SERVICE:y> 'SERVICE:x' }").disguised


def test_only_prefixes_that_a_query_may_use_are_given_to_the_engine() -> None:
    assert mentioned("SELECT * { ?s a:b <x:y> }", {"a": "x:a", "b": "x:b", "x": "x:x"}) == {"a": "x:a", "x": "x:x"}


def test_what_a_query_leaves_out_is_put_where_every_parser_takes_it() -> None:
    known = {"a": "x:a", "b": "x:b"}
    text = "# PREFIX b: <no>\nPREFIX a: <y:a>\nSELECT * { ?s a:p b:o }"
    assert complete(text, "x:", known) == "BASE <x:>\n# PREFIX b: <no>\nPREFIX a: <y:a>\nPREFIX b: <x:b>\nSELECT * { ?s a:p b:o }"
    assert complete("BASE <y:> ASK {}", "x:", known) == "BASE <y:> PREFIX a: <x:a>\nPREFIX b: <x:b>\nASK {}"


def test_iris_go_in_the_place_of_variables_only() -> None:
    assert substitute("DESCRIBE ?s $s ?st # ?s '?s'", {"s": "x:y"}) == "DESCRIBE <x:y> <x:y> ?st # ?s '?s'"
    assert substitute("SELECT * { ?x ?p '?s' }", {"s": "x:y"}) == "SELECT * { ?x ?p '?s' }"
    with pytest.raises(ValueError, match="IRI"):
        substitute("DESCRIBE ?s", {"s": "x:y> { } #"})


def test_choice_of_media_type() -> None:
    offered = ["a/x", "a/y", "b/z"]
    assert choose(None, offered) == choose("", offered) == choose("*/*", offered) == "a/x"
    assert choose("b/*;q=0.5, a/y;q=0.4", offered) == "b/z"
    assert choose("a/*;q=0.1, a/x;q=0", offered) == "a/y"
    assert choose("nonsense, c/c", offered) is None


def _read(response: httpx.Response, media: str) -> list[ox.QuerySolution]:
    found = ox.parse_query_results(response.content, ox.QueryResultsFormat.from_media_type(media))
    assert isinstance(found, ox.QuerySolutions)
    return list(found)


def _busy_workers(pool: Pool) -> int:
    """Processes forked from the nursery that are running on a processor."""
    time.sleep(0.3)
    assert pool._nursery is not None
    listed = subprocess.run(["ps", "-o", "stat=", "--ppid", str(pool._nursery.process.pid)], capture_output=True, text=True, check=False)
    return sum(line.startswith("R") for line in listed.stdout.split())


def _memory(pool: Pool) -> int:
    """Bytes of physical memory of the processes that run queries; what they share is counted once for each."""
    assert pool._nursery is not None
    listed = subprocess.run(["ps", "-o", "rss=", "--ppid", str(pool._nursery.process.pid)], capture_output=True, text=True, check=False)
    return sum(int(kilobytes) << 10 for kilobytes in listed.stdout.split())


def test_json_of_a_cut_result_is_json(address: str) -> None:
    response = ask(address, 'SELECT ?s ?o (<< ?s ?p ?o >> AS ?t) ("1"^^<a:b> AS ?d) (BNODE() AS ?b) { ?s ?p ?o }')
    if response.status_code == 200:  # quoted triples are an extension
        json.loads(response.content)


def test_the_bound_on_memory_is_for_the_query_beside_what_the_process_has(tmp_path: Path) -> None:
    """One of 80 MB, which may take 64 more, answers a query that takes some 20."""
    file = tmp_path / "many.nq"
    file.write_text("".join(f'<http://x/{i}> <http://x/p> "{i:0100}" <{G}one> .\n' for i in range(50_000)), encoding="utf-8")
    with Pool(file, Limits(megabytes=64)) as small:
        assert '"50000"' in small.run(Query("SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o }")).text()
