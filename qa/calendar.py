"""Working days: the official calendar with its adjusted workdays (调休), read from a file that is extended every year.

Articles 22, 25 and 29 of the rules count in working days. Nothing is assumed of a year that the file does not cover.
"""

from __future__ import annotations

import csv
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

HEADER: Final = ("日期", "安排", "节日")
DAY_OFF, WORKDAY = "放假", "上班"
SATURDAY: Final = 5
OFFICIAL: Final = Path("data/calendar/china.csv")
"""The official calendar, below the project's root."""


class CalendarError(ValueError):
    """A calendar file that cannot be used, or a day outside of the years that it covers; the message is one Chinese sentence."""


@dataclass(frozen=True)
class WorkingDays:
    """The working days of the years ``first`` to ``last`` (both included), in order."""

    days: tuple[date, ...]
    first: int
    last: int

    def covers(self, day: date) -> bool:
        """Whether the file covers the year of ``day``."""
        return self.first <= day.year <= self.last

    def before(self, day: date) -> int:
        """The number of working days before ``day``, counted from the start of the file. Raises :class:`CalendarError` outside of it."""
        if not self.covers(day):
            raise CalendarError(f"{day.isoformat()} 不在工作日历所记的年份（{self.first}—{self.last}）之内，请按当年的放假通知补充日历文件")
        return bisect_left(self.days, day)

    def through(self, day: date) -> int:
        """The number of working days up to and including ``day``. Raises as :meth:`before` does."""
        start = self.before(day)
        return start + (start < len(self.days) and self.days[start] == day)

    def is_working(self, day: date) -> bool:
        """Whether ``day`` is a working day. Raises as :meth:`before` does."""
        return self.through(day) > self.before(day)

    def after(self, event: date, amount: int, *, first_day_counts: bool = False) -> date:
        """The ``amount``-th (from 1) working day after ``event``: the last day of a time limit that runs from ``event``.

        With ``first_day_counts`` the day of the event is the first, where it is a working day. Raises as :meth:`before` does, also when
        the limit ends after the last year.
        """
        start = self.before(event) if first_day_counts else self.through(event)
        return self._at(start + amount - 1, event, amount)

    def ahead(self, event: date, amount: int, *, first_day_counts: bool = False) -> date:
        """The ``amount``-th (from 1) working day back from ``event``: the last day on which something due so long before it is in time."""
        end = self.through(event) if first_day_counts else self.before(event)
        return self._at(end - amount, event, -amount)

    def _at(self, index: int, event: date, amount: int) -> date:
        if amount == 0 or not 0 <= index < len(self.days):
            raise CalendarError(f"{event.isoformat()} 起 {amount} 个工作日超出工作日历（{self.first}—{self.last}）")
        return self.days[index]


def read(path: Path) -> WorkingDays:
    """The working days of the calendar file at ``path`` (CSV, UTF-8: date, 放假 or 上班, occasion).

    Raises :class:`CalendarError` when the file cannot be read, is not in order, contradicts itself, skips a year or holds half of one.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise CalendarError(f"工作日历 {path.name} 无法读取：{error}") from error
    if not rows or tuple(rows[0]) != HEADER:
        raise CalendarError(f"工作日历 {path.name} 的表头应为：{'、'.join(HEADER)}")
    given = dict(_entries(rows[1:], path.name))
    years = _years(given, path.name)
    start, end = date(years[0], 1, 1), date(years[-1], 12, 31)
    every = (start + timedelta(days=n) for n in range((end - start).days + 1))
    return WorkingDays(tuple(day for day in every if given.get(day, day.weekday() < SATURDAY)), years[0], years[-1])


def _entries(rows: Iterable[list[str]], name: str) -> Iterable[tuple[date, bool]]:
    latest = date.min
    for number, row in enumerate(rows, start=2):
        try:
            day = date.fromisoformat(row[0])
            works = {DAY_OFF: False, WORKDAY: True}[row[1]]
        except (ValueError, KeyError, IndexError) as error:
            raise CalendarError(f"工作日历 {name} 第 {number} 行应为“年-月-日,放假或上班,节日”：{','.join(row)}") from error
        if day <= latest:
            raise CalendarError(f"工作日历 {name} 第 {number} 行的日期 {row[0]} 重复或者没有按先后排列")
        latest = day
        yield day, works


def _years(given: dict[date, bool], name: str) -> list[int]:
    """The years covered. Every yearly notice has days off from New Year to National Day; one that lacks either was entered in part."""
    off = {(day.year, day.month) for day, works in given.items() if not works}
    years = sorted({day.year for day in given})
    if not years:
        raise CalendarError(f"工作日历 {name} 里没有一天")
    for year in range(years[0], years[-1] + 1):
        if (year, 1) not in off or (year, 10) not in off:
            raise CalendarError(f"工作日历 {name} 缺 {year} 年的安排或者只录了一部分（应有元旦和国庆节的放假日）")
    return years
