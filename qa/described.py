"""What a question asks for itself without its number: an article or chapter that it only describes (管公文签发的那条分了几项 → 第三十一条分了几项), or the
whole regulation (整份规则一共多少条)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Final

from qa.ground import Ground
from qa.numbered import WhichArticle
from qa.store import Store

_CHAPTERS: Final = "SELECT ?article ?chapter WHERE { ?article a gz:Article ; gz:partOf ?chapter . ?chapter a gz:Chapter }"
_LABELS: Final = "SELECT ?provision ?label WHERE { VALUES ?class { gz:Article gz:Chapter } ?provision a ?class ; rdfs:label ?label }"
_SURE: Final = 0.6
"""Share of an article, or a chapter, in all that a description may be about, from which it is the one that is meant."""
_EITHER: Final = 0.3
"""The same for each of two that may be meant both: 讲请假的那条."""
_SOMETHING: Final = 0.15
"""Probability from which a description is about any article at all."""
_ASKS: Final = {"条": ("divided", "placed", "verbatim"), "章": ("divided", "chaptered", "verbatim")}
"""What asks for an article itself, and for a chapter."""
_LEFT: Final = 4
"""Characters beside those that ask for the provision itself, from which something in it is asked for."""


class Described:
    """Puts numbers to described provisions, over one build."""

    def __init__(self, store: Store, ground: Ground, about: Callable[[str], Mapping[str, float]], asking: Mapping[str, str]) -> None:
        """``about`` gives the probability that a text is about each norm (IRI); ``asking`` is ``asking.yaml``: how a provision is described
        (``described_provision``, ``described_after``), what asks for it itself (``divided``, ``chaptered``, ``placed``, ``verbatim``, ``itself``), and what
        asks how much there is of the regulation (``extent``, ``counted_extent``)."""
        self._ground, self._about = ground, about
        self._described, self._after, self._itself, self._extent, self._counted_extent = (
            re.compile(asking[name]) for name in ("described_provision", "described_after", "itself", "extent", "counted_extent")
        )
        self._asks = {unit: [re.compile(asking[name]) for name in names] for unit, names in _ASKS.items()}
        self._chapters = {str(row["article"]): str(row["chapter"]) for row in store.select(_CHAPTERS)}
        self._labels = {str(row["provision"]): str(row["label"]) for row in store.select(_LABELS)}

    def __call__(self, text: str, named: str, regulation: str) -> str:
        """``text`` with the number of the provision of ``regulation`` (IRI) in the place of its description; where it describes none, asks for something in
        it, or may mean any, ``named``: ``text`` with the numbers of what it calls by its name. Raises WhichArticle where it may mean two."""
        found = next((m for pattern in (self._described, self._after) if (m := pattern.match(text)) and self._asks_itself(m)), None)
        by_name = named != text and not self._itself.sub("", named.partition("第")[0])
        if by_name or found is None:
            return named
        shares = defaultdict[str, float](float)
        for article, share in self._ground.articles(self._about(found["about"])).items():
            if article.startswith(regulation + "/"):
                shares[self._chapters[article] if found["unit"] == "章" else article] += share
        whole = sum(shares.values())
        likely = sorted(shares, key=lambda provision: -shares[provision])[:2]
        if whole < _SOMETHING:
            return named
        if shares[likely[0]] >= _SURE * whole:
            return self._labels[likely[0]] + found["rest"]
        if all(shares[provision] >= _EITHER * whole for provision in likely):
            raise WhichArticle(f"哪一{found['unit']}", tuple(f"{self._labels[provision]}{found['rest']}" for provision in sorted(likely)))
        return named

    def extent(self, text: str) -> bool:
        """Whether ``text`` asks of how many chapters or articles the regulation itself has, and nothing else: 整份规则一共多少条."""
        rest = self._extent.sub("", text)
        return rest != text and bool(self._counted_extent.search(rest)) and not self._itself.sub("", rest)

    def _asks_itself(self, found: re.Match[str]) -> bool:
        """Whether what stands beside a description asks for the provision: 一共分了几项, 在哪一章, 原文是什么."""
        rest = left = found["unit"] + found["rest"]
        for pattern in self._asks[found["unit"]]:
            left = pattern.sub("", left)
        return left != rest and len(self._itself.sub("", left)) < _LEFT
