"""Yes, no, or it depends: what the norms that a question is about say to what it puts, told from its words and its meaning.

Learnt from every wording whose answer is written (``reply`` in data/wordings). One near wording is not enough: 未经批准能不能办 and 经批准能不能办 are alike
in all but a character. Here every character, every pair and the sentence vector speak for each answer of each norm (:mod:`qa.sense`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from qa.models import Intent
from qa.sense import Sense
from qa.topics import Vectors

_ROUNDS: Final = 20
"""Times that every wording is learnt from: there are a fifth as many as of all questions."""


class Verdicts:
    """Tells for a question and the norms it is about how probable each answer is."""

    def __init__(self, replies: Replies, sense: Sense) -> None:
        self._replies, self._sense = replies, sense

    @classmethod
    def learn(cls, texts: Sequence[str], vectors: Vectors, intents: Sequence[Intent], replies: Replies) -> Verdicts:
        """Learn from those wordings whose answer is written; the n-th has the unit vector ``vectors[n]`` and asks ``intents[n]``."""
        settled = [n for n, intent in enumerate(intents) if replies.of(intent)]
        asked = [intents[n] for n in settled]
        return cls(replies, Sense.learn([texts[n] for n in settled], vectors[settled], replies, asked, rounds=_ROUNDS))

    def __call__(self, text: str, vector: Vectors, asked: Sequence[Intent]) -> list[Mapping[str, float]]:
        """For each of the intents ``asked``, the probability of each answer (``yes``, ``no``, ``depends``) to the question ``text`` with the unit
        vector ``vector``; nothing where no wording about its norms has an answer."""
        likely = self._sense(text, vector) if len(self._replies) else np.zeros(0, np.float32)
        return [self._replies.likely(intent, likely) for intent in asked]

    def save(self, path: Path) -> None:
        """Write what was learnt to ``path`` (``.npz``)."""
        self._sense.save(path)

    @classmethod
    def load(cls, path: Path, replies: Replies) -> Verdicts:
        """Read what ``save`` wrote; ``replies`` are those that it was learnt with."""
        return cls(replies, Sense.load(path))


class Replies:
    """The answers that wordings about each norm have, as topics by number (:class:`qa.topics.Topics`)."""

    def __init__(self, intents: Sequence[Intent]) -> None:
        self._rows: dict[str, dict[str, int]] = {}
        self._count = 0
        for intent in intents:
            for norm in intent.bound("norm") if intent.reply else ():
                rows = self._rows.setdefault(norm, {})
                if intent.reply and intent.reply not in rows:
                    rows[intent.reply] = self._count
                    self._count += 1

    def __len__(self) -> int:
        return self._count

    def of(self, intent: Intent) -> list[int]:
        """The answer of ``intent`` by each of its norms; none where it has no answer."""
        return [self._rows[norm][intent.reply] for norm in intent.bound("norm")] if intent.reply else []

    def likely(self, intent: Intent, probabilities: Vectors) -> Mapping[str, float]:
        """The probability of each answer by the norms of ``intent``: the mean over those that have answers, of all topics' ``probabilities``."""
        found: dict[str, float] = {}
        told = [self._rows[norm] for norm in intent.bound("norm") if norm in self._rows]
        for rows in told:
            shares = probabilities[[*rows.values()]]
            for reply, share in zip(rows, (shares / max(float(shares.sum()), float(np.finfo(np.float32).tiny))).tolist(), strict=True):
                found[reply] = found.get(reply, 0.0) + share / len(told)
        return found
