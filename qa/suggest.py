"""Questions to choose from while one is typed: from the canonical questions, by the characters typed so far."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from math import ceil
from typing import Final

from qa.display import printed

_MOST: Final = 6
_ENOUGH: Final = 0.6
"""Share of the typed pairs of characters that a suggestion has, at least."""


class Suggester:
    """Finds questions that begin with, contain, or nearly contain what is typed. Immutable, safe to share between threads."""

    def __init__(self, questions: Iterable[str]) -> None:
        self._questions = sorted(set(questions), key=lambda question: (len(question), question))
        self._having: dict[str, list[int]] = defaultdict(list)
        for i, question in enumerate(self._questions):
            for pair in _pairs(question):
                self._having[pair].append(i)

    def suggest(self, typed: str) -> list[str]:
        """At most six questions for ``typed``, the likeliest first, with Chinese punctuation; none for less than two characters."""
        typed = "".join(filter(str.isalnum, typed))[:40]
        pairs = _pairs(typed)
        if not pairs:
            return []
        shared = Counter(i for pair in pairs for i in self._having.get(pair, ()))
        least = ceil(_ENOUGH * len(pairs))
        found = [i for i, count in shared.items() if count >= least]
        found.sort(key=lambda i: (not self._questions[i].startswith(typed), typed not in self._questions[i], -shared[i], i))
        return [_written(self._questions[i]) for i in found[:_MOST]]


def _pairs(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}


def _written(question: str) -> str:
    """A canonical question as it is printed."""
    text = printed(question)
    return text if text.endswith("？") else text + "？"
