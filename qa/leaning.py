"""How much a question sounds like one of those that rules leave open: how many pages, which form, what happens to whom who does not.

What a rule book does not say is asked in its own way, whatever the topic. The direction is learnt from the wordings of what is said and of what
is not (``guizhi fit``), and also holds for gaps that nobody has written down.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from qa.index import Vectors

LEANING: Final = Path("data") / "adapter" / "leaning.npy"
"""The direction, below the project's root: one weight for each dimension of a sentence vector, then the bias."""


class Leaning:
    """The log-odds that a question asks what rules leave open, seen from its wording alone."""

    def __init__(self, weights: Vectors) -> None:
        """``weights``: one for each dimension of a vector, then the bias."""
        self.weights = weights

    @classmethod
    def read(cls, root: Path) -> Leaning:
        """The direction of the project at ``root``; without one nothing leans."""
        path = root / LEANING
        return cls(np.load(path).astype(np.float32) if path.exists() else np.zeros(1, np.float32))

    def __call__(self, vector: Vectors) -> float:
        """The log-odds for the question with the sentence vector ``vector``."""
        return float(self.weights[:-1] @ vector + self.weights[-1]) if len(self.weights) > 1 else 0.0

    def write(self, root: Path) -> None:
        """Keep it for :meth:`read`."""
        np.save(root / LEANING, self.weights.astype(np.float16))
