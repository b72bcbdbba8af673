"""What the page fetches by itself under ``/web``: its scripts, the empty registers, what surrounds a term, what the editor offers, results as workbooks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from qa.atlas import Atlas
from qa.completions import Completion
from qa.endpoint import problem
from qa.page import WEB
from qa.problems import Problem
from qa.query import QueryFailure
from qa.query_desk import QueryDesk
from qa.spreadsheet import MEDIA

SCRIPTS: Final = WEB / "js"
_LONGEST: Final = 500
"""Characters of a term's path, at most."""


def routes(atlas: Atlas, queries: QueryDesk, offered: Sequence[Completion], forms: Path) -> list[BaseRoute]:
    """The routes; the scripts and the empty registers in ``forms`` are files that the browser may keep while they are unchanged."""
    terms = JSONResponse(list(offered), headers={"Cache-Control": "max-age=300"})

    def around(request: Request) -> Response:
        return JSONResponse(atlas.neighbours(request.query_params.get("term", "")[:_LONGEST]))

    def completions(_: Request) -> Response:
        return terms

    def chart(_: Request) -> Response:
        return Response(atlas.drawn_chart, media_type="image/svg+xml")

    async def workbook(request: Request) -> Response:
        try:
            content = await run_in_threadpool(queries.workbook, request.query_params.get("query", ""))
        except QueryFailure as failure:
            return problem(failure).response()
        except KeyError:
            return Problem(406, "只有 SELECT 查询的结果能存成工作簿。").response()
        return Response(content, media_type=MEDIA, headers={"Content-Disposition": 'attachment; filename="guizhi.xlsx"'})

    return [
        Route("/web/around", around),
        Route("/web/terms", completions),
        Route("/web/chart.svg", chart),
        Route("/web/result.xlsx", workbook),
        Mount("/web/js", StaticFiles(directory=SCRIPTS)),
        Mount("/web/forms", StaticFiles(directory=forms)),
    ]
