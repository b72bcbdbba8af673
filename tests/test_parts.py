"""Questions that ask several things → single questions, each complete."""

from __future__ import annotations

import asking
import pytest

from qa.normalise import normalise
from qa.parts import in_order, split


def parts(question: str) -> list[str]:
    return [part.text for part in split(normalise(question).text, asking.linker().read, asking.asks())]


@pytest.mark.parametrize(
    "question",
    [
        "常务会议由谁主持？",
        "人事任免公文，由谁签发？",
        "我是县里的，想问问人事任免公文由谁签发？",
        "市长、副市长、秘书长外出向谁请假",
        "人事任免公文由谁签发？谢谢！",
        "会签时几个部门意见不一致，由谁协商",
        "市里几十个局长都到的大会，由谁主持",
        "部门之间怎么都商量不拢，报文时写什么",
        "我也不知道该找谁，请假向谁请",
        "花名册一共有几种，都叫啥",
        "除了问问大伙咋说，还要做什么评估",
        "请示报告",
        "",
        "？？",
    ],
)
def test_one_thing_is_asked(question: str) -> None:
    assert parts(question) == [normalise(question).text]


@pytest.mark.parametrize(
    ("question", "single"),
    [
        ("常务会议由谁主持？全体会议多久召开一次？", ["常务会议由谁主持", "全体会议多久召开一次"]),
        ("常务会议由谁主持，全体会议多久召开一次", ["常务会议由谁主持", "全体会议多久召开一次"]),
        ("常务会议由谁主持；全体会议多久召开一次。", ["常务会议由谁主持", "全体会议多久召开一次"]),
    ],
)
def test_two_things_are_asked(question: str, single: list[str]) -> None:
    assert parts(question) == single


def test_a_part_takes_what_it_leaves_out_from_the_one_before() -> None:
    one, two = parts("市政府常务会议由谁主持，多久一次？")
    assert one == "市政府常务会议由谁主持"
    assert "常务会议" in two and "多久一次" in two


@pytest.mark.parametrize(
    ("question", "single"),
    [
        ("花名册由谁登记，由哪个科保管，丢了该找谁补？", ["花名册由谁登记", "花名册由哪个科保管", "花名册丢了该找谁补"]),
        ("花名册，由谁登记？哪个科保管？", ["花名册,由谁登记", "花名册哪个科保管"]),
        ("秘书长负责什么，离市出差要向谁请假", ["秘书长负责什么", "秘书长离市出差要向谁请假"]),
        ("副秘书长协助谁，能不能列席常务会议", ["副秘书长协助谁", "副秘书长能不能列席常务会议"]),
        ("秘书长负责什么，谁主持常务会议", ["秘书长负责什么", "谁主持常务会议"]),
        ("信息简报多久一期，谁签发", ["信息简报多久一期", "信息简报谁签发"]),
        ("离岗的理由怎么写，谁来看", ["离岗的理由怎么写", "离岗的理由谁来看"]),
        ("来信的流向怎么查，谁登记", ["来信的流向怎么查", "来信的流向谁登记"]),
        ("夜校的课，学什么、图什么", ["夜校的课,学什么", "夜校的课,图什么"]),
    ],
)
def test_what_only_leads_up_to_a_question_is_not_what_it_is_about(question: str, single: list[str]) -> None:
    assert parts(question) == single


@pytest.mark.parametrize(
    ("question", "single"),
    [
        ("传达室里头有我们一把钥匙没？屋里谁看门？", ["传达室里头有我们一把钥匙没", "屋里谁看门"]),  # asks by its mark only
        ("寄走以前谁来点数？寄走了还回不回头核？", ["寄走以前谁来点数", "寄走了还回不回头核"]),
        ("值班室是关着还是开着，夜里谁巡楼", ["值班室是关着还是开着", "夜里谁巡楼"]),
    ],
)
def test_each_part_is_there_as_it_stands(question: str, single: list[str]) -> None:
    assert [part.alone for part in split(normalise(question).text, asking.linker().read, asking.asks())] == single


def test_what_is_told_before_a_question_stays_with_it() -> None:
    one, two = parts("副市长要出差，向谁请假？常务会议多久召开一次？")
    assert "副市长" in one and "请假" in one
    assert two == "常务会议多久召开一次"


def test_three_things() -> None:
    assert len(parts("常务会议由谁主持？多久一次？议题由谁确定？")) == 3


def test_no_part_is_empty() -> None:
    for question in ("谁？谁？", "谁，谁，谁", "？谁？？谁", "!谁;"):
        assert all(part.strip() for part in parts(question))


@pytest.mark.parametrize(
    ("told_last", "in_the_order_of_the_others"),
    [
        ("谁起草,谁签发,常务会议的纪要", "常务会议的纪要谁起草,谁签发"),
        ("起草归谁、签字归谁——全体会议纪要这条线怎么走", "全体会议纪要这条线起草归谁、签字归谁"),
        ("谁审、谁签——以市政府名义报省政府的请示是怎么个走法", "以市政府名义报省政府的请示谁审、谁签"),
    ],
)
def test_what_several_questions_are_about_may_be_told_last(told_last: str, in_the_order_of_the_others: str) -> None:
    assert in_order(told_last, asking.linker().read, asking.asks()) == in_the_order_of_the_others


@pytest.mark.parametrize(
    "text",
    [
        "谁签发,常务会议的纪要",  # one question
        "全体会议谁主持,谁参加,常务会议呢",  # the first are about something else
        "谁起草,谁签发,怎么办",
        "谁起草,谁签发",
        "谁起草,谁签发,麻烦了",
        "",
    ],
)
def test_else_the_order_stays(text: str) -> None:
    assert in_order(text, asking.linker().read, asking.asks()) == text
