"""Answers → the choices that they make, and whether a norm applies to them: plain set logic in three values.

A norm names choices. Those of one facet are alternatives; all facets named must be met. A choice may imply others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from qa.route_models import Choice, Facet


class ChoiceError(ValueError):
    """An answer that no facet knows, or that contradicts another; the message is one Chinese sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything that can be chosen, and what it implies (direct implications by IRI)."""

    facets: tuple[Facet, ...]
    implied: Mapping[str, Collection[str]]
    labels: Mapping[str, str]

    def chosen(self, answers: Mapping[str, Sequence[str]]) -> frozenset[str]:
        """The choices that ``answers`` (by the facet's label) make, with all that they imply. Raises :class:`ChoiceError`."""
        direct = [iri for label, given in answers.items() for iri in self._answer(self._facet(label), given)]
        chosen = self._closure(direct)
        for facet in self.facets:
            self._agree(facet, chosen)
        return chosen

    def open(self, iri: str, chosen: Collection[str]) -> tuple[str, ...]:
        """The labels of the facets of which an answer, not given yet, would make the choice ``iri``."""
        ways = {iri, *(other for other in self.implied if iri in self._closure([other]))}
        return tuple(
            facet.label
            for facet in self.facets
            if not facet.many and not self._given(facet, chosen) and any(choice.iri in ways for choice in facet.choices)
        )

    def groups(self, required: Iterable[str]) -> list[list[str]]:
        """``required`` choices, the alternatives together; one that belongs to no facet stands by itself."""
        groups: dict[str, list[str]] = defaultdict(list)
        of = {choice.iri: facet.iri for facet in self.facets for choice in facet.choices}
        for iri in sorted(required):
            groups[of.get(iri, iri)].append(iri)
        return list(groups.values())

    def by_facet(self, chosen: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The labels of what is ``chosen``, by facet; facets without an answer are left out."""
        found = {facet.label: tuple(c.label for c in facet.choices if c.iri in chosen) for facet in self.facets}
        return {label: labels for label, labels in found.items() if labels}

    def _facet(self, label: str) -> Facet:
        found = [facet for facet in self.facets if label in (facet.label, facet.iri.rsplit("/", 1)[-1])]
        if not found:
            raise ChoiceError(f"没有选择项“{label}”；可选：{'、'.join(facet.label for facet in self.facets)}")
        return found[0]

    def _answer(self, facet: Facet, given: Sequence[str]) -> list[str]:
        given = list(dict.fromkeys(word.strip() for word in given if word.strip()))
        if facet.counted:
            met = [choice for choice in facet.choices if 0 < choice.least <= len(given)]
            return [max(met, key=lambda choice: choice.least).iri] if met else []
        if len(given) > 1 and not facet.many:
            raise ChoiceError(f"“{facet.label}”只能选一项，选了：{'、'.join(given)}")
        return [_named(facet, word).iri for word in given]

    def _closure(self, iris: Iterable[str]) -> frozenset[str]:
        found: set[str] = set()
        waiting = list(iris)
        while waiting:
            iri = waiting.pop()
            if iri not in found:
                found.add(iri)
                waiting += self.implied.get(iri, ())
        return frozenset(found)

    def _given(self, facet: Facet, chosen: Collection[str]) -> bool:
        return any(choice.iri in chosen for choice in facet.choices)

    def _agree(self, facet: Facet, chosen: Collection[str]) -> None:
        """At most one answer to a facet of which one is taken; what one answer implies of its own facet goes with it."""
        here = [choice.iri for choice in facet.choices if choice.iri in chosen]
        apart = [iri for iri in here if not any(iri in self._closure(self.implied.get(other, ())) for other in here if other != iri)]
        if len(apart) > 1 and not facet.many:
            names = "”，又是“".join(self.labels[iri] for iri in apart)
            raise ChoiceError(f"所选各项不相符：由它们得出“{facet.label}”是“{names}”，请改其中一项")


def _named(facet: Facet, word: str) -> Choice:
    """The choice called ``word``: by its label, a name or the last part of its IRI, else the only one whose label has it."""
    exact = [c for c in facet.choices if word in (c.label, c.iri, c.iri.rsplit("/", 1)[-1])]
    found = exact or [c for c in facet.choices if word in c.names] or [c for c in facet.choices if word in c.label]
    if len(found) == 1:
        return found[0]
    listed = "、".join(c.label for c in found or facet.choices)
    raise ChoiceError(f"“{facet.label}”{'里有几项都叫' if found else '没有选项'}“{word}”；可选：{listed}")
