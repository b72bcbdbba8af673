"""Yes, no, or it depends: what the norms that a question is about say to what it puts, told from its words and its meaning.

Learnt from every wording whose answer is written (``reply`` in data/wordings). One near wording is not enough: 未经批准能不能办 and 经批准能不能办 are alike
in all but a character. Here every character, every pair and the sentence vector speak for each answer of each norm (:mod:`qa.sense`). What is denied is judged as if it
were put, and the answer turned round: weights are added up, and no sum can say that one of them turns round all the others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from qa.models import Intent
from qa.sense import Sense
from qa.topics import Vectors

_ROUNDS: Final = 20
"""Times that every wording is learnt from: there are a fifth as many as of all questions."""


_OPPOSITE: Final = {"yes": "no", "no": "yes"}
_TAG: Final = re.compile(
    r"(?P<right>[,，。]?(这样|这么|那|是)?(对|是|对的|没错|说得对|真|真的|是真的|没问题|这样|是这样|属实|正确)(吗|么|吧|嘛|不|没|呢)"
    r"|[,，]?(对不对|是不是|是否正确|对否|没错吧))[?？]?$|(吗|吧|么|嘛)[?？]?$"
)
"""What only makes a question of a sentence; ``right`` asks whether it is true as it stands."""
_EITHER: Final = re.compile(r"(?P<first>[^\W\d_]{1,2})[不没](?=(?P=first))")
"""What puts both answers: 能不能, 包括不包括."""
_EXCLUDED: Final = re.compile("(?<![包属算])不(?=包括|包含|属于|算)")
"""What says that something is not one of several."""
_DENIED: Final = re.compile(
    "不(?=在|是|含(?!糊)|能(?!参加|按期)|可以|可(?!分)|会|用|必|需要|需|得(?!不)|应|该|准|许|允许|适用|起|归|实行|列入|纳入)|(?<=[里中内])没(?=有)|没有(?=列入|纳入|包括|规定)"
)
"""What denies a sentence."""
_FORBIDDEN: Final = re.compile("(?<![可是])不(?=(行|成|可以|可|能|准|许|允许|让|合适)$)")
"""What denies at the end that something may be done: 不办不行吗."""
_PAUSE: Final = re.compile("[,，;；。]")


def statement(text: str) -> tuple[str, bool]:
    """What the question ``text`` puts, without what makes a question of it; where it denies something, what it denies, and true: 三感不包括归属感,对吗 →
    三感包括归属感.

    Other denials count only in a sentence of one clause that is put as a whole (…对吗): else what they deny is a condition (没批准能办吗) or one of
    several things."""
    tag = _TAG.search(text)
    put = _EITHER.sub("", text[: tag.start()] if tag else text)
    allowed, bans = _FORBIDDEN.subn("", put) if tag and not tag["right"] else (put, 0)
    if bans:
        return allowed, True
    included, times = _EXCLUDED.subn("", put)
    if times or _PAUSE.search(put):
        return included, times % 2 == 1
    denied, denials = _DENIED.subn("", put) if tag and tag["right"] else (put, 0)
    return (denied, True) if denials == 1 else (put, False)


def _turned(intent: Intent) -> Intent:
    return replace(intent, reply=_OPPOSITE.get(intent.reply, intent.reply) if intent.reply else None)


class Verdicts:
    """Tells for a question and the norms it is about how probable each answer is."""

    def __init__(self, replies: Replies, sense: Sense) -> None:
        self._replies, self._sense = replies, sense

    @classmethod
    def learn(cls, texts: Sequence[str], vectors: Vectors, intents: Sequence[Intent], replies: Replies) -> Verdicts:
        """Learn from those wordings whose answer is written; the n-th has the unit vector ``vectors[n]`` and asks ``intents[n]``."""
        put = [statement(text) for text in texts]
        told = [_turned(intent) if denied else intent for intent, (_, denied) in zip(intents, put, strict=True)]
        settled = [n for n, intent in enumerate(told) if replies.of(intent)]
        said = [put[n][0] for n in settled]
        return cls(replies, Sense.learn(said, vectors[settled], replies, [told[n] for n in settled], rounds=_ROUNDS))

    def __call__(self, text: str, vector: Vectors, asked: Sequence[Intent]) -> list[Mapping[str, float]]:
        """For each of the intents ``asked``, the probability of each answer (:data:`qa.models.REPLIES`) to the question ``text`` with the unit
        vector ``vector``; nothing where no wording about its norms has an answer."""
        put, denied = statement(text)
        likely = self._sense(put, vector) if len(self._replies) else np.zeros(0, np.float32)
        found = [self._replies.likely(intent, likely) for intent in asked]
        return [{_OPPOSITE.get(reply, reply): share for reply, share in of.items()} for of in found] if denied else found

    def save(self, path: Path) -> None:
        """Write what was learnt to ``path`` (``.npz``)."""
        self._sense.save(path)

    @classmethod
    def load(cls, path: Path, replies: Replies) -> Verdicts:
        """Read what ``save`` wrote; ``replies`` are those that it was learnt with."""
        return cls(replies, Sense.load(path))


class Replies:
    """The answers that wordings about each norm have, as topics by number (:class:`qa.topics.Topics`)."""

    def __init__(self, intents: Sequence[Intent]) -> None:
        self._rows: dict[str, dict[str, int]] = {}
        self._count = 0
        for intent in intents:
            for norm in intent.bound("norm") if intent.reply else ():
                rows = self._rows.setdefault(norm, {})
                if intent.reply and intent.reply not in rows:
                    rows[intent.reply] = self._count
                    self._count += 1

    def __len__(self) -> int:
        return self._count

    def of(self, intent: Intent) -> list[int]:
        """The answer of ``intent`` by each of its norms that has it; none where it has no answer."""
        rows = [self._rows.get(norm, {}) for norm in intent.bound("norm")]
        return [of[intent.reply] for of in rows if intent.reply in of] if intent.reply else []

    def likely(self, intent: Intent, probabilities: Vectors) -> Mapping[str, float]:
        """The probability of each answer by the norms of ``intent``: the mean over those that have answers, of all topics' ``probabilities``."""
        found: dict[str, float] = {}
        told = [self._rows[norm] for norm in intent.bound("norm") if norm in self._rows]
        for rows in told:
            shares = probabilities[[*rows.values()]]
            for reply, share in zip(rows, (shares / max(float(shares.sum()), float(np.finfo(np.float32).tiny))).tolist(), strict=True):
                found[reply] = found.get(reply, 0.0) + share / len(told)
        return found
