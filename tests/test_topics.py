"""What a question is about, learnt from made-up wordings in two dimensions: along the first they scatter, the second tells them apart."""

from __future__ import annotations

import numpy as np
import pytest

from qa.models import Intent
from qa.topics import Topics, topics_of

SIGN = Intent("whole", (("norm", ("norm/31-3",)),))
CHAIR = Intent("whole", (("norm", ("norm/18",)),))
BOTH = Intent("whole", (("norm", ("norm/18", "norm/31-3")),))
SILENT = Intent("silence", (("silence", ("silence/pages",)),))
CHAT = Intent("chat", ())


def unit(x: float, y: float) -> np.ndarray:
    return np.array([x, y], np.float32) / np.float32(np.hypot(x, y))


@pytest.fixture(scope="module")
def topics() -> Topics:
    scattered = np.linspace(-2, 2, 21)
    vectors = np.array([*(unit(x, 1) for x in scattered), *(unit(x, -1) for x in scattered)])
    return Topics([SIGN] * 21 + [CHAIR] * 21, vectors)


def test_what_sets_topics_apart_counts_more_than_what_is_near(topics: Topics) -> None:
    asked = unit(2, 0.4)  # nearer to a wording of the other topic, unit(2, -1), than to the mean of its own
    assert asked @ unit(2, -1) > asked @ unit(0, 1)
    likely = topics(asked)
    assert topics.share(likely, SIGN) > 0.55
    assert topics.share(likely, SIGN) + topics.share(likely, CHAIR) == pytest.approx(1, abs=1e-6)


def test_a_wording_of_two_topics_counts_for_both(topics: Topics) -> None:
    likely = topics(unit(0, 1))
    assert topics.share(likely, BOTH) == pytest.approx(1, abs=1e-6)
    shared = Topics([SIGN, BOTH, CHAIR], np.array([unit(0, 1), unit(1, 0), unit(0, -1)]))
    assert shared.share(shared(unit(1, 0)), SIGN) == pytest.approx(shared.share(shared(unit(1, 0)), CHAIR), abs=1e-5)


def test_a_topic_that_no_wording_has_is_improbable(topics: Topics) -> None:
    assert topics.share(topics(unit(0, 1)), SILENT) == 0


def test_topics_are_norms_else_silences_else_the_family() -> None:
    assert topics_of(BOTH) == ("norm/18", "norm/31-3")
    assert topics_of(SILENT) == ("silence/pages",)
    assert topics_of(CHAT) == ("chat",)


def test_wordings_that_are_all_alike_are_told_apart_too() -> None:
    alike = Topics([SIGN, SIGN, CHAIR], np.array([unit(0, 1), unit(0, 1), unit(1, 0)]))
    assert alike.share(alike(unit(0.1, 1)), SIGN) > 0.8
