"""Other people's SPARQL, run where it can be stopped: a bounded number of worker processes over one graph.

A query that outlives the time limit is killed with its worker; the next one gets a fresh worker, forked in milliseconds from the
nursery (:mod:`qa.worker`). Everything here may be used from many threads, and :meth:`Pool.answer` from an event loop, without threads: a light
query costs it two system calls.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import wait
from pathlib import Path
from typing import Final, Self

from qa.arriving import Arriving
from qa.frames import QUERY, frame
from qa.places import Places
from qa.query import Busy, Exhausted, Limits, Query, Reply, TimedOut

HEAVY: Final = 1.0
"""Seconds after which a query is taken to have used much memory, so that its worker is not used again, and lets lighter ones go first."""
RECEIVED: Final = 1 << 18
"""Bytes that are taken from a worker at once."""
SMALL: Final = 1 << 16
"""Bytes that a worker's socket takes without anybody waiting for the worker."""
_DIED: Final = "查询需要的内存或者嵌套的层数超出上限，已经停止。请缩小范围或者加上 LIMIT。"
_NO_WORKER: Final = "查询进程无法启动，请稍后再试。"


class _Worker:
    def __init__(self, process: int, descriptor: int) -> None:
        self._process = process
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


class _Watch:
    """Feeds ``arriving`` in an event loop from ``worker``, until that has ended, died or had its time; then tells ``done`` whether it is as new."""

    def __init__(self, worker: _Worker, arriving: Arriving, seconds: float, done: Callable[[_Worker, bool], None]) -> None:
        self._worker, self._arriving, self._seconds, self._done = worker, arriving, seconds, done
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(worker.connection, self._readable)
        self._timer = self._loop.call_later(min(HEAVY, seconds), self._heavy)
        arriving.abandoned = self._stop

    def _readable(self) -> None:
        data = self._worker.receive()
        if data:
            self._arriving.feed(data)
        else:
            self._arriving.fail(Exhausted(_DIED))
        if self._arriving.ended:
            self._stop(bool(data) and not self._arriving.slow and not isinstance(self._arriving.failure, Exhausted))

    def _heavy(self) -> None:
        self._worker.yield_()
        self._timer = self._loop.call_later(max(0.0, self._seconds - HEAVY), self._late)
        self._arriving.slow = True
        self._arriving.wake()

    def _late(self) -> None:
        self._stop()
        self._arriving.fail(late(self._seconds))

    def _stop(self, healthy: bool = False) -> None:
        self._timer.cancel()
        self._loop.remove_reader(self._worker.connection)
        self._arriving.abandoned = lambda: None
        self._done(self._worker, healthy)


class Pool:
    """Up to ``limits.workers`` workers over the N-Quads file ``graph``. Close it, or use it as a context manager."""

    def __init__(self, graph: Path, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._graph = graph.resolve()
        self._free: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._places = Places(self.limits.workers, self.limits.queue, self.limits.wait)
        self._lock = threading.Lock()
        self._closed = False
        self._nursery: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._forks = ThreadPoolExecutor(1, "guizhi-fork")
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, query: Query) -> Reply:
        """The whole result of ``query``; blocks until it is there. Raises a :class:`qa.query.QueryFailure`."""
        self._places.enter()
        try:
            worker = self._told(self._request(query))
        except BaseException:
            self._places.leave()
            raise
        arriving = Arriving(self.limits.megabytes << 20)
        try:
            self._receive(worker, arriving, time.monotonic() + self.limits.seconds)
        finally:
            self._finished(worker, arriving.ended and not arriving.slow and not isinstance(arriving.failure, Exhausted))
        body = arriving.file()
        return Reply(arriving.media, arriving.cut, arriving.length, body)

    async def answer(self, query: Query) -> Arriving:
        """The result of ``query``, on its way; to be closed. Raises :class:`qa.query.Busy`; other failures are in what arrives."""
        request = self._request(query)
        await self._places.join()
        try:
            worker = self._told_at_once(request) or await self._told_soon(request)
        except BaseException:
            self._places.leave()
            raise
        arriving = Arriving(self.limits.megabytes << 20)
        _Watch(worker, arriving, self.limits.seconds, self._finished)
        return arriving

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
        self._forks.shutdown(wait=False)

    def _request(self, query: Query) -> bytes:
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
        return frame(QUERY, json.dumps(request).encode())

    def _receive(self, worker: _Worker, arriving: Arriving, deadline: float) -> None:
        heavy = deadline - self.limits.seconds + HEAVY
        while not arriving.ended:
            if wait([worker.connection], max(0.0, (deadline if arriving.slow else min(heavy, deadline)) - time.monotonic())):
                data = worker.receive()
                if data:
                    arriving.feed(data)
                else:
                    arriving.fail(Exhausted(_DIED))
            elif time.monotonic() >= deadline:
                arriving.fail(late(self.limits.seconds))
            else:
                worker.yield_()
                arriving.slow = True

    def _finished(self, worker: _Worker, healthy: bool) -> None:
        """Take back ``worker``; it is used again where it is ``healthy``."""
        self._busy.discard(worker)
        if healthy and not self._closed:
            self._free.append(worker)
        else:
            worker.end()
        self._places.leave()

    def _told_at_once(self, request: bytes) -> _Worker | None:
        """A free worker that has taken ``request``, where there is one and nobody need wait for it."""
        if len(request) > SMALL:
            return None
        with contextlib.suppress(IndexError):
            worker = self._free.pop()
            if worker.tell(request):
                self._busy.add(worker)
                return worker
            worker.end()
        return None

    async def _told_soon(self, request: bytes) -> _Worker:
        """As :meth:`_told`, in a thread: a worker may have to be forked."""
        if self._closed:
            raise Busy(_NO_WORKER)
        telling = self._forks.submit(self._told, request)
        try:
            return await asyncio.wrap_future(telling)
        except asyncio.CancelledError:
            telling.add_done_callback(_end_told)
            raise

    def _told(self, request: bytes) -> _Worker:
        """A worker that has taken ``request``; those that died while nobody asked them are passed over. Raises :class:`qa.query.Busy`."""
        for _ in range(self.limits.workers + 1):
            worker = self._take()
            if worker.tell(request):
                self._busy.add(worker)
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


def _end_told(telling: Future[_Worker]) -> None:
    if not telling.cancelled() and telling.exception() is None:
        telling.result().end()


def late(seconds: float) -> TimedOut:
    """The failure of a query at its time limit."""
    return TimedOut(f"查询超过{seconds:g}秒的时限，已经停止。请缩小范围或者加上 LIMIT。")
