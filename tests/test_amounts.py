"""Amounts: a question that names another number of the same thing than the rule does."""

from __future__ import annotations

import pytest

from qa.amounts import differ

RULE = "市政府一般两个月安排一次专题学习"


@pytest.mark.parametrize(
    ("said", "words", "other"),
    [
        ("专题学习是一个月一次吗", RULE, True),
        ("专题学习是两个月一次吗", RULE, False),
        ("专题学习是2个月1回吗", RULE, False),
        ("专题学习要三天吗", RULE, False),  # the rule says nothing of days
        ("提前八个工作日报行吗", "主办部门应提前7个工作日正式向市政府请示", True),
        ("提前七个工作日报行吗", "主办部门应提前7个工作日正式向市政府请示", False),
        ("第三十一条规定由市长签发吗", "两条意见都要写明", False),
        ("几个月一次", RULE, False),
        ("", RULE, False),
    ],
)
def test_other_amounts(said: str, words: str, other: bool) -> None:
    assert differ(said, words) is other
