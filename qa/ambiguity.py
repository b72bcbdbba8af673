"""Whether a question leaves open what it is about: 要几天, 请示由谁签发."""

from __future__ import annotations

from collections.abc import Sequence

from qa.combine import rivals
from qa.ground import Ground
from qa.models import Candidate, Reading

OPEN = (
    "first",
    "second",
    "third",
    "length",
    "meaning",
    "named",
    "used",
    "explained",
    "reading",
    "articles",
    "joint",
    "openness",
    "certainty",
    "worded",
    "several",
    "said_several",
)
"""What tells that a question is open; the coefficients stand in data (ranking.json)."""
_FAR = 6.0
"""A lead in score beyond which it says no more."""
_SHOWN = 4


def open_signals(reading: Reading, candidates: Sequence[Candidate], ground: Ground) -> dict[str, float]:
    """The signals of a question with its ``candidates`` (at least one): how far ahead the best is of the next three that rest on other
    norms, how much the question says and how half-said it sounds, how much of what the candidates say it says, and in how many articles they stand."""
    best = candidates[0]
    shown = [best, *cases(candidates)[1:]]
    gaps = [min(best.score - c.score, _FAR) for c in shown[1:]] + [_FAR] * 3
    return {
        "first": gaps[0],
        "second": gaps[1],
        "third": gaps[2],
        "length": float(len(reading.text)),
        "meaning": ground.meaning(reading),
        "named": float(sum(m.kind != "Action" for m in reading.mentions)),
        "used": _mean(shown[:3], "used"),
        "explained": _mean(shown[:3], "explained"),
        "reading": best.features["reading"],
        "articles": float(len({ground.article(c.intent) for c in shown})),
        "joint": float(len(best.intent.bound("norm")) > 1),
        "openness": best.features["openness"],
        "certainty": best.features["certainty"],
        **{name: best.features[name] for name in ("worded", "several", "said_several")},
    }


def cases(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best candidate and the next ones that may be meant instead, at most four."""
    if not candidates[0].intent.bound("norm"):
        return list(candidates[:_SHOWN])
    return [candidates[0], *rivals(candidates)[: _SHOWN - 1]]


def _mean(candidates: Sequence[Candidate], feature: str) -> float:
    return sum(c.features[feature] for c in candidates) / len(candidates)
