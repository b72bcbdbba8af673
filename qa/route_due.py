"""A norm's time limit and the day of its event → the last day, by the calendar of working days."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Final, NoReturn

from qa.calendar import CalendarError, WorkingDays
from qa.models import Row
from qa.route_models import Due
from qa.terms import gz

_WEEK: Final = "一二三四五六日"


def due(limit: Row, dates: Mapping[str, date], days: WorkingDays, *, first_day_counts: bool) -> Due:
    """The time limit of ``limit`` (``words``; where it is a number also ``amount``, ``unit``, ``relation``, ``anchor``).

    The last day is given for a limit in working days whose event has a day in ``dates``; beyond the calendar's years the note says so.
    """
    words = str(limit["words"])
    if "amount" not in limit:
        return Due(words)
    event = str(limit["anchor"])
    if event not in dates:
        return Due(words, note=f"填写“{event}”的日期，可以算出最后一天")
    if str(limit["unit"]) != gz("WorkingDay"):
        return Due(words, note="这一时限不是按工作日计算的，请自行推算")
    count = days.ahead if str(limit["relation"]) == gz("Before") else days.after
    try:
        day = count(dates[event], int(str(limit["amount"])), first_day_counts=first_day_counts)
    except CalendarError as error:
        return Due(words, note=f"无法算出：{error}")
    return Due(words, day, f"{event}：{spoken(dates[event])}")


def spoken(day: date) -> str:
    """``day`` as people say it.

    >>> spoken(date(2024, 2, 23))
    '2024年2月23日（星期五）'
    """
    return f"{day.year}年{day.month}月{day.day}日（星期{_WEEK[day.weekday()]}）"


class DayError(ValueError):
    """A day that cannot be read; the message is one Chinese sentence."""


def read_day(text: str) -> date:
    """The day that ``text`` writes, year first. Raises :class:`DayError`.

    >>> read_day("２０２４年2月8日") == read_day("2024-02-08") == read_day("2024.2.8") == read_day("20240208") == date(2024, 2, 8)
    True
    """
    written = unicodedata.normalize("NFKC", text).strip()
    found = re.fullmatch(r"(\d{4})[年./-](\d{1,2})[月./-](\d{1,2})日?|(\d{4})(\d\d)(\d\d)", re.sub(r"\s", "", written))
    try:
        return date(*(int(part) for part in found.groups() if part)) if found else _unread(text)
    except ValueError:  # no such day
        return _unread(text)


def _unread(text: str) -> NoReturn:
    raise DayError(f"“{text}”不是日期，请写成 2024-02-08 或者 2024年2月8日")
