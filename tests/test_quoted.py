"""Where quoted words stand in the text."""

from __future__ import annotations

import asking
import pytest
import yaml
from asking import BASE, INTENTS

from qa.models import Status
from qa.quoted import Quoted


@pytest.fixture(scope="module")
def quoted() -> Quoted:
    return Quoted(asking.store(), yaml.safe_load((INTENTS / "asking.yaml").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("question", "norms"),
    [
        ("“一文一事”是第几条的要求", ["27-p1-one-matter"]),
        ("哪一条写了“四风”", ["42-p1-four-winds"]),
        ("「三个务必」出自哪一条", ["42-p1-spirit"]),
        ("一文一事，写在第几条", ["27-p1-one-matter"]),
        ("“七个工作日”出现在几处", ["22-p1-issue", "25-p2-submit", "29-p2-reply"]),
        ("规则有没有提到“多头报文”", ["27-p1-no-multiple"]),
        ("“陪会”写进规则了吗", ["25-p1-company"]),
        ("网络传输规则里提没提", ["33-p2-online"]),
        ("规则有几处写到“陪会”", ["25-p1-company"]),
    ],
)
def test_the_norms_that_say_the_words(quoted: Quoted, question: str, norms: list[str]) -> None:
    found = quoted.places(asking.read(question), BASE)
    assert found is not None and [iri.rsplit("/", 1)[-1] for iri in found.intent.bound("norm")] == norms


@pytest.mark.parametrize("question", ["哪些地方提到参事", "参事在哪几条里出现过", "规则有几处写到参事"])
def test_every_place_of_words_that_are_not_quoted(quoted: Quoted, question: str) -> None:
    found = quoted.places(asking.read(question), BASE)
    assert found is not None and {iri.rsplit("/", 1)[-1].split("-")[0] for iri in found.intent.bound("norm")} == {"11", "14"}


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("“工作日”出现在几处", "4处，在3条里。"),
        ("“工作日”写在哪几条", "3条，共4处。"),
        ("“7个工作日”出现在几处", "3处。"),
        ("“一文一事”是第几条的要求", ""),
        ("有几条是以“坚持”开头的", "6条。"),
    ],
    ids=["places", "articles", "as many", "one place", "those that begin with it"],
)
def test_how_often_words_stand(quoted: Quoted, question: str, number: str) -> None:
    found = quoted.places(asking.read(question), BASE)
    assert found is not None and found.number == number


@pytest.mark.parametrize(
    ("question", "regulation"),
    [
        ("“一文一事”是什么意思", BASE),
        ("一文一事是第几条", BASE),
        ("工作会议有哪些规定", BASE),
        ("市政府办公室写进规则了吗", BASE),
        ("“经市政府同意”是不是批了才能写", BASE),
        ("“五年规划”写在第几条", BASE),
        ("“一文一事”是第几条的要求", "https://example.org/another"),
        ("“经市政府同意”要不要注明", BASE),
        ("要纠治哪几种“主义”？给干事的人撑腰，原话是怎么说的", BASE),
    ],
    ids=[
        "asks what they mean",
        "quotes nothing",
        "asks for all that is said",
        "stands in many places",
        "asks when they are written",
        "not in the text",
        "not in that regulation",
        "asks something else",
        "quoted in another sentence",
    ],
)
def test_what_is_no_question_of_where_words_stand(quoted: Quoted, question: str, regulation: str) -> None:
    assert quoted.places(asking.read(question), regulation) is None


def test_one_place_is_said_with_what_stands_there() -> None:
    answer = asking.answerer().ask("“一文一事”是第几条的要求？")
    assert (
        answer.status is Status.ANSWERED and answer.answer.startswith("第二十七条第一款：") and [c.ref for c in answer.citations] == ["27"]
    )


def test_several_places_are_counted_in_the_order_of_the_text() -> None:
    answer = asking.answerer().ask("“7个工作日”出现在哪几条？")
    assert answer.answer.startswith("3条。第二十二条第一款：") and answer.answer.index("第二十五条") < answer.answer.index("第二十九条")


def test_many_places_are_only_named() -> None:
    answer = asking.answerer().ask("“市政府办公室”出现在几处？")
    assert "：" not in answer.answer and "第二十一条第一款、" in answer.answer
