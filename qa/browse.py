"""A regulation for reading: chapters, articles, their parts, and beside each article its norms, all from the graph."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from qa.models import Row
from qa.store import Store
from qa.terms import NS, local_name

SLOTS: Final = (
    "bearer",
    "action",
    "object",
    "recipient",
    "counterparty",
    "via",
    "meeting",
    "member",
    "delegate",
    "delegator",
    "content",
    "supervisor",
)
QUALIFIERS: Final = ("condition", "exception", "deadline", "frequency", "limit", "manner", "purpose")


@dataclass(frozen=True, slots=True)
class Term:
    """An entity of the graph and its Chinese name."""

    iri: str
    label: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot or qualifier of a norm: the property's local name, its Chinese name, and what fills it (qualifiers by their words alone)."""

    name: str
    label: str
    values: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class NormView:
    """A norm as it is read: its kind, its reading, its words in the provision ``ref`` / ``path``, and its filled slots in reading order."""

    iri: str
    kind: Term
    strength: str
    reading: str
    quote: str
    label: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A provision: its IRI, path below the regulation (``art/31/item/3``), short reference, printed label, title (chapters) and text."""

    iri: str
    path: str
    ref: str
    label: str
    title: str
    text: str
    number: int


@dataclass(frozen=True, slots=True)
class Article:
    """An article with the chapter it stands in, its paragraphs and items, and its norms in the order of their words."""

    part: Part
    chapter: Part | None
    parts: tuple[Part, ...]
    norms: tuple[NormView, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """An article in which a search word occurs, and the words around its first occurrence: before, the word itself, after."""

    article: Article
    before: str
    found: str
    after: str


class Regulation:
    """One regulation, read from the graph once. Immutable afterwards."""

    def __init__(self, store: Store) -> None:
        """Reads the regulation that is in force. Raises :class:`qa.store.StoreError` where the graph has none with provisions."""
        found = store.select(_REGULATION)
        self.iri, self.title = (str(found[0]["r"]), str(found[0]["title"])) if found else ("", "")
        parts = [_part(self.iri, row) for row in store.select(_PARTS)]
        self._by_path = {part.path: part for part in parts if part.iri.startswith(self.iri + "/")}
        norms = _norms(store)
        chapter_of = {str(row["a"]): str(row["c"]) for row in store.select(_CHAPTERS)}
        self.chapters = tuple(sorted((p for p in self._by_path.values() if p.path.startswith("chap/")), key=lambda p: p.number))
        by_iri = {chapter.iri: chapter for chapter in self.chapters}
        articles = sorted((p for p in self._by_path.values() if re.fullmatch(r"art/\d+", p.path)), key=lambda p: p.number)
        self.articles = tuple(self._article(part, by_iri.get(chapter_of.get(part.iri, "")), norms) for part in articles)
        self._articles = {article.part.number: article for article in self.articles}

    def article(self, number: int) -> Article | None:
        """The article numbered ``number``."""
        return self._articles.get(number)

    def part(self, iri: str) -> Part | None:
        """The provision with ``iri``."""
        return self._by_path.get(iri.removeprefix(self.iri + "/"))

    def find(self, reference: str) -> Part | None:
        """The provision that ``reference`` names: ``41``, ``31.3`` (article and item), ``41/para/3``, ``art/31/item/3``, ``chap/5``, ``第五章``."""
        reference = reference.strip().strip("/")
        if dotted := re.fullmatch(r"(\d+)\.(\d+)", reference):
            reference = f"art/{dotted[1]}/item/{dotted[2]}"
        for path in (reference, f"art/{reference}"):
            if path in self._by_path:
                return self._by_path[path]
        return next((part for part in self._by_path.values() if part.label == reference), None)

    def article_of(self, part: Part) -> Article | None:
        """The article that ``part`` is or belongs to."""
        found = re.match(r"art/(\d+)", part.path)
        return self.article(int(found[1])) if found else None

    def within(self, chapter: Part) -> tuple[Article, ...]:
        """The articles of ``chapter``."""
        return tuple(article for article in self.articles if article.chapter == chapter)

    def search(self, word: str) -> list[Hit]:
        """The articles whose text or norms have every space-separated part of ``word``, in order."""
        words = word.split()[:8]
        if not words:
            return []
        return [_hit(a, words[0]) for a in self.articles if all(w in _searchable(a) for w in words)]

    def _article(self, part: Part, chapter: Part | None, norms: Mapping[str, Sequence[NormView]]) -> Article:
        parts = tuple(
            sorted((p for p in self._by_path.values() if p.path.startswith(part.path + "/")), key=lambda p: part.text.find(p.text))
        )
        own = [norm for place in (part, *parts) for norm in norms.get(place.iri, ())]
        return Article(part, chapter, parts, tuple(sorted(own, key=lambda norm: part.text.find(norm.quote))))


def _part(regulation: str, row: Row) -> Part:
    iri = str(row["p"])
    title = str(row.get("title", ""))
    return Part(iri, iri.removeprefix(regulation + "/"), str(row["ref"]), str(row["label"]), title, str(row["text"]), int(str(row["n"])))


def _norms(store: Store) -> dict[str, list[NormView]]:
    """The norms by the IRI of the provision that they stand in."""
    names = {str(row["p"]): str(row["label"]) for row in store.select(_PROPERTIES)}
    filled: dict[str, dict[str, dict[Term, None]]] = defaultdict(lambda: defaultdict(dict))
    for row in store.select(_FILLERS):
        filled[str(row["norm"])][local_name(str(row["slot"]))][Term(str(row["filler"]), str(row["label"]))] = None
    norms: dict[str, list[NormView]] = defaultdict(list)
    for row in store.select(_NORMS):
        iri = str(row["norm"])
        slots = tuple(
            Slot(name, names.get(NS + name, name), tuple(filled[iri][name])) for name in SLOTS + QUALIFIERS if name in filled[iri]
        )
        kind = Term(str(row["type"]), str(row["kind"]))
        view = NormView(iri, kind, str(row.get("strength", "")), str(row["reading"]), str(row["quote"]), str(row["label"]), slots)
        norms[str(row["p"])].append(view)
    return norms


def _searchable(article: Article) -> str:
    return "\n".join((article.part.label, article.part.text, *(norm.reading for norm in article.norms)))


def _hit(article: Article, word: str) -> Hit:
    text = "\n".join((article.part.text, *(norm.reading for norm in article.norms)))  # its label stands before what is shown
    text = text if word in text else _searchable(article)
    at = text.find(word)
    flat = text.replace("\n", " ")
    return Hit(
        article,
        ("…" if at > 20 else "") + flat[max(0, at - 20) : at],
        flat[at : at + len(word)],
        flat[at + len(word) : at + len(word) + 40] + "…",
    )


# ---------------------------------------------------------------- queries

_REGULATION: Final = """SELECT ?r ?title (COUNT(?p) AS ?n) WHERE { ?p gz:regulation ?r ; a gz:Article . ?r dct:title ?title }
  GROUP BY ?r ?title ORDER BY DESC(?n) ?title LIMIT 1"""
_PARTS: Final = """SELECT ?p ?ref ?label ?title ?text ?n WHERE { ?p gz:reference ?ref ; rdfs:label ?label ; gz:text ?text ; gz:number ?n
  OPTIONAL { ?p dct:title ?title } }"""
_CHAPTERS: Final = "SELECT ?a ?c WHERE { ?a a gz:Article ; gz:partOf ?c . ?c a gz:Chapter }"
_NORMS: Final = """SELECT DISTINCT ?norm ?type ?kind ?strength ?reading ?quote ?p ?label WHERE {
  GRAPH ?g { ?norm gz:quote ?quote ; a ?type ; gz:provision ?p ; rdfs:label ?reading }
  GRAPH ?o { ?type rdfs:label ?kind FILTER(lang(?kind) = "zh") }
  ?p rdfs:label ?label
  OPTIONAL { ?norm gz:strength ?s . ?s rdfs:label ?strength FILTER(lang(?strength) = "zh") } } ORDER BY ?norm"""
_PROPERTIES: Final = """SELECT ?p ?label WHERE { ?p a owl:ObjectProperty ; rdfs:label ?label FILTER(lang(?label) = "zh") }"""
_FILLERS: Final = """SELECT DISTINCT ?norm ?slot ?filler ?label WHERE {
  GRAPH ?g { ?norm gz:quote ?quote ; ?slot ?filler } ?filler rdfs:label|skos:prefLabel ?label FILTER(lang(?label) = "zh") }
  ORDER BY ?norm ?slot ?filler"""
