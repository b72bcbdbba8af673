"""Other people's SPARQL, run where it can be stopped: a bounded number of worker processes over one graph.

A query that outlives the time limit is killed with its worker; the next one gets a fresh worker, forked in milliseconds from the
nursery (:mod:`qa.worker`). Everything here may be used from many threads.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any, Final, Self

from qa.query import Busy, Exhausted, Forbidden, Limits, Malformed, NotAcceptable, Query, Reply, TimedOut

SPOOL: Final = 4 << 20
"""Bytes of a reply that are kept in memory; what is more goes to an unnamed temporary file."""
HEAVY: Final = 1.0
"""Seconds after which a query is taken to have used much memory, so that its worker is not used again."""


class _Worker:
    def __init__(self, process: int, descriptor: int) -> None:
        self._process = process
        self._connection = Connection(descriptor)

    def tell(self, request: bytes) -> bool:
        """Give the worker ``request``; whether it was there to take it."""
        try:
            self._connection.send_bytes(request)
        except OSError:
            return False
        return True

    def answer(self, deadline: float) -> tuple[dict[str, Any], int, IO[bytes]]:
        """The head and body of the answer. Raises :class:`TimeoutError` after ``deadline``, and :class:`EOFError` or :class:`OSError`
        when the worker died."""
        head: dict[str, Any] = json.loads(self._receive(deadline))
        body: IO[bytes] = tempfile.SpooledTemporaryFile(SPOOL)  # noqa: SIM115 - the receiver of the reply closes it
        length = 0
        while piece := self._receive(deadline):
            length += body.write(piece)
        body.seek(0)
        return head, length, body

    def _receive(self, deadline: float) -> bytes:
        left = max(0.0, deadline - time.monotonic())
        if not self._connection.poll(min(left, HEAVY)):
            with contextlib.suppress(OSError, AttributeError):  # a heavy query lets light ones go first
                os.setpriority(os.PRIO_PROCESS, self._process, 10)
            if not self._connection.poll(max(0.0, left - HEAVY)):
                raise TimeoutError
        return self._connection.recv_bytes()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)

    def end(self) -> None:
        self.kill()
        self._connection.close()


class Pool:
    """Up to ``limits.workers`` workers over the N-Quads file ``graph``. Close it, or use it as a context manager."""

    def __init__(self, graph: Path, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._graph = graph.resolve()
        self._free: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._places = threading.BoundedSemaphore(self.limits.workers)
        self._lock = threading.Lock()
        self._closed = False
        self._nursery: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, query: Query) -> Reply:
        """The result of ``query``. Raises a :class:`QueryFailure`."""
        chosen = bool(query.default or query.named)
        request = {
            "query": query.text,
            "accept": query.accept,
            "default": list(query.default) if chosen else None,
            "named": list(query.named) if chosen else None,
            "bindings": dict(query.bindings),
            "limit": self.limits.rows,
            "seconds": self.limits.seconds,
        }
        if not self._places.acquire(timeout=self.limits.wait):
            raise Busy("查询太多，暂时没有空闲的查询进程，请稍后再试。")
        try:
            return self._run(request)
        finally:
            self._places.release()

    def close(self) -> None:
        """End every worker and the nursery; queries under way fail."""
        with self._lock:
            self._closed = True
            workers, self._free = self._free, []
            for worker in workers:
                worker.end()
            for worker in tuple(self._busy):
                worker.kill()
            if self._control:
                self._control.close()
            if self._nursery:
                self._nursery.kill()
                self._nursery.wait()
            self._control = self._nursery = None

    def _run(self, request: Mapping[str, Any]) -> Reply:
        worker = self._told(json.dumps(request).encode())
        self._busy.add(worker)
        started = time.monotonic()
        healthy = False
        try:
            head, length, body = worker.answer(started + self.limits.seconds)
            healthy = time.monotonic() - started < HEAVY and head["outcome"] != "memory"
        except TimeoutError as error:
            raise TimedOut(f"查询超过{self.limits.seconds:g}秒的时限，已经停止。请缩小范围或者加上 LIMIT。") from error
        except (EOFError, OSError, ValueError) as error:
            raise Exhausted("查询需要的内存或者嵌套的层数超出上限，已经停止。请缩小范围或者加上 LIMIT。") from error
        finally:
            self._busy.discard(worker)
            if healthy:
                self._free.append(worker)
            else:
                worker.end()
        return _reply(head, length, body)

    def _told(self, request: bytes) -> _Worker:
        """A worker that has taken ``request``; those that died while nobody asked them are passed over."""
        for _ in range(self.limits.workers + 1):
            worker = self._take()
            if worker.tell(request):
                return worker
            worker.end()
        raise Busy(_NO_WORKER)

    def _take(self) -> _Worker:
        with contextlib.suppress(IndexError):
            return self._free.pop()
        with self._lock:
            for _ in range(0 if self._closed else 2):
                try:
                    return self._fork()
                except OSError:  # the nursery has gone: start another
                    self._start()
        raise Busy(_NO_WORKER)

    def _fork(self) -> _Worker:
        if self._control is None:
            raise OSError("closed")
        self._control.sendall(b"+")
        name, descriptors, _, _ = socket.recv_fds(self._control, 32, 1)
        if not descriptors:
            raise OSError("nursery ended")
        os.set_inheritable(descriptors[0], False)
        return _Worker(int(name), descriptors[0])

    def _start(self) -> None:
        if self._control:
            self._control.close()
        if self._nursery:
            self._nursery.kill()
            self._nursery.wait()
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "qa.worker", str(theirs.fileno()), str(self._graph), str(self.limits.megabytes)]
        home = str(Path(__file__).resolve().parent.parent)
        self._nursery = subprocess.Popen(command, pass_fds=[theirs.fileno()], env={"PYTHONPATH": home}, stdin=subprocess.DEVNULL, cwd="/")
        theirs.close()
        ours.settimeout(600)
        self._control = ours


_NO_WORKER: Final = "查询进程无法启动，请稍后再试。"
_FORBIDDEN: Final[Mapping[str, str]] = {
    "update": "这里只能查询，不能修改数据（SPARQL Update）。",
    "service": "不能用 SERVICE 查询其他服务器。",
    "file": "不能用 FROM 读取本机的文件。可用的图请查询 SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }。",
}


def _reply(head: Mapping[str, Any], length: int, body: IO[bytes]) -> Reply:
    match head["outcome"]:
        case "ok":
            return Reply(head["media"], head["cut"], length, body)
        case "syntax":
            raise Malformed(head["message"])
        case "unacceptable":
            raise NotAcceptable("要求的格式都不能提供。可以提供：" + "、".join(head["offered"]) + "。", head["offered"])
        case "update" | "service" | "file":
            raise Forbidden(_FORBIDDEN[head["outcome"]])
        case _:
            raise Exhausted("查询需要的内存超出上限，已经停止。请缩小范围或者加上 LIMIT。")
