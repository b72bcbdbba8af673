"""Queries over data that a SPARQL 1.1 server elsewhere holds: the same protocol, limits and formats, whatever that server is.

Each query is first run over no data at all in a worker of our own (:mod:`qa.pool`). That finds what is not SPARQL 1.1 (a server's own
pragmas and functions among it), what may not be asked (updates, SERVICE, files), and the format of the answer; only then is the server
asked. The time until its answer is bounded; that it stops working then is for its own settings (``docs/scale.md``).
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import httpx

from qa import results
from qa.arriving import SPOOL, Arriving
from qa.guard import Demand, complete, inspect, substitute
from qa.negotiate import GRAPHS, SOLUTIONS
from qa.pool import Pool, late
from qa.query import Busy, Exhausted, Forbidden, Limits, Malformed, Query, Reply, TimedOut, Unreachable
from qa.stop import Stop
from qa.terms import BASE, GRAPH, PREFIXES

Parameters = Sequence[tuple[str, str]]

_ASKED: Final = "application/sparql-results+json"
_TRIPLES: Final = "text/turtle, application/n-triples;q=0.9"
_GRAPHS: Final = f'SELECT DISTINCT ?g {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(STRSTARTS(STR(?g), "{GRAPH}")) }}'
_KEPT: Final = 60.0
"""Seconds for which the list of our graphs is kept."""


class Remote(Pool):
    """The server that answers queries at ``url``; ``login`` is ``name:password``, or empty."""

    def __init__(self, url: str, login: str = "", limits: Limits | None = None) -> None:
        super().__init__(Path(os.devnull), limits)
        self.express = None  # the data are there
        timeout = httpx.Timeout(self.limits.seconds, connect=min(5.0, self.limits.seconds))
        self._client = httpx.Client(timeout=timeout, auth=login_of(login), follow_redirects=False, trust_env=False)
        self._url = url
        self._asking = threading.BoundedSemaphore(self.limits.workers)
        self._dataset: tuple[float, Parameters] | None = None
        self._threads = ThreadPoolExecutor(self.limits.workers + self.limits.queue, "guizhi-remote")
        self._asked = 0

    def close(self) -> None:
        """End the workers and the connections."""
        super().close()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    async def answer(self, query: Query) -> Arriving:
        """The result of ``query``, whole; to be closed. Raises a :class:`qa.query.QueryFailure`."""
        if self._asked >= self.limits.workers + self.limits.queue:
            raise Busy("查询太多，请稍后再试。")
        self._asked += 1
        try:
            return Arriving.of(await asyncio.get_running_loop().run_in_executor(self._threads, self.run, query))
        finally:
            self._asked -= 1

    def run(self, query: Query, stop: Stop | None = None) -> Reply:
        """The result of ``query``. Raises a :class:`qa.query.QueryFailure`. ``stop`` works until the server is asked: that cannot be taken back."""
        screened = super().run(query, stop)
        screened.body.close()
        demand = inspect(query.text)
        if demand.disguised:
            raise Forbidden("不能用 SERVICE 查询其他服务器。")
        if not self._asking.acquire(timeout=self.limits.wait):
            raise Busy("查询太多，请稍后再试。")
        try:
            return self._ask(query, demand, screened.media)
        finally:
            self._asking.release()

    def _ask(self, query: Query, demand: Demand, media: str) -> Reply:
        deadline = time.monotonic() + self.limits.seconds
        graph = demand.form in ("CONSTRUCT", "DESCRIBE")
        dataset = [("default-graph-uri", g) for g in query.default] + [("named-graph-uri", g) for g in query.named]
        if not dataset and not demand.sources:
            dataset = [*self._ours(deadline)]
        with self._answer(_text(query), dataset, _TRIPLES if graph else _ASKED, deadline) as (given, answer):
            syntax = (GRAPHS if graph else SOLUTIONS)[media.partition(";")[0]]
            cut, content = _converted(answer, given, syntax, self.limits.rows, demand)
        body: IO[bytes] = tempfile.SpooledTemporaryFile(SPOOL)  # noqa: SIM115 - the receiver of the reply closes it
        body.write(content)
        body.seek(0)
        return Reply(media, cut, len(content), body)

    @contextmanager
    def _answer(self, text: str, dataset: Parameters, accept: str, deadline: float) -> Iterator[tuple[str, IO[bytes]]]:
        """The media type and the content of what the server answers."""
        form: dict[str, list[str]] = {"query": [text]}
        for name, value in dataset:
            form.setdefault(name, []).append(value)
        try:
            with (
                self._client.stream("POST", self._url, data=form, headers={"Accept": accept}) as response,
                tempfile.SpooledTemporaryFile(SPOOL) as content,
            ):
                _refused(response)
                for piece in response.iter_bytes():
                    if time.monotonic() > deadline:
                        raise httpx.ReadTimeout("deadline")
                    if content.tell() > self.limits.megabytes << 20:
                        raise Exhausted("结果超出内存上限，已经停止。请缩小范围或者加上 LIMIT。")
                    content.write(piece)
                content.seek(0)
                yield response.headers.get("content-type", "").partition(";")[0].strip().lower(), content
        except httpx.TimeoutException as error:
            raise late(self.limits.seconds) from error
        except httpx.HTTPError as error:
            raise Unreachable("存放数据的服务器（GUIZHI_STORE）没有应答，请稍后再试。") from error

    def _ours(self, deadline: float) -> Parameters:
        """The data set: our named graphs and, as its default graph, their union; whatever else the server holds, and whatever its default is."""
        if self._dataset is None or time.monotonic() - self._dataset[0] > _KEPT:
            with self._answer(_GRAPHS, (), _ASKED, deadline) as (_, answer):
                listed = _converted(answer, _ASKED, "csv", 10_000)[1].decode()
            graphs = [name for name in listed.split("\r\n")[1:] if name]
            if not graphs:
                raise Unreachable("存放数据的服务器上没有规知的图，请先运行 guizhi load。")
            self._dataset = time.monotonic(), [(name, g) for name in ("default-graph-uri", "named-graph-uri") for g in graphs]
        return self._dataset[1]


def _converted(answer: IO[bytes], media: str, syntax: str, limit: int, demand: Demand | None = None) -> tuple[bool, bytes]:
    try:
        return results.converted(answer, media, syntax, limit, demand.prefixes if demand else {})
    except (SyntaxError, ValueError) as error:
        raise Unreachable("存放数据的服务器的回答不能读懂。") from error


def _text(query: Query) -> str:
    """The query with our base and prefixes declared, and its bindings in their places (no way of giving them apart works on every server)."""
    try:
        return complete(substitute(query.text, query.bindings), BASE, PREFIXES)
    except ValueError as error:
        raise Malformed(str(error)) from error


def login_of(login: str) -> httpx.Auth | None:
    """How to log in with ``name:password``; not at all where that is empty."""
    name, _, password = login.partition(":")
    return Challenged(name, password) if login else None


class Challenged(httpx.Auth):
    """Name and password, given in the way that the server asks for: Digest (RFC 7616) or Basic (RFC 7617)."""

    def __init__(self, name: str, password: str) -> None:
        self._digest, self._basic = httpx.DigestAuth(name, password), httpx.BasicAuth(name, password)
        self._chosen: httpx.Auth | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send without, the first time, and then as the answer asked."""
        if self._chosen is None:
            response = yield request
            if response.status_code != 401:
                return
            self._chosen = self._digest if "digest" in response.headers.get("www-authenticate", "").lower() else self._basic
        yield from self._chosen.auth_flow(request)


def _refused(response: httpx.Response) -> None:
    if response.status_code in (401, 403):
        raise Unreachable("存放数据的服务器拒绝访问，请核对 GUIZHI_STORE_LOGIN。")
    if response.status_code == 503:
        raise Busy("存放数据的服务器暂时繁忙，请稍后再试。")
    if "x-sql-state" in response.headers or (response.is_server_error and b"S1T00" in next(response.iter_bytes(1000), b"")):
        # Virtuoso at its own time limit: what it has found so far, or nothing
        raise TimedOut("查询超过数据服务器的时限，已经停止。请缩小范围或者加上 LIMIT。")
    if not response.is_success:
        raise Unreachable(f"存放数据的服务器不能回答这个查询（HTTP {response.status_code}）。")
