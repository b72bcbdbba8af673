"""Connections that ask for one small thing after another, handed to processes that do nothing else (:mod:`qa.express_process`).

The service's own loop takes longer over HTTP and over the way to a query process than a small query takes, and runs on one core. It gives a connection away
once that has asked only such queries, has been answered and has sent nothing since. It keeps a hand on the socket, and goes on with it when the first request
comes that is anything else, when it falls silent, or when a query that was not small after all has ended the process: nothing is lost on the way, for what a
socket holds unread stays in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from qa.express_process import END, PACKET, TAKE

MOST: Final = 256
"""Connections that are away at once."""
Returned = Callable[[socket.socket], None]
"""What to do with a connection that comes back; whatever it has sent since it went is still to be read."""
Noted = Callable[[float, int], None]
"""Told of each request that was answered: its seconds and its bytes."""
Fork = Callable[[], socket.socket]
"""Starts a process and gives the socket to talk to it; may block, and raises ``OSError`` where there can be none."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a client asks and is answered: the headers of its requests, what they accept, the media type of the answers, and their head without length and date."""

    headers: bytes
    accept: str | None
    media: str
    lead: bytes


class Express:
    """Up to ``processes`` processes, started by ``fork`` in the thread that ``soon`` gives work to when a connection is first offered. Belongs to one event loop."""

    def __init__(self, fork: Fork, soon: Callable[[Callable[[], None]], object], processes: int, rows: int) -> None:
        """No answer has more than ``rows`` rows."""
        self._fork, self._soon, self._wanted, self._rows = fork, soon, processes, rows
        self._desks: list[_Desk] = []
        self._starting, self._renewed = False, 0

    @property
    def away(self) -> int:
        """Connections that are away."""
        return sum(len(desk.held) for desk in self._desks)

    def take(self, connection: socket.socket, manner: Manner, back: Returned, noted: Noted) -> bool:
        """Hand ``connection`` over; whether it went. It is ours then."""
        self._desks = ready = [desk for desk in self._desks if desk.open]
        if len(ready) < self._wanted and not self._starting:
            self._starting = True
            loop = asyncio.get_running_loop()
            self._soon(lambda: self._start(loop))
        if not ready or self.away >= MOST:
            return False
        return min(ready, key=lambda desk: len(desk.held)).take(connection, manner, back, noted)

    def renew(self) -> None:
        """Get every connection back, and let new processes answer from now on: the data have changed. Safe to call from any thread."""
        self._renewed += 1
        desks, self._desks = self._desks, []
        for desk in desks:
            desk.end()

    def close(self) -> None:
        """Let the processes answer what has come, and end."""
        for desk in self._desks:
            desk.close()
        self._desks = []

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        renewed = self._renewed
        try:
            control = self._fork()
        except OSError:  # as before, then; it is tried again when the next connection is offered
            control = None
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(self._started, control, renewed)

    def _started(self, control: socket.socket | None, renewed: int) -> None:
        self._starting = False
        if control and renewed != self._renewed:  # its data are old by now
            control.close()
        elif control:
            self._desks.append(_Desk(control, asyncio.get_running_loop(), self._rows))


@dataclass(slots=True)
class _Away:
    """A connection that is away; ``partly``: in the middle of an answer."""

    connection: socket.socket
    back: Returned
    noted: Noted
    partly: bool = False


class _Desk:
    """One process."""

    def __init__(self, control: socket.socket, loop: asyncio.AbstractEventLoop, rows: int) -> None:
        control.setblocking(False)
        self._control, self._loop, self._rows = control, loop, rows
        self.held: dict[int, _Away] = {}
        self.open = True
        self._number = 0
        loop.add_reader(control.fileno(), self._readable)

    def take(self, connection: socket.socket, manner: Manner, back: Returned, noted: Noted) -> bool:
        """As :meth:`Express.take`."""
        self._number += 1
        asked = {"number": self._number, "accept": manner.accept, "media": manner.media, "rows": self._rows}
        asked |= {"headers": manner.headers.decode("latin-1"), "lead": manner.lead.decode("latin-1")}
        message = TAKE + json.dumps(asked).encode()
        if len(message) > PACKET:
            return False
        try:
            socket.send_fds(self._control, [message], [connection.fileno()])
        except OSError:  # it has much to do, or has ended, which is seen elsewhere
            return False
        self.held[self._number] = _Away(connection, back, noted)
        return True

    def end(self) -> None:
        """Get all connections back; the process then ends by itself."""
        self.open = False
        with contextlib.suppress(OSError):
            self._control.send(END)

    def close(self) -> None:
        """Let go of the process and of the connections that it has."""
        for away in self.held.values():
            away.connection.close()
        self.held.clear()
        self._gone()

    def _readable(self) -> None:
        try:
            message = self._control.recv(2 * PACKET)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if not message:
            self._gone()
            return
        said: Mapping[str, Sequence[Any]] = json.loads(message)
        for number, seconds, size in said.get("answered", ()):
            self.held[number].noted(seconds, size)
        for name in ("partly", "wholly"):
            for number in said.get(name, ()):
                self.held[number].partly = name == "partly"
        for number in said.get("home", ()):
            away = self.held.pop(number)
            away.back(away.connection)
        for number in said.get("gone", ()):
            self.held.pop(number).connection.close()

    def _gone(self) -> None:
        """The process has ended, by itself or by a query that was too much for it: its connections go on without it."""
        self.open = False
        if self._control.fileno() >= 0:
            if not self._loop.is_closed():
                self._loop.remove_reader(self._control.fileno())
            self._control.close()
        held, self.held = self.held, {}
        for away in held.values():
            if away.partly:
                away.connection.close()
            else:
                away.back(away.connection)
