"""Solutions of a SPARQL query in the four result formats: JSON, XML, CSV and TSV (W3C Recommendations of 21 March 2013).

The engine writes the results of its own queries itself, and fast (:mod:`qa.evaluation`); this is for what comes from elsewhere, and for triples.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import IO, Any, Final
from xml.sax.saxutils import escape, quoteattr

import pyoxigraph as ox

from qa.terms import BASE, PREFIXES

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None

FORMATS: Final[Mapping[str, ox.QueryResultsFormat]] = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
COMMENTED: Final = frozenset({"turtle", "n-triples", "n-quads", "trig", "n3"})
"""Syntaxes of triples that can begin with a comment."""
CUT_COMMENT: Final = "结果超过上限，只给出前 {} 条。The result was cut at this many."
CUT_LINK: Final = BASE + "dataset#cut-at-{}"
"""The ``link`` to metadata in the head of a cut result (JSON and XML have one; CSV and TSV have no place for it)."""
_SYNTAXES: Final[Mapping[str, ox.RdfFormat]] = {
    "turtle": ox.RdfFormat.TURTLE,
    "n-triples": ox.RdfFormat.N_TRIPLES,
    "rdf-xml": ox.RdfFormat.RDF_XML,
    "json-ld": ox.RdfFormat.JSON_LD,
    "n-quads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "n3": ox.RdfFormat.N3,
}
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_XSD_STRING: Final = "http://www.w3.org/2001/XMLSchema#string"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#">'
_CONTROL: Final = {c: "\ufffd" for c in range(32) if chr(c) not in "\t\n\r"}
"""Characters that XML 1.0 cannot carry."""


def boolean(value: bool, syntax: str) -> bytes:
    """The answer of an ASK query in ``syntax`` (``json``, ``xml``, ``csv`` or ``tsv``, the last two not standardised: the word alone)."""
    word = "true" if value else "false"
    match syntax:
        case "json":
            return b'{"head":{},"boolean":' + word.encode() + b"}"
        case "xml":
            return f"{_HEAD}<head/><boolean>{word}</boolean></sparql>".encode()
        case _:
            return word.encode() + b"\n"


def solutions(names: Sequence[str], rows: Sequence[Sequence[Term]], syntax: str, cut_at: int | None = None) -> bytes:
    """The rows of a SELECT query, each with one term (or ``None``) for each of ``names``, in ``syntax``; ``cut_at`` is the limit that cut them."""
    link = [] if cut_at is None else [CUT_LINK.format(cut_at)]
    match syntax:
        case "json":
            bindings = [{n: _json(t) for n, t in zip(names, row, strict=True) if t is not None} for row in rows]
            return json.dumps(
                {"head": {"vars": list(names)} | ({"link": link} if link else {}), "results": {"bindings": bindings}},
                ensure_ascii=False,
                separators=(",", ":"),
            ).encode()
        case "xml":
            head = "".join(f"<variable name={quoteattr(n)}/>" for n in names) + "".join(f"<link href={quoteattr(iri)}/>" for iri in link)
            body = "".join(f"<result>{_xml_row(names, row)}</result>" for row in rows)
            return f"{_HEAD}<head>{head}</head><results>{body}</results></sparql>".encode()
        case "csv":
            out = io.StringIO(newline="")
            writer = csv.writer(out, lineterminator="\r\n")
            writer.writerow(names)
            writer.writerows([[_plain(t) for t in row] for row in rows])
            return out.getvalue().encode()
        case _:
            lines = ["\t".join("?" + n for n in names), *("\t".join("" if t is None else str(t) for t in row) for row in rows)]
            return ("\n".join(lines) + "\n").encode()


def triples(found: Iterable[ox.Triple], syntax: str, limit: int, declared: Mapping[str, str]) -> tuple[bool, bytes]:
    """Whether there are more than ``limit`` triples, and the first of them in ``syntax``, with the prefixes that the query ``declared``."""
    first = list(islice(found, limit + 1))
    cut, content = len(first) > limit, written(first[:limit], syntax, declared)
    return cut, (f"# {CUT_COMMENT.format(limit)}\n".encode() + content if cut and syntax in COMMENTED else content)


def written(found: Iterable[ox.Triple], syntax: str, declared: Mapping[str, str]) -> bytes:
    """``found`` in ``syntax``, the statements of a subject together, with the prefixes that the query ``declared``."""
    groups: dict[object, list[ox.Triple]] = {}
    for triple in found:
        groups.setdefault(triple.subject, []).append(triple)
    prefixes = _prefixes(declared) if syntax in ("turtle", "trig") else None
    return ox.serialize(chain.from_iterable(groups.values()), format=_SYNTAXES[syntax], prefixes=prefixes) or b""


def converted(answer: IO[bytes], media: str, syntax: str, limit: int, declared: Mapping[str, str]) -> tuple[bool, bytes]:
    """What another server answered in ``media`` (``application/sparql-results+json`` or triples), cut to ``limit``, in ``syntax``.

    Raises :class:`SyntaxError` or :class:`ValueError` where that is not what it says it is.
    """
    form = ox.RdfFormat.from_media_type(media)
    if form is not None:
        return triples((quad.triple for quad in ox.parse(answer, form)), syntax, limit, declared)
    found = ox.parse_query_results(answer, ox.QueryResultsFormat.JSON)
    if isinstance(found, ox.QueryBoolean):
        return False, boolean(bool(found), syntax)
    rows = [tuple(row) for row in islice(found, limit + 1)]
    if [v.value for v in found.variables] == ["__ASK_RETVAL"]:  # Virtuoso 7, to ASK after a prologue
        return False, boolean(any(isinstance(value, ox.Literal) and value.value == "1" for row in rows for value in row), syntax)
    cut = len(rows) > limit
    return cut, solutions([v.value for v in found.variables], rows[:limit], syntax, limit if cut else None)


def _prefixes(declared: Mapping[str, str]) -> dict[str, str]:
    """Those of the query, and the project's own where the query does not use the name for something else."""
    return PREFIXES | {name: iri for name, iri in declared.items() if _ABSOLUTE.match(iri)}


def statements(turtle: bytes) -> list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """The triples of a Turtle document, each term as in SPARQL results JSON."""
    return [(_json(t.subject), _json(t.predicate), _json(t.object)) for t in ox.parse(turtle, format=ox.RdfFormat.TURTLE)]


def _json(term: Term) -> dict[str, Any]:
    match term:
        case ox.NamedNode():
            return {"type": "uri", "value": term.value}
        case ox.BlankNode():
            return {"type": "bnode", "value": term.value}
        case ox.Literal():
            if term.language:
                return {"type": "literal", "value": term.value, "xml:lang": term.language}
            if term.datatype.value == _XSD_STRING:
                return {"type": "literal", "value": term.value}
            return {"type": "literal", "value": term.value, "datatype": term.datatype.value}
        case ox.Triple():
            return {
                "type": "triple",
                "value": {"subject": _json(term.subject), "predicate": _json(term.predicate), "object": _json(term.object)},
            }
    raise TypeError(type(term).__name__)


def _xml_row(names: Sequence[str], row: Sequence[Term]) -> str:
    return "".join(f"<binding name={quoteattr(n)}>{_xml(t)}</binding>" for n, t in zip(names, row, strict=True) if t is not None)


def _xml(term: Term) -> str:
    match term:
        case ox.NamedNode():
            return f"<uri>{escape(term.value)}</uri>"
        case ox.BlankNode():
            return f"<bnode>{escape(term.value)}</bnode>"
        case ox.Literal():
            text = escape(term.value.translate(_CONTROL))
            if term.language:
                return f'<literal xml:lang="{term.language}">{text}</literal>'
            kind = "" if term.datatype.value == _XSD_STRING else f" datatype={quoteattr(term.datatype.value)}"
            return f"<literal{kind}>{text}</literal>"
        case ox.Triple():
            parts = (("subject", term.subject), ("predicate", term.predicate), ("object", term.object))
            return "<triple>" + "".join(f"<{name}>{_xml(part)}</{name}>" for name, part in parts) + "</triple>"
    raise TypeError(type(term).__name__)


def _plain(term: Term) -> str:
    match term:
        case None:
            return ""
        case ox.NamedNode() | ox.Literal():
            return term.value
        case _:
            return str(term)
