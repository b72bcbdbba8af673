"""The query operation of SPARQL 1.1 Protocol (W3C Recommendation, 21 March 2013) over a :class:`qa.pool.Pool`.

Beyond the protocol: ``format=json|xml|csv|tsv|ttl|nt|rdf|jsonld`` in place of ``Accept``; ``format=excel`` for CSV with a byte order mark; a
request without a query is answered with the service description. The default graph is the union of the named graphs unless the request
or the query names one. A result that is not soon complete is sent while the query runs (:mod:`qa.outlet`). One cut at the limit of rows says
so in the header ``Guizhi-Truncated`` or, where that had been sent by then, at its end.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from qa import catalogue, negotiate
from qa.arriving import Arriving
from qa.guard import plain
from qa.origins import EVERY, Origins
from qa.pool import Pool
from qa.problems import SMALL, Problem, left, read_body, stopping
from qa.query import Abandoned, Busy, Exhausted, Forbidden, Malformed, NotAcceptable, Query, QueryFailure, TimedOut, Unreachable

PATH: Final = "/sparql"
METHODS: Final = ("GET", "HEAD", "POST", "OPTIONS")
MAX_BODY: Final = 1 << 20
TRUNCATED: Final = "Guizhi-Truncated"
_EXPOSED: Final = f"{TRUNCATED}, Retry-After"
FORM: Final = "application/x-www-form-urlencoded"
DIRECT: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"
_ALLOW: Final = ", ".join(METHODS)
_MOST_FIELDS: Final = 200
_QUICK: Final = 0.02
"""Seconds in which a small query is answered, however many are asked at once."""
_BOM: Final = "\ufeff".encode()


class Endpoint:
    """The ASGI application at :data:`PATH`. Pages of ``origins`` may read its answers (:class:`qa.origins.Origins`)."""

    def __init__(self, pool: Pool, origins: str = EVERY) -> None:
        self._pool, self._origins = pool, Origins(origins, _EXPOSED)

    def close_to_others(self) -> None:
        """Let no page but our own read answers from now on: there are data now that are not public."""
        self._origins = Origins("", _EXPOSED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self.answer(_serve, Request(scope, receive), send)

    async def description(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The same, at the addresses of the data set's description."""
        await self.answer(_described, Request(scope, receive), send)

    async def answer(self, serve: Callable[[Pool, Request], Awaitable[Response]], request: Request, send: Send) -> None:
        """Send what ``serve`` makes of ``request``, or the problem that it has with it."""
        try:
            response = await serve(self._pool, request)
        except Problem as problem:
            response = problem.response()
        except asyncio.CancelledError:  # the service has been told to stop and waits no longer
            response = stopping().response()
        response.raw_headers += [(b"vary", b"Accept"), *self._origins.headers(request.headers.get("origin"))]
        await response(request.scope, request.receive, send)


def routes(endpoint: Endpoint) -> list[Route]:
    """``/sparql`` and the addresses of the data set's description."""

    class Description:
        """To a route, a function would be an endpoint of another kind."""

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await endpoint.description(scope, receive, send)

    described = [Route(path, Description(), methods=["GET", "HEAD"]) for path in catalogue.PATHS]
    return [*(Route(path, endpoint) for path in (PATH, PATH + "/")), *described]


async def answer(pool: Pool, query: Query, request: Request, *, excel: bool = False) -> Response:
    """The response to ``query``. Raises :class:`qa.problems.Problem`."""
    try:
        arriving = await pool.answer(query)
        if not arriving.checked():
            await _begun(arriving, request)
    except QueryFailure as failure:
        raise problem(failure) from failure
    if pool.express and arriving.ended and arriving.took < _QUICK and plain(query.text):
        request.scope.get(SMALL, _nothing)(pool.express, query.accept)
    return _Answer(arriving, pool.limits.rows, excel=excel)


def _nothing(*_: object) -> None:
    """Where the server does not ask."""


async def _begun(arriving: Arriving, request: Request) -> None:
    """Until the answer may be sent. A query that nobody waits for any longer is stopped."""
    gone: asyncio.Task[None] | None = None
    try:
        while not arriving.checked():
            if arriving.slow and not gone:
                gone = asyncio.create_task(_gone(arriving, request))
            await arriving.more()
    except BaseException:
        arriving.close()
        raise
    finally:
        if gone:
            gone.cancel()


async def _gone(arriving: Arriving, request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    arriving.close()
    arriving.fail(Abandoned("没有人等这个查询了。"))


def problem(failure: QueryFailure) -> Problem:
    """The problem document that says why a query failed."""
    match failure:
        case Malformed():
            return Problem(400, str(failure), line=failure.line, column=failure.column)
        case Forbidden():
            return Problem(403, str(failure))
        case NotAcceptable():
            return Problem(406, str(failure), offered=list(failure.offered))
        case Unreachable():
            return Problem(502, str(failure))
        case Abandoned():
            return left()
        case Busy():
            return Problem(503, str(failure), {"Retry-After": "2"})
        case TimedOut():
            return Problem(504, str(failure))
        case Exhausted():
            return Problem(507, str(failure))
    return Problem(500, str(failure))


async def _serve(pool: Pool, request: Request) -> Response:
    if request.method not in METHODS:
        raise Problem(405, "只接受 GET、HEAD、POST 和 OPTIONS。", {"Allow": _ALLOW})
    if request.method == "OPTIONS":
        allowed = {
            "Access-Control-Allow-Methods": _ALLOW,
            "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type",
            "Access-Control-Max-Age": "86400",
        }
        return Response(None, 204, {"Allow": _ALLOW} | allowed)
    fields = _fields(request.scope["query_string"])
    if request.method == "POST":
        fields += await _posted(request)
    if any(name == "update" for name, _ in fields):
        raise Problem(403, "这里只能查询，不能修改数据（SPARQL Update）。")
    accept, excel = _wanted(fields, request.headers.get("accept"))
    texts = [value for name, value in fields if name == "query"]
    if not texts and request.method != "POST":
        return await _describe(pool, request, accept)
    if len(texts) != 1:
        raise Problem(400, f"应当恰好有一个参数 query，现在有{len(texts)}个。")
    graphs = {name: tuple(v for n, v in fields if n == name) for name in ("default-graph-uri", "named-graph-uri")}
    return await answer(pool, Query(texts[0], accept, graphs["default-graph-uri"], graphs["named-graph-uri"]), request, excel=excel)


async def _posted(request: Request) -> list[tuple[str, str]]:
    """The fields that the body of a POST carries."""
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    media = media.strip().lower()
    if media == UPDATE:
        raise Problem(403, "这里只能查询，不能修改数据（SPARQL Update）。")
    if media not in (FORM, DIRECT):
        raise Problem(415, f"正文的类型应为 {FORM} 或 {DIRECT}。", {"Accept-Post": f"{FORM}, {DIRECT}"})
    if "charset" in parameters.lower() and "utf-8" not in parameters.lower():
        raise Problem(415, "正文的编码应为 UTF-8。")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "正文不能压缩（Content-Encoding）。", {"Accept-Encoding": "identity"})
    body = await read_body(request, MAX_BODY)
    if media == FORM:
        return _fields(body)
    try:
        return [("query", body.decode("utf-8"))]
    except UnicodeDecodeError as error:
        raise Problem(400, "正文不是有效的 UTF-8。") from error


def _fields(encoded: bytes) -> list[tuple[str, str]]:
    """The names and values in a query string or form. Raises :class:`Problem` 400 where they are not UTF-8."""
    pairs = [pair for pair in encoded.replace(b"+", b" ").split(b"&") if pair]
    try:
        if len(pairs) > _MOST_FIELDS:
            raise ValueError(len(pairs))
        split = (pair.partition(b"=") for pair in pairs)
        return [(unquote_to_bytes(name).decode(), unquote_to_bytes(value).decode()) for name, _, value in split]
    except ValueError as error:
        raise Problem(400, "参数不是有效的 UTF-8，或者太多。") from error


def _wanted(fields: Sequence[tuple[str, str]], accept: str | None) -> tuple[str | None, bool]:
    """What stands for the ``Accept`` header, and whether CSV is for a spreadsheet."""
    name = next((value for name, value in fields if name == "format"), None)
    if name is None:
        return accept, False
    if name != "excel" and name not in negotiate.SHORT:
        raise Problem(406, "format 应为其中之一：" + "、".join(["excel", *negotiate.SHORT]))
    return negotiate.SHORT["csv" if name == "excel" else name], name == "excel"


async def _describe(pool: Pool, request: Request, accept: str | None) -> Response:
    """The service description (SPARQL 1.1 Service Description); for a browser the page where queries are written."""
    if negotiate.choose(accept, [negotiate.TURTLE, "text/html"]) == "text/html":
        return RedirectResponse("/?tab=sparql", 303)
    return await _described(pool, request, accept)


async def _described(pool: Pool, request: Request, accept: str | None = None) -> Response:
    root = str(request.base_url)
    query = catalogue.description(root, root.rstrip("/") + PATH, accept or request.headers.get("accept"))
    return await answer(pool, query, request)


def _headers(excel: bool) -> dict[str, str]:
    return {"Content-Disposition": 'attachment; filename="guizhi.csv"'} if excel else {}


class _Answer(Response):
    """A result: whole where it is complete, in chunks where it is still coming.

    An answer that dies midway breaks off: the connection closes without the last chunk (RFC 9112, section 8), which no client takes for a whole one;
    what was the matter is the last line of what came.
    """

    def __init__(self, arriving: Arriving, limit: int, *, excel: bool) -> None:
        headers = _headers(excel)
        if arriving.cut:
            headers[TRUNCATED] = f"rows={limit}"
        super().__init__(None, 200, headers | {"Content-Length": str(arriving.length + len(_BOM) * excel)}, arriving.media)
        if not arriving.ended or arriving.failure:
            del self.headers["Content-Length"]
        self._arriving, self._lead = arriving, _BOM if excel else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        with contextlib.closing(self._arriving) as arriving:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body"})
            elif (whole := arriving.whole()) is not None:
                await send({"type": "http.response.body", "body": self._lead + whole})
            elif arriving.ended:
                await self._pieces(send)
            else:
                gone = asyncio.create_task(_gone(arriving, Request(scope, receive)))
                try:
                    await self._pieces(send)
                finally:
                    gone.cancel()

    async def _pieces(self, send: Send) -> None:
        lead = self._lead
        try:
            async for piece in self._arriving.pieces():
                await send({"type": "http.response.body", "body": lead + piece, "more_body": True})
                lead = b""
        except QueryFailure as failure:
            await send({"type": "http.response.body", "body": f"\n# {failure}\n".encode(), "more_body": True})
        else:
            await send({"type": "http.response.body", "body": lead})
