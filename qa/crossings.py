"""Links between articles: the documents, meetings and matters that several of them regulate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from qa.site_facts import Facts
from qa.site_models import Crossing

_KINDS: Final = ("MeetingType", "DocumentType", "Matter")
"""Classes whose members tie articles together; offices and bodies are named nearly everywhere and have cards."""
_SLOTS: Final = ("object", "meeting", "content", "recipient")


def crossings(facts: Facts) -> Mapping[str, tuple[Crossing, ...]]:
    """For every article (IRI) what it shares with others, in the order of the classes and then of names."""
    articles: dict[str, dict[str, None]] = defaultdict(dict)
    for norm in facts.norms.values():
        for thing in (value for slot in _SLOTS for value in norm.slots.get(slot, ())):
            if facts.entities.get(thing) in _KINDS:
                articles[thing][norm.article] = None
    found: dict[str, list[Crossing]] = defaultdict(list)
    for thing in sorted(articles, key=lambda thing: (_KINDS.index(facts.entities[thing]), facts.labels[thing], thing)):
        for article in articles[thing]:
            if others := tuple(other for other in articles[thing] if other != article):
                found[article].append(Crossing(thing, others))
    return {article: tuple(shared) for article, shared in found.items()}
