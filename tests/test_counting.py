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
    [("市政府要建设成几种政府", "4种"), ("本规则还适用于哪几类机构，总共几类", "3类"), ("政商、上下级在内一共要形成几种关系", "3种")],
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
