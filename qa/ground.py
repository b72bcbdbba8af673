"""What the intents of candidates rest on: the articles of their norms, and the words they have for a question."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set

from qa.index import Index
from qa.models import Intent, Reading
from qa.store import Store
from qa.verdict import statement

_ARTICLES = """SELECT ?norm ?article WHERE { ?norm gz:provision ?p .
  { ?p a gz:Article . BIND(?p AS ?article) } UNION { ?p gz:partOf ?article . ?article a gz:Article } }"""

_MEETINGS = "SELECT ?norm ?meeting WHERE { ?norm gz:meeting|gz:object ?meeting . ?meeting a gz:MeetingType }"
_NAMES = "SELECT ?meeting ?name WHERE { ?meeting a gz:MeetingType ; rdfs:label|skos:prefLabel ?name }"
_READINGS = "SELECT ?norm ?reading WHERE { ?norm gz:quote ?quote ; rdfs:label ?reading }"

_WHO = ("Office", "MeetingType")
_ITEMS = "items"
"""The family that lists the items of an article."""
_NOTHING = 1e-6
"""Stands for a probability of 0 where something is divided by it."""

_WIDER = "SELECT ?meeting ?wider WHERE { ?meeting a gz:MeetingType ; skos:broader+ ?wider }"


class Ground:
    """Looks things up for :func:`qa.combine.also_signals` and :func:`qa.combine.narrowed`."""

    def __init__(self, store: Store, index: Index) -> None:
        self._index = index
        # of all norms at once: a query for each of the dozens that a question may be about costs more than all else
        self._articles: dict[str, set[str]] = defaultdict(set)
        self._meetings: dict[str, set[str]] = defaultdict(set)
        for row in store.select(_ARTICLES):
            self._articles[str(row["norm"])].add(str(row["article"]))
        for row in store.select(_MEETINGS):
            self._meetings[str(row["norm"])].add(str(row["meeting"]))
        names = [(str(row["name"]), str(row["meeting"])) for row in store.select(_NAMES)]
        for row in store.select(_READINGS):
            self._meetings[str(row["norm"])] |= {meeting for name, meeting in names if name in str(row["reading"])}
        self._broader = [(str(row["meeting"]), str(row["wider"])) for row in store.select(_WIDER)]

    def article(self, intent: Intent) -> str | None:
        """The article (IRI) that the first norm of ``intent`` stands in; ``None`` without norms."""
        found = self._articles.get(next(iter(intent.bound("norm")), ""), set())
        return next(iter(found)) if len(found) == 1 else None

    def articles(self, about: Mapping[str, float]) -> dict[str, float]:
        """How probable it is that a text is about each article (IRI), if it asks for no items of one: which one they are in only the norms tell.
        ``about`` gives the probability of each norm, and of families that are about none."""
        shares: dict[str, float] = defaultdict(float)
        others = 1 - about.get(_ITEMS, 0.0) + _NOTHING
        for norm, share in about.items():
            for article in self._articles.get(norm, ()):
                shares[article] += share / others
        return shares

    def likeliest(self, about: Mapping[str, float]) -> tuple[str | None, float]:
        """The article (IRI) that a text is most likely about, and how probable that is; ``about`` gives the probability of each norm."""
        shares = self.articles(about)
        best = max(shares, key=lambda article: shares[article], default=None)
        return best, shares[best] if best else 0.0

    def meetings(self, norm: str) -> frozenset[str]:
        """The meeting types (IRIs) that ``norm`` is about or names."""
        return frozenset(self._meetings.get(norm, ()))

    def holds_for(self, norm: str, meetings: Set[str]) -> bool:
        """Whether what ``norm`` says of meetings holds for one of ``meetings`` (IRIs of meeting types): it is about that, about a wider type or a kind of it."""
        own = self.meetings(norm)
        return bool(own & (meetings | self._wider(meetings)) or self._wider(own) & meetings)

    def _wider(self, meetings: Set[str]) -> Set[str]:
        return {wider for meeting, wider in self._broader if meeting in meetings}

    def readings(self, intent: Intent) -> list[str]:
        """The readings of the norms of ``intent``."""
        return [text for norm in intent.bound("norm") if (text := self._index.reading(norm))]

    def typical(self, intent: Intent) -> str | None:
        """The most usual short wording of ``intent``: what one person once wrote may be a long story; ``None`` where there are too few."""
        return self._index.typical(intent)

    def never(self, reading: Reading, intent: Intent) -> str:
        """The yes or no that is no answer to a question that names an office or a meeting which no norm of ``intent`` names: that the deputy mayors do
        something is not that the mayor does; empty where it names none."""
        own = {iri for norm in intent.bound("norm") for iri in self._index.named(norm)}
        named = [set(m.entities) for m in reading.mentions if m.kind in _WHO]
        strange = any(not iris & (own | self._wider(own)) and not self._wider(iris) & own for iris in named)
        return ("no" if statement(reading.text)[1] else "yes") if strange else ""

    def names(self, norm: str, entities: Set[str]) -> bool:
        """Whether ``norm`` (IRI) names one of ``entities``, or what is wider or narrower than it."""
        own = set(self._index.named(norm))
        return bool(own & (entities | self._wider(entities)) or self._wider(own) & entities)

    def meaning(self, reading: Reading) -> float:
        """How much ``reading`` says: the weight of its terms."""
        return sum(self._index.weight(term) for term in dict.fromkeys(reading.terms))

    def gain(self, reading: Reading, told: Intent, more: Intent) -> float:
        """How much of the meaning of ``reading`` (0 to 1) ``more`` has words for and ``told`` has not."""
        weights = {term: self._index.weight(term) for term in dict.fromkeys(reading.terms)}
        holds = self._index.bags.holds
        new = sum(weight for term, weight in weights.items() if holds(more, term) and not holds(told, term))
        return new / max(sum(weights.values()), 1e-9)
