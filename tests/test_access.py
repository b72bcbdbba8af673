"""Who may ask, and how often."""

from __future__ import annotations

import base64
import time

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from qa.access import Access

TOKEN = "0123456789abcdef"
LOGIN = "处员:口令-öß-12345"


def client(**bounds: str) -> TestClient:
    return TestClient(Access(PlainTextResponse("ok"), **bounds))


def basic(login: str) -> str:
    return "Basic " + base64.b64encode(login.encode()).decode()


def test_without_bounds_everybody_may() -> None:
    assert client().get("/").text == "ok"


@pytest.mark.parametrize("authorization", [f"Bearer {TOKEN}", f"bearer   {TOKEN}", basic(LOGIN)])
def test_those_who_are_known_may(authorization: str) -> None:
    assert client(token=TOKEN, login=LOGIN).get("/", headers={"Authorization": authorization}).text == "ok"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        TOKEN,
        basic("x:y"),
        "Basic !",
        f"Token {TOKEN}",
    ],
)
def test_others_are_asked_who_they_are(authorization: str) -> None:
    refused = client(token=TOKEN, login=LOGIN).get("/sparql", headers={"Authorization": authorization})
    assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
    assert "Basic" in refused.headers["www-authenticate"] and "Bearer" in refused.headers["www-authenticate"]


def test_a_browser_may_ask_first_without_the_login() -> None:
    asked = {"Origin": "https://yasgui.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    guarded = client(token=TOKEN, rate="3/hour")
    assert guarded.options("/sparql", headers=asked).text == "ok"
    assert guarded.options("/sparql").status_code == 401
    assert guarded.get("/sparql", headers=asked).status_code == 401
    assert guarded.options("/sparql", headers=asked).status_code == 429


def test_a_scheme_that_is_not_set_up_lets_nobody_in() -> None:
    assert client(token=TOKEN).get("/", headers={"Authorization": "Basic "}).status_code == 401
    assert client(login=LOGIN).get("/", headers={"Authorization": "Bearer "}).status_code == 401


def test_health_stays_open() -> None:
    assert client(token=TOKEN, rate="1/hour").get("/health").text == "ok"
    assert client(token=TOKEN).get("/health/x").status_code == 401


def test_a_socket_is_closed_too() -> None:
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect) as closed, client(token=TOKEN).websocket_connect("/"):
        pass
    assert closed.value.code == 1008


def test_too_many_requests_wait() -> None:
    asking = client(rate="3/hour")
    assert [asking.get("/").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = asking.get("/")
    assert refused.headers["content-type"] == "application/problem+json"
    assert 3000 < int(refused.headers["retry-after"]) <= 3600
    assert "每小时至多3次" in refused.json()["detail"]


@pytest.mark.parametrize(("rate", "said"), [("1/second", "每秒至多1次"), ("1/30 second", "每30秒至多1次"), ("1 per 2 day", "每2天至多1次")])
def test_the_bound_is_said_in_chinese(rate: str, said: str) -> None:
    asking = client(rate=rate)
    asking.get("/")
    assert said in asking.get("/").json()["detail"]


def test_clients_are_counted_apart_and_a_window_passes() -> None:
    app = Access(PlainTextResponse("ok"), rate="1/second")
    one, other = (TestClient(app, client=(address, 1)) for address in ("192.0.2.1", "192.0.2.2"))
    assert [one.get("/").status_code, other.get("/").status_code, one.get("/").status_code] == [200, 200, 429]
    deadline = time.monotonic() + 10
    while one.get("/").status_code == 429 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert time.monotonic() < deadline


def test_guessing_is_bounded_by_the_rate() -> None:
    guessing = client(token=TOKEN, rate="2/hour")
    assert [guessing.get("/", headers={"Authorization": f"Bearer {n}"}).status_code for n in range(3)] == [401, 401, 429]
