"""Several norms in one answer: comparisons, open cases, near neighbours."""

from __future__ import annotations

import pytest

from qa.combine import ALSO, also_signals, compared, elsewhere, narrowed, open_cases, rivals, together
from qa.models import Candidate, Intent, Mention, Reading


def reading(*mentions: tuple[str, str], aspects: tuple[str, ...] = ()) -> Reading:
    found = tuple(Mention(i, i + 1, name, (f"x:{name}",), kind) for i, (name, kind) in enumerate(mentions))
    return Reading("", found, (), frozenset(aspects))


def candidate(score: float, norm: str, family: str = "bearer", **entities: str) -> Candidate:
    named = {kind: frozenset(f"x:{name}" for name in names.split()) for kind, names in entities.items()}
    return Candidate(Intent(family, (("norm", (norm,)),) if norm else ()), norm, score, {}, named)


EXECUTIVE = candidate(9.0, "n:1", MeetingType="exec")
PLENARY = candidate(8.6, "n:2", MeetingType="plen")
BOTH = candidate(9.5, "n:3", MeetingType="exec plen")
TWO = [("exec", "MeetingType"), ("plen", "MeetingType")]


# ---------------------------------------------------------------- comparisons


@pytest.mark.parametrize("aspect", ["compare", "each"])
def test_each_thing_that_is_compared_has_its_candidate(aspect: str) -> None:
    assert compared(reading(*TWO, aspects=(aspect,)), [BOTH, PLENARY, EXECUTIVE]) == [EXECUTIVE, PLENARY]


def test_nothing_is_compared_that_was_not_asked_to_be() -> None:
    assert compared(reading(*TWO), [EXECUTIVE, PLENARY]) == []


def test_what_is_about_all_of_them_is_the_comparison() -> None:
    joint = Candidate(Intent("whole", (("norm", ("n:1", "n:2")),)), "both", 9.5, {}, BOTH.entities)
    assert compared(reading(*TWO, aspects=("compare",)), [joint, PLENARY, EXECUTIVE]) == [joint]
    assert compared(reading(*TWO, aspects=("compare",)), [candidate(9.9, "n:4"), joint, EXECUTIVE]) == [joint]


def test_one_thing_cannot_be_compared() -> None:
    assert compared(reading(("exec", "MeetingType"), aspects=("compare",)), [EXECUTIVE, PLENARY]) == []
    assert compared(reading(("exec", "MeetingType"), ("mayor", "Office"), aspects=("compare",)), [EXECUTIVE, PLENARY]) == []


def test_no_half_comparison() -> None:
    assert compared(reading(*TWO, aspects=("compare",)), [EXECUTIVE, candidate(8.0, "", MeetingType="plen")]) == []


def test_one_norm_of_both_is_no_comparison() -> None:
    same = [candidate(9.0, "n:1", MeetingType="exec"), candidate(8.0, "n:1", MeetingType="plen")]
    assert compared(reading(*TWO, aspects=("compare",)), same) == []


# ---------------------------------------------------------------- open cases


def test_cases_that_the_question_leaves_open() -> None:
    assert open_cases(reading(), [EXECUTIVE, PLENARY]) == [EXECUTIVE, PLENARY]


def test_a_question_that_names_the_case_leaves_nothing_open() -> None:
    assert open_cases(reading(("exec", "MeetingType")), [EXECUTIVE, PLENARY]) == []


@pytest.mark.parametrize(
    "other",
    [
        candidate(7.0, "n:2", MeetingType="plen"),
        candidate(8.9, "n:2", family="deadline", MeetingType="plen"),
        candidate(8.9, "n:1", MeetingType="plen"),
        candidate(8.9, "n:2", MeetingType="exec"),
        candidate(8.9, "n:2"),
    ],
    ids=["far behind", "asks another thing", "the same norm", "the same case", "no case"],
)
def test_what_is_no_open_case(other: Candidate) -> None:
    assert open_cases(reading(), [EXECUTIVE, other]) == []


def test_only_so_many_cases() -> None:
    many = [candidate(9.0, f"n:{i}", MeetingType=f"m{i}") for i in range(10)]
    assert 2 <= len(open_cases(reading(), many)) <= 4


# ---------------------------------------------------------------- what belongs into the answer too


class Known:
    """What is known of the norms: the article is the number before the dash; only 31-b has a new word for the question."""

    def article(self, intent: Intent) -> str | None:
        return intent.bound("norm")[0].split("-")[0] if intent.bound("norm") else None

    def gain(self, reading: Reading, told: Intent, more: Intent) -> float:
        return 0.5 if more.bound("norm") == ("31-b",) else 0.0

    def meetings(self, norm: str) -> frozenset[str]:
        return {"19-a": frozenset({"x:plen"}), "20-a": frozenset({"x:exec"}), "22-a": frozenset({"x:plen", "x:exec"})}.get(
            norm, frozenset()
        )

    def holds_for(self, norm: str, meetings: frozenset[str]) -> bool:
        return bool(self.meetings(norm) & meetings)


def rival(score: float, *norms: str, reading: float = 0.8, cosine: float = 0.8, conflict: float = 0.0) -> Candidate:
    return Candidate(
        Intent("bearer", (("norm", norms),)),
        "",
        score,
        {"reading": reading, "cosine": cosine, "conflict": conflict, "apart": 0.0, "topic": -score, "diction": -score}
        | {"openness": score, "several": 0.25, "said_several": 0.5},
        {},
    )


def test_rivals_rest_on_norms_that_none_before_rests_on() -> None:
    best, same, other, again = rival(9.0, "31-a"), rival(8.9, "31-a"), rival(8.0, "31-a", "31-b"), rival(7.0, "31-b")
    assert rivals([best, same, other, again]) == [other]
    assert rivals([best]) == []


def test_the_signals_tell_what_a_rival_adds() -> None:
    best = rival(9.0, "31-a")
    near = also_signals(reading(aspects=("compare",)), best, rival(8.5, "31-b", reading=0.9, conflict=1.0), Known())  # type: ignore[arg-type]  # a stand-in
    far = also_signals(reading(), best, rival(1.0, "32-a", "32-b"), Known())  # type: ignore[arg-type]  # a stand-in
    assert set(near) == set(far) == set(ALSO)
    assert (near["gap"], near["article"], near["gain"], near["each"], near["joint"]) == (0.5, 1.0, 0.5, 1.0, 0.0)
    assert (far["gap"], far["article"], far["gain"], far["each"], far["joint"]) == (4.0, 0.0, 0.0, 0.0, 1.0)
    assert near["reading"] == pytest.approx(0.1)
    assert (near["topic"], far["topic"]) == (-8.5, -1.0)
    assert (near["openness"], near["several"], near["said_several"]) == (9.0, 0.25, 0.5), "of the question, which the best has"
    assert (near["conflict"], near["apart"], near["named"], far["conflict"]) == (1.0, 0.0, 0.0, 0.0)


def test_together_asks_for_all_norms_once_and_says_no_yes() -> None:
    one = Candidate(Intent("whether", (("norm", ("n:1", "n:2")),), "yes"), "", 9.0, {}, {})
    found = together([one, candidate(8.0, "n:2"), candidate(7.0, "n:3")])
    assert found.intent == Intent("whether", (("norm", ("n:1", "n:2", "n:3")),))
    assert found.score == 9.0


def test_together_keeps_the_yes_it_is_given() -> None:
    assert together([rival(9.0, "31-a"), rival(8.0, "31-b")], "yes").intent.reply == "yes"


# ---------------------------------------------------------------- a meeting that is named


@pytest.mark.parametrize(
    ("named", "norms", "kept"),
    [
        (("plen",), ("19-a", "20-a"), ("19-a",)),
        (("plen",), ("19-a", "20-a", "22-a", "31-a"), ("19-a", "22-a", "31-a")),
        (("plen", "exec"), ("19-a", "20-a"), ("19-a", "20-a")),
        ((), ("19-a", "20-a"), ("19-a", "20-a")),
        (("office",), ("19-a", "20-a"), ("19-a", "20-a")),
        (("plen",), ("20-a",), ("20-a",)),
    ],
    ids=[
        "the other meeting",
        "what is about both or none stays",
        "both named",
        "none named",
        "none about the one named",
        "nothing to choose from",
    ],
)
def test_norms_about_other_meetings_than_the_one_named_are_left_out(
    named: tuple[str, ...], norms: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    asked = reading(*[(name, "MeetingType") for name in named], ("mayor", "Office"))
    found = narrowed(asked, rival(9.0, *norms), Known())  # type: ignore[arg-type]  # a stand-in
    assert found.intent == Intent("bearer", (("norm", kept),))


@pytest.mark.parametrize(
    ("named", "norms", "is_elsewhere"),
    [
        ("exec", ("19-a",), True),
        ("plen", ("19-a",), False),
        ("plen", ("20-a", "22-a"), False),
        ("plen", ("31-a",), False),
        ("plen", (), False),
    ],
    ids=["another meeting", "the same meeting", "one of them is", "no meeting", "no norm"],
)
def test_what_holds_for_other_meetings_only(named: str, norms: tuple[str, ...], is_elsewhere: bool) -> None:
    assert elsewhere(reading((named, "MeetingType")), rival(9.0, *norms), Known()) is is_elsewhere  # type: ignore[arg-type]  # a stand-in


def test_whether_the_meeting_named_is_the_right_one_is_told_by_what_holds_for_others() -> None:
    asked = reading(("exec", "MeetingType"), aspects=("whether",))
    assert not elsewhere(asked, rival(9.0, "19-a"), Known())  # type: ignore[arg-type]  # a stand-in


def test_no_meeting_named_is_not_elsewhere() -> None:
    assert not elsewhere(reading(("mayor", "Office")), rival(9.0, "19-a"), Known())  # type: ignore[arg-type]  # a stand-in
