"""What comes over the network that nobody should send, and what breaks while it is being served."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
from serving import ROOT, free_port, in_thread
from sparql_grammar import Grammar
from starlette.applications import Starlette

from qa import endpoint, problems
from qa.pool import Pool
from qa.query import Limits
from qa.store import write_file

DIRECT = {"Content-Type": "application/sparql-query"}
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
ALIVE = "SELECT (COUNT(*) AS ?n) { ?s <http://example.org/p> ?o }"
SEEDS = range(8)
ENVIRONMENT = [os.environ.get("HOME", "/root"), *(value for value in os.environ.values() if len(value) > 8)]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """A pool over 300 triples in two graphs, with small limits."""
    graph = tmp_path_factory.mktemp("graph") / "graph.nq"
    lines = (f'<http://example.org/s/{i}> <http://example.org/p> "值{i}"@zh <http://example.org/g/{i % 2}> .\n' for i in range(300))
    graph.write_text("".join(lines), encoding="utf-8")
    with Pool(graph, Limits(seconds=2, wait=1, megabytes=128, rows=1000, workers=3, queue=20)) as running:
        yield running


@pytest.fixture(scope="module")
def address(pool: Pool) -> Iterator[str]:
    """The endpoint's address; each test leaves it answering."""
    with in_thread(Starlette(routes=endpoint.routes(endpoint.Endpoint(pool)))) as base:
        yield base + "/sparql"


@pytest.fixture(autouse=True)
def _still_answers(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "address" in request.fixturenames:
        response = httpx.get(request.getfixturevalue("address"), params={"query": ALIVE}, timeout=30)
        assert response.json()["results"]["bindings"][0]["n"]["value"] == "300"


def post(address: str, query: str | bytes, **headers: str) -> httpx.Response:
    return httpx.post(address, content=query, headers=DIRECT | headers, timeout=60)


def proper(response: httpx.Response, *allowed: int) -> httpx.Response:
    """``response``, whose status is one of ``allowed`` and which, if it is a refusal, is a problem that gives nothing of the machine away."""
    assert response.status_code in allowed, (response.status_code, response.text[:500])
    if response.status_code >= 400:
        assert response.headers["content-type"] == "application/problem+json"
        found = response.json()
        assert found["status"] == response.status_code and found["detail"]
        for secret in ("Traceback", 'File "', ".py", str(ROOT), "site-packages", *ENVIRONMENT):
            assert secret not in response.text
    return response


# ---------------------------------------------------------------- random queries


@pytest.mark.parametrize("seed", SEEDS)
def test_random_queries_that_are_right(address: str, seed: int) -> None:
    grammar = Grammar(seed)
    with httpx.Client(headers=DIRECT, timeout=60) as client:
        statuses = [proper(client.post(address, content=grammar.query()), 200, 504, 507).status_code for _ in range(15)]
    assert statuses.count(200) > 7


@pytest.mark.parametrize("seed", SEEDS)
def test_random_queries_that_are_broken(address: str, seed: int) -> None:
    grammar = Grammar(1000 + seed)
    with httpx.Client(headers=DIRECT, timeout=60) as client:
        for _ in range(25):
            proper(client.post(address, content=grammar.broken(grammar.query()).encode()), 200, 400, 403, 504, 507)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_bytes(address: str, seed: int) -> None:
    source = random.Random(seed)
    for size in (1, 10, 1000):
        rubbish = source.randbytes(size)
        proper(post(address, rubbish), 400)
        proper(httpx.post(address, content=b"query=" + rubbish, headers={"Content-Type": endpoint.FORM}), 400)
        proper(httpx.get(f"{address}?query={quote(rubbish)}"), 400)


@pytest.mark.parametrize(
    "encoded",
    ["%FF", "%C0%80", "%ED%A0%80", "%F5%80%80%80", "SELECT%20%2A%20%7B%7D%FE"],
    ids=["ff", "overlong", "surrogate", "beyond", "end"],
)
def test_broken_encodings(address: str, encoded: str) -> None:
    proper(httpx.get(f"{address}?query={encoded}"), 400)
    proper(httpx.get(f"{address}?query=ASK%7B%7D&default-graph-uri={encoded}"), 400)
    proper(httpx.post(address, content=f"query={encoded}", headers={"Content-Type": endpoint.FORM}), 400)


def test_broken_headers(address: str) -> None:
    for accept in (";;;", "text/csv;q=banana", "a/b," * 5000, "*/*;q=0", ",,,", "text/csv;q=1e9", "é/ü"):
        proper(httpx.get(address, params={"query": "ASK {}"}, headers={"Accept": accept.encode("latin-1")}), 200, 406)
    charset = "application/sparql-query; charset=ü".encode("latin-1")
    proper(httpx.post(address, content="ASK {}", headers=[(b"Content-Type", charset)]), 415)


# ---------------------------------------------------------------- too much of something


def test_ten_thousand_values(address: str) -> None:
    values = " ".join(f"<http://example.org/s/{i}>" for i in range(10_000))
    response = proper(post(address, f"SELECT (COUNT(*) AS ?n) {{ VALUES ?s {{ {values} }} ?s <http://example.org/p> ?o }}"), 200)
    assert response.json()["results"]["bindings"][0]["n"]["value"] == "300"


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*b", "((a{1,100}){1,100}){1,100}", "(.*)*\\\\1", "[" * 5000, "(?=a)" * 100, ".{1000000}"]
)
def test_regex_bombs(address: str, pattern: str) -> None:
    text = "a" * 50_000
    query = (
        f'SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o BIND("{text}!" AS ?t) FILTER(REGEX(?t, "{pattern}") || REPLACE(?t, "{pattern}", "x") = "") }}'
    )
    proper(post(address, query), 200, 400, 504, 507)


NESTED = {
    "groups": ("SELECT * " + "{" * 20_000, "}" * 20_000),
    "subselects": ("SELECT * {" * 2_000, "}" * 2_000),
    "optional": ("SELECT * { " + "OPTIONAL { ?s ?p ?o . " * 1_000, "} " * 1_000 + "}"),
    "unions": ("SELECT * { {} " + "UNION {} " * 20_000, "}"),
    "not": ("SELECT * { FILTER(" + "!" * 50_000 + "true", ") }"),
    "path": ("SELECT * { ?s " + "(" * 5_000 + "<a:a>" + ")*" * 5_000, " ?o }"),
    "sequence": ("SELECT * { ?s " + "/".join(["<a:a>"] * 20_000), " ?o }"),
    "list": ("SELECT * { ?s ?p " + "(" * 5_000, ")" * 5_000 + " }"),
    "if": ("SELECT (" + "IF(true, " * 5_000 + "1" + ", 2)" * 5_000, " AS ?x) {}"),
    "plus": ("SELECT (" + "+".join(["1"] * 50_000), " AS ?x) {}"),
}


@pytest.mark.parametrize("name", NESTED)
def test_deep_nesting(address: str, name: str) -> None:
    proper(post(address, "".join(NESTED[name])), 200, 400, 504, 507)


def test_very_long_iris(address: str) -> None:
    long = "http://example.org/" + "长" * 300_000
    assert not proper(post(address, f"SELECT * {{ <{long}> ?p ?o }}"), 200).json()["results"]["bindings"]
    proper(post(address, f"SELECT * FROM <{long}> {{ ?s ?p ?o }}"), 200)
    proper(post(address, f"SELECT * {{ <{long + 'x' * endpoint.MAX_BODY}> ?p ?o }}"), 413)
    with connected(address) as client:  # in the address: refused before anybody looks at it
        address_bar = quote(long[:20_000])  # short enough to be sent whole before the other side has closed
        client.sendall(f"GET /sparql?query=ASK%7B%3C{address_bar}%3E%20%3Fp%20%3Fo%7D HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert client.recv(12) == b"HTTP/1.1 431"


def test_many_parameters(address: str) -> None:
    proper(httpx.get(f"{address}?query=ASK%7B%7D" + "&a=b" * 1000), 400)
    many = "".join(f"&named-graph-uri=http%3A%2F%2Fx%2F{i}" for i in range(150))
    proper(httpx.get(f"{address}?query=ASK%7B%7D{many}"), 200)


def test_more_queries_than_may_wait(address: str, pool: Pool) -> None:
    found: list[int] = []
    wanted = pool.limits.workers + pool.limits.queue + 20
    threads = [threading.Thread(target=lambda: found.append(proper(post(address, RUNAWAY), 503, 504).status_code)) for _ in range(wanted)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.count(504) >= pool.limits.workers
    assert found.count(503) >= 20


# ---------------------------------------------------------------- slow clients


def connected(address: str) -> socket.socket:
    place = urlsplit(address)
    assert place.hostname and place.port
    return socket.create_connection((place.hostname, place.port), timeout=30)


def test_a_body_that_does_not_come(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems.read_body, "__defaults__", (0.5,))
    with connected(address) as slow:
        slow.sendall(b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 6\r\n\r\nASK")
        assert httpx.get(address, params={"query": ALIVE}).status_code == 200  # nobody waits for it
        answer = b"".join(iter(lambda: slow.recv(65536), b""))  # to the end: the connection is closed
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert "0.5秒".encode() in answer


def test_a_client_that_does_not_read_holds_no_worker(address: str, pool: Pool) -> None:
    query = "SELECT ?s ?o ?t { ?s ?p ?o . ?t ?q ?r } LIMIT 1000"
    with_text = query.replace("?t {", f'?t ("{"长" * 3000}" AS ?x) {{')
    idle = [connected(address) for _ in range(pool.limits.workers + 5)]
    for client in idle:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(f"GET /sparql?query={quote(with_text)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()[:60000])
    time.sleep(1.5)
    for _ in range(5):
        assert httpx.get(address, params={"query": ALIVE}, timeout=5).status_code == 200
    for client in idle:
        client.close()


def test_clients_that_leave(address: str) -> None:
    for _ in range(20):
        with connected(address) as client:
            client.sendall(f"GET /sparql?query={quote(ALIVE)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # leave with a reset


# ---------------------------------------------------------------- what breaks


def children(process: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False)
    return [int(number) for number in listed.stdout.split()]


def test_a_worker_killed_in_the_middle(address: str, pool: Pool) -> None:
    found: list[httpx.Response] = []
    assert pool._nursery
    thread = threading.Thread(target=lambda: found.append(post(address, RUNAWAY)))
    thread.start()
    time.sleep(0.7)
    for worker in children(pool._nursery.process.pid):
        os.kill(worker, signal.SIGKILL)
    thread.join()
    proper(found[0], 507)


def test_workers_that_died_while_idle_are_replaced_unseen(address: str, pool: Pool) -> None:
    proper(post(address, "ASK {}"), 200)
    assert pool._nursery and children(pool._nursery.process.pid)
    for worker in children(pool._nursery.process.pid):
        os.kill(worker, signal.SIGKILL)
    time.sleep(0.2)
    proper(post(address, "ASK {}"), 200)


def test_a_closed_pool_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "graph.nq").write_text("", encoding="utf-8")
    pool = Pool(tmp_path / "graph.nq", Limits(workers=1))
    pool.close()
    with in_thread(Starlette(routes=endpoint.routes(endpoint.Endpoint(pool)))) as base:
        proper(post(base + "/sparql", "ASK {}"), 503)
    assert pool._nursery is None


def test_a_damaged_store_is_told_to_the_log_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file, folder = tmp_path / "data.nt", tmp_path / "store"
    file.write_text("".join(f'<http://example.org/{i}> <http://example.org/p> "{i} {"x" * 50}" .\n' for i in range(3000)), encoding="utf-8")
    write_file(folder, "http://example.org/g", file)
    for table in folder.glob("*.sst"):
        content = bytearray(table.read_bytes())
        for at in range(0, len(content), 50):
            content[at] ^= 0xFF
        table.write_bytes(content)
    with Pool(folder, Limits(workers=1)) as pool, in_thread(Starlette(routes=endpoint.routes(endpoint.Endpoint(pool)))) as base:
        for _ in range(2):
            response = proper(post(base + "/sparql", "SELECT (SUM(STRLEN(?o)) AS ?n) { ?s ?p ?o }"), 500)
            assert "GUIZHI_STORE" in response.text and str(tmp_path) not in response.text and "orruption" not in response.text
    told = [record for record in caplog.records if record.getMessage() == "unreadable"]
    assert len(told) == 2 and all(str(folder) in vars(record)["cause"] for record in told)


SERVE = """
import sys, pathlib, uvicorn
from contextlib import asynccontextmanager
from starlette.applications import Starlette
from qa import endpoint
from qa.pool import Pool
from qa.query import Limits
pool = Pool(pathlib.Path(sys.argv[2]), Limits(seconds=20, workers=4))
@asynccontextmanager
async def lifespan(app):
    yield
    pool.close()
uvicorn.run(Starlette(routes=endpoint.routes(endpoint.Endpoint(pool)), lifespan=lifespan), port=int(sys.argv[1]), log_level="error", timeout_graceful_shutdown=2)
"""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A process that serves the endpoint alone, as the service does, and its address."""
    graph = tmp_path / "graph.nq"
    graph.write_text("".join(f"<a:{i}> <a:p> <a:{i + 1}> .\n" for i in range(500)), encoding="utf-8")
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(port), str(graph)], cwd=ROOT, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/sparql"
    try:
        for _ in range(600):
            try:
                assert httpx.get(address, params={"query": "ASK {}"}, timeout=30).json()["boolean"]
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield process, address
    finally:
        process.kill()
        process.wait()


def test_sigterm_under_load(service: tuple[subprocess.Popen[bytes], str]) -> None:
    process, address = service
    bad: list[str] = []

    def client(query: str) -> None:
        while process.poll() is None:
            try:
                response = httpx.get(address, params={"query": query}, timeout=30)
            except httpx.TransportError:
                return
            if response.status_code == 200:
                json.loads(response.content)  # whole, or not there
            elif response.status_code not in (503, 504, 507):
                bad.append(f"{response.status_code} {response.text}")

    threads = [threading.Thread(target=client, args=(q,)) for q in ["SELECT * { ?s ?p ?o }"] * 6 + [RUNAWAY] * 2]
    for thread in threads:
        thread.start()
    family: list[int] = []
    while len(family) < 3:  # the nursery and two workers
        time.sleep(0.5)
        family = children(process.pid)
        family += [grandchild for child in family for grandchild in children(child)]
    process.terminate()
    started = time.monotonic()
    assert process.wait(30) in (0, -signal.SIGTERM)
    assert time.monotonic() - started < 15  # before the runaways' own limit
    for thread in threads:
        thread.join()
    assert not bad
    for _ in range(50):
        if not (left := [pid for pid in family if _lives(pid)]):
            break
        time.sleep(0.1)
    assert left == []


def _lives(process: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False).stdout.strip()
    return bool(state) and not state.startswith("Z")
