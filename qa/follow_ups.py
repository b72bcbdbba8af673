"""What may be asked next: “那秘书长呢？”, offered only where it gives another answer than the one on the screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, Final

from qa.contract import Asking
from qa.models import Answer, Status
from qa.site_facts import Facts
from qa.site_models import Norm

_KINDS: Final = ("Office", "Body", "RelativeRole", "PersonGroup", "MeetingType", "DocumentType")
"""Classes whose members may stand for one another in a question."""
_LONGEST: Final = 10
"""Characters of a name in a follow-up: a longer text is not taken for one (:mod:`qa.dialogue`)."""
_TRIED: Final = 3
_OFFERED: Final = 2
_SURE: Final = 0.75
"""Confidence that the offered question needs: below it the page itself says that the answer is doubtful."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question to follow, and the name that is new in it."""

    question: str
    name: str


class FollowUps:
    """Finds what may follow a question. Keeps what it found; safe to share between threads."""

    def __init__(self, answerer: Asking, facts: Facts) -> None:
        self._answerer, self._facts = answerer, facts
        self._kept = lru_cache(maxsize=1000)(self._find)
        self._alone = Lock()

    def after(self, question: str) -> tuple[FollowUp, ...]:
        """At most two questions to follow ``question``, which stands by itself; each was tried: it is answered, surely, as
        the same kind of question, and otherwise.

        Trying costs some answers, so people who wait for theirs come first: only one thread tries at a time.
        """
        with self._alone:
            return self._kept(question)

    def _find(self, question: str) -> tuple[FollowUp, ...]:
        answer = self._answerer.ask(question, explain=True)
        if answer.status is not Status.ANSWERED:
            return ()
        told, found = [answer], []
        for name in self._others(question, answer)[:_TRIED]:
            follow = FollowUp(f"那{name}呢？", name)
            given = self._answerer.ask(follow.question, [question], explain=True)
            if _sure(given) and _family(given) == _family(answer) and not any(_same(given, one) for one in told):
                told.append(given)
                found.append(follow)
        return tuple(found[:_OFFERED])

    def _others(self, question: str, answer: Answer) -> list[str]:
        """Names that may stand where one of the question does, those of which the rules say the most alike first."""
        facts, scores = self._facts, dict[str, int]()
        for named in self._named(answer):
            for norm, slot in self._uses(named, answer):
                for other, alike in self._beside(norm, slot):
                    if facts.entities.get(other) == facts.entities[named]:
                        scores[other] = max(scores.get(other, 0), alike)
        ranked = sorted(scores, key=lambda iri: (-scores[iri], len(facts.labels[iri]), iri))
        return [name for name in (facts.labels[iri] for iri in ranked) if len(name) <= _LONGEST and name not in question]

    def _named(self, answer: Answer) -> Iterator[str]:
        for _, iris in _trace(answer).get("mentions", ()):
            yield from (iri for iri in iris[:1] if self._facts.entities.get(iri) in _KINDS)

    def _uses(self, named: str, answer: Answer) -> list[tuple[Norm, str]]:
        """The norms that name the entity ``named``, and in which slot: those in the query of ``answer`` if they are among them."""
        uses = [(norm, slot) for norm in self._facts.norms.values() for slot, values in norm.slots.items() if named in values]
        return [(norm, slot) for norm, slot in uses if f"<{norm.iri}>" in answer.sparql] or uses

    def _beside(self, norm: Norm, slot: str) -> Iterator[tuple[str, int]]:
        """What other norms of the same rules have in ``slot``, and in how many other values they agree with ``norm``."""
        facts = self._facts
        rules, own = facts.regulation(norm.article), _values(norm, slot)
        for other in facts.norms.values():
            alike = len(own & _values(other, slot))
            if alike and other.iri != norm.iri and facts.regulation(other.article) == rules:
                yield from ((iri, alike) for iri in other.slots.get(slot, ()))


def _values(norm: Norm, slot: str) -> set[tuple[str, str]]:
    return {(name, value) for name, values in norm.slots.items() if name != slot for value in values}


def _sure(answer: Answer) -> bool:
    return answer.status is Status.ANSWERED and answer.confidence >= _SURE


def _family(answer: Answer) -> str:
    """What kind of question it was taken for: who, how often, …; empty where a number decided."""
    candidates = _trace(answer).get("candidates", ())
    return str(candidates[0][1]) if candidates else ""


def _trace(answer: Answer) -> Mapping[str, Any]:
    return answer.trace or {}


def _same(one: Answer, other: Answer) -> bool:
    """Whether two answers tell the same: in the same words, or from the same words of the rules."""
    return one.answer == other.answer or _told(one) == _told(other)


def _told(answer: Answer) -> set[Any]:
    return {(citation.iri, citation.quote) for citation in answer.citations}
