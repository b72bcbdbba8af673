"""The wordings of every regulation as data: all used, all bound to what is there, and none of them taken from the test questions."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import asking
import pytest
import yaml
from asking import INTENTS, ROOT

from qa.ask import MAX_LENGTH
from qa.expand import expand_wordings
from qa.normalise import normalise
from qa.terms import PREFIXES

WORDINGS = sorted((ROOT / "data" / "wordings").rglob("*.*"))
KEYS = {"norms", "provisions", "silence", "ask", "reply", "say"}
BOUND = ("norms", "provisions", "silence")
LEAST = 12
"""Characters from which an equal question is no coincidence."""


@cache
def regulations() -> dict[str, str]:
    """The IRI of each regulation in the graph by its identifier."""
    rows = asking.store().select("SELECT ?r ?id WHERE { ?r a gz:Regulation ; dct:identifier ?id }")
    return {str(row["id"]): str(row["r"]) for row in rows}


@cache
def entries(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return found


@cache
def there(pattern: str) -> frozenset[str]:
    """The IRIs that match ``?x`` in a graph pattern."""
    return frozenset(str(row["x"]) for row in asking.store().select(f"SELECT DISTINCT ?x WHERE {{ {pattern} }}"))


def of(key: str, path: Path) -> Iterator[tuple[int, dict[str, Any], str]]:
    """Number, entry and IRI of everything that the file binds under ``key``."""
    base = regulations()[path.parent.name]
    folder = {"norms": "norm/", "silence": "silence/", "provisions": ""}[key]
    for n, entry in enumerate(entries(path), 1):
        names = entry.get(key, [])
        for name in [names] if isinstance(names, str) else names:
            yield n, entry, f"{base}/{folder}{name}"


def test_there_are_wordings() -> None:
    assert len(WORDINGS) > 5


# One test looks at all files: there are hundreds, and a test of its own for each takes longer than what it looks at.


def test_every_file_is_used() -> None:
    assert [path.name for path in WORDINGS if path.suffix != ".yaml" or path.parent.name not in regulations()] == []


def test_every_entry_is_whole() -> None:
    assert [f"{path.name} {n}: {amiss}" for path in WORDINGS for n, e in enumerate(entries(path), 1) for amiss in faults(e)] == []


def faults(entry: dict[str, Any]) -> Iterator[str]:
    """What is wrong with an entry."""
    if unknown := set(entry) - KEYS:
        yield f"unknown {unknown}"
    if sum(key in entry for key in BOUND) != 1:
        yield f"bound to one of {BOUND}"
    if not isinstance(entry["say"], list) or not entry["say"]:
        yield "says nothing"
    if not all(isinstance(entry.get(key, []), list) and entry.get(key, [0]) for key in ("norms", "provisions")):
        yield "no list of what it is bound to"
    if short := [text for text in entry["say"] if not (2 <= len(str(text)) <= MAX_LENGTH and re.search("[一-鿿]", str(text)))]:
        yield f"no questions: {short}"
    if entry.get("reply") not in (None, True, False, "yes", "no", "depends") or ("reply" in entry and entry["ask"] != "whether"):
        yield "a yes or no without such a question"


def test_every_ask_is_a_family() -> None:
    asked = [(path.name, n, e) for path in WORDINGS for n, e in enumerate(entries(path), 1) if "silence" not in e]
    assert [(name, n, e.get("ask")) for name, n, e in asked if e.get("ask") not in asking.families()] == []


@pytest.mark.parametrize(
    ("key", "pattern"), [("norms", "?x gz:quote ?q"), ("provisions", "?x gz:reference ?r ; gz:text ?t"), ("silence", "?x a gz:Silence")]
)
def test_what_is_bound_exists(key: str, pattern: str) -> None:
    assert sorted({(path.name, iri) for path in WORDINGS for _, _, iri in of(key, path) if iri not in there(pattern)}) == []


def test_the_slot_asked_for_is_filled() -> None:
    asked: dict[tuple[str, int, str], list[str]] = defaultdict(list)
    for path in WORDINGS:
        for n, entry, iri in of("norms", path):
            if slot := asking.families()[entry["ask"]].slot:
                asked[path.name, n, slot].append(iri)
    empty = []
    for (name, n, slot), norms in asked.items():
        prefix, local = slot.split(":")
        filled = there(f"?x gz:quote ?q ; <{PREFIXES[prefix]}{local}> ?filler")
        empty += [(name, n, slot, norms)] if filled.isdisjoint(norms) else []
    assert empty == []


def test_every_wording_reaches_the_index() -> None:
    questions = {(text, intent) for text, intent, _ in asking.questions()}
    for path in WORDINGS:
        lost = set(expand_wordings(path, regulations()[path.parent.name], asking.families())) - questions
        assert not lost, (path.name, sorted(text for text, _ in lost)[:3])


def test_no_wording_contradicts_another() -> None:
    """The same words are not told yes here and no there, and not answered here and refused there."""
    replies, grounds = defaultdict(set), defaultdict(set)
    for path in WORDINGS:
        for entry in entries(path):
            for text in entry["say"]:
                plain = normalise(str(text)).text.rstrip("?。!")
                replies[plain] |= {str(entry["reply"])} if "reply" in entry else set()
                grounds[plain].add("silence" in entry)
    assert sorted(text for text, found in replies.items() if len(found) > 1) == []
    assert sorted(text for text, found in grounds.items() if len(found) > 1) == []


# ---------------------------------------------------------------- nothing learnt from the test questions


def plain(text: str) -> str:
    return normalise(text).text.rstrip("?。!")


@cache
def data_lines() -> dict[str, list[str]]:
    """The lines of every tracked kind of data file, normalised."""
    files = [p for p in (ROOT / "data").rglob("*") if p.suffix in (".yaml", ".ttl", ".txt", ".rq", ".json", ".jsonl") and p.is_file()]
    kept = [p for p in files if not any(part == "build" or part.startswith(".") for part in p.relative_to(ROOT).parts)]
    return {p.relative_to(ROOT).as_posix(): [plain(line) for line in p.read_text("utf-8").splitlines()] for p in kept}


@pytest.mark.parametrize(
    "path",
    [*sorted((ROOT / "tests" / "cases").glob("questions-*.jsonl")), ROOT.parent / "shared" / "eval" / "dev.jsonl"],
    ids=lambda path: path.name,
)
def test_no_test_question_stands_in_the_data(path: Path) -> None:
    if not path.exists():
        pytest.skip(f"{path.name} 不在旁边")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    questions = {plain(row["question"]): row["id"] for row in rows}
    questions = {text: identifier for text, identifier in questions.items() if len(text) >= LEAST}
    assert len(questions) > 50 and len(data_lines()) > 20
    whole = {name: "\n".join(lines) for name, lines in data_lines().items()}
    found = [(identifier, name) for text, identifier in questions.items() for name, content in whole.items() if text in content]
    assert found == []  # only the questions' ids are shown: they are not to be learnt from


def test_the_settings_name_known_families_and_cues() -> None:
    slots = yaml.safe_load((INTENTS / "slots.yaml").read_text("utf-8"))
    cues = yaml.safe_load((INTENTS / "cues.yaml").read_text("utf-8"))
    properties = {
        iri.removeprefix(PREFIXES["gz"]) for iri in there("?n gz:quote ?q . { ?n ?x ?y } UNION { ?n gz:deadline|gz:limit ?d . ?d ?x ?y }")
    }
    assert set(slots) <= set(cues)
    assert {name for names in slots.values() for name in names} <= properties
    for name, pattern in cues.items():
        re.compile(pattern)
        assert not re.search(pattern, ""), f"{name} is found in nothing at all"
