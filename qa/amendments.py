"""How a regulation's text read before it was amended: ``amendments.yaml`` beside ``text.txt``.

``text.txt`` is the text now in force. Each amendment names the smallest provision it changed, the first day of the new words, and the
words before (none for an article that is new). Walking back from the present, :func:`history` restores the former text of that
provision and of those around it up to the article; of chapters only the day of the last change is known.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import yaml

from qa.models import Provision, ProvisionKind, SourceText
from qa.reading import SourceError

FILE: Final = "amendments.yaml"
_KEYS: Final = {"provision", "from", "by", "was"}


@dataclass(frozen=True, slots=True)
class FormerVersion:
    """The words of ``provision`` until an amendment. ``since`` is ``None`` where they stood from the regulation's own first day on.

    ``until`` is the first day on which they were no longer in force, ``amended_by`` the decision that changed them.
    """

    provision: Provision
    text: str
    since: datetime.date | None
    until: datetime.date
    amended_by: str


@dataclass(frozen=True, slots=True)
class History:
    """Former versions, the latest first, and the first day of the present words by the path of each provision that was amended."""

    former: tuple[FormerVersion, ...] = ()
    since: Mapping[str, datetime.date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Amendment:
    provision: Provision
    day: datetime.date
    by: str
    was: str


@dataclass(frozen=True, slots=True)
class _Step:
    """What changed on ``day``: the words ``before`` by path, and every provision ``touched``, chapters included."""

    day: datetime.date
    by: str
    before: Mapping[str, str]
    touched: frozenset[str]


def load(folder: Path, source: SourceText) -> History:
    """The history of ``source`` that ``amendments.yaml`` of ``folder`` tells; an empty one where there is no such file.

    Raises :class:`qa.source.SourceError` for a file that is not YAML, an entry that is incomplete, and words that do not fit the text.
    """
    path = folder / FILE
    if not path.exists():
        return History()
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SourceError(f"{folder.name}/{FILE}：YAML 有误：{' '.join(str(error).split())}") from error
    return history(source, entries or [])


def history(source: SourceText, entries: Iterable[Mapping[str, Any]]) -> History:
    """The history of ``source`` under ``entries`` as ``amendments.yaml`` holds them, in any order."""
    by_path = {provision.path: provision for provision in source.provisions}
    amendments = sorted((_amendment(entry, by_path) for entry in entries), key=lambda a: a.day, reverse=True)
    texts = {path: provision.text for path, provision in by_path.items()}
    steps = [_undo(day, list(group), texts, by_path) for day, group in groupby(amendments, key=lambda a: a.day)]
    since: dict[str, datetime.date] = {}
    for step in steps:
        for path in sorted(step.touched):
            since.setdefault(path, step.day)
    return History(tuple(_versions(steps, by_path)), since)


def _amendment(entry: Mapping[str, Any], by_path: Mapping[str, Provision]) -> _Amendment:
    if not isinstance(entry, dict) or set(entry) != _KEYS or not isinstance(entry["from"], datetime.date):
        raise SourceError(f"{FILE}：每一处修改应有 provision、from（日期）、by、was，实为 {entry}")
    provision = by_path.get(entry["provision"])
    if provision is None or provision.kind is ProvisionKind.CHAPTER:
        raise SourceError(f"{FILE}：没有条文 {entry['provision']}（应为条、款、项的路径，如 art/4、art/3/item/2）")
    was = str(entry["was"] or "").strip()
    if not was and provision.kind is not ProvisionKind.ARTICLE:
        raise SourceError(f"{FILE}：{provision.path} 是新增的，请按它所在的条整个写出旧文字")
    return _Amendment(provision, entry["from"], str(entry["by"]), was)


def _undo(day: datetime.date, amendments: Sequence[_Amendment], texts: dict[str, str], by_path: Mapping[str, Provision]) -> _Step:
    """Put ``texts`` back to before ``day``, on which ``amendments`` took effect."""
    before: dict[str, str] = {}
    touched: set[str] = set()
    for amendment in amendments:
        path, now = amendment.provision.path, texts.get(amendment.provision.path)
        if now is None:
            raise SourceError(f"{FILE}：{path} 后来随上级条文整个改过，{day} 的修改请按那一级写出旧文字")
        around = list(_around(amendment.provision, by_path))
        touched |= {one.path for one in around} | {part for part in by_path if _within(part, path, by_path)}
        for whole in (one for one in around if one.kind is not ProvisionKind.CHAPTER):
            if texts[whole.path].count(now) != 1:
                raise SourceError(f"{FILE}：{path} 的文字在{whole.label}中不是恰好出现一次，请按{whole.label}整个写出旧文字")
            before[whole.path] = texts[whole.path] = texts[whole.path].replace(now, amendment.was)
        before[path] = amendment.was
        for part in [part for part in texts if _within(part, path, by_path)]:
            del texts[part]  # the former whole may have had other parts
        texts[path] = amendment.was
    by = "；".join(dict.fromkeys(amendment.by for amendment in amendments))
    return _Step(day, by, {path: text for path, text in before.items() if text}, frozenset(touched))


def _around(provision: Provision, by_path: Mapping[str, Provision]) -> Iterable[Provision]:
    """The provisions that enclose ``provision``, the nearest first."""
    while provision.parent:
        provision = by_path[provision.parent]
        yield provision


def _within(path: str, whole: str, by_path: Mapping[str, Provision]) -> bool:
    return path == whole or any(around.path == whole for around in _around(by_path[path], by_path))


def _versions(steps: Sequence[_Step], by_path: Mapping[str, Provision]) -> Iterable[FormerVersion]:
    """One version for each text that was replaced, with the day on which it had begun."""
    for index, step in enumerate(steps):
        for path in sorted(step.before):
            since = next((earlier.day for earlier in steps[index + 1 :] if path in earlier.touched), None)
            yield FormerVersion(by_path[path], step.before[path], since, step.day, step.by)
