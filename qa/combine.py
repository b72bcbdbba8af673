"""When one norm is not the whole answer: comparisons, questions that leave open which case is meant, and near ties."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from qa.decide import same_ground
from qa.models import Candidate, Intent, Reading

_KINDS = ("MeetingType", "DocumentType", "Office", "RelativeRole", "Body")
_TIE = 0.9
"""Scores closer than this do not tell which of two cases is meant."""
_NEIGHBOUR = 1.2
"""The same within one article, where the rival's norm is worth reading anyway."""
_MOST = 4


def compared(reading: Reading, candidates: Sequence[Candidate]) -> list[Candidate]:
    """For a question that sets two or more things of one kind side by side: the best candidate for each; else none."""
    if not reading.aspects & {"compare", "each"}:
        return []
    for kind in _KINDS:
        named = list(dict.fromkeys(m.entities for m in reading.mentions if m.kind == kind))
        if len(named) < 2:
            continue
        each = [_about(set(entities), kind, candidates) for entities in named]
        if all(each) and len({c.intent for c in each if c}) > 1:
            return [c for c in each if c]
    return []


def _about(entities: set[str], kind: str, candidates: Sequence[Candidate]) -> Candidate | None:
    """The best candidate whose wording names, of this kind, nothing but ``entities``."""
    return next((c for c in candidates if c.intent.bound("norm") and c.entities.get(kind) and c.entities[kind] <= entities), None)


def open_cases(reading: Reading, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best candidate with those that differ from it only in a thing that the question does not name (which meeting, which document …)."""
    best = candidates[0]
    silent = [kind for kind in _KINDS if not any(m.kind == kind for m in reading.mentions)]
    cases = [best]
    for c in candidates[1:12]:
        apart = all(not same_ground(c.intent, k.intent) for k in cases)
        if (
            apart
            and best.score - c.score < _TIE
            and c.intent.family == best.intent.family
            and any(_differs(best, c, kind) for kind in silent)
        ):
            cases.append(c)
    return cases[:_MOST] if len(cases) > 1 else []


def _differs(a: Candidate, b: Candidate, kind: str) -> bool:
    mine, theirs = a.entities.get(kind), b.entities.get(kind)
    return bool(mine and theirs and not mine & theirs)


def neighbour(candidates: Sequence[Candidate], article: Callable[[Intent], str | None]) -> Candidate | None:
    """A rival nearly as good as the best candidate that rests on another norm of the same article (``article`` tells it), or ``None``."""
    best = candidates[0]
    for c in candidates[1:6]:
        near = best.score - c.score < _NEIGHBOUR and not same_ground(c.intent, best.intent)
        if near and c.intent.bound("norm") and article(c.intent) is not None and article(c.intent) == article(best.intent):
            return c
    return None


def together(candidates: Sequence[Candidate]) -> Candidate:
    """One candidate that asks for the norms of all of ``candidates``, of which the first is the best."""
    norms = tuple(dict.fromkeys(norm for c in candidates for norm in c.intent.bound("norm")))
    return replace(candidates[0], intent=Intent(candidates[0].intent.family, (("norm", norms),)))
