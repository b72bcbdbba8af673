"""Fitting: the rows it learns from, what counts as right, and weights that order candidates."""

from __future__ import annotations

import json

import asking
import numpy as np
import pytest
from asking import ROOT

from qa.fit import QUESTIONS, SETTINGS, WRONG_COSTS, leaning_of, rescored, right, rows_of
from qa.index import Entry, Index
from qa.models import Candidate, Intent
from qa.retrieve import FEATURES

SILENT = {"silence"}
ROWS = [json.loads(line) for line in (ROOT / QUESTIONS).read_text("utf-8").splitlines() if line.strip()]


def candidate(score: float, *norms: str, **features: float) -> Candidate:
    bindings = ("norm", tuple(f"http://x/norm/{n}" for n in norms)) if norms else ("silence", ("x:s",))
    intent = Intent("bearer" if norms else "silence", (bindings,))
    return Candidate(intent, "", score, dict.fromkeys(FEATURES, 0.0) | features, {})


def test_the_rows_name_norms_that_are_there() -> None:
    assert len(ROWS) > 500
    known = {str(r["n"]).rsplit("/norm/", 1)[1] for r in asking.store().select("SELECT DISTINCT ?n WHERE { ?n gz:quote ?q }")}
    assert {name for row in ROWS for group in row["norms"] for name in group} <= known
    assert {row["kind"] == "norm" for row in ROWS} == {True, False}, "both answerable and unanswerable questions"


def test_the_rows_are_no_wordings() -> None:
    """What the weights are fitted on does not stand in the index, where it would always come first."""
    canonical = {e.text for e in asking.index().entries}
    copied = [row["question"] for row in ROWS if asking.read(row["question"]).text.rstrip("?。!") in canonical]
    assert len(copied) <= len(ROWS) // 50, copied[:5]


@pytest.mark.parametrize(
    ("wanted", "given", "is_right"),
    [
        ([["31-3-sign"]], candidate(1, "31-3-sign"), True),
        ([["1-a"], ["2-b"]], candidate(1, "2-b", "9-z"), True),
        ([["31-3-sign"]], candidate(1, "31-4-sign"), False),
        ([["31-3-sign"]], candidate(1), False),
        ([], candidate(1), True),
        ([], candidate(1, "31-3-sign"), False),
    ],
)
def test_right(wanted: list[list[str]], given: Candidate, is_right: bool) -> None:
    assert right({"norms": wanted}, given, SILENT) is is_right


def test_rescoring_orders_by_the_new_weights() -> None:
    weights = dict.fromkeys(FEATURES, 0.0) | {"cosine": 1.0}
    one, two = candidate(9.0, "1", cosine=0.1), candidate(1.0, "2", cosine=0.8)
    assert [(c.intent, c.score) for c in rescored([one, two], weights)] == [(two.intent, 0.8), (one.intent, 0.1)]


def test_the_settings_tell_what_they_were_fitted_on() -> None:
    settings = json.loads((ROOT / SETTINGS).read_text("utf-8"))
    assert QUESTIONS.as_posix() in settings["note"] and "guizhi fit" in settings["note"]
    assert "heldout" not in settings["note"]
    assert settings["weights"]["cosine"] > 0 and settings["weights"]["unfilled"] < 0
    assert WRONG_COSTS > 0


def test_wordings_become_rows_with_half_of_the_gaps() -> None:
    said = Intent("bearer", (("norm", ("http://x/norm/1-a", "http://x/norm/2-b")),))
    gap = Intent("silence", (("silence", ("http://x/silence/1-c",)),))
    rows = rows_of([("谁办", said), ("多少页", gap), ("多少字", gap), ("几页", gap)])
    assert [(row["question"], row["norms"], row["open"]) for row in rows] == [
        ("谁办", [["1-a"], ["2-b"]], False),
        ("多少页", [], False),
        ("几页", [], False),
    ]
    assert [row["open"] for row in rows_of([("谁办", said)], left_open=True)] == [True]


def test_a_half_said_question_wants_all_cases() -> None:
    """As fitted: how much of what may be meant a list covers counts for it, its length against it, but less so where a question sounds half-said."""
    weights = json.loads((ROOT / SETTINGS).read_text("utf-8"))["weights"]
    assert weights["covered"] > 0 and weights["norms"] < 0 < weights["norms_open"]


def test_the_leaning_goes_from_what_is_said_to_what_is_not() -> None:
    said, gap = Intent("bearer", (("norm", ("http://x/norm/1-a",)),)), Intent("silence", (("silence", ("http://x/silence/1-c",)),))
    entries = [Entry("", intent, frozenset(), frozenset(), {}) for intent in (said, said, gap, gap)]
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1], [-0.6, 0.8]], np.float32)
    leaning = leaning_of(Index(entries, vectors, {said: frozenset(), gap: frozenset()}, {}))
    assert [leaning(v) > 0 for v in vectors] == [False, False, True, True]
