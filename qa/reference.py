"""Provision numbers in a question: 第二十九条第二款, 第31条（三）, 第五章."""

from __future__ import annotations

import re

from qa.models import LAST, Reference

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_HAN = "零〇○一二两三四五六七八九十百"
_NUMBER = rf"(\d{{1,6}}|[{_HAN}]{{1,7}})"
_ONE = "[1一]"
_FROM_TOP = "(?<!倒数)"
_ENDS = {
    "paragraph": {
        LAST: re.compile("(最后|最末|末尾)(一|的)*(自然段|款|段)|(末|尾)(一|的)?款|倒数第一(自然段|款|段)"),
        1: re.compile("(头|首|开头)(一|的)*(自然段|款|段)"),
    },
    "item": {LAST: re.compile("(最后|最末|末尾)(一|的)*(小项|项|点)(?!工作)|末(一|的)?项|倒数第一(小项|项|点)")},
}
_EITHER = re.compile(rf"第{_NUMBER}条,?(还是|或者?|或是)在?第{_NUMBER}条")
_LAST = re.compile("(最后|最末|末尾)(一|的)*(?P<unit>条|章)(?!件|消息|意见|建议|理由|措施|新闻|信息|路|线)")
POINTING = re.compile("^(那么?)?(这|本|该|此|那)一?(?P<unit>条|章)(?!件|消息|意见|建议|理由|措施|新闻|信息|路|线|例|程)")
"""“This” article or chapter at the beginning of a question."""
_NEXT = re.compile(
    rf"(第{_NUMBER}(?P<of>条|章)的?)?(再|它|其|那|的|之|往|紧挨着|挨着){{0,3}}(?P<way>(?<![以之])(下|后|上(?![面边头]的?[这那])|前))(面|边|头)?的?(这|那|一)+(?P<unit>条|章)"
    "(?!件|消息|意见|建议|理由|措施|新闻|信息|路|线|例|程|龙)"
)
"""The article or chapter before or after another: 再往后一章, 第五条的前一条; not 上面那条, which is the one that was named."""
_LEVELS = {
    "chapter": re.compile(rf"{_FROM_TOP}第{_NUMBER}章"),
    "article": re.compile(
        rf"{_FROM_TOP}第{_NUMBER}条|(?<![第\d{_HAN}那这哪该本此某每同]){_NUMBER}条(?=第|\()"
        r"|(?:^|规则|按照|根据|依照|见|在|把|查)(\d{1,3}|[一二三四五六七八九]?十[一二三四五六七八九]?)条(?!件|例|数|意见|建议|理由|消息|措施)"
    ),
    "paragraph": re.compile(rf"{_FROM_TOP}第{_NUMBER}(?:自然段|款|段)"),
    "item": re.compile(rf"(?<![a-z])第?\({_NUMBER}\)项?|{_FROM_TOP}第{_NUMBER}(?:的那一?|那一?)?(?:小项|项|点)(?!工作)|头({_ONE})项"),
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
    """The provision that normalised ``text`` names by number, or ``None``; of several articles or chapters the first, with the numbers of the others."""
    found: dict[str, int] = {}
    for level, pattern in _LEVELS.items():
        if numbers := _numbers(pattern, text):
            found[level] = numbers[0]
    if last := _LAST.search(text):
        found.setdefault("chapter" if last["unit"] == "章" else "article", LAST)
    for level, ends in _ENDS.items() if "article" in found else ():
        if level not in found and (n := next((n for n, pattern in ends.items() if pattern.search(text)), None)):
            found[level] = n
    level = "article" if "article" in found else "chapter"
    others = tuple(n for n in dict.fromkeys(_numbers(_LEVELS[level], text)) if n != found[level]) if level in found else ()
    return Reference(**found, others=others) if found else None


def _numbers(pattern: re.Pattern[str], text: str) -> list[int]:
    numbers = [chinese_number(next(group for group in found.groups() if group)) for found in pattern.finditer(text)]
    return [n for n in numbers if n is not None]


def beside(text: str) -> str | None:
    """条 or 章, where ``text`` names the one before or after another."""
    found = _NEXT.search(text)
    return found["unit"] if found else None


def neighbour(text: str, number: int | None = None) -> str:
    """``text`` with the number of the article or chapter that it names as the one before or after another: 第五条的前一条 → 第4条. ``number`` is that
    of the one which the dialogue is at; ``text`` as it is, where neither tells."""

    def numbered(found: re.Match[str]) -> str:
        here = chinese_number(found[2]) if found["of"] == found["unit"] else number
        return found[0] if here is None else f"第{here + (1 if found['way'] in '下后' else -1)}{found['unit']}"

    return _NEXT.sub(numbered, text)


def without_reference(text: str) -> str:
    """``text`` without the numbers of provisions in it."""
    for pattern in (*_LEVELS.values(), _LAST):
        text = pattern.sub("", text)
    return text


def which_article(text: str) -> str:
    """``text`` that asks which of two articles says it, as a question which one does: 听证会写在第十条还是第十一条 → 听证会写在第几条."""
    return _EITHER.sub("第几条", text)
