"""Connections that ask for one thing after another, handed to processes that do nothing else (:mod:`qa.express_process`).

The service's own loop takes longer over HTTP than a look-up takes, and runs on one core. It gives a connection away once that has asked look-ups only, has
been answered and has sent nothing since; it gets it back with the first request that is anything else, or when it falls silent. Nothing is lost on the way:
a socket is passed from process to process, and what it holds unread stays in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from qa.express_process import END, HOME, NUMBER, PACKET, SAID, TAKE

MOST: Final = 256
"""Connections that are away at once."""
RETURNED = Callable[[socket.socket, bytes], None]
"""What to do with a connection that comes back, and with what it has begun to ask."""
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

    def __init__(self, fork: Fork, soon: Callable[[Callable[[], None]], object], processes: int) -> None:
        self._fork, self._soon, self._wanted = fork, soon, processes
        self._desks: list[_Desk] = []
        self._starting = False

    @property
    def away(self) -> int:
        """Connections that are away."""
        return sum(len(desk.held) for desk in self._desks)

    def take(self, connection: int, manner: Manner, back: RETURNED, noted: Noted) -> bool:
        """Hand over the socket with the descriptor ``connection``; whether it went. The caller closes its own end of one that did."""
        ready = [desk for desk in self._desks if desk.open]
        if len(ready) < self._wanted and not self._starting:
            self._starting = True
            loop = asyncio.get_running_loop()
            self._soon(lambda: self._start(loop))
        if not ready or self.away >= MOST:
            return False
        return min(ready, key=lambda desk: len(desk.held)).take(connection, manner, back, noted)

    def renew(self) -> None:
        """Get every connection back, and let new processes answer from now on: the data have changed. Safe to call from any thread."""
        desks, self._desks = self._desks, []
        for desk in desks:
            desk.end()

    def close(self) -> None:
        """Let the processes answer what has come, and end."""
        for desk in self._desks:
            desk.close()
        self._desks = []

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            control = self._fork()
        except OSError:  # as before, then; it is tried again when the next connection is offered
            control = None
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(self._started, control)

    def _started(self, control: socket.socket | None) -> None:
        self._starting = False
        if control:
            self._desks.append(_Desk(control, asyncio.get_running_loop()))


class _Desk:
    """One process."""

    def __init__(self, control: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        control.setblocking(False)
        self._control, self._loop = control, loop
        self.held: dict[int, tuple[RETURNED, Noted]] = {}
        self.open = True
        self._next = 0
        loop.add_reader(control.fileno(), self._readable)

    def take(self, connection: int, manner: Manner, back: RETURNED, noted: Noted) -> bool:
        """As :meth:`Express.take`."""
        self._next = (self._next + 1) % (1 << 32)
        asked = {"number": self._next, "accept": manner.accept, "media": manner.media}
        asked |= {"headers": manner.headers.decode("latin-1"), "lead": manner.lead.decode("latin-1")}
        message = TAKE + json.dumps(asked).encode()
        if len(message) > PACKET:
            return False
        try:
            socket.send_fds(self._control, [message], [connection])
        except BlockingIOError:
            return False
        except OSError:
            self._gone()
            return False
        self.held[self._next] = back, noted
        return True

    def end(self) -> None:
        """Get all connections back; the process then ends by itself."""
        self.open = False
        with contextlib.suppress(OSError):
            self._control.send(END)

    def close(self) -> None:
        """Let go of the process and of the connections that it has."""
        self._gone()

    def _readable(self) -> None:
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, PACKET + 16, 1)
        except BlockingIOError:
            return
        except OSError:
            message, descriptors = b"", []
        kind, content = message[:1], message[1:]
        if kind == HOME and descriptors:
            back, _ = self.held.pop(NUMBER.unpack_from(content)[0])
            back(socket.socket(fileno=descriptors[0]), content[NUMBER.size :])
        elif kind == SAID:
            said = json.loads(content)
            for number, seconds, size in said["answered"]:
                self.held[number][1](seconds, size)
            for number in said["gone"]:
                self.held.pop(number, None)
        elif not message:
            self._gone()

    def _gone(self) -> None:
        """The process has ended; its connections with it."""
        self.open = False
        self.held.clear()
        if self._control.fileno() >= 0:
            if not self._loop.is_closed():
                self._loop.remove_reader(self._control.fileno())
            self._control.close()
