"""Amounts in words: 7个工作日, 两个月, 3份."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final

from qa.reference import chinese_number

_AMOUNT: Final = re.compile(
    r"(?<![第几\d一二两三四五六七八九十])(\d{1,6}|[一二两三四五六七八九十]{1,3})个?(工作日|小时|星期|季度|[年月周天日次回份种条件名])"
)
_ALIKE: Final = {"回": "次", "日": "天", "周": "星期"}


def differing(said: str, words: str) -> list[str]:
    """The amounts that ``words`` name of what ``said`` names another amount of: 十天 of 7个工作日内 none, of 7天内 7天."""
    ours, theirs = _amounts(said), _amounts(words)
    return [amount for unit in ours.keys() & theirs.keys() if ours[unit].keys() - theirs[unit].keys() for amount in theirs[unit].values()]


def _amounts(text: str) -> dict[str, dict[int, str]]:
    """The amounts in ``text`` as they are written, by unit and number."""
    found: dict[str, dict[int, str]] = defaultdict(dict)
    for amount in _AMOUNT.finditer(text):
        if (number := chinese_number(amount[1])) is not None:
            found[_ALIKE.get(amount[2], amount[2])].setdefault(number, amount[0])
    return found
