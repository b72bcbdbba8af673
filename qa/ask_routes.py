"""``/suggest`` and ``/sheet``: what the page of asking fetches besides answers."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from qa.desk_ask import AskDesk


def routes(desk: AskDesk) -> list[Route]:
    """``/suggest?q=`` a list of questions as JSON; ``/sheet?q=`` the sheet of an answer as an HTML page."""

    async def suggest(request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(desk.suggest, request.query_params.get("q", "")))

    async def sheet(request: Request) -> Response:
        return HTMLResponse(await run_in_threadpool(desk.sheet, request.query_params.get("q", "")))

    return [Route("/suggest", suggest), Route("/sheet", sheet)]
