"""Questions that leave open what they are about."""

from __future__ import annotations

import asking

from qa.ambiguity import OPEN, cases, open_signals
from qa.ground import Ground
from qa.models import Candidate, Intent

BEST = {
    "used": 0.5,
    "explained": 1.0,
    "reading": 0.8,
    "openness": 1.5,
    "certainty": 0.7,
    "worded": 0.2,
    "several": 0.3,
    "said_several": 0.4,
}


def candidate(score: float, *norms: str) -> Candidate:
    return Candidate(Intent("bearer", (("norm", tuple(f"{asking.BASE}/norm/{n}" for n in norms)),)), "", score, BEST, {})


def test_the_signals_are_those_that_are_fitted() -> None:
    ground = Ground(asking.store(), asking.index())
    found = open_signals(asking.read("谁签发"), [candidate(9.0, "31-3-sign"), candidate(8.5, "30-p2-sign")], ground)
    assert set(found) == set(OPEN)
    assert (found["first"], found["second"], found["articles"], found["named"], found["joint"]) == (0.5, 6.0, 2.0, 0.0, 0.0)
    assert [found[name] for name in ("openness", "certainty", "worded", "several", "said_several")] == [1.5, 0.7, 0.2, 0.3, 0.4]


def test_the_cases_rest_on_different_norms() -> None:
    best, same, other = candidate(9.0, "31-3-sign"), candidate(8.9, "31-3-sign"), candidate(8.0, "30-p2-sign")
    assert cases([best, same, other]) == [best, other]
