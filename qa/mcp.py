"""Tools for assistants by the Model Context Protocol: ``ask``, ``sparql``, ``provision``, ``validate``, at ``/mcp`` and, for one client, on standard input.

By the protocol's own SDK. Gradio can make tools of a page's events, but ours return HTML, and its extra needs older versions of the SDK and
of pydantic than we run. Requests stand alone (no sessions), so that nothing is kept of who asked.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import ToolAnnotations
from pydantic import Field
from starlette.routing import BaseRoute

from qa.api import found
from qa.api_models import MAX_HISTORY, Answered, ProvisionRecord, QueryResult, ValidationRecord
from qa.api_validate import Checking
from qa.browse import Regulation
from qa.contract import Asking, to_json
from qa.pool import Pool
from qa.problems import Problem
from qa.query import Query, QueryFailure
from qa.terms import PREFIXES

PATH: Final = "/mcp"
_ACCEPT: Final = "application/sparql-results+json, text/turtle"
_UPLOAD: Final = 1_000_000
_VALIDATE: Final = (
    "把一份登记簿（CSV 文本，第一行是栏目名；或者 Turtle、N-Triples）逐行对照工作规则，得到哪一行不合哪一条、怎么办。"
    "Undetermined 是登记不全、不能判断，不是违反。unread 是没有读懂的单元格。"
)
_TEXT: Final = 200_000
"""Characters of Turtle that a tool returns at most."""
_LOCAL: Final = ("127.0.0.1", "localhost", "[::1]")
_READS: Final = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_ABOUT: Final = (
    "《{title}》的知识图谱。先用 ask 提问：答案附有条文编号和逐字原文；规则没有规定的，它会如实说没有，不要自行补充。"
    "要核对原文用 provision；要统计、列举用 sparql。引用时写明条、款、项。"
)
_SPARQL: Final = (
    "对规则的图谱运行 SPARQL 1.1 查询（只读，有时限）。前缀不必声明："
    + "、".join(f"{name}: <{iri}>" for name, iri in PREFIXES.items())
    + "。规范（gz:Norm）有 gz:bearer、gz:action、gz:object、gz:provision、gz:quote、rdfs:label（读法）；条文有 gz:reference（31.3）、gz:text；"
    "事物的中文名是 skos:prefLabel，语言标签 zh。"
)


def server(answerer: Asking, regulation: Regulation, pool: Pool, checking: Checking) -> MCPServer:
    """The tools, over what the service holds."""
    tools: MCPServer = MCPServer("guizhi", title="规知", version=version("guizhi"), instructions=_ABOUT.format(title=regulation.title))

    @tools.tool(title="提问", description="用一句中文问工作规则的规定，得到简短的答案和逐字引文", annotations=_READS)
    def ask(
        question: Annotated[str, Field(description="中文问题，不超过 500 字")],
        history: Annotated[list[str] | None, Field(description="先前的问题，最早的在前", max_length=MAX_HISTORY)] = None,
    ) -> Answered:
        return Answered.model_validate(to_json(answerer.ask(question, history or ())))

    @tools.tool(title="条文", description="一章、一条、一款或者一项的原文，及其中的规范", annotations=_READS)
    def provision(ref: Annotated[str, Field(description="编号，例如 41、31.3（第三十一条（三））、41/para/3、chap/5")]) -> ProvisionRecord:
        try:
            return ProvisionRecord.model_validate(found(regulation, ref))
        except Problem as problem:
            raise ToolError(problem.detail) from problem

    @tools.tool(title="SPARQL 查询", description=_SPARQL, annotations=_READS)
    def sparql(
        query: Annotated[str, Field(description="SELECT、ASK、CONSTRUCT 或者 DESCRIBE 查询", max_length=100_000)],
        limit: Annotated[int, Field(description="至多给出多少行", ge=1, le=1000)] = 100,
    ) -> QueryResult:
        return run(pool, query, limit)

    @tools.tool(title="核对登记簿", description=_VALIDATE, annotations=_READS)
    def validate(
        name: Annotated[str, Field(description="文件名，后缀说明格式：公文登记簿.csv、会议.ttl", max_length=100)],
        content: Annotated[str, Field(description="文件的内容（文字）", max_length=_UPLOAD)],
    ) -> ValidationRecord:
        try:
            return ValidationRecord.model_validate_json(checking.report([(name, content.encode("utf-8", "replace"))]))
        except Problem as problem:
            raise ToolError(problem.detail) from problem

    return tools


def routes(tools: MCPServer, host: str, *, exposed: bool) -> Sequence[BaseRoute]:
    """The route ``/mcp`` (Streamable HTTP). Its session manager has to run while it is served.

    A service for this machine alone answers only to its own names, lest a page of the web reach it through a name that its owner points here.
    """
    names = [f"{name}{port}" for name in (*_LOCAL, host) for port in ("", ":*")]  # at port 80 a browser names none
    guard = TransportSecuritySettings(
        enable_dns_rebinding_protection=not exposed, allowed_hosts=names, allowed_origins=[f"http://{name}" for name in names]
    )
    app = tools.streamable_http_app(streamable_http_path=PATH, json_response=True, stateless_http=True, transport_security=guard)
    return app.routes


def run(pool: Pool, query: str, limit: int) -> QueryResult:
    """The result of ``query``, of SELECT at most ``limit`` rows. Raises :class:`ToolError`, whose message is for the assistant."""
    try:
        reply = pool.run(Query(query, _ACCEPT))
        text = reply.text()
    except QueryFailure as failure:
        raise ToolError(str(failure)) from failure
    if reply.media == "text/turtle":
        return QueryResult(turtle=text[:_TEXT], truncated=reply.cut or len(text) > _TEXT)
    content: dict[str, Any] = json.loads(text)
    if "boolean" in content:
        return QueryResult(boolean=content["boolean"])
    names, solutions = content["head"]["vars"], content["results"]["bindings"]
    rows = [[row[name]["value"] if name in row else None for name in names] for row in solutions[:limit]]
    return QueryResult(variables=names, rows=rows, truncated=reply.cut or len(solutions) > limit)


def stdio(root: Path, build: Path) -> None:
    """Serve the tools on standard input and output until that is closed."""
    from qa.ask import Answerer
    from qa.audit import Auditor
    from qa.build import GRAPH
    from qa.engine import open_engine
    from qa.settings import Settings
    from qa.shelf import Shelf
    from qa.store import Store

    settings, store = Settings.read(), Store.open(build / GRAPH)
    regulation = Regulation(store)
    auditor = Auditor(root, store, regulation)
    checking = Checking.by(auditor)
    with (
        open_engine(settings.store, build / GRAPH, settings.limits, settings.store_login) as pool,
        closing(Shelf(pool, lambda: auditor.registers, lambda: None)) as shelf,
    ):
        shelf.give(settings.register_files, lambda words: print(words, file=sys.stderr))
        server(Answerer.open(root, build), regulation, pool, checking).run("stdio")
