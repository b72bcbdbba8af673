"""Chinese numerals of printed numbering, 1 to 999: 31 is 三十一."""

from __future__ import annotations

from typing import Final

DIGITS: Final = "零一二三四五六七八九"
NUMERAL: Final = "[一二三四五六七八九十百零〇○]+"
"""Regular expression of what may be a numeral; :func:`matches` says whether it writes a given number."""


def spell(number: int) -> str:
    """The numeral of ``number`` as regulations print it (十二, not 一十二); ``ValueError`` outside 1–999."""
    text = _full(number)
    return text.removeprefix("一") if 10 <= number < 20 else text


def matches(numeral: str, number: int) -> bool:
    """Whether ``numeral`` is a usual spelling of ``number``, with any of the three zeros in print."""
    return numeral.replace("〇", "零").replace("○", "零") in (spell(number), _full(number))


def _full(number: int) -> str:
    if not 0 < number < 1000:
        raise ValueError(f"超出范围（1–999）：{number}")
    hundreds, tens, units = number // 100, number // 10 % 10, number % 10
    text = f"{DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += f"{DIGITS[tens]}十"
    elif hundreds and units:
        text += "零"
    return text + (DIGITS[units] if units else "")
