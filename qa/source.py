"""The text of a regulation ⇄ its structure, without loss.

:func:`parse` reads chapters, articles, paragraphs (款) and items (项) from the repaired reading of a raw text; :func:`render` gives the
raw text back, character by character. Offsets count characters (code points) of the raw file.

Read are both styles of numbering articles (“一、”, “第一条”) and both styles of brackets round item numbers (full-width, ASCII).
Sections (节) and sub-items (目) are refused by name rather than misread.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from qa import numerals
from qa.models import Edit, ProvisionKind, SourceText, Unit
from qa.provisions import provisions
from qa.reading import SourceError, read_edits, repaired, shown, unrepaired

__all__ = ["SourceError", "load", "parse", "read_verbatim", "render"]

BLANK: Final = " \t\r\n\u3000\ufeff"
_N: Final = numerals.NUMERAL
_CHAPTER: Final = re.compile(rf"第({_N})章[ \u3000]+(?=[^。，；：]+$)")
_PRINTED: Final = re.compile(rf"第({_N})条[ \u3000]+")
_LISTED: Final = re.compile(rf"({_N})、")
_ITEM: Final = re.compile(rf"[（(]({_N})[）)][ \u3000]*")
_UNREADABLE: Final = (
    (re.compile(rf"第{_N}节[ \u3000]"), "章、条、款或者项（暂不支持“节”）"),
    (re.compile(r"[0-9０-９]+[.．、]|[（(][0-9０-９]+[）)]"), "章、条、款或者项（暂不支持“目”）"),
)
_NOUN: Final = {ProvisionKind.CHAPTER: "章", ProvisionKind.ARTICLE: "条", ProvisionKind.ITEM: "项"}


def load(folder: Path) -> SourceText:
    """Read ``text.txt`` of ``folder``, check it against ``provenance.yaml`` and parse it with ``edits.yaml``.

    Raises :class:`SourceError` when a file is missing, the SHA-256 differs or the text cannot be parsed.
    """
    raw = read_verbatim(folder)
    path = folder / "edits.yaml"
    listed = _yaml(path) if path.exists() else None
    return parse(raw, read_edits(raw, listed or []))


def read_verbatim(folder: Path) -> str:
    """The verbatim text of ``folder``, its SHA-256 compared with the one that ``provenance.yaml`` states."""
    stated = (_yaml(folder / "provenance.yaml") or {}).get("sha256")
    try:
        content = (folder / "text.txt").read_bytes()
    except FileNotFoundError as error:
        raise SourceError(f"{folder.name}/text.txt：文件不存在") from error
    found = hashlib.sha256(content).hexdigest()
    if found != stated:
        raise SourceError(f"{folder.name}/text.txt：SHA-256 应为 {stated}，实为 {found}；原文被改动，或者 provenance.yaml 未更新")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError(f"{folder.name}/text.txt：第 {line} 行：应为 UTF-8 文本") from error


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SourceError(f"{path.parent.name}/{path.name}：文件不存在") from error
    except yaml.YAMLError as error:
        raise SourceError(f"{path.parent.name}/{path.name}：YAML 有误：{' '.join(str(error).split())}") from error


def parse(raw: str, edits: Sequence[Edit] = ()) -> SourceText:
    """Parse ``raw`` in the reading that ``edits`` give. Raises :class:`SourceError` with the line of ``raw`` at fault."""
    reading = repaired(raw, edits)
    units = tuple(_units(reading.text, lambda offset: raw.count("\n", 0, reading.raw_start(offset)) + 1))
    preface = reading.text[: units[0].start]
    return SourceText(raw, reading.text, tuple(edits), preface, units, tuple(provisions(units, reading)))


def render(source: SourceText) -> str:
    """The raw text of ``source``, rebuilt from its structure and its edits alone."""
    reading = source.preface + "".join(unit.lead + unit.marker + unit.body + unit.gap for unit in source.units)
    return unrepaired(reading, source.edits)


def _units(reading: str, line: Callable[[int], int]) -> Iterator[Unit]:
    filled = [match for match in re.finditer(r"[^\n]+", reading) if match.group().strip(BLANK)]
    counter = _Counter(_article_pattern(match.group().strip(BLANK) for match in filled))
    for match, following in zip(filled, [*filled[1:], None], strict=True):
        printed = match.group()
        content = printed.strip(BLANK)
        lead = printed[: len(printed) - len(printed.lstrip(BLANK))]
        try:
            found = counter.count(content)
        except _Unexpected as error:
            expected, shown_line = error.args[0], shown(content[:12])
            raise SourceError(f"第 {line(match.start() + len(lead))} 行：应为{expected}，实为“{shown_line}”") from error
        if found is not None:
            kind, number, marker = found
            gap = reading[match.start() + len(lead) + len(content) : following.start() if following else len(reading)]
            yield Unit(kind, number, match.start(), lead, marker, content[len(marker) :], gap)


def _article_pattern(contents: Iterator[str]) -> re.Pattern[str]:
    """How this text numbers its articles: as the first line does that looks like an article one."""
    for content in contents:
        for pattern in (_PRINTED, _LISTED):
            if (found := pattern.match(content)) and found[1] == "一":
                return pattern
    raise SourceError("应有“第一条”或者“一、”开头的条文，全文没有找到")


class _Unexpected(Exception):
    """A line that does not follow from those before; the argument says what would."""


@dataclass(slots=True)
class _Counter:
    """Tells what a line is and what number it has, and insists on consecutive numbers."""

    article: re.Pattern[str]
    last: dict[ProvisionKind, int] = field(default_factory=lambda: dict.fromkeys(ProvisionKind, 0))

    def count(self, content: str) -> tuple[ProvisionKind, int, str] | None:
        """Kind, number and printed marker of a line; ``None`` before the first chapter or article."""
        for kind, pattern in ((ProvisionKind.CHAPTER, _CHAPTER), (ProvisionKind.ARTICLE, self.article), (ProvisionKind.ITEM, _ITEM)):
            found = pattern.match(content)
            if found and (self._started or kind is not ProvisionKind.ITEM):
                return kind, self._marked(kind, found[1]), found[0]
        return (ProvisionKind.PARAGRAPH, self._paragraph(content), "") if self._started else None

    @property
    def _started(self) -> bool:
        return any(self.last.values())

    def _marked(self, kind: ProvisionKind, numeral: str) -> int:
        if kind is ProvisionKind.ITEM and not self.last[ProvisionKind.PARAGRAPH]:
            raise _Unexpected("章或者条（项不在任何一条之中）")
        expected = self.last[kind] + 1
        if not numerals.matches(numeral, expected):
            raise _Unexpected(f"第{numerals.spell(expected)}{_NOUN[kind]}")
        self.last[kind] = expected
        if kind is not ProvisionKind.ITEM:
            self.last[ProvisionKind.PARAGRAPH] = 1 if kind is ProvisionKind.ARTICLE else 0
            self.last[ProvisionKind.ITEM] = 0
        return expected

    def _paragraph(self, content: str) -> int:
        if not self.last[ProvisionKind.PARAGRAPH]:
            raise _Unexpected("章或者条")
        for pattern, expected in _UNREADABLE:
            if pattern.match(content):
                raise _Unexpected(expected)
        self.last[ProvisionKind.PARAGRAPH] += 1
        self.last[ProvisionKind.ITEM] = 0
        return self.last[ProvisionKind.PARAGRAPH]
