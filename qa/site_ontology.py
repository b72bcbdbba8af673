"""What the ontology's reference page shows: every term with its names, definition and axioms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from qa.store import Store
from qa.terms import NS, ONTOLOGY, ONTOLOGY_GRAPH, PREFIXES, local_name

_GROUPS: Final = (
    ("类", "owl:Class"),
    ("对象属性", "owl:ObjectProperty"),
    ("数据属性", "owl:DatatypeProperty"),
    ("个体", "owl:NamedIndividual"),
)
_ROWS: Final = (
    ("上位类", "rdfs:subClassOf"),
    ("下位类", "^rdfs:subClassOf"),
    ("互斥", "(^rdf:first/^rdf:rest*)/^owl:members/owl:members/rdf:rest*/rdf:first"),
    ("用它作定义域的属性", "^rdfs:domain|^<http://purl.org/dc/dcam/domainIncludes>"),
    ("用它作值域的属性", "^rdfs:range|^<http://purl.org/dc/dcam/rangeIncludes>"),
    ("上位属性", "rdfs:subPropertyOf"),
    ("下位属性", "^rdfs:subPropertyOf"),
    ("定义域", "rdfs:domain"),
    ("用于", "<http://purl.org/dc/dcam/domainIncludes>"),
    ("值域", "rdfs:range"),
    ("值可以是", "<http://purl.org/dc/dcam/rangeIncludes>"),
    ("逆属性", "owl:inverseOf|^owl:inverseOf"),
    ("属性链", "owl:propertyChainAxiom/rdf:rest*/rdf:first"),
    ("类型", "a"),
    ("参看", "skos:closeMatch|skos:exactMatch"),
)
_SHORT: Final = {
    **{iri: prefix for prefix, iri in PREFIXES.items()},
    "http://data.europa.eu/eli/ontology#": "eli",
    "http://www.w3.org/ns/org#": "org",
    "http://purl.org/net/p-plan#": "p-plan",
    "http://www.w3.org/2006/time#": "time",
    "http://www.estrellaproject.org/lkif-core/norm.owl#": "lkif",
}
_SILENT: Final = frozenset(PREFIXES["owl"] + name for name in ("Class", "ObjectProperty", "DatatypeProperty", "NamedIndividual"))


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the ontology; ``rows`` pair the name of a relation with the IRIs it leads to."""

    iri: str
    english: str
    definition: str
    definition_en: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def ontology(store: Store) -> dict[str, Any]:
    """The values of the page: header, groups of terms, and what is one of our terms."""
    related = {name: _related(store, path) for name, path in _ROWS}
    groups = [(heading, [_term(row, related) for row in store.select(_TERMS % kind)]) for heading, kind in _GROUPS]
    return {"header": _header(store), "groups": groups, "known": {term.iri for _, terms in groups for term in terms}, "short": short}


def _term(row: Any, related: dict[str, dict[str, tuple[str, ...]]]) -> Term:
    iri = str(row["t"])
    rows = tuple((name, values) for name, found in related.items() if (values := found.get(iri, ())))
    return Term(iri, str(row["english"]), str(row.get("zh", "")), str(row.get("en", "")), rows)


def _related(store: Store, path: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for x, y in _pairs(store, path):
        if x != y and y not in _SILENT:
            found[x].append(y)
    return {x: tuple(values) for x, values in found.items()}


def _pairs(store: Store, path: str) -> Iterator[tuple[str, str]]:
    query = f"""SELECT DISTINCT ?x ?y WHERE {{ GRAPH <{ONTOLOGY_GRAPH}> {{ ?x {path} ?y FILTER(isIRI(?x) && isIRI(?y)) }}
        FILTER(STRSTARTS(STR(?x), "{NS}")) }} ORDER BY ?x ?y"""
    for row in store.select(query):
        yield str(row["x"]), str(row["y"])


def _header(store: Store) -> dict[str, Any]:
    about = f"SELECT ?y WHERE {{ <{ONTOLOGY}> %s ?y %s }} ORDER BY ?y"
    zh = 'FILTER(lang(?y) = "zh")'
    one = {
        "title": ("dct:title", zh),
        "description": ("dct:description", zh),
        "version": ("owl:versionInfo", ""),
        "license": ("dct:license", ""),
    }
    header: dict[str, Any] = {name: str(store.select(about % which)[0]["y"]) for name, which in one.items()}
    return header | {"sources": [str(row["y"]) for row in store.select(about % ("dct:source", ""))]}


def short(iri: str) -> str:
    """``iri`` with a prefix where one is known."""
    name = local_name(iri)
    prefix = _SHORT.get(iri.removesuffix(name), "")
    return f"{prefix}:{name}" if prefix else iri


_TERMS: Final = f"""SELECT DISTINCT ?t ?english ?zh ?en WHERE {{ GRAPH <{ONTOLOGY_GRAPH}> {{ ?t a %s ; rdfs:label ?english FILTER(lang(?english) = "en")
  OPTIONAL {{ ?t skos:definition ?zh FILTER(lang(?zh) = "zh") }} OPTIONAL {{ ?t skos:definition ?en FILTER(lang(?en) = "en") }} }}
  FILTER(STRSTARTS(STR(?t), "{NS}")) }} ORDER BY ?t"""
