"""What the navigator's tab does: what people chose in, HTML out. Knows no user-interface library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from qa import route_view
from qa.route import Navigator
from qa.route_choices import ChoiceError
from qa.route_due import DayError, read_day
from qa.route_models import Case, Facet

SPLIT: Final = "、，,；;\n"
"""What stands between names in one field."""


class RouteDesk:
    """The navigator's actions. Holds no state of a visitor; safe to share between threads."""

    def __init__(self, navigator: Navigator) -> None:
        self._navigator = navigator

    @property
    def facets(self) -> Sequence[Facet]:
        """What can be chosen."""
        return self._navigator.facets

    @property
    def events(self) -> Sequence[str]:
        """The events of which a day can be given."""
        return self._navigator.events

    def show(self, answers: Mapping[str, Sequence[str] | str | None], days: Mapping[str, str | None]) -> str:
        """The chain's HTML for ``answers`` by facet and ``days`` by event, or what is wrong with them; how to begin where nothing is chosen."""
        given = {label: parts(value) for label, value in answers.items() if parts(value)}
        written = {event: day.strip() for event, day in days.items() if day and day.strip()}
        if not given and not written:
            return route_view.intro(self.facets)
        try:
            chain = self._navigator.chain(Case(given, {event: read_day(day) for event, day in written.items()}))
        except (ChoiceError, DayError) as error:
            return route_view.failure(str(error))
        address = {"tab": "route", **{label: "、".join(chosen) for label, chosen in given.items()}, **written}
        return route_view.fragment(chain, "?" + urlencode(address))


def parts(value: Sequence[str] | str | None) -> tuple[str, ...]:
    """The names in ``value``: a list, or one text in which they stand apart."""
    if isinstance(value, str):
        for mark in SPLIT:
            value = value.replace(mark, "\n")
        value = value.split("\n")
    return tuple(word.strip() for word in value or () if word.strip())
