"""For each intent every term that belongs to the norms behind it, a bit a term: as sets, three million of them would take more memory than all else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from qa.models import Intent
from qa.ragged import Floats, Numbers

_FILE: Final = "bags.npz"


class Bags(Mapping[Intent, frozenset[str]]):
    """The terms of intents. An intent that is not there has none."""

    def __init__(self, intents: Sequence[Intent], names: Sequence[str], bits: npt.NDArray[np.uint8], which: Numbers) -> None:
        """The terms of ``intents[n]`` are those of ``names``, sorted, whose bits are set in row ``which[n]`` of ``bits``."""
        self._row = dict(zip(intents, which.tolist(), strict=True))
        self._names, self._bits, self._which = names, bits, which
        self._place = {name: n for n, name in enumerate(names)}

    @classmethod
    def of(cls, bags: Mapping[Intent, frozenset[str]]) -> Bags:
        """Those of ``bags``."""
        names = sorted({name for bag in bags.values() for name in bag})
        place = {name: n for n, name in enumerate(names)}
        distinct = {bag: n for n, bag in enumerate(dict.fromkeys(bags.values()))}
        bits = np.zeros((len(distinct), (len(names) + 7) // 8), np.uint8)
        for bag, row in distinct.items():
            there = np.zeros(len(names), bool)
            there[[place[name] for name in bag]] = True
            bits[row] = np.packbits(there)
        return cls(list(bags), names, bits, np.array([distinct[bag] for bag in bags.values()], np.int64))

    def __len__(self) -> int:
        return len(self._row)

    def __iter__(self) -> Iterator[Intent]:
        return iter(self._row)

    def __getitem__(self, intent: Intent) -> frozenset[str]:
        there = np.unpackbits(self._bits[self._row[intent]], count=len(self._names))
        return frozenset(self._names[n] for n in np.flatnonzero(there).tolist())

    def holds(self, intent: Intent, term: str) -> bool:
        """Whether ``term`` is among those of ``intent``."""
        place = self._place.get(term)
        return place is not None and bool(self._bits[self._row[intent], place >> 3] >> (7 - (place & 7)) & 1)

    def shared(self, weights: Mapping[str, float], intents: Sequence[Intent]) -> Floats:
        """For each of ``intents``, the sum of the weights of its terms."""
        known = [(place, weight) for term, weight in weights.items() if (place := self._place.get(term)) is not None]
        places = np.array([place for place, _ in known], np.int64)
        rows = np.array([self._row[intent] for intent in intents], np.int64)
        there = self._bits[rows[:, None], places >> 3] >> (7 - (places & 7)) & 1
        return np.asarray(there @ np.array([weight for _, weight in known]), np.float64)

    def save(self, folder: Path) -> None:
        """Write ``bags.npz`` to ``folder``; the intents are the reader's to know."""
        np.savez(folder / _FILE, names=np.array(self._names), bits=self._bits, which=self._which)

    @classmethod
    def load(cls, folder: Path, intents: Sequence[Intent]) -> Bags:
        """Read what ``save`` wrote of the terms of ``intents``."""
        with np.load(folder / _FILE) as kept:
            return cls(intents, kept["names"].tolist(), kept["bits"], kept["which"])
