"""Whether to answer: how sure the best candidate is, what a yes/no question is told, and what is too unsure to say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

from qa.models import DEPENDS, REPLIES, Candidate, Intent, Reading
from qa.vetoes import Vetoes

SIGNALS = (
    "score",
    "margin",
    "silence",
    "cosine",
    "reading",
    "explained",
    "supported",
    "conflict",
    "apart",
    "unasked",
    "asked",
    "unfilled",
    "leaning",
    "topic",
    "topic_whole",
    "certainty",
    "untold",
    "diction",
    "diction_whole",
    "worded",
    "unsaid",
)
"""What the confidence is made of; the coefficients stand in data (ranking.json)."""


_FAR = 4.0
"""A lead in score beyond which it says no more."""
_JUST = -1.5
"""Logarithm of the probability that a question is about one silence, from which that is said in its words."""
_NEVER = 1e-3
"""Probability of what no wording about a norm says."""
_REPLY_SURE = 0.8
"""Confidence below which no yes or no is said: a wrong one is the worst answer of all."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """A way to put a yes/no question, and how to say yes and no to it; what it asks for denied (``turns``), that turns round; ``early`` is what tells it
    before a last clause that tells nothing."""

    when: re.Pattern[str]
    affirm: str
    deny: str
    turns: re.Pattern[str] | None
    early: re.Pattern[str] | None


class Decider:
    """Turns candidates into a probability and a decision. Coefficients and thresholds come from data."""

    def __init__(self, ranking: Mapping[str, Any], replies: Mapping[str, Any]) -> None:
        """``ranking`` is ``ranking.json`` (confidence coefficients, thresholds), ``replies`` is ``replies.yaml``."""
        self._coefficients: Mapping[str, Mapping[str, float]] = {"answer": ranking["confidence"], "refusal": ranking["refusal"]}
        self._more: Mapping[str, float] = ranking["also"]
        self._open: Mapping[str, float] = ranking["open"]
        self._answer, self._suggest = float(ranking["answer"]), float(ranking["suggest"])
        self._refuse, self._far = float(ranking["refuse"]), float(ranking["far"])
        self._reply: Mapping[str, float] = ranking["reply"]
        self._small_talk = float(ranking["small_talk"])
        self._frames = [
            _Frame(
                re.compile(f["when"]), f["affirm"], f["deny"], *(re.compile(f[name]) if name in f else None for name in ("turns", "early"))
            )
            for f in replies["frames"]
        ]
        self._depends, self._agrees, self._disagrees = (str(replies[name]) for name in ("depends", "agrees", "disagrees"))
        self._not_every = str(replies["not_every"])
        self._plain, self._mask, self._every = (re.compile(replies[name]) for name in ("plain", "mask", "every"))
        self._vetoes = Vetoes(replies["vetoes"])

    def confidence(self, candidates: Sequence[Candidate], *, refusing: bool = False) -> float:
        """The estimated probability that the first of ``candidates`` is what was asked: that its norms answer it, or, ``refusing``, that the
        rules are silent as it says."""
        if not candidates:
            return 0.0
        s, weights = signals(candidates), self._coefficients["refusal" if refusing else "answer"]
        return _probability(weights, {name: s[name] for name in SIGNALS})

    def also(self, found: Mapping[str, float], adds: float) -> float:
        """The estimated probability that a rival with the signals ``found`` (:func:`qa.combine.also_signals`) belongs into the answer too;
        0 below the threshold for saying it, and where the question is hardly likely to be about what the rival ``adds`` (:func:`qa.combine.adds`)."""
        probability = _probability(self._more, found)
        return probability if probability >= self._more["at"] and adds >= self._more["least"] else 0.0

    def belongs(self, likely: float) -> bool:
        """Whether a rule that is read with another one is to be said too, in a sentence of its own, where the question is as ``likely`` about it."""
        return likely > 0 and log(likely) >= self._more["with"]

    def certain(self, confidence: float, cosine: float) -> bool:
        """Whether a wording at ``cosine`` is so near, and the answer so sure, that the question says what it is about."""
        return confidence >= self._open["sure"] and cosine >= self._open["alike"]

    def plain(self, confidence: float, certainty: float) -> bool:
        """Whether the answer is so sure, and its norm with so much ``certainty`` (a probability) what is meant, that nothing is left open."""
        return confidence >= self._open["sure"] and certainty >= self._open["certain"]

    def leaves_open(self, found: Mapping[str, float], cosine: float, *, listed: bool = False, sure: bool = False) -> bool:
        """Whether a question with the signals ``found`` (:func:`qa.ambiguity.open_signals`) is about the rules, the nearest wording being at
        ``cosine``, but does not say enough to be answered; or, where the cases that it may mean are ``listed``, for the list to be all of them. Where
        a single answer is ``sure`` it takes as much to ask back."""
        if cosine < self._open["near"] or (listed and cosine >= self._open["whole"]):
            return False
        return _probability(self._open, found) >= self._open["listed" if listed or sure else "at"]

    def silent(self, confidence: float) -> bool:
        """Whether to say at this confidence that the rules are silent, though they have something near to say."""
        return confidence >= self._refuse

    def exact(self, *likely: float) -> bool:
        """Whether a question is about just one silence: ``likely`` are the logarithms of the probabilities that it is, by several judges."""
        return max(likely) >= _JUST

    def sure(self, confidence: float) -> bool:
        """Whether to answer at this confidence."""
        return confidence >= self._answer

    def related(self, confidence: float, cosine: float) -> bool:
        """Whether the candidates, the best of them at ``cosine``, are near enough to be answers or to be offered as “您是否想问”."""
        return confidence >= self._suggest and self.near(cosine)

    def near(self, cosine: float) -> bool:
        """Whether a wording at ``cosine`` is about the same matter at all."""
        return cosine >= self._far

    def small_talk(self, cosine: float) -> bool:
        """Whether a turn whose nearest wording, at ``cosine``, is outside the rules is as surely so as small talk."""
        return cosine >= self._small_talk

    def reply(
        self,
        reading: Reading,
        candidate: Candidate,
        confidence: float,
        told: Sequence[str] = (),
        *,
        never: str = "",
        read: Mapping[str, float] | None = None,
    ) -> str:
        """The yes/no to say first, where it is sure that the norms of ``candidate`` are meant and what they say to what the question puts, and
        nothing that they have ``told`` speaks against it; else nothing. ``never`` is the answer (:data:`qa.models.REPLIES`) that is not to be given, ``read``
        how probable each is where question and norms are read together (:mod:`qa.entailment`). Where that judge too is certain, neither the words of
        the norms nor whom they name speaks against it any more: both have been read."""
        words = {reply: candidate.features[reply] for reply in REPLIES}
        likely = agreed(words, read or {})
        reply = max(likely, key=lambda name: likely[name])
        if "whether" not in reading.aspects or likely[reply] < self._reply[reply] or confidence < _REPLY_SURE:
            return ""
        if reply != DEPENDS and max(of.get(DEPENDS, 0.0) for of in (words, read or {})) >= self._reply["doubt"]:
            return ""  # one of the judges has seen that it depends on something
        certain = min((read or {}).get(reply, 0.0), likely[reply]) >= self._reply["certain"]
        if reply == never and not certain:
            return ""
        return self.unless_vetoed(self._in_words(reply, reading), reading, told, certain=certain)

    def unless_vetoed(self, said: str, reading: Reading, told: Sequence[str], *, certain: bool = False) -> str:
        """``said``, if nothing that the norms have ``told`` speaks against saying it to what the question puts; else nothing. Where it is ``certain`` only
        the question may speak against it."""
        return "" if said and self._vetoes(said, reading.text, told, certain=certain) else said

    def _in_words(self, reply: str, reading: Reading) -> str:
        if reply == DEPENDS:
            return self._depends
        *before, last = re.split(r"[,，;；。]", self._mask.sub("", reading.text.rstrip("?？。!！")))
        frame = next(f for f in self._frames if f.when.search(last))
        if frame is self._frames[-1]:
            frame = next((f for f in self._frames if f.early and any(map(f.early.search, before))), frame)
        if frame.turns and frame.turns.search(self._plain.sub("", last)):  # 不用报批吧: yes means that it need not
            if reply == "yes":
                return f"{self._agrees}{frame.deny}"
            # 每份都不能直接报吗: that it is not so of every one is not that it may be done
            return self._not_every if self._every.search(reading.text) else f"{self._disagrees}{frame.affirm}"
        return frame.affirm if reply == "yes" else frame.deny


def agreed(likely: Mapping[str, float], read: Mapping[str, float]) -> dict[str, float]:
    """How probable each answer is by two judges that see different things: the geometric mean; by the first alone where ``read`` is empty."""
    if not read:
        return dict(likely)
    both = {reply: sqrt((likely.get(reply, 0.0) + _NEVER) * read[reply]) for reply in read}
    return {reply: value / sum(both.values()) for reply, value in both.items()}


def _probability(coefficients: Mapping[str, float], found: Mapping[str, float]) -> float:
    return 1 / (1 + exp(-coefficients["bias"] - sum(coefficients[name] * value for name, value in found.items())))


def signals(candidates: Sequence[Candidate]) -> dict[str, float]:
    """The signals of the first candidate; ``margin`` is its lead over the best candidate that rests on other norms, ``silence``
    over the best that rests on none (of a candidate that rests on none: over the best that does)."""
    best = candidates[0]
    rival = next((c.score for c in candidates[1:] if not same_ground(c.intent, best.intent) and not _listed(c, best)), best.score - _FAR)
    other = next((c.score for c in candidates[1:] if bool(c.intent.bound("norm")) != bool(best.intent.bound("norm"))), best.score - _FAR)
    shown = {k: best.features[k] for k in SIGNALS[3:]}
    return {"score": best.score, "margin": min(best.score - rival, _FAR), "silence": min(best.score - other, _FAR), **shown}


def _listed(candidate: Candidate, best: Candidate) -> bool:
    """Whether the norms of one may be entries of a list that the other is: ``best``, which rests on none of its own, or ``candidate``, which lists what is
    done by somebody whom ``best`` names."""
    if best.intent.bound("norm"):
        named = {iri for iris in best.entities.values() for iri in iris}
        return bool(candidate.intent.bound("bearer")) and all(iri in named for _, iris in candidate.intent.bindings for iri in iris)
    return bool(candidate.intent.bound("norm")) and not best.intent.bound("silence")


def same_ground(a: Intent, b: Intent) -> bool:
    """Whether two intents rest on a common norm, so that answering one for the other misleads nobody."""
    mine = {iri for _, iris in a.bindings for iri in iris}
    return any(iri in mine for _, iris in b.bindings for iri in iris)
