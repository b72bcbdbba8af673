"""What happens when somebody asks: plain values in, HTML out. Knows no user-interface library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

from qa.contract import Asking
from qa.explain import Explainer
from qa.feedback import VERDICTS, Feedback
from qa.follow_ups import FollowUps
from qa.models import Answer, Refusal, Status
from qa.page_ask import AskPage, asked
from qa.rules import Rules
from qa.suggest import Suggester

MEMORY: Final = 20
"""Turns that a dialogue keeps."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of the dialogue and what became of it: as it was completed from the dialogue, the short answer, its status, why it was
    refused, and how sure it was."""

    question: str
    asked: str
    answer: str
    status: str
    reason: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows after a question: HTML of the state of the dialogue, the answer, the earlier answers; and the turns."""

    dialogue: str
    answer: str
    history: str
    turns: list[Turn]


class AskDesk:
    """Asking over one build. Holds no state of a visitor; safe to share between threads."""

    def __init__(
        self,
        answerer: Asking,
        page: AskPage,
        explainer: Explainer,
        *,
        suggester: Suggester,
        follow_ups: FollowUps,
        feedback: Feedback,
        rules: Rules,
        data: Path,
    ) -> None:
        """``data`` is the folder with ``examples.yaml``."""
        self._answerer, self._page, self._explainer = answerer, page, explainer
        self._follow_ups = follow_ups
        self._suggester, self._feedback, self._rules = suggester, feedback, rules
        self._groups: list[Mapping[str, Any]] = yaml.safe_load((data / "examples.yaml").read_text(encoding="utf-8"))

    def examples(self) -> str:
        """Example questions by category."""
        return self._page.examples(self._groups)

    def ask(self, question: str, turns: Sequence[Turn]) -> Shown:
        """Answer ``question`` after ``turns``; where it is the last of them, anew in its place. A question that could not be read leaves the
        dialogue as it was; an empty one leaves everything."""
        if turns and turns[-1].question == question:
            turns = turns[:-1]
        answer = self._answerer.ask(question, [turn.question for turn in _about(turns)], explain=True)
        turn = _turn(answer)
        if answer.status is not Status.ANSWERED:
            self._keep(turn)
        after = list(turns) if answer.refusal is Refusal.BAD_INPUT else [*turns, turn][-MEMORY:]
        html = self._page.answer(answer, self._explainer.steps(answer), kept=self._feedback.kept)
        return Shown(self._page.dialogue(_about(after)), html, self._page.history(after), after)

    def offer(self, turns: Sequence[Turn]) -> str:
        """The state of the dialogue with what may be asked next: never what was asked, nor what would tell the same. Takes some answers' time."""
        about = _about(turns)
        if not about or about[-1] is not turns[-1] or turns[-1].status != Status.ANSWERED:
            return self._page.dialogue(about)
        asked = "".join(turn.asked for turn in about)
        offered = [follow.question for follow in self._follow_ups.after(turns[-1].asked) if follow.name not in asked]
        return self._page.dialogue(about, offered)

    def judge(self, verdict: str, turns: Sequence[Turn]) -> str:
        """Keep what somebody thinks of the last answer; the words to say to it."""
        if verdict not in VERDICTS or not turns:
            return ""
        self._keep(turns[-1], verdict)
        return self._page.thanks(verdict)

    def suggest(self, typed: str) -> list[str]:
        """Questions that begin like ``typed``."""
        return self._suggester.suggest(typed)

    def sheet(self, question: str) -> str:
        """The sheet to print for ``question``: a whole HTML page."""
        answer = self._answerer.ask(question, explain=True)
        return self._page.sheet(replace(answer, elapsed_ms=0.0), self._rules)

    def _keep(self, turn: Turn, verdict: str | None = None) -> None:
        if turn.reason != Refusal.BAD_INPUT:
            self._feedback.add(turn.question, turn.status, turn.reason, turn.confidence, verdict)


def _about(turns: Sequence[Turn]) -> list[Turn]:
    """The turns that a follow-up may refer to: those about the rules."""
    return [turn for turn in turns if turn.reason != Refusal.OUTSIDE]


def _turn(answer: Answer) -> Turn:
    return Turn(
        answer.question,
        asked(answer),
        answer.answer,
        answer.status.value,
        answer.refusal.value if answer.refusal else None,
        answer.confidence,
    )
