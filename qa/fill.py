"""Intent → bound query: the family's SPARQL with the intent's terms bound by a VALUES block at the head of its pattern."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from qa.expand import Family
from qa.models import Intent
from qa.terms import PREFIXES

_NOT_IN_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\]')


def fill(family: Family, intent: Intent) -> str:
    """The complete SPARQL query of ``intent``: prefixes, and the family's query with its bindings as a VALUES block at the head of its WHERE clause.

    A block after the WHERE clause would be joined too late: an OPTIONAL would first take every value of a variable that is to be bound.

    The terms are IRIs of the graph (SPARQL 1.1 section 10.2.2); no word of a question enters the query. Raises ValueError for a term that is no IRI.
    """
    table: dict[str, Sequence[str]] = dict(intent.bindings)
    if "?slot" in family.query:  # rdf:nil is nobody's property: a family without a slot gets no values
        table["slot"] = (_expand(family.slot or "rdf:nil"),)
    head, where, pattern = family.query.strip().partition("WHERE {")
    return "\n".join([*_declarations(family.query), f"{head}{where} {_values(table)}{pattern}"])


def _values(table: Mapping[str, Sequence[str]]) -> str:
    """One VALUES row for each combination; every table here has at most one variable with several terms."""
    if not table:
        return ""
    rows: list[tuple[str, ...]] = [()]
    for terms in table.values():
        rows = [(*row, _iri(term)) for row in rows for term in terms]
    names = " ".join(f"?{name}" for name in table)
    return f"VALUES ({names}) {{ " + " ".join(f"({' '.join(row)})" for row in rows) + " }"


def _iri(term: str) -> str:
    if _NOT_IN_IRI.search(term):  # production IRIREF
        raise ValueError(f"不是合法的 IRI：{term!r}")
    return f"<{term}>"


def _declarations(query: str) -> list[str]:
    return [f"PREFIX {name}: <{iri}>" for name, iri in PREFIXES.items() if f"{name}:" in query]


def _expand(name: str) -> str:
    prefix, local = name.split(":", 1)
    return PREFIXES[prefix] + local
