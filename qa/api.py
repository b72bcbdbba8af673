"""The HTTP interface for programs: ``/api/ask``, ``/api/provisions/{ref}`` and ``/health``."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from qa.browse import Article, Part, Regulation
from qa.contract import to_json
from qa.desk import Asking
from qa.problems import Problem, read_body

MAX_BODY: Final = 1 << 16
MAX_HISTORY: Final = 20
_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def api(answerer: Asking, regulation: Regulation, quads: int) -> APIRouter:
    """``/api/ask``, ``/api/provisions/{ref}`` and ``/health``."""
    router = APIRouter()
    started = time.monotonic()

    @router.get("/health")
    def health() -> dict[str, Any]:
        uptime = round(time.monotonic() - started, 1)
        return {"status": "ok", "regulation": regulation.title, "articles": len(regulation.articles), "quads": quads, "uptime_s": uptime}

    @router.get("/api/ask", summary="回答一个问题")
    def ask_by_address(question: str, request: Request, explain: bool = False) -> Response:
        return _answered(answerer, {"question": question, "history": request.query_params.getlist("history"), "explain": explain})

    @router.post("/api/ask", summary="回答一个问题", openapi_extra=_ASK)
    async def ask(request: Request) -> Response:
        return await run_in_threadpool(_answered, answerer, _parsed(await read_body(request, MAX_BODY)))

    @router.get("/api/provisions/{ref:path}", summary="一章、一条、一款或者一项，及其规范")
    def provision(ref: str) -> dict[str, Any]:
        part = regulation.find(ref)
        if part is None:
            raise Problem(404, "没有这一章、条、款或者项。写法如 41、31.3、41/para/3、chap/5。")
        return _provision(regulation, part)

    @router.api_route("/api/{rest:path}", methods=_METHODS, include_in_schema=False)
    def other(rest: str) -> Response:
        allowed = "GET, POST" if rest == "ask" else "GET" if rest.startswith("provisions/") else ""
        raise Problem(405, "这个地址不接受这种方法。", {"Allow": allowed}) if allowed else Problem(404, "这里没有这个地址。")

    return router


def _answered(answerer: Asking, asked: dict[str, Any]) -> Response:
    answer = answerer.ask(asked["question"], asked.get("history") or (), explain=bool(asked.get("explain")))
    content = json.dumps(to_json(answer, asked.get("id")), ensure_ascii=False)
    return Response(content.encode("utf-8", "replace"), media_type="application/json")


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except ValueError as error:
        raise Problem(400, "正文不是有效的 JSON（UTF-8）。") from error
    if not isinstance(asked, dict) or not isinstance(asked.get("question"), str):
        raise Problem(422, "正文应为 JSON 对象，其中 question 是文字。")
    history = asked.get("history") or []
    if not isinstance(history, list) or len(history) > MAX_HISTORY or not all(isinstance(h, str) for h in history):
        raise Problem(422, f"history 应为文字的列表，最多{MAX_HISTORY}项。")
    return asked


def _provision(regulation: Regulation, part: Part) -> dict[str, Any]:
    article = regulation.article_of(part)
    inside = (article,) if article else regulation.within(part)
    labels = {part.label, *(p.label for a in inside for p in a.parts if p.path.startswith(part.path + "/"))}
    whole = article is None or article.part == part
    norms = [asdict(norm) for a in inside for norm in a.norms if whole or norm.label in labels]
    return asdict(part) | {"article": article.part.ref if article else None, "parts": _parts(inside, part), "norms": norms}


def _parts(inside: Sequence[Article], part: Part) -> list[dict[str, str]]:
    every = [p for a in inside for p in (a.part, *a.parts)]
    found = [p for p in every if p.path.startswith(part.path + "/") or part.path.startswith("chap/")]
    return [{"iri": p.iri, "ref": p.ref, "label": p.label, "path": p.path} for p in found]


_ASK: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["question"],
                    "properties": {
                        "id": {},
                        "question": {"type": "string"},
                        "history": {"type": "array", "items": {"type": "string"}, "maxItems": MAX_HISTORY},
                        "explain": {"type": "boolean"},
                    },
                }
            }
        },
    }
}
