"""What the generated pages are made of: norms, provisions, steps and silences as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Norm:
    """A norm: ``kinds`` are its class and those above, the narrowest first; ``slots`` and ``back`` hold IRIs by property name.

    ``back`` has the norms that override or supplement this one. ``place`` is the IRI of its provision, ``article`` that of the article.
    """

    iri: str
    kinds: tuple[str, ...]
    reading: str
    quote: str
    marker: str
    strength: str
    place: str
    article: str
    slots: Mapping[str, tuple[str, ...]]
    back: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """A provision as it is printed: ``kind`` is the class's local name, ``whole`` the IRI of the next larger provision."""

    iri: str
    kind: str
    label: str
    title: str
    text: str
    whole: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an approval route."""

    iri: str
    label: str
    bearers: tuple[str, ...]
    norms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Silence:
    """What a regulation does not say: in which respects (their names), about what, and the articles nearest to it."""

    iri: str
    label: str
    aspects: tuple[str, ...]
    about: tuple[str, ...]
    articles: tuple[str, ...]
