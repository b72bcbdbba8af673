"""Long work that its owner can stop from elsewhere. Imports no stage."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


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
    """The work under way of each visitor, by the name of their session. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, list[Stop]] = {}

    @contextmanager
    def running(self, visitor: str) -> Iterator[Stop]:
        """What may stop the work of the block."""
        stop = Stop()
        with self._lock:
            self._running.setdefault(visitor, []).append(stop)
        try:
            yield stop
        finally:
            with self._lock:
                self._running[visitor].remove(stop)
                if not self._running[visitor]:
                    del self._running[visitor]

    def stop(self, visitor: str) -> None:
        """Stop everything that this visitor has under way."""
        with self._lock:
            running = tuple(self._running.get(visitor, ()))
        for stop in running:
            stop()
