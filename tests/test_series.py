"""What follows from the order of records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pytest

from qa.models import Iri, Text, Value
from qa.register_models import Cell, Place, RegisterRecord
from qa.series import Series, months_between
from qa.terms import CHECK, local_name


@pytest.mark.parametrize(
    ("earlier", "later", "months"),
    [
        ("2024-01-10", "2024-03-10", 2),
        ("2024-01-10", "2024-03-11", 3),
        ("2024-01-31", "2024-02-29", 1),  # the last day of the shorter month
        ("2023-08-31", "2024-02-29", 6),
        ("2023-08-30", "2024-02-29", 6),
        ("2024-02-29", "2024-08-29", 6),
        ("2024-02-29", "2024-08-30", 7),
        ("2024-05-06", "2024-05-06", 0),
        ("2024-05-06", "2024-05-07", 1),
        ("2023-12-31", "2024-01-01", 1),
    ],
)
def test_months_between(earlier: str, later: str, months: int) -> None:
    assert months_between(date.fromisoformat(earlier), date.fromisoformat(later)) == months


def record(iri: str, **values: Value) -> RegisterRecord:
    cells = {path: Cell(path, number, str(value), (value,)) for number, (path, value) in enumerate(values.items(), start=1)}
    return RegisterRecord(iri, "登记簿", "x:Record", None, Place("x.csv"), cells)


def facts(records: Iterable[tuple[RegisterRecord, str]]) -> dict[str, dict[str, str]]:
    series = Series()
    for one, kind in records:
        series.add(one, kind)
    return {iri: {local_name(str(p)): str(o) for _, p, o in triples} for iri, triples in series.facts()}


def meeting(iri: str, day: str, kind: str = "executive") -> tuple[RegisterRecord, str]:
    return record(iri, meetingType=Iri(kind), heldOn=Text(day)), "MeetingRecord"


def test_meetings_know_the_one_before_whatever_the_order_of_rows() -> None:
    found = facts(
        [meeting("c", "2024-05-20"), meeting("a", "2024-01-08"), meeting("b", "2024-01-29"), meeting("x", "2024-02-01", "plenary")]
    )
    assert found["a"] == {"meetingsInMonth": "2"}  # the month's count stands at its first meeting only
    assert found["b"] == {"previousMeeting": "a", "previousDate": "2024-01-08", "monthsSince": "1", "emptyMonths": "0"}
    assert found["c"] == {
        "previousMeeting": "b",
        "previousDate": "2024-01-29",
        "monthsSince": "4",
        "emptyMonths": "3",
        "meetingsInMonth": "1",
    }
    assert found["x"] == {"meetingsInMonth": "1"}


def test_meetings_without_type_or_day_are_in_no_series() -> None:
    assert facts([(record("a", heldOn=Text("2024-01-08")), "MeetingRecord"), (record("b", meetingType=Iri("e")), "MeetingRecord")]) == {}
    assert facts([meeting("a", "2024-01")]) == {}


def briefing(iri: str, unit: str, name: str, day: str) -> tuple[RegisterRecord, str]:
    return record(iri, submittingUnit=Text(unit), briefingName=Text(name), submittedOn=Text(day)), "BriefingRecord"


def test_the_first_kind_of_briefing_of_each_unit() -> None:
    found = facts(
        [briefing("a", "甲局", "二", "2024-02-01"), briefing("b", "甲局", "一", "2024-01-01"), briefing("c", "乙局", "三", "2024-03-01")]
    )
    assert found == {"a": {"firstBriefing": "一"}}


def test_other_records_belong_to_no_series() -> None:
    assert facts([(record("a", meetingType=Iri("e"), heldOn=Text("2024-01-08")), "DocumentRecord")]) == {}
    assert CHECK.endswith("#")
