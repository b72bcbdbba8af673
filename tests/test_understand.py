"""Readings of one question: as written, put right, and the sentence that asks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import asking
import numpy as np
import pytest
from asking import tiny_linker

from qa.encoder import Vectors
from qa.index import Entry, Index
from qa.leaning import Leaning
from qa.link import Linker
from qa.models import Intent
from qa.retrieve import FEATURES
from qa.typos import Speller
from qa.understand import Understanding, asking_sentence

SIGN, OTHER = Intent("bearer", (("norm", ("http://x/norm/31-3-sign",)),)), Intent("bearer", (("norm", ("http://x/norm/20-p1-chair",)),))
STORY = "我是刚到办公室工作的新人，昨天领导交给我一份干部任免的公文，"
SOUNDS = {"会": ["hui"], "议": ["yi"], "意": ["yi"], "谁": ["shui"], "主": ["zhu"], "持": ["chi"]}
WEIGHTS = dict.fromkeys(FEATURES, 0.0) | {"cosine": 1.0, "explained": 1.0}


class Encoder:
    """A stand-in for the model: questions of meetings point one way, all others the other way."""

    dimension = 2
    fingerprint = "stand-in"

    def __init__(self) -> None:
        self.seen: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.seen += texts
        return np.array([[0, 1] if "会议" in t else [1, 0] for t in texts], np.float32)


@pytest.fixture
def linker(tmp_path: Path) -> Linker:
    return tiny_linker(
        tmp_path, [("会议", "x:meeting", "MeetingType"), ("公文", "x:doc", "DocumentType"), ("主持", "x:chair", "Action")], words="谁 签发"
    )


def understanding(linker: Linker) -> tuple[Understanding, Encoder]:
    entries = [
        Entry("谁签发公文", SIGN, frozenset({"x:doc", "签发", "谁"}), frozenset({"who"}), {}),
        Entry("谁主持会议", OTHER, frozenset({"x:meeting", "x:chair", "谁"}), frozenset({"who"}), {}),
    ]
    index = Index(entries, np.array([[1, 0], [0, 1]], np.float32), {SIGN: frozenset(), OTHER: frozenset()}, {})
    encoder = Encoder()
    return Understanding(
        linker,
        Speller({"会议": 5}, SOUNDS, linker.frequency, list),
        encoder,
        index,
        weights=WEIGHTS,
        asks=asking.asks(),
        leaning=Leaning(np.zeros(1, np.float32)),
        openness=Leaning(np.zeros(1, np.float32)),
    ), encoder


def test_as_it_is_written(linker: Linker) -> None:
    mind, _ = understanding(linker)
    read = mind.understand(mind.read("谁签发公文"))
    assert read.reading.text == "谁签发公文" and read.candidates[0].intent == SIGN


def test_put_right_where_that_is_understood_better(linker: Linker) -> None:
    mind, _ = understanding(linker)
    read = mind.understand(mind.read("谁主持会意"))
    assert read.reading.text == "谁主持会议" and read.candidates[0].intent == OTHER


def test_not_put_right_where_that_helps_nothing(linker: Linker) -> None:
    mind, _ = understanding(linker)
    assert mind.understand(mind.read("谁签发公文会意")).reading.text == "谁签发公文会意"


def test_each_text_is_encoded_once(linker: Linker) -> None:
    mind, encoder = understanding(linker)
    mind.understand(mind.read("谁签发公文"))
    assert encoder.seen == ["谁签发公文"]


def test_the_sentence_that_asks_has_its_say(linker: Linker) -> None:
    mind, encoder = understanding(linker)
    read = mind.understand(mind.read(f"{STORY}下午要开会议，谁签发公文？"))
    assert len(encoder.seen) == 2 and encoder.seen[1].endswith("谁签发公文？")
    assert {c.intent for c in read.candidates} == {SIGN, OTHER}


def test_a_question_about_an_article_stays_in_it(linker: Linker) -> None:
    mind, _ = understanding(linker)
    assert [c.intent for c in mind.understand(mind.read("第三十一条里谁主持会议")).candidates] == [SIGN]
    assert len(mind.understand(mind.read("第四十条里谁主持会议")).candidates) == 2, "where nothing is in it, all are kept"


def test_a_correction_that_is_not_believed_changes_nothing(linker: Linker) -> None:
    mind, encoder = understanding(linker)
    mind.understand(mind.read(f"{STORY}谁签发会意公文的会意稿子？"))
    assert not any("会议" in text for text in encoder.seen[2:])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("谁签发公文", "谁签发公文"),
        (f"{STORY}请问这样的公文应当由哪一位领导签发？谢谢您！", "请问这样的公文应当由哪一位领导签发？"),
        (f"{STORY}拿不准，该找谁签？", "拿不准，该找谁签？"),
        (f"{STORY}请您尽快把这件事情告诉我们办公室。", "请您尽快把这件事情告诉我们办公室。"),
        ("", ""),
    ],
)
def test_asking_sentence(text: str, sentence: str) -> None:
    assert asking_sentence(text, asking.asks()) == sentence
