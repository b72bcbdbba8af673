"""A question that asks several things → the single questions, each complete."""

from __future__ import annotations

import re
from collections.abc import Callable

from qa.dialogue import THINGS, resolve
from qa.models import Reading
from qa.understand import ASKS

_TOPIC = 16
"""Characters before the word that asks which still are a topic, not a story."""
_BREAK = re.compile(r"[?？;；。!！]|[,，、](?=[^,，]*(?:" + ASKS + "))")


def split(text: str, read: Callable[[str], Reading]) -> list[str]:
    """The single questions in normalised ``text``; one that leaves out what it is about takes it from the one before. ``[text]`` where it asks
    one thing."""
    clauses = [c.strip(",， ") for c in _BREAK.split(text) if c and c.strip(",， ")]
    asking = [i for i, c in enumerate(clauses) if re.search(ASKS, c)]
    if len(asking) < 2:
        return [text]
    parts: list[str] = []
    for i in asking:
        told = ",".join(c for j, c in enumerate(clauses[:i]) if j not in asking and j > max((a for a in asking if a < i), default=-1))
        part = f"{told},{clauses[i]}" if told else clauses[i]
        parts.append(_complete(part, parts[-1], read) if parts else part)
    return parts


def _complete(part: str, before: str, read: Callable[[str], Reading]) -> str:
    """``part`` with what the part ``before`` it was about, if it names nothing itself: 上会的稿子谁起草,谁来审 → 上会的稿子谁来审."""
    reading = read(part)
    topic = re.split(ASKS, before)[0].strip(",，")
    if not any(m.kind in THINGS for m in reading.mentions) and 2 <= len(topic) <= _TOPIC:
        return topic + part
    return resolve(reading, [read(before)], short=24)
