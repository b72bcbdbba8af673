"""What asking does to the dialogue and to the feedback."""

from __future__ import annotations

from pathlib import Path

import asking
import pytest
from asking import ROOT

from qa.browse import Regulation
from qa.build import read_manifest
from qa.desk_ask import MEMORY, AskDesk, Turn
from qa.explain import Explainer
from qa.feedback import Feedback, read_feedback
from qa.follow_ups import FollowUps
from qa.page import Page
from qa.page_ask import AskPage
from qa.rules import rules
from qa.site_facts import Facts
from qa.suggest import Suggester


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The file of feedback."""
    return tmp_path / "questions.jsonl"


@pytest.fixture
def desk(kept: Path) -> AskDesk:
    """Asking over the project's build."""
    store, answerer = asking.store(), asking.answerer()
    regulation = Regulation(store)
    return AskDesk(
        answerer,
        AskPage(Page(regulation), regulation),
        Explainer.open(ROOT, store, answerer.titles),
        suggester=Suggester(["市长请假向谁报告"]),
        follow_ups=FollowUps(answerer, Facts(store)),
        feedback=Feedback(kept),
        rules=rules(store, read_manifest(asking.artefacts()), regulation.iri),
        data=ROOT / "data" / "page",
    )


def test_a_follow_up_hangs_on_the_turns_before(desk: AskDesk) -> None:
    first = desk.ask("副市长出差要向谁请假？", [])
    second = desk.ask("那秘书长呢？", first.turns)
    assert [turn.asked for turn in second.turns] == ["副市长出差要向谁请假？", "秘书长出差要向谁请假?"]
    assert "副市长出差要向谁请假？" in second.history and "那秘书长呢？" in second.dialogue
    assert first.history == ""


def test_a_question_asked_twice_is_one_turn(desk: AskDesk) -> None:
    turns = desk.ask("副市长出差要向谁请假？", []).turns
    follow = desk.ask("那秘书长呢？", turns).turns
    again = desk.ask("那秘书长呢？", follow)
    assert again.turns == follow, "asked again it is understood as before, and stands once"


def test_what_is_offered_next_was_not_asked_before(desk: AskDesk) -> None:
    turns = desk.ask("市政府常务会议多久召开一次？", []).turns
    assert "可以接着问" not in desk.ask("市政府常务会议多久召开一次？", []).dialogue, "the answer does not wait for it"
    assert 'data-ask="那市政府全体会议呢？"' in desk.offer(turns)
    after = desk.ask("那市政府全体会议呢？", turns).turns
    assert 'data-ask="那市政府常务会议呢？"' not in desk.offer(after)
    assert desk.offer([]) == ""


def test_a_question_about_something_else_leaves_the_topic(desk: AskDesk) -> None:
    turns = desk.ask("副市长出差要向谁请假？", []).turns
    aside = desk.ask("北京市政府常务会议多久召开一次？", turns)
    assert "北京" not in aside.dialogue and "副市长出差" in aside.dialogue
    assert "可以接着问" not in desk.offer(aside.turns)
    assert desk.ask("那秘书长呢？", aside.turns).turns[-1].asked == "秘书长出差要向谁请假?"


def test_the_dialogue_forgets_the_oldest(desk: AskDesk) -> None:
    turns = [Turn(f"第{i}条", f"第{i}条", "", "answered", None, 1.0) for i in range(MEMORY)]
    after = desk.ask("市政府由哪些人组成？", turns).turns
    assert len(after) == MEMORY and after[0].question == "第1条"


def test_what_could_not_be_read_is_no_turn_and_no_feedback(desk: AskDesk, kept: Path) -> None:
    shown = desk.ask("hello", [])
    assert shown.turns == [] and shown.dialogue == "" and "请用中文" in shown.answer
    assert not kept.exists()


def test_only_what_was_asked_in_vain_or_judged_is_kept(desk: AskDesk, kept: Path) -> None:
    turns = desk.ask("人事任免公文由谁签发？", []).turns
    assert not kept.exists(), "an answer that nobody judged is nobody's business"
    desk.ask("今天天气怎么样", [])
    assert "已记下" in desk.judge("dislike", turns)
    assert desk.judge("anything", turns) == desk.judge("like", []) == ""
    assert [(e.question, e.reason, e.verdict) for e in read_feedback(kept)] == [
        ("今天天气怎么样", "outside", None),
        ("人事任免公文由谁签发？", None, "dislike"),
    ]


def test_a_sheet_is_the_same_every_time_and_names_the_rules(desk: AskDesk, kept: Path) -> None:
    sheet = desk.sheet("人事任免公文由谁签发？")
    assert sheet == desk.sheet("人事任免公文由谁签发？")
    text_hash = read_manifest(asking.artefacts()).inputs["data/source/chaoyang-2024/text.txt"]
    assert text_hash in sheet and "朝政发〔2024〕3号" in sheet and "由市长签发" in sheet
    assert not kept.exists()


def test_every_example_on_the_page_is_answered(desk: AskDesk) -> None:
    questions = [question for group in desk._groups for question in group["questions"]]
    assert len(questions) >= 12
    refused = [q for q in questions if asking.answerer().ask(q).status != "answered"]
    assert refused == []
