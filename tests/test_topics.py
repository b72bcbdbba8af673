"""What wordings are about, and how probabilities are shared out among it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from asking import share, whole

from qa.models import Intent
from qa.topics import Means, Names, Vectors, topics_of

SIGN = Intent("whole", (("norm", ("norm/31-3",)),))
CHAIR = Intent("whole", (("norm", ("norm/18",)),))
BOTH = Intent("whole", (("norm", ("norm/18", "norm/31-3")),))
TURNED = Intent("bearer", (("norm", ("norm/31-3", "norm/18")),))
SILENT = Intent("silence", (("silence", ("silence/pages",)),))
CHAT = Intent("chat", ())
FEW = Names(Counter([SIGN, CHAIR, BOTH, SILENT, CHAT]))
OFTEN = Names(Counter([SIGN, CHAIR, *[BOTH, TURNED] * 3, SILENT, CHAT]))


def likely(names: Names, *shares: tuple[Intent, float]) -> Vectors:
    """The probabilities with ``shares`` for what each intent is about."""
    probabilities = np.zeros(len(names), np.float32)
    for intent, part in shares:
        probabilities[names.of(intent)] += part
    return probabilities


def test_topics_are_norms_else_silences_else_the_family() -> None:
    assert topics_of(BOTH) == ("norm/18", "norm/31-3")
    assert topics_of(SILENT) == ("silence/pages",)
    assert topics_of(CHAT) == ("chat",)


def test_what_few_wordings_ask_for_at_once_is_its_norms() -> None:
    assert len(FEW) == 4 and not FEW.sets.any()
    assert sorted(FEW.of(BOTH)) == sorted([*FEW.of(SIGN), *FEW.of(CHAIR)])


def test_what_many_ask_for_at_once_is_a_topic_of_its_own_in_whatever_order() -> None:
    assert len(OFTEN) == 5 and OFTEN.sets.sum() == 1
    assert OFTEN.of(BOTH) == OFTEN.of(TURNED)
    assert not {*OFTEN.of(BOTH)} & {*OFTEN.of(SIGN), *OFTEN.of(CHAIR)}


def test_asking_for_more_than_is_meant_gains_nothing() -> None:
    for names in (FEW, OFTEN):
        probabilities = likely(names, (SIGN, 0.8), (SILENT, 0.2))
        assert share(names, probabilities, SIGN) == pytest.approx(0.8)
        assert share(names, probabilities, BOTH) == pytest.approx(0.4)


def test_what_is_asked_for_with_others_is_asked_for() -> None:
    probabilities = likely(OFTEN, (BOTH, 0.6), (SIGN, 0.3), (CHAT, 0.1))
    parted = OFTEN.parted(probabilities)
    assert parted.sum() == pytest.approx(1) and not parted[OFTEN.sets].any()
    assert share(OFTEN, parted, SIGN) == pytest.approx(0.6) and share(OFTEN, parted, CHAIR) == pytest.approx(0.3)
    assert whole(OFTEN, probabilities, BOTH) == pytest.approx(0.6) and whole(OFTEN, probabilities, SIGN) == pytest.approx(0.3)


def test_of_a_set_that_is_no_topic_the_whole_is_the_mean() -> None:
    assert whole(FEW, likely(FEW, (SIGN, 0.8), (CHAIR, 0.2)), BOTH) == pytest.approx(0.5)


def test_a_topic_that_no_wording_has_is_improbable() -> None:
    names = Names(Counter([SIGN]))
    assert share(names, likely(names, (SIGN, 1.0)), SILENT) == whole(names, likely(names, (SIGN, 1.0)), SILENT) == 0


def test_whether_any_silence_is_meant_is_told_from_all_of_them() -> None:
    odds = [FEW.unsaid(likely(FEW, (SILENT, share), (SIGN, 1 - share))) for share in (0.0, 0.5, 1.0)]
    assert odds[0] < 0 < odds[2] and odds[1] == pytest.approx(0, abs=1e-3)
    assert np.isfinite(odds).all()


def test_means_are_set_by_set_and_0_of_an_empty_one() -> None:
    means = Means([[0, 2], [], [1], [3, 1], []])
    probabilities = np.array([0.1, 0.2, 0.5, 0.2], np.float32)
    assert means(probabilities, np.array([0, 1, 2, 3, 4])) == pytest.approx([0.3, 0, 0.2, 0.2, 0])
    assert means(probabilities, np.array([3, 0])) == pytest.approx([0.2, 0.3])
