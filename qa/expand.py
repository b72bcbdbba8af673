"""Question families and wordings → canonical questions with what they ask; the build embeds these.

A family (``data/intents/*.yaml``) says what may be asked, with SPARQL and answer wording; its ``say`` templates are expanded over the rows of its
``over`` query. A wording (``data/wordings/<regulation>/*.yaml``) is one more way to ask about norms, provisions or silences of one regulation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from qa.models import REPLIES, Intent, Iri, Row

Select = Callable[[str], Sequence[Row]]


KINDS = ("norm", "list", "items", "provision", "chapter", "structure", "facts", "wording", "silent", "outside", "clarify")
"""How the rows of a family become an answer (see :mod:`qa.verbalise`)."""
_WORDING = {"norms", "provisions", "silence", "ask", "reply", "say"}
_LISTS = {"norms", "provisions", "say", "examples"}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C, where there is one, takes a fifth of the time: there are ten megabytes of wordings."""


class FamilyError(Exception):
    """A file of families or wordings that cannot be used; the message names the file, the entry and the remedy."""


@dataclass(frozen=True, slots=True)
class Family:
    """A question family.

    ``kind`` is how its rows become an answer (one of :data:`KINDS`); ``slot`` the
    property whose values lead the answer; ``query`` the SPARQL whose variables are bound to the intent's terms; ``answer`` the wording, and
    ``counted`` the wording for a question of how many.
    """

    id: str
    kind: str
    title: str
    query: str = ""
    slot: str | None = None
    over: str = ""
    say: tuple[str, ...] = ()
    answer: str = "{readings}"
    counted: str = ""
    examples: tuple[str, ...] = field(default=())


def load_families(folder: Path) -> dict[str, Family]:
    """Every family below ``folder`` by id. ``query:`` may name a ``.rq`` file beside it. Raises FamilyError."""
    families: dict[str, Family] = {}
    for path in sorted(folder.glob("families/*.yaml")):
        for entry in _documents(path):
            family = _family(path, entry)
            if family.id in families:
                raise FamilyError(f"{path.name}：已经有名为 {family.id} 的问题族；请换一个 id。")
            families[family.id] = family
    if not families:
        raise FamilyError(f"{folder}：没有找到问题族（families/*.yaml）；请从源码恢复该目录。")
    return families


def _documents(path: Path) -> list[dict[str, Any]]:
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FamilyError(f"{path.name}：不是有效的 YAML：{' '.join(str(error).split())[:160]}；请改正后重新运行 guizhi build。") from error
    entries = loaded if isinstance(loaded, list) else [loaded]
    for n, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise FamilyError(f"{path.name} 第 {n} 条：应为“键: 值”，实为 {entry!r}；请改正后重新运行 guizhi build。")
        for key in _LISTS & set(entry):
            if not isinstance(entry[key], list):
                raise FamilyError(f"{path.name} 第 {n} 条：{key} 应为列表（[甲, 乙]）；请改正后重新运行 guizhi build。")
    return entries


def _family(path: Path, entry: Mapping[str, Any]) -> Family:
    unknown = set(entry) - set(Family.__dataclass_fields__)
    if unknown or not {"id", "kind", "title"} <= set(entry):
        raise FamilyError(f"{path.name}：问题族须有 id、kind、title，且不能有 {sorted(unknown)}；请改正后重新运行 guizhi build。")
    if entry["kind"] not in KINDS:
        raise FamilyError(f"{path.name}：没有名为 {entry['kind']} 的 kind；可用的有 {'、'.join(KINDS)}。")
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}
    if str(values.get("query", "")).endswith(".rq"):
        query = path.parent / values["query"]
        if not query.is_file():
            raise FamilyError(f"{path.name}：没有查询文件 {query.name}；请把它放在同一个目录，或者改正 query。")
        values["query"] = query.read_text(encoding="utf-8")
    return Family(**values)


def expand_family(family: Family, select: Select) -> Iterator[tuple[str, Intent]]:
    """The canonical questions of ``family``: each template over each row; variables that are IRIs are bound, the others fill in words."""
    rows = select(family.over) if family.over else [{}]
    for row in rows:
        intent = Intent(family.id, tuple((k, (v.value,)) for k, v in sorted(row.items()) if isinstance(v, Iri)))
        words = {k: str(v) for k, v in row.items() if not isinstance(v, Iri)}
        for template in family.say:
            if set(re.findall(r"{(\w+)}", template)) <= set(words):
                yield template.format(**words), intent


def expand_wordings(path: Path, base: str, families: Mapping[str, Family]) -> Iterator[tuple[str, Intent]]:
    """The wordings of one file. ``base`` is the regulation's IRI; ``norms``, ``silence`` and ``provisions`` are IRIs below it. Raises FamilyError."""
    for n, entry in enumerate(_documents(path), 1):
        unknown = set(entry) - _WORDING
        if unknown or "say" not in entry:
            raise FamilyError(
                f"{path.name} 第 {n} 条：问法须有 say，且不能有 {sorted(unknown)}；可用的键有 {'、'.join(sorted(_WORDING))}。"
            )
        intent = _intent(path, n, entry, base, families)
        for text in entry["say"]:
            yield str(text), intent


def _intent(path: Path, n: int, entry: Mapping[str, Any], base: str, families: Mapping[str, Family]) -> Intent:
    if "silence" in entry:
        return Intent("silence", (("silence", (f"{base}/silence/{entry['silence']}",)),))
    family = str(entry.get("ask"))
    if family not in families:
        raise FamilyError(f"{path.name} 第 {n} 条：没有名为 {family} 的问题族；ask 须是 data/intents/families 中的一个 id。")
    bindings = tuple(
        (variable, tuple(f"{base}/{folder}{name}" for name in entry[key]))
        for key, variable, folder in (("norms", "norm", "norm/"), ("provisions", "provision", ""))
        if key in entry
    )
    reply = entry.get("reply")
    if isinstance(reply, bool):  # YAML reads bare yes and no so
        reply = "yes" if reply else "no"
    if reply not in (None, *REPLIES):
        raise FamilyError(f"{path.name} 第 {n} 条：reply 应为 yes、no 或者 depends，实为 {reply}。")
    return Intent(family, bindings, reply)
