"""What becomes of the candidates: an answer, a list of cases, the question back."""

from __future__ import annotations

from dataclasses import replace

import asking
import pytest

from qa.models import Refusal, Status
from qa.understand import Read


@pytest.mark.parametrize("question", ["这个要批几天？", "那件事归谁管？", "他能签吗？"])
def test_a_question_that_says_too_little_is_asked_back_with_choices(question: str) -> None:
    answer = asking.answerer().ask(question)
    assert answer.status is Status.CLARIFY and answer.answer and len(answer.suggestions) > 1


def test_the_choices_are_questions_that_the_rules_answer() -> None:
    answer = asking.answerer().ask("几天内办完？")
    assert answer.status is Status.CLARIFY
    assert any(asking.answerer().ask(choice).citations for choice in answer.suggestions), answer.suggestions


@pytest.mark.parametrize("question", ["议题由谁弄？", "会议的文件谁来管？"])
def test_a_list_for_a_question_that_leaves_too_much_open_comes_with_choices(question: str) -> None:
    answer = asking.answerer().ask(question)
    assert answer.status is Status.CLARIFY and len(answer.suggestions) > 1
    assert len(answer.citations) > 1 and all(asking.answerer().ask(choice).status is not Status.NO_ANSWER for choice in answer.suggestions)


@pytest.mark.parametrize("question", ["秘书长能签发什么？", "全体会议和常务会议分别由谁主持？"])
def test_a_list_that_is_the_whole_answer_is_an_answer(question: str) -> None:
    answer = asking.answerer().ask(question)
    assert answer.status is Status.ANSWERED and len(answer.citations) > 1


@pytest.mark.parametrize(
    "question",
    [
        "人事任免公文由谁签发？",
        "市政府常务会议由哪些人组成？",
        "会签文件几个工作日内回复？",
        "一份请示可以写两件事吗？",
        "本规则从什么时候起施行？",
    ],
)
def test_a_question_that_says_enough_is_answered(question: str) -> None:
    assert asking.answerer().ask(question).status is Status.ANSWERED


@pytest.mark.parametrize(("cosine", "refused"), [(0.7, Refusal.SILENT), (0.2, Refusal.NOT_UNDERSTOOD)])
def test_that_nothing_is_said_of_one_thing_is_not_said_of_a_far_one(cosine: float, refused: Refusal) -> None:
    answerer = asking.answerer()
    read = answerer._understanding.understand(asking.read("市政府专题会议的组织工作由谁负责？"))
    first, *others = read.candidates
    assert first.intent.bound("silence")
    answer = answerer._settling(Read(read.reading, [replace(first, features={**first.features, "cosine": cosine}), *others]))
    assert answer.refusal is refused, answer.answer
