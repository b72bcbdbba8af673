"""The interface for programs, on the running service: norms, methods, its description, and what it counts."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from serving import ROOT

from qa.api_models import MAX_PAGE


def page(client: httpx.Client, **filters: Any) -> dict[str, Any]:
    response = client.get("/api/norms", params=filters)
    assert response.status_code == 200, response.text
    return dict(response.json())


def filled(norm: dict[str, Any], slot: str) -> set[str]:
    return {value["label"] for found in norm["slots"] if found["name"] == slot for value in found["values"]}


# ---------------------------------------------------------------- norms


def test_every_norm_is_reached_by_paging(client: httpx.Client) -> None:
    whole = page(client, limit=MAX_PAGE)
    assert whole["total"] > 300
    seen = [norm["iri"] for start in range(0, whole["total"], 40) for norm in page(client, offset=start, limit=40)["norms"]]
    assert len(seen) == len(set(seen)) == whole["total"]
    assert seen[:MAX_PAGE] == [norm["iri"] for norm in whole["norms"]]
    assert page(client, offset=whole["total"])["norms"] == []


@pytest.mark.parametrize("name", ["市长", "office/mayor", "mayor", "https://w3id.org/guizhi/id/chaoyang/office/mayor"])
def test_a_bearer_by_name_or_iri(client: httpx.Client, name: str) -> None:
    found = page(client, bearer=name, action="签发", limit=MAX_PAGE)
    assert found["total"] >= 3
    assert all("市长" in filled(norm, "bearer") and "签发" in filled(norm, "action") for norm in found["norms"])


@pytest.mark.parametrize("kind", ["禁止", "Prohibition"])
def test_a_kind(client: httpx.Client, kind: str) -> None:
    found = page(client, kind=kind)
    assert found["total"] > 0 and {norm["kind"]["label"] for norm in found["norms"]} == {"禁止"}


def test_a_provision_and_what_is_below_it(client: httpx.Client) -> None:
    labels = {norm["label"] for norm in page(client, provision="31", limit=MAX_PAGE)["norms"]}
    assert "第三十一条（三）" in labels and all(label.startswith("第三十一条") for label in labels)
    assert {norm["label"] for norm in page(client, provision="31.3")["norms"]} == {"第三十一条（三）"}
    chapter = page(client, provision="chap/5", limit=1)["total"]
    assert page(client, provision="31", limit=1)["total"] < chapter < page(client, limit=1)["total"]
    assert page(client, provision="99")["total"] == 0


def test_words_and_parts(client: httpx.Client) -> None:
    assert all("纪要" in norm["reading"] + norm["quote"] for norm in page(client, text="纪要")["norms"])
    dated = page(client, has="deadline", limit=MAX_PAGE)
    assert 0 < dated["total"] < 100 and all(filled(norm, "deadline") for norm in dated["norms"])
    generally = page(client, strength="原则上")
    assert generally["total"] > 0 and all(norm["strength"] == "原则上" for norm in generally["norms"])
    assert page(client, text="不会有的词")["total"] == 0


@pytest.mark.parametrize(
    "filters", [{"limit": 0}, {"limit": MAX_PAGE + 1}, {"offset": -1}, {"limit": "x"}, {"has": "a b"}, {"nosuch": "1"}]
)
def test_a_wrong_condition_is_named(client: httpx.Client, filters: dict[str, Any]) -> None:
    refused = client.get("/api/norms", params=filters)
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert next(iter(filters)) in refused.json()["detail"]


# ---------------------------------------------------------------- methods


@pytest.mark.parametrize("path", ["/health", "/metrics", "/docs", "/openapi.json", "/api/norms", "/api/provisions/31.3", "/ns"])
def test_head_is_get_without_a_body(client: httpx.Client, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert head.status_code == got.status_code == 200
    assert head.content == b"" and head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize("path", ["/health", "/metrics", "/api/norms", "/api/provisions/31", "/openapi.json", "/ns"])
@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH"])
def test_another_method_is_refused_with_what_is_allowed(client: httpx.Client, path: str, method: str) -> None:
    refused = client.request(method, path)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/nothing", "/api", "/api/nothing", "/gradio_api/nothing", "/docs/assets/none.js", "/file=/etc/passwd"])
def test_what_is_nowhere_is_a_problem(client: httpx.Client, path: str) -> None:
    missing = client.get(path)
    assert (missing.status_code, missing.headers["content-type"]) in ((404, "application/problem+json"), (403, "application/problem+json"))


# ---------------------------------------------------------------- the description


def test_the_description_names_every_address(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) >= {"/api/ask", "/api/provisions/{ref}", "/api/norms", "/sparql", "/id/{path}", "/health", "/metrics"}
    text = json.dumps(document)
    used = set(re.findall(r'"#/components/(schemas|responses)/(\w+)"', text))
    assert {(kind, name) for kind, name in used if name not in document["components"][kind]} == set()
    assert set(document["components"]["schemas"]) == {name for kind, name in used if kind == "schemas"}


def test_every_error_is_described_as_a_problem(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"] and operation["tags"], (path, method)
            errors = {status: response for status, response in operation["responses"].items() if int(status) >= 400}
            assert {"401", "429", "500"} <= set(errors), (path, method)
            assert all(list(response["content"]) == ["application/problem+json"] for response in errors.values()), (path, method)


def test_its_page_loads_nothing_from_outside(client: httpx.Client) -> None:
    page = client.get("/docs").text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(loaded) >= 3
    for address in loaded:
        assert address.startswith("/docs/assets/"), address
        assert len(client.get(address).content) > 1000
    assert "http://" not in page and "https://" not in page


# ---------------------------------------------------------------- what is counted


def samples(client: httpx.Client) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {(s.name, *(f"{k}={v}" for k, v in sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def test_requests_and_questions_are_counted(client: httpx.Client) -> None:
    before = samples(client)
    client.get("/api/ask", params={"question": "人事任免公文由谁签发？"})
    client.post("/api/ask", json={"question": "abc"})
    client.post("/api/ask", content=b"{")
    client.get("/sparql", params={"query": "SELEKT"})
    after = samples(client)
    expected = {
        ("guizhi_questions_total", "refusal=", "status=answered"): 1,
        ("guizhi_questions_total", "refusal=bad_input", "status=no_answer"): 1,
        ("guizhi_requests_total", "method=POST", "route=/api/ask", "status=400"): 1,
        ("guizhi_requests_total", "method=GET", "route=/sparql", "status=400"): 1,
        ("guizhi_question_seconds_count",): 2,
    }
    assert {name: after[name] - before.get(name, 0) for name in expected} == expected
    assert after["process_resident_memory_bytes",] > 1e8


def test_addresses_do_not_multiply_what_is_counted(client: httpx.Client) -> None:
    for path in ("/a", "/b/c", "/id/x", "/id/y", "/sparqlx", "/api/provisions/1", "/api/provisions/2"):
        client.get(path)
    client.request("BREW", "/")
    routes = {label for name in samples(client) for label in name if label.startswith("route=")}
    assert routes <= {
        f"route={known}" for known in ("/", "/id", "/ns", "/api", "/docs", "/openapi.json", "/health", "/metrics", "/sparql")
    } | {f"route=/api/{name}" for name in ("ask", "provisions", "norms", "validate")} | {"route=/vocab", "route=/graph", "route=/mcp"}
    assert not any("BREW" in label for name in samples(client) for label in name)
    assert str(ROOT) not in client.get("/metrics").text
