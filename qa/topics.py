"""What wordings are about: every norm, every silence, every family that is about neither, and every set of norms that is often asked for at once, is a topic.

:mod:`qa.sense` and :mod:`qa.diction` tell how probable it is that a question is about each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from qa.models import Intent
from qa.ragged import Floats, Numbers, Ragged

Vectors = npt.NDArray[np.float32]
_OFTEN: Final = 5
"""Wordings that ask for the same norms at once, from which these are a topic of their own."""
_DOUBT: Final = 0.01
"""Probability that is left to what seems impossible."""


class Topics(Protocol):
    """What wordings can be told apart by, numbered from 0."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def of(self, intent: Intent) -> list[int]:
        """Those of a wording that asks ``intent``, each with an equal share of it."""
        ...


class Names:
    """The topics of wordings, by number."""

    def __init__(self, asked: Mapping[Intent, int]) -> None:
        """The topics of intents; ``asked`` tells how many wordings ask each."""
        together: Counter[str] = Counter()
        for intent, times in asked.items():
            together[_set(intent)] += times
        self._sets = {name for name, times in together.items() if name and times >= _OFTEN}
        self._row: dict[str, int] = {}
        for intent in asked:
            for name in (*topics_of(intent), *self._own(intent)):
                self._row.setdefault(name, len(self._row))
        members = [(self._row[name], [self._row[norm] for norm in name.split()]) for name in sorted(self._sets)]
        self._in_set = np.array([row for row, norms in members for _ in norms], np.int64)
        self._member = np.array([norm for _, norms in members for norm in norms], np.int64)
        self._part = np.array([1 / len(norms) for _, norms in members for _ in norms], np.float32)
        silences = {name for intent in asked for name in intent.bound("silence")}
        self.silences = np.array([name in silences for name in self._row])
        """Whether the topic of each number is something that the rules do not say."""
        self.sets = np.array([name in self._sets for name in self._row])
        """Whether it is a set of norms."""

    def __len__(self) -> int:
        return len(self._row)

    def of(self, intent: Intent) -> list[int]:
        """The topic of ``intent``, or, where it asks at once for norms that few wordings ask for at once, those of its norms."""
        return [self._row[name] for name in self._own(intent)] or self.parts(intent)

    def parted(self, probabilities: Vectors) -> Vectors:
        """``probabilities``, those of the sets given to the norms in them in equal parts."""
        given = np.bincount(self._member, probabilities[self._in_set] * self._part, len(probabilities))
        return np.asarray(probabilities * ~self.sets + given, np.float32)

    def named(self, probabilities: Vectors) -> dict[str, float]:
        """``probabilities`` by what the topics are about, those of sets given to their norms."""
        return dict(zip(self._row, self.parted(probabilities).tolist(), strict=True))

    def unsaid(self, probabilities: Vectors) -> float:
        """How much more likely it is, as log odds, that a question with ``probabilities`` is about one of the silences, whichever, than about all else."""
        silent = float(probabilities[self.silences].sum())
        return log((silent + _DOUBT) / (1 - silent + _DOUBT))

    def parts(self, intent: Intent) -> list[int]:
        """The topics of the single norms of ``intent``; of one without norms, its topic."""
        return [self._row[name] for name in topics_of(intent) if name in self._row]

    def _own(self, intent: Intent) -> tuple[str, ...]:
        return (name,) if (name := _set(intent)) in self._sets else ()


class Means:
    """The mean of the probabilities of several topics, for each of many sets of them."""

    def __init__(self, sets: Sequence[Sequence[int]]) -> None:
        """``sets`` are the numbers of topics."""
        self._sets = Ragged.of(sets)

    def __call__(self, probabilities: Vectors, which: Numbers) -> Floats:
        """The means of ``probabilities`` over the sets numbered ``which``; 0 for an empty one."""
        return self._sets.sums(probabilities, which) / np.maximum(self._sets.lengths(which), 1)


def topics_of(intent: Intent) -> tuple[str, ...]:
    """What ``intent`` is about: its norms, else its silences, else its family."""
    return intent.bound("norm") or intent.bound("silence") or (intent.family,)


def _set(intent: Intent) -> str:
    """The norms of ``intent`` as one topic; nothing, where it asks for one or none."""
    norms = intent.bound("norm")
    return " ".join(sorted(norms)) if len(norms) > 1 else ""
