"""HTTP connections whose other end may take no more than its share: uvicorn's, with a bound on their number, on headers, and on patience.

uvicorn itself waits for headers, bodies and readers without end. A connection that has sent part of a request, or takes part of an answer, is
looked at every :data:`TICK` seconds; requests that are whole when they come cost nothing.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from qa.express import Express, Manner, Noted
from qa.express_process import ASKS
from qa.problems import BREAK, NOTED, SMALL, Problem

TICK: Final = 1.0
TOGETHER: Final = 1 << 12
"""Bytes that are worth a packet of their own."""
_BEYOND: Final = re.compile(rb"[\x80-\xff]")
_NO_HTTP: Final = "收到的不是有效的 HTTP 请求。地址里的空格和其他特殊字符要用百分号编码（curl 用 --get --data-urlencode）。"


class Connection(HttpToolsProtocol):
    """One connection of a server. The bounds are for the whole class."""

    most = 512
    """Connections at once, beside those that are answered elsewhere (:mod:`qa.express`); one that comes back from there always has a place."""
    heading = 1 << 16
    """Bytes of a request's line and headers (more may come with the same packet)."""
    first = 10.0
    """Seconds in which they must have come."""
    body = 30.0
    """Seconds in which a body must have come, and one more for each"""
    slowest = 1 << 14
    """bytes of it."""
    unread = 30.0
    """Seconds without the client having taken enough for more to be sent."""

    patience = 4
    """Small queries that a connection must have asked, one after the other, before it is answered elsewhere (:mod:`qa.express`),"""
    again = 64
    """and one that came back from there."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._made = partial(type(self), *given, **named)
        self._asked = b""
        self._light: tuple[Express, str | None] | None = None
        self._returned, self._small = False, 0
        self._waiting = "headers"
        self._since = self._paused = self._closing = 0.0
        self._came = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin to wait for a request, where there is room for one more client."""
        self._together = _Together(transport, self.loop)
        super().connection_made(self._together)  # type: ignore[arg-type]  # a transport in all that is used of one
        self._since = self.loop.time()
        self.loop.call_later(TICK, self._look)
        if self._returned:  # between requests, as after any answer
            self._waiting = ""
            self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
        elif len(self.connections) > self.most:
            self._refuse(503, "连接太多，请稍后再试。", {"Retry-After": "5"})

    def data_received(self, data: bytes) -> None:
        """Take bytes of requests."""
        if self._waiting != "body" and not self._came:
            if not data.isascii():
                data = _encoded(data)
            self._asked = data
        else:
            self._asked = b""
        if self._waiting == "headers":
            self._came += len(data)
        super().data_received(data)
        if self._waiting == "headers" and self._came > self.heading:
            self._refuse(431, f"请求的地址和首部超过{self.heading}字节的上限。查询很长时，请用 POST。")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        if self._waiting != "headers":
            self._waiting, self._since, self._came = "headers", self.loop.time(), 0

    def on_headers_complete(self) -> None:
        """Its body begins."""
        self._waiting, self._since, self._came = "body", self.loop.time(), 0
        super().on_headers_complete()
        self._light, self._together.head = None, b""
        cast(dict[str, Any], self.scope).update({BREAK: partial(self._break, self.cycle), SMALL: self._is_small})

    def on_body(self, body: bytes) -> None:
        """A part of it has come."""
        self._came += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._waiting, self._came = "", 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer has been given."""
        super().on_response_complete()
        self._small = self._small + 1 if self._light else 0
        if (
            self._light
            and self._small >= (self.again if self._returned else self.patience)
            and not self.pipeline
            and self._waiting == ""
            and not self.transport.is_closing()
        ):
            self._go(*self._light)

    def _is_small(self, express: Express, accept: str | None) -> None:
        """The answer to a small query is there, which ``express`` could give, too."""
        line, _, headers = self._asked.partition(b"\r\n")
        simple = line.startswith(ASKS) and b"&" not in line and headers.find(b"\r\n\r\n") == len(headers) - 4
        self._light = (express, accept) if simple else None

    def _go(self, express: Express, accept: str | None) -> None:
        """Hand the connection over, where nothing is under way and the answer was a whole and good one."""
        self._together.flush()
        status, *lines = self._together.head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        heads = {line.partition(b":")[0].lower(): line for line in lines}
        if (
            status != b"HTTP/1.1 200 OK"
            or b"connection" in heads
            or b"content-length" not in heads
            or self._together.get_write_buffer_size()
        ):
            return
        media = heads[b"content-type"].partition(b":")[2].partition(b";")[0].strip().decode("latin-1")
        lead = b"".join(line + b"\r\n" for line in (status, *lines) if not line.lower().startswith((b"content-length:", b"date:")))
        manner = Manner(self._asked.partition(b"\r\n")[2], accept, media, lead)
        noted: Noted = cast(dict[str, Any], self.scope).get(NOTED, _unnoted)
        connection = socket.socket(fileno=os.dup(self.transport.get_extra_info("socket").fileno()))
        if express.take(connection, manner, partial(_back, self._made, self.loop), noted):
            self.transport.close()  # this end of it
        else:
            connection.close()

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP."""
        self._refuse(400, _NO_HTTP)

    def pause_writing(self) -> None:
        """The client does not keep up."""
        self._paused = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """It does again."""
        self._paused = 0.0
        super().resume_writing()

    def _look(self) -> None:
        if self not in self.connections:
            return
        now = self.loop.time()
        self._closing = (self._closing or now) if self.transport.is_closing() else 0.0
        if any(since and now - since > self.unread for since in (self._paused, self._closing)):
            self.transport.abort()
        elif self._waiting == "headers" and now - self._since > self.first:
            self._refuse(408, f"{self.first:g}秒内没有收完请求的首部。")
        elif self._waiting == "body" and not self.flow.read_paused and now - self._since > self.body + self._came / self.slowest:
            self._refuse(408, "请求的正文来得太慢。")
        self.loop.call_later(TICK, self._look)

    def _break(self, cycle: RequestResponseCycle) -> None:
        """Close in the middle of an answer, which is no fault that uvicorn should report."""
        cycle.disconnected = True
        self.transport.close()

    def _refuse(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        """Say why, where that can still be said, and close."""
        if self.transport.is_closing():
            return
        if self.cycle is None or not self.cycle.response_started or self.cycle.response_complete:
            response = Problem(status, detail, {"Connection": "close"} | (headers or {})).response()
            lines = [
                b"HTTP/1.1 %d %s" % (status, HTTPStatus(status).phrase.encode()),
                *(b": ".join(pair) for pair in response.raw_headers),
                b"",
                response.body,
            ]
            self.transport.write(b"\r\n".join(lines))
        self.transport.close()


def _unnoted(_: float, __: int) -> None:
    """Where nobody counts."""


def _back(made: Callable[[], Connection], loop: asyncio.AbstractEventLoop, connection: socket.socket) -> None:
    """Go on with a ``connection`` that was answered elsewhere."""

    def again() -> Connection:
        one = made()
        one._returned = True
        return one

    returning = loop.create_task(loop.connect_accepted_socket(again, connection))
    _RETURNING.add(returning)
    returning.add_done_callback(_RETURNING.discard)


_RETURNING: Final[set[asyncio.Task[Any]]] = set()


def _encoded(data: bytes) -> bytes:
    """The beginning of a request, with the characters of its first line that no address may have as they are (Chinese, typed into curl) as browsers send them."""
    line, end, rest = data.partition(b"\r\n")
    return _BEYOND.sub(lambda byte: b"%%%02X" % byte[0][0], line) + end + rest


class _Together:
    """A transport that sends the head of an answer in one packet with what follows at once: that halves the system calls of a short one."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._parts: list[bytes] = []
        self.head = b""
        """What was sent first since this was emptied."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send ``data``: with the next, where it is short and that comes before the event loop's next turn."""
        if not self._parts:
            self._loop.call_soon(self.flush)
        self.head = self.head or data
        self._parts.append(data)
        if len(data) > TOGETHER:
            self.flush()

    def close(self) -> None:
        """Close when everything has been sent."""
        self.flush()
        self._transport.close()

    def flush(self) -> None:
        """Send what waits."""
        if self._parts:
            data = b"".join(self._parts)
            self._parts.clear()
            self._transport.write(data)
