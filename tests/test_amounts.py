"""Amounts: a question that names another number of the same thing than the rule does."""

from __future__ import annotations

import pytest

from qa.amounts import differing

RULE = "市政府一般两个月安排一次专题学习"


@pytest.mark.parametrize(
    ("said", "words", "theirs"),
    [
        ("专题学习是一个月一次吗", RULE, ["两个月"]),
        ("专题学习是两个月一次吗", RULE, []),
        ("专题学习是2个月1回吗", RULE, []),
        ("专题学习要三天吗", RULE, []),  # the rule says nothing of days
        ("提前八个工作日报行吗", "主办部门应提前7个工作日正式向市政府请示", ["7个工作日"]),
        ("提前七个工作日报行吗", "主办部门应提前7个工作日正式向市政府请示", []),
        ("第三十一条规定由市长签发吗", "两条意见都要写明", []),
        ("七个工作日从报办公室起算吗", "会议结束后3个工作日内报办公室。会议结束后7个工作日内印发", []),
        ("几个月一次", RULE, []),
        ("", RULE, []),
    ],
)
def test_other_amounts(said: str, words: str, theirs: list[str]) -> None:
    assert differing(said, words) == theirs
