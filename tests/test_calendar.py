"""Working days: known points of the official calendar, and faulty calendar files."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from qa.calendar import CalendarError, WorkingDays, read


@pytest.fixture(scope="module")
def days(root: Path) -> WorkingDays:
    return read(root / "data" / "calendar" / "china.csv")


@pytest.mark.parametrize(
    ("event", "amount", "first_day_counts", "last"),
    [
        ("2024-02-08", 7, False, "2024-02-23"),  # 除夕 (2024-02-09) counts, 2024-02-18 is an adjusted workday
        ("2024-09-27", 7, False, "2024-10-12"),  # a Saturday, an adjusted workday
        ("2024-09-27", 2, False, "2024-09-30"),  # 2024-09-29 is a Sunday on which people work
        ("2024-09-27", 7, True, "2024-10-11"),
        ("2024-10-05", 1, False, "2024-10-08"),  # in the middle of a holiday
        ("2024-10-05", 1, True, "2024-10-08"),  # the first day counts only where it is a working day
        ("2024-03-04", 7, False, "2024-03-13"),
    ],
)
def test_time_limits_after(days: WorkingDays, event: str, amount: int, first_day_counts: bool, last: str) -> None:
    assert days.after(date.fromisoformat(event), amount, first_day_counts=first_day_counts) == date.fromisoformat(last)


@pytest.mark.parametrize(
    ("event", "first_day_counts", "last"),
    [
        ("2024-03-18", False, "2024-03-07"),
        ("2024-03-18", True, "2024-03-08"),
        ("2024-10-12", False, "2024-09-27"),
        ("2024-02-19", False, "2024-02-04"),
    ],
)
def test_time_limits_ahead(days: WorkingDays, event: str, first_day_counts: bool, last: str) -> None:
    assert days.ahead(date.fromisoformat(event), 7, first_day_counts=first_day_counts) == date.fromisoformat(last)


@pytest.mark.parametrize(
    ("day", "working"),
    [("2024-02-09", True), ("2024-02-10", False), ("2024-02-18", True), ("2024-10-12", True), ("2024-10-13", False), ("2026-10-07", False)],
)
def test_working_days(days: WorkingDays, day: str, working: bool) -> None:
    assert days.is_working(date.fromisoformat(day)) is working


def test_counting_and_limits_agree(days: WorkingDays) -> None:
    """A day is within n working days of an event exactly when fewer than n working days lie between: what the shapes count by."""
    event = date(2024, 9, 27)
    for amount in (1, 3, 7):
        last = days.after(event, amount)
        for offset in range(1, 40):
            day = event + timedelta(days=offset)
            assert (day <= last) == (days.before(day) - days.through(event) < amount)


@pytest.mark.parametrize("day", [date(2003, 12, 31), date(2027, 1, 1)])
def test_a_year_outside_is_an_error(days: WorkingDays, day: date) -> None:
    assert not days.covers(day)
    for ask in (days.before, days.through, days.is_working):
        with pytest.raises(CalendarError, match=f"{day.isoformat()} 不在工作日历所记的年份（2004—2026）之内"):
            ask(day)


def test_a_limit_that_ends_outside_is_an_error(days: WorkingDays) -> None:
    with pytest.raises(CalendarError, match="超出工作日历"):
        days.after(date(2026, 12, 29), 7)
    with pytest.raises(CalendarError, match="超出工作日历"):
        days.ahead(date(2004, 1, 5), 7)


def test_every_year_has_a_plausible_number_of_working_days(days: WorkingDays) -> None:
    for year in range(days.first, days.last + 1):
        assert 247 <= days.through(date(year, 12, 31)) - days.before(date(year, 1, 1)) <= 253


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "表头应为"),
        ("day,kind,name\n", "表头应为"),
        ("日期,安排,节日\n", "没有一天"),
        ("日期,安排,节日\n2024-01-01,休息,元旦\n", "第 2 行"),
        ("日期,安排,节日\n2024年1月1日,放假,元旦\n", "第 2 行"),
        ("日期,安排,节日\n2024-01-01\n", "第 2 行"),
        ("日期,安排,节日\n2024-10-01,放假,国庆\n2024-01-01,放假,元旦\n", "第 3 行"),
        ("日期,安排,节日\n2024-01-01,放假,元旦\n2024-01-01,上班,元旦\n", "重复"),
        ("日期,安排,节日\n2024-01-01,放假,元旦\n", "缺 2024 年"),
        ("日期,安排,节日\n2024-01-01,放假,元旦\n2024-10-01,放假,国庆\n2026-01-01,放假,元旦\n2026-10-01,放假,国庆\n", "缺 2025 年"),
    ],
)
def test_faulty_files(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "calendar.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(CalendarError, match=message):
        read(path)


def test_a_file_that_is_missing_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(CalendarError, match=r"none\.csv 无法读取"):
        read(tmp_path / "none.csv")
    (tmp_path / "bad.csv").write_bytes("日期,安排,节日\n".encode("gb18030"))
    with pytest.raises(CalendarError, match=r"bad\.csv 无法读取"):
        read(tmp_path / "bad.csv")
