"""Queries for the statements of one named thing, answered where they arrive.

Handing a query to another process, where it can be stopped, costs several times what such a look-up costs itself. It need not be stopped: it has one
triple pattern whose subject is named, nothing nested and nothing to be sorted or gathered, so the engine reads one short range of an index and gives
its rows as it finds them, at most :data:`ROWS`. Everything else is for :mod:`qa.pool`. SPARQL 1.1 Query, section 5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, Self

import pyoxigraph as ox

from qa import negotiate, results
from qa.cuts import Rows, at_most
from qa.query import Query
from qa.terms import BASE, PREFIXES

ROWS: Final = 1000
"""Rows of a look-up; a result that may have more is left to the pool."""
LENGTH: Final = 4096
"""Characters of its text."""
LARGEST: Final = 64 << 20
"""Bytes of the files that are loaded into memory once more, beside what the query processes share."""
_NAME: Final = r"(?:<[^<>\"{}|^`\\\s]*>|[^\W\d][\w-]*:[\w-]+)"
_VARIABLE: Final = r"[?$]\w+"
_LOOK_UP: Final = re.compile(
    rf"\s*(?:PREFIX\s+(?:[^\W\d][\w-]*)?:\s*<[^<>\"{{}}|^`\\\s]*>\s*)*SELECT\s+(?:\*|{_VARIABLE}(?:\s+{_VARIABLE})*)\s*(?:WHERE\s*)?"
    rf"\{{\s*{_NAME}\s+(?P<predicate>{_NAME}|a|{_VARIABLE})\s+(?P<object>{_NAME}|{_VARIABLE})\s*\.?\s*\}}\s*(?:LIMIT\s+(?P<limit>\d{{1,6}})\s*)?",
    re.IGNORECASE,
)


class Lookups:
    """Answers look-ups over one set of data. Safe to share between threads."""

    def __init__(self, store: ox.Store, rows: int = ROWS) -> None:
        """Over ``store``; a query of more than ``rows`` rows is left to the pool."""
        self._store, self._rows = store, min(rows, ROWS)

    @classmethod
    def open(cls, data: Path, more: Mapping[str, Path], rows: int = ROWS) -> Self | None:
        """Over an N-Quads file or a folder that holds an Oxigraph store, and ``more``, N-Triples files by the IRI of their named graph. Blocks until
        they are loaded; ``None`` where they are larger than :data:`LARGEST`."""
        if data.is_dir():
            return cls(ox.Store.read_only(str(data)), rows)
        if sum(file.stat().st_size for file in (data, *more.values())) > LARGEST:
            return None
        store = ox.Store()
        store.bulk_load(path=data, format=ox.RdfFormat.N_QUADS)
        for graph, triples in more.items():
            store.bulk_load(path=triples, format=ox.RdfFormat.N_TRIPLES, to_graph=ox.NamedNode(graph))
        return cls(store, rows)

    def __call__(self, query: Query) -> tuple[str, bytes] | None:
        """The media type and the whole of the result; ``None`` where the pool is to answer, or to say what is wrong."""
        text = bounded(query, self._rows)
        media = text and _chosen(query.accept)
        if not text or not media:
            return None
        syntax = negotiate.SOLUTIONS[media]
        try:
            content = self._solutions(text).serialize(format=results.FORMATS[syntax])
        except (SyntaxError, ValueError):  # the pool says what is wrong
            return None
        if content is None or not (at_most(syntax, content) <= self._rows or _whole(content, syntax, self._rows)):
            return None
        return media, content

    def _solutions(self, text: str) -> ox.QuerySolutions:
        found = self._store.query(text, base_iri=BASE, prefixes=PREFIXES, use_default_graph_as_union=True)
        assert isinstance(found, ox.QuerySolutions)
        return found


def bounded(query: Query, rows: int = ROWS) -> str | None:
    """The text of ``query`` with a bound on its rows, where it is a look-up in all graphs together."""
    chosen = query.default or query.named or query.bindings
    if chosen or len(query.text) > LENGTH or not (found := _LOOK_UP.fullmatch(query.text)):
        return None
    if found["predicate"] == found["object"]:
        return None  # the same variable twice: all statements are read for those few where both are the same
    if found["limit"] is None:
        return f"{query.text} LIMIT {rows + 1}"
    return query.text if int(found["limit"]) <= rows else None


@lru_cache(64)
def _chosen(accept: str | None) -> str | None:
    return negotiate.choose(accept, tuple(negotiate.SOLUTIONS))


def _whole(content: bytes, syntax: str, most: int) -> bool:
    """Whether a result has no more rows than it may have."""
    rows = Rows(syntax, most)
    rows.of(content)
    return not rows.cut
