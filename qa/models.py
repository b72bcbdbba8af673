"""The frozen types that the stages speak. This module imports no stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

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


# ---------------------------------------------------------------- questions and answers


class Status(StrEnum):
    """What an answer is: given, asked back, or refused."""

    ANSWERED = "answered"
    CLARIFY = "clarify"
    NO_ANSWER = "no_answer"


class Refusal(StrEnum):
    """Why a question was not answered."""

    SILENT = "silent"
    NOT_UNDERSTOOD = "not_understood"
    OUTSIDE = "outside"
    BAD_INPUT = "bad_input"


@dataclass(frozen=True, slots=True)
class Normalised:
    """A question in the form that is matched; ``origins[i]`` is the offset in the question of character ``i`` of ``text``."""

    question: str
    text: str
    origins: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original question that ``text[start:end]`` came from."""
        return self.origins[start], self.origins[end - 1] + 1


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of normalised text that names an entity or an action: ``text[start:end]``, the IRIs it may stand for, and their kind."""

    start: int
    end: int
    surface: str
    entities: tuple[str, ...]
    kind: str


LAST: Final = -1
"""Stands for the number of the last chapter, article, paragraph or item, which a question need not count."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A provision named by its printed number in a question; ``None`` where a level is not named, :data:`LAST` for the last one."""

    chapter: int | None = None
    article: int | None = None
    paragraph: int | None = None
    item: int | None = None
    others: tuple[int, ...] = ()
    """Articles, or where none is named chapters, that are named beside the first."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a question: its words, what they name, and what is asked for.

    ``terms`` are the canonical terms (IRIs of entities, else words) that carry meaning; ``aspects`` the names of the cues found.
    """

    text: str
    mentions: tuple[Mention, ...]
    terms: tuple[str, ...]
    aspects: frozenset[str]
    reference: Reference | None = None


DEPENDS: Final = "depends"
REPLIES: Final = ("yes", "no", DEPENDS)
"""What a norm may say to a yes/no question."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What a canonical question asks: a family, and the terms bound in its query.

    ``reply`` (one of :data:`REPLIES`) is what the norm says to this wording, where the wording settles it.
    """

    family: str
    bindings: tuple[tuple[str, tuple[str, ...]], ...]
    reply: str | None = None

    def bound(self, name: str) -> tuple[str, ...]:
        """The IRIs bound to variable ``name``."""
        return dict(self.bindings).get(name, ())


@dataclass(frozen=True, slots=True)
class Candidate:
    """An intent that may be meant, the wording that spoke for it, the features of its score, and the entities that the wording names by kind."""

    intent: Intent
    wording: str
    score: float
    features: Mapping[str, float]
    entities: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Citation:
    """A provision that supports an answer: short reference, printed label, verbatim words, and IRI."""

    ref: str
    label: str
    quote: str
    iri: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question.

    ``answer`` is the short answer, the question asked back, or the reason of a refusal. ``confidence`` is the estimated probability that
    the status and the content are right. ``elapsed_ms`` is wall time in milliseconds. ``trace`` tells stage by stage how it came about.
    """

    question: str
    status: Status
    answer: str
    citations: tuple[Citation, ...] = ()
    sparql: str = ""
    confidence: float = 0.0
    elapsed_ms: float = 0.0
    suggestions: tuple[str, ...] = ()
    refusal: Refusal | None = None
    trace: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a build step is given: the project's ``root``, the folder ``target`` to write artefacts to, and the canonical graph in it.

    ``cache`` outlives builds; a step may keep there what depends on nothing but pinned packages.
    """

    root: Path
    target: Path
    graph: Path
    cache: Path


# ---------------------------------------------------------------- coverage of a text by its norms


@dataclass(frozen=True, slots=True)
class ArticleCoverage:
    """How far an article's words lie in quotes of norms.

    ``characters`` counts letters, digits and Chinese characters (no punctuation, no printed numbers), ``covered`` those inside a quote.
    ``unquoted`` are the sentences that have a deontic marker outside every quote.
    """

    reference: str
    label: str
    characters: int
    covered: int
    norms: int
    unquoted: tuple[str, ...]

    @property
    def share(self) -> float:
        """Covered characters over all characters, 0 to 1."""
        return self.covered / self.characters if self.characters else 1.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage of a regulation: its articles in order, and for each of bearer, action, object the norms (IRIs) that lack it."""

    articles: tuple[ArticleCoverage, ...]
    lacking: Mapping[str, tuple[str, ...]]


# ---------------------------------------------------------------- conformance of the graph


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One result of a SHACL shape. ``shape`` is the shape's local name, ``severity`` Violation, Warning or Info, ``node`` the node at fault."""

    severity: str
    shape: str
    node: str
    message: str
