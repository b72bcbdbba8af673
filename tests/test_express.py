"""Connections that ask one small thing after another: answered elsewhere as by the service itself, and back with it as soon as they ask anything else."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from serving import in_thread
from starlette.applications import Starlette

from qa import endpoint
from qa.access import Access
from qa.metrics import Metrics
from qa.observe import Observed
from qa.pool import Pool
from qa.query import Limits
from qa.wire import Connection

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the service answers every request itself")

G = "http://example.org/g/"
SMALL = "SELECT ?o { <http://example.org/s/1> ?p ?o }"
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
BURST = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{G}one> {{ ?a ?b ?c . ?d ?e ?f }} }}"
"""Takes twice as long as a small query may, and a twentieth of the limit of all: a machine busy with other tests still answers it."""


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    """A pool over 3,000 triples."""
    graph = tmp_path / "graph.nq"
    lines = [f'<http://example.org/s/{i}> <http://example.org/p> "值{i}" <{G}{"one" if i < 1500 else "two"}> .\n' for i in range(3000)]
    graph.write_text("".join(lines), encoding="utf-8")
    with Pool(graph, Limits(seconds=5, rows=50, workers=3)) as running:
        yield running


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def address(pool: Pool, metrics: Metrics) -> Iterator[str]:
    """The endpoint, watched as in the service."""
    with in_thread(Observed(Starlette(routes=endpoint.routes(endpoint.Endpoint(pool))), metrics)) as base:
        yield base


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until ``condition`` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def away(pool: Pool) -> int:
    assert pool.express
    return pool.express.away


def get(client: httpx.Client, query: str, **headers: str) -> httpx.Response:
    return client.get("/sparql", params={"query": query}, headers={"Accept": "text/csv"} | headers)


def send_away(client: httpx.Client, pool: Pool) -> None:
    """Ask small queries until the connection of ``client`` is answered elsewhere."""
    before = away(pool)

    def asked() -> bool:
        assert get(client, SMALL).text == "o\r\n值1\r\n"
        return away(pool) > before

    until(asked)


@pytest.fixture
def client(address: str, pool: Pool) -> Iterator[httpx.Client]:
    """A client that is away."""
    with httpx.Client(base_url=address, timeout=30) as asking:
        send_away(asking, pool)
        yield asking


# ---------------------------------------------------------------- as if nothing were different


@pytest.mark.parametrize(
    "query",
    [
        SMALL,
        "SELECT * { <http://example.org/s/2> ?p ?o } LIMIT 3",
        "ASK { <http://example.org/s/2> ?p ?o }",
        "SELECT (COUNT(?x) AS ?n) { <http://example.org/s/2> <http://example.org/p>+ ?x }",
        'SELECT ?s { ?s <http://example.org/p> "值17" }',
        "SELECT ?t { gz:Office rdfs:label ?t }",
        "SELECT ?s { ?s ?p ?o }",
        "SELECT ?o { <http://example.org/s/1> ?p ?o",
        "CONSTRUCT WHERE { <http://example.org/s/1> ?p ?o }",
        "SELECT ?o FROM <http://example.org/g/two> { <http://example.org/s/1> ?p ?o }",
        "SELECT ?o { SERVICE <http://localhost/> { ?s ?p ?o } }",
        "INSERT DATA { <a:b> <a:b> <a:b> }",
        "SELECT ?o { GRAPH <http://example.org/g/one> { <http://example.org/s/1> ?p ?o } }",
        "SELECT ?o { ?s ?p ?o FILTER(?o = '一点+1%&=') }",
        "",
    ],
)
def test_an_answer_is_the_same_wherever_it_comes_from(query: str, client: httpx.Client, address: str) -> None:
    away_, here = get(client, query), get(httpx.Client(base_url=address, timeout=30), query)
    assert (away_.status_code, away_.content) == (here.status_code, here.content)
    assert sorted(away_.headers.multi_items()) == sorted(
        (name, away_.headers["date"] if name == "date" else value) for name, value in here.headers.multi_items()
    )


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.post("/sparql", data={"query": SMALL}, headers={"Accept": "text/csv"}),
        lambda client: client.get("/sparql", params={"query": SMALL, "format": "csv"}),
        lambda client: client.get("/sparql", params={"query": SMALL}, headers={"Accept": "text/csv", "X-Other": "1"}),
        lambda client: client.get("/sparql", params={"query": SMALL, "default-graph-uri": G + "one"}, headers={"Accept": "text/csv"}),
        lambda client: client.head("/sparql", params={"query": SMALL}, headers={"Accept": "text/csv"}),
    ],
)
def test_what_is_anything_else_is_answered_by_the_service(
    ask: Callable[[httpx.Client], httpx.Response], client: httpx.Client, pool: Pool
) -> None:
    response = ask(client)
    assert response.status_code == 200 and response.headers["content-type"].startswith("text/csv")
    assert response.request.method == "HEAD" or response.text == "o\r\n值1\r\n"
    assert away(pool) == 0
    assert get(client, SMALL).text == "o\r\n值1\r\n"


def test_requests_are_counted_wherever_they_are_answered(client: httpx.Client, metrics: Metrics, address: str) -> None:
    before = metrics.registry.get_sample_value("guizhi_requests_total", {"route": "/sparql", "method": "GET", "status": "200"}) or 0
    for _ in range(40):
        get(client, SMALL)
    get(client, SMALL, **{"X-Other": "1"})  # brings it home

    def counted() -> float:
        return metrics.registry.get_sample_value("guizhi_requests_total", {"route": "/sparql", "method": "GET", "status": "200"}) or 0

    until(lambda: counted() >= before + 41)
    assert counted() <= before + 41 + 60, "and no more than were asked before"


# ---------------------------------------------------------------- on the wire


def raw(address: str, query: str) -> bytes:
    return f"GET /sparql?{urlencode({'query': query})} HTTP/1.1\r\nHost: {address[7:]}\r\nAccept: text/csv\r\n\r\n".encode()


@pytest.fixture
def wire(address: str, pool: Pool) -> Iterator[socket.socket]:
    """A connection that is away, bare."""
    host, _, port = address[7:].partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:

        def asked() -> bool:
            connection.sendall(raw(address, SMALL))
            assert answers(connection, 1) == 1
            return away(pool) == 1

        until(asked)
        yield connection


def answers(connection: socket.socket, wanted: int) -> int:
    """How many answers come, up to ``wanted``."""
    came = b""
    while came.count("值1\r\n".encode()) < wanted:
        piece = connection.recv(1 << 16)
        assert piece, came
        came += piece
    assert came.count(b"HTTP/1.1 200 OK") == wanted
    return wanted


def test_several_requests_at_once_are_all_answered(wire: socket.socket, address: str) -> None:
    wire.sendall(raw(address, SMALL) * 5)
    assert answers(wire, 5) == 5


def test_half_a_request_and_then_the_rest(wire: socket.socket, address: str) -> None:
    request = raw(address, SMALL)
    wire.sendall(request[:30])
    time.sleep(0.3)
    wire.sendall(request[30:])
    assert answers(wire, 1) == 1


def test_who_is_silent_for_a_while_is_looked_after_by_the_service_again(wire: socket.socket, address: str, pool: Pool) -> None:
    until(lambda: away(pool) == 0)
    wire.sendall(raw(address, SMALL))
    assert answers(wire, 1) == 1
    assert wire.recv(1) == b"", "closed without a word after a while, as any connection between requests"


def test_who_leaves_is_forgotten(wire: socket.socket, pool: Pool) -> None:
    wire.close()
    until(lambda: away(pool) == 0)


# ---------------------------------------------------------------- what is not small after all


def processes(pool: Pool) -> list[int]:
    """Those that answer connections: they wait for many at once."""
    assert pool._nursery is not None
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pool._nursery.process.pid)], capture_output=True, text=True, check=False)
    opened = {int(one): [str(file.readlink()) for file in Path(f"/proc/{one}/fd").iterdir()] for one in listed.stdout.split()}
    return [one for one, files in opened.items() if "anon_inode:[eventpoll]" in files]


@pytest.mark.parametrize(("query", "status"), [(BURST, 200), (RUNAWAY, 504)])
def test_a_query_that_takes_long_ends_the_process_and_nobody_notices(
    query: str, status: int, client: httpx.Client, address: str, pool: Pool
) -> None:
    """It is answered, or stopped, by the service; the connections beside it go on."""
    with httpx.Client(base_url=address, timeout=30) as other:
        send_away(other, pool)
        assert get(client, query).status_code == status
        assert get(other, SMALL).text == "o\r\n值1\r\n"
        assert get(client, SMALL).text == "o\r\n值1\r\n"


def test_when_a_process_is_killed_its_connections_go_on(client: httpx.Client, pool: Pool) -> None:
    assert processes(pool)
    for process in processes(pool):
        os.kill(process, signal.SIGKILL)
    for _ in range(20):
        assert get(client, SMALL).text == "o\r\n值1\r\n"


def test_new_data_are_seen_by_those_who_are_away(client: httpx.Client, pool: Pool, tmp_path: Path) -> None:
    more = tmp_path / "more.nt"
    more.write_text('<http://example.org/s/1> <http://example.org/q> "新" .\n', encoding="utf-8")
    pool.replace({G + "more": more})
    until(lambda: "新" in get(client, SMALL).text)
    assert sorted(get(client, SMALL).text.split()) == ["o", "值1", "新"]


def test_where_requests_are_limited_each_is_looked_at(pool: Pool) -> None:
    app = Access(Starlette(routes=endpoint.routes(endpoint.Endpoint(pool))), rate="30/minute")
    with in_thread(app) as base, httpx.Client(base_url=base, timeout=30) as asking:
        statuses = [get(asking, SMALL).status_code for _ in range(40)]
        assert statuses == [200] * 30 + [429] * 10 and away(pool) == 0


def test_a_login_is_asked_for_wherever_it_is_missing(pool: Pool) -> None:
    app = Access(Starlette(routes=endpoint.routes(endpoint.Endpoint(pool))), token="geheim")
    with in_thread(app) as base, httpx.Client(base_url=base, timeout=30) as asking:
        until(lambda: get(asking, SMALL, Authorization="Bearer geheim").status_code == 200 and away(pool) == 1)
        assert get(asking, SMALL).status_code == 401
        assert get(asking, SMALL, Authorization="Bearer falsch").status_code == 401
        assert get(asking, SMALL, Authorization="Bearer geheim").text == "o\r\n值1\r\n"


def test_one_that_comes_back_has_a_place(client: httpx.Client, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "most", 1)
    with httpx.Client(base_url=address, timeout=30) as other:
        assert get(other, SMALL).status_code == 200
        assert get(httpx.Client(base_url=address), SMALL).status_code == 503
        assert get(client, SMALL, **{"X-Other": "1"}).status_code == 200
