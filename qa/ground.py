"""What the intents of candidates rest on: the articles of their norms, and the words they have for a question."""

from __future__ import annotations

from collections.abc import Set

from qa.index import Index
from qa.models import Intent, Reading
from qa.store import Store

_ARTICLE = """SELECT ?article WHERE {{ <{}> gz:provision ?p .
  {{ ?p a gz:Article . BIND(?p AS ?article) }} UNION {{ ?p gz:partOf ?article . ?article a gz:Article }} }}"""


_MEETINGS = """SELECT DISTINCT ?meeting WHERE {{ ?meeting a gz:MeetingType .
  {{ <{0}> gz:meeting|gz:object ?meeting }} UNION {{ <{0}> rdfs:label ?reading . ?meeting rdfs:label|skos:prefLabel ?name . FILTER(CONTAINS(?reading, STR(?name))) }} }}"""

_WIDER = "SELECT ?meeting ?wider WHERE { ?meeting a gz:MeetingType ; skos:broader+ ?wider }"


class Ground:
    """Looks things up for :func:`qa.combine.also_signals` and :func:`qa.combine.narrowed`."""

    def __init__(self, store: Store, index: Index) -> None:
        self._store, self._index = store, index
        self._articles: dict[str, str | None] = {}  # of the norms asked for so far: a question asks for a dozen
        self._meetings: dict[str, frozenset[str]] = {}
        self._broader: list[tuple[str, str]] | None = None

    def article(self, intent: Intent) -> str | None:
        """The article (IRI) that the first norm of ``intent`` stands in; ``None`` without norms."""
        norm = next(iter(intent.bound("norm")), "")
        if norm and norm not in self._articles:
            found = {str(r["article"]) for r in self._store.select(_ARTICLE.format(norm))}
            self._articles[norm] = found.pop() if len(found) == 1 else None
        return self._articles.get(norm)

    def meetings(self, norm: str) -> frozenset[str]:
        """The meeting types (IRIs) that ``norm`` is about or names."""
        if norm not in self._meetings:
            self._meetings[norm] = frozenset(str(row["meeting"]) for row in self._store.select(_MEETINGS.format(norm)))
        return self._meetings[norm]

    def holds_for(self, norm: str, meetings: Set[str]) -> bool:
        """Whether what ``norm`` says of meetings holds for one of ``meetings`` (IRIs of meeting types): it is about that, about a wider type or a kind of it."""
        own = self.meetings(norm)
        return bool(own & (meetings | self._wider(meetings)) or self._wider(own) & meetings)

    def _wider(self, meetings: Set[str]) -> Set[str]:
        if self._broader is None:
            self._broader = [(str(row["meeting"]), str(row["wider"])) for row in self._store.select(_WIDER)]
        return {wider for meeting, wider in self._broader if meeting in meetings}

    def readings(self, intent: Intent) -> list[str]:
        """The readings of the norms of ``intent``."""
        return [text for norm in intent.bound("norm") if (text := self._index.reading(norm))]

    def meaning(self, reading: Reading) -> float:
        """How much ``reading`` says: the weight of its terms."""
        return sum(self._index.weight(term) for term in dict.fromkeys(reading.terms))

    def gain(self, reading: Reading, told: Intent, more: Intent) -> float:
        """How much of the meaning of ``reading`` (0 to 1) ``more`` has words for and ``told`` has not."""
        weights = {term: self._index.weight(term) for term in dict.fromkeys(reading.terms)}
        holds = self._index.bags.holds
        new = sum(weight for term, weight in weights.items() if holds(more, term) and not holds(told, term))
        return new / max(sum(weights.values()), 1e-9)
