"""Content negotiation by ``Accept`` header (RFC 9110, section 12.5.1). Imports no stage: worker processes use it too."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

TURTLE: Final = "text/turtle"
SOLUTIONS: Final[Mapping[str, str]] = {
    "application/sparql-results+json": "json",
    "application/json": "json",
    "application/sparql-results+xml": "xml",
    "application/xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
}
"""Media types for SELECT and ASK, the default first, and the syntax each stands for."""
GRAPHS: Final[Mapping[str, str]] = {
    TURTLE: "turtle",
    "application/n-triples": "n-triples",
    "application/rdf+xml": "rdf-xml",
    "application/ld+json": "json-ld",
    "application/n-quads": "n-quads",
    "application/trig": "trig",
    "text/n3": "n3",
    "text/plain": "n-triples",
    "application/xml": "rdf-xml",
    "application/json": "json-ld",
}
"""Media types for CONSTRUCT and DESCRIBE, the default first, and the syntax each stands for."""
SHORT: Final[Mapping[str, str]] = {
    "json": "application/json",
    "xml": "application/xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "ttl": TURTLE,
    "turtle": TURTLE,
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json",
    "nq": "application/n-quads",
    "trig": "application/trig",
    "html": "text/html",
}
"""Values of the parameter ``format``, which overrides ``Accept`` where a link has to say what it wants."""

_RANGE = re.compile(r"^\s*([\w!#$&^.+*-]+/[\w!#$&^.+*-]+)\s*(;.*)?$")
_QUALITY = re.compile(r";\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*(?:;|$)", re.IGNORECASE)


def choose(accept: str | None, offered: Sequence[str]) -> str | None:
    """The type of ``offered`` that ``accept`` likes best, the earlier one where it likes two alike; ``None`` where it takes none.

    Without a header, or with an empty one, everything is welcome. A range that cannot be read is passed over. A more specific range
    decides over a wider one; parameters other than ``q`` are not compared.
    """
    if not accept or not accept.strip():
        return offered[0] if offered else None
    ranges = _parse(accept)
    ranked = [(_quality(media, ranges), -position, media) for position, media in enumerate(offered)]
    best = max(ranked, default=(0.0, 0, ""))
    return best[2] if best[0] > 0 else None


def _parse(accept: str) -> dict[str, float]:
    ranges: dict[str, float] = {}
    for part in accept.split(",")[:64]:
        if found := _RANGE.match(part):
            quality = _QUALITY.search(found[2] or "")
            ranges[found[1].lower()] = float(quality[1]) if quality else 1.0
    return ranges


def _quality(media: str, ranges: Mapping[str, float]) -> float:
    for wanted in (media, media.split("/")[0] + "/*", "*/*"):
        if wanted in ranges:
            return ranges[wanted]
    return 0.0
