"""Connections that take more than their share: slow headers, slow bodies, answers that nobody reads, too many at once."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from serving import in_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from qa import wire
from qa.wire import Connection

LARGE = 30 << 20


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server with little patience; it answers whoever behaves, before and after."""
    monkeypatch.setattr(wire, "TICK", 0.1)
    for name, value in {"first": 1.0, "body": 1.0, "unread": 1.0, "slowest": 1 << 20}.items():
        monkeypatch.setattr(Connection, name, value)

    async def echo(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    async def said(request: Request) -> Response:
        body = (await request.body()).decode()
        return PlainTextResponse(f"{request.path_params['path']} {request.query_params.get('q', '')} {body}")

    async def large(_: Request) -> Response:
        return PlainTextResponse(b"x" * LARGE)

    async def slow(_: Request) -> Response:
        await asyncio.sleep(2.5)
        return PlainTextResponse("late")

    routes = [Route("/", echo, methods=["GET", "POST"]), Route("/large", large), Route("/slow", slow)]
    with in_thread(Starlette(routes=[*routes, Route("/said/{path}", said, methods=["GET", "POST"])])) as base:
        assert httpx.get(base).text == "0"
        yield base
        assert httpx.get(base).text == "0"


def connected(address: str) -> socket.socket:
    place = urlsplit(address)
    return socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=30)


def drip(client: socket.socket, piece: bytes, stop: threading.Event) -> None:
    while not stop.wait(0.2):
        try:
            client.sendall(piece)
        except OSError:
            return


def rest(client: socket.socket) -> bytes:
    """What comes until the other side closes."""
    came = b""
    try:
        while piece := client.recv(1 << 20):
            came += piece
    except ConnectionResetError:
        pass
    return came


def problem(came: bytes, status: int) -> str:
    head, _, body = came.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), came[:200]
    assert b"application/problem+json" in head and b"connection: close" in head.lower()
    found = json.loads(body)
    assert found["status"] == status
    return str(found["detail"])


@pytest.mark.parametrize("begin", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"], ids=["nothing", "half"])
def test_headers_that_do_not_come(address: str, begin: bytes) -> None:
    with connected(address) as client:
        client.sendall(begin)
        assert "首部" in problem(rest(client), 408)


def test_headers_that_drip(address: str) -> None:
    stop = threading.Event()
    with connected(address) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        thread = threading.Thread(target=drip, args=(client, b"a: b\r\n", stop))
        thread.start()
        assert httpx.get(address).text == "0"  # nobody waits for it
        assert rest(client).startswith(b"HTTP/1.1 408 ")
        stop.set()
        thread.join()


def test_headers_that_drip_in_a_second_request(address: str) -> None:
    with connected(address) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        client.sendall(b"GET / HTTP/1.1\r\nHo")
        assert rest(client).startswith(b"HTTP/1.1 408 ")


def test_headers_without_end(address: str) -> None:
    with connected(address) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        try:
            for number in range(1000):
                client.sendall(b"x-%d: %s\r\n" % (number, b"y" * 1000))
        except OSError:
            pass  # it has been closed
        assert b"HTTP/1.1 431 " in rest(client)[:20]


def test_a_body_that_drips(address: str) -> None:
    stop = threading.Event()
    with connected(address) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        thread = threading.Thread(target=drip, args=(client, b"y", stop))
        thread.start()
        assert "太慢" in problem(rest(client), 408)
        stop.set()
        thread.join()


def test_a_body_that_comes_well_may_take_its_time(address: str) -> None:
    def body() -> Iterator[bytes]:
        for _ in range(8):
            time.sleep(0.2)
            yield b"z" * (1 << 20)

    assert httpx.post(address, content=body(), timeout=30).text == str(8 << 20)


def test_an_answer_that_nobody_reads_is_given_up(address: str) -> None:
    with connected(address) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(3)
        assert httpx.get(address).text == "0"
        assert len(rest(client)) < LARGE


def test_an_answer_that_takes_its_time_is_waited_for(address: str) -> None:
    assert httpx.get(address + "/slow", timeout=30).text == "late"


def test_more_connections_than_there_may_be(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "most", 3)
    idle = [connected(address) for _ in range(3)]
    time.sleep(0.3)
    with connected(address) as client:
        came = rest(client)
        assert b"retry-after: 5" in came.lower()
        problem(came, 503)
    for client in idle:
        client.close()
    time.sleep(0.3)


def test_pipelined_requests_are_answered_in_order(address: str) -> None:
    with connected(address) as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        came = rest(client)
    assert came.count(b"HTTP/1.1 200 ") == 2
    assert came.index(b"\r\n\r\n3") < came.rindex(b"\r\n\r\n0")


def test_chinese_in_an_address_means_what_a_browser_sends_for_it(address: str) -> None:
    with connected(address) as client:
        for head, body in ((b"GET", b""), (b"POST", "正文\r\n二".encode()), (b"GET", b"")):
            line = head + " /said/条文?q=谁签发？&%E7%AD%BE HTTP/1.1\r\n".encode()
            client.sendall(line + b"Host: x\r\nContent-Length: %d\r\n\r\n" % len(body))
            time.sleep(0.1)
            client.sendall(body)  # in a packet of its own: it stays as it is
            came = client.recv(65536).decode()
            assert came.endswith(f"条文 谁签发？ {body.decode()}")


@pytest.mark.parametrize("came", [b"HELLO\r\n\r\n", b"GET /?q=a b HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", b"\xff" * 100 + b"\r\n\r\n"])
def test_what_is_no_request_is_a_problem(address: str, came: bytes) -> None:
    with connected(address) as client:
        client.sendall(came)
        assert "百分号编码" in problem(rest(client), 400)
