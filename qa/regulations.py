"""Which regulation a question is about, where several are loaded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from qa.models import Candidate, Row

QUERY = "SELECT ?regulation ?id ?place WHERE { ?regulation a gz:Regulation ; dct:identifier ?id . OPTIONAL { ?regulation gz:place ?place } } ORDER BY ?id ?place"
"""The regulations whose text is loaded, with the places of their governments."""


@dataclass(frozen=True, slots=True)
class Regulation:
    """A loaded regulation: its IRI, the IRI below which its government's things are, and the names of its place, longest first."""

    iri: str
    base: str
    places: tuple[str, ...]


class Regulations:
    """The loaded regulations; the first by identifier is meant where a question names no place."""

    def __init__(self, rows: Iterable[Row]) -> None:
        """``rows`` are those of :data:`QUERY`."""
        places: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            places[str(row["regulation"])] += [str(row["place"])] if "place" in row else []
        self.loaded = [
            Regulation(iri, iri.rsplit("/", 1)[0] + "/", tuple(sorted(names, key=len, reverse=True))) for iri, names in places.items()
        ]

    def meant(self, text: str) -> Regulation:
        """The regulation whose place ``text`` names; else the first."""
        return next((r for r in self.loaded if any(place in text for place in r.places)), self.loaded[0])

    def without_places(self, text: str) -> str:
        """``text`` without the names of the loaded places, so that they are not taken for foreign ones."""
        for place in sorted((p for r in self.loaded for p in r.places), key=len, reverse=True):
            text = text.replace(place, "")
        return text

    def of(self, regulation: Regulation, candidate: Candidate) -> bool:
        """Whether ``candidate`` speaks of no other loaded regulation than ``regulation``."""
        iris = [iri for _, bound in candidate.intent.bindings for iri in bound]
        others = [r.base for r in self.loaded if r.base != regulation.base]
        return not any(iri.startswith(base) for iri in iris for base in others)
