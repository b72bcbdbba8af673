"""The HTTP application: the page at ``/``, ``/api``, ``/sparql``, our IRIs, ``/mcp``, ``/docs``, ``/health`` and ``/metrics``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from qa import api_validate, ask_routes, calendar, endpoint, mcp, openapi, problems, resources, web_routes
from qa.access import Access
from qa.api import api, nothing_else
from qa.api_validate import Checking
from qa.atlas import Atlas
from qa.browse import Regulation
from qa.build import GRAPH, read_manifest
from qa.completions import completions
from qa.desk_ask import AskDesk
from qa.engine import open_engine
from qa.explain import Explainer
from qa.feedback import Feedback, feedback_path
from qa.follow_ups import FollowUps
from qa.methods import OtherMethods
from qa.metrics import Metrics
from qa.observe import Observed, ObservedAsking
from qa.origins import names
from qa.page import Page
from qa.page_ask import AskPage
from qa.pool import Pool
from qa.query_desk import QueryDesk
from qa.rules import rules
from qa.settings import Settings
from qa.shelf import Shelf
from qa.site_facts import Facts
from qa.store import Store
from qa.suggest import Suggester

FORMS: Final = Path("data/registers/templates")
"""Where the empty registers are, below the root."""


def create(root: Path, build: Path, settings: Settings | None = None, say: Callable[[str], None] = lambda _: None) -> ASGIApp:
    """The application over the artefacts in ``build``, which :func:`qa.build.verify` found whole; ``say`` what became of the registers."""
    settings = settings or Settings()
    # first: its processes load the graph while we go on
    pool = open_engine(settings.store, build / GRAPH, settings.limits, settings.store_login)
    metrics = Metrics()
    try:
        sparql = endpoint.Endpoint(pool, settings.readers)
        service = _compose(root, build, pool, sparql, metrics, settings, say)
    except BaseException:
        pool.close()
        raise
    front = First(endpoint.PATH, sparql, service)
    hosts = frozenset() if settings.exposed or settings.proxies else names(settings.host, settings.readers)
    return Observed(Access(front, token=settings.token, login=settings.login, rate=settings.rate, hosts=hosts), metrics)


class First:
    """Answers requests to ``path`` before ``rest`` looks at them: going through all its routes and layers would take longer than a light query."""

    def __init__(self, path: str, app: ASGIApp, rest: ASGIApp) -> None:
        self._paths, self._app, self._rest = (path, path + "/"), app, rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        app = self._app if scope["type"] == "http" and scope["path"] in self._paths else self._rest
        await app(scope, receive, send)


def _compose(
    root: Path,
    build: Path,
    pool: Pool,
    sparql: endpoint.Endpoint,
    metrics: Metrics,
    settings: Settings,
    say: Callable[[str], None],
) -> FastAPI:
    import app
    from qa.ask import Answerer
    from qa.audit import Auditor
    from qa.check_desk import CheckDesk
    from qa.desk import Desk
    from qa.route import Navigator
    from qa.route_desk import RouteDesk
    from qa.shelf_desk import ShelfDesk

    store = Store.open(build / GRAPH)
    regulation = Regulation(store)
    facts = Facts(store)
    page, atlas = Page(regulation), Atlas(facts)
    meaning = Answerer.open(root, build)
    answerer = ObservedAsking(meaning, metrics, words=settings.log_questions)
    about = rules(store, read_manifest(build), regulation.iri)
    asking = AskDesk(
        answerer,
        AskPage(page, regulation),
        Explainer.open(root, store, meaning.titles),
        suggester=Suggester(meaning.canonical()),
        follow_ups=FollowUps(meaning, facts),
        feedback=Feedback(feedback_path(root)),
        rules=about,
        data=root / "data" / "page",
    )
    auditor = Auditor(root, store, regulation)
    shelf = Shelf(pool, lambda: auditor.registers, (lambda: None) if settings.origins else sparql.close_to_others)
    shelf.give(settings.register_files, say)
    checking = Checking.by(auditor)
    checks = CheckDesk(auditor, root / "data" / "page" / "samples", root / FORMS)
    navigator = Navigator(store, calendar.read(root / calendar.OFFICIAL), regulation.iri, regulation.title)
    queries = QueryDesk(pool, atlas, root / "ontology" / "queries")
    desk = Desk(asking, regulation, page, atlas, queries, RouteDesk(navigator), checks, ShelfDesk(shelf) if settings.shares else None)

    tools = mcp.server(answerer, regulation, pool, checking)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with tools.session_manager.run():
            yield
        pool.close()
        shelf.close()

    service = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None)
    service.openapi = lambda: openapi.describe(service)  # type: ignore[method-assign]  # the way that FastAPI documents
    service.include_router(api(answerer, regulation, len(store)))
    service.include_router(api_validate.routes(checking))
    service.include_router(openapi.page())
    service.router.routes += [*endpoint.routes(sparql), *resources.routes(store, pool, page), *ask_routes.routes(asking), metrics.page()]
    service.router.routes += web_routes.routes(atlas, queries, completions(facts), root / FORMS)
    service.router.routes.append(OtherMethods(service.routes))
    service.router.routes += mcp.routes(tools, settings.host, exposed=settings.exposed)
    service.include_router(nothing_else())
    app.mount(service, app.blocks(desk, about.number))
    _tell_problems(service)
    return service


def _tell_problems(service: FastAPI) -> None:
    """Let ``service`` and the page mounted in it answer every error with a problem document."""
    for application in (service, *(route.app for route in service.routes if isinstance(route, Mount))):
        if isinstance(application, FastAPI):
            problems.install(application)
