"""A bounded number of places, and a bounded queue of those that wait for one, first come first served; for threads and event loops alike."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from qa.query import Busy

_FULL: Final = "查询太多，暂时没有空闲的查询进程，请稍后再试。"


@dataclass(slots=True, eq=False)
class _Waiting:
    """One that waits; ``wake`` tells it that it has a place."""

    wake: Callable[[], object]
    admitted: bool = False


class Places:
    """``count`` places for which ``queue`` may wait, each up to ``seconds``. Whoever entered has to leave."""

    def __init__(self, count: int, queue: int, seconds: float) -> None:
        self._free, self._queue, self._seconds = count, queue, seconds
        self._waiting: deque[_Waiting] = deque()
        self._lock = threading.Lock()

    def enter(self) -> None:
        """Take a place; block until there is one. Raises :class:`qa.query.Busy`."""
        come = threading.Event()
        waiting = self._enter(come.set)
        if waiting and not come.wait(self._seconds):
            self._give_up(waiting)

    async def join(self) -> None:
        """As :meth:`enter`, in an event loop."""
        if self._taken():
            return
        loop = asyncio.get_running_loop()
        come = loop.create_future()

        def come_in() -> None:
            if not come.done():
                come.set_result(None)

        def wake() -> None:
            if asyncio._get_running_loop() is loop:
                come_in()
            else:
                loop.call_soon_threadsafe(come_in)

        waiting = self._enter(wake)
        if not waiting:
            return
        try:
            async with asyncio.timeout(self._seconds):
                await come
        except TimeoutError:
            self._give_up(waiting)
        except asyncio.CancelledError:
            if not self._withdraw(waiting):
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place to whoever has waited longest."""
        with self._lock:
            if not self._waiting:
                self._free += 1
                return
            following = self._waiting.popleft()
            following.admitted = True
        following.wake()

    def _taken(self) -> bool:
        """Whether there was a place to take."""
        with self._lock:
            taken = self._free > 0
            self._free -= taken
            return taken

    def _enter(self, wake: Callable[[], object]) -> _Waiting | None:
        """``None``: there is a place. Raises :class:`qa.query.Busy` where there is not even one to wait in."""
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            if len(self._waiting) >= self._queue:
                raise Busy(_FULL)
            waiting = _Waiting(wake)
            self._waiting.append(waiting)
            return waiting

    def _withdraw(self, waiting: _Waiting) -> bool:
        """Wait no longer; whether that was in time."""
        with self._lock:
            if not waiting.admitted:
                self._waiting.remove(waiting)
            return not waiting.admitted

    def _give_up(self, waiting: _Waiting) -> None:
        if self._withdraw(waiting):
            raise Busy(_FULL)
