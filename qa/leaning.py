"""How much a question sounds like one of those that rules leave open (how many pages, which form, what happens to whom who does not), or like one
that leaves open itself what it is about (要几天, 会由谁主持).

Both are asked in their own way, whatever the topic. The directions are learnt from wordings (``guizhi fit``), and also hold for gaps and for
half-said questions that nobody has written down.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from qa.index import Vectors

LEANING: Final = Path("data") / "adapter" / "leaning.npy"
"""The direction to what rules leave open, below the project's root: one weight for each dimension of a sentence vector, then the bias."""
OPENNESS: Final = Path("data") / "adapter" / "openness.npy"
"""The direction to questions that leave open what they are about."""


class Leaning:
    """The log-odds that a question is of a kind, seen from its wording alone."""

    def __init__(self, weights: Vectors) -> None:
        """``weights``: one for each dimension of a vector, then the bias."""
        self.weights = weights

    @classmethod
    def read(cls, root: Path, name: Path = LEANING) -> Leaning:
        """The direction ``name`` of the project at ``root``; without one nothing leans."""
        path = root / name
        return cls(np.load(path).astype(np.float32) if path.exists() else np.zeros(1, np.float32))

    def __call__(self, vector: Vectors) -> float:
        """The log-odds for the question with the sentence vector ``vector``."""
        return float(self.weights[:-1] @ vector + self.weights[-1]) if len(self.weights) > 1 else 0.0

    def write(self, root: Path, name: Path = LEANING) -> None:
        """Keep it for :meth:`read`."""
        np.save(root / name, self.weights.astype(np.float16))
