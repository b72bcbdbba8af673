"""What is reckoned from what the rules tell of how often, within how many days or by whom: which of two is more often, whether they are the same, how many
times a year something is.

It is reckoned from the norms themselves; a learned yes or no does not compare them, and two provisions side by side are not two different ones.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from qa.ground import Ground
from qa.models import Intent, Reading
from qa.store import Store

_FREQUENCY: Final = "SELECT ?norm ?times ?period WHERE { ?norm gz:frequency ?f . ?f gz:times ?times ; gz:period ?period }"
_DAYS: Final = "SELECT ?norm ?amount ?unit WHERE { ?norm gz:deadline ?d . ?d gz:amount ?amount ; gz:unit ?unit }"
_BEARERS: Final = "SELECT ?norm ?bearer WHERE { ?norm gz:bearer ?bearer }"
_PERIOD: Final = re.compile(r"P(\d+)([YMWD])")
_A_YEAR: Final = {"Y": Fraction(1), "M": Fraction(12), "W": Fraction(52), "D": Fraction(365)}
_PAIR: Final = 2
_PERSONS: Final = ("Office", "RelativeRole", "PersonGroup")
"""What a question names that does not ask who does something, but to whom those go."""


class Reckoning:
    """Tells what is said first to a question that compares, or counts by the year."""

    def __init__(self, store: Store, ground: Ground, settings: Mapping[str, Any]) -> None:
        """``settings`` is ``reckoned`` in ``asking.yaml``: what asks whether two are the ``same``, which one is ``more`` or ``less`` often,
        ``who`` does it, and how many times a year (``yearly``) something is; and how the result is said."""
        self._ground = ground
        self._often = {
            str(row["norm"]): a_year
            for row in store.select(_FREQUENCY)
            if (a_year := often(str(row["times"]), str(row["period"]))) is not None
        }
        self._days = {str(row["norm"]): (str(row["amount"]), str(row["unit"])) for row in store.select(_DAYS)}
        self._bearers: dict[str, set[str]] = defaultdict(set)
        for row in store.select(_BEARERS):
            self._bearers[str(row["norm"])].add(str(row["bearer"]))
        self._same, self._more, self._less, self._who, self._yearly = (
            re.compile(settings[name]) for name in ("same", "more", "less", "who", "yearly")
        )
        self._equal, self._unequal, self._winner, self._times = (str(settings[name]) for name in ("equal", "unequal", "winner", "times"))

    def __call__(self, intent: Intent, reading: Reading) -> str | None:
        """What to say first to ``reading``, which the norms of ``intent`` answer; nothing where it cannot be told, ``None`` where nothing is compared."""
        if self._same.search(reading.text):
            return self._alike(self._norms(intent, reading), reading)
        for way, pattern in ((max, self._more), (min, self._less)):
            if pattern.search(reading.text):
                return self._first(intent, reading, way)
        if self._yearly.search(reading.text):
            times = {self._often[norm] for norm in self._norms(intent, reading) if norm in self._often}
            return self._times.format(times=round(times.pop())) if len(times) == 1 else None
        return None

    def _norms(self, intent: Intent, reading: Reading) -> list[str]:
        """The norms of ``intent`` without those about other meetings, papers or deeds than ``reading`` names."""
        norms = list(intent.bound("norm"))
        for kind in ("MeetingType", "DocumentType", "Matter", "Action"):
            named = {entity for m in reading.mentions if m.kind == kind for entity in m.entities}
            about = [norm for norm in norms if self._ground.names(norm, named)]
            norms = about or norms
        return norms

    def _alike(self, norms: Sequence[str], reading: Reading) -> str:
        if len(norms) == 1:
            return self._equal if self._of_all(norms[0], reading) else ""
        apart = len(norms) == _PAIR and self._things(norms[0], reading) != self._things(norms[1], reading)
        by_whom = apart and self._who.search(reading.text) and not any(m.kind in _PERSONS for m in reading.mentions)
        told: list[Mapping[str, Any]] = [self._often, self._days, *([self._bearers] if by_whom else [])]
        values = next((values for values in ([of.get(norm) for norm in norms] for of in told) if None not in values), [])
        if len(values) != _PAIR:
            return ""
        return self._equal if values[0] == values[1] else self._unequal

    def _of_all(self, norm: str, reading: Reading) -> bool:
        """Whether ``norm`` says what it says of all the things of one kind that ``reading`` names, and these are several."""
        kinds: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for m in reading.mentions:
            kinds[m.kind].add(tuple(m.entities))
        return any(
            len(named) > 1 and all(self._ground.names(norm, set(entities)) for entities in named)
            for kind, named in kinds.items()
            if kind != "Action"
        )

    def _things(self, norm: str, reading: Reading) -> set[str]:
        """What of the things that ``reading`` names ``norm`` is about, in the words of ``reading``."""
        return {m.surface for m in reading.mentions if m.kind != "Action" and self._ground.names(norm, set(m.entities))}

    def _first(self, intent: Intent, reading: Reading, way: Any) -> str | None:
        """Which of two things that ``reading`` names is more often, or less; ``None`` where it is not how often that is compared."""
        often: dict[str, Fraction] = {}
        for norm in intent.bound("norm"):
            things = self._things(norm, reading)
            if len(things) == 1 and norm in self._often:
                often[things.pop()] = self._often[norm]
        if len(often) != _PAIR or len(set(often.values())) != _PAIR:
            return None
        first = way(often, key=lambda name: often[name])
        other = next(name for name in often if name != first)
        return self._winner.format(first=first, other=other, times=round(often[first]), others=round(often[other]))


def often(times: str, period: str) -> Fraction | None:
    """How many times a year ``times`` in a ``period`` (ISO 8601 duration of one unit) are."""
    found = _PERIOD.fullmatch(period)
    return int(times) * _A_YEAR[found[2]] / int(found[1]) if found else None
