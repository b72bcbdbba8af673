"""When one norm is not the whole answer: comparisons, questions that leave open which case is meant, and near ties."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from math import exp, log

from qa.decide import same_ground
from qa.ground import Ground
from qa.models import Candidate, Intent, Reading

_KINDS = ("MeetingType", "DocumentType", "Office", "RelativeRole", "Body")
_TIE = 0.9
"""Scores closer than this do not tell which of two cases is meant."""
_FAR = 4.0
"""A lead in score beyond which it says no more."""
_RIVALS = 12
"""Candidates among which others are sought that belong into the answer."""
_MOST = 4
_NEVER = 1e-9
"""Probability of what is as good as impossible."""
ALSO = (
    "gap",
    "article",
    "reading",
    "cosine",
    "gain",
    "shares",
    "joint",
    "each",
    "conflict",
    "apart",
    "named",
    "topic",
    "diction",
    "openness",
    "several",
    "said_several",
)
"""What tells whether a rival's norms belong into the answer too."""


def compared(reading: Reading, candidates: Sequence[Candidate]) -> list[Candidate]:
    """For a question that sets two or more things of one kind side by side: the best candidate for each; where it names nothing in which they are to
    be compared, one that is about just these together; else none."""
    if not reading.aspects & {"compare", "each"}:
        return []
    for kind in _KINDS:
        named = list(dict.fromkeys(m.entities for m in reading.mentions if m.kind == kind))
        if len(named) < 2:
            continue
        every = frozenset(iri for entities in named for iri in entities)
        if candidates[0].entities.get(kind, frozenset()) >= every and len(candidates[0].intent.bound("norm")) > 1:
            return [candidates[0]]  # it sets them side by side itself
        alone = len(named) == len({m.entities for m in reading.mentions})
        if alone and (whole := next((c for c in candidates if c.entities.get(kind) == every and len(c.intent.bound("norm")) > 1), None)):
            return [whole] if candidates[0].score - whole.score < _TIE else []
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
            and (c.wording == best.wording or any(_differs(best, c, kind) for kind in silent))
        ):
            cases.append(c)
    return cases[:_MOST] if len(cases) > 1 else []


def _differs(a: Candidate, b: Candidate, kind: str) -> bool:
    mine, theirs = a.entities.get(kind), b.entities.get(kind)
    return bool(mine and theirs and not mine & theirs)


def also_signals(reading: Reading, best: Candidate, rival: Candidate, ground: Ground) -> dict[str, float]:
    """What speaks for saying the norms of ``rival`` too, beside those of ``best``; the coefficients stand in data (ranking.json)."""
    mine, theirs = set(best.intent.bound("norm")), set(rival.intent.bound("norm"))
    return {
        "gap": min(best.score - rival.score, _FAR),
        "article": float((here := ground.article(best.intent)) is not None and here == ground.article(rival.intent)),
        "reading": rival.features["reading"] - best.features["reading"],
        "cosine": rival.features["cosine"] - best.features["cosine"],
        "gain": ground.gain(reading, best.intent, rival.intent),
        "shares": float(bool(mine & theirs)),
        "joint": float(len(theirs) > 1),
        "each": float(bool(reading.aspects & {"compare", "each"})),
        "conflict": rival.features["conflict"] - best.features["conflict"],
        "apart": rival.features["apart"] - best.features["apart"],
        "named": float(sum(m.kind != "Action" for m in reading.mentions)),
        "topic": rival.features["topic"],
        "diction": rival.features["diction"],
        **{name: best.features[name] for name in ("openness", "several", "said_several")},
    }


def adds(best: Candidate, rival: Candidate) -> float:
    """The logarithm of the mean probability that the question is about the norms that ``rival`` adds to those of ``best``."""
    mine, theirs = set(best.intent.bound("norm")), set(rival.intent.bound("norm"))
    if not mine < theirs:
        return rival.features["topic"]
    new = len(theirs) * exp(rival.features["topic"]) - len(mine) * exp(best.features["topic"])
    return log(max(new / len(theirs - mine), _NEVER))


def rivals(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates after the first that rest on norms which none before them rests on."""
    told = set(candidates[0].intent.bound("norm"))
    found = []
    for c in candidates[1:_RIVALS]:
        norms = set(c.intent.bound("norm"))
        if norms - told:
            told |= norms
            found.append(c)
    return found


def elsewhere(reading: Reading, candidate: Candidate, ground: Ground) -> bool:
    """Whether ``reading`` names a meeting and each norm of ``candidate`` is about other meetings: what holds for them answers nothing, but whether
    the meeting named is the right one."""
    named, norms = _meetings(reading), candidate.intent.bound("norm")
    return (
        bool(named and norms)
        and "whether" not in reading.aspects
        and all(ground.meetings(norm) and not ground.holds_for(norm, named) for norm in norms)
    )


def narrowed(reading: Reading, candidate: Candidate, ground: Ground) -> Candidate:
    """``candidate`` without its norms about meetings that ``reading`` does not name, where it names one and a norm is about that one."""
    named, norms = _meetings(reading), candidate.intent.bound("norm")
    if named & candidate.entities.get("MeetingType", frozenset()):
        return candidate  # a wording that names it too needs all its norms: 重大问题只开市长办公会就决定
    about = {norm: ground.meetings(norm) for norm in norms} if named and len(norms) > 1 else {}
    kept = tuple(norm for norm, meetings in about.items() if not meetings or ground.holds_for(norm, named))
    return only(candidate, kept) if any(about[norm] for norm in kept) else candidate


def only(candidate: Candidate, norms: Collection[str]) -> Candidate:
    """``candidate`` with those of its norms that are among ``norms`` (IRIs)."""
    kept = tuple(norm for norm in candidate.intent.bound("norm") if norm in norms)
    bindings = tuple((name, kept if name == "norm" else iris) for name, iris in candidate.intent.bindings)
    return replace(candidate, intent=replace(candidate.intent, bindings=bindings))


def _meetings(reading: Reading) -> set[str]:
    return {iri for mention in reading.mentions if mention.kind == "MeetingType" for iri in mention.entities}


def together(candidates: Sequence[Candidate], reply: str | None = None) -> Candidate:
    """One candidate that asks for the norms of all of ``candidates``, of which the first is the best; ``reply`` is its yes or no."""
    norms = tuple(dict.fromkeys(norm for c in candidates for norm in c.intent.bound("norm")))
    return replace(candidates[0], intent=Intent(candidates[0].intent.family, (("norm", norms),), reply))
