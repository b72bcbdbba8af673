"""The frozen types that the stages speak. This module imports no stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

# ---------------------------------------------------------------- values of the graph


@dataclass(frozen=True, slots=True, order=True)
class Iri:
    """An IRI of the graph."""

    value: str

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """A literal of the graph: lexical form with either a language tag or a datatype IRI (neither: ``xsd:string``)."""

    value: str
    language: str | None = None
    datatype: str | None = None

    def __str__(self) -> str:
        return self.value


Value = Iri | Text

Row = Mapping[str, Value]
"""One solution of a SELECT query; variables that are unbound are absent."""

Triple = tuple[Iri, Iri, Value]


# ---------------------------------------------------------------- text of a regulation


class ProvisionKind(StrEnum):
    """The four levels of a regulation that carry an IRI; the value is the segment of the IRI."""

    CHAPTER = "chap"
    ARTICLE = "art"
    PARAGRAPH = "para"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class Edit:
    """One repair of the printed text. ``offset`` and ``line`` (from 1) are where ``before`` starts in the raw file."""

    line: int
    offset: int
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unit:
    """One printed line of the reading; ``lead + marker + body + gap`` is the reading's text from ``start`` on.

    ``lead`` is indentation, ``marker`` the printed number with what sets it off (``三、``, ``第三条　``, ``(三) ``), ``gap`` the
    white space up to the next unit. A paragraph has no marker; its number counts the paragraphs of the article.
    """

    kind: ProvisionKind
    number: int
    start: int
    lead: str
    marker: str
    body: str
    gap: str


@dataclass(frozen=True, slots=True)
class Provision:
    """A chapter, article, paragraph or item.

    ``path`` is its IRI below the regulation's (``art/31/item/3``), ``parent`` the path of the directly enclosing provision (``None``:
    the regulation itself). ``text`` is the repaired reading without its own marker; parts are set off by line feeds and keep theirs.
    ``raw_start`` and ``raw_end`` (exclusive) are offsets in characters into the raw file, the marker included.
    """

    kind: ProvisionKind
    number: int
    path: str
    parent: str | None
    reference: str
    label: str
    title: str | None
    text: str
    raw_start: int
    raw_end: int


@dataclass(frozen=True, slots=True)
class SourceText:
    """A regulation's text, parsed: the raw file, the repaired reading, and the reading's structure."""

    raw: str
    reading: str
    edits: tuple[Edit, ...]
    preface: str
    units: tuple[Unit, ...]
    provisions: tuple[Provision, ...]


# ---------------------------------------------------------------- artefacts


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a build read and wrote: SHA-256 (hex) by path, relative to the project's root and to the build folder."""

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    versions: Mapping[str, str]
