"""What is reckoned comes from the norms, and is not said where it cannot be."""

from __future__ import annotations

from fractions import Fraction

import asking
import pytest

from qa.reckoning import often


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("全体会议和常务会议，哪个开得勤？", "常务会议，一年约24次；全体会议约2次。"),
        ("常务会议和全体会议谁开得更多？", "常务会议，一年约24次；全体会议约2次。"),
        ("专题学习跟全体会议比，哪个开得更勤？", "专题学习，一年约6次；全体会议约2次。"),
        ("常务会议和专题学习哪个开得少？", "专题学习，一年约6次；常务会议约24次。"),
        ("全体会议和常务会议哪个隔得久？", "全体会议，一年约2次；常务会议约24次。"),
        ("全体会议一年开几次？", "一年约2次。"),
        ("按规矩一年下来专题学习大约得有几次？", "一年约6次。"),
        ("全体会议和常务会议开会的频次一样吗？", "不一样。"),
        ("报省政府的请示和报市委的请示，签发人一样吗？", "一样。"),
        ("议案和人事任免公文的签发人相同吗？", "一样。"),
        ("市长办公会议纪要和专题会议纪要是同一个人签吗？", "不一样。"),
        ("全体会议和常务会议的纪要由同一位领导签发吗？", "一样。"),
    ],
)
def test_the_result_is_said_first(question: str, says: str) -> None:
    answer = asking.answerer().ask(question)
    assert answer.answer.startswith(says) and len(answer.answer) > len(says), answer.answer


@pytest.mark.parametrize(
    "question",
    [
        "秘书长和副市长离市，请假找的人是同一个吗？",  # who asks for leave is not whom they ask
        "会签回复和常务会文件印发，给的天数是不是一样多？",
        "人事任免公文和出国审批公文都由同一个人签吗？",
        "部门报市委的和报市政府的，内容一样吗？",  # both are reported by departments, but what they report is asked
        "《国务院工作规则》和地方组织法，对这份规则来说是同一种地位吗？",
        "人大的监督和政协的监督，方式一样吗？",
    ],
)
def test_two_provisions_are_not_two_different_ones(question: str) -> None:
    """What is learnt from wordings says that two provisions side by side differ; nothing is said where it is not reckoned, nor that they are the same."""
    assert not asking.answerer().ask(question).answer.startswith(("不是", "不一样", "一样"))


@pytest.mark.parametrize("question", ["秘书长离市也一样要请假吗？", "两件事写进同一份请示里行吗？", "全体会议和常务会议，哪个由市长主持？"])
def test_what_compares_nothing_is_answered_as_ever(question: str) -> None:
    assert not asking.answerer().ask(question).answer.startswith(("一样", "不一样", "全体会议，", "常务会议，"))


@pytest.mark.parametrize(
    ("times", "period", "expected"),
    [("1", "P6M", 2), ("2", "P1M", 24), ("1", "P2M", 6), ("1", "P1W", 52), ("3", "P1Y", 3), ("1", "P5M", Fraction(12, 5))],
)
def test_times_a_year(times: str, period: str, expected: Fraction) -> None:
    assert often(times, period) == expected


@pytest.mark.parametrize("period", ["", "P", "P1M2D", "6M", "P1H", "每半年"])
def test_a_period_of_another_form_is_not_reckoned_with(period: str) -> None:
    assert often("1", period) is None
