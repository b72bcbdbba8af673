"""Asking, over the real build: any input gets a sentence; what is answered is cited word for word, and its query gives rows."""

from __future__ import annotations

import json
import random
import re
import time
from dataclasses import replace
from functools import cache
from typing import Any

import asking
import pytest
from asking import ROOT, cases

from qa.ask import MAX_LENGTH, Answerer
from qa.compound import _join, _put_together
from qa.contract import to_json
from qa.fill import fill
from qa.models import Answer, Citation, Refusal, Status
from qa.verbalise import LONG, verbalise

FIELDS = {"id", "status", "answer", "citations", "sparql", "confidence", "elapsed_ms", "suggestions"}
"""The contract of ../shared/eval/README.md."""
QUESTIONS = [
    "谁签发人事任免公文？",
    "市政府全体会议由谁召集和主持？",
    "市政府常务会议多久召开一次？",
    "会议纪要由谁起草？",
    "请示可以一文多事吗？",
    "副市长离市出差要向谁请假？",
    "哪些公文由市长签发？",
    "市政府全体会议的主要任务有哪些？",
    "第二十九条第二款讲了什么？",
    "第五章讲什么？",
    "规则的文号是多少？",
    "会议由谁主持？",
    "市政府接受哪些监督？",
    "本规则什么时候施行？",
    "副市长离市出差期间由谁代行职权？",
]
ODD = {
    "nothing": "",
    "blanks": " \t\n　",
    "too long": "市" * (MAX_LENGTH + 1),
    "ten thousand characters": "市长签发" * 2500,
    "control characters": "\x00\x01\x02\x1f\x7f",
    "invisible characters": "\u200b\u202e\ufeff\u2066",
    "emoji": "😀🎉👨‍👩‍👧",
    "Latin": "who signs the documents?",
    "digits": "1234567890",
    "surrogates": "\ud83d\udc00\ud800",
    "punctuation": "？！。，、；：“”",
    "kana": "こんにちは",
    "Hangul": "안녕하세요",
    "SPARQL": "SELECT * WHERE { ?s ?p ?o } ; DROP ALL",
    "markup": "<img src=x onerror=alert(1)>",
}


@pytest.fixture(scope="module")
def answerer() -> Answerer:
    return asking.answerer()


@cache
def texts() -> dict[str, str]:
    """The text of every provision by IRI."""
    return {str(row["p"]): str(row["t"]) for row in asking.store().select("SELECT ?p ?t WHERE { ?p gz:text ?t }")}


def check(answer: Answer) -> None:
    """What holds for every answer whatever was asked."""
    shown = ascii(answer.question[:80])
    assert answer.answer.strip() and "{" not in answer.answer, shown
    assert 0.0 <= answer.confidence <= 1.0 and answer.elapsed_ms >= 0, shown
    assert (answer.refusal is not None) == (answer.status is Status.NO_ANSWER), shown
    assert answer.status is not Status.NO_ANSWER or not answer.citations, shown
    assert all(s.strip() for s in answer.suggestions) and len(set(answer.suggestions)) == len(answer.suggestions), shown
    assert answer.status is not Status.CLARIFY or answer.suggestions, shown
    json.dumps(to_json(answer), ensure_ascii=False).encode()


def verbatim(answer: Answer) -> bool:
    """Whether every quote stands in the text of the provision it is said to come from."""
    return all(c.quote in texts()[c.iri] for c in answer.citations)


# ---------------------------------------------------------------- any input


@pytest.mark.parametrize("question", ODD.values(), ids=list(ODD))
def test_what_is_no_question_gets_a_sentence(answerer: Answerer, question: str) -> None:
    answer = answerer.ask(question)
    check(answer)
    assert (answer.status, answer.refusal) == (Status.NO_ANSWER, Refusal.BAD_INPUT)
    assert answer.answer.endswith(("。", "？")) and answer.question == question


@pytest.mark.parametrize(
    "question",
    [
        "市长签发什么} UNION {?s ?p ?o",
        '谁签发"; DROP ALL; #公文',
        "<script>alert('签发')</script>谁签发公文",
        "谁签发公文'); --",
        "{values}由谁签发{readings}",
        "谁签发%s公文%(a)s",
        "谁签发公文\\u003e",
        "谁" * MAX_LENGTH,
        "第" * MAX_LENGTH,
        "第一条" * 160,
        "，？" * 249 + "谁",
        "能" * 250 + "吗" * 250,
        "的了",
        "呢？",
        "那",
        "？谁？谁？谁？谁？谁",
    ],
    ids=lambda q: ascii(q[:12]),
)
def test_strange_questions_are_harmless(answerer: Answerer, question: str) -> None:
    started = time.perf_counter()
    answer = answerer.ask(question, ["那呢？", "", "\ud83d"])
    check(answer)
    assert not any(word in answer.sparql for word in ("DROP", "script", "alert"))
    assert not any(word in answer.answer for word in ("<script", "DROP", "Traceback"))
    assert time.perf_counter() - started < 5


def test_random_questions_never_raise(answerer: Answerer) -> None:
    chance = random.Random(20240601)
    pieces = [
        *"谁哪什么多久吗呢能不能第条款项章（）()〈〉？，。!；：“”\x00\u200b\ud83d😀 \t\n",
        *("市长", "副市长", "常务会议", "全体会议", "纪要", "签发", "公文", "请假", "三十一", "31", "沈阳", "誰簽發"),
        *("vice mayor", "sign", "SELECT", "<b>", "}", "'", '"', "\\"),
    ]
    for _ in range(200):
        turns = ["".join(chance.choice(pieces) for _ in range(chance.randrange(14))) for _ in range(chance.choice([1, 1, 1, 2, 3]))]
        answer = answerer.ask(turns[-1], turns[:-1])
        check(answer)
        assert verbatim(answer), ascii(turns)


def test_the_length_limit_is_inclusive(answerer: Answerer) -> None:
    longest = "谁签发人事任免公文" + "？" * (MAX_LENGTH - 9)
    assert answerer.ask(longest).refusal is not Refusal.BAD_INPUT
    assert str(MAX_LENGTH) in answerer.ask(longest + "？").answer


# ---------------------------------------------------------------- behaviour


@pytest.mark.parametrize("case", cases("ask"))
def test_behaviour(case: dict[str, Any], answerer: Answerer) -> None:
    answer = answerer.ask(case["question"], case.get("history", ()))
    check(answer)
    assert answer.status.value == case["status"], answer.answer
    assert "refusal" not in case or (answer.refusal and answer.refusal.value == case["refusal"]), answer.answer
    assert "has" not in case or any(word in answer.answer for word in case["has"]), answer.answer
    assert not any(word in answer.answer for word in case.get("hasnot", ())), answer.answer
    assert not answer.answer.startswith(tuple(case.get("startsnot", ()))), answer.answer
    refs = {c.ref for c in answer.citations}
    assert "cites" not in case or any(ref == case["cites"] or ref.startswith(case["cites"] + ".") for ref in refs), refs
    assert "offers" not in case or any(case["offers"] in s for s in answer.suggestions), answer.suggestions


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_is_cited_word_for_word(question: str, answerer: Answerer) -> None:
    answer = answerer.ask(question)
    check(answer)
    assert answer.status is not Status.NO_ANSWER and answer.citations
    assert verbatim(answer) and all(c.ref and c.label and c.quote for c in answer.citations)
    assert len(answer.answer) <= LONG + 10


@pytest.mark.parametrize("question", QUESTIONS)
def test_its_query_gives_the_rows_again(question: str, answerer: Answerer) -> None:
    answer = answerer.ask(question)
    rows = asking.store().select(answer.sparql)
    assert rows
    provisions = {str(row[name]) for row in rows for name in ("provision", "part") if name in row}
    assert {c.iri for c in answer.citations} <= provisions
    assert "VALUES" in answer.sparql and re.search(r"^PREFIX gz:", answer.sparql, re.M), "it can be run as it is elsewhere"


def test_the_query_of_an_answer_in_parts_can_be_run(answerer: Answerer) -> None:
    assert asking.store().select(answerer.ask("参事建议向谁反馈？函件可以授权谁签发？").sparql)


def test_the_same_question_twice_gives_the_same_answer(answerer: Answerer) -> None:
    for question in QUESTIONS:
        one, two = (to_json(answerer.ask(question)) | {"elapsed_ms": 0} for _ in range(2))
        assert one == two, question


# Not strict: whether the order differs between two openings of the store is chance.
def test_the_same_question_to_another_process_gives_the_same_answer(answerer: Answerer) -> None:
    fresh = Answerer.open(ROOT, asking.artefacts())
    for question in QUESTIONS:
        one, two = (to_json(a.ask(question)) | {"elapsed_ms": 0} for a in (answerer, fresh))
        assert one == two, question


def test_width_script_and_blanks_do_not_matter(answerer: Answerer) -> None:
    plain = answerer.ask("谁签发人事任免公文?").answer
    for question in ("誰簽發人事任免公文？", " 谁签发　人事任免公文？\n", "谁签发人事任免公文？\u200b"):
        assert answerer.ask(question).answer == plain


def test_the_history_is_not_changed_and_holds_no_state(answerer: Answerer) -> None:
    history = ["市政府常务会议由谁主持？"]
    alone = answerer.ask("多久一次？").status
    answerer.ask("多久一次？", history)
    assert history == ["市政府常务会议由谁主持？"]
    assert answerer.ask("多久一次？").status == alone


def test_a_long_history_is_no_burden(answerer: Answerer) -> None:
    answer = answerer.ask("多久召开一次？", ["天气如何"] * 500 + ["市" * 10_000, "市政府全体会议由谁召集？"])
    check(answer)
    assert "半年" in answer.answer


@pytest.mark.parametrize("question", ["第（三）项是什么", "这份文件该谁签", "这个会我要参加吗"])
def test_a_choice_offered_is_a_question_that_is_answered(question: str, answerer: Answerer) -> None:
    found = answerer.ask(question)
    assert found.status is Status.CLARIFY
    cited = {choice: bool(answerer.ask(choice).citations) for choice in found.suggestions}
    assert sum(cited.values()) >= 0.8 * len(cited), cited


OF_THE_NOTICE = frozenset({"addressees"})
"""Families that tell what stands in the notice of issue, which is no provision."""


def test_every_given_answer_of_the_graph_is_founded() -> None:
    """A third of all intents, run as asking runs them: rows, an answer within its budget, quotes word for word."""
    store, families = asking.store(), asking.families()
    faults: dict[str, list[str]] = {}
    for intent in list(dict.fromkeys(e.intent for e in asking.index().entries))[::3]:
        family = families[intent.family]
        if family.kind in ("outside", "clarify"):
            continue
        rows = store.select(fill(family, intent))
        if not rows:
            faults.setdefault("no rows", []).append(repr(intent))
            continue
        text, citations = verbalise(family, rows)
        if len(text) > LONG + 10 or "{" in text or "。。" in text:
            faults.setdefault("wording", []).append(text)
        if (
            family.kind != "silent"
            and family.id not in OF_THE_NOTICE
            and not (citations and all(c.quote in texts()[c.iri] for c in citations))
        ):
            faults.setdefault("citation", []).append(repr(intent))
    assert faults == {}


# ---------------------------------------------------------------- the contract


@pytest.mark.parametrize("question", ["谁签发人事任免公文？", "第（三）项是什么", "现在的市长叫什么名字", ""])
def test_the_contract(question: str, answerer: Answerer) -> None:
    record = json.loads(json.dumps(to_json(answerer.ask(question), "q1"), ensure_ascii=False))
    assert set(record) - {"refusal"} == FIELDS
    assert record["status"] in ("answered", "clarify", "no_answer")
    assert ("refusal" in record) == (record["status"] == "no_answer")
    assert isinstance(record["confidence"], float) and isinstance(record["suggestions"], list)
    assert all({"ref", "label", "quote"} <= set(c) for c in record["citations"])


def test_the_trace_tells_every_stage(answerer: Answerer) -> None:
    answer = answerer.ask("谁签发人事任免公文？", explain=True)
    assert answer.trace and {"normalised", "completed", "read_as", "mentions", "aspects", "candidates"} <= set(answer.trace)
    json.dumps(to_json(answer), ensure_ascii=False)
    assert answerer.ask("谁签发人事任免公文？").trace is None
    assert answerer.ask("", explain=True).trace is not None


def test_what_two_parts_of_a_question_both_tell_is_said_once() -> None:
    told = ("甲办乙事。丙签丁件。", "丙签丁件。戊备案。")
    joined = _join(
        [Answer("", Status.ANSWERED, text, (), "SELECT * WHERE {}", confidence) for text, confidence in zip(told, (0.9, 0.8), strict=True)]
    )
    assert joined.answer == "甲办乙事。丙签丁件。戊备案。"
    assert joined.confidence == 0.8


def said(*norms: str, confidence: float = 0.95) -> Answer:
    """An answer that says ``norms``, each in a sentence and cited."""
    citations = tuple(Citation("1", "第一条", norm, f"x:{norm}") for norm in norms)
    return Answer("", Status.ANSWERED, "".join(f"{norm}。" for norm in norms), citations, "SELECT * WHERE {}", confidence)


@pytest.mark.parametrize(
    ("whole", "parts", "answer"),
    [
        (("甲请假", "乙报告"), (said("甲请假"), said("乙报告", "丙转报")), "甲请假。乙报告。丙转报。"),
        (("甲请假", "乙报告"), (said("甲请假"), said("乙报告", "丙转报", confidence=0.8)), "甲请假。乙报告。"),
        (("甲请假", "乙报告"), (said("甲请假"), said("乙报告")), "甲请假。乙报告。"),
        (("甲请假", "乙报告"), (said("甲请假"), said("丁开会", confidence=0.8)), "甲请假。乙报告。"),
        (("甲请假", "乙报告"), (said("甲请假", "丙转报"), said("丁开会", confidence=0.5), said("乙报告")), "甲请假。丙转报。乙报告。"),
    ],
    ids=[
        "a sure part tells more",
        "an unsure one",
        "they tell the same",
        "an unsure one instead of what the whole says",
        "one unsure among sure ones",
    ],
)
def test_parts_that_say_more_than_the_whole_are_said(whole: tuple[str, ...], parts: tuple[Answer, ...], answer: str) -> None:
    assert _put_together(said(*whole), parts).answer == answer


def test_an_answer_is_not_left_out_for_one_of_the_same_paragraph() -> None:
    """One sentence of the text may be quoted for two rules; the other answer that rests on it says something else."""
    one = replace(said("丙案", "丁案"), answer="公文由甲签发，重要的报乙。")
    two = replace(said("丙案", "丁案", "戊案"), answer="纪要由己整理。也可授权庚签发。")
    assert _join([one, two]).answer == one.answer + two.answer


def test_a_sentence_is_not_said_again_in_fewer_words() -> None:
    long, short = "这一类公文，一般由甲签发，也可授权乙签发；重要的报丙。", "这一类公文，也可授权乙签发。"
    assert _join([replace(said("子"), answer=long), replace(said("丑"), answer=short)]).answer == long
    judged = replace(said("丑"), answer=f"是。{short}")
    assert _join([replace(said("子"), answer=long), judged]).answer == long + judged.answer


@pytest.mark.parametrize(
    ("question", "has", "hasnot"),
    [
        ("局长要出差，离市前要报到哪个办公室？最后由办公室报给哪几位领导？", "分管副市长", "重大事项"),
        ("未经批准不得以什么名义去督查，这条管的是谁？", "不得以市政府名义开展督查", "越级行文"),
    ],
    ids=["what else it is about", "not what a part sounds like"],
)
def test_parts_are_answered_in_the_light_of_the_whole(answerer: Answerer, question: str, has: str, hasnot: str) -> None:
    answer = answerer.ask(question)
    assert has in answer.answer and hasnot not in answer.answer, answer.answer
