"""Values as people read them: words, pieces of text, cells. Plain values in and out, no markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final
from urllib.parse import quote

from qa.models import Answer, Refusal, Status
from qa.terms import BASE, PREFIXES

_BADGES: Final[Mapping[Refusal, str]] = {
    Refusal.SILENT: "规则没有规定",
    Refusal.NOT_UNDERSTOOD: "没有把握",
    Refusal.OUTSIDE: "不在本规则范围内",
    Refusal.BAD_INPUT: "请换个问法",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in a result table; ``href`` where it can be looked at on this service."""

    text: str
    iri: str = ""
    href: str = ""


def mark(text: str, quotes: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """``text`` cut into pieces, those that lie in one of ``quotes`` marked. Joined, the pieces are ``text``.

    >>> mark("经审核后，由市长签发；", ["由市长签发"])
    (('经审核后，', False), ('由市长签发', True), ('；', False))
    """
    inside = [False] * len(text)
    for words in quotes:
        start = text.find(words)
        if words and start >= 0:
            inside[start : start + len(words)] = [True] * len(words)
    edges = [0, *(i for i in range(1, len(text)) if inside[i] != inside[i - 1]), len(text)]
    return tuple((text[a:b], inside[a]) for a, b in pairwise(edges) if a < b)


def printed(question: str) -> str:
    """A question of the index with the punctuation that is printed in Chinese."""
    return question.replace(",", "，").replace("?", "？")


def local_path(iri: str) -> str:
    """Where this service describes ``iri``: the same path for ours; others are left as they are, unless no web address (then empty)."""
    if iri.startswith(BASE):
        return "/" + quote(iri.removeprefix(BASE), safe="/#:~")
    return iri if iri.startswith(("http://", "https://")) else ""


def card_path(iri: str) -> str:
    """Where the page shows the card of the entity ``iri``, one of ours."""
    return "/?card=" + quote(iri.removeprefix(BASE))


def confidence(answer: Answer) -> str:
    """How sure the answer is, in words; empty where none is given."""
    if answer.status is not Status.ANSWERED:
        return ""
    return "很有把握" if answer.confidence >= 0.9 else "比较有把握" if answer.confidence >= 0.75 else "把握不大，请核对原文"


def lead(text: str) -> tuple[str, str]:
    """The first sentence of an answer and what follows it; an answer of one line stays whole.

    >>> lead("一般每月召开2次。市政府常务会议一般每月召开2次，如有需要可随时召开，由市长召集和主持。")
    ('一般每月召开2次。', '市政府常务会议一般每月召开2次，如有需要可随时召开，由市长召集和主持。')
    """
    first, stop, rest = text.partition("。")
    return (first + stop, rest.strip()) if len(text) > 40 else (text, "")


def elapsed(milliseconds: float) -> str:
    """A duration in Chinese."""
    return f"{milliseconds:.0f} 毫秒" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} 秒"


def badge(answer: Answer) -> str:
    """What kind of answer it is, in a word or two."""
    if answer.status is Status.ANSWERED:
        return "答"
    return "请您说明" if answer.status is Status.CLARIFY else _BADGES.get(answer.refusal or Refusal.SILENT, "没有答案")


def cell(binding: Mapping[str, Any] | None) -> Cell:
    """A binding of SPARQL results JSON (``None``: unbound) as a cell."""
    if binding is None:
        return Cell("")
    value = str(binding["value"])
    if binding["type"] != "uri":
        return Cell(value)
    prefix = next((p for p, base in PREFIXES.items() if value.startswith(base) and "/" not in value[len(base) :]), None)
    text = f"{prefix}:{value[len(PREFIXES[prefix]) :]}" if prefix else value.removeprefix(BASE)
    return Cell(text, value, local_path(value))


def percent(share: float) -> str:
    """A probability as a whole percentage, never rounded up to certainty."""
    return f"{min(99, round(share * 100))}%"
