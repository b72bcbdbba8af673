"""Shards judged by the workers of a Dask cluster. The only user of ``distributed`` (``pip install 'guizhi[cluster]'``).

A task is complete in itself: a shard and the rules it is judged by, compressed. So a worker needs no build and no file of ours, and a worker
that dies loses nothing: the scheduler holds its tasks and gives them to another. What a worker needs is the same program, which is checked
before the first task and in every one.
"""

from __future__ import annotations

import hashlib
import logging
import pickle
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from qa.shard_models import Shard
from qa.validate_models import JudgeAll, JudgeError, Result

if TYPE_CHECKING:
    from distributed import Client, Future

PATIENCE: Final = 30.0
"""Seconds for the scheduler to answer, and for a first worker to be there."""
ALONE: Final = 60.0
"""Seconds without any worker after which a check is given up."""
_LOOK: Final = 5.0
_AHEAD: Final = 2
"""Tasks of each thread of the cluster that are under way at a time."""
_PROGRAM: Final = (
    *("calendar", "day_facts", "judge", "models", "register_models", "rulebook", "shacl", "shacl_models"),
    *("shard_models", "terms", "validate_models"),
)
"""The modules that a worker judges with."""


def judge_cluster(address: str) -> JudgeAll:
    """A way to judge shards by the cluster whose scheduler is at ``address`` (``tcp://host:8786``).

    What it yields raises :class:`qa.validate_models.JudgeError`: the scheduler or its workers cannot be reached, run another program, or die
    again and again.
    """
    return partial(_judged, address)


def _judged(address: str, judge: Callable[[Shard], list[Result]], shards: Iterable[Shard]) -> Iterator[list[Result]]:
    from distributed import KilledWorker

    with _connected(address) as client:
        _compare(address, client)
        waiting: deque[Future] = deque()
        try:
            for shard in shards:
                task = zlib.compress(pickle.dumps((judge, shard), protocol=5), 1)
                waiting.append(client.submit(_run, task, fingerprint(), pure=False))
                while len(waiting) >= max(1, _AHEAD * sum(client.nthreads().values())):
                    yield _result(address, client, waiting.popleft())
            while waiting:
                yield _result(address, client, waiting.popleft())
        except KilledWorker as error:
            raise JudgeError(f"集群 {address} 的工作进程核对同一批记录时一再意外结束，多半是内存不够；请给每个工作进程留 1 GB") from error


@cache
def fingerprint() -> str:
    """What tells one version of the judging program from another: its source, and the version of its query engine."""
    digest = hashlib.sha256(metadata.version("pyoxigraph").encode())
    for name in _PROGRAM:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def _run(task: bytes, expected: str) -> list[Result]:
    """On a worker: judge the shard in ``task``."""
    if fingerprint() != expected:
        raise JudgeError("有工作进程的规知是另一个版本")
    judge, shard = pickle.loads(zlib.decompress(task))
    results: list[Result] = judge(shard)
    return results


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    try:
        from distributed import Client
    except ImportError as error:
        raise JudgeError("要用集群，请先安装：pip install 'guizhi[cluster]'") from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is said in one sentence
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:  # TimeoutError is an OSError
        raise JudgeError(f"连不上集群 {address}；请确认调度进程（dask scheduler）在运行，地址形如 tcp://主机:8786") from error
    with client:
        yield client


def _compare(address: str, client: Client) -> None:
    """Raise unless there are workers and each runs our program."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        raise JudgeError(f"集群 {address} 没有工作进程；请先启动（dask worker {address}）") from error
    said: dict[str, Any] = client.run(fingerprint, on_error="return")
    if others := sorted(worker for worker, answer in said.items() if answer != fingerprint()):
        raise JudgeError(
            f"集群的工作进程 {'、'.join(others)} 没有安装规知，或者是另一个版本；请安装同一版本（规知 {metadata.version('guizhi')}）"
        )


def _result(address: str, client: Client, future: Future) -> list[Result]:
    """The result of ``future``, however long it takes while there is a worker."""
    from distributed.client import FutureCancelledError

    seen = time.monotonic()
    while True:
        try:
            results: list[Result] = future.result(timeout=_LOOK)
            return results
        except JudgeError as error:
            raise JudgeError(f"集群 {address}：{error}；请安装同一版本（规知 {metadata.version('guizhi')}）") from error
        except FutureCancelledError as error:
            raise JudgeError(f"集群 {address} 中断了；什么也没有写，请重新核对") from error
        except TimeoutError as error:
            seen = time.monotonic() if client.nthreads() else seen
            if time.monotonic() - seen > ALONE:
                raise JudgeError(f"集群 {address} 的工作进程都不在了；什么也没有写，请重新启动后再核对") from error
