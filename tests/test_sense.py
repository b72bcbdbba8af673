"""What a question is about, learnt from the words and the vectors of made-up wordings."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from asking import share

from qa.models import Intent
from qa.sense import Sense
from qa.topics import Names

MEND = Intent("whole", (("norm", ("norm/mend",)),))
SHOW = Intent("silence", (("silence", ("silence/show",)),))
TELL = Intent("whole", (("norm", ("norm/tell",)),))
BOTH = Intent("whole", (("norm", ("norm/mend", "norm/tell")),))
WHO = ("审计", "监察", "法院", "检察", "巡察", "统计")
WORDINGS = [
    *((f"{who}查出的毛病要改吗", MEND) for who in WHO),
    *((f"{who}查出的毛病要公开吗", SHOW) for who in WHO),
    *((f"{who}查出的毛病要报告吗", TELL) for who in WHO),
]
TEXTS, ASKED = [text for text, _ in WORDINGS], [intent for _, intent in WORDINGS]
NAMES = Names(Counter(ASKED))
ALIKE = np.tile(np.array([1, 0, 0], np.float32), (len(TEXTS), 1))
APART = np.array([{MEND: (0, 1, 0), SHOW: (0, 0, 1), TELL: (1, 0, 0)}[intent] for intent in ASKED], np.float32)


@pytest.fixture(scope="module")
def sense() -> Sense:
    return Sense.learn(TEXTS, ALIKE, NAMES, ASKED)


@pytest.mark.parametrize(("question", "meant"), [("纪委查出的毛病改不改", MEND), ("毛病公开不公开", SHOW), ("毛病找谁报告", TELL)])
def test_the_words_tell_where_the_vectors_are_alike(sense: Sense, question: str, meant: Intent) -> None:
    likely = sense(question, ALIKE[0])
    assert likely.sum() == pytest.approx(1, abs=1e-5)
    assert share(NAMES, likely, meant) == likely.max() > 0.5


def test_the_vector_tells_where_the_words_are_unknown() -> None:
    sense = Sense.learn(TEXTS, APART, NAMES, ASKED)
    for intent, vector in zip(ASKED, APART, strict=True):
        likely = sense("魑魅魍魉", vector)
        assert share(NAMES, likely, intent) == likely.max()


def test_words_of_no_wording_and_no_words_are_no_fault(sense: Sense) -> None:
    assert np.array_equal(sense("魑魅魍魉", ALIKE[0]), sense("？！", ALIKE[0]))
    assert np.isfinite(sense("", ALIKE[0])).all()


def test_marks_widths_and_case_do_not_matter(sense: Sense) -> None:
    assert np.array_equal(sense("审计，查出的毛病 要改吗？", ALIKE[0]), sense("审计查出的毛病要改吗", ALIKE[0]))


def test_a_wording_of_two_topics_counts_for_both() -> None:
    texts = ["要改吗", "要报告吗", "怎么办"] * 8
    asked = [MEND, TELL, BOTH] * 8
    names = Names(Counter([MEND, TELL, BOTH]))  # too few ask for both for it to be a topic
    likely = Sense.learn(texts, np.zeros((24, 2), np.float32), names, asked)("怎么办", np.zeros(2, np.float32))
    assert share(names, likely, MEND) == pytest.approx(0.5, abs=0.1) == share(names, likely, TELL)


def test_a_single_wording_and_words_that_are_seen_once_are_learnt_from() -> None:
    sense = Sense.learn(["要改吗"], ALIKE[:1], NAMES, [MEND])
    assert share(NAMES, sense("怎么办", ALIKE[0]), MEND) > 0.5


def test_the_same_wordings_give_the_same(sense: Sense) -> None:
    again = Sense.learn(TEXTS, ALIKE, NAMES, ASKED)
    assert np.array_equal(sense("毛病公开不公开", ALIKE[0]), again("毛病公开不公开", ALIKE[0]))


def test_several_tell_their_mean(sense: Sense) -> None:
    other = Sense.learn(TEXTS, ALIKE, NAMES, ASKED, seed=1)
    one, two, both = (of("毛病公开不公开", ALIKE[0]) for of in (sense, other, Sense.mean([sense, other])))
    assert not np.array_equal(one, two)
    assert both == pytest.approx((one + two) / 2, abs=1e-6)


def test_what_was_learnt_is_kept(sense: Sense, tmp_path: Path) -> None:
    learnt = Sense.mean([sense, Sense.learn(TEXTS, ALIKE, NAMES, ASKED, seed=1)])
    learnt.save(tmp_path / "sense.npz")
    kept = Sense.load(tmp_path / "sense.npz")
    for question in ("纪委查出的毛病改不改", "报告", "公开吗"):
        assert kept(question, ALIKE[0]) == pytest.approx(learnt(question, ALIKE[0]), abs=0.01)
