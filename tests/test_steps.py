"""Questions about a thing that is described, not named."""

from __future__ import annotations

import asking
import pytest
import yaml
from asking import INTENTS

from qa.models import Status
from qa.steps import Steps


@pytest.fixture(scope="module")
def steps() -> Steps:
    return Steps(yaml.safe_load((INTENTS / "asking.yaml").read_text(encoding="utf-8")))


def test_what_is_described_is_found_first(steps: Steps) -> None:
    step = steps("审议规章草案的那个会,多久开一次")
    assert step is not None
    assert (step.find, step.of("市政府常务会议")) == ("哪个会议审议规章草案", "市政府常务会议多久开一次")


def test_the_kind_of_thing_says_who_it_may_be(steps: Steps) -> None:
    found = {text: steps(text) for text in ("核准简报的那个部门还管什么", "主持学习的那位领导还主持什么")}
    assert [step and step.classes[0] for step in found.values()] == ["Body", "Office"]


@pytest.mark.parametrize("text", ["常务会议多久开一次", "人事任免的那个文件由谁签发", "我们局的那个会", ""])
def test_what_is_named_needs_no_first_step(steps: Steps, text: str) -> None:
    assert steps(text) is None


def test_both_steps_are_answered_and_cited() -> None:
    answer = asking.answerer().ask("审议市政府规章的那个会议，一般每月开几次？")
    assert answer.status is Status.ANSWERED and "2次" in answer.answer
    assert "20" in {c.ref.split(".")[0] for c in answer.citations}
