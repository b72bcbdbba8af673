"""Triples as N-Triples 1.1 (W3C Recommendation of 2014-02-25), UTF-8."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from qa.models import Iri, Text, Triple

_ESCAPES: Final = {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}
_KNOWN: Final = 1 << 14
"""Terms whose writing is remembered: registers repeat names and days."""


def ntriples(triples: Iterable[Triple]) -> bytes:
    """``triples`` as N-Triples."""
    return "".join(f"{term(s)} {term(p)} {term(o)} .\n" for s, p, o in triples).encode()


@lru_cache(_KNOWN)
def term(value: Iri | Text) -> str:
    """``value`` as N-Triples write it; an IRI that begins with ``_:`` is a blank node."""
    match value:
        case Iri(iri):
            return iri if iri.startswith("_:") else f"<{iri}>"
        case Text(words, str(language), _):
            return f'"{words.translate(_ESCAPES)}"@{language}'
        case Text(words, None, str(datatype)):
            return f'"{words.translate(_ESCAPES)}"^^<{datatype}>'
        case Text(words):
            return f'"{words.translate(_ESCAPES)}"'
