"""Days as triples: numbers by which shapes find the last day of a time limit."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from qa.calendar import WorkingDays, read
from qa.day_facts import day_facts
from qa.shacl import Data
from qa.terms import CHECK, XSD


@pytest.fixture(scope="module")
def days(root: Path) -> WorkingDays:
    return read(root / "data" / "calendar" / "china.csv")


def record(*dates: str) -> bytes:
    return "".join(f'<x:{n}> <x:on> "{day}"^^<{XSD}date> .\n' for n, day in enumerate(dates)).encode()


@pytest.mark.parametrize("first_day_counts", [False, True])
@pytest.mark.parametrize("event", ["2024-02-08", "2024-09-27", "2024-10-05", "2024-10-12"])
def test_the_numbers_give_the_days_of_the_calendar(days: WorkingDays, event: str, first_day_counts: bool) -> None:
    data = Data()
    data.load(day_facts(record(event), days, first_day_counts=first_day_counts))
    query = f"""PREFIX ck: <{CHECK}> SELECT (STR(?d) AS ?after) (STR(?e) AS ?ahead) WHERE {{ ?day ck:date "{event}"^^<{XSD}date> ; ck:countedFrom ?from ;
        ck:countedBack ?back . BIND(?from + 7 AS ?last) ?x ck:workingDay ?last ; ck:date ?d . BIND(?back - 7 AS ?first) ?y ck:workingDay ?first ; ck:date ?e }}"""
    (row,) = data.rows(query)
    expected = [method(date.fromisoformat(event), 7, first_day_counts=first_day_counts) for method in (days.after, days.ahead)]
    assert [row["after"], row["ahead"]] == [f'"{day.isoformat()}"' for day in expected]


def test_days_outside_the_calendar_are_not_described(days: WorkingDays) -> None:
    assert day_facts(record("2031-05-06", "2024-13-45"), days, first_day_counts=False) == b""
    assert b"day/2027" not in day_facts(record("2026-12-30"), days, first_day_counts=False)
    assert b"day/2026-12-31" in day_facts(record("2026-12-30"), days, first_day_counts=False)


def test_text_that_looks_like_a_date_is_none(days: WorkingDays) -> None:
    assert day_facts(b'<x:1> <x:title> "2024-02-08" .\n', days, first_day_counts=False) == b""
