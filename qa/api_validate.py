"""``POST /api/validate``: files of registers in, a report out.

Files are kept in a folder of their own as long as the check lasts. One check runs at a time: it takes a processor core and memory, and
whoever finds it taken is asked to come back.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final, Self

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from qa.api_models import ValidationRecord
from qa.audit import Auditor
from qa.problems import Problem
from qa.report_data import to_json

Check = Callable[[Sequence[Path]], str]
"""The report (JSON) on files; a :class:`ValueError` says in one sentence why there is none."""

MAX_FILES: Final = 12
MAX_UPLOAD: Final = 64 << 20
"""Bytes of one request."""
_MEDIA: Final = "multipart/form-data"
_BUSY: Final = "正在核对别的登记簿，请稍后再试。"
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            _MEDIA: {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "minItems": 1,
                            "maxItems": MAX_FILES,
                            "description": "登记簿：xlsx、xls、ods、csv，或者 Turtle、JSON-LD、RDF/XML、N-Triples、TriG",
                        }
                    },
                }
            }
        },
    }
}
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    400: {"description": "正文不是有效的表单"},
    413: {"description": "文件过大或者过多"},
    415: {"description": "正文的类型不对"},
    422: {"description": "文件不能核对"},
    503: {"description": "正在核对别的登记簿；见 Retry-After"},
}


class Checking:
    """``check``, one at a time."""

    def __init__(self, check: Check) -> None:
        self._check, self._taken = check, threading.Lock()

    @classmethod
    def by(cls, auditor: Auditor) -> Self:
        """The check by ``auditor``."""
        return cls(lambda paths: to_json(auditor.audit(paths)))

    def report(self, files: Sequence[tuple[str, bytes]]) -> str:
        """The report on ``files`` (name and content). Raises :class:`Problem` 422 for what cannot be checked, 503 while another is."""
        named = [(_plain(name), content) for name, content in files]
        if len({name for name, _ in named}) < len(named):
            raise Problem(422, "有几个文件同名，请改名以后再核对。")
        if not self._taken.acquire(blocking=False):
            raise Problem(503, _BUSY, {"Retry-After": "5"})
        try:
            with tempfile.TemporaryDirectory(prefix="guizhi-") as folder:
                paths = [Path(folder) / name for name, _ in named]
                for path, (_, content) in zip(paths, named, strict=True):
                    path.write_bytes(content)
                return self._check(paths).replace(folder, "")
        except ValueError as error:
            raise Problem(422, str(error).replace(tempfile.gettempdir(), "")) from error
        finally:
            self._taken.release()


def routes(checking: Checking) -> APIRouter:
    """``/api/validate``."""
    router = APIRouter(tags=["接口"])

    @router.post(
        "/api/validate", summary="核对登记簿：哪一行不合哪一条", response_model=ValidationRecord, openapi_extra=_BODY, responses=_RESPONSES
    )
    async def validate(request: Request) -> Response:
        report = await run_in_threadpool(checking.report, await _uploaded(request))
        return Response(report, media_type="application/json")

    return router


async def _uploaded(request: Request) -> list[tuple[str, bytes]]:
    """Name and content of the files in the form. Raises :class:`Problem`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _MEDIA:
        raise Problem(415, f"正文的类型应为 {_MEDIA}，文件在 files 中。", {"Accept-Post": _MEDIA})
    parser = MultiPartParser(request.headers, _bounded(request), max_files=MAX_FILES, max_fields=MAX_FILES)
    try:
        form = await parser.parse()
    except (MultiPartException, HTTPException, ValueError, KeyError) as error:
        raise Problem(400, f"正文不是有效的表单，或者文件多于{MAX_FILES}个。") from error
    try:
        files = [(file.filename or "", await file.read()) for file in form.getlist("files") if isinstance(file, UploadFile)]
    finally:
        await form.close()
    if not files:
        raise Problem(422, "没有文件。请把登记簿放在表单的 files 中。")
    return files


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_UPLOAD:
            raise Problem(
                413, f"文件一共超过{MAX_UPLOAD >> 20} MB 的上限。请分开核对，或者用命令 guizhi validate。", {"Connection": "close"}
            )
        yield piece


def _plain(name: str) -> str:
    """``name`` without folders, of either kind of system."""
    plain = PureWindowsPath(PurePosixPath(name).name).name.replace("\0", "")
    if not plain.strip(". ") or len(plain.encode()) > 200:
        raise Problem(422, "文件名为空或者过长。")
    return plain
