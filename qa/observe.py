"""Watching the service at work: every request and every question is counted and logged, without their words."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.contract import Asking
from qa.journal import log
from qa.metrics import Metrics, place_of
from qa.models import Answer
from qa.problems import INCIDENT


class Observed:
    """An ASGI application that counts and logs what ``app`` answers."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, size = time.perf_counter(), 500, 0

        async def watched(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            size += len(message.get("body", b""))
            await send(message)

        with self._metrics.running.track_inprogress():
            try:
                await self._app(scope, receive, watched)
            except Exception:
                if INCIDENT not in scope:  # what has been logged already is not for the server to report once more
                    raise
            finally:
                self._note(scope, status, size, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, size: int, seconds: float) -> None:
        method, path = scope["method"], scope["path"]
        self._metrics.request(path, method, status, seconds)
        page = path == "/" or place_of(path) != "/"  # the rest is what a page loads: scripts, fonts, events
        level = logging.INFO if page or status >= 400 else logging.DEBUG
        if log().isEnabledFor(level):
            client = (scope.get("client") or ("",))[0]
            noted = {
                "method": method,
                "path": path[:200],
                "status": status,
                "bytes": size,
                "ms": round(seconds * 1000, 1),
                "client": client,
            }
            log().log(level, "request", extra=noted)


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
