"""Whose web pages may read answers, and by which names the service may be addressed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import in_thread
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from qa import endpoint
from qa.access import Access
from qa.origins import names
from qa.pool import Pool
from qa.query import Limits
from qa.settings import Settings

ALLOW = "access-control-allow-origin"
OURS, FOREIGN = "https://yasgui.example.org", "https://evil.example"


def origins(store: str, **given: str) -> str:
    return Settings.read({"GUIZHI_STORE": store, **given}).readers


def test_the_rules_are_for_every_page_and_registers_for_none() -> None:
    assert origins("memory") == "*"
    assert origins("data/store") == origins("http://localhost:7878/query") == ""
    assert origins("memory", GUIZHI_ORIGINS="off") == ""
    assert origins("memory", GUIZHI_REGISTERS="公文.csv") == ""
    assert origins("memory", GUIZHI_REGISTERS="公文.csv", GUIZHI_ORIGINS=OURS) == OURS
    assert origins("data/store", GUIZHI_ORIGINS=f"{OURS}, http://x:8080") == f"{OURS}, http://x:8080"


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    graph: Path = tmp_path_factory.mktemp("register") / "graph.nq"
    graph.write_text("<a:a> <a:b> <a:c> <https://w3id.org/guizhi/graph/register/leave> .\n", encoding="utf-8")
    with Pool(graph, Limits(workers=1)) as running:
        yield running


@pytest.mark.parametrize(
    ("allowed", "origin", "answer"),
    [
        ("*", FOREIGN, "*"),
        ("", FOREIGN, None),
        (OURS, FOREIGN, None),
        (OURS, OURS, OURS),
        (f"http://x,{OURS}", OURS, OURS),
        (OURS, "null", None),
    ],
)
def test_what_a_page_may_read(pool: Pool, allowed: str, origin: str, answer: str | None) -> None:
    with in_thread(Starlette(routes=endpoint.routes(endpoint.Endpoint(pool, allowed)))) as base:
        headers = {"Origin": origin}
        asked = httpx.get(base + "/sparql", params={"query": "ASK {}"}, headers=headers)
        assert asked.status_code == 200  # the browser keeps the answer from the page
        described = httpx.get(base + "/.well-known/void", headers=headers)
        refused = httpx.get(base + "/sparql", params={"query": "ASK"}, headers=headers)
        before = httpx.options(base + "/sparql", headers=headers | {"Access-Control-Request-Method": "POST"})
        for response in (asked, described, refused, before):
            assert response.headers.get(ALLOW) == answer
            assert allowed == "*" or "origin" in response.headers["vary"].lower()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:7860", 200),
        ("127.0.0.1", 200),
        ("[::1]:7860", 200),
        ("LocalHost", 200),
        ("yasgui.example.org", 200),
        ("evil.example:7860", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example:80", 421),
    ],
)
def test_a_name_that_somebody_else_pointed_here_is_not_ours(host: str, status: int) -> None:
    client = TestClient(Access(PlainTextResponse("ok"), hosts=names("127.0.0.1", OURS)))
    assert client.get("/", headers={"Host": host}).status_code == status
    assert client.get("/health", headers={"Host": host}).status_code == 200


def test_the_whole_service_keeps_to_it(client: httpx.Client) -> None:
    assert client.get("/sparql", params={"query": "ASK {}"}, headers={"Origin": FOREIGN}).headers[ALLOW] == "*"
    for path in ("/", "/api/norms", "/sparql"):
        refused = client.get(path, headers={"Host": "evil.example"})
        assert refused.status_code == 421
        assert refused.headers["content-type"] == "application/problem+json"
    assert ALLOW not in client.get("/api/norms", headers={"Origin": FOREIGN}).headers
