"""What a question is about, told from all wordings at once: linear discriminant analysis over sentence vectors (Fisher, 1936).

The nearest wordings tell what a question is like; what sets the wordings of one norm apart from those of all others, none of them tells. Every norm,
every silence and every family that is about neither is a topic. Its wordings are taken to lie around their mean as those of every other topic do
around theirs, which gives the probabilities a closed form: whoever adds wordings has nothing to train.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from qa.models import Intent

Vectors = npt.NDArray[np.float32]
_LIKE_ALL: Final = 1.0
"""Wordings that a topic is lent from the mean of all, so that one with a single wording is not sure of itself."""
_ROUND: Final = 0.8
"""How far the common scatter is drawn towards one that is alike in all directions: most directions are seen too seldom to be told."""
_LEAST: Final = 1e-6
"""Scatter in every direction, also where all wordings of each topic are alike."""
_TEMPER: Final = 4.0
"""What the log-likelihoods are divided by: the dimensions of a sentence vector do not vary by themselves."""


class Topics:
    """Tells for each topic how probable it is that a question is about it."""

    def __init__(self, intents: Sequence[Intent], vectors: Vectors) -> None:
        """Learn from wordings, the n-th of which asks ``intents[n]`` and has the unit vector ``vectors[n]``. One that is about several topics counts
        for each with its share."""
        rows: dict[str, list[int]] = {name: [] for name in named(intents)}
        shares: dict[str, list[float]] = {name: [] for name in rows}
        for row, intent in enumerate(intents):
            names = topics_of(intent)
            for name in names:
                rows[name].append(row)
                shares[name].append(1 / len(names))
        self._row = {name: i for i, name in enumerate(rows)}
        counts = np.array([sum(shares[name]) for name in rows], np.float32)
        sums = np.array([np.array(shares[name], np.float32) @ vectors[rows[name]] for name in rows], np.float32)
        means = (sums + _LIKE_ALL * vectors.mean(axis=0)) / (counts + _LIKE_ALL)[:, None]
        self._weights = np.linalg.solve(_scatter(vectors, counts, sums, means), means.T).T.astype(np.float32) / _TEMPER
        self._biases = -0.5 * (self._weights * means).sum(axis=1)

    def __call__(self, vector: Vectors) -> Vectors:
        """The probability of each topic, all equally frequent, for the question with the unit vector ``vector``."""
        odds = self._weights @ vector + self._biases
        likely = np.exp(odds - odds.max())
        return np.asarray(likely / likely.sum(), np.float32)

    def share(self, probabilities: Vectors, intent: Intent) -> float:
        """The part of ``probabilities`` that falls to the topics of ``intent``."""
        return float(sum(probabilities[self._row[name]] for name in topics_of(intent) if name in self._row))


def named(intents: Sequence[Intent]) -> tuple[str, ...]:
    """The topics of ``intents``, in the order in which they come."""
    return tuple(dict.fromkeys(name for intent in dict.fromkeys(intents) for name in topics_of(intent)))


def topics_of(intent: Intent) -> tuple[str, ...]:
    """What ``intent`` is about: its norms, else its silences, else its family."""
    return intent.bound("norm") or intent.bound("silence") or (intent.family,)


def _scatter(vectors: Vectors, counts: Vectors, sums: Vectors, means: Vectors) -> Vectors:
    """The scatter of wordings around the mean of their topic, the same for all topics."""
    crossed = sums.T @ means
    scatter = (vectors.T @ vectors - crossed - crossed.T + (means * counts[:, None]).T @ means) / counts.sum()
    size = len(scatter)
    alike = _ROUND * np.trace(scatter) / size + _LEAST
    return np.asarray((1 - _ROUND) * scatter + alike * np.eye(size), np.float32)
