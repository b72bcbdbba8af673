"""Questions that name a provision by its printed number: 第二十九条第二款讲了什么, 第（三）项是什么."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from qa.models import LAST, Intent, Iri, Reading, Reference
from qa.numerals import spell
from qa.store import Store
from qa.terms import gz

_PROVISIONS: Final = "SELECT ?p ?label ?class ?n WHERE { ?p a ?class ; gz:number ?n ; rdfs:label ?label }"
_PARTS: Final = "SELECT ?part ?n ?whole ?class WHERE { ?part gz:partOf ?whole ; a ?class ; gz:number ?n }"
_HOLDERS: Final = """SELECT DISTINCT ?part ?label ?order ?class ?n WHERE {
  ?part a ?class ; gz:number ?n ; gz:partOf ?article . ?article a gz:Article ; rdfs:label ?label ; gz:number ?order } ORDER BY ?order"""
_TITLES: Final = "SELECT ?whole ?n ?title WHERE { ?whole a gz:Chapter ; gz:number ?n ; dct:title ?title }"
_TOPICS: Final = "SELECT ?whole ?n ?title WHERE { ?whole a gz:Chapter ; gz:number ?n ; skos:altLabel ?title }"
_DIVIDED: Final = "SELECT ?whole ?n WHERE { ?item a gz:Item ; gz:partOf ?whole . ?whole a gz:Article ; gz:number ?n }"
_EITHER: Final = "还是"
"""What gives two chapters to choose from."""
_UNITS: Final = {"Item": "第（{}）项", "Paragraph": "第{}款", "Article": "第{}条", "Chapter": "第{}章"}


class NoSuchProvision(Exception):
    """A question names a provision that the regulation does not have; the message says so in a sentence for the user."""


class WhichArticle(Exception):
    """A question does not say which article, paragraph or item it is about; ``choices`` are the complete questions. What else it says may tell which
    (:meth:`Numbered.inside`)."""

    def __init__(self, which: str, choices: tuple[str, ...]) -> None:
        super().__init__(f"请问是{which}？")
        self.choices = choices


class Numbered:
    """Finds provisions by number in one regulation."""

    def __init__(self, store: Store, regulation: str, settings: Mapping[str, str]) -> None:
        """``regulation`` is the IRI below which the provisions are; ``settings`` is ``asking.yaml``: what asks how many items there are (``divided``), or
        paragraphs (``in_paragraphs``), and which chapter an article is in (``placed``), what shows that a title stands for a chapter (``chaptered``),
        and what asks how far one reaches (``spans``)."""
        self._store, self._regulation = store, regulation
        self._divided, self._paragraphs, self._placed, self._chaptered, self._spans = (
            re.compile(settings[name]) for name in ("divided", "in_paragraphs", "placed", "chaptered", "spans")
        )

    def intent(self, reading: Reading) -> Intent | None:
        """What a question that names a provision asks for, where it asks for the provision itself; ``None`` where it asks something about an article.

        Raises NoSuchProvision, and WhichArticle.
        """
        reference = reading.reference
        assert reference is not None
        if reference.article is None:
            return self._chapter(reference)
        try:
            articles = self.articles(reference)
        except NoSuchProvision:
            if reference.chapter is not None and _EITHER in reading.text:
                return Intent("placed", (("provision", self.articles(replace(reference, chapter=None))),))
            if reference.chapter is None or not self._spans.search(reading.text):
                raise
            return self._chapter(reference)  # 第五章是不是从第十七条开始
        article = articles[0]
        if self._placed.search(reading.text) and reference.chapter is None:
            return Intent("placed", (("provision", articles),))
        part = self._part(article, reference)
        if asked := self._divided.search(reading.text):
            family, kind = ("paragraphs", "Paragraph") if self._paragraphs.search(asked.group()) else ("items", "Item")
            if not self._parts(part, kind):
                family = "undivided" if kind == "Paragraph" and part == article else ""
            if family:
                return Intent(family, (("provision", (part,)),))
        wants_text = "text" in reading.aspects or not (reading.aspects - {"what", "where", "each"}) or part != article
        return Intent("provision", (("provision", (part,) if part != article else articles),)) if wants_text else None

    def articles(self, reference: Reference) -> tuple[str, ...]:
        """The articles (IRIs) that a question names. Raises NoSuchProvision."""
        number = reference.article or 0
        if reference.chapter is not None:
            inside = self._parts(self._provision("Chapter", reference.chapter), "Article")
            number = max(inside, default=0) if number == LAST else number
            if number not in inside:
                first, last = (_name("Article", n) for n in (min(inside), max(inside)))
                raise NoSuchProvision(
                    f"{_name('Chapter', reference.chapter)}没有这一条：各条的序号全文连着编，这一章从{first}到{last}{self._holder(number)}。"
                )
        return tuple(self._provision("Article", n) for n in (number, *reference.others))

    def inside(self, article: str, reference: Reference) -> Intent:
        """The paragraph or item of ``reference`` in the article with the IRI ``article``. Raises NoSuchProvision."""
        number = int(article.rsplit("/", 1)[-1])
        return Intent("provision", (("provision", (self._part(article, replace(reference, article=number)),)),))

    def which(self, unit: str, asked: str) -> WhichArticle:
        """The question back of which chapter (章) or article (条) something is ``asked``: any chapter, or any article that has items."""
        kind, query = ("Chapter", _TITLES) if unit == "章" else ("Article", _DIVIDED)
        numbers = {int(str(row["n"])) for row in self._store.select(query) if str(row["whole"]).startswith(self._regulation + "/")}
        return WhichArticle(f"哪一{unit}", tuple(f"{_name(kind, n)}{asked}" for n in sorted(numbers)))

    def in_numbers(self, text: str) -> str:
        """``text`` with the numbers of the chapters that it names by their titles, or by what they are about: 会议制度那一章, 讲会议的那章 → 第五章."""
        if not self._chaptered.search(text):
            return text
        for title, number in self._chapters(_TITLES):
            text = re.sub(f'[“"]?{title}[”"]?(这|那)?一?章?', number, text)
        for topic, number in self._chapters(_TOPICS):
            text = re.sub(f"(关于|讲|管|说|写|谈|规定)?{topic}(方面)?的?(这|那)?一?章(?!程)", number, text)
        return text

    def _chapters(self, names: str) -> list[tuple[str, str]]:
        """What a chapter may be called by the query ``names``, as a pattern, with its number in words; the longest first."""
        rows = [row for row in self._store.select(names) if str(row["whole"]).startswith(self._regulation + "/")]
        found = [(re.escape(str(row["title"])), _name("Chapter", int(str(row["n"])))) for row in rows]
        return sorted(found, key=lambda pair: -len(pair[0]))

    def _chapter(self, reference: Reference) -> Intent:
        if reference.chapter is None:
            part = self._only("Item", reference.item) if reference.item is not None else self._only("Paragraph", reference.paragraph)
            return Intent("provision", (("provision", (part,)),))
        return Intent("chapter", (("provision", tuple(self._provision("Chapter", n) for n in (reference.chapter, *reference.others))),))

    def _provision(self, kind: str, number: int) -> str:
        bound = {"class": Iri(gz(kind))} | ({} if number == LAST else {"n": number})
        rows = [row for row in self._store.select(_PROVISIONS, bound) if str(row["p"]).startswith(self._regulation + "/")]
        found = [str(row["p"]) for row in sorted(rows, key=lambda row: -int(str(row["n"])))]
        if not found:
            raise NoSuchProvision(f"本规则没有{_name(kind, number)}。")
        return found[0]

    def _holder(self, number: int) -> str:
        """In which chapter the article of that number is; nothing where there is no such article."""
        for row in self._store.select(_PROVISIONS, {"class": Iri(gz("Chapter"))}):
            if str(row["p"]).startswith(self._regulation + "/") and number in self._parts(str(row["p"]), "Article"):
                return f"，{_name('Article', number)}在{_name('Chapter', int(str(row['n'])))}"
        return ""

    def _part(self, article: str, reference: Reference) -> str:
        target = article
        for kind, number in (("Paragraph", reference.paragraph), ("Item", reference.item)):
            if number is None:
                continue
            parts = self._parts(article, kind)
            number = max(parts, default=1) if number == LAST else number
            if number not in parts and (parts or kind == "Item" or number != 1):  # an article of one paragraph has no node for it
                raise NoSuchProvision(f"{_name('Article', reference.article or 0)}没有{_name(kind, number)}。")
            target = parts.get(number, target)
        return target

    def _parts(self, whole: str, kind: str) -> dict[int, str]:
        """The parts of a kind of ``whole``, by number."""
        rows = self._store.select(_PARTS, {"whole": Iri(whole), "class": Iri(gz(kind))})
        return {int(str(row["n"])): str(row["part"]) for row in rows}

    def _only(self, kind: str, number: int | None) -> str:
        """The paragraph or item of that number, where only one article has one."""
        unit = _name(kind, number or 0)
        rows = self._store.select(_HOLDERS, {"class": Iri(gz(kind)), "n": number or 0})
        found = [row for row in rows if str(row["part"]).startswith(self._regulation + "/")]
        if not found:
            raise NoSuchProvision(f"本规则各条都没有{unit}。")
        if len(found) > 1:
            raise WhichArticle(f"哪一条的{unit}", tuple(f"{row['label']}{unit}是什么内容？" for row in found))
        return str(found[0]["part"])


def _name(kind: str, number: int) -> str:
    return _UNITS[kind].format(spell(number) if 0 < number < 1000 else number)
