"""What the intents of candidates rest on: the articles of their norms, and the words they have for a question."""

from __future__ import annotations

from qa.index import Index
from qa.models import Intent, Reading
from qa.store import Store

_ARTICLE = """SELECT ?article WHERE {{ <{}> gz:provision ?p .
  {{ ?p a gz:Article . BIND(?p AS ?article) }} UNION {{ ?p gz:partOf ?article . ?article a gz:Article }} }}"""


class Ground:
    """Looks things up for :func:`qa.combine.also_signals`."""

    def __init__(self, store: Store, index: Index) -> None:
        self._store, self._index = store, index

    def article(self, intent: Intent) -> str | None:
        """The article (IRI) that the first norm of ``intent`` stands in; ``None`` without norms."""
        norms = intent.bound("norm")
        found = {str(r["article"]) for norm in norms[:1] for r in self._store.select(_ARTICLE.format(norm))}
        return found.pop() if len(found) == 1 else None

    def meaning(self, reading: Reading) -> float:
        """How much ``reading`` says: the weight of its terms."""
        return sum(self._index.weight(term) for term in dict.fromkeys(reading.terms))

    def gain(self, reading: Reading, told: Intent, more: Intent) -> float:
        """How much of the meaning of ``reading`` (0 to 1) ``more`` has words for and ``told`` has not."""
        weights = {term: self._index.weight(term) for term in dict.fromkeys(reading.terms)}
        new = self._index.bags[more] - self._index.bags[told]
        return sum(weight for term, weight in weights.items() if term in new) / max(sum(weights.values()), 1e-9)
