"""The index of the build: every canonical question is in it, and vectors are computed once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import asking
import numpy as np
import pytest
import yaml
from asking import INTENTS, ROOT

from qa.encoder import Vectors
from qa.index_build import canonical_questions, make_index, remembered
from qa.models import Intent


class Encoder:
    dimension = 2

    def __init__(self, fingerprint: str = "one") -> None:
        self.fingerprint, self.seen = fingerprint, list[str]()

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.seen += texts
        return np.array([[len(t), 1] for t in texts], np.float32).reshape(-1, 2)


def test_equal_texts_are_encoded_once(tmp_path: Path) -> None:
    first, second, other = Encoder(), Encoder(), Encoder("two")
    vectors = remembered(["甲", "乙乙", "甲"], first, tmp_path / "cache")
    assert vectors.tolist() == [[1, 1], [2, 1], [1, 1]] and first.seen == ["甲", "乙乙"]
    assert remembered(["丙丙丙", "甲"], second, tmp_path / "cache").tolist() == [[3, 1], [1, 1]] and second.seen == ["丙丙丙"]
    remembered(["甲"], other, tmp_path / "cache")
    assert other.seen == ["甲"], "the vectors of another model are not taken"


def test_the_builds_index_holds_every_canonical_question() -> None:
    questions, index = asking.questions(), asking.index()
    assert len(index.entries) == len(questions) == len(index.vectors) > 5000
    assert {e.intent for e in index.entries} == {intent for _, intent, _ in questions} == set(index.bags)
    assert np.allclose(np.linalg.norm(index.vectors.astype(np.float32), axis=1), 1, atol=2e-3)


def test_questions_are_unique_and_their_order_is_fixed() -> None:
    one, two = asking.questions(), canonical_questions(ROOT, asking.store(), asking.families())
    assert len(set(one)) == len(one)
    assert one == two


def test_entries_are_read_as_questions_are() -> None:
    intent = Intent("bearer", (("norm", ("x:1",)),))
    slots = yaml.safe_load((INTENTS / "slots.yaml").read_text("utf-8"))
    index = make_index(
        [("誰簽發公文？？", intent, "norm")], asking.store(), asking.linker(), slots, lambda texts: np.ones((len(texts), 2), np.float32)
    )
    (entry,) = index.entries
    assert entry.text == "谁签发公文" and "who" in entry.aspects and entry.origin == "norm"
    assert any(term.endswith("/sign") for term in entry.terms)


@pytest.mark.parametrize("cue", ["money", "years", "penalty"])
def test_no_norm_answers_what_no_slot_can_hold(cue: str) -> None:
    index = asking.index()
    intents = [e.intent for e in index.entries if e.intent.bound("norm")]
    assert all(index.cannot_answer(intent, [cue]) == 1 for intent in intents[:500])


def test_a_deadline_is_answered_by_norms_that_have_one() -> None:
    rows = asking.store().select("SELECT DISTINCT ?n WHERE { ?n gz:quote ?q ; gz:deadline ?d }")
    index = asking.index()
    assert rows and all(index.cannot_answer(Intent("deadline", (("norm", (str(r["n"]),)),)), ["how_long"]) == 0 for r in rows)
