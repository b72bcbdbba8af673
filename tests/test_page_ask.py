"""HTML of asking: an answer with its cards, picture, reasons and sheet; what people type never becomes markup."""

from __future__ import annotations

import re

import pytest

from qa.browse import Regulation
from qa.desk_ask import Turn
from qa.explain import Step
from qa.models import Answer, Citation, Refusal, Status
from qa.page import Page
from qa.page_ask import AskPage, asked
from qa.rules import Rules
from qa.store import Store

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}${alert(1)}</textarea>"
RULES = Rules("某规则", "某发〔2024〕1号", "2024-01-29", "a" * 64, "b" * 64, "1.2.3")


@pytest.fixture(scope="module")
def regulation(store: Store) -> Regulation:
    """The project's regulation."""
    return Regulation(store)


@pytest.fixture(scope="module")
def page(regulation: Regulation) -> AskPage:
    """The page of asking about it."""
    return AskPage(Page(regulation), regulation)


def answered(regulation: Regulation, question: str = "副市长出差向谁请假", **more: object) -> Answer:
    part = regulation.find("41/para/3")
    article = regulation.article(41)
    assert part is not None and article is not None
    norm = next(norm for norm in article.norms if norm.iri.endswith("41-p3-deputies-leave"))
    return Answer(question, Status.ANSWERED, "市长。", (Citation("41", part.label, norm.quote, part.iri),), "SELECT *", 0.95, 12.3, **more)  # type: ignore[arg-type]


def test_an_answer_shows_its_provision_with_the_words_marked(page: AskPage, regulation: Regulation) -> None:
    html = page.answer(answered(regulation))
    assert "<mark>副市长、秘书长离市出访、出差和休养，应事先向市长请假" in html
    assert 'href="/?article=41" data-goto' in html
    assert "第四十一条第三款" in html and "很有把握" in html and "12 毫秒" in html and "看整条" in html


def test_an_answer_draws_who_does_what(page: AskPage, regulation: Regulation) -> None:
    html = page.answer(answered(regulation))
    who, does, what = (html.index(f">{words}<") for words in ("副市长、秘书长", "请假", "副市长、秘书长离市出访、出差和休养"))
    assert who < does < what


def test_what_is_not_drawn_is_counted(page: AskPage, regulation: Regulation) -> None:
    article = regulation.article(31)
    assert article is not None
    quotes = [norm.quote for norm in article.norms]
    citations = tuple(Citation("31", article.part.label, quote, article.part.iri) for quote in quotes)
    html = page.answer(Answer("问", Status.ANSWERED, "答。", citations, "", 0.95))
    assert html.count("<figure") == 4 and re.search(r"还有 \d+ 项没有画出", html)
    assert "没有画出" not in page.answer(answered(regulation))


@pytest.mark.parametrize(
    ("reason", "badge"),
    [
        (Refusal.SILENT, "规则没有规定"),
        (Refusal.NOT_UNDERSTOOD, "没有把握"),
        (Refusal.OUTSIDE, "不在本规则范围内"),
        (Refusal.BAD_INPUT, "请换个问法"),
    ],
)
def test_refusals_look_different(page: AskPage, reason: Refusal, badge: str) -> None:
    html = page.answer(Answer("问", Status.NO_ANSWER, "没有规定。", suggestions=("第二十四条讲了什么？",), refusal=reason))
    assert "gz-refused" in html
    assert badge in html
    assert 'data-ask="第二十四条讲了什么？"' in html
    assert "把握" not in html.replace(badge, "")
    assert ("/sheet" in html) == (reason is Refusal.SILENT)


def test_a_verdict_is_asked_for_only_where_it_is_kept(page: AskPage, regulation: Regulation) -> None:
    assert 'data-verdict="dislike"' in page.answer(answered(regulation), kept=True)
    assert "data-verdict" not in page.answer(answered(regulation), kept=False)


def test_a_follow_up_is_shown_and_linked_as_it_was_understood(page: AskPage, regulation: Regulation) -> None:
    answer = answered(regulation, "那秘书长呢？", trace={"normalised": "那秘书长呢?", "completed": "秘书长出差要向谁请假?"})
    assert asked(answer) == "秘书长出差要向谁请假?"
    html = page.answer(answer)
    assert "理解为：秘书长出差要向谁请假?" in html
    assert "%E9%82%A3" not in html, "the link would ask 那… without what it follows"
    plain = answered(regulation, "副市长出差向谁请假？", trace={"normalised": "副市长出差向谁请假?", "completed": "副市长出差向谁请假?"})
    assert asked(plain) == "副市长出差向谁请假？"


def test_the_sheet_is_whole_and_the_same_every_time(page: AskPage, regulation: Regulation) -> None:
    sheet = page.sheet(answered(regulation), RULES)
    for words in (
        "依据单",
        "副市长出差向谁请假",
        "市长。",
        "<mark>",
        "SELECT *",
        "a" * 64,
        "b" * 64,
        "某发〔2024〕1号",
        "2024-01-29",
        "1.2.3",
    ):
        assert words in sheet
    part = regulation.find("41/para/3")
    assert part is not None and part.text.split("。")[0] in sheet
    other = Answer(**{name: getattr(answered(regulation), name) for name in Answer.__slots__} | {"elapsed_ms": 999.0})
    assert page.sheet(other, RULES) == sheet
    assert "://" not in sheet.replace("https://w3id.org", "")


def test_the_text_to_paste_has_question_answer_and_words(page: AskPage, regulation: Regulation) -> None:
    assert page.text(answered(regulation)).splitlines() == [
        "问：副市长出差向谁请假",
        "答：市长。",
        f"依据：《{regulation.title}》第四十一条第三款：“{answered(regulation).citations[0].quote}”",
    ]


def test_dialogue_and_history(page: AskPage) -> None:
    turns = [Turn(f"问{i}", f"全{i}", f"答{i}", "answered", None, 0.9) for i in range(5)]
    assert page.dialogue([]) == page.history([]) == page.history(turns[:1]) == ""
    state, history = page.dialogue(turns), page.history(turns)
    assert [i for i in range(5) if f"问{i}" in state] == [2, 3, 4]
    assert [i for i in range(5) if f"答{i}" in history] == [0, 1, 2, 3]
    assert history.index("问3") < history.index("问0")
    assert 'data-ask="全0"' in history
    assert "可以接着问" not in state
    assert 'data-ask="那秘书长呢？"' in page.dialogue(turns, ["那秘书长呢？"])


def test_nothing_that_people_type_becomes_markup(page: AskPage) -> None:
    evil = Citation(EVIL, EVIL, EVIL, "javascript:alert(1)")
    answer = Answer(EVIL, Status.CLARIFY, EVIL, (evil,), EVIL, 1.0, 1.0, (EVIL,), trace={"completed": EVIL + "x", "normalised": "y"})
    turns = [Turn(EVIL, EVIL, EVIL, EVIL, None, 1.0)] * 2
    steps = (Step(EVIL, EVIL, ((EVIL, EVIL),)),)
    views = [
        page.answer(answer, steps, kept=True),
        page.sheet(answer, RULES),
        page.dialogue(turns, [EVIL]),
        page.history(turns),
        page.thanks(EVIL),
    ]
    for html in views:
        assert "<script" not in html
        assert "<img" not in html
        assert 'href="javascript' not in html
