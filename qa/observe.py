"""Watching the service at work: every request and every question is counted and logged, without their words."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import partial

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.contract import Asking
from qa.journal import log
from qa.metrics import Metrics, place_of
from qa.models import Answer
from qa.problems import BREAK, INCIDENT, LEFT, NOTED, stopping


class Observed:
    """An ASGI application that counts and logs what ``app`` answers."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, sent = time.perf_counter(), _Sent(send)
        scope[NOTED] = partial(self._like, scope)

        async def heard() -> Message:
            message = await receive()
            sent.left = sent.left or (message["type"] == "http.disconnect" and not sent.begun)
            return message

        with self._metrics.running.track_inprogress():
            try:
                await self._app(scope, heard, sent)
            except Exception:
                if INCIDENT not in scope:  # what has been logged already is not for the server to report once more
                    raise
            except asyncio.CancelledError:  # the service has been told to stop and waits no longer
                if not sent.begun:
                    await stopping().response()(scope, receive, sent)
            finally:
                self._note(scope, sent, time.perf_counter() - started)
        if sent.begun and not sent.whole:
            scope.get(BREAK, _nothing)()

    def _like(self, scope: Scope, seconds: float, size: int) -> None:
        """Note a request like that of ``scope``, answered whole and well by somebody else."""
        self._note(scope, _Sent.done(size), seconds)

    def _note(self, scope: Scope, sent: _Sent, seconds: float) -> None:
        method, path, status = scope["method"], scope["path"], LEFT if sent.left else sent.status
        self._metrics.request(path, method, status, seconds)
        page = path == "/" or place_of(path) != "/"  # the rest is what a page loads: scripts, fonts, events
        level = logging.INFO if page or status >= 400 else logging.DEBUG
        if log().isEnabledFor(level):
            client = (scope.get("client") or ("",))[0]
            noted = {
                "method": method,
                "path": path[:200],
                "status": status,
                "bytes": sent.size,
                "ms": round(seconds * 1000, 1),
                "client": client,
            }
            log().log(level, "request", extra=noted if sent.whole else noted | {"complete": False})


class _Sent:
    """What goes out of one answer: its status, its bytes, whether it has ``begun``, and whether it is ``whole``: not where it broke off, or its client left
    while it was being made. ``left``: the client did before it had begun, and what is sent all the same reaches nobody."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status, self.size, self.begun, self.whole, self.left = 500, 0, False, False, False

    @classmethod
    def done(cls, size: int) -> _Sent:
        """A whole answer of ``size`` bytes, which has been sent."""
        sent = cls(_never)
        sent.status, sent.size, sent.begun, sent.whole = 200, size, True, True
        return sent

    async def __call__(self, message: Message) -> None:
        """Send ``message`` on."""
        if message["type"] == "http.response.start":
            self.status, self.begun = message["status"], True
        elif message["type"] == "http.response.body":
            self.size += len(message.get("body", b""))
            self.whole = not message.get("more_body", False)
        await self._send(message)


async def _never(_: Message) -> None:
    """Nothing more is sent of it."""


def _nothing() -> None:
    """Where the server has no way of its own to break an answer off, it does so by reporting a fault."""


class ObservedAsking:
    """Answers as ``answerer`` does; every question is counted, and logged with its words only where ``words`` says so."""

    def __init__(self, answerer: Asking, metrics: Metrics, *, words: bool = False) -> None:
        self._answerer, self._metrics, self._words = answerer, metrics, words

    def ask(self, question: str, history: Sequence[str] = (), *, explain: bool = False) -> Answer:
        """The answer to ``question`` after the questions of ``history``."""
        answer = self._answerer.ask(question, history, explain=explain)
        self._metrics.question(answer)
        noted = {"status": answer.status.value, "confidence": answer.confidence, "ms": answer.elapsed_ms}
        noted |= {"refusal": answer.refusal.value} if answer.refusal else {}
        log().info("question", extra=noted | ({"question": question, "answer": answer.answer} if self._words else {}))
        return answer
