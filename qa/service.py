"""The HTTP application: the page at ``/``, ``/api``, ``/sparql``, our IRIs, ``/health``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from qa import endpoint, problems, resources
from qa.api import api
from qa.browse import Regulation
from qa.build import GRAPH, verify
from qa.page import Page
from qa.pool import Pool
from qa.query import Limits
from qa.store import Store

_NUMBER: Final = "SELECT ?r ?number WHERE { ?r gz:documentNumber ?number }"


def create(root: Path, build: Path, limits: Limits | None = None) -> FastAPI:
    """The application over the artefacts in ``build``. Raises :class:`qa.build.BuildError` where they are missing or damaged."""
    verify(build)
    pool = Pool(build / GRAPH, limits)  # first: its processes load the graph while we go on
    try:
        return _compose(root, build, pool)
    except BaseException:
        pool.close()
        raise


def _compose(root: Path, build: Path, pool: Pool) -> FastAPI:
    import app
    from qa.ask import Answerer
    from qa.desk import Desk

    store = Store.open(build / GRAPH)
    regulation = Regulation(store)
    page = Page(regulation)
    answerer = Answerer.open(root, build)
    desk = Desk(answerer, regulation, page, pool, root / "data" / "page")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        pool.close()

    service = FastAPI(title="规知", lifespan=lifespan, docs_url=None, redoc_url=None)
    problems.install(service)
    service.include_router(api(answerer, regulation, len(store)))
    service.router.routes += [*endpoint.routes(pool), *resources.routes(store, pool, page)]
    numbers = store.select(_NUMBER)
    return app.mount(service, app.blocks(desk, str(numbers[0]["number"]) if numbers else ""))
