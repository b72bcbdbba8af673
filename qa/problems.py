"""Errors as Problem Details for HTTP APIs (RFC 9457): ``application/problem+json`` with a Chinese title and detail.

What a client sees is written here or by whoever raises; no message of an exception that we did not raise ourselves, no path and no
traceback leaves the process.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from qa.journal import log

MEDIA: Final = "application/problem+json"
TITLES: Final[Mapping[int, str]] = {
    400: "请求有误",
    401: "需要登录",
    403: "不允许",
    404: "没有找到",
    405: "方法不允许",
    406: "没有要求的格式",
    408: "等待请求超时",
    413: "请求过大",
    415: "不支持的媒体类型",
    421: "不在这个名称下",
    422: "请求有误",
    429: "请求过于频繁",
    431: "请求过大",
    499: "客户已经离开",
    500: "服务出错",
    502: "数据服务器没有应答",
    503: "暂时繁忙",
    504: "超过时限",
    507: "超出资源上限",
}
LEFT: Final = 499
"""The status, for the log alone, of a request whose client did not wait (no standard has one; nginx and others use this)."""
INCIDENT: Final = "guizhi.incident"
"""Where a request's scope says that its failure was logged and answered."""
BREAK: Final = "guizhi.break"
"""Where a request's scope has what breaks its answer off (:mod:`qa.wire`): a call that closes the connection without the end of the answer."""
SMALL: Final = "guizhi.small"
"""Where a request's scope has a call to make when the answer to a small query is there: its connection may go another way from now on (:mod:`qa.express`)."""
NOTED: Final = "guizhi.noted"
"""Where a request's scope has what counts and logs requests like it that went that way."""
PATIENCE: Final = 20.0
"""Seconds in which the body of a request must have come."""


class Problem(Exception):
    """A request that is refused: status, one Chinese sentence, response headers, and further members of the problem document."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.members = status, detail, dict(headers or {}), members

    def response(self) -> Response:
        """The problem document."""
        content = {"type": "about:blank", "title": TITLES.get(self.status, "请求有误"), "status": self.status, "detail": self.detail}
        body = json.dumps(content | self.members, ensure_ascii=False).encode()
        return Response(body, self.status, self.headers, MEDIA)


def install(app: FastAPI) -> None:
    """Let ``app`` answer every error with a problem document."""

    async def problem(_: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return error.response()

    async def leave(_: Request, error: Exception) -> Response:
        return left().response()

    async def http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        detail = {404: "这里没有这个地址。", 405: "这个地址不接受这种方法。"}.get(error.status_code, "请求不能处理。")
        return Problem(error.status_code, detail, error.headers).response()

    async def validation(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return invalid([e["loc"][1:] or e["loc"] for e in error.errors()], "参数").response()

    async def anything(request: Request, error: Exception) -> Response:
        if INCIDENT not in request.scope:  # one of an application mounted in another passes through both
            request.scope[INCIDENT] = f"urn:uuid:{uuid.uuid4()}"
            _note(error, request.scope[INCIDENT])
        return Problem(500, "服务内部出错，已经记录。", instance=request.scope[INCIDENT]).response()

    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(ClientDisconnect, leave)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(Exception, anything)


def left() -> Problem:
    """The problem, which nobody reads but the log, of a client that left before its request had come or its answer was begun."""
    return Problem(LEFT, "客户没有等到回答。")


def stopping() -> Problem:
    """The problem of a request that the service has no time left for."""
    return Problem(503, "服务正在停止，请稍后再试。", {"Retry-After": "10"})


def _note(error: Exception, incident: str) -> None:
    """Log what nobody expected; in one line where it is no fault, but a refusal that came when the answer had begun (a session that is over)."""
    if isinstance(error.__cause__, HTTPException):
        log().warning("refused late", extra={"incident": incident, "status": error.__cause__.status_code})
    else:
        log().error("unhandled", exc_info=error, extra={"incident": incident})


def invalid(places: Iterable[Sequence[int | str]], where: str) -> Problem:
    """The problem (422) that the values at ``places`` of the parameters or the body (``where``) are missing or wrong."""
    named = dict.fromkeys(".".join(str(part)[:60] for part in place) for place in places)
    fields = "、".join([name for name in named if name][:20])
    return Problem(422, f"{where}中这些内容缺失或者有误：{fields}。" if fields else f"{where}应为 JSON 对象。")


async def read_body(request: Request, limit: int, seconds: float = PATIENCE) -> bytes:
    """The body of ``request``. Raises :class:`Problem` 413 as soon as it is known to have more than ``limit`` bytes, 408 where it has not come
    after ``seconds``."""
    try:
        async with asyncio.timeout(seconds):
            return await _read(request, limit)
    except ClientDisconnect as error:
        raise left() from error
    except TimeoutError as error:
        raise Problem(408, f"{seconds:g}秒内没有收完请求的正文。", {"Connection": "close"}) from error


async def _read(request: Request, limit: int) -> bytes:
    if int(request.headers.get("content-length") or 0) > limit:
        raise Problem(413, f"请求正文超过{limit}字节的上限。")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            raise Problem(413, f"请求正文超过{limit}字节的上限。", {"Connection": "close"})
    return bytes(body)
