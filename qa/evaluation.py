"""A query over a store, from its text to the frames of its answer. Runs in a query process (:mod:`qa.worker`); imports no stage but the small pure ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final

import pyoxigraph as ox

from qa import negotiate, results
from qa.cuts import Rows, fits
from qa.frames import BODY, END, frame, said
from qa.guard import Demand, inspect, mentioned, plain
from qa.outlet import DELAY, HELD, PAUSE, Outlet
from qa.terms import BASE, PREFIXES

Found = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples
Say = Callable[[bytes], None]


_PLAIN: Final = Demand("SELECT", service=False, sources=(), prefixes={}, disguised=False)


def answer(store: ox.Store, request: Mapping[str, Any], say: Say) -> None:
    """Say the answer to ``request``, or in its end as ``outcome`` why there is none, or no more: ``syntax``, ``unacceptable``, ``memory``, or what the
    query may not do: ``update``, ``service``, ``file``; ``damaged`` where the data cannot be read."""
    try:
        demand = _PLAIN if plain(request["query"]) else inspect(request["query"])
        if forbidden := _forbidden(demand, [*(request["default"] or ()), *(request["named"] or ())]):
            _refuse(say, {"outcome": forbidden})
        else:
            _evaluate(store, request, demand, say)
    except (SyntaxError, ValueError) as error:  # ValueError: a graph name that is no IRI
        _refuse(say, {"outcome": "syntax", "message": _words(error)})
    except MemoryError:
        _refuse(say, {"outcome": "memory"})
    except OSError as error:
        if inspect(request["query"]).disguised:  # SERVICE leaves the store
            _refuse(say, {"outcome": "service"})
        else:
            damaged(error, request, say)
    except RuntimeError as error:
        if str(error).startswith("The custom "):  # a function that is unknown here
            _refuse(say, {"outcome": "syntax", "message": _words(error)})
        else:
            damaged(error, request, say)


def damaged(error: Exception, _: Mapping[str, Any], say: Say) -> None:
    """Say that a store on disk cannot be read. The engine's words name files: they are for the log of the service alone."""
    _refuse(say, {"outcome": "damaged", "message": _words(error)})


def _words(error: Exception) -> str:
    return " ".join(str(error).split())


def _refuse(say: Say, outcome: Mapping[str, Any]) -> None:
    say(said(END, outcome))


def _forbidden(demand: Demand, graphs: Sequence[str]) -> str:
    if demand.update:
        return "update"
    if demand.service:
        return "service"
    return "file" if any(graph.lower().startswith("file:") for graph in (*graphs, *demand.sources)) else ""


def _evaluate(store: ox.Store, request: Mapping[str, Any], demand: Demand, say: Say) -> None:
    found = _query(store, request, demand)
    offered = negotiate.GRAPHS if isinstance(found, ox.QueryTriples) else negotiate.SOLUTIONS
    media = _chosen(request["accept"], tuple(offered))
    if media is None:
        _refuse(say, {"outcome": "unacceptable", "offered": list(offered)})
        return
    syntax, limit = offered[media], request["limit"]
    outlet = Outlet(say, media, syntax, limit)
    match found:
        case ox.QueryBoolean():
            say(frame(BODY, results.boolean(bool(found), syntax)) + said(END, {"media": media, "cut": False}))
        case ox.QuerySolutions():
            _solutions(found, outlet, syntax, limit)
        case _:
            _triples(found, outlet, syntax, limit, demand.prefixes)


_chosen = lru_cache(64)(negotiate.choose)


def _query(store: ox.Store, request: Mapping[str, Any], demand: Demand) -> Found:
    default, named = request["default"], request["named"]
    return store.query(
        request["query"],
        base_iri=BASE,
        prefixes=mentioned(request["query"], PREFIXES),
        use_default_graph_as_union=not demand.sources and default is None,  # FROM is passed over where the union is asked for
        default_graph=None if default is None else [ox.NamedNode(g) for g in default],
        named_graphs=None if named is None else [ox.NamedNode(g) for g in named],
        substitutions={ox.Variable(name): ox.NamedNode(iri) for name, iri in request["bindings"].items()},
    )


class _Enough(Exception):
    """The result has all the rows that it may have."""


class _Bounded:
    """A file for the engine to write a result to. Raises :class:`_Enough` after the last row that is allowed."""

    def __init__(self, outlet: Outlet, syntax: str, limit: int) -> None:
        self._outlet, self._syntax, self._limit = outlet, syntax, limit
        self._rows: Rows | None = None
        self._few = bytearray()
        self._due = time.monotonic() + DELAY

    def write(self, piece: bytes) -> int:
        """Take the next bytes. Those of a small result need not be looked at."""
        if self._rows is None:
            self._few += piece
            if len(self._few) < HELD and fits(self._syntax, self._limit, len(self._few)) and time.monotonic() < self._due:
                return len(piece)
            self._rows = Rows(self._syntax, self._limit)
            self._outlet.put(self._rows.of(bytes(self._few)))
        else:
            self._outlet.put(self._rows.of(piece))
        if self._rows.cut:
            raise _Enough
        return len(piece)

    def flush(self) -> None:
        """Nothing is kept here but half a mark."""

    def close(self) -> None:
        """The result has been written."""
        self._outlet.put(self._rows.rest() if self._rows else bytes(self._few))


def _solutions(found: ox.QuerySolutions, outlet: Outlet, syntax: str, limit: int) -> None:
    bounded = _Bounded(outlet, syntax, limit)
    try:
        found.serialize(bounded, results.FORMATS[syntax])  # type: ignore[arg-type]  # all that it needs of a file
    except _Enough:
        outlet.end(cut=True, closed=False)
        return
    bounded.close()
    outlet.end(cut=False, closed=True)


def _triples(found: ox.QueryTriples, outlet: Outlet, syntax: str, limit: int, declared: Mapping[str, str]) -> None:
    """Together where they are soon complete, so that the statements of a subject stand together; else in batches, where the syntax allows."""
    due, batch, header = time.monotonic() + DELAY, [], b""
    for triple in islice(found, limit):
        batch.append(triple)
        if syntax in results.COMMENTED and time.monotonic() >= due:
            outlet.put(results.written(batch, syntax, declared).removeprefix(header))
            due, batch, header = time.monotonic() + PAUSE, [], results.written([], syntax, declared)
    outlet.put(results.written(batch, syntax, declared).removeprefix(header))
    outlet.end(next(found, None) is not None, closed=True)
