"""Answers that are sent while their query runs: when they begin, how they are cut, and what a client sees of one that dies midway."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pyoxigraph as ox
import pytest
from serving import in_thread
from starlette.applications import Starlette

from qa import endpoint
from qa.pool import Pool
from qa.query import Limits

ROWS = 40_000
PAIRS = "SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f }"
ENDLESS = "SELECT ?a ?d ?g ?j { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
SECONDS = 8.0


def pool_of(folder: Path, rows: int, seconds: float) -> Pool:
    graph = folder / "graph.nq"
    lines = (f'<http://example.org/thing/{i}> <http://example.org/p> "{{\\"a\\":{{\\"type\\" }},{{ {i}" .\n' for i in range(1500))
    graph.write_text("".join(lines), encoding="utf-8")
    return Pool(graph, Limits(seconds=seconds, rows=rows, workers=2, megabytes=256))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An endpoint with a small limit of rows."""
    with (
        pool_of(tmp_path_factory.mktemp("cut"), ROWS, 60) as pool,
        in_thread(Starlette(routes=endpoint.routes(endpoint.Endpoint(pool)))) as base,
    ):
        yield base + "/sparql"


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Pool]]:
    """An endpoint with hardly a limit of rows, and a short one of time."""
    folder = tmp_path_factory.mktemp("endless")
    with pool_of(folder, 100_000_000, SECONDS) as pool, in_thread(Starlette(routes=endpoint.routes(endpoint.Endpoint(pool)))) as base:
        assert get(base + "/sparql", "ASK {}", "*/*").status_code == 200
        yield base + "/sparql", pool


def get(address: str, query: str, media: str) -> httpx.Response:
    return httpx.get(address, params={"query": query}, headers={"Accept": media}, timeout=120)


# ---------------------------------------------------------------- the cut


def test_a_cut_json_result_on_its_way_says_so_in_its_head(address: str) -> None:
    response = get(address, PAIRS, "application/sparql-results+json")
    found = json.loads(response.content)
    assert "content-length" not in response.headers and endpoint.TRUNCATED not in response.headers
    assert len(found["results"]["bindings"]) == ROWS
    assert found["head"] == {"vars": ["a", "d"], "link": [f"https://w3id.org/guizhi/dataset#cut-at-{ROWS}"]}
    assert len(list(ox.parse_query_results(response.content, ox.QueryResultsFormat.JSON))) == ROWS


def test_a_cut_xml_result_on_its_way_says_so_in_a_comment(address: str) -> None:
    response = get(address, PAIRS, "application/sparql-results+xml")
    assert f"只给出前 {ROWS} 条" in response.text[-200:]
    assert len(list(ox.parse_query_results(response.content, ox.QueryResultsFormat.XML))) == ROWS


@pytest.mark.parametrize(("media", "between"), [("text/csv", ","), ("text/tab-separated-values", "\t")])
def test_a_cut_table_is_whole_before_it_is_sent(address: str, media: str, between: str) -> None:
    response = get(address, PAIRS, media)
    assert response.headers[endpoint.TRUNCATED] == f"rows={ROWS}"
    assert len(list(csv.reader(io.StringIO(response.text), delimiter=between))) == ROWS + 1


@pytest.mark.parametrize("media", ["text/turtle", "application/n-triples", "application/trig", "application/n-quads"])
def test_cut_triples_on_their_way_say_so_in_a_comment(address: str, media: str) -> None:
    """At the end of what was on its way; at the head, with the header, where a quick machine had all of it before the first byte was due."""
    query = "CONSTRUCT { ?a <http://example.org/with> ?x } { ?a ?b ?c . ?d ?e ?f BIND(CONCAT(STR(?a), STR(?d), STR(?c)) AS ?x) }"
    response = get(address, query, media)
    assert f"只给出前 {ROWS} 条" in (response.text[:200] if endpoint.TRUNCATED in response.headers else response.text[-200:])
    assert len(list(ox.parse(response.content, ox.RdfFormat.from_media_type(media)))) == ROWS


def test_a_long_result_that_fits_has_no_sign(address: str) -> None:
    for media in ("application/sparql-results+json", "application/sparql-results+xml"):
        response = get(address, f"{PAIRS} LIMIT {ROWS}", media)
        assert "cut" not in response.text[:300] + response.text[-300:]
        form = ox.QueryResultsFormat.from_media_type(media)
        assert len(list(ox.parse_query_results(response.content, form))) == ROWS


# ---------------------------------------------------------------- what dies midway


@pytest.mark.parametrize("media", ["application/sparql-results+json", "application/sparql-results+xml"])
def test_the_first_bytes_come_while_the_query_runs_and_its_end_is_an_error(patient: tuple[str, Pool], media: str) -> None:
    address, _ = patient
    came, times = b"", []
    with httpx.stream("GET", address, params={"query": ENDLESS}, headers={"Accept": media}, timeout=60) as response:
        assert response.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            for piece in response.iter_raw():
                times.append(time.monotonic())
                came = (came + piece)[-500:]
    assert times[-1] - times[0] > SECONDS / 10
    assert "已经停止" in came.decode(errors="replace")


def test_a_table_that_dies_is_a_problem(patient: tuple[str, Pool]) -> None:
    response = get(patient[0], ENDLESS, "text/csv")
    assert response.status_code in (504, 507)
    assert response.headers["content-type"] == "application/problem+json"


def test_a_worker_killed_midway_breaks_the_answer_off(patient: tuple[str, Pool]) -> None:
    address, pool = patient
    assert pool._nursery
    with httpx.stream("GET", address, params={"query": ENDLESS}, timeout=60) as response:
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pool._nursery.process.pid)], capture_output=True, text=True, check=False)
        for worker in listed.stdout.split():
            with contextlib.suppress(ProcessLookupError):  # one of an earlier test, which was ending
                os.kill(int(worker), signal.SIGKILL)
        with pytest.raises(httpx.RemoteProtocolError):
            response.read()
    assert httpx.get(address, params={"query": "ASK {}"}, timeout=30).json()["boolean"]


def test_a_query_whose_client_has_left_is_stopped(tmp_path: Path) -> None:
    counting = ENDLESS.replace("?a ?d ?g ?j", "(COUNT(*) AS ?n)", 1)
    with pool_of(tmp_path, 100_000_000, 120) as pool, in_thread(Starlette(routes=endpoint.routes(endpoint.Endpoint(pool)))) as base:
        place = urlsplit(base)
        for query in (counting, ENDLESS):
            with socket.create_connection((str(place.hostname), int(place.port or 0))) as client:
                client.sendall(f"GET /sparql?query={quote(query)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                _until(lambda: bool(pool._busy))
            _until(lambda: not pool._busy)


def _until(condition: object) -> None:
    assert callable(condition)
    ends = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)
