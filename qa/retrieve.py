"""A question as read → the intents it may have, ranked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
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
    "topic_whole",
    "certainty",
    "untold",
    "diction",
    "diction_whole",
    "worded",
    "unsaid",
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
_EXCLUSIVE = frozenset({"MeetingType", "Office", "Body", "RelativeRole", "DocumentType"})


_SLOTTED = _DECISIVE - {"where", "compare", "whether", "how"}
"""Cues that a norm can only answer by a slot."""


class _Question:
    """What every feature needs of the question, worked out once."""

    def __init__(self, reading: Reading, index: Index) -> None:
        self.aspects = reading.aspects
        self.weights = {term: index.weight(term) for term in dict.fromkeys(reading.terms)}
        self.total = max(sum(self.weights.values()), 1e-9)
        self.entities = entities_by_kind(reading)
        self.kinds = self.entities.keys() & _EXCLUSIVE
        self.pairs = bigrams(reading.text)

    def shared(self, terms: frozenset[str]) -> float:
        return sum([weight for term, weight in self.weights.items() if term in terms])


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
    asking = {number: index.intents[number] for number in dict.fromkeys(index.asks[i] for i, _ in near)}
    votes = Counter(index.entries[i].intent.bindings for i, _ in near[:_VOTERS])
    readings = _readings(asking, vector, index)
    names, likely, worded = index.names, index.sense(reading.text, vector), index.diction(reading.text)
    untold, unsaid = names.unsaid(likely), names.unsaid(worded)
    several = {"several": float(likely[names.sets].sum()), "said_several": float(worded[names.sets].sum())}
    certainties, parts = index.shares(names.parted(likely)), index.shares(names.parted(worded))
    wholes, parts_whole = index.wholes(likely), index.wholes(worded)
    shared = {
        number: {
            "reading": readings[number],
            "votes": votes[intent.bindings] / _VOTERS,
            "supported": question.shared(index.bags[intent]) / question.total,
            "unfilled": float(index.cannot_answer(intent, question.aspects & _SLOTTED)),
            "topic": log(certainties[number] + _NEVER),
            "topic_whole": log(wholes[number] + _NEVER),
            "certainty": certainties[number],
            "diction": log(parts[number] + _NEVER),
            "diction_whole": log(parts_whole[number] + _NEVER),
            "worded": parts[number],
        }
        for number, intent in asking.items()
    }
    best: dict[int, Candidate] = {}
    for i, cosine in near:
        e, number = index.entries[i], index.asks[i]
        features = _features(e, index, i, question) | shared[number]
        silent = 1 if e.intent.bound("silence") else -1
        features |= {"cosine": cosine, "leaning": leaning * _side(e), "openness": openness}
        features |= {"untold": untold * silent, "unsaid": unsaid * silent} | several
        score = sum([weights[name] * features[name] for name in FEATURES])
        if number not in best or score > best[number].score:
            best[number] = Candidate(e.intent, e.text, score, features, e.entities)
    return sorted(best.values(), key=lambda c: -c.score)


def _side(e: Entry) -> int:
    """1 for what says that nothing is said, -1 for what a norm answers, 0 for lists and what else leans neither way."""
    if e.intent.bound("norm"):
        return -1
    return 1 if e.intent.bound("silence") or e.origin == "general" else 0


def _readings(intents: Mapping[int, Intent], vector: Vectors, index: Index) -> dict[int, float]:
    """How near the question is to the reading of each intent's norm; an intent without norms gets the mean, which speaks neither way."""
    found = {number: index.reading_cosine(intent, vector) for number, intent in intents.items()}
    known = [value for value in found.values() if value is not None]
    mean = sum(known) / len(known) if known else 0.0
    return {number: mean if value is None else value for number, value in found.items()}


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
    """The features of a wording, beside those of what it asks for."""
    shared = question.shared(e.terms)
    asked, answered = question.aspects, e.aspects
    theirs = index.pairs(i)
    kinds = e.entities.keys() & _EXCLUSIVE
    return {
        "explained": shared / question.total,
        "used": shared / max(index.total(i), 1e-9),
        "asked": len(asked & answered) / len(asked | answered) if asked | answered else 1.0,
        "characters": 2 * len(question.pairs & theirs) / max(len(question.pairs) + len(theirs), 1),
        "conflict": float(len(question.kinds ^ kinds)),
        "apart": float(len([kind for kind in question.kinds & kinds if not question.entities[kind] & e.entities[kind]])),
        "unasked": float(len((asked - answered) & _DECISIVE)),
        "unanswered": float(len((answered - asked) & _DECISIVE)),
        "template": float(e.origin == "norm"),
        "general": float(e.origin == "general"),
    }
