"""The days that records speak of, as triples: working days become numbers that shapes can add and compare."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from qa.calendar import WorkingDays
from qa.terms import CHECK, ID, RDF, XSD

_DATE: Final = re.compile(rb'"(\d{4}-\d\d-\d\d)"\^\^<http://www.w3.org/2001/XMLSchema#date>')
_AROUND: Final = timedelta(days=60)
"""How far around the dates of the records days are described; more than any time limit of the rules reaches."""


def day_facts(data: bytes, days: WorkingDays, *, first_day_counts: bool) -> bytes:
    """N-Triples about every day of the calendar around the dates in the N-Triples ``data``.

    Each is a ``ck:Day`` with ``ck:date``; a working day has its number ``ck:workingDay``. The last day of a time limit of n working days
    from a day is the one numbered ``ck:countedFrom`` + n; the last day to act n working days ahead of it ``ck:countedBack`` - n. Days
    outside the calendar are not described: shapes report them as undetermined.
    """
    lines = []
    for day in _range(data, days):
        before, through = days.before(day), days.through(day)
        node = f"<{ID}day/{day.isoformat()}>"
        numbers = {"countedFrom": before if first_day_counts else through, "countedBack": (through if first_day_counts else before) + 1}
        if through > before:
            numbers["workingDay"] = through
        lines.append(f'{node} <{RDF}type> <{CHECK}Day> .\n{node} <{CHECK}date> "{day.isoformat()}"^^<{XSD}date> .\n')
        lines += [f'{node} <{CHECK}{name}> "{number}"^^<{XSD}integer> .\n' for name, number in numbers.items()]
    return "".join(lines).encode()


def _range(data: bytes, days: WorkingDays) -> list[date]:
    """The days within ``_AROUND`` of a date in ``data``, as far as the calendar covers them."""
    wanted: set[date] = set()
    for text in set(_DATE.findall(data)):
        try:
            day = date.fromisoformat(text.decode())
        except ValueError:
            continue  # not a day that exists; reading has reported it
        if days.covers(day):
            wanted |= {day + timedelta(days=n) for n in range(-_AROUND.days, _AROUND.days + 1)}
    return sorted(day for day in wanted if days.covers(day))
