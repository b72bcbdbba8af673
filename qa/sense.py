"""What a question is about, told from its words and its meaning at once: a linear classifier of low rank over the characters of a question, the pairs of
neighbours in it and its sentence vector (after fastText: Joulin et al., 2017), learnt from all wordings, from several beginnings, of which the mean is taken.

The nearest wordings tell what a question is like, and naive Bayes (:mod:`qa.diction`) takes every character for itself. Here what a character says is
weighed against what the others say: in 办公会议纪要由谁签 it is 签, not 会议, that tells the minutes from the agenda. Learning takes one or two minutes and no library
but numpy; the same wordings give the same classifier on the same machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, cos, pi
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from qa.diction import grams_of, known_of
from qa.models import Intent
from qa.ragged import Numbers, Ragged
from qa.topics import Topics, Vectors

_RANK: Final = 128
"""Dimensions between what a question says and what it is about."""
MEMBERS: Final = 2
"""Classifiers learnt from different beginnings whose mean is taken: two of five rounds err less than one of ten, and take as long."""
_ROUNDS: Final = 5
"""Times that every wording is learnt from; where there are few, so often that there are"""
_STEPS: Final = 300
"""steps, each from"""
_TOGETHER: Final = 512
"""wordings."""
_RATE: Final = 6e-3
"""Step of Adam (Kingma and Ba, 2015) at its highest: it rises in the first three tenths of the steps and falls to nothing in the others."""
_RISING: Final = 0.3
_LOWEST: Final = 1 / 500
"""Its least share of the highest."""
_DECAY: Final = 0.02
"""Part of every weight that is lost in a step of 1, so that none grows without need."""
_DROPPED: Final = 0.3
"""Dimensions that are left out at random of each step, so that none relies on the others."""
_SEEN: Final = 2
"""Wordings that must have a character or pair for something to be learnt of it."""
_BLUR: Final = 0.7
"""Length of the noise on a sentence vector, whose length is 1: the embedding model has learnt from most of the wordings, and knows a new question less well."""
_BEFORE: Final = (0.9, 0.999)
"""How much of the gradient and of its square Adam keeps from step to step."""
_START: Final = 0.05
"""Spread of the weights before the first step."""
_NEVER: Final = 1e-8
_Weights = tuple[Vectors, Vectors, Vectors, Vectors]
_KEPT: Final = ("words", "meaning", "topics", "biases")


class Sense:
    """Tells for each topic how probable it is that a question is about it."""

    def __init__(self, grams: npt.NDArray[np.uint64], members: Sequence[_Weights]) -> None:
        """The mean of ``members``, each with its weights: of each of ``grams``, which are sorted (rows), of each dimension of a sentence vector (rows), of
        each topic (columns), and the topics' biases."""
        self._grams, self._members = grams, members

    @classmethod
    def learn(
        cls, texts: Sequence[str], vectors: Vectors, names: Topics, intents: Sequence[Intent], *, rounds: int = _ROUNDS, seed: int = 0
    ) -> Sense:
        """Learn one classifier from wordings, ``rounds`` times from each: the n-th has the unit vector ``vectors[n]`` and asks ``intents[n]``, which is about
        topics of ``names``. ``seed`` decides where it begins, and the order."""
        chance = np.random.default_rng(seed)
        grams, said = _said(texts)
        about = Ragged.of([names.of(intent) for intent in intents])
        sizes = ((len(grams), _RANK), (vectors.shape[1], _RANK), (_RANK, len(names)), (len(names),))
        words, meaning, topics, biases = (
            chance.standard_normal(size, np.float32) * np.float32(_START if len(size) > 1 else 0) for size in sizes
        )
        adams = [_Adam(weights) for weights in (words, meaning, topics, biases)]
        rounds = max(rounds, ceil(_STEPS / max(ceil(len(texts) / _TOGETHER), 1)))
        for step, rate, rows in _steps(len(texts), rounds, chance):
            gram, sentence, _ = said.rows(rows)
            topic, asking, part = about.rows(rows)
            long = np.asarray(1 / np.sqrt(np.maximum(np.bincount(sentence, minlength=len(rows)), 1)), np.float32)
            meant = _blurred(vectors[rows].astype(np.float32), chance)
            hidden = np.asarray(_sums(words[gram], sentence, len(rows)) * long[:, None] + meant @ meaning, np.float32)
            kept = (chance.random(hidden.shape, np.float32) >= _DROPPED).astype(np.float32) / np.float32(1 - _DROPPED)
            hidden *= kept
            error = _softmax(hidden @ topics + biases)
            np.subtract.at(error, (asking, topic), part)
            error /= len(rows)
            back = (error @ topics.T) * kept
            adams[2](hidden.T @ error, step, rate)
            adams[3](error.sum(axis=0), step, rate)
            adams[1](meant.T @ back, step, rate)
            if len(gram):
                back *= long[:, None]
                order = np.argsort(gram, kind="stable")
                which, first = _distinct(gram[order])
                adams[0](_added(back[sentence[order]], first), step, rate, which)
        return cls(grams, [(words, meaning, topics, biases)])

    @classmethod
    def mean(cls, senses: Sequence[Sense]) -> Sense:
        """The mean of ``senses`` that were learnt from the same wordings."""
        return cls(senses[0]._grams, [member for sense in senses for member in sense._members])

    def __call__(self, text: str, vector: Vectors) -> Vectors:
        """The probability of each topic for the question ``text`` with the unit vector ``vector``; what few wordings have speaks for none."""
        known = known_of(self._grams, grams_of(text))
        likely = [_likely(member, known, vector) for member in self._members]
        return np.asarray(sum(likely) / np.float32(len(likely)), np.float32)

    def save(self, path: Path) -> None:
        """Write what was learnt to ``path`` (``.npz``), in half precision."""
        half: dict[str, Any] = {name: np.stack([member[n] for member in self._members]).astype(np.float16) for n, name in enumerate(_KEPT)}
        np.savez(path, grams=self._grams, **half)

    @classmethod
    def load(cls, path: Path) -> Sense:
        """Read what ``save`` wrote. What is said of words stays in half precision: few of them are looked up at a time."""
        with np.load(path) as kept:
            words, *others = (kept[name] for name in _KEPT)
            meaning, topics, biases = (of.astype(np.float32) for of in others)
            return cls(kept["grams"], list(zip(words, meaning, topics, biases, strict=True)))


def _likely(member: _Weights, known: npt.NDArray[np.int64], vector: Vectors) -> Vectors:
    """The probability of each topic by one ``member``, for the numbers of the ``known`` grams of a question and its unit vector."""
    words, meaning, topics, biases = member
    hidden = np.asarray(vector @ meaning, np.float32)
    if len(known):
        hidden += np.asarray(words[known].sum(axis=0, dtype=np.float32) / np.sqrt(len(known)), np.float32)
    return _softmax(np.asarray(hidden @ topics + biases, np.float32))


class _Adam:
    """Changes ``weights`` in place, against a gradient."""

    def __init__(self, weights: Vectors) -> None:
        self._weights, self._mean, self._square = weights, np.zeros_like(weights), np.zeros_like(weights)

    def __call__(self, gradient: Vectors, step: int, rate: float, rows: Numbers | slice = slice(None)) -> None:
        """Take the ``step``-th step of ``rate``, of ``rows`` only where there are others."""
        keep, keep_square = (np.float32(part) for part in _BEFORE)
        mean = self._mean[rows] * keep + gradient * (1 - keep)
        square = self._square[rows] * keep_square + gradient * gradient * (1 - keep_square)
        self._mean[rows], self._square[rows] = mean, square
        mean_, square_ = (np.float32(1 - part**step) for part in _BEFORE)  # they began at nothing
        moved = mean / mean_ / (np.sqrt(square / square_) + np.float32(_NEVER))
        self._weights[rows] = self._weights[rows] * np.float32(1 - rate * _DECAY) - np.float32(rate) * moved


def _said(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint64], Ragged]:
    """The grams that are learnt of, sorted, and their numbers in each of ``texts``."""
    said = [grams_of(text) for text in texts]
    every, times = np.unique(np.concatenate([*said, np.zeros(0, np.uint64)]), return_counts=True)
    grams = every[times >= _SEEN]
    return grams, Ragged.of([known_of(grams, of) for of in said])


def _blurred(vectors: Vectors, chance: np.random.Generator) -> Vectors:
    """``vectors`` with noise, of length 1 again."""
    noise = chance.standard_normal(vectors.shape, np.float32) * np.float32(_BLUR / vectors.shape[1] ** 0.5)
    moved = vectors + noise
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)


def _steps(texts: int, rounds: int, chance: np.random.Generator) -> Iterator[tuple[int, float, Numbers]]:
    """The number of each step, its rate and the texts that it learns from."""
    last, step = rounds * ceil(texts / _TOGETHER), 0
    for _ in range(rounds):
        order = chance.permutation(texts)
        for start in range(0, texts, _TOGETHER):
            step += 1
            done = step / last
            share = done / _RISING if done < _RISING else (1 + cos(pi * (done - _RISING) / (1 - _RISING))) / 2
            yield step, _RATE * max(share, _LOWEST), order[start : start + _TOGETHER]


def _sums(of: Vectors, place: Numbers, places: int) -> Vectors:
    """The sum of the rows of ``of`` at each of ``places``; ``place``, that of each row, rises."""
    sums = np.zeros((places, of.shape[1]), np.float32)
    if len(place):
        there, first = _distinct(place)
        sums[there] = _added(of, first)
    return sums


def _added(rows: Vectors, first: Numbers) -> Vectors:
    """The sums of the rows from each of ``first`` to the next; ten times as fast as ``np.add.reduceat``, which goes through them column by column."""
    ends = np.append(first[1:], len(rows))
    sums = rows[first]
    several = np.flatnonzero(ends - first > 1)
    for i, start, end in zip(several.tolist(), first[several].tolist(), ends[several].tolist(), strict=True):
        np.add.reduce(rows[start:end], axis=0, out=sums[i])
    return sums


def _distinct(rising: Numbers) -> tuple[Numbers, Numbers]:
    """The different numbers in ``rising``, and where each comes first."""
    first = np.flatnonzero(np.diff(rising, prepend=-1))
    return rising[first], first


def _softmax(odds: Vectors) -> Vectors:
    odds = odds - odds.max(axis=-1, keepdims=True)
    np.exp(odds, out=odds)
    odds /= odds.sum(axis=-1, keepdims=True)
    return odds
