"""The HTTP interface for programs: ``/api/ask``, ``/api/provisions/{ref}``, ``/api/norms`` and ``/health``."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from qa.api_models import MAX_HISTORY, Answered, Health, NormFilter, NormPage, ProvisionRecord, Question
from qa.browse import Article, Part, Regulation
from qa.contract import Asking, to_json
from qa.norms import select
from qa.problems import Problem, invalid, read_body

MAX_BODY: Final = 1 << 16
"""Bytes of a posted question."""
_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
_NOT_FOUND: Final = "没有这一章、条、款或者项。写法如 41、31.3、41/para/3、chap/5。"
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    400: {"description": "正文不是 JSON"},
    413: {"description": "正文过大"},
    422: {"description": "正文有误"},
}
_MISSING: Final[dict[int | str, dict[str, Any]]] = {404: {"description": "没有这一章、条、款或者项"}}
_POSTED: Final = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Question"}}}}}


def api(answerer: Asking, regulation: Regulation, quads: int) -> APIRouter:
    """The routes. ``quads`` is the number of quads in the graph."""
    router = APIRouter(tags=["接口"])
    started = time.monotonic()

    @router.get("/health", summary="服务的状况", tags=["运行"])
    def health() -> Health:
        uptime = round(time.monotonic() - started, 1)
        articles = len(regulation.articles)
        return Health(status="ok", version=version("guizhi"), regulation=regulation.title, articles=articles, quads=quads, uptime_s=uptime)

    @router.get("/api/ask", summary="回答一个问题", response_model=Answered)
    def ask_by_address(
        question: Annotated[str, Query(description="中文问题，不超过 500 字", examples=["谁签发人事任免公文？"])],
        history: Annotated[list[str], Query(description="同一次对话中先前的问题，最早的在前", max_length=MAX_HISTORY)] = [],  # noqa: B006 - never changed
        explain: Annotated[bool, Query(description="是否说明问题是怎样理解的")] = False,
    ) -> Response:
        return _answered(answerer, Question(question=question, history=history, explain=explain))

    @router.post("/api/ask", summary="回答一个问题", response_model=Answered, openapi_extra=_POSTED, responses=_REFUSED)
    async def ask(request: Request) -> Response:
        return await run_in_threadpool(_answered, answerer, parsed(await read_body(request, MAX_BODY)))

    @router.get(
        "/api/provisions/{ref:path}", summary="一章、一条、一款或者一项，及其规范", response_model=ProvisionRecord, responses=_MISSING
    )
    def provision(ref: str) -> dict[str, Any]:
        return found(regulation, ref)

    @router.get("/api/norms", summary="按条件选取规范")
    def norms(wanted: Annotated[NormFilter, Query()]) -> NormPage:
        return select(regulation, wanted)

    return router


def nothing_else() -> APIRouter:
    """Everything below ``/api`` that is no route of ours; to be included last."""
    router = APIRouter()

    @router.api_route("/api/{rest:path}", methods=_METHODS, include_in_schema=False)
    def other(rest: str) -> Response:
        raise Problem(404, "这里没有这个地址。接口说明在 /docs。")

    return router


def found(regulation: Regulation, ref: str) -> dict[str, Any]:
    """The provision called ``ref`` with its parts and norms. Raises :class:`Problem` 404."""
    part = regulation.find(ref)
    if part is None:
        raise Problem(404, _NOT_FOUND)
    article = regulation.article_of(part)
    inside = (article,) if article else regulation.within(part)
    labels = {part.label, *(p.label for a in inside for p in a.parts if p.path.startswith(part.path + "/"))}
    whole = article is None or article.part == part
    norms = [asdict(norm) for a in inside for norm in a.norms if whole or norm.label in labels]
    return asdict(part) | {"article": article.part.ref if article else None, "parts": _parts(inside, part), "norms": norms}


def parsed(body: bytes) -> Question:
    """The question that a request's body carries. Raises :class:`Problem` 400 for what is no JSON, 422 for what is no question.

    Half a surrogate pair, which JSON can carry and UTF-8 cannot, becomes ``?``.
    """
    try:
        asked = json.loads(body, parse_constant=_refuse)
        text = json.dumps(asked, ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError) as error:
        raise Problem(400, "正文不是有效的 JSON（UTF-8）。") from error
    try:
        return Question.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise invalid([e["loc"] for e in error.errors()], "正文") from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _answered(answerer: Asking, asked: Question) -> Response:
    record = to_json(answerer.ask(asked.question, asked.history, explain=asked.explain), asked.id)
    return Response(_encoded(record), media_type="application/json")


def _encoded(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "replace")


def _parts(inside: Sequence[Article], part: Part) -> list[dict[str, str]]:
    every = [p for a in inside for p in (a.part, *a.parts)]
    under = [p for p in every if p.path.startswith(part.path + "/") or part.path.startswith("chap/")]
    return [{"iri": p.iri, "ref": p.ref, "label": p.label, "path": p.path} for p in under]
