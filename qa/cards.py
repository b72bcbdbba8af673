"""An entity with everything the rules say of it: what it must, may and must not do, where else it is named, its route or meeting drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from qa import site_diagrams
from qa.site_facts import SLOTS, Facts
from qa.site_models import Card, Norm
from qa.terms import gz

BEARERS: Final = ("Office", "Body", "RelativeRole", "PersonGroup", "MeetingType")
_DUTIES: Final = (
    ("必须", {"Obligation"}),
    ("不得", {"Prohibition"}),
    ("可以", {"Permission", "Delegation"}),
    ("职责与职权", {"Competence"}),
    ("提倡", {"Recommendation"}),
)
_OTHER: Final = "其他规定"
_RELATED: Final = (
    ("skos:broader", "上位", "下位"),
    ("gz:route", "办理程序", "适用于"),
    ("gz:chair", "主持人", "主持的会议"),
    ("gz:convener", "召集人", "召集的会议"),
    ("gz:minutesSigner", "纪要签发人", "签发其纪要的会议"),
    ("gz:signs", "签发", "由谁签发"),
)
"""Links between entities: the name of the relation from the one and from the other."""


class Cards:
    """The cards of every entity in ``facts``."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.drawn = site_diagrams.drawn(facts)
        """The picture of every approval route and meeting type (SVG), by IRI."""

    def card(self, iri: str) -> Card | None:
        """The card of ``iri``; ``None`` where it is no entity."""
        facts = self._facts
        kind = facts.entities.get(iri)
        if kind is None:
            return None
        shown = [iri] if iri in self.drawn else [route for route in facts.related["gz:route"].get(iri, ()) if route in self.drawn]
        return Card(
            iri,
            kind,
            facts.labels[iri],
            facts.english.get(iri, ""),
            facts.alternatives.get(iri, ()),
            tuple(self._relations(iri)),
            tuple((one, self.drawn[one]) for one in shown),
            facts.steps.get(iri, ()),
            _duties(facts.users(iri).get("bearer", [])) if kind in BEARERS and kind != "MeetingType" else (),
            tuple(self._uses(iri, kind)),
            tuple(silence for silence in facts.silences if iri in silence.about),
        )

    def _relations(self, iri: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        known = self._facts.entities
        for name, one, other in _RELATED:
            links = self._facts.related[name]
            if to := tuple(value for value in links.get(iri, ()) if value in known):
                yield one, to
            if back := tuple(source for source, values in links.items() if iri in values and source in known):
                yield other, back

    def _uses(self, iri: str, kind: str) -> Iterator[tuple[str, tuple[Norm, ...]]]:
        if kind == "MeetingType":
            yield from ((heading, tuple(norms)) for heading, norms in site_diagrams.sections(self._facts, iri))
            return
        for slot in SLOTS:
            if slot in self._facts.users(iri) and not (slot == "bearer" and kind in BEARERS):
                yield f"在规范中作为“{self._facts.labels[gz(slot)]}”", tuple(self._facts.users(iri)[slot])


def _duties(norms: Sequence[Norm]) -> tuple[tuple[str, tuple[Norm, ...]], ...]:
    """``norms`` as the card of whoever they bind: what must, must not and may be done, and what falls to them."""
    named = {kind for _, kinds in _DUTIES for kind in kinds}
    groups = [(heading, tuple(norm for norm in norms if norm.kinds[0] in kinds)) for heading, kinds in _DUTIES]
    groups.append((_OTHER, tuple(norm for norm in norms if norm.kinds[0] not in named)))
    return tuple((heading, found) for heading, found in groups if found)
