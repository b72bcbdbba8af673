"""What a question is about, learnt from the characters of made-up wordings."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from asking import share

from qa.diction import Diction
from qa.models import Intent
from qa.topics import Names

MEND = Intent("whole", (("norm", ("norm/mend",)),))
SHOW = Intent("silence", (("silence", ("silence/show",)),))
BOTH = Intent("whole", (("norm", ("norm/mend", "norm/tell")),))
CHAT = Intent("chat", ())
WORDINGS = [
    *((f"{what}查出的毛病要改吗", MEND) for what in ("审计", "监察", "法院", "检察")),
    *((f"{what}查出的毛病要公开吗", SHOW) for what in ("审计", "监察", "法院", "检察")),
    ("毛病改好了要报告吗", BOTH),
]


ASKED = [intent for _, intent in WORDINGS]
NAMES = Names(Counter(ASKED))


@pytest.fixture(scope="module")
def diction() -> Diction:
    return Diction.learn([text for text, _ in WORDINGS], NAMES, ASKED)


@pytest.mark.parametrize(("question", "meant", "other"), [("审计查出的毛病改不改", MEND, SHOW), ("审计查出的毛病公不公开", SHOW, MEND)])
def test_the_one_word_that_differs_tells(diction: Diction, question: str, meant: Intent, other: Intent) -> None:
    likely = diction(question)
    assert likely.sum() == pytest.approx(1, abs=1e-5)
    assert share(NAMES, likely, meant) > share(NAMES, likely, other)


def test_asking_for_more_than_is_meant_gains_nothing(diction: Diction) -> None:
    likely = diction("法院查出的毛病要改吗")
    assert share(NAMES, likely, MEND) > share(NAMES, likely, BOTH) > 0


def test_words_of_no_wording_and_no_words_speak_for_nothing(diction: Diction) -> None:
    few = diction("魑魅魍魉")
    assert few.max() == few.min() and np.isfinite(diction("？！")).all()
    assert share(NAMES, few, CHAT) == 0


def test_marks_widths_and_case_do_not_matter(diction: Diction) -> None:
    assert np.array_equal(diction("审计，查出的毛病 要改吗？"), diction("审计查出的毛病要改吗"))


def test_what_was_learnt_is_kept(diction: Diction, tmp_path: Path) -> None:
    diction.save(tmp_path / "diction.npz")
    kept = Diction.load(tmp_path / "diction.npz", NAMES)
    for question in ("审计查出的毛病改不改", "报告", "公开吗"):
        assert np.array_equal(diction(question), kept(question))
