"""What the generated pages and the page's cards are made of: norms, provisions, steps, silences and cards as plain values."""

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


@dataclass(frozen=True, slots=True)
class Card:
    """Everything about one entity, as its page and its card show it.

    ``kind`` is the local name of its class; ``relations`` pair a name with the IRIs it leads to; ``diagrams`` pair the IRI of a route or
    meeting with its picture (SVG). ``duties`` are the norms that bind it, by what it must, must not and may do; ``uses`` the norms that
    name it otherwise, each list under its heading.
    """

    iri: str
    kind: str
    label: str
    english: str
    names: tuple[str, ...]
    relations: tuple[tuple[str, tuple[str, ...]], ...]
    diagrams: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    duties: tuple[tuple[str, tuple[Norm, ...]], ...]
    uses: tuple[tuple[str, tuple[Norm, ...]], ...]
    silences: tuple[Silence, ...]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A document, meeting or matter (IRI) that an article regulates together with ``others`` (IRIs of articles, in their order)."""

    thing: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """An entity in a picture of relations: ``kind`` is the local name of its class, empty for a plain value."""

    iri: str
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A relation between two nodes (IRIs): its name and the norms (IRIs) that state it."""

    source: str
    target: str
    label: str
    norms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """Nodes and the relations between them; ``hidden`` counts the nodes that were left out, ``centre`` is the node it is about, if any."""

    centre: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    hidden: int = 0
