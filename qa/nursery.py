"""The process that query processes are forked from (:mod:`qa.worker`), and these, as their owner sees them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

RECEIVED: Final = 1 << 18
"""Bytes that are taken from a worker at once."""
WORKER: Final = b"+"
EXPRESS: Final = b"="
LOADING: Final = 600
"""Seconds in which the data must have been loaded."""


class Worker:
    """A query process; ``data`` is the number of the data that it answers over (:meth:`Pool.replace`)."""

    def __init__(self, process: int, descriptor: int, data: int) -> None:
        self._process, self.data = process, data
        self.connection = socket.socket(fileno=descriptor)

    def tell(self, request: bytes) -> bool:
        """Give the worker ``request``; whether it was there to take it."""
        try:
            self.connection.sendall(request)
        except OSError:
            return False
        return True

    def receive(self) -> bytes:
        """What it has sent; nothing where it died. Blocks until there is either."""
        try:
            return self.connection.recv(RECEIVED)
        except OSError:
            return b""

    def yield_(self) -> None:
        """Let others have the processor first."""
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, self._process, 10)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)

    def end(self) -> None:
        self.kill()
        self.connection.close()


class Nursery:
    """A process that begins to load the N-Quads file ``graph`` (or is to open that folder) and ``more``, N-Triples files by the IRI of their
    named graph; its workers may take ``megabytes`` of memory each."""

    def __init__(self, graph: Path, more: Mapping[str, Path], megabytes: int) -> None:
        self._control, theirs = socket.socketpair()
        graphs = [part for name, file in more.items() for part in (name, str(file.resolve()))]
        command = [sys.executable, "-m", "qa.worker", str(theirs.fileno()), str(graph), str(megabytes), *graphs]
        home = str(Path(__file__).resolve().parent.parent)
        self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env={"PYTHONPATH": home}, stdin=subprocess.DEVNULL, cwd="/")
        theirs.close()
        self._control.settimeout(LOADING)

    def fork(self, data: int) -> Worker:
        """A worker over its data, which has the number ``data``; blocks until that is loaded. Raises ``OSError`` where the process has gone."""
        return Worker(*self._forked(WORKER), data)

    def fork_express(self) -> socket.socket:
        """The socket of a process that answers connections (:mod:`qa.express_process`); as :meth:`fork`."""
        return socket.socket(fileno=self._forked(EXPRESS)[1])

    def _forked(self, kind: bytes) -> tuple[int, int]:
        self._control.sendall(kind)
        name, descriptors, _, _ = socket.recv_fds(self._control, 32, 1)
        if not descriptors:
            raise OSError("nursery ended")
        os.set_inheritable(descriptors[0], False)
        return int(name), descriptors[0]

    def end(self) -> None:
        """Fork no more; workers that there are go on."""
        self._control.close()
        self.process.kill()
        self.process.wait()
