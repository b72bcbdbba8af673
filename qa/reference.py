"""Provision numbers in a question: 第二十九条第二款, 第31条（三）, 第五章."""

from __future__ import annotations

import re

from qa.models import Reference

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_HAN = "零〇○一二两三四五六七八九十百"
_NUMBER = rf"(\d{{1,6}}|[{_HAN}]{{1,7}})"
_ONE = "[1一]"
_FROM_TOP = "(?<!倒数)"
_LEVELS = {
    "chapter": re.compile(rf"{_FROM_TOP}第{_NUMBER}章"),
    "article": re.compile(
        rf"{_FROM_TOP}第{_NUMBER}条|(?<![第\d{_HAN}]){_NUMBER}条(?=第|\()"
        r"|(?:^|规则|按照|根据|依照|见|在|把|查)(\d{1,3}|[一二三四五六七八九]?十[一二三四五六七八九]?)条(?!件|例|数|意见|建议|理由|消息|措施)"
    ),
    "paragraph": re.compile(rf"{_FROM_TOP}第{_NUMBER}(?:自然段|款|段)"),
    "item": re.compile(rf"(?<![a-z])第?\({_NUMBER}\)项?|{_FROM_TOP}第{_NUMBER}(?:小项|项|点)(?!工作)|头({_ONE})项"),
}


def chinese_number(text: str) -> int | None:
    """The integer that Arabic digits or Chinese numerals below 1,000 stand for (三十一, 二〇, 105); ``None`` if they stand for none."""
    if text.isdigit():
        return int(text)
    if not any(c in text for c in "十百"):
        return int("".join(str(_DIGITS[c]) for c in text)) if text and all(c in _DIGITS for c in text) else None
    total, digit = 0, 0
    for c in text:
        if c in _DIGITS:
            digit = _DIGITS[c]
        elif c == "十":
            total, digit = total + (digit or 1) * 10, 0
        elif c == "百":
            total, digit = total + (digit or 1) * 100, 0
        else:
            return None
    return total + digit


def find_reference(text: str) -> Reference | None:
    """The provision that normalised ``text`` names by number, or ``None``. Of several articles the first is taken."""
    found: dict[str, int] = {}
    for level, pattern in _LEVELS.items():
        if (m := pattern.search(text)) and (n := chinese_number(next(g for g in m.groups() if g))) is not None:
            found[level] = n
    return Reference(**found) if found else None
