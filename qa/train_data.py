"""What the adapter learns from: the canonical questions with their base vectors; and what it is judged by: questions that others wrote."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from qa.encoder import Encoder, Vectors
from qa.expand import load_families
from qa.index import MODEL
from qa.index_build import canonical_questions, plain, remembered, wordings
from qa.models import Intent
from qa.store import Store

REFUSING: Final = frozenset({"silent", "outside"})
"""Kinds of families that answer nothing."""
RANKING: Final = "tests/cases/ranking.jsonl"
UNSEEN: Final = "people-*.yaml"
OPENED: Final = "open-*.yaml"
"""Files of wordings that the adapter never learns from, so that what is fitted on them (:mod:`qa.fit`) is fitted on honest cosines; those of the
second leave open what they are about."""
QUESTIONS: Final = "tests/cases/questions-dev.jsonl"
_READINGS: Final = """SELECT ?norm ?reading ?article WHERE { ?norm gz:quote ?q ; rdfs:label ?reading ; gz:provision ?p .
  { ?p a gz:Article . BIND(?p AS ?article) } UNION { ?p gz:partOf ?article . ?article a gz:Article } } ORDER BY ?norm ?article"""


@dataclass(frozen=True, slots=True)
class Wording:
    """A canonical question: the row of its vector, what it asks, and its family's kind.

    ``meaning`` holds what the answer rests on; two wordings whose meanings share nothing must not be near each other. ``written`` says
    that a person wrote it, not a template.
    """

    row: int
    intent: Intent
    kind: str
    written: bool
    meaning: frozenset[str]


@dataclass(frozen=True, slots=True)
class Corpus:
    """The wordings, the row of each norm's reading (by IRI), each norm's article number, all base vectors, and the SHA-256 of it all.

    ``ranking`` and ``cited`` are questions by other authors: row with the wanted norms' names (none: refuse), and with the wanted articles.
    """

    wordings: Sequence[Wording]
    readings: Mapping[str, int]
    articles: Mapping[str, str]
    vectors: Vectors
    sha256: str
    ranking: Sequence[tuple[int, frozenset[str]]] = ()
    cited: Sequence[tuple[int, frozenset[str]]] = ()


def read_corpus(root: Path, build: Path) -> Corpus:
    """The corpus of the project at ``root`` over the artefacts in ``build``.

    Vectors are kept in ``.<build>-cache/train`` beside ``build``. Raises :class:`qa.encoder.EncoderError` or OSError without a build.
    """
    store, families = Store.open(build / "graph.nq"), load_families(root / "data" / "intents")
    encoder = Encoder.open(build / MODEL)
    texts: dict[str, int] = {}

    def row(text: str) -> int:
        return texts.setdefault(plain(text), len(texts))

    kept_apart = {wording for files in (UNSEEN, OPENED) for wording in wordings(root, store, families, files)}
    learnt = []
    for text, intent, *origin in canonical_questions(root, store, families):
        if (text, intent) in kept_apart:
            continue
        written = origin == [""] and bool(intent.bound("norm") or intent.bound("silence"))
        learnt.append(Wording(row(text), intent, families[intent.family].kind, written, meaning(intent)))
    found = list(store.select(_READINGS))
    readings = {str(r["norm"]): row(str(r["reading"])) for r in found}
    articles = {str(r["norm"]): str(r["article"]).rsplit("/", 1)[-1] for r in found}
    told = json.dumps([[list(texts), sorted((w.row, sorted(w.meaning)) for w in learnt), encoder.fingerprint]], ensure_ascii=False)
    ranking = [(row(r["question"]), frozenset(n for group in r["norms"] for n in group)) for r in _rows(root / RANKING)]
    answered = [r for r in _rows(root / QUESTIONS) if r["status"] == "answered" and r["cite"] and not r.get("history")]
    cited = [(row(r["question"]), frozenset(c.split(".")[0] for c in r["cite"])) for r in answered]
    vectors = remembered(list(texts), encoder, build.parent / f".{build.name}-cache" / "train")
    return Corpus(learnt, readings, articles, vectors, hashlib.sha256(told.encode()).hexdigest(), ranking, cited)


def meaning(intent: Intent) -> frozenset[str]:
    """What the answer to ``intent`` rests on: its norms or its silence, else the family with all that is bound."""
    if intent.family == "outside":
        return frozenset({"outside"})
    return frozenset(intent.bound("norm") or intent.bound("silence") or (f"{intent.family} {intent.bindings}",))


def _rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSON Lines file; none where there is no such file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
