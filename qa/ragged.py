"""Rows of numbers, each of any length, kept as one row: a tenth of the memory of as many sets, and gone through by numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ragged:
    """``numbers`` row after row; the n-th row begins at ``starts[n]`` and ends where the next begins."""

    numbers: npt.NDArray[np.integer]
    starts: Numbers

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]] | Sequence[npt.NDArray[np.integer]]) -> Ragged:
        """Those of ``rows``, whose numbers must be below 2³¹."""
        numbers = np.concatenate([*(np.asarray(row, np.int32) for row in rows), np.zeros(0, np.int32)])
        return cls(numbers, np.cumsum([0, *map(len, rows)]))

    def rows(self, which: Numbers) -> tuple[Numbers, Numbers, npt.NDArray[np.float32]]:
        """The numbers of the rows ``which``, for each the place of its row among ``which``, and one part of as many as the row has."""
        lengths = self.starts[which + 1] - self.starts[which]
        place = np.repeat(np.arange(len(which)), lengths)
        within = np.arange(len(place)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        numbers = self.numbers[self.starts[which][place] + within].astype(np.int64)
        return numbers, place, (1 / lengths[place]).astype(np.float32)

    def sums(self, of: npt.NDArray[np.floating] | npt.NDArray[np.bool_], which: Numbers) -> Floats:
        """For each of the rows ``which``, the sum of what ``of`` has for its numbers."""
        numbers, place, _ = self.rows(which)
        return np.asarray(np.bincount(place, of[numbers], len(which)), np.float64)

    def lengths(self, which: Numbers) -> Numbers:
        """How many numbers each of the rows ``which`` has."""
        return self.starts[which + 1] - self.starts[which]
