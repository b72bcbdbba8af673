"""Long work that its owner can stop from elsewhere. Imports no stage."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

KEPT: Final = 300.0
"""Seconds for which a stop is kept for work that has not begun."""
LATE: Final = 2.0
"""Seconds after the end of work in which a stop is taken to have been meant for it."""


class Stopped(Exception):
    """The work was stopped by the one who asked for it."""


class Stop:
    """Whether one piece of work is to stop, and how it is made to where it only waits. Used from two threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end: Callable[[], object] | None = None
        self.stopped = False

    def __call__(self) -> None:
        """Stop the work."""
        with self._lock:
            self.stopped = True
            if self._end:
                self._end()

    def check(self) -> None:
        """Raise :class:`Stopped` if the work is to stop; called from time to time by the work itself."""
        if self.stopped:
            raise Stopped

    @contextmanager
    def by(self, end: Callable[[], object]) -> Iterator[None]:
        """While the block runs, stopping calls ``end``: at once where it was stopped before."""
        with self._lock:
            self._end = end
            if self.stopped:
                end()
        try:
            yield
        finally:
            with self._lock:
                self._end = None


class Stops:
    """The work under way of each visitor, by the name of their session. Safe to share between threads.

    Work waits for its turn, and a stop does not: one that comes before the work has begun is kept for it, unless it comes right after other work of
    that visitor has ended, which it was meant for then.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, list[Stop]] = {}
        self._asked: dict[str, float] = {}
        self._ended: dict[str, float] = {}

    @contextmanager
    def running(self, visitor: str) -> Iterator[Stop]:
        """What may stop the work of the block."""
        stop = Stop()
        with self._lock:
            self._running.setdefault(visitor, []).append(stop)
            stop.stopped = self._asked.pop(visitor, float("-inf")) > time.monotonic() - KEPT
        try:
            yield stop
        finally:
            with self._lock:
                self._running[visitor].remove(stop)
                if not self._running[visitor]:
                    del self._running[visitor]
                    self._ended = _since(self._ended, LATE) | {visitor: time.monotonic()}

    def stop(self, visitor: str) -> None:
        """Stop everything that this visitor has under way, or that waits for its turn."""
        with self._lock:
            running = tuple(self._running.get(visitor, ()))
            self._asked, self._ended = _since(self._asked, KEPT), _since(self._ended, LATE)
            if not running and visitor not in self._ended:
                self._asked[visitor] = time.monotonic()
        for stop in running:
            stop()


def _since(times: dict[str, float], seconds: float) -> dict[str, float]:
    """Those of ``times`` that are not longer ago than ``seconds``."""
    earliest = time.monotonic() - seconds
    return {name: at for name, at in times.items() if at > earliest}
