"""The facts that an answer rests on, as a picture shows them: who → action → what, with what qualifies it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from qa.browse import NormView, Regulation, Slot
from qa.models import Answer, Citation

MOST: Final = 4
"""Facts that are drawn: more are no help to the eye, and the cards have them all."""
_WHO: Final = ("bearer", "supervised")
_WHAT: Final = ("object", "member", "content")
_MORE: Final = (
    "meeting",
    "recipient",
    "via",
    "counterparty",
    "delegate",
    "supervisor",
    "condition",
    "exception",
    "deadline",
    "frequency",
    "limit",
)
_NOT: Final = "Prohibition"


@dataclass(frozen=True, slots=True)
class Fact:
    """A norm as a picture: those who act, what they do (``forbidden``: must not), to what, what else is said, and the provision's label."""

    who: tuple[str, ...]
    action: tuple[str, ...]
    what: tuple[str, ...]
    more: tuple[tuple[str, tuple[str, ...]], ...]
    forbidden: bool
    label: str


def facts(answer: Answer, regulation: Regulation) -> tuple[Fact, ...]:
    """The norms that ``answer`` cites, in the order of its citations, each once: those bound in its query if they are among them, else those
    whose words it quotes, and of these those that have something bound in it, if any has. Norms without an action and someone to do it are no
    picture."""
    cited = [(norm, norm.quote == citation.quote) for citation in answer.citations for norm in _within(citation, regulation)]
    bound = [norm for norm, _ in cited if f"<{norm.iri}>" in answer.sparql]
    quoted = [norm for norm, its_words in cited if its_words]
    about = [norm for norm in quoted if any(f"<{value.iri}>" in answer.sparql for slot in norm.slots for value in slot.values)]
    return tuple(dict.fromkeys(fact for fact in map(_fact, bound or about or quoted) if fact.who and fact.action))


def _within(citation: Citation, regulation: Regulation) -> list[NormView]:
    """The norms whose words lie in those of ``citation``."""
    part = regulation.part(citation.iri)
    article = regulation.article_of(part) if part else None
    return [norm for norm in article.norms if norm.quote in citation.quote] if article else []


def _fact(norm: NormView) -> Fact:
    slots = {slot.name: slot for slot in norm.slots}
    what = next((_labels(slots[name]) for name in _WHAT if name in slots), ())
    more = tuple((slots[name].label, _labels(slots[name])) for name in _MORE if name in slots)
    who = next((_labels(slots[name]) for name in _WHO if name in slots), ())
    action = _labels(slots["action"]) if "action" in slots else ()
    return Fact(who, action, what, more, norm.kind.iri.endswith(_NOT), norm.label)


def _labels(slot: Slot) -> tuple[str, ...]:
    return tuple(value.label for value in slot.values)
