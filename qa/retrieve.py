"""A question as read → the intents it may have, ranked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import log

from qa.index import Entry, Index, Vectors, bigrams, entities_by_kind
from qa.models import Candidate, Intent, Reading

FEATURES = (
    "cosine",
    "reading",
    "votes",
    "explained",
    "used",
    "asked",
    "characters",
    "conflict",
    "apart",
    "supported",
    "unasked",
    "unanswered",
    "unfilled",
    "template",
    "leaning",
    "topic",
    "certainty",
)
"""What the score is made of; the weights stand in data (ranking.json)."""

_VOUCHED = 0.35
"""Share of a question's meaning that a template of what rules never say must have words for."""
_VAGUE = 0.35
"""Share of a question's meaning that a wording too vague to be answered must have words for: the question says no more than that."""
_NEVER = 1e-4
"""Probability that is added to that of a topic, so that it has a logarithm."""
_VOTERS = 20
"""Nearest canonical questions that vote for what they are about."""
_DECISIVE = frozenset(
    {
        "who",
        "to_whom",
        "when",
        "days",
        "how",
        "how_long",
        "how_often",
        "people",
        "money",
        "share",
        "years",
        "name",
        "penalty",
        "why",
        "where",
        "definition",
        "compare",
        "whether",
    }
)
"""Cues that must agree: who is asked is not answered by how long."""
_EXCLUSIVE = ("MeetingType", "Office", "Body", "RelativeRole", "DocumentType")


_SLOTTED = _DECISIVE - {"where", "compare", "whether", "how"}
"""Cues that a norm can only answer by a slot."""


class _Question:
    """What every feature needs of the question, worked out once."""

    def __init__(self, reading: Reading, index: Index) -> None:
        self.aspects = reading.aspects
        self.weights = {term: index.weight(term) for term in dict.fromkeys(reading.terms)}
        self.total = max(sum(self.weights.values()), 1e-9)
        self.entities = entities_by_kind(reading)
        self.pairs = bigrams(reading.text)

    def shared(self, terms: frozenset[str]) -> float:
        return sum(weight for term, weight in self.weights.items() if term in terms)


def retrieve(
    reading: Reading,
    vector: Vectors,
    index: Index,
    weights: Mapping[str, float],
    *,
    leaning: float = 0.0,
    openness: float = 0.0,
    nearest: int = 100,
) -> list[Candidate]:
    """The candidates for ``reading`` (its sentence vector is ``vector``), one an intent, best first; ``leaning`` and ``openness``
    are those of the vector.

    Each of the ``nearest`` canonical questions is scored by the weighted sum of its features; an intent takes its best wording's score.
    """
    question = _Question(reading, index)
    near = index.nearest(vector, nearest)
    votes = Counter(index.entries[i].intent.bindings for i, _ in near[:_VOTERS])
    readings = _readings({index.entries[i].intent for i, _ in near}, vector, index)
    likely = index.topics(vector)
    topics = {intent: index.topics.share(likely, intent) for intent in readings}
    best: dict[Intent, Candidate] = {}
    for i, cosine in near:
        e = index.entries[i]
        features = _features(e, index, i, question)
        features |= {"cosine": cosine, "reading": readings[e.intent], "votes": votes[e.intent.bindings] / _VOTERS}
        features |= {"leaning": leaning * _side(e), "openness": openness}
        features |= {"certainty": topics[e.intent], "topic": log(topics[e.intent] + _NEVER)}
        score = sum(weights[name] * features[name] for name in FEATURES)
        if e.intent not in best or score > best[e.intent].score:
            best[e.intent] = Candidate(e.intent, e.text, score, features, e.entities)
    return sorted(best.values(), key=lambda c: -c.score)


def _side(e: Entry) -> int:
    """1 for what says that nothing is said, -1 for what a norm answers, 0 for lists and what else leans neither way."""
    if e.intent.bound("norm"):
        return -1
    return 1 if e.intent.bound("silence") or e.origin == "general" else 0


def _readings(intents: Iterable[Intent], vector: Vectors, index: Index) -> dict[Intent, float]:
    """How near the question is to the reading of each intent's norm; an intent without norms gets the mean, which speaks neither way."""
    found = {intent: index.reading_cosine(intent, vector) for intent in intents}
    known = [value for value in found.values() if value is not None]
    mean = sum(known) / len(known) if known else 0.0
    return {intent: mean if value is None else value for intent, value in found.items()}


def plausible(candidate: Candidate, kind: str) -> bool:
    """Whether a candidate of a family of ``kind`` may be meant at all.

    A list answers no question of when, how often or whether; a template of what rules never say needs much of the question to be about it.
    """
    if kind in ("list", "items", "chapter", "structure", "facts"):
        return not candidate.features["unasked"]
    if kind == "silent" and (candidate.features["apart"] or candidate.features["conflict"] > 1):
        return False  # that nothing is said of 副秘书长 says nothing of 秘书长, nor that nothing is said of 副局长 anything of 局长
    if kind == "clarify":
        return candidate.features["explained"] >= _VAGUE
    return not candidate.features["general"] or candidate.features["explained"] >= _VOUCHED


def blend(first: list[Candidate], second: list[Candidate]) -> list[Candidate]:
    """The candidates of two readings of one question, by the mean of their scores; one that a reading lacks takes that reading's lowest score."""
    if not first or not second:
        return first or second
    floors = first[-1].score, second[-1].score
    mine, theirs = {c.intent: c for c in first}, {c.intent: c for c in second}
    blended = []
    for intent in {**mine, **theirs}:
        a, b = mine.get(intent), theirs.get(intent)
        best = max((c for c in (a, b) if c), key=lambda c: c.score)
        score = ((a.score if a else floors[0]) + (b.score if b else floors[1])) / 2
        explained = a.features["explained"] if a else 0.0  # of the whole question, not of its part
        blended.append(replace(best, score=score, features={**best.features, "explained": explained}))
    return sorted(blended, key=lambda c: -c.score)


def _features(e: Entry, index: Index, i: int, question: _Question) -> dict[str, float]:
    shared = question.shared(e.terms)
    asked, answered = question.aspects, e.aspects
    theirs = index.pairs(i)
    return {
        "explained": shared / question.total,
        "used": shared / max(index.total(i), 1e-9),
        "asked": len(asked & answered) / len(asked | answered) if asked | answered else 1.0,
        "characters": 2 * len(question.pairs & theirs) / max(len(question.pairs) + len(theirs), 1),
        "conflict": sum(1.0 for kind in _EXCLUSIVE if bool(question.entities.get(kind)) != bool(e.entities.get(kind))),
        "apart": sum(1.0 for kind in _EXCLUSIVE if _apart(question.entities.get(kind), e.entities.get(kind))),
        "supported": question.shared(index.bags[e.intent]) / question.total,
        "unasked": float(len((asked - answered) & _DECISIVE)),
        "unanswered": float(len((answered - asked) & _DECISIVE)),
        "unfilled": float(index.cannot_answer(e.intent, asked & _SLOTTED)),
        "template": float(e.origin == "norm"),
        "general": float(e.origin == "general"),
    }


def _apart(mine: frozenset[str] | None, theirs: frozenset[str] | None) -> bool:
    """Whether both name something of a kind, and nothing in common."""
    return bool(mine and theirs and not mine & theirs)
