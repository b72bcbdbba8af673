"""Verdicts: what the norms say to what a yes/no question puts, told from all wordings whose answer is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qa.models import REPLIES, Intent
from qa.verdict import Replies, Verdicts, statement

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


@pytest.mark.parametrize(
    ("text", "put", "turned"),
    [
        ("副市长协助市长工作,对吗", "副市长协助市长工作", False),
        ("纪要由市长签吧", "纪要由市长签", False),
        ("三感不包括归属感,对吗", "三感包括归属感", True),
        ("三感包不包括归属感", "三感包括归属感", False),
        ("副局长不算组成人员,是吧", "副局长算组成人员", True),
        ("副局长算不算组成人员", "副局长算组成人员", False),
        ("秘书长在不在组成人员里", "秘书长在组成人员里", False),
        ("可不可以委托", "可以委托", False),
        ("县长不是组成人员,对吧", "县长是组成人员", True),
        ("职能里没有国防,对吗", "职能里有国防", True),
        ("群众来信不能由秘书代批,是吗", "群众来信能由秘书代批", True),
        ("没有授权不能签,对吗", "没有授权能签", True),
        ("没有授权能签吗", "没有授权能签", False),
        ("不用政协审核,要负责同志审核,对吗", "不用政协审核,要负责同志审核", False),
        ("未经批准不能办吗", "未经批准不能办", False),
        ("写序也不行吗", "写序也行", True),
        ("建议不办不行吗", "建议不办行", True),
        ("行不行", "行", False),
        ("", "", False),
    ],
)
def test_what_a_question_puts(text: str, put: str, turned: bool) -> None:
    assert statement(text) == (put, turned)


def test_not_among_several_is_the_opposite_of_among_them() -> None:
    intents = [asks(SIGN, "yes"), asks(SIGN, "yes"), asks(SIGN, "no"), asks(SIGN, "no")]
    said = ["包括安全感吗", "有安全感吗", "包括归属感吗", "有归属感吗"]
    likely = [
        Verdicts.learn(said, ALIKE[:4], intents, Replies(intents))(f"不包括{x}吗", ALIKE[0], [asks(SIGN)])[0] for x in ("安全感", "归属感")
    ]
    assert likely[0]["no"] > 0.5 and likely[1]["yes"] > 0.5
