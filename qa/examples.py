"""Queries to start from: the competency questions in ``ontology/queries``, each with its question and chapters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_COMMENT: Final = re.compile(r"^# (?P<word>[^：\n]+)：(?P<said>.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """A query: its file name without ending, the question it answers, the chapters it is about, and its text."""

    name: str
    question: str
    chapters: str
    text: str


def examples(folder: Path) -> tuple[Example, ...]:
    """The queries ``*.rq`` in ``folder``, in the order of their names. A query without a question is called by its name."""
    return tuple(_example(path) for path in sorted(folder.glob("*.rq")))


def found(among: Sequence[Example], words: str) -> list[Example]:
    """Those examples whose question, chapters or text have every space-separated part of ``words``."""
    wanted = words.lower().split()[:8]
    return [one for one in among if all(word in f"{one.question}\n{one.chapters}\n{one.text}".lower() for word in wanted)]


def _example(path: Path) -> Example:
    text = path.read_text(encoding="utf-8")
    said = {match["word"]: match["said"].strip() for match in _COMMENT.finditer(text)}
    return Example(path.stem, said.get("问", path.stem), said.get("章", ""), text)
