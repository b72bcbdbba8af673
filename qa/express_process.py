"""The process that answers connections which ask for one thing after another (:mod:`qa.express` hands them over): a loop over their sockets.

A look-up (:mod:`qa.lookups`) takes a tenth of a millisecond; what HTTP takes in the service's event loop is as much again, and that runs on one core. Here a
request is looked at only as far as it must be: it has the very headers of the one before, which the service has checked, and asks for a look-up. Its answer
has the headers of the answer before. Whatever else a client sends goes back to the service with its connection: another request, half of one, several at
once, nothing for a while. So there is nothing here that a client could hurt: no state but its socket, no query that runs long.

Messages with the service, one a packet: ``T``, a connection to take (JSON, with its socket), ``E``, send all of them back; to it ``H``, a connection that
goes home (its number, what it had begun to send, its socket), ``S``, what was answered and which connections have closed (JSON). Runs in a process forked
from the nursery (:mod:`qa.worker`); imports no stage but the small pure ones.
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
import struct
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Final
from urllib.parse import unquote_to_bytes

from qa.lookups import Lookups
from qa.query import Query

TAKE: Final = b"T"
END: Final = b"E"
HOME: Final = b"H"
SAID: Final = b"S"
NUMBER: Final = struct.Struct("!I")
PACKET: Final = 1 << 16
"""Bytes of a message, and of a request; a packet of requests that is larger goes home in parts that are not."""
_READ: Final = PACKET - 1024
_ASKS: Final = b"GET /sparql?query="
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
    """A connection: its number with the service, the headers of its requests, what they accept, and the head of their answers."""

    socket: socket.socket
    number: int
    headers: bytes
    accept: str | None
    media: str
    lead: bytes
    since: float
    left: bytes = b""
    """What it has not taken yet of its last answer."""


@dataclass(slots=True)
class _Told:
    """What the service is to be told."""

    answered: list[tuple[int, float, int]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    due: float = 0.0


def serve(control: socket.socket, lookups: Lookups) -> None:
    """Answer the connections that come through ``control`` until that is closed."""
    Express(control, lookups).run()


class Express:
    """The loop."""

    def __init__(self, control: socket.socket, lookups: Lookups) -> None:
        self._control, self._lookups = control, lookups
        self._clients: dict[int, _Client] = {}
        self._told = _Told()
        self._ending = False
        self._date, self._dated = b"", 0.0
        self._poll = select.epoll()
        self._poll.register(control, select.EPOLLIN)

    def run(self) -> None:
        """Until the service has gone, or has taken everything back."""
        looked = time.monotonic()
        while not (self._ending and not self._clients):
            for descriptor, event in self._poll.poll(_TICK):
                if descriptor == self._control.fileno():
                    if not self._heard():
                        return
                elif client := self._clients.get(descriptor):
                    self._attend(client, event)
            if (now := time.monotonic()) - looked >= _TICK:
                looked = now
                self._tell()
                self._look(now)
        self._tell()

    def _heard(self) -> bool:
        """Take a message from the service; whether it is still there."""
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, PACKET, 1)
        except OSError:
            return False
        if message[:1] == TAKE and descriptors:
            asked = json.loads(message[1:])
            taken = socket.socket(fileno=descriptors[0])
            taken.setblocking(False)
            head = {name: asked[name].encode("latin-1") for name in ("headers", "lead")}
            client = _Client(taken, asked["number"], head["headers"], asked["accept"], asked["media"], head["lead"], time.monotonic())
            self._clients[taken.fileno()] = client
            self._poll.register(taken, select.EPOLLIN)
        elif message[:1] == END:
            self._ending = True
            for client in [client for client in self._clients.values() if not client.left]:
                self._send_home(client)
        return bool(message)

    def _attend(self, client: _Client, event: int) -> None:
        """Answer a request, or go on with an answer."""
        try:
            if client.left:
                if event & ~select.EPOLLOUT:
                    raise ConnectionError
                self._send(client, client.left)
                return
            started = time.perf_counter()
            data = client.socket.recv(_READ)
            if not data:
                raise ConnectionError
            if (answer := self._answer(client, data)) is None:
                self._send_home(client, data)
                return
            self._send(client, answer)
            self._told.answered.append((client.number, time.perf_counter() - started, len(answer) - len(client.lead)))
            if len(self._told.answered) >= _TOGETHER:
                self._tell()
        except BlockingIOError:
            pass
        except OSError:
            self._drop(client)

    def _answer(self, client: _Client, data: bytes) -> bytes | None:
        """The answer to the request ``data``; ``None`` where it is not for us."""
        line, _, headers = data.partition(b"\r\n")
        if headers != client.headers or not line.startswith(_ASKS) or not line.endswith(_AS) or b"&" in line:
            return None
        try:
            text = unquote_to_bytes(line[len(_ASKS) : -len(_AS)].replace(b"+", b" ")).decode()
        except UnicodeDecodeError:
            return None
        found = self._lookups(Query(text, client.accept))
        if found is None or found[0] != client.media:
            return None
        return b"%scontent-length: %d\r\ndate: %s\r\n\r\n%s" % (client.lead, len(found[1]), self._now(), found[1])

    def _now(self) -> bytes:
        """The time, as HTTP writes it."""
        if (now := time.time()) - self._dated >= 1:
            self._dated, self._date = now, formatdate(now, usegmt=True).encode()
        return self._date

    def _send(self, client: _Client, answer: bytes) -> None:
        sent = client.socket.send(answer)
        client.left, client.since = answer[sent:], time.monotonic()
        if client.left or sent < len(answer):
            self._poll.modify(client.socket, select.EPOLLOUT)
        elif self._ending:
            self._send_home(client)
        else:
            self._poll.modify(client.socket, select.EPOLLIN)

    def _send_home(self, client: _Client, begun: bytes = b"") -> None:
        """Give ``client`` back to the service, with what it has ``begun`` to send."""
        self._tell()  # first, so that the answers before it are counted before it
        with contextlib.suppress(OSError):  # the service has gone
            socket.send_fds(self._control, [HOME + NUMBER.pack(client.number) + begun], [client.socket.fileno()])
        self._forget(client)

    def _drop(self, client: _Client) -> None:
        self._told.gone.append(client.number)
        self._forget(client)

    def _forget(self, client: _Client) -> None:
        self._poll.unregister(client.socket)
        del self._clients[client.socket.fileno()]
        client.socket.close()

    def _look(self, now: float) -> None:
        for client in list(self._clients.values()):
            if client.left and now - client.since > _UNREAD:
                self._drop(client)
            elif not client.left and now - client.since > _IDLE:
                self._send_home(client)

    def _tell(self) -> None:
        """Tell the service what was answered and who has left."""
        if self._told.answered or self._told.gone:
            answered = [(number, round(seconds, 6), size) for number, seconds, size in self._told.answered]
            message = json.dumps({"answered": answered, "gone": self._told.gone}, separators=(",", ":")).encode()
            self._told = _Told()
            with contextlib.suppress(OSError):
                self._control.send(SAID + message)
