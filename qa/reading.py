"""The repaired reading of a printed text: an explicit edit list, applied and taken back without loss.

Every departure from the raw file is one entry of ``edits.yaml`` with its line, its words before and after, and its reason. Offsets
count characters (code points).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from qa.models import Edit


class SourceError(ValueError):
    """A text, edit list or provenance that cannot be read; the message names the line and what was expected."""


def read_edits(raw: str, listed: Iterable[Mapping[str, Any]]) -> tuple[Edit, ...]:
    """The edits that ``edits.yaml`` lists, each placed in ``raw``.

    ``before`` must start on its ``line`` exactly once; raises :class:`SourceError` otherwise, and where two edits overlap.
    """
    edits = sorted((_placed(raw, entry) for entry in listed), key=lambda edit: edit.offset)
    for first, second in pairwise(edits):
        if first.offset + len(first.before) > second.offset:
            raise SourceError(f"edits.yaml：第 {first.line} 行与第 {second.line} 行的校改重叠")
    return tuple(edits)


def _placed(raw: str, entry: Mapping[str, Any]) -> Edit:
    missing = [key for key in ("line", "before", "after", "reason") if key not in entry]
    if missing:
        raise SourceError(f"edits.yaml：校改缺少 {'、'.join(missing)}：{dict(entry)}")
    line, before = int(entry["line"]), str(entry["before"])
    begin = _line_start(raw, line)
    end = raw.find("\n", begin) % (len(raw) + 1)  # no line feed: -1 becomes the end of the text
    offset = raw.find(before, begin)
    if not before or not begin <= offset <= end:
        raise SourceError(f"edits.yaml：原文第 {line} 行应有“{shown(before)}”，实际没有")
    if begin <= raw.find(before, offset + 1) <= end:
        raise SourceError(f"edits.yaml：“{shown(before)}”在原文第 {line} 行出现不止一次，请写得更长")
    return Edit(line, offset, before, str(entry["after"]), str(entry["reason"]))


def _line_start(raw: str, line: int) -> int:
    offset = 0
    for _ in range(line - 1):
        offset = raw.find("\n", offset) + 1
        if not offset:
            raise SourceError(f"edits.yaml：原文没有第 {line} 行")
    return offset


def shown(text: str) -> str:
    """``text`` on one line, for messages."""
    return text.replace("\n", "⏎")


@dataclass(frozen=True, slots=True)
class _Repair:
    """An edit reduced to what differs: ``raw[start:end]`` reads as ``reading[at:stop]``."""

    start: int
    end: int
    at: int
    stop: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The repaired text, and the way back from its offsets to the raw file's."""

    text: str
    repairs: tuple[_Repair, ...]

    def raw_start(self, offset: int) -> int:
        """The raw offset where a stretch that starts at ``offset`` of the reading starts; what was cut there stays outside."""
        return self._raw(offset, start=True)

    def raw_end(self, offset: int) -> int:
        """The raw offset where a stretch that ends at ``offset`` of the reading ends (exclusive); what was cut there stays outside."""
        return self._raw(offset, start=False)

    def _raw(self, offset: int, *, start: bool) -> int:
        shift = 0
        for repair in self.repairs:
            if offset < repair.at or (offset == repair.at and not (start and repair.at == repair.stop)):
                break
            if offset < repair.stop:
                return repair.start if start else repair.end
            shift = repair.end - repair.stop
        return offset + shift


def repaired(raw: str, edits: Sequence[Edit]) -> Reading:
    """The reading of ``raw`` under ``edits``, which are sorted and do not overlap."""
    pieces: list[str] = []
    repairs: list[_Repair] = []
    position = shift = 0
    for edit in edits:
        pieces += [raw[position : edit.offset], edit.after]
        position = edit.offset + len(edit.before)
        repairs.append(_narrowed(edit, shift))
        shift += len(edit.after) - len(edit.before)
    return Reading("".join([*pieces, raw[position:]]), tuple(repairs))


def unrepaired(reading: str, edits: Sequence[Edit]) -> str:
    """The raw text that ``reading`` was made from."""
    pieces: list[str] = []
    position = shift = 0
    for edit in edits:
        pieces += [reading[position : edit.offset + shift], edit.before]
        position = edit.offset + shift + len(edit.after)
        shift += len(edit.after) - len(edit.before)
    return "".join([*pieces, reading[position:]])


def _narrowed(edit: Edit, shift: int) -> _Repair:
    head = _common(edit.before, edit.after)
    tail = _common(edit.before[head:][::-1], edit.after[head:][::-1])
    start, end = edit.offset + head, edit.offset + len(edit.before) - tail
    return _Repair(start, end, start + shift, edit.offset + shift + len(edit.after) - tail)


def _common(first: str, second: str) -> int:
    """Length of the common beginning."""
    pairs = zip(first, second, strict=False)
    return next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))
