"""``data/registers/*.yaml`` and the code lists → the declared registers.

A code list takes its words from the graph: the terms of ``ontology/registers.ttl``, or what a regulation lists (offices, document types …).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from qa import terms
from qa.models import Iri, Row, Value
from qa.register_models import Code, CodeList, Column, Datatype, Register

Select = Callable[[str, Mapping[str, Value]], Sequence[Row]]
"""Runs a SELECT query with bindings; ``Store.select`` is one."""
CODES: Final = "codes"
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader of libyaml, where PyYAML has it: ten times as fast, and the declarations are read at every start."""
_COLUMN: Final = {"name", "property", "type", "synonyms", "several", "key", "constraints", "note"}


class TableError(ValueError):
    """A declaration that cannot be used; the message names file and entry."""


def load_registers(folder: Path, select: Select, regulation: str) -> tuple[Register, ...]:
    """The registers declared in ``folder``, sorted by identifier.

    ``regulation`` is the identifier of the regulation whose offices, meetings and documents the code lists offer. Raises
    :class:`TableError` for a faulty declaration.
    """
    lists = _code_lists(folder / CODES, select, regulation)
    found = tuple(_register(path, lists) for path in sorted(folder.glob("*.yaml")))
    if not found:
        raise TableError(f"{folder.name}：没有登记簿的声明（*.yaml）")
    return found


def fold(text: str) -> str:
    """``text`` as words and headers are compared: full width → half width (NFKC), lower case, without white space."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()


def _code_lists(folder: Path, select: Select, regulation: str) -> dict[str, CodeList]:
    declared: Mapping[str, Mapping[str, Any]] = yaml.load((folder / "codes.yaml").read_text(encoding="utf-8"), _LOADER)
    return {name: _code_list(name, entry, folder, select, regulation) for name, entry in declared.items()}


def _code_list(name: str, entry: Mapping[str, Any], folder: Path, select: Select, regulation: str) -> CodeList:
    own = "class" in entry
    query = (folder / ("terms.rq" if own else entry["query"])).read_text(encoding="utf-8")
    binding = {"class": Iri(terms.gz(entry["class"]))} if own else {"norms": Iri(terms.norms_graph(regulation))}
    rows = sorted({(str(row["value"]), str(row["label"]), str(row["preferred"]) == "true") for row in select(query, binding)})
    if not rows:
        raise TableError(f"{CODES}/codes.yaml：代码表 {name} 在图谱里一个词也没有")
    return CodeList(name, _offered(rows), _words(rows), entry.get("mint") if entry.get("open") else None)


def _offered(rows: Sequence[tuple[str, str, bool]]) -> tuple[Code, ...]:
    return tuple(Code(iri, label) for iri, label, preferred in rows if preferred)


def _words(rows: Sequence[tuple[str, str, bool]]) -> dict[str, tuple[str, ...]]:
    """A preferred name wins over another value's alternative one."""
    words: dict[str, tuple[str, ...]] = {}
    for wanted in (True, False):
        fresh: dict[str, set[str]] = {}
        for iri, label, preferred in rows:
            if preferred is wanted and fold(label) not in words:
                fresh.setdefault(fold(label), set()).add(iri)
        words |= {word: tuple(sorted(iris)) for word, iris in fresh.items()}
    return words


def _register(path: Path, lists: Mapping[str, CodeList]) -> Register:
    entry: Mapping[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _LOADER)
    columns = tuple(_column(path, column, lists) for column in entry["columns"])
    _no_word_twice(path, columns)
    synonyms = tuple(entry.get("synonyms", ()))
    return Register(entry["register"], path.stem, terms.gz(entry["class"]), columns, synonyms, entry.get("note", ""))


def _column(path: Path, entry: Mapping[str, Any], lists: Mapping[str, CodeList]) -> Column:
    if unknown := set(entry) - _COLUMN:
        raise TableError(f"{path.name}：列“{entry.get('name')}”有不认识的项：{'、'.join(sorted(unknown))}")
    kind = entry["type"]
    plain = kind in set(Datatype) - {Datatype.CODE}
    if not plain and kind not in lists:
        raise TableError(f"{path.name}：列“{entry['name']}”的类型“{kind}”既不是数据类型也不是代码表")
    return Column(
        entry["name"],
        entry.get("property", ""),
        Datatype(kind) if plain else Datatype.CODE,
        tuple(entry.get("synonyms", ())),
        None if plain else lists[kind],
        entry.get("several", False),
        entry.get("key", False),
        tuple(entry.get("constraints", ())),
        entry.get("note", ""),
    )


def _no_word_twice(path: Path, columns: Sequence[Column]) -> None:
    seen: dict[str, str] = {}
    for column in columns:
        for word in {fold(word) for word in (column.name, *column.synonyms)}:
            if other := seen.get(word):
                raise TableError(f"{path.name}：列“{column.name}”和“{other}”有同一个名称“{word}”")
            seen[word] = column.name
