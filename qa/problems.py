"""Errors as Problem Details for HTTP APIs (RFC 9457): ``application/problem+json`` with a Chinese title and detail.

What a client sees is written here or by whoever raises; no message of an exception that we did not raise ourselves, no path and no
traceback leaves the process.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

MEDIA: Final = "application/problem+json"
TITLES: Final[Mapping[int, str]] = {
    400: "请求有误",
    403: "不允许",
    404: "没有找到",
    405: "方法不允许",
    406: "没有要求的格式",
    413: "请求过大",
    415: "不支持的媒体类型",
    422: "请求有误",
    500: "服务出错",
    503: "暂时繁忙",
    504: "超过时限",
    507: "超出资源上限",
}
_log = logging.getLogger("guizhi")


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

    async def http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        detail = {404: "这里没有这个地址。", 405: "这个地址不接受这种方法。"}.get(error.status_code, "请求不能处理。")
        return Problem(error.status_code, detail, error.headers).response()

    async def validation(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        places = "、".join(dict.fromkeys(".".join(str(p) for p in e["loc"][1:]) or str(e["loc"][0]) for e in error.errors()))
        return Problem(422, f"这些参数缺失或者有误：{places}").response()

    async def anything(_: Request, error: Exception) -> Response:
        _log.error("unhandled", exc_info=error)
        return Problem(500, "服务内部出错，已经记录。").response()

    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(Exception, anything)


async def read_body(request: Request, limit: int) -> bytes:
    """The body of ``request``. Raises :class:`Problem` 413 as soon as it is known to have more than ``limit`` bytes."""
    if int(request.headers.get("content-length") or 0) > limit:
        raise Problem(413, f"请求正文超过{limit}字节的上限。")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            raise Problem(413, f"请求正文超过{limit}字节的上限。", {"Connection": "close"})
    return bytes(body)
