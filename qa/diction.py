"""What a question is about, told from its characters and those of all wordings: multinomial naive Bayes (McCallum and Nigam, 1998).

A sentence vector says what a question means on the whole, and little of the one word in which it differs from another: 要不要改 and 要不要公开. Here every
character and every pair of neighbours speaks for the topics (:mod:`qa.topics`) in whose wordings it is common and elsewhere rare.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from qa.models import Intent
from qa.topics import Names, Vectors

_LENT: Final = 50.0
"""Characters and pairs that every topic is lent from what all wordings say, so that one with few wordings is not sure of itself."""
_TEMPER: Final = 12.0
"""What the log-likelihoods are divided by: the characters of a sentence do not come by themselves."""
_UNWRITTEN: Final = re.compile(r"[\s,，。？?！!、；;：:“”\"]")
_EDGE: Final = "\x02"
"""Stands before and after a sentence, so that its ends are pairs too."""


class Diction:
    """Tells for each topic how probable it is that a question in certain words is about it."""

    def __init__(self, names: Names, grams: npt.NDArray[np.uint64], starts: npt.NDArray[np.int64], speaks: tuple[Vectors, ...]) -> None:
        """``grams`` are sorted; what the n-th speaks for are the entries from ``starts[n]`` to ``starts[n + 1]`` of ``speaks``: topics of ``names``, and
        by how much (log-likelihood) more than a gram that was never seen there, which comes last, for each topic."""
        self._names, self._grams, self._starts = names, grams, starts
        self._about, self._weights, self._unseen = speaks

    @classmethod
    def learn(cls, texts: Sequence[str], names: Names, intents: Sequence[Intent]) -> Diction:
        """Learn from wordings, the n-th of which asks ``intents[n]``. One that is about several topics counts for each with its share."""
        about: list[int] = []
        said: list[npt.NDArray[np.uint64]] = []
        parts: list[float] = []
        for text, intent in zip(texts, intents, strict=True):
            grams, topics = grams_of(text), names.of(intent)
            said += [grams] * len(topics)
            about += topics
            parts += [1 / len(topics)] * len(topics)
        lengths = [len(grams) for grams in said]
        grams, which = np.unique(np.concatenate(said), return_inverse=True)
        cell, place = np.unique(which.astype(np.int64) * len(names) + np.repeat(about, lengths), return_inverse=True)
        counts = np.bincount(place, weights=np.repeat(parts, lengths))
        gram, topic = cell // len(names), cell % len(names)
        common = np.bincount(gram, weights=counts) / counts.sum()
        lent = _LENT + np.bincount(topic, weights=counts, minlength=len(names))
        unseen = np.log(_LENT / lent)
        weights = np.log((counts + _LENT * common[gram]) / common[gram] / lent[topic]) - unseen[topic]
        starts = np.searchsorted(gram, np.arange(len(grams) + 1))
        return cls(names, grams, starts, (topic.astype(np.int32), weights.astype(np.float32), unseen.astype(np.float32)))

    def __call__(self, text: str) -> Vectors:
        """The probability of each topic, all equally frequent, for the question ``text``; what no wording has speaks for none."""
        known = known_of(self._grams, grams_of(text))
        spoken = [slice(start, end) for start, end in zip(self._starts[known].tolist(), self._starts[known + 1].tolist(), strict=True)]
        about = np.concatenate([*(self._about[part] for part in spoken), self._about[:0]])
        weights = np.concatenate([*(self._weights[part] for part in spoken), self._weights[:0]])
        odds = (self._unseen * len(known) + np.bincount(about, weights, len(self._unseen))) / _TEMPER
        likely = np.exp(odds - odds.max())
        return np.asarray(likely / likely.sum(), np.float32)

    def save(self, path: Path) -> None:
        """Write what was learnt to ``path`` (``.npz``)."""
        np.savez(path, grams=self._grams, starts=self._starts, about=self._about, weights=self._weights, unseen=self._unseen)

    @classmethod
    def load(cls, path: Path, names: Names) -> Diction:
        """Read what ``save`` wrote; ``names`` are those that it was learnt with."""
        with np.load(path) as kept:
            return cls(names, kept["grams"], kept["starts"], (kept["about"], kept["weights"], kept["unseen"]))


def grams_of(text: str) -> npt.NDArray[np.uint64]:
    """The characters of ``text`` and the pairs of neighbours in it, each once, as numbers: a pair is its two code points side by side."""
    letters = [ord(c) for c in _UNWRITTEN.sub("", text).lower()]
    edge = ord(_EDGE)
    pairs = {(a << 32) | b for a, b in pairwise([edge, *letters, edge])}
    return np.array(sorted({*letters, *pairs}), np.uint64)


def known_of(grams: npt.NDArray[np.uint64], of: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """The numbers in ``grams`` of those ``of`` a text that are in it."""
    at = np.searchsorted(grams, of)
    there = at < len(grams)
    there[there] = grams[at[there]] == of[there]
    return at[there]
