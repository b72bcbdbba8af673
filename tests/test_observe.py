"""What is counted and logged of a request that goes wrong."""

from __future__ import annotations

import logging

import httpx
import pytest
from fastapi import FastAPI, HTTPException
from serving import in_thread
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

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

    inner = FastAPI()
    problems.install(inner)

    @inner.get("/late")
    def late() -> StreamingResponse:
        def pieces() -> object:
            yield b"a"
            raise HTTPException(404)

        return StreamingResponse(pieces())  # type: ignore[arg-type]

    inner.add_api_route("/fail", fail)
    app.mount("/page", inner)
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
    with in_thread(app) as address:
        logging.getLogger("uvicorn.error").addHandler(caplog.handler)
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(address + "/id/cut")
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == ["unhandled"]
    assert hasattr(caplog.records[0], "incident")
    assert metrics.registry.get_sample_value("guizhi_requests_running") == 0


def test_an_answer_that_breaks_off_is_one_line_that_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})

    caplog.set_level(logging.INFO, "guizhi")
    with in_thread(Observed(broken, Metrics())) as address:
        logging.getLogger("uvicorn.error").addHandler(caplog.handler)
        with httpx.stream("GET", address + "/sparql") as response, pytest.raises(httpx.RemoteProtocolError):
            response.read()
    assert [(record.getMessage(), vars(record)["complete"], vars(record)["bytes"]) for record in caplog.records] == [("request", False, 4)]


@pytest.mark.parametrize(
    ("path", "told"), [("/page/fail", ("unhandled", logging.ERROR)), ("/page/late", ("refused late", logging.WARNING))]
)
def test_an_application_in_another_is_heard_of_once(path: str, told: tuple[str, int], caplog: pytest.LogCaptureFixture) -> None:
    app, _ = failing()
    with in_thread(app) as address:
        logging.getLogger("uvicorn.error").addHandler(caplog.handler)
        try:
            assert httpx.get(address + path).status_code == 500
        except httpx.RemoteProtocolError:  # too late for a status
            assert path == "/page/late"
    assert [(record.getMessage(), record.levelno) for record in caplog.records if record.levelno >= logging.WARNING] == [told]
    assert bool(caplog.records[0].exc_info) is (told[0] == "unhandled")


@pytest.mark.parametrize(
    ("path", "route"),
    [("/", "/"), ("/sparql", "/sparql"), ("/sparqlx", "/"), ("/api/ask", "/api/ask"), ("/api/x", "/api"), ("/id/a/b", "/id")],
)
def test_where_a_path_belongs(path: str, route: str) -> None:
    assert place_of(path) == route
