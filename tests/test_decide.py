"""Deciding: yes and no as the question is put, and only where they are sure; confidence between 0 and 1; margins."""

from __future__ import annotations

import json
from typing import Any

import asking
import pytest
import yaml
from asking import INTENTS, cases

from qa.ambiguity import OPEN
from qa.combine import ALSO
from qa.decide import SIGNALS, Decider, agreed, same_ground, signals
from qa.models import Candidate, Intent
from qa.retrieve import FEATURES

RANKING = json.loads((INTENTS / "ranking.json").read_text("utf-8"))
REPLIES = yaml.safe_load((INTENTS / "replies.yaml").read_text("utf-8"))
CALM = dict.fromkeys(FEATURES, 0.0) | {"explained": 1.0}


def candidate(score: float, *norms: str, **features: float) -> Candidate:
    bindings = (("norm", norms),) if norms else ()
    return Candidate(Intent("whether" if norms else "silence", bindings), "", score, CALM | features, {})


@pytest.fixture
def decider() -> Decider:
    return Decider(RANKING, REPLIES)


@pytest.mark.parametrize("case", cases("replies"))
def test_reply(case: dict[str, Any], decider: Decider) -> None:
    best = candidate(1.0, "x:1", **dict.fromkeys(("yes", "no", "depends"), 0.0) | {case["reply"]: case.get("sure", 0.97)})
    assert decider.reply(asking.read(case["question"]), best, case.get("confidence", 1.0)) == case["says"]


def test_the_answer_that_is_not_to_be_given_is_not(decider: Decider) -> None:
    for reply, said in (("yes", ""), ("no", "没有。")):
        best = candidate(1.0, "x:1", **dict.fromkeys(("yes", "no", "depends"), 0.0) | {reply: 0.97})
        assert decider.reply(asking.read("市长有AB角吗"), best, 1.0, never="yes") == said


def test_two_judges_must_agree(decider: Decider) -> None:
    best = candidate(1.0, "x:1", yes=0.97, no=0.03, depends=0.0)
    asked = asking.read("市长签发吗")
    assert decider.reply(asked, best, 1.0, read={"yes": 0.97, "no": 0.02, "depends": 0.01}) == "是。"
    assert decider.reply(asked, best, 1.0, read={"yes": 0.3, "no": 0.6, "depends": 0.1}) == ""
    assert agreed({"yes": 1.0}, {}) == {"yes": 1.0}
    both = agreed({"yes": 0.5, "no": 0.5}, {"yes": 0.8, "no": 0.2, "depends": 0.0})
    assert both["yes"] == pytest.approx(2 * both["no"]) and sum(both.values()) == pytest.approx(1)


def test_what_one_judge_sees_depend_is_not_said(decider: Decider) -> None:
    asked = asking.read("市长签发吗")
    for depends, said in ((0.02, "是。"), (0.12, "")):
        best = candidate(1.0, "x:1", yes=0.99 - depends, no=0.01, depends=depends)
        assert decider.reply(asked, best, 1.0, read={"yes": 0.97, "no": 0.02, "depends": 0.01}) == said


def test_what_both_judges_are_certain_of_is_said(decider: Decider) -> None:
    """The norm excepts, and names, just what is asked: its words speak against an answer only as long as they are not read."""
    told = ["除交办事项外，不得直接向市长报送公文"]
    best = candidate(1.0, "x:1", yes=0.98, no=0.02, depends=0.0)
    asked = asking.read("交办事项可以直接报给市长吗")
    doubted, certain = {"yes": 0.7, "no": 0.2, "depends": 0.1}, {"yes": 0.97, "no": 0.02, "depends": 0.01}
    assert decider.reply(asked, best, 1.0, told, never="yes", read=doubted) == ""
    assert decider.reply(asked, best, 1.0, told, never="yes", read=certain) == "可以。"
    assert decider.reply(asked, best, 1.0, told, never="yes") == "", "one judge is not two"
    assert decider.reply(asked, best, 1.0, told, never="yes", read={"yes": 0.75, "no": 0.2, "depends": 0.05}) == ""
    against = asking.read("交办事项直接报给市长算违规吗")  # put so that a right answer would be misread
    assert decider.reply(against, best, 1.0, told, read=certain) == ""


def test_every_frame_can_say_both() -> None:
    for frame in REPLIES["frames"]:
        assert frame["affirm"].endswith("。") and frame["deny"].endswith("。") and frame["affirm"] != frame["deny"]
    assert REPLIES["frames"][-1]["when"] == "", "the last frame takes what no other does"


def test_the_settings_are_whole() -> None:
    assert set(RANKING["weights"]) == set(FEATURES)
    for name in ("confidence", "refusal"):
        assert set(RANKING[name]) == {*SIGNALS, "bias"}
    assert set(RANKING["also"]) == {*ALSO, "bias", "at", "least", "with"} and set(RANKING["open"]) == {
        *OPEN,
        "bias",
        "at",
        "listed",
        "near",
        "whole",
        "sure",
        "alike",
        "certain",
    }
    assert 0 < RANKING["suggest"] <= RANKING["answer"] < 1
    assert 0 < RANKING["reply"]["doubt"] < 0.5 and all(0.5 < RANKING["reply"][name] < 1 for name in ("yes", "no", "depends", "certain"))
    assert RANKING["note"], "how the thresholds were fitted"


def test_confidence_is_a_probability(decider: Decider) -> None:
    found = [candidate(9.0, "x:1", cosine=0.9), candidate(1.0, "x:2")]
    for refusing in (False, True):
        assert 0.0 < decider.confidence(found, refusing=refusing) < 1.0
        assert decider.confidence([], refusing=refusing) == 0.0


def test_a_clear_lead_is_surer_than_a_tie(decider: Decider) -> None:
    clear = [candidate(9.0, "x:1"), candidate(6.0, "x:2")]
    tie = [candidate(9.0, "x:1"), candidate(9.0, "x:2")]
    assert decider.confidence(clear) > decider.confidence(tie)


def test_a_list_has_no_rival_in_what_may_stand_in_it() -> None:
    """“哪些公文由市长签发” is no less sure for the wordings about one such document; a gap beside it makes it unsure."""
    entries = Candidate(Intent("documents-of", (("office", ("x:mayor",)),)), "", 9.0, CALM, {})
    gap = Candidate(Intent("silence", (("silence", ("x:gap",)),)), "", 8.5, CALM, {})
    assert signals([entries, candidate(8.9, "x:1"), candidate(8.8, "x:2")])["margin"] == 4.0
    assert signals([entries, candidate(8.9, "x:1"), gap])["margin"] == pytest.approx(0.5)


def test_sure_is_more_than_related(decider: Decider) -> None:
    assert decider.sure(0.999) and decider.related(0.999, 0.9)
    assert not decider.sure(0.0) and not decider.related(0.0, 0.9)


def test_what_is_far_from_every_wording_is_not_answered(decider: Decider) -> None:
    assert not decider.related(0.999, RANKING["far"] - 0.01)
    assert not decider.sure(RANKING["answer"] - 0.001) and decider.sure(RANKING["answer"])


def test_a_norm_has_no_rival_in_a_list_of_what_those_do_whom_it_names() -> None:
    """“哪些公文由副秘书长指导起草” is no less sure for the list of what the deputy secretary-general guides; for one of what the mayor does it is."""
    named = {"Office": frozenset({"x:deputy"}), "Action": frozenset({"x:guide", "x:draft"})}
    norm = Candidate(Intent("object", (("norm", ("x:1",)),)), "", 9.0, CALM, named)
    for bearer, margin in (("x:deputy", 4.0), ("x:mayor", 0.2)):
        entries = Candidate(Intent("documents-of", (("bearer", (bearer,)), ("action", ("x:guide",)))), "", 8.8, CALM, {})
        assert signals([norm, entries])["margin"] == pytest.approx(margin)


def test_the_margin_is_over_a_rival_on_other_ground() -> None:
    sister = Candidate(Intent("bearer", (("norm", ("x:1", "x:3")),)), "", 8.9, CALM, {})
    found = signals([candidate(9.0, "x:1"), sister, candidate(7.5, "x:2")])
    assert found["margin"] == pytest.approx(1.5)
    assert set(found) == set(SIGNALS)


def test_silence_is_the_lead_over_what_says_nothing() -> None:
    assert signals([candidate(9.0, "x:1"), candidate(8.0, "x:2"), candidate(7.0)])["silence"] == pytest.approx(2.0)
    assert signals([candidate(9.0), candidate(8.5, "x:2")])["silence"] == pytest.approx(0.5)


def test_a_lead_counts_only_so_far() -> None:
    alone, far = signals([candidate(9.0, "x:1")]), signals([candidate(99.0, "x:1"), candidate(0.0, "x:2")])
    assert alone["margin"] == far["margin"] == 4.0


@pytest.mark.parametrize(
    ("a", "b", "common"), [(("x:1",), ("x:1", "x:2"), True), (("x:1",), ("x:2",), False), ((), ("x:1",), False), ((), (), False)]
)
def test_common_ground(a: tuple[str, ...], b: tuple[str, ...], common: bool) -> None:
    one, two = (Intent("f", (("norm", iris),) if iris else ()) for iris in (a, b))
    assert same_ground(one, two) is common is same_ground(two, one)
