"""Shards judged by processes of this machine: as many at a time as there are processes, so that memory does not grow with the registers."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import chain, islice

from qa.shard_models import Shard
from qa.validate_models import JudgeAll, JudgeError, Result

Judge = Callable[[Shard], list[Result]]
_kept: Judge | None = None
"""In a process of the pool: what judges its shards."""


def processes() -> int:
    """How many processes are used unless somebody says otherwise: two, or one where there is one core. Each holds one shard."""
    return min(2, os.cpu_count() or 1)


def judge_pool(count: int) -> JudgeAll:
    """A way to judge shards by ``count`` processes; one process, or a single shard, is judged here.

    What it yields raises :class:`qa.validate_models.JudgeError` where a process dies. Closing it stops the processes.
    """
    return map if count < 2 else partial(_judged, count)


def _judged(count: int, judge: Judge, shards: Iterable[Shard]) -> Iterator[list[Result]]:
    left = iter(shards)
    first = list(islice(left, 2))
    if len(first) < 2:
        yield from map(judge, first)
        return
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _keep, (judge,))
    waiting: deque[Future[list[Result]]] = deque()
    try:
        for shard in chain(first, left):
            waiting.append(pool.submit(_run, shard))
            del shard  # else two more would be held here than are judged
            if len(waiting) > count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise JudgeError("核对用的进程意外结束，多半是内存不够；请用 --processes 1，或者关掉别的程序再核对") from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _keep(judge: Judge) -> None:
    global _kept
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us hears it, and stops us
    _kept = judge


def _run(shard: Shard) -> list[Result]:
    assert _kept is not None
    return _kept(shard)
