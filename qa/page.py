"""Values → HTML. Everything is escaped by Jinja2's autoescape; the only markup is in the templates of ``qa/web/``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from qa.browse import SLOTS, Article, Part, Regulation
from qa.display import badge, cell, confidence, elapsed, lead, local_path, mark
from qa.models import Answer, Citation, Refusal, Status
from qa.terms import local_name

if TYPE_CHECKING:
    from qa.resources import Resource

WEB: Final = Path(__file__).parent / "web"
SHOWN: Final = 500
"""Rows of a query's result that are shown; a file has them all."""


_LEADS: Final[Mapping[Refusal | None, str]] = {None: "请选择：", Refusal.SILENT: "可以看相近的条文："}
"""What stands before suggestions, by the reason of the refusal; without one they are the choices of a question asked back."""


@dataclass(frozen=True, slots=True)
class Card:
    """A cited provision: its text in pieces, each marked or not, and the whole article where the provision is a part of it."""

    label: str
    article: int
    chapter: str
    pieces: tuple[tuple[str, bool], ...]
    whole: tuple[tuple[str, bool], ...]


class Page:
    """Renders the views of one regulation. Stateless; every method returns HTML."""

    def __init__(self, regulation: Regulation) -> None:
        self._regulation = regulation
        self._templates = Environment(
            loader=FileSystemLoader(WEB), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._templates.globals.update(
            path=local_path, local=local_name, entity_slots=SLOTS, numbers=lambda articles: [a.part.number for a in articles]
        )

    def header(self, number: str = "") -> str:
        """The page's heading; ``number`` is the document number of the regulation."""
        return self._render("header", title=self._regulation.title, number=number)

    def examples(self, groups: Sequence[Mapping[str, Any]]) -> str:
        """Example questions: each of ``groups`` has a ``name`` and ``questions``."""
        return self._render("examples", groups=groups)

    def answer(self, answer: Answer) -> str:
        """An answer, a question asked back, or a refusal, with its citations as cards."""
        trace = answer.trace or {}
        short, rest = lead(answer.answer)
        tone = (
            "given" if answer.status is Status.ANSWERED else "back" if answer.status is Status.CLARIFY else f"refused gz-{answer.refusal}"
        )
        return self._render(
            "answer",
            answer=answer,
            tone=tone,
            badge=badge(answer),
            lead=_LEADS.get(answer.refusal, "您是否想问："),
            cards=self._cards(answer.citations),
            short=short,
            rest=rest,
            completed=_completed(trace, answer.question),
            confidence=confidence(answer),
            elapsed=elapsed(answer.elapsed_ms),
            understood=_understood(trace),
        )

    def dialogue(self, turns: Sequence[tuple[str, str]]) -> str:
        """The state of the dialogue: ``turns`` are questions and short answers, oldest first. Empty where there is none."""
        if not turns:
            return ""
        return self._render("dialogue", questions=[question for question, _ in turns[-3:]], earlier=list(reversed(turns[:-1])))

    def contents(self, current: int, word: str = "") -> str:
        """The table of contents, or the hits of ``word``."""
        chapters = [(chapter, self._regulation.within(chapter)) for chapter in self._regulation.chapters]
        hits = self._regulation.search(word) if word.strip() else None
        return self._render("contents", chapters=chapters, hits=hits, word=word.strip(), current=current)

    def article(self, article: Article, word: str = "") -> str:
        """An article with its norms; ``word`` is marked in the text."""
        number = article.part.number
        before, after = (n if self._regulation.article(n) else 0 for n in (number - 1, number + 1))
        return self._render("article", article=article, before=before, after=after, word=word.strip())

    def failure(self, message: str) -> str:
        """A query that gave no result."""
        return self._render("result", error=message, permalink="")

    def result(self, query: str, media: str, content: str, milliseconds: float, cut: int | None) -> str:
        """The result of a query: ``content`` is SPARQL results JSON or Turtle, ``cut`` the limit where there were more rows."""
        found = json.loads(content) if media.endswith("json") else {}
        names = found.get("head", {}).get("vars", [])
        bindings = found.get("results", {}).get("bindings", [])
        summary = f"{len(bindings)} 行" if "results" in found else "ASK 的回答" if found else "三元组"
        forms = ("csv", "json") if "results" in found else ("json",) if found else ("ttl", "nt")
        return self._render(
            "result",
            error="",
            permalink="?" + urlencode({"sparql": query}),
            summary=summary,
            elapsed=elapsed(milliseconds),
            downloads=[
                (f"规知查询.{form}", "/sparql?" + urlencode({"format": "excel" if form == "csv" else form, "query": query}))
                for form in forms
            ],
            cut=cut,
            boolean=found.get("boolean"),
            triples="" if found else content,
            names=names,
            rows=[[cell(row.get(name)) for name in names] for row in bindings[:SHOWN]],
            hidden=max(0, len(bindings) - SHOWN),
        )

    def resource(self, resource: Resource) -> str:
        """The page of one of our IRIs."""
        return self._render("resource", title=resource.label, css=stylesheet(), resource=resource)

    def ontology(self, terms: Sequence[tuple[str, str, str, str]]) -> str:
        """The page of the ontology: local name, kind, label and definition of each term."""
        return self._render("ontology", title="规知本体", css=stylesheet(), terms=terms)

    def graph(self, iri: str, count: str) -> str:
        """The page of a named graph."""
        return self._render("graph", title="命名图", css=stylesheet(), iri=iri, count=count)

    def _cards(self, citations: Sequence[Citation]) -> list[Card]:
        """One card a provision, in the order of citation."""
        quotes: dict[str, list[Citation]] = {}
        for citation in citations:
            quotes.setdefault(citation.iri, []).append(citation)
        return [self._card(found, self._regulation.part(iri)) for iri, found in quotes.items()]

    def _card(self, citations: Sequence[Citation], part: Part | None) -> Card:
        words = [citation.quote for citation in citations]
        article = self._regulation.article_of(part) if part else None
        if part is None or article is None:
            return Card(citations[0].label, 0, "", tuple((word, True) for word in words), ())
        chapter = f"{article.chapter.label} {article.chapter.title}" if article.chapter else ""
        whole = mark(article.part.text, words) if part != article.part else ()
        return Card(citations[0].label, article.part.number, chapter, mark(part.text, words), whole)

    def _render(self, name: str, **values: Any) -> str:
        return self._templates.get_template(f"{name}.html").render(**values)


@cache
def stylesheet() -> str:
    """The stylesheet of all pages."""
    return (WEB / "page.css").read_text(encoding="utf-8")


def _completed(trace: Mapping[str, Any], question: str) -> str:
    """The question as it was completed from the dialogue; empty where nothing but marks and widths differ."""
    completed = str(trace.get("completed", ""))
    return completed if _letters(completed) != _letters(str(trace.get("normalised", question))) else ""


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _understood(trace: Mapping[str, Any]) -> dict[str, Any]:
    """What the trace says about how the question was understood, where it says it in the known form."""
    candidates, mentions = trace.get("candidates") or [], trace.get("mentions") or []
    wording = str(candidates[0][0]) if candidates else ""
    words = [str(mention[0]) for mention in mentions]
    return {"wording": wording, "words": words} if wording or words else {}
