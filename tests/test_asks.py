"""Which words ask, and which only look like it."""

from __future__ import annotations

import asking
import pytest


@pytest.mark.parametrize("clause", ["谁签发", "几天内回复", "能不能签", "由哪个部门审核", "怎么办理"])
def test_what_asks(clause: str) -> None:
    assert asking.asks()(clause)


@pytest.mark.parametrize(
    "clause",
    [
        "几个部门意见不一致",
        "几十个局长都到",
        "怎么都谈不拢",
        "谁也不同意",
        "不知道该找谁",
        "人事任免公文",
        "",
        "没人提要不要回个话",
        "给几个衙门各递一份",
        "假如哪个局写材料",
    ],
)
def test_what_does_not_ask(clause: str) -> None:
    assert not asking.asks()(clause)


@pytest.mark.parametrize("clause", ["都叫啥", "为什么?", "规则怎么规定的", "对不对"])
def test_what_asks_nothing_new(clause: str) -> None:
    assert asking.asks().nothing(clause)


@pytest.mark.parametrize("clause", ["分别是谁", "谁签", "学什么", "几天内印", "纪要谁起草"])
def test_a_short_clause_may_ask(clause: str) -> None:
    assert not asking.asks().nothing(clause)


def test_where_it_begins() -> None:
    assert asking.asks().first("几个部门会签由谁协商") == len("几个部门会签由")
    assert asking.asks().first("会签") == 2
