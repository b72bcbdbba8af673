"""A question as read → the intents it may have, ranked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from qa.index import Entry, Index, Vectors, entities_by_kind
from qa.models import Candidate, Intent, Reading

FEATURES = ("cosine", "reading", "votes", "explained", "used", "asked", "characters", "conflict", "supported", "unasked", "template")
"""What the score is made of; the weights stand in data (ranking.json)."""

_VOTERS = 20
"""Nearest canonical questions that vote for what they are about."""
_QUANTITIES = frozenset({"people", "money", "share", "years", "name", "penalty", "why", "how_often", "when", "definition"})
_EXCLUSIVE = ("MeetingType", "Office", "Body", "RelativeRole", "DocumentType")


def retrieve(
    reading: Reading, vector: Vectors, index: Index, weights: Mapping[str, float], *, nearest: int = 150, hidden: frozenset[int] = frozenset()
) -> list[Candidate]:
    """The candidates for ``reading`` (its sentence vector is ``vector``), one an intent, best first.

    Each of the ``nearest`` canonical questions is scored by the weighted sum of its features; an intent takes its best wording's score.
    """
    terms = frozenset(reading.terms)
    entities = entities_by_kind(reading)
    pairs = _bigrams(reading.text)
    near = index.nearest(vector, nearest, hidden=hidden)
    votes = Counter(index.entries[i].intent.bindings for i, _ in near[:_VOTERS])
    shown: dict[Intent, float] = {}
    best: dict[Intent, Candidate] = {}
    for i, cosine in near:
        e = index.entries[i]
        if e.intent not in shown:
            shown[e.intent] = index.reading_cosine(e.intent, vector)
        features = _features(e, index, reading, terms, entities, pairs)
        features |= {"cosine": cosine, "reading": shown[e.intent], "votes": votes[e.intent.bindings] / _VOTERS, "template": float(e.template)}
        score = sum(weights[name] * features[name] for name in FEATURES)
        if e.intent not in best or score > best[e.intent].score:
            best[e.intent] = Candidate(e.intent, e.text, score, features)
    return sorted(best.values(), key=lambda c: -c.score)


def _features(
    e: Entry, index: Index, reading: Reading, terms: frozenset[str], entities: Mapping[str, frozenset[str]], pairs: frozenset[str]
) -> dict[str, float]:
    shared = _weight(index, terms & e.terms)
    theirs = _bigrams(e.text)
    asked, answered = reading.aspects, e.aspects
    return {
        "explained": shared / max(_weight(index, terms), 1e-9),
        "used": shared / max(_weight(index, e.terms), 1e-9),
        "asked": len(asked & answered) / len(asked | answered) if asked | answered else 1.0,
        "characters": 2 * len(pairs & theirs) / max(len(pairs) + len(theirs), 1),
        "conflict": sum(1.0 for kind in _EXCLUSIVE if _conflict(entities.get(kind), e.entities.get(kind))),
        "supported": _weight(index, terms & index.bags[e.intent]) / max(_weight(index, terms), 1e-9),
        "unasked": float(len((asked - answered) & _QUANTITIES)),
    }


def _conflict(mine: frozenset[str] | None, theirs: frozenset[str] | None) -> bool:
    return bool(mine) != bool(theirs) if not (mine and theirs) else not mine & theirs


def _weight(index: Index, terms: frozenset[str]) -> float:
    return sum(index.weight(term) for term in terms)


def _bigrams(text: str) -> frozenset[str]:
    return frozenset(text[i : i + 2] for i in range(len(text) - 1))
