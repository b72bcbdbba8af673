"""Verdicts: what the norms say to what a yes/no question puts, told from all wordings whose answer is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qa.models import REPLIES, Intent
from qa.verdict import Replies, Verdicts

SIGN, REPORT = "n:sign", "n:report"


def asks(norm: str, reply: str | None = None) -> Intent:
    return Intent("whether", (("norm", (norm,)),), reply)


SAID = [
    ("未经批准能办吗", asks(SIGN, "no")),
    ("没有批准可以办吗", asks(SIGN, "no")),
    ("未经批准就办行吗", asks(SIGN, "no")),
    ("经批准能办吗", asks(SIGN, "yes")),
    ("批准以后可以办吗", asks(SIGN, "yes")),
    ("经过批准再办行吗", asks(SIGN, "yes")),
    ("要报备吗", asks(REPORT, "yes")),
    ("用不用报备", asks(REPORT, "yes")),
    ("报备的是谁", asks(REPORT)),
]
TEXTS, INTENTS = [text for text, _ in SAID], [intent for _, intent in SAID]
ALIKE = np.tile(np.eye(1, 4, dtype=np.float32), (len(SAID), 1))


@pytest.fixture(scope="module")
def verdicts() -> Verdicts:
    return Verdicts.learn(TEXTS, ALIKE, INTENTS, Replies(INTENTS))


@pytest.mark.parametrize(
    ("text", "reply"), [("未经批准能办么", "no"), ("没有批准可以办么", "no"), ("经批准能办么", "yes"), ("批准了再办行吗", "yes")]
)
def test_the_words_tell(verdicts: Verdicts, text: str, reply: str) -> None:
    (likely,) = verdicts(text, ALIKE[0], [asks(SIGN)])
    assert max(likely, key=lambda name: likely[name]) == reply
    assert sum(likely.values()) == pytest.approx(1) and set(likely) <= set(REPLIES)


def test_each_norm_has_its_answers(verdicts: Verdicts) -> None:
    likely = verdicts("要报备吗", ALIKE[0], [asks(REPORT), asks("n:unknown"), Intent("silence", ())])
    assert likely == [{"yes": pytest.approx(1)}, {}, {}]


def test_several_norms_have_the_mean(verdicts: Verdicts) -> None:
    together = Intent("whether", (("norm", (SIGN, REPORT, "n:unknown")),))
    both, one = verdicts("未经批准能办吗", ALIKE[0], [together, asks(SIGN)])
    assert both["yes"] == pytest.approx((one["yes"] + 1) / 2) and both["no"] == pytest.approx(one["no"] / 2)


def test_rules_without_yes_or_no_have_no_verdicts(tmp_path: Path) -> None:
    intents = [asks(SIGN), asks(REPORT)]
    none = Verdicts.learn(["谁签", "谁报"], ALIKE[:2], intents, Replies(intents))
    none.save(tmp_path / "verdicts.npz")
    for verdicts in (none, Verdicts.load(tmp_path / "verdicts.npz", Replies(intents))):
        assert verdicts("谁签", ALIKE[0], intents) == [{}, {}]


def test_what_was_learnt_is_kept(verdicts: Verdicts, tmp_path: Path) -> None:
    verdicts.save(tmp_path / "verdicts.npz")
    kept = Verdicts.load(tmp_path / "verdicts.npz", Replies(INTENTS))
    for text in TEXTS:
        (ours,), (theirs,) = (v(text, ALIKE[0], [asks(SIGN)]) for v in (verdicts, kept))
        assert theirs == pytest.approx(ours, abs=0.01)
