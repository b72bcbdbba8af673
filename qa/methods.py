"""What a path of ours says to a method that it does not have: HEAD is answered like GET, anything else with 405 and ``Allow``.

It has to be asked before the page, which is mounted at ``/`` and would take every request that no route fits whole (RFC 9110, sections 9.1
and 15.5.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Message, Receive, Scope, Send

from qa.problems import Problem

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class OtherMethods(BaseRoute):
    """Takes the requests that one of ``routes`` would take with another method."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._routes = tuple(routes)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Full where the path is known and the method is not."""
        known = scope["type"] == "http" and any(route.matches(scope)[0] is Match.PARTIAL for route in self._routes)
        return (Match.FULL if known else Match.NONE), {}

    def url_path_for(self, name: str, /, **path_params: object) -> NoMatchFound:  # type: ignore[override]  # it has no address of its own
        """Raises :class:`NoMatchFound`."""
        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the module says."""
        got = self._route(scope, "GET")
        if got and scope["method"] == "HEAD":
            asked = {**scope, "method": "GET"}
            await got.handle({**asked, **got.matches(asked)[1]}, receive, _headless(send))
            return
        allowed = [method for method in METHODS if self._route(scope, method) or (method == "HEAD" and got)]
        await Problem(405, "这个地址不接受这种方法。", {"Allow": ", ".join(allowed)}).response()(scope, receive, send)

    def _route(self, scope: Scope, method: str) -> BaseRoute | None:
        """The route that takes the request with ``method``."""
        asked = {**scope, "method": method}
        return next((route for route in self._routes if route.matches(asked)[0] is Match.FULL), None)


def _headless(send: Send) -> Send:
    async def bodiless(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return bodiless
