"""What stands behind our IRIs: ``https://w3id.org/guizhi/PATH`` is described at ``/PATH`` of the running service.

HTML for browsers, RDF for everybody else (``Accept``, or ``?format=ttl|nt|jsonld|rdf``). ``/ns`` describes the ontology's terms on one page,
``/graph/…`` gives a whole named graph.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from qa import negotiate
from qa.endpoint import answer
from qa.models import Iri, Value
from qa.page import Page
from qa.pool import Pool
from qa.problems import Problem
from qa.query import Query
from qa.store import Store
from qa.terms import BASE, NS, ONTOLOGY, RDF, RDFS, SKOS, local_name

PATHS: Final = ("/id/{rest:path}", "/vocab/{rest:path}", "/ns", "/ns/{rest:path}", "/graph/{rest:path}")
INCOMING: Final = 100
"""Statements about others that name a resource, at most so many on its page."""
_OFFERED: Final = (*negotiate.GRAPHS, "text/html")
_PLAIN: Final = re.compile(r"[A-Za-z0-9:/._~%-]{1,500}")
"""Our IRIs use these characters."""
_LABELS: Final = (RDFS + "label", SKOS + "prefLabel")
_HIDDEN: Final = frozenset({*_LABELS, RDF + "type", SKOS + "altLabel", SKOS + "definition", NS + "text", NS + "rawStart", NS + "rawEnd"})


@dataclass(frozen=True, slots=True)
class Link:
    """A value as it is shown: its text, and its IRI where it is a resource."""

    text: str
    iri: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """What the graph says of ``iri``, ready to be shown. ``outgoing`` and ``incoming`` pair a property with its values."""

    iri: str
    label: str
    types: tuple[Link, ...]
    others: tuple[str, ...]
    definition: str
    text: str
    outgoing: tuple[tuple[Link, tuple[Link, ...]], ...]
    incoming: tuple[tuple[Link, tuple[Link, ...]], ...]


def routes(store: Store, pool: Pool, page: Page) -> list[Route]:
    """The routes of all our IRIs."""

    async def resource(request: Request) -> Response:
        return await _respond(request, store, pool, page)

    return [Route(path, resource, methods=["GET", "HEAD"]) for path in PATHS]


def describe(store: Store, iri: str) -> Resource | None:
    """What the graph says of ``iri``; ``None`` where it says nothing."""
    out = store.select(_OUT, {"s": Iri(iri)})
    into = store.select(_IN, {"s": Iri(iri)})
    if not out and not into:
        return None
    label = _first(out, _LABELS) or local_name(iri)
    types = tuple(_link(row["o"], row.get("label")) for row in out if str(row["p"]) == RDF + "type" and str(row["o"]).startswith(NS))
    others = tuple(dict.fromkeys(str(row["o"]) for row in out if str(row["p"]) == SKOS + "altLabel"))
    definition, text = _first(out, (SKOS + "definition",)), _first(out, (NS + "text",))
    return Resource(iri, label, types, others, definition, text, _grouped(out, "o"), _grouped(into, "x"))


async def _respond(request: Request, store: Store, pool: Pool, page: Page) -> Response:
    iri = BASE + request.url.path.lstrip("/")
    if not _PLAIN.fullmatch(iri):
        raise Problem(404, "这里没有这个地址。")
    wanted = request.query_params.get("format")
    if wanted and wanted not in negotiate.SHORT:
        raise Problem(406, "format 应为其中之一：" + "、".join(negotiate.SHORT))
    accept = negotiate.SHORT[wanted] if wanted else request.headers.get("accept")
    media = negotiate.choose(accept, _OFFERED)
    if media is None:
        raise Problem(406, "可以提供：" + "、".join(dict.fromkeys(_OFFERED)) + "。")
    response = await (_html(request, store, page, iri) if media == "text/html" else _rdf(request, store, pool, iri, media))
    response.headers["Vary"] = "Accept"
    response.headers["Link"] = f'<{BASE}{request.url.path.lstrip("/")}>; rel="describes"'
    return response


async def _html(request: Request, store: Store, page: Page, iri: str) -> Response:
    if iri == ONTOLOGY or iri.startswith(ONTOLOGY + "/"):
        rows = store.select(_TERMS)
        return HTMLResponse(page.ontology([_term(row) for row in rows]))
    found = describe(store, iri)
    if found:
        return HTMLResponse(page.resource(found))
    if graph := store.select(_GRAPH, {"g": Iri(iri)}):
        return HTMLResponse(page.graph(iri, str(graph[0]["n"])))
    raise Problem(404, f"数据里没有 {BASE}{request.url.path.lstrip('/')} 。")


async def _rdf(request: Request, store: Store, pool: Pool, iri: str, media: str) -> Response:
    if iri == ONTOLOGY or iri.startswith(ONTOLOGY + "/"):
        query = Query(_ALL, media, bindings={"g": BASE + "graph/ontology"})
    elif store.ask(_KNOWN, {"s": Iri(iri)}) or store.ask(_KNOWN_OBJECT, {"s": Iri(iri)}):
        query = Query("DESCRIBE ?s", media, bindings={"s": iri})
    elif store.ask(_KNOWN_GRAPH, {"g": Iri(iri)}):
        query = Query(_ALL, media, bindings={"g": iri})
    else:
        raise Problem(404, f"数据里没有 {BASE}{request.url.path.lstrip('/')} 。")
    return await answer(pool, query, request)


def _first(rows: Sequence[dict[str, Value]], properties: Sequence[str]) -> str:
    """The value of the first of ``properties`` that there is, Chinese before other languages."""
    found = [
        (properties.index(str(r["p"])), getattr(r["o"], "language", None) != "zh", str(r["o"])) for r in rows if str(r["p"]) in properties
    ]
    return min(found)[2] if found else ""


def _grouped(rows: Sequence[dict[str, Value]], name: str) -> tuple[tuple[Link, tuple[Link, ...]], ...]:
    groups: dict[Link, dict[Link, None]] = {}
    for row in rows:
        if str(row["p"]) not in _HIDDEN or name == "x":
            groups.setdefault(_link(row["p"], row.get("property")), {})[_link(row[name], row.get("label"))] = None
    return tuple((key, tuple(values)) for key, values in groups.items())


def _link(value: Value, label: Value | None) -> Link:
    if isinstance(value, Iri):
        return Link(str(label or local_name(value.value)), value.value)
    return Link(value.value)


def _term(row: dict[str, Value]) -> tuple[str, str, str, str]:
    """Local name, kind, label and definition of one of the ontology's terms."""
    return local_name(str(row["t"])), str(row["kind"]), str(row["label"]), str(row.get("definition", ""))


# ---------------------------------------------------------------- queries

_ZH: Final = 'FILTER(lang(?label) IN ("zh", ""))'
_OUT: Final = f"""SELECT DISTINCT ?s ?p ?property ?o ?label WHERE {{ ?s ?p ?o
  OPTIONAL {{ ?p rdfs:label ?property FILTER(lang(?property) = "zh") }}
  OPTIONAL {{ ?o rdfs:label|skos:prefLabel ?label {_ZH} }} }} ORDER BY ?p ?o"""
_IN: Final = f"""SELECT DISTINCT ?s ?p ?property ?x ?label WHERE {{ ?x ?p ?s
  OPTIONAL {{ ?p rdfs:label ?property FILTER(lang(?property) = "zh") }}
  OPTIONAL {{ ?x rdfs:label|skos:prefLabel ?label {_ZH} }} }} ORDER BY ?p ?x LIMIT {INCOMING}"""
_TERMS: Final = """SELECT DISTINCT ?t ?kind ?label ?definition WHERE {
  VALUES (?class ?kind) { (owl:Class "类") (owl:ObjectProperty "对象属性") (owl:DatatypeProperty "数据属性") (owl:AnnotationProperty "注释属性") }
  GRAPH <https://w3id.org/guizhi/graph/ontology> { ?t a ?class ; rdfs:label ?label FILTER(lang(?label) = "zh")
    OPTIONAL { ?t skos:definition ?definition FILTER(lang(?definition) = "zh") } }
  FILTER(STRSTARTS(STR(?t), STR(gz:))) } ORDER BY ?kind ?t"""
_ALL: Final = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }"
_GRAPH: Final = "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
_KNOWN: Final = "ASK { ?s ?p ?o }"
_KNOWN_OBJECT: Final = "ASK { ?x ?p ?s }"
_KNOWN_GRAPH: Final = "ASK { GRAPH ?g { ?s ?p ?o } }"
