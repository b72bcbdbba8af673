"""Ranking: one candidate an intent, its best wording; features between their bounds; what may be meant at all."""

from __future__ import annotations

import asking
import numpy as np
import pytest

from qa.entries import Entry
from qa.index import Index
from qa.models import Candidate, Intent, Mention, Reading
from qa.retrieve import FEATURES, blend, plausible, retrieve

SIGN, CHAIR, SILENT = (
    Intent("bearer", (("norm", ("n:1",)),)),
    Intent("bearer", (("norm", ("n:2",)),)),
    Intent("silence", (("silence", ("s:1",)),)),
)
COSINE = dict.fromkeys(FEATURES, 0.0) | {"cosine": 1.0}


def named(kind: str, *entities: str) -> dict[str, frozenset[str]]:
    return {kind: frozenset(entities)}


def reading(text: str, *terms: str, aspects: tuple[str, ...] = (), office: str = "") -> Reading:
    mentions = (Mention(0, 1, text[:1], (office,), "Office"),) if office else ()
    return Reading(text, mentions, terms, frozenset(aspects))


@pytest.fixture
def index() -> Index:
    entries = [
        Entry("谁签发公文", SIGN, frozenset({"签发", "公文"}), frozenset({"who"}), named("Office", "x:mayor")),
        Entry("公文找谁签", SIGN, frozenset({"签", "公文"}), frozenset({"who"}), {}),
        Entry("谁主持会议", CHAIR, frozenset({"主持", "会议"}), frozenset({"who"}), named("Office", "x:mayor", "x:vice"), "norm"),
        Entry("会议多少人", SILENT, frozenset({"会议"}), frozenset({"people"}), {}, "general"),
    ]
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1], [-0.6, 0.8]], np.float32)
    bags = {SIGN: frozenset({"签发", "签", "公文"}), CHAIR: frozenset({"主持"}), SILENT: frozenset()}
    return Index(entries, vectors, bags, {"n:1": frozenset({"who"}), "n:2": frozenset({"who"})})


def found(asked: Reading, index: Index, vector: tuple[float, float] = (1, 0), weights: dict[str, float] | None = None) -> list[Candidate]:
    return retrieve(asked, np.array(vector, np.float32), index, weights or COSINE)


def test_one_candidate_an_intent_by_its_best_wording(index: Index) -> None:
    candidates = found(reading("谁签发公文", "签发", "公文"), index)
    assert [c.intent for c in candidates] == [SIGN, CHAIR, SILENT]
    assert candidates[0].wording == "谁签发公文" and candidates[0].score == pytest.approx(1.0)
    assert [c.score for c in candidates] == sorted((c.score for c in candidates), reverse=True)


def test_the_score_is_the_weighted_sum(index: Index) -> None:
    weights = dict.fromkeys(FEATURES, 0.0) | {"cosine": 2.0, "explained": 3.0, "conflict": -1.0}
    for c in found(reading("谁签发公文", "签发", office="x:mayor"), index, weights=weights):
        assert c.score == pytest.approx(2 * c.features["cosine"] + 3 * c.features["explained"] - c.features["conflict"])
        assert set(FEATURES) <= set(c.features)


def test_features_stay_within_their_bounds(index: Index) -> None:
    for asked in (reading(""), reading("谁", "签发", aspects=("who", "people"), office="x:mayor"), reading("雨" * 60, "雨")):
        for c in found(asked, index):
            for name in ("votes", "explained", "used", "asked", "characters", "supported", "template"):
                assert 0.0 <= c.features[name] <= 1.0 + 1e-9, (name, c.features)


def test_words_that_are_shared_explain(index: Index) -> None:
    by_intent = {c.intent: c.features for c in found(reading("谁签发公文", "签发", "公文"), index)}
    assert by_intent[SIGN]["explained"] == pytest.approx(1.0) == by_intent[SIGN]["used"]
    assert by_intent[CHAIR]["explained"] == 0.0


def test_other_things_of_the_same_kind_are_in_conflict(index: Index) -> None:
    apart = {office: found(reading("谁", office=office), index)[0].features["apart"] for office in ("x:mayor", "x:sec")}
    assert apart == {"x:mayor": 0.0, "x:sec": 1.0}
    assert found(reading("谁"), index)[0].features["conflict"] == 1.0, "a name that only one of the two has"


def test_what_is_asked_must_agree(index: Index) -> None:
    by_intent = {c.intent: c.features for c in found(reading("多少人", aspects=("people",)), index)}
    assert by_intent[SIGN]["unasked"] == 1.0 == by_intent[SIGN]["unanswered"] == by_intent[SIGN]["unfilled"]
    assert by_intent[SILENT]["unasked"] == 0.0 == by_intent[SILENT]["unanswered"]


def test_the_nearest_vote_for_what_they_are_about(index: Index) -> None:
    by_intent = {c.intent: c.features for c in found(reading("谁"), index)}
    assert by_intent[SIGN]["votes"] == pytest.approx(2 / 20) and by_intent[CHAIR]["votes"] == pytest.approx(1 / 20)


def test_what_lists_all_cases_is_told_apart_where_a_question_sounds_half_said() -> None:
    both = Intent("bearer", (("norm", ("n:1", "n:2")),))
    entries = [Entry("谁签发公文", SIGN, frozenset({"签发"}), frozenset(), {}), Entry("谁签", both, frozenset({"签"}), frozenset(), {})]
    index = Index(entries, np.eye(2, dtype=np.float32), {SIGN: frozenset(), both: frozenset()}, {})
    for openness, share in ((0.0, 0.35), (9.0, 0.69)):
        candidates = retrieve(reading("谁签", "签"), np.array([0.6, 0.8], np.float32), index, COSINE, openness=openness)
        found = {c.intent: c.features for c in candidates}
        assert (found[both]["joint"], round(found[both]["norms"], 2), round(found[both]["norms_open"], 2)) == (1, 0.69, share)
        assert (found[SIGN]["joint"], found[SIGN]["norms"], found[SIGN]["norms_open"]) == (0, 0, 0)
        assert found[both]["covered"] == pytest.approx(2 * found[both]["certainty"])
        assert found[both]["covered_said"] == pytest.approx(2 * found[both]["worded"])


def test_a_question_that_leans_speaks_for_what_says_that_nothing_is_said(index: Index) -> None:
    leaning = {c.intent: c.features["leaning"] for c in retrieve(reading("谁"), np.array([1, 0], np.float32), index, COSINE, leaning=1.5)}
    assert (leaning[SILENT], leaning[SIGN]) == (1.5, -1.5)


# ---------------------------------------------------------------- what may be meant, and two readings


def candidate(intent: Intent, score: float, **features: float) -> Candidate:
    return Candidate(intent, "", score, {"unasked": 0.0, "general": 0.0, "explained": 1.0, "apart": 0.0, "conflict": 0.0} | features, {})


@pytest.mark.parametrize(
    ("kind", "features", "may"),
    [
        ("norm", {}, True),
        ("norm", {"unasked": 1.0}, True),
        ("list", {}, True),
        ("list", {"unasked": 1.0}, False),
        ("items", {"unasked": 1.0}, False),
        ("structure", {"unasked": 1.0}, False),
        ("silent", {"general": 1.0, "explained": 0.9}, True),
        ("silent", {"general": 1.0, "explained": 0.1}, False),
        ("silent", {"explained": 0.1}, True),
        ("silent", {"apart": 1.0}, False),
        ("silent", {"conflict": 2.0}, False),
        ("silent", {"conflict": 1.0}, True),
        ("norm", {"conflict": 2.0}, True),
        ("clarify", {"explained": 0.9}, True),
        ("clarify", {"explained": 0.1}, False),
    ],
)
def test_plausible(kind: str, features: dict[str, float], may: bool) -> None:
    assert plausible(candidate(SIGN, 1.0, **features), kind) is may


def test_two_readings_are_blended_by_the_mean() -> None:
    one = [candidate(SIGN, 4.0), candidate(CHAIR, 2.0)]
    two = [candidate(CHAIR, 5.0), candidate(SILENT, 1.0)]
    assert {c.intent: c.score for c in blend(one, two)} == {CHAIR: 3.5, SIGN: 2.5, SILENT: 1.5}
    assert blend(one, two)[0].intent == CHAIR
    assert blend(one, []) == one and blend([], two) == two and blend([], []) == []


def test_the_projects_candidates_are_ranked() -> None:
    """Over the real index: the candidates are distinct, ordered, and the right one is near the top for a plain question."""
    index = asking.index()
    asked = asking.read("谁签发市政府人事任免公文")
    row = next(i for i, e in enumerate(index.entries) if any(iri.endswith("/31-3-sign") for iri in e.intent.bound("norm")))
    candidates = retrieve(asked, index.vectors[row].astype(np.float32), index, COSINE)
    assert len({c.intent for c in candidates}) == len(candidates) > 5
    assert any(iri.endswith("/31-3-sign") for c in candidates[:3] for iri in c.intent.bound("norm"))
