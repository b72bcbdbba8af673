"""What the tests of asking share: tables of cases, the project's build, and what is opened over it (once a run)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from qa import __main__ as command
from qa.ask import Answerer
from qa.asks import Asks
from qa.build import is_stale
from qa.expand import Family, load_families
from qa.index import Index
from qa.index_build import Question, canonical_questions
from qa.lexicon import DICTIONARY, open_linker, open_speller
from qa.link import Label, Linker
from qa.models import Intent, Reading
from qa.normalise import normalise
from qa.store import Store
from qa.topics import Means, Names, Vectors
from qa.typos import Speller

ROOT = Path(__file__).resolve().parents[1]
INTENTS = ROOT / "data" / "intents"
BASE = "https://w3id.org/guizhi/id/chaoyang/rules-2024"


def cases(name: str) -> list[Any]:
    """The rows of ``tests/cases/NAME.yaml`` as test parameters; each row's ``name`` is its test's name.

    A row with ``fault`` holds what is known to be wrong: its test must fail until the fault is mended, and then the word must go.
    """
    path = ROOT / "tests" / "cases" / f"{name}.yaml"
    rows: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    names = [row["name"] for row in rows]
    assert rows and len(set(names)) == len(names), f"{path.name}: no cases, or two of one name"
    return [
        pytest.param(row, id=row["name"], marks=[pytest.mark.xfail(reason=row["fault"], strict=True)] if "fault" in row else [])
        for row in rows
    ]


@cache
def artefacts() -> Path:
    """The project's build, made first where it does not fit the sources."""
    if is_stale(ROOT, command.BUILD):
        command.rebuild()
    return command.BUILD


@cache
def store() -> Store:
    """The project's graph as built."""
    return Store.open(artefacts() / "graph.nq")


@cache
def families() -> dict[str, Family]:
    """The project's question families."""
    return load_families(INTENTS)


@cache
def index() -> Index:
    """The project's index of canonical questions."""
    return Index.load(artefacts())


@cache
def questions() -> list[Question]:
    """The project's canonical questions."""
    return canonical_questions(ROOT, store(), families())


@cache
def linker() -> Linker:
    """The project's linker."""
    return open_linker(store(), artefacts() / DICTIONARY, INTENTS)


@cache
def speller() -> Speller:
    """The project's speller."""
    return open_speller(artefacts(), linker())


@cache
def answerer() -> Answerer:
    """The project's answerer."""
    return Answerer.open(ROOT, artefacts())


@cache
def asks() -> Asks:
    """What tells the project's answerer which clauses ask."""
    return Asks(yaml.safe_load((INTENTS / "asking.yaml").read_text(encoding="utf-8")))


def read(question: str) -> Reading:
    """``question`` as the project's linker reads it."""
    return linker().read(normalise(question).text)


def tiny_linker(folder: Path, labels: list[tuple[str, str, str]], words: str = "公文", **more: Any) -> Linker:
    """A linker over ``labels`` (name, entity, kind) and the ``words`` of general language, with the cues ``who`` and ``whether``."""
    dictionary = folder / "dictionary.txt"
    dictionary.write_text("".join(f"{word} 1000\n" for word in words.split()), encoding="utf-8")
    settings = {"cues": {"who": "谁|哪位", "whether": "吗|能不能"}, "stopwords": ["的", "了"], **more}
    return Linker([Label(*label) for label in labels], dictionary=dictionary, **settings)


def share(names: Names, probabilities: Vectors, intent: Intent) -> float:
    """The mean of ``probabilities`` over the single norms of ``intent``."""
    return float(Means([names.parts(intent)])(probabilities, np.array([0]))[0])


def whole(names: Names, probabilities: Vectors, intent: Intent) -> float:
    """The probability of what ``intent`` is about and nothing else."""
    return float(Means([names.of(intent)])(probabilities, np.array([0]))[0])
