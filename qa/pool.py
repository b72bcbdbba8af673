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

from qa.arriving import Arriving, nothing
from qa.frames import QUERY, frame
from qa.places import Places
from qa.query import Busy, Exhausted, Limits, Query, Reply, TimedOut
from qa.stop import Stop

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


class _Attended:
    """A worker that an event loop listens to, query after query; ``done`` takes it back, and is told whether it is as new."""

    def __init__(self, worker: _Worker, seconds: float, done: Callable[[_Attended, bool], None]) -> None:
        self.worker, self._seconds, self._done = worker, seconds, done
        self.loop = asyncio.get_running_loop()
        self._descriptor = worker.connection.fileno()
        self.loop.add_reader(self._descriptor, self._readable)
        self._arriving: Arriving | None = None
        self._timer: asyncio.TimerHandle | None = None

    def attend(self, arriving: Arriving) -> None:
        """Feed ``arriving`` from the worker, until that has ended, died or had its time."""
        self._arriving = arriving
        self._timer = self.loop.call_later(min(HEAVY, self._seconds), self._heavy)
        arriving.abandoned = self._stop

    def leave(self) -> None:
        """Listen no more, and end the worker."""
        if not self.loop.is_closed():
            self.loop.remove_reader(self._descriptor)
        self.worker.end()

    def _readable(self) -> None:
        data, arriving = self.worker.receive(), self._arriving
        if arriving is None:  # it died while nobody asked it
            self._stop()
            return
        if data:
            arriving.feed(data)
        else:
            arriving.fail(Exhausted(_DIED))
        if arriving.ended:
            self._stop(bool(data) and not arriving.slow and not isinstance(arriving.failure, Exhausted))

    def _heavy(self) -> None:
        assert self._arriving
        self.worker.yield_()
        self._timer = self.loop.call_later(max(0.0, self._seconds - HEAVY), self._late)
        self._arriving.slow = True
        self._arriving.wake()

    def _late(self) -> None:
        assert self._arriving
        self._arriving.fail(late(self._seconds))
        self._stop()

    def _stop(self, healthy: bool = False) -> None:
        if self._timer:
            self._timer.cancel()
        if self._arriving:
            self._arriving.abandoned = nothing
        self._arriving = self._timer = None
        self._done(self, healthy)


class Pool:
    """Up to ``limits.workers`` workers over the N-Quads file ``graph``. Close it, or use it as a context manager."""

    def __init__(self, graph: Path, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._graph = graph.resolve()
        self._free: list[_Worker] = []
        self._ready: list[_Attended] = []
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

    def run(self, query: Query, stop: Stop | None = None) -> Reply:
        """The whole result of ``query``; blocks until it is there. Raises a :class:`qa.query.QueryFailure`, and :class:`qa.stop.Stopped` where
        ``stop`` stopped it."""
        stop = stop or Stop()
        self._places.enter()
        try:
            worker = self._told(self._request(query))
        except BaseException:
            self._places.leave()
            raise
        self._busy.add(worker)
        arriving = Arriving(self.limits.megabytes << 20)
        try:
            with stop.by(worker.kill):
                self._receive(worker, arriving, time.monotonic() + self.limits.seconds)
        finally:
            self._finished(worker, arriving.ended and not arriving.slow and not isinstance(arriving.failure, Exhausted))
        if stop.stopped:
            arriving.close()
        stop.check()
        body = arriving.file()
        return Reply(arriving.media, arriving.cut, arriving.length, body)

    async def answer(self, query: Query) -> Arriving:
        """The result of ``query``, on its way; to be closed. Raises :class:`qa.query.Busy`; other failures are in what arrives."""
        request = self._request(query)
        await self._places.join()
        try:
            attended = self._told_at_once(request) or await self._told_soon(request)
        except BaseException:
            self._places.leave()
            raise
        self._busy.add(attended.worker)
        arriving = Arriving(self.limits.megabytes << 20)
        attended.attend(arriving)
        return arriving

    def close(self) -> None:
        """End every worker and the nursery; queries under way fail."""
        with self._lock:
            self._closed = True
            workers, self._free = self._free, []
            ready, self._ready = self._ready, []
            for worker in (*workers, *(attended.worker for attended in ready)):
                worker.kill()
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
        if healthy and not self._closed and len(self._free) < self.limits.workers:
            self._free.append(worker)
        else:
            worker.end()
        self._places.leave()

    def _attended(self, attended: _Attended, healthy: bool) -> None:
        """As :meth:`_finished`, for one that an event loop listens to."""
        if attended.worker not in self._busy:  # it was idle
            with contextlib.suppress(ValueError):
                self._ready.remove(attended)
            attended.leave()
            return
        self._busy.discard(attended.worker)
        if healthy and not self._closed and len(self._ready) < self.limits.workers:
            self._ready.append(attended)
        else:
            attended.leave()
        self._places.leave()

    def _told_at_once(self, request: bytes) -> _Attended | None:
        """A worker that this event loop listens to and that has taken ``request``, where there is one and nobody need wait for it."""
        loop = asyncio.get_running_loop()
        while self._ready and len(request) <= SMALL:
            attended = self._ready.pop()
            if attended.loop is loop and attended.worker.tell(request):
                return attended
            attended.leave()
        return None

    async def _told_soon(self, request: bytes) -> _Attended:
        """As :meth:`_told_at_once`, by a thread: a worker may have to be forked. Raises :class:`qa.query.Busy`."""
        if self._closed:
            raise Busy(_NO_WORKER)
        telling = self._forks.submit(self._told, request)
        try:
            return _Attended(await asyncio.wrap_future(telling), self.limits.seconds, self._attended)
        except asyncio.CancelledError:
            telling.add_done_callback(_end_told)
            raise

    def _told(self, request: bytes) -> _Worker:
        """A worker that has taken ``request``; those that died while nobody asked them are passed over. Raises :class:`qa.query.Busy`."""
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


def _end_told(telling: Future[_Worker]) -> None:
    if not telling.cancelled() and telling.exception() is None:
        telling.result().end()


def late(seconds: float) -> TimedOut:
    """The failure of a query at its time limit."""
    return TimedOut(f"查询超过{seconds:g}秒的时限，已经停止。请缩小范围或者加上 LIMIT。")
