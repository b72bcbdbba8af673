"""The process that runs other people's SPARQL: ``python -m qa.worker FD DATA MEGABYTES [GRAPH FILE]…``.

pyoxigraph cannot be interrupted inside a process, so a query that takes too long or too much is ended with the process that runs it.
The *nursery* started by this command forks a process for each byte that it reads from socket ``FD``, a worker for ``+``, one of
:mod:`qa.express_process` for ``=``; it sends back the process id and one end of a socket to talk to it.
``DATA`` is an N-Quads file, which the nursery loads once and its workers share, or a folder that holds an Oxigraph store, which each worker
opens for reading; either way a fresh worker costs milliseconds. Each ``GRAPH`` is the IRI of one more named graph, and ``FILE`` its N-Triples; with a
folder there are none.

A worker can open no file and no socket, has a bound on memory that the kernel keeps, and is ended by its own alarm when nobody else
does it. It answers one request after another, as :mod:`qa.frames` says.
Where there is no ``fork`` (Windows) there is no service: :mod:`qa.engine` says so. Imports no stage but the small pure ones.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from qa.evaluation import Say, answer, damaged
from qa.express_process import Express
from qa.frames import Frames
from qa.nursery import WORKER
from qa.ordered import Ordered

RECEIVED: Final = 1 << 16
"""Bytes that are taken from the connection at once."""
GRACE: Final = 1.0
"""Seconds after the time limit at which a worker ends itself, should its owner be gone."""
_CONNECTION: Final = 3


def main(descriptor: int, data: Path, megabytes: int, more: Mapping[str, Path]) -> None:
    """Fork workers over ``data`` and the graphs ``more`` with ``megabytes`` of memory each on demand, until the socket ``descriptor`` is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for workers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the service's: it closes the socket
    loaded = None if data.is_dir() else _load(data, more)
    with socket.socket(fileno=descriptor) as control:
        while wanted := control.recv(1):
            ours, theirs = socket.socketpair() if wanted == WORKER else socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            if (child := os.fork()) == 0:
                (_work if wanted == WORKER else _attend)(loaded, data, theirs.detach(), megabytes)
                os._exit(0)
            theirs.close()
            socket.send_fds(control, [str(child).encode()], [ours.fileno()])
            ours.close()


def _load(file: Path, more: Mapping[str, Path]) -> ox.Store:
    store = ox.Store()
    store.bulk_load(Ordered(file), format=ox.RdfFormat.N_QUADS)  # type: ignore[arg-type]  # all that it needs of a file
    for graph, triples in more.items():
        store.bulk_load(Ordered(triples), format=ox.RdfFormat.N_TRIPLES, to_graph=ox.NamedNode(graph))  # type: ignore[arg-type]
    return store


def _work(loaded: ox.Store | None, folder: Path, descriptor: int, megabytes: int) -> None:
    """Answer requests from the socket ``descriptor`` until it is closed."""
    _close_all_but(descriptor)
    reply = _reader(loaded, folder)
    _confine(megabytes)
    connection, frames = socket.socket(fileno=_CONNECTION), Frames()
    with contextlib.suppress(OSError):
        while data := connection.recv(RECEIVED):
            for _, request in frames.of(data):
                asked = json.loads(request)
                signal.setitimer(signal.ITIMER_REAL, asked["seconds"] + GRACE)
                reply(asked, connection.sendall)
                signal.setitimer(signal.ITIMER_REAL, 0)


def _attend(loaded: ox.Store | None, folder: Path, descriptor: int, megabytes: int) -> None:
    """Answer the connections that come through the socket ``descriptor`` until it is closed."""
    _close_all_but(descriptor)
    with contextlib.suppress(OSError, RuntimeError):  # where the store cannot be read, the query processes say so
        store = loaded if loaded is not None else ox.Store.read_only(str(folder))
        _bound_memory(megabytes)
        Express(socket.socket(fileno=_CONNECTION), store).run()


def _reader(loaded: ox.Store | None, folder: Path) -> Callable[[Mapping[str, Any], Say], None]:
    """What answers a request over the data."""
    if loaded is not None:
        return partial(answer, loaded)
    try:
        return partial(answer, ox.Store.read_only(str(folder)))  # opened after the fork: its threads would not live through one
    except (OSError, RuntimeError) as error:
        return partial(damaged, error)


def _close_all_but(descriptor: int) -> None:
    """Keep nothing open but the connection."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.dup2(descriptor, _CONNECTION)
    os.closerange(_CONNECTION + 1, 4096)


def _confine(megabytes: int) -> None:
    """Let nothing more be opened, and bound the memory."""
    _bound_memory(megabytes)  # while what the system tells of it can still be read
    files = _open_files()
    for _ in range(_CONNECTION, files):  # no gap is left where something could be opened
        if os.dup(_CONNECTION) >= files:
            break
    os.closerange(files, files + 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def _bound_memory(megabytes: int) -> None:
    bound = _address_space() + megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # where the system knows no such limit, time alone bounds a query
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))


def _address_space() -> int:
    """Bytes of address space that this process has, 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _open_files() -> int:
    """One more than the highest descriptor in use; an Oxigraph store is read through fewer than 1024."""
    highest = _CONNECTION
    for descriptor in range(_CONNECTION, 1024):
        with contextlib.suppress(OSError):
            os.fstat(descriptor)
            highest = descriptor
    return highest + 1


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), dict(zip(sys.argv[4::2], map(Path, sys.argv[5::2]), strict=True)))
