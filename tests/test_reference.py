"""Provision numbers in questions."""

from __future__ import annotations

from typing import Any

import pytest
from asking import cases

from qa.models import Reference
from qa.numerals import matches, spell
from qa.reference import beside, chinese_number, find_reference, neighbour

LEVELS = ("chapter", "article", "paragraph", "item")


@pytest.mark.parametrize("case", cases("references"))
def test_reference(case: dict[str, Any]) -> None:
    named = {level: case[level] for level in LEVELS if level in case}
    wanted = None if case.get("none") else Reference(**named, others=tuple(case.get("others", ())))
    assert find_reference(case["text"]) == wanted


def test_every_printed_number_is_read_back() -> None:
    assert [n for n in range(1, 1000) if chinese_number(spell(n)) != n] == []
    assert [n for n in range(1, 1000) if chinese_number(str(n)) != n] == []
    assert [n for n in range(1, 999) if not matches(spell(n), n) or matches(spell(n), n + 1)] == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("十", 10),
        ("十二", 12),
        ("一十二", 12),
        ("二〇", 20),
        ("二○", 20),
        ("两", 2),
        ("一百", 100),
        ("百二十", 120),
        ("三一", 31),
        ("007", 7),
    ],
)
def test_numerals(text: str, number: int) -> None:
    assert chinese_number(text) == number


@pytest.mark.parametrize("text", ["", "甲", "十甲", "三个", "1a", "第三"])
def test_what_is_no_number(text: str) -> None:
    assert chinese_number(text) is None


def test_every_article_is_found_either_way() -> None:
    for n in range(1, 45):
        for text in (f"第{spell(n)}条讲什么", f"第{n}条讲什么"):
            assert find_reference(text) == Reference(article=n), text


@pytest.mark.parametrize(
    ("number", "printed"), [(10, "十"), (12, "十二"), (20, "二十"), (105, "一百零五"), (110, "一百一十"), (999, "九百九十九")]
)
def test_spelling(number: int, printed: str) -> None:
    assert spell(number) == printed


@pytest.mark.parametrize("number", [0, -1, 1000])
def test_numbers_that_are_not_printed(number: int) -> None:
    with pytest.raises(ValueError, match="1–999"):
        spell(number)


@pytest.mark.parametrize(
    ("text", "unit", "numbered"),
    [
        ("再往后一章呢", "章", "第6章呢"),
        ("前面一章", "章", "第4章"),
        ("上一条有几款", "条", "第4条有几款"),
        ("第四十四条的前一条讲什么", "条", "第43条讲什么"),
        ("上面那条第二款", None, "上面那条第二款"),
        ("前一条意见", None, "前一条意见"),
        ("以前一条龙服务", None, "以前一条龙服务"),
    ],
)
def test_the_one_beside_another(text: str, unit: str | None, numbered: str) -> None:
    assert beside(text) == unit and neighbour(text, 5) == numbered
