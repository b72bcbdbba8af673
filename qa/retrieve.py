"""A question as read → the intents it may have, ranked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from qa.index import Index, Vectors, entities_by_kind
from qa.models import REPLIES, Candidate, Intent, Reading
from qa.ragged import Floats, Numbers

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
    "joint",
    "norms",
    "norms_open",
    "covered",
    "covered_said",
)
"""What the score is made of; the weights stand in data (ranking.json)."""

_VOUCHED = 0.35
"""Share of a question's meaning that a template of what rules never say must have words for."""
_VAGUE = 0.35
"""Share of a question's meaning that a wording too vague to be answered must have words for: the question says no more than that."""
_NEVER = 1e-4
"""Probability that is added to that of a topic, so that it has a logarithm."""
_NOTHING = 1e-9
"""Stands for a sum of weights that is 0 where something is divided by it."""
_VOTERS = 20
"""Nearest canonical questions that vote for what they are about."""
_DECISIVE = frozenset(
    {
        "who",
        "agent",
        "patient",
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
    near = index.nearest(vector, nearest)
    places = np.array([i for i, _ in near], np.int64)
    numbers, asking = np.unique(index.entries.asks[places], return_inverse=True)
    features = {"cosine": np.array([cosine for _, cosine in near]), "leaning": leaning * _sides(places, index)}
    features |= {"openness": np.full(len(near), openness)} | _worded(reading, places, index)
    features |= {name: column[asking] for name, column in _asked(reading, vector, index, numbers, asking).items()}
    features["norms_open"] = features["norms"] / (1 + np.exp(-openness))  # a half-said question wants all cases
    scores = sum((weights[name] * features[name] for name in FEATURES), np.zeros(len(near)))
    best: dict[int, int] = {}
    for n in np.argsort(-scores, kind="stable").tolist():
        best.setdefault(int(asking[n]), n)
    table = dict(zip(features, np.array([*features.values()]).T[[*best.values()]].T.tolist(), strict=True))
    return [
        Candidate(
            index.entries.intents[numbers[number]],
            index.entries.texts[places[n]],
            float(scores[n]),
            {name: column[k] for name, column in table.items()},
            index.entries.entities(places[n]),
        )
        for k, (number, n) in enumerate(best.items())
    ]


def _sides(places: Numbers, index: Index) -> Floats:
    """1 for what says that nothing is said, -1 for what a norm answers, 0 for lists and what else leans neither way."""
    general = index.entries.are("general", places)
    silent = np.array([bool(index.entries.intents[n].bound("silence")) for n in index.entries.asks[places]], bool)
    said = np.array([bool(index.entries.intents[n].bound("norm")) for n in index.entries.asks[places]], bool)
    return np.where(said, -1.0, np.where(silent | general, 1.0, 0.0))


def _asked(reading: Reading, vector: Vectors, index: Index, numbers: Numbers, asking: Numbers) -> dict[str, Floats]:
    """The features of the intents ``numbers``; the n-th nearest wording has the one at ``asking[n]``."""
    intents = [index.entries.intents[n] for n in numbers]
    terms = _weights(reading, index)
    names, likely, worded = index.names, index.sense(reading.text, vector), index.diction(reading.text)
    votes = Counter(intents[n].bindings for n in asking[:_VOTERS])
    silent = np.array([1.0 if intent.bound("silence") else -1.0 for intent in intents])
    norms = np.array([float(len(intent.bound("norm"))) for intent in intents])
    certainties, parts = index.shares(names.parted(likely), numbers), index.shares(names.parted(worded), numbers)
    return {
        "reading": _readings(intents, vector, index),
        "votes": np.array([votes[intent.bindings] / _VOTERS for intent in intents]),
        "supported": index.bags.shared(terms, intents) / max(sum(terms.values()), _NOTHING),
        "unfilled": np.array([float(index.cannot_answer(intent, reading.aspects & _SLOTTED)) for intent in intents]),
        "topic": np.log(certainties + _NEVER),
        "topic_whole": np.log(index.wholes(likely, numbers) + _NEVER),
        "certainty": certainties,
        "diction": np.log(parts + _NEVER),
        "diction_whole": np.log(index.wholes(worded, numbers) + _NEVER),
        "worded": parts,
        "untold": names.unsaid(likely) * silent,
        "unsaid": names.unsaid(worded) * silent,
        "several": np.full(len(intents), float(likely[names.sets].sum())),
        "said_several": np.full(len(intents), float(worded[names.sets].sum())),
        "joint": (norms > 1).astype(float),
        "norms": np.log(np.maximum(norms, 1)),
        "covered": certainties * norms,
        "covered_said": parts * norms,
        **_verdicts(reading, vector, index, intents),
    }


def _verdicts(reading: Reading, vector: Vectors, index: Index, intents: Sequence[Intent]) -> dict[str, Floats]:
    """How probable each answer to a yes/no question is by the norms of each intent."""
    found = index.verdicts(reading.text, vector, intents) if "whether" in reading.aspects else [{} for _ in intents]
    return {reply: np.array([likely.get(reply, 0.0) for likely in found]) for reply in REPLIES}


def _weights(reading: Reading, index: Index) -> dict[str, float]:
    """How much each term of ``reading`` says."""
    return {term: index.weight(term) for term in dict.fromkeys(reading.terms)}


def _readings(intents: Sequence[Intent], vector: Vectors, index: Index) -> Floats:
    """How near the question is to the reading of each intent's norm; an intent without norms gets the mean, which speaks neither way."""
    found = index.reading_cosines(intents, vector)
    known = [value for value in found if value is not None]
    mean = sum(known) / len(known) if known else 0.0
    return np.array([mean if value is None else value for value in found])


def _worded(reading: Reading, places: Numbers, index: Index) -> dict[str, Floats]:
    """The features of the wordings at ``places``, beside those of what they ask for."""
    terms, entries = _weights(reading, index), index.entries
    shared = entries.shared(terms, places)
    asked, named = reading.aspects, entities_by_kind(reading)
    kinds = named.keys() & _EXCLUSIVE
    cues = [entries.aspects(i) for i in places]
    things = [(entities, entities.keys() & _EXCLUSIVE) for entities in map(entries.entities, places)]
    return {
        "explained": shared / max(sum(terms.values()), _NOTHING),
        "used": shared / np.maximum(index.totals[places], _NOTHING),
        "asked": np.array([len(asked & answered) / len(asked | answered) if asked | answered else 1.0 for answered in cues]),
        "characters": entries.alike(reading.text, places),
        "conflict": np.array([float(len(kinds ^ theirs)) for _, theirs in things]),
        "apart": np.array([float(sum(not named[kind] & of[kind] for kind in kinds & theirs)) for of, theirs in things]),
        "unasked": np.array([float(len((asked - answered) & _DECISIVE)) for answered in cues]),
        "unanswered": np.array([float(len((answered - asked) & _DECISIVE)) for answered in cues]),
        "template": entries.are("norm", places).astype(float),
        "general": entries.are("general", places).astype(float),
    }


def plausible(candidate: Candidate, kind: str) -> bool:
    """Whether a candidate of a family of ``kind`` may be meant at all.

    A list answers no question of when, how often or whether; a template of what rules never say needs much of the question to be about it.
    """
    if kind in ("list", "items", "chapter", "structure"):
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
