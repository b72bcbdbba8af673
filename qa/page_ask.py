"""What asking shows: an answer with its cards, picture and reasons, the dialogue, examples, and the sheet to print. Values in, HTML out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from qa.browse import Part, Regulation
from qa.display import badge, confidence, elapsed, lead, mark
from qa.explain import Step
from qa.facts import MOST, facts
from qa.models import Answer, Citation, Refusal, Status
from qa.page import Page
from qa.rules import Rules

if TYPE_CHECKING:
    from qa.desk_ask import Turn

_LEADS: Final[Mapping[Refusal | None, str]] = {None: "请选择：", Refusal.SILENT: "可以看相近的条文："}
"""What stands before suggestions, by the reason of the refusal; without one they are the choices of a question asked back."""
_SPACIOUS: Final = 1100
"""Characters of answer, provisions and query that go on one sheet (A4) in large type."""
_STATE: Final = 3
"""Earlier questions that a follow-up may refer to."""


@dataclass(frozen=True, slots=True)
class Card:
    """A cited provision: its text in pieces, each marked or not, and the whole article where the provision is a part of it."""

    label: str
    article: int
    chapter: str
    pieces: tuple[tuple[str, bool], ...]
    whole: tuple[tuple[str, bool], ...]


class AskPage:
    """Renders the views of asking about one regulation. Stateless; every method returns HTML."""

    def __init__(self, page: Page, regulation: Regulation) -> None:
        self._page, self._regulation = page, regulation

    def examples(self, groups: Sequence[Mapping[str, Any]]) -> str:
        """Example questions: each of ``groups`` has a ``name`` and ``questions``."""
        return self._page.render("examples", groups=groups)

    def answer(self, answer: Answer, steps: Sequence[Step] = (), *, kept: bool = False) -> str:
        """An answer, a question asked back, or a refusal, with its citations as cards and ``steps`` as its reasons. ``kept``: a verdict is kept."""
        return self._page.render("answer", **self._values(answer), elapsed=elapsed(answer.elapsed_ms), steps=steps, kept=kept)

    def sheet(self, answer: Answer, rules: Rules) -> str:
        """The sheet of an answer to print, in small type where there is much of it: the same answer and rules give the same bytes."""
        values = self._values(answer)
        written = sum(len(piece) for card in values["cards"] for piece, _ in card.pieces) + len(answer.answer) + len(answer.sparql)
        return self._page.render("sheet", **values, rules=rules, dense=written > _SPACIOUS)

    def dialogue(self, turns: Sequence[Turn], offered: Sequence[str] = ()) -> str:
        """What a follow-up would refer to, oldest first, and questions that are ``offered`` to follow. Empty where there is nothing."""
        return self._page.render("dialogue", questions=[turn.question for turn in turns[-_STATE:]], offered=offered) if turns else ""

    def history(self, turns: Sequence[Turn]) -> str:
        """The questions and answers before the last, latest first. Empty where there are none."""
        return self._page.render("history", turns=list(reversed(turns[:-1]))) if len(turns) > 1 else ""

    def thanks(self, verdict: str) -> str:
        """What is said to a verdict."""
        return self._page.render("thanks", verdict=verdict)

    def text(self, answer: Answer) -> str:
        """An answer as plain text, to paste elsewhere."""
        lines = [f"问：{answer.question}", f"答：{answer.answer}" if answer.answer else ""]
        lines += [f"依据：《{self._regulation.title}》{citation.label}：“{citation.quote}”" for citation in answer.citations]
        return "\n".join(filter(None, lines))

    def _values(self, answer: Answer) -> dict[str, Any]:
        short, rest = lead(answer.answer)
        refused = f"refused gz-{answer.refusal}"
        tone = {Status.ANSWERED: "given", Status.CLARIFY: "back"}.get(answer.status, refused)
        whole, drawn = asked(answer), facts(answer, self._regulation)
        return {
            "answer": answer,
            "regulation": self._regulation.title,
            "tone": tone,
            "badge": badge(answer),
            "lead": _LEADS.get(answer.refusal, "您是否想问："),
            "cards": self._cards(answer.citations),
            "facts": drawn[:MOST],
            "undrawn": len(drawn[MOST:]),
            "short": short,
            "rest": rest,
            "completed": whole if whole != answer.question else "",
            "asked": whole,
            "confidence": confidence(answer),
            "sparql": answer.sparql,
            "text": self.text(answer),
        }

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


def asked(answer: Answer) -> str:
    """The question of ``answer`` as it stands by itself: completed from the dialogue, or as it was put where nothing but marks and widths differ."""
    trace = answer.trace or {}
    completed = str(trace.get("completed", ""))
    same = _letters(completed) == _letters(str(trace.get("normalised", answer.question)))
    return answer.question if same or not completed else completed


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))
