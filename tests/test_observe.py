"""What is counted and logged of a request that goes wrong."""

from __future__ import annotations

import logging

import httpx
import pytest
from fastapi import FastAPI
from serving import in_thread
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient

from qa import problems
from qa.metrics import Metrics, place_of
from qa.observe import Observed


def failing() -> tuple[Observed, Metrics]:
    app, metrics = FastAPI(), Metrics()
    problems.install(app)

    @app.get("/sparql")
    def fail() -> None:
        raise RuntimeError("/home/secret")

    @app.get("/id/cut")
    def cut() -> StreamingResponse:
        def pieces() -> object:
            yield b"a"
            raise RuntimeError("/home/secret")

        return StreamingResponse(pieces())  # type: ignore[arg-type]

    return Observed(app, metrics), metrics


def test_a_fault_of_ours_is_logged_once_and_told_by_its_number(caplog: pytest.LogCaptureFixture) -> None:
    app, metrics = failing()
    response = TestClient(app).get("/sparql")
    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
    assert "secret" not in response.text
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [vars(record)["incident"] for record in errors] == [response.json()["instance"]]
    assert metrics.registry.get_sample_value("guizhi_requests_total", {"route": "/sparql", "method": "GET", "status": "500"}) == 1
    assert metrics.registry.get_sample_value("guizhi_requests_running") == 0


def test_an_answer_that_is_cut_off_is_a_fault_too(caplog: pytest.LogCaptureFixture) -> None:
    app, metrics = failing()
    with in_thread(app) as address, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(address + "/id/cut")
    assert [record.getMessage() for record in caplog.records if hasattr(record, "incident")] == ["unhandled"]
    assert metrics.registry.get_sample_value("guizhi_requests_running") == 0


@pytest.mark.parametrize(
    ("path", "route"),
    [("/", "/"), ("/sparql", "/sparql"), ("/sparqlx", "/"), ("/api/ask", "/api/ask"), ("/api/x", "/api"), ("/id/a/b", "/id")],
)
def test_where_a_path_belongs(path: str, route: str) -> None:
    assert place_of(path) == route
