"""The process that answers connections which ask for one small thing after another (:mod:`qa.express` hands them over): a loop over their sockets.

What HTTP and the way to a query process and back take is several times what such a query takes itself, and most of it is spent in the one event loop of
the service. Here a request is looked at only as far as it must be: it has the very headers of the one before, which the service has checked, and a plain
query, SELECT or ASK (:func:`qa.guard.plain`). Its answer has the headers of the answer before. With anything else, another request, half of one, several at
once, nothing for a while, a mistake, the connection goes back to the service.

A query cannot be stopped but with its process. So that nothing is lost then, the service keeps a hand on every socket, and a request is taken out of its
socket only when its answer is there: a query that takes more processor time or memory than small ones do ends this process, and the service finds every
connection as it was, that request still to be read. It answers it in a query process, with the patience that is due to any query.

Messages with the service, one a packet: ``T``, a connection to take (JSON, with its socket), ``E``, give all of them back; to it, in JSON, what was answered and
which connections go home, have left, or have been answered in part. Runs in a process forked from the nursery (:mod:`qa.worker`); imports no stage but the
small pure ones.
"""

from __future__ import annotations

import contextlib
import json
import select
import signal
import socket
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import pyoxigraph as ox

from qa import negotiate, results
from qa.cuts import at_most
from qa.guard import mentioned, plain
from qa.terms import BASE, PREFIXES

TAKE: Final = b"T"
END: Final = b"E"
PACKET: Final = 1 << 16
"""Bytes of a message, and of a request."""
ASKS: Final = b"GET /sparql?query="
"""What the requests begin with that are for us."""
LIGHT: Final = 0.005
"""Seconds of processor time that a query may take; the connection of one that took longer goes home with its answer."""
_TOO_LONG: Final = 0.1
"""Seconds of processor time after which a query is ended, less"""
_ARMED: Final = 0.03
"""those for which it is not worth a system call to set the alarm anew."""
_LARGE: Final = 1 << 16
"""Bytes of an answer that is left to the service."""
_AS: Final = b" HTTP/1.1"
_TICK: Final = 0.25
"""Seconds after which what was answered is told."""
_IDLE: Final = 2.0
"""Seconds without a request after which a connection goes home, where somebody looks how long it keeps a place."""
_UNREAD: Final = 30.0
"""Seconds in which an answer must have been taken."""
_TOGETHER: Final = 500
"""Answers that are told at once."""


@dataclass(slots=True)
class _Client:
    """A connection: its number with the service, the headers of its requests, what they accept, the head of their answers, and the rows that these may have."""

    socket: socket.socket
    number: int
    headers: bytes
    accept: str | None
    media: str
    lead: bytes
    rows: int
    since: float
    left: bytes = b""
    """What it has not taken yet of its last answer."""


@dataclass(slots=True)
class _Told:
    """What the service is to be told, by the numbers of connections; what was answered with seconds and bytes."""

    answered: list[tuple[int, float, int]] = field(default_factory=list)
    home: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    partly: list[int] = field(default_factory=list)
    wholly: list[int] = field(default_factory=list)


class Express:
    """The loop, over ``store``."""

    def __init__(self, control: socket.socket, store: ox.Store) -> None:
        self._control, self._store = control, store
        self._clients: dict[int, _Client] = {}
        self._told = _Told()
        self._ending = False
        self._date, self._dated = b"", 0.0
        self._armed = -_TOO_LONG
        self._poll = select.epoll()
        self._poll.register(control, select.EPOLLIN)

    def run(self) -> None:
        """Answer the connections that come, until the service has gone or has taken everything back."""
        looked = time.monotonic()
        while not (self._ending and not self._clients):
            for descriptor, event in self._poll.poll(_TICK):
                if descriptor == self._control.fileno():
                    if not self._heard():
                        self._finish()
                        return
                elif client := self._clients.get(descriptor):
                    self._attend(client, event)
            if (now := time.monotonic()) - looked >= _TICK:
                looked = now
                self._look(now)
                self._tell()
        self._tell()

    def _finish(self) -> None:
        """Answer what has come before the service went."""
        for client in [client for client in self._clients.values() if not client.left]:
            self._attend(client, select.EPOLLIN)

    def _heard(self) -> bool:
        """Take a message from the service; whether it is still there."""
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, PACKET, 1)
        except OSError:
            return False
        if message[:1] == TAKE and descriptors:
            asked: dict[str, Any] = json.loads(message[1:])
            taken = socket.socket(fileno=descriptors[0])
            taken.setblocking(False)
            asked |= {name: asked[name].encode("latin-1") for name in ("headers", "lead")}
            client = _Client(taken, **asked, since=time.monotonic())
            self._clients[taken.fileno()] = client
            self._poll.register(taken, select.EPOLLIN)
        elif message[:1] == END:
            self._ending = True
            for client in [client for client in self._clients.values() if not client.left]:
                self._leave(client, self._told.home)
            self._tell()
        return bool(message)

    def _attend(self, client: _Client, event: int) -> None:
        """Answer a request, or go on with an answer."""
        try:
            if client.left:
                if event & ~select.EPOLLOUT:
                    raise ConnectionError
                self._send(client, client.left)
                return
            started = time.process_time()
            data = client.socket.recv(PACKET, socket.MSG_PEEK)
            if not data:
                raise ConnectionError
            if (answer := self._answer(client, data)) is None:
                self._leave(client, self._told.home)
                self._tell()
                return
            client.socket.recv(len(data))
            self._send(client, answer)
            took = time.process_time() - started
            self._told.answered.append((client.number, round(took, 6), len(answer) - len(client.lead)))
            if took > LIGHT and not client.left:
                self._leave(client, self._told.home)
                self._tell()
            elif len(self._told.answered) >= _TOGETHER:
                self._tell()
        except BlockingIOError:
            pass
        except OSError:
            self._leave(client, self._told.gone)

    def _answer(self, client: _Client, data: bytes) -> bytes | None:
        """The answer to the request ``data``; ``None`` where it is not for us."""
        line, _, headers = data.partition(b"\r\n")
        if headers != client.headers or not line.startswith(ASKS) or not line.endswith(_AS) or b"&" in line:
            return None
        try:
            text = unquote_to_bytes(line[len(ASKS) : -len(_AS)].replace(b"+", b" ")).decode()
        except UnicodeDecodeError:
            return None
        content = self._result(text, client)
        return content and b"%scontent-length: %d\r\ndate: %s\r\n\r\n%s" % (client.lead, len(content), self._now(), content)

    def _result(self, text: str, client: _Client) -> bytes | None:
        """The result of the query ``text``; ``None`` where it has none, or more than is for us."""
        media = _chosen(client.accept)
        if media is None or media != client.media or not plain(text):
            return None
        syntax = negotiate.SOLUTIONS[media]
        if (now := time.process_time()) - self._armed > _ARMED:
            self._armed = now
            signal.setitimer(signal.ITIMER_PROF, _TOO_LONG)
        try:
            found = self._store.query(text, base_iri=BASE, prefixes=mentioned(text, PREFIXES), use_default_graph_as_union=True)
            if isinstance(found, ox.QueryBoolean):
                return results.boolean(bool(found), syntax)
            content = found.serialize(format=results.FORMATS[syntax]) if isinstance(found, ox.QuerySolutions) else None
        except (SyntaxError, ValueError, RuntimeError, OSError, MemoryError):  # the service says what is the matter
            return None
        return content if content is not None and len(content) <= _LARGE and at_most(syntax, content) <= client.rows else None

    def _now(self) -> bytes:
        """The time, as HTTP writes it."""
        if (now := time.time()) - self._dated >= 1:
            self._dated, self._date = now, formatdate(now, usegmt=True).encode()
        return self._date

    def _send(self, client: _Client, answer: bytes) -> None:
        before, client.left = client.left, answer[client.socket.send(answer) :]
        client.since = time.monotonic()
        if client.left and not before:
            self._told.partly.append(client.number)
            self._tell()
            self._poll.modify(client.socket, select.EPOLLOUT)
        elif before and not client.left:
            self._told.wholly.append(client.number)
            self._poll.modify(client.socket, select.EPOLLIN)
            if self._ending:
                self._leave(client, self._told.home)

    def _leave(self, client: _Client, whither: list[int]) -> None:
        """Let go of ``client``; the service reads ``whither`` it went."""
        whither.append(client.number)
        self._poll.unregister(client.socket)
        del self._clients[client.socket.fileno()]
        client.socket.close()

    def _look(self, now: float) -> None:
        for client in list(self._clients.values()):
            if client.left and now - client.since > _UNREAD:
                self._leave(client, self._told.gone)
            elif not client.left and now - client.since > _IDLE:
                self._leave(client, self._told.home)

    def _tell(self) -> None:
        """Tell the service what there is to tell."""
        told = {name: getattr(self._told, name) for name in _Told.__slots__ if getattr(self._told, name)}
        if told:
            self._told = _Told()
            with contextlib.suppress(OSError):  # it has gone
                self._control.send(json.dumps(told, separators=(",", ":")).encode())


@lru_cache(64)
def _chosen(accept: str | None) -> str | None:
    return negotiate.choose(accept, tuple(negotiate.SOLUTIONS))
