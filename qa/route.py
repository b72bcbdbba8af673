"""The way of a document through the government, stage by stage, from the norms.

Which stage a norm governs and to which documents it applies is data (``gz:stage``, ``gz:requires``, ``gz:unless``; where a norm names no
choice, the documents whose approval route has it). Nothing here knows of one regulation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final

from qa.calendar import WorkingDays
from qa.models import Row
from qa.route_choices import ChoiceError
from qa.route_due import due
from qa.route_facts import read
from qa.route_models import Case, Chain, Facet, Rule, Silence, State, Step
from qa.store import Store
from qa.terms import gz

_PERMISSIVE: Final = frozenset(map(gz, ("Delegation", "Permission", "Recommendation")))
"""Kinds of norm that add a way and take none away, even where they override."""

_PLACES: Final = 4
"""Provisions that a note names at most."""


class Navigator:
    """Chains under one regulation. Reads everything from the graph once; safe to share between threads."""

    def __init__(self, store: Store, days: WorkingDays, regulation: str, title: str, *, first_day_counts: bool = False) -> None:
        """``regulation`` is its IRI; ``first_day_counts`` whether the day of an event is the first of a limit in working days."""
        self._facts = read(store, regulation)
        self._title, self._days, self._first = title, days, first_day_counts

    @property
    def facets(self) -> Sequence[Facet]:
        """What can be chosen; empty where the regulation says nothing of stages."""
        return self._facts.choices.facets

    @property
    def events(self) -> Sequence[str]:
        """The events whose days fix time limits."""
        return self._facts.events

    def chain(self, case: Case) -> Chain:
        """The chain for ``case``. Raises :class:`qa.route_choices.ChoiceError` for answers that are unknown or contradict each other."""
        facts = self._facts
        if unknown := [event for event in case.dates if event not in facts.events]:
            raise ChoiceError(f"没有从“{unknown[0]}”起算的时限；可填日期的有：{'、'.join(facts.events)}")
        chosen = facts.choices.chosen(case.answers)
        depends = {norm: found for norm in facts.norms if (found := self._depends(norm, chosen)) is not None}
        aside = {other for norm, facets in depends.items() if not facets for other in self._set_aside(norm)}
        rules = [self._rule(norm, facets, case.dates) for norm, facets in depends.items() if norm not in aside]
        steps = tuple(self._step(stage, label, rules) for stage, label in facts.stages)
        return Chain(self._title, case, facts.choices.by_facet(chosen), steps)

    def _depends(self, norm: str, chosen: frozenset[str]) -> tuple[str, ...] | None:
        """The facets on which it depends whether ``norm`` applies, none where it does; ``None`` where it does not apply."""
        facts = self._facts
        if facts.unless[norm] & chosen:
            return None
        open_facets: dict[str, None] = {}
        for group in facts.choices.groups(facts.requires[norm]):
            if chosen.isdisjoint(group):
                facets = [facet for iri in group for facet in facts.choices.open(iri, chosen)]
                if not facets:
                    return None
                open_facets |= dict.fromkeys(facets)
        return tuple(open_facets)

    def _set_aside(self, norm: str) -> list[str]:
        """What ``norm`` overrides, where it was chosen for what is special to it. One that permits adds a way and takes none away."""
        if self._is(norm, _PERMISSIVE):
            return []
        requires = self._facts.requires
        return [other for other in self._facts.overrides[norm] if requires[norm] - requires[other]]

    def _is(self, norm: str, kinds: Collection[str]) -> bool:
        return str(self._facts.norms[norm]["type"]) in kinds

    def _rule(self, norm: str, depends: tuple[str, ...], dates: Mapping[str, date]) -> Rule:
        row, slots = self._facts.norms[norm], self._facts.slots.get(norm, {})
        return Rule(
            norm,
            str(row["kind"]),
            str(row["reading"]),
            str(row["quote"]),
            str(row["place"]),
            str(row["provision"]),
            tuple(slots.get("bearer", ())),
            tuple(slots.get("recipient", ())),
            str(row.get("strength", "")),
            tuple(slots.get("condition", ())),
            tuple(slots.get("exception", ())),
            tuple(due(limit, dates, self._days, first_day_counts=self._first) for limit in self._facts.limits.get(norm, ())),
            depends,
        )

    def _step(self, stage: str, label: str, rules: Sequence[Rule]) -> Step:
        at, norms = self._facts.at, self._facts.norms
        here = [rule for rule in rules if stage in at[rule.iri]]
        waiting = tuple(rule for rule in here if rule.depends)
        forbidden = tuple(rule for rule in here if not rule.depends and self._is(rule.iri, {gz("Prohibition")}))
        done = tuple(rule for rule in here if not rule.depends and rule not in forbidden)
        elsewhere = [row for norm, row in norms.items() if stage in at[norm]]
        state = State.REGULATED if done else State.OPEN if waiting else State.OTHER_CASES if elsewhere else State.SILENT
        return Step(stage, label, state, done, forbidden, waiting, self._silent(done), _note(state, done, waiting, elsewhere))

    def _silent(self, rules: Sequence[Rule]) -> tuple[Silence, ...]:
        """What is expressly not regulated about the objects of ``rules``, where the nearest provision is one of theirs."""
        objects = {iri for rule in rules for iri in self._facts.objects[rule.iri]}
        places = {rule.provision for rule in rules}
        rows = [row for row in self._facts.silences if str(row["about"]) in objects and str(row["provision"]) in places]
        return tuple(dict.fromkeys(Silence(str(row["reading"]), str(row["place"])) for row in rows))


def _note(state: State, done: Sequence[Rule], waiting: Sequence[Rule], elsewhere: Sequence[Row]) -> str:
    match state:
        case State.SILENT:
            return "规则没有规定这一环节。"
        case State.OTHER_CASES:
            places = list(dict.fromkeys(str(row["place"]) for row in elsewhere))
            named = "、".join(places[:_PLACES]) + ("等" if len(places) > _PLACES else "")
            return f"规则对所选的公文在这一环节没有要求（{named}规定的是别的情况）。"
        case State.OPEN:
            return f"是否要经过这一环节，取决于：{'、'.join(dict.fromkeys(facet for rule in waiting for facet in rule.depends))}。"
        case State.REGULATED:
            return "" if any(rule.due for rule in done) else "规则没有规定这一环节的时限。"
