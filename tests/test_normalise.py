"""Questions as typed: one width, one script, nothing hidden, and every character knows where it came from."""

from __future__ import annotations

import random
import unicodedata
from itertools import pairwise
from typing import Any

import pytest
from asking import cases

from qa.normalise import normalise

ALPHABET = "市長簽發誰乾隻后裡麵Ａａ１①ﬁ㍿½（）? \t\n　\u0000\u200b\u202e\ud83d\ude00😀é́ǅß\ufeff第三十一条vice mayor"


@pytest.mark.parametrize("case", cases("normalise"))
def test_text(case: dict[str, Any]) -> None:
    assert normalise(case["question"]).text == case["text"]


def test_offsets_point_into_the_question() -> None:
    found = normalise(" 誰 簽發（三）")
    start = found.text.index("签发")
    begin, end = found.span(start, start + 2)
    assert found.question[begin:end] == "簽發"
    assert found.question[slice(*found.span(found.text.index("谁"), found.text.index("谁") + 1))] == "誰"


def test_one_character_that_becomes_several_keeps_its_place() -> None:
    found = normalise("甲ﬁ乙")
    assert found.text == "甲fi乙" and found.origins == (0, 1, 1, 2)


@pytest.mark.parametrize("seed", range(4))
def test_random_strings(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(150):
        question = "".join(
            chance.choice(ALPHABET) if chance.random() < 0.8 else chr(chance.randrange(0x110000)) for _ in range(chance.randrange(30))
        )
        found = normalise(question)
        shown = ascii(question)
        assert found.question == question, shown
        assert len(found.origins) == len(found.text), shown
        assert all(0 <= origin < len(question) for origin in found.origins), shown
        assert all(a <= b for a, b in pairwise(found.origins)), shown
        assert not any(unicodedata.category(c)[0] == "C" for c in found.text), shown
        assert "  " not in found.text and not found.text.startswith(" ") and not found.text.endswith(" "), shown
        found.text.encode()  # a surrogate would raise


@pytest.mark.parametrize("question", ["谁签发人事任免公文?", "第31条(三)oa系统", "vice mayor签发"])
def test_what_is_normal_stays(question: str) -> None:
    assert normalise(question).text == question
    assert normalise(normalise("誰　簽發Ａ？").text).text == normalise("誰　簽發Ａ？").text


def test_a_long_question_is_quick_enough_to_refuse() -> None:
    assert len(normalise("簽發" * 5000).text) == 10_000
