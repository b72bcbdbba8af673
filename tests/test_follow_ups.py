"""What is offered to be asked next is answered, and otherwise than what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import asking
import pytest
import yaml

from qa.contract import Asking
from qa.follow_ups import FollowUps
from qa.models import Answer, Refusal, Status
from qa.site_facts import Facts

QUESTIONS = [
    question
    for group in yaml.safe_load((asking.ROOT / "data" / "page" / "examples.yaml").read_text(encoding="utf-8"))
    for question in group["questions"]
]


@pytest.fixture(scope="module")
def facts() -> Facts:
    """The project's facts."""
    return Facts(asking.store())


@pytest.fixture(scope="module")
def follow_ups(facts: Facts) -> FollowUps:
    """What may follow, over the project's build."""
    return FollowUps(asking.answerer(), facts)


def test_each_is_new_answered_and_tells_something_else(follow_ups: FollowUps) -> None:
    offered = {question: follow_ups.after(question) for question in QUESTIONS}
    assert sum(map(bool, offered.values())) >= 3
    for question, found in offered.items():
        told = {asking.answerer().ask(question).answer}
        for follow in found:
            answer = asking.answerer().ask(follow.question, [question])
            assert follow.name not in question
            assert answer.status is Status.ANSWERED, (question, follow)
            assert answer.answer not in told, (question, follow)
            told.add(answer.answer)


def test_who_stands_beside_whom(follow_ups: FollowUps) -> None:
    assert "那市政府全体会议呢？" in [follow.question for follow in follow_ups.after("市政府常务会议多久召开一次？")]


def test_what_would_tell_the_same_is_not_offered(follow_ups: FollowUps) -> None:
    """One provision binds 副市长 and 秘书长 alike."""
    assert follow_ups.after("副市长出差要向谁请假？") == follow_ups.after("秘书长出差要向谁请假？") == ()


@pytest.mark.parametrize("question", ["今天天气怎么样", "市长办公会议多久召开一次？", "第三十一条讲了什么？", ""])
def test_nothing_follows_what_was_not_answered_or_names_nothing(follow_ups: FollowUps, question: str) -> None:
    assert follow_ups.after(question) == ()


class _Doubtful(Asking):
    """Answers a follow-up with ``change``."""

    def __init__(self, **change: object) -> None:
        self._change = change

    def ask(self, question: str, history: Sequence[str] = (), *, explain: bool = False) -> Answer:
        answer = asking.answerer().ask(question, history, explain=explain)
        return replace(answer, **self._change) if history else answer  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"confidence": 0.5}, {"status": Status.NO_ANSWER, "refusal": Refusal.SILENT}, {"trace": None}])
def test_what_is_not_surely_answered_is_not_offered(facts: Facts, change: dict[str, object]) -> None:
    assert FollowUps(_Doubtful(**change), facts).after("市政府常务会议多久召开一次？") == ()


def test_it_is_found_once(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    known = asking.answerer()

    class Counting:
        def ask(self, question: str, history: Sequence[str] = (), *, explain: bool = False) -> Answer:
            asked.append(question)
            return known.ask(question, history, explain=explain)

    follow_ups = FollowUps(Counting(), facts)
    first = follow_ups.after("市政府常务会议多久召开一次？")
    count = len(asked)
    assert follow_ups.after("市政府常务会议多久召开一次？") == first and len(asked) == count > 1
