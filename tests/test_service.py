"""The whole service in a process of its own: API, IRIs, errors, start and stop."""

from __future__ import annotations

import json

import httpx
import pytest
import yaml
from rdflib import Graph
from serving import ROOT

MAYOR = "https://w3id.org/guizhi/id/chaoyang/office/mayor"


def problem(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert not any(word in response.text for word in ("Traceback", str(ROOT), "site-packages", "Error"))
    return str(response.json()["detail"])


def test_the_page_has_a_sign_of_its_own(client: httpx.Client) -> None:
    sign = client.get("/favicon.ico")
    assert sign.headers["content-type"].startswith("image/svg+xml")
    assert "#1d4f86" in sign.text, "the page's blue"


# ---------------------------------------------------------------- questions


def test_a_question_by_address(client: httpx.Client) -> None:
    answer = client.get("/api/ask", params={"question": "人事任免公文由谁签发？"}).json()
    assert answer["status"] == "answered"
    assert "市长" in answer["answer"]
    assert answer["citations"][0]["ref"] == "31.3"
    assert "SELECT" in answer["sparql"]
    assert {"confidence", "elapsed_ms", "suggestions"} <= answer.keys()
    assert "id" not in answer


def test_a_question_by_post_keeps_its_id_and_history(client: httpx.Client) -> None:
    answer = client.post(
        "/api/ask", json={"id": "d1", "question": "那副市长呢？", "history": ["市长出差要向谁请假？"], "explain": True}
    ).json()
    assert answer["id"] == "d1"
    assert answer["status"] in ("answered", "clarify", "no_answer")
    assert answer["trace"]


@pytest.mark.parametrize("question", ["", "abc", "😀😀", "\x00\u202e", "？" * 600, "市长" * 400, "<script>alert(1)</script>", "\ud83d"])
def test_odd_questions_are_declined_politely(client: httpx.Client, question: str) -> None:
    body = json.dumps({"question": question})
    answer = client.post("/api/ask", content=body, headers={"Content-Type": "application/json"}).json()
    assert answer["status"] == "no_answer"
    assert answer["answer"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff", 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"question": 1}', 422),
        (b'{"question": "a", "history": [1]}', 422),
        (b" " * 70_000, 413),
    ],
)
def test_bad_requests_are_problems(client: httpx.Client, body: bytes, status: int) -> None:
    assert problem(client.post("/api/ask", content=body), status)


def test_errors_of_the_framework_are_problems(client: httpx.Client) -> None:
    assert "question" in problem(client.get("/api/ask"), 422)
    refused = client.delete("/api/ask")
    problem(refused, 405)
    assert refused.headers["allow"] == "GET, HEAD, POST"


def test_every_example_of_the_page_is_answered(client: httpx.Client) -> None:
    groups = yaml.safe_load((ROOT / "data" / "page" / "examples.yaml").read_text(encoding="utf-8"))
    refused = [q for g in groups for q in g["questions"] if client.get("/api/ask", params={"question": q}).json()["status"] == "no_answer"]
    assert refused == []


# ---------------------------------------------------------------- provisions and IRIs


@pytest.mark.parametrize(
    ("ref", "label"),
    [
        ("31.3", "第三十一条（三）"),
        ("41", "第四十一条"),
        ("41/para/3", "第四十一条第三款"),
        ("chap/5", "第五章"),
        ("第三十一条", "第三十一条"),
    ],
)
def test_a_provision(client: httpx.Client, ref: str, label: str) -> None:
    provision = client.get(f"/api/provisions/{ref}").json()
    assert provision["label"] == label
    assert provision["text"]
    assert provision["norms"]
    assert all(norm["quote"] in provision["text"] for norm in provision["norms"])


def test_there_is_no_such_provision(client: httpx.Client) -> None:
    assert "没有" in problem(client.get("/api/provisions/99"), 404)
    problem(client.get("/api/provisions/%2e%2e%2f%2e%2e%2fetc/passwd"), 404)
    problem(client.get("/api/nothing"), 404)


def test_an_iri_for_people(client: httpx.Client) -> None:
    response = client.get("/id/chaoyang/office/mayor", headers={"Accept": "text/html,*/*;q=0.8"})
    assert response.headers["content-type"].startswith("text/html")
    assert "<h1>市长</h1>" in response.text
    assert "http://" not in response.text.split("</style>")[1].split('<p class="gz-meta">')[0]


@pytest.mark.parametrize(
    ("accept", "form"), [("text/turtle", "turtle"), ("application/n-triples", "nt"), ("application/ld+json", "json-ld"), ("*/*", "turtle")]
)
def test_an_iri_for_programs(client: httpx.Client, accept: str, form: str) -> None:
    response = client.get("/id/chaoyang/office/mayor", headers={"Accept": accept})
    graph = Graph().parse(data=response.content, format=form)
    assert MAYOR in {str(s) for s in graph.subjects()}
    assert response.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    "path",
    ["/id/chaoyang/rules-2024/art/31/item/3", "/vocab/action/sign", "/ns", "/graph/ontology", "/id/chaoyang/rules-2024/norm/31-3-sign"],
)
def test_every_kind_of_iri_resolves_both_ways(client: httpx.Client, path: str) -> None:
    assert client.get(path, headers={"Accept": "text/html"}).status_code == 200
    assert len(Graph().parse(data=client.get(path, params={"format": "nt"}).content, format="nt")) > 0


def test_unknown_iris(client: httpx.Client) -> None:
    for path in ("/id/nowhere", "/id/a b", "/id/%3Cx%3E", "/vocab/", "/graph/none"):
        for accept in ("text/html", "text/turtle"):
            problem(client.get(path, headers={"Accept": accept}), 404)
    problem(client.get("/id/chaoyang/office/mayor", headers={"Accept": "image/png"}), 406)


def test_health_and_interface_description(client: httpx.Client) -> None:
    assert client.get("/health").json()["status"] == "ok"
    assert "/api/ask" in client.get("/openapi.json").json()["paths"]
    assert client.get("/sparql", params={"query": "ASK { ?s a gz:Norm }"}).json()["boolean"] is True
