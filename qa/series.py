"""What follows from the order of records: the meeting before, the meetings of a month, the briefing that a department had first.

Such facts span the whole of a register. They are worked out once, from a few values of each record, and go as triples with the records,
so that no shard has to hold a register whole and no shape has to compare every row with every other.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date

from qa.models import Iri, Text, Triple
from qa.register_models import RegisterRecord
from qa.terms import CHECK, XSD


class Series:
    """Collects meetings and briefings one by one."""

    def __init__(self) -> None:
        self._meetings: dict[str, list[tuple[date, str, str]]] = {}
        self._briefings: dict[str, list[tuple[date, str, str]]] = {}

    def add(self, record: RegisterRecord, record_class: str) -> None:
        """Note ``record`` of the class with the local name ``record_class``, if it belongs to a series and has what orders it."""
        if record_class == "MeetingRecord":
            _note(self._meetings, record, "meetingType", "heldOn")
        elif record_class == "BriefingRecord":
            _note(self._briefings, record, "submittingUnit", "submittedOn", "briefingName")

    def facts(self) -> Iterator[tuple[str, list[Triple]]]:
        """Triples, and the IRI of the record that they are about; each record once."""
        for meetings in self._meetings.values():
            yield from _meetings(sorted(meetings))
        for briefings in self._briefings.values():
            _, first, _ = min(briefings, key=lambda briefing: briefing[:2])
            for _, name, iri in briefings:
                if name != first:
                    yield iri, [(Iri(iri), Iri(CHECK + "firstBriefing"), Text(first))]


def months_between(earlier: date, later: date) -> int:
    """The least number of whole months after ``earlier`` that reaches ``later``: the last day of a month stands for days that it lacks."""
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    reached = min(earlier.day, calendar.monthrange(later.year, later.month)[1])
    return months if later.day <= reached else months + 1


def _note(series: dict[str, list[tuple[date, str, str]]], record: RegisterRecord, group: str, day: str, name: str = "") -> None:
    cells: Mapping[str, str] = {
        path: str(cell.values[0]) for path, cell in record.cells.items() if cell.values and path in (group, day, name)
    }
    try:
        when = date.fromisoformat(cells[day])
        series.setdefault(cells[group], []).append((when, cells[name] if name else "", record.iri))
    except (KeyError, ValueError):
        return  # a shape says what the record lacks


def _meetings(meetings: list[tuple[date, str, str]]) -> Iterator[tuple[str, list[Triple]]]:
    held = Counter(_month(day) for day, _, _ in meetings)
    for index, (day, _, iri) in enumerate(meetings):
        facts = _since(iri, day, *meetings[index - 1][::2]) if index else []
        if count := held.pop(_month(day), 0):  # told of the first meeting of the month only
            facts.append(_number(iri, "meetingsInMonth", count))
        if facts:
            yield iri, facts


def _since(iri: str, day: date, earlier: date, before: str) -> list[Triple]:
    return [
        (Iri(iri), Iri(CHECK + "previousMeeting"), Iri(before)),
        _number(iri, "monthsSince", months_between(earlier, day)),
        _number(iri, "emptyMonths", max(0, _month(day) - _month(earlier) - 1)),
        (Iri(iri), Iri(CHECK + "previousDate"), Text(earlier.isoformat())),
    ]


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _number(iri: str, name: str, value: int) -> Triple:
    return (Iri(iri), Iri(CHECK + name), Text(str(value), datatype=XSD + "integer"))
