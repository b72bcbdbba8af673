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
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import wait
from pathlib import Path
from typing import Final, Self

from qa.arriving import Arriving, nothing
from qa.express import Express
from qa.frames import QUERY, frame
from qa.nursery import Nursery, Worker
from qa.places import Places
from qa.query import Busy, Exhausted, Limits, Query, Reply, TimedOut
from qa.stop import Stop

HEAVY: Final = 1.0
"""Seconds after which a query is taken to have used much memory, so that its worker is not used again, and lets lighter ones go first."""
SMALL: Final = 1 << 16
"""Bytes that a worker's socket takes without anybody waiting for the worker."""
_DESKS: Final = 4
"""Processes for connections that ask small queries, at most."""
_DIED: Final = "查询需要的内存或者嵌套的层数超出上限，已经停止。请缩小范围或者加上 LIMIT。"
_NO_WORKER: Final = "查询进程无法启动，请稍后再试。"


class _Attended:
    """A worker that an event loop listens to, query after query; ``done`` takes it back, and is told whether it is as new."""

    def __init__(self, worker: Worker, seconds: float, done: Callable[[_Attended, bool], None]) -> None:
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
    """Up to ``limits.workers`` workers over the N-Quads file ``graph``, and named graphs beside it. Close it, or use it as a context manager."""

    def __init__(self, graph: Path, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._graph = graph.resolve()
        self._free: list[Worker] = []
        self._ready: list[_Attended] = []
        self._busy: set[Worker] = set()
        self._places = Places(self.limits.workers, self.limits.queue, self.limits.wait)
        self._lock = threading.Lock()
        self._closed = False
        self._more: Mapping[str, Path] = {}
        self._data = 0
        self._replacing = threading.Lock()
        self._nursery: Nursery | None = Nursery(self._graph, {}, self.limits.megabytes)
        self._forks = ThreadPoolExecutor(1, "guizhi-fork")
        self.express = (
            Express(self._fork_express, self._forks.submit, min(os.cpu_count() or 1, _DESKS), self.limits.rows)
            if sys.platform == "linux"
            else None
        )
        """What takes connections that ask one small query after another."""

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
            killed = stop.stopped or isinstance(arriving.failure, Exhausted)  # a stop may come when the answer is already here
            self._finished(worker, arriving.ended and not arriving.slow and not killed)
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

    def _fork_express(self) -> socket.socket:
        with self._lock:
            if self._nursery is None:
                raise OSError("closed")
            return self._nursery.fork_express()

    def replace(self, more: Mapping[str, Path]) -> None:
        """Answer from now on over the graph and ``more``, N-Triples files by the IRI of their named graph, which must stay as long as they are used.

        Blocks until they are loaded. Queries under way end over the data that they began with, and others wait for nothing. Raises
        :class:`qa.query.Busy` where they cannot be loaded; the data are then what they were. Not for a folder.
        """
        with self._replacing:
            nursery = Nursery(self._graph, more, self.limits.megabytes)
            try:
                first = nursery.fork(self._data + 1)  # whoever can fork has loaded
            except OSError as error:
                nursery.end()
                raise Busy("查询进程装不下这些数据，数据没有改变。") from error
            with self._lock:
                if self._closed:
                    first.end()
                    nursery.end()
                    raise Busy(_NO_WORKER)
                before, self._nursery = self._nursery, nursery
                self._more, self._data = dict(more), self._data + 1
                self._free.append(first)
            if before:
                before.end()
            self._dismiss()
            if self.express:
                self.express.renew()

    def _dismiss(self) -> None:
        """End the idle workers over former data. One that is overlooked ends when it is taken."""
        for attended in tuple(self._ready):
            if attended.worker.data != self._data:
                attended.worker.kill()  # its event loop, to which it belongs, sees it go
        for worker in tuple(self._free):
            if worker.data != self._data:
                with contextlib.suppress(ValueError):
                    self._free.remove(worker)
                    worker.end()

    def close(self) -> None:
        """End every worker and the nursery; queries under way fail."""
        if self.express:
            self.express.close()
        with self._lock:
            self._closed = True
            workers, self._free = self._free, []
            ready, self._ready = self._ready, []
            for worker in (*workers, *(attended.worker for attended in ready)):
                worker.kill()
            for worker in tuple(self._busy):
                worker.kill()
            if self._nursery:
                self._nursery.end()
            self._nursery = None
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

    def _receive(self, worker: Worker, arriving: Arriving, deadline: float) -> None:
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

    def _finished(self, worker: Worker, healthy: bool) -> None:
        """Take back ``worker``; it is used again where it is ``healthy``."""
        self._busy.discard(worker)
        if healthy and self._is_current(worker) and len(self._free) < self.limits.workers:
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
        if healthy and self._is_current(attended.worker) and len(self._ready) < self.limits.workers:
            self._ready.append(attended)
        else:
            attended.leave()
        self._places.leave()

    def _is_current(self, worker: Worker) -> bool:
        """Whether ``worker`` may take another query."""
        return not self._closed and worker.data == self._data

    def _told_at_once(self, request: bytes) -> _Attended | None:
        """A worker that this event loop listens to and that has taken ``request``, where there is one and nobody need wait for it."""
        loop = asyncio.get_running_loop()
        while self._ready and len(request) <= SMALL:
            attended = self._ready.pop()
            if attended.loop is loop and attended.worker.data == self._data and attended.worker.tell(request):
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

    def _told(self, request: bytes) -> Worker:
        """A worker that has taken ``request``; those that died while nobody asked them are passed over. Raises :class:`qa.query.Busy`."""
        for _ in range(self.limits.workers + 1):
            worker = self._take()
            if worker.tell(request):
                return worker
            worker.end()
        raise Busy(_NO_WORKER)

    def _take(self) -> Worker:
        with contextlib.suppress(IndexError):
            while (worker := self._free.pop()).data != self._data:
                worker.end()
            return worker
        with self._lock:
            for _ in range(2):
                if self._nursery is None:
                    break
                try:
                    return self._nursery.fork(self._data)
                except OSError:  # it has gone: start another
                    self._nursery.end()
                    self._nursery = Nursery(self._graph, self._more, self.limits.megabytes)
        raise Busy(_NO_WORKER)


def _end_told(telling: Future[Worker]) -> None:
    if not telling.cancelled() and telling.exception() is None:
        telling.result().end()


def late(seconds: float) -> TimedOut:
    """The failure of a query at its time limit."""
    return TimedOut(f"查询超过{seconds:g}秒的时限，已经停止。请缩小范围或者加上 LIMIT。")
