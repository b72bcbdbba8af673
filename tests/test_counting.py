"""What a question of how many counts."""

from __future__ import annotations

import asking
import pytest
import yaml
from asking import BASE, INTENTS

from qa.counting import Counting
from qa.models import Intent, Status


@pytest.fixture(scope="module")
def counting() -> Counting:
    return Counting(asking.store(), asking.families(), yaml.safe_load((INTENTS / "asking.yaml").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("family", "norms", "text", "counted"),
    [
        ("whole", ["2-four-governments"], "有几项", "content"),
        ("bearer", ["6-functions"], "有几项", "content"),
        ("whole", ["43-apply"], "有几类", "bearer"),
        ("bearer", ["43-apply"], "有几类", "bearer"),
        ("object", ["43-apply"], "有几类", "bearer"),
        ("object", ["43-apply"], "总共", "bearer"),
        ("object", ["43-apply"], "有几样", None),
        ("deadline", ["43-apply"], "有几类", None),
        ("whole", ["19-p1-frequency"], "有几类", None),
        ("whole", ["2-four-governments", "43-apply"], "有几类", None),
        ("provision", [], "有几类", None),
    ],
    ids=[
        "what it enumerates",
        "whatever is asked",
        "its bearers",
        "the slot asked for",
        "another where that has one thing only",
        "in no measure",
        "no persons in a measure of things",
        "a slot with nothing",
        "nothing",
        "two norms",
        "no norm",
    ],
)
def test_the_family_that_names_what_is_counted(counting: Counting, family: str, norms: list[str], text: str, counted: str | None) -> None:
    found = counting.family(Intent(family, (("norm", tuple(f"{BASE}/norm/{norm}" for norm in norms)),)), text)
    assert (found.id if found else None) == counted


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("市政府要建设成几种政府", "4种"),
        ("本规则还适用于哪几类机构，总共几类", "3类"),
        ("政商、上下级在内一共要形成几种关系", "3种"),
        ("市政府的工作原则列了几个“坚持”打头的条文", "6个"),
        ("“工作原则”一章总共提出多少个“坚持……”的原则", "6个"),
        ("报送公文有几个不得", "4个"),
        ("全体会和常务会的任务各列了多少项", "第十九条（市政府全体会议的主要任务）列了3项。第二十条（市政府常务会议的主要任务）列了11项。"),
        ("公文签发那条里，市长签发前先要分管负责同志审核的有几项", "5项。"),
        ("第三十一条里写了可以授权的有几处", "2处。"),
    ],
)
def test_the_number_comes_first(question: str, number: str) -> None:
    answer = asking.answerer().ask(question)
    assert answer.status is Status.ANSWERED and answer.answer.startswith(number), answer.answer


@pytest.mark.parametrize(
    ("question", "measure"),
    [("会议有几大类", "类"), ("组成部门总共有哪些", "项"), ("几个工作日内印发", ""), ("由哪些人组成", "")],
    ids=["the question's own", "none named", "days are not counted", "nothing is counted"],
)
def test_the_word_that_is_counted_by(counting: Counting, question: str, measure: str) -> None:
    assert counting.measure(Intent("whole", (("norm", (BASE + "/norm/6-functions",)),)), asking.read(question)) == measure


def test_items_are_counted_in_one_article_only(counting: Counting) -> None:
    """Of all the rules a list may leave out some, and a number would be false."""
    several = Intent("object", (("norm", tuple(f"{BASE}/norm/{name}" for name in ("31-1-policy-review", "31-3-sign"))),))
    assert counting.items(several, asking.read("第三十一条里由市长签发的有几种")) == 2
    assert counting.items(several, asking.read("由市长签发的有几种")) == 0
    elsewhere = Intent("object", (("norm", tuple(f"{BASE}/norm/{name}" for name in ("31-1-policy-review", "23-p2-sign-minutes"))),))
    assert counting.items(elsewhere, asking.read("第三十一条里由市长签发的有几种")) == 0


@pytest.mark.parametrize("question", ["哪几种会的纪要是市长签", "市政府的哪几种会可以请记者来"])
def test_which_is_not_how_many(question: str) -> None:
    """What several norms name is not all of one kind: of a special meeting only some minutes go to the mayor."""
    answer = asking.answerer().ask(question)
    assert answer.status is Status.ANSWERED and not answer.answer[0].isdigit(), answer.answer
