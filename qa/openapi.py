"""The OpenAPI document at ``/openapi.json`` and its page at ``/docs``, which needs nothing from outside this machine.

Paths that FastAPI does not describe stand in ``qa/web/openapi.yaml``. Every error is a problem document (RFC 9457).
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import fastapi_offline
import yaml
from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from qa.api_models import ProblemDocument, Question
from qa.problems import MEDIA

STATIC: Final = Path(fastapi_offline.__file__).parent / "static"
"""Swagger UI, as fastapi-offline ships it."""
_OTHERS: Final = Path(__file__).parent / "web" / "openapi.yaml"
_ASSETS: Final = "/docs/assets"
_ABOUT: Final = "规知：政府工作规则的问答、条文、规范与 SPARQL 查询。错误一律是 RFC 9457 的 `application/problem+json`。"
_REFERENCE: Final = "#/components/schemas/{model}"
_PROBLEM: Final = {MEDIA: {"schema": {"$ref": _REFERENCE.format(model="ProblemDocument")}}}
_ALWAYS: Final = {"401": "需要登录（只在设了口令时）", "429": "请求过于频繁（只在设了上限时）；见 Retry-After", "500": "服务内部出错"}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of ``app``, made once."""
    if not app.openapi_schema:
        document = get_openapi(title="规知", version=version("guizhi"), description=_ABOUT, routes=app.routes)
        _add(document, yaml.safe_load(_OTHERS.read_text(encoding="utf-8")))
        for model in (ProblemDocument, Question):
            document["components"]["schemas"][model.__name__] = model.model_json_schema(ref_template=_REFERENCE)
        for unused in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(unused, None)
        for path in document["paths"].values():
            for operation in path.values():
                _complete(operation)
        app.openapi_schema = document
    return app.openapi_schema


def page() -> APIRouter:
    """``/docs`` and what it loads."""
    router = APIRouter()

    @router.get("/docs", include_in_schema=False)
    def docs(request: Request) -> HTMLResponse:
        root = request.scope.get("root_path", "")
        return get_swagger_ui_html(
            openapi_url=f"{root}/openapi.json",
            title="规知 · 接口",
            swagger_js_url=f"{root}{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{_ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{root}{_ASSETS}/favicon.png",
        )

    router.routes.append(Mount(_ASSETS, StaticFiles(directory=STATIC)))
    return router


def _add(document: dict[str, Any], others: dict[str, Any]) -> None:
    document["paths"] |= others["paths"]
    document["tags"] = others["tags"]
    components = document.setdefault("components", {})
    for kind, entries in others["components"].items():
        components.setdefault(kind, {}).update(entries)


def _complete(operation: dict[str, Any]) -> None:
    """Say what an error looks like, and how one may have to log in."""
    responses = operation["responses"]
    for status, description in _ALWAYS.items():
        responses.setdefault(status, {"description": description})
    for status, response in responses.items():
        if status.isdecimal() and int(status) >= 400:
            response["content"] = _PROBLEM
            response["description"] = {"422": "参数或者正文有误"}.get(status, response["description"])
    operation["security"] = [{}, {"token": []}, {"login": []}]
