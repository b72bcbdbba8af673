"""A question that asks several things → the single questions, each complete."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from qa.asks import Asks
from qa.dialogue import THINGS, WHO, Belongs, resolve
from qa.models import Reading

_TOPIC = 16
"""Characters before the word that asks which still are a topic, not a story."""
_SUBJECTS = frozenset("谁哪什啥何几多由归")
"""What begins a question that has another subject, or none."""
_SENTENCE, _PAUSE = re.compile(r"(?P<said>[^?？;；。!！]+)(?P<question>[?？])?"), re.compile(r"([,，、])")
_LAST = re.compile(r"(?P<asked>.+?)(?P<pause>—+|--+|[,，:：])(?P<told>[^,，、:：—]+?)[?？。]*$")
"""Questions, and what all of them are about told after them."""
_BESIDES = "除"
"""What begins a clause that the one after it goes on: 除了听大伙咋说,还要做什么."""
_TAIL = re.compile("(?<=[,，:：、])[^,，:：、]{1,3}$")
"""What of a topic belongs to what is asked first: 集体充电,学什么,图什么."""
_ON = re.compile("(是|有|又|都)+$")
"""What only goes on from what is told to a question."""


class Part(NamedTuple):
    """A single question: its ``text`` with what it leaves out, and ``alone``, as it stands."""

    text: str
    alone: str


def in_order(text: str, read: Callable[[str], Reading], asks: Asks) -> str:
    """``text`` with what several questions are about before them, where it is told after them and they name nothing: 谁起草,谁签发,常务会议的纪要."""
    if (found := _LAST.fullmatch(text)) is None or any(m.kind in THINGS for m in read(found["asked"]).mentions):
        return text
    if asks(found["told"]) and found["pause"][0] not in "—-":
        return text
    topic = _ON.sub("", asks.topic(found["told"]))
    several = sum(map(asks, _clauses(found["asked"], asks))) > 1
    return topic + found["asked"] if several and any(m.kind in THINGS for m in read(topic).mentions) else text


def split(text: str, read: Callable[[str], Reading], asks: Asks, belongs: Belongs | None = None) -> list[Part]:
    """The single questions in normalised ``text``; one that leaves out what it is about takes it from the one before. Only the whole ``text``
    where it asks one thing. ``belongs`` is as in :func:`qa.dialogue.resolve`."""
    clauses: list[str] = []
    asking: list[int] = []
    for sentence in _SENTENCE.finditer(text):
        found = _clauses(sentence["said"], asks)
        last = len(found) - 1 if sentence["question"] else None  # a question mark makes a question of what has no word that asks
        asking += [len(clauses) + i for i, c in enumerate(found) if (i == last or asks(c)) and not asks.nothing(c)]
        clauses += found
    if len(asking) < 2:
        return [Part(text, text)]
    parts: list[Part] = []
    for i in asking:
        told = ",".join(c for j, c in enumerate(clauses[:i]) if j not in asking and j > max((a for a in asking if a < i), default=-1))
        part = f"{told},{clauses[i]}" if told else clauses[i]
        parts.append(Part(_complete(part, parts[-1].text, read, asks, belongs) if parts else part, part))
    return parts


def _clauses(sentence: str, asks: Asks) -> list[str]:
    """``sentence`` cut at each pause after which something is asked."""
    pieces = _PAUSE.split(sentence)
    clauses = [pieces[0]]
    for pause, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if asks(piece) and (pause != "、" or asks(clauses[-1])) and not clauses[-1].startswith(_BESIDES):
            clauses.append(piece)
        else:
            clauses[-1] += pause + piece
    return [c.strip(",， ") for c in clauses if c.strip(",， ")]


def _complete(part: str, before: str, read: Callable[[str], Reading], asks: Asks, belongs: Belongs | None) -> str:
    """``part`` with what the part ``before`` it was about, if it names nothing itself: 上会的稿子谁起草,谁来审 → 上会的稿子谁来审."""
    reading = read(part)
    topic = _TAIL.sub("", asks.topic(before))
    if not any(m.kind in THINGS for m in reading.mentions) and 2 <= len(topic) <= _TOPIC:
        return topic + part
    completed = resolve(reading, [read(before)], asks, read, belongs, short=24)
    who = next((m for m in read(before).mentions if m.kind in WHO and not m.start), None)
    subject = part[0] in _SUBJECTS or any(m.kind in WHO or (m.kind in THINGS and not m.start) for m in reading.mentions)
    if completed == part and who and not subject:
        return who.surface + part  # the same person goes on: 秘书长负责什么,离市出差向谁请假
    return completed
