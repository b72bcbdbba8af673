"""What the adapter learns from: the canonical questions; and what it is judged by: those kept apart, and questions that others wrote."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from qa.expand import load_families
from qa.index_build import canonical_questions, plain, wordings
from qa.models import Intent
from qa.ragged import Ragged
from qa.store import Store
from qa.topics import Names

REFUSING: Final = frozenset({"silent", "outside"})
"""Kinds of families that answer nothing."""
RANKING: Final = "tests/cases/ranking.jsonl"
UNSEEN: Final = "people-*.yaml"
OPENED: Final = "open-*.yaml"
"""Files of wordings that the adapter never learns from, so that what is fitted on them (:mod:`qa.fit`) is fitted on honest cosines; those of the
second leave open what they are about."""
QUESTIONS: Final = "tests/cases/questions-dev.jsonl"
_ARTICLES: Final = """SELECT ?norm ?article WHERE { ?norm gz:quote ?q ; gz:provision ?p .
  { ?p a gz:Article . BIND(?p AS ?article) } UNION { ?p gz:partOf ?article . ?article a gz:Article } } ORDER BY ?norm ?article"""


@dataclass(frozen=True, slots=True)
class Wording:
    """A canonical question: its row among the texts, what it asks, its family's kind, and what the answer rests on."""

    row: int
    intent: Intent
    kind: str
    meaning: frozenset[str]


@dataclass(frozen=True, slots=True)
class Corpus:
    """All ``texts``; the ``wordings`` that are learnt from, with the numbers of their topics in ``about``, of ``topics``; those kept ``apart``; each norm's
    article number; and the SHA-256 of what is learnt.

    ``ranking`` and ``cited`` are questions by other authors: row with the wanted norms' names (none: refuse), and with the wanted articles.
    """

    texts: Sequence[str]
    wordings: Sequence[Wording]
    about: Ragged
    topics: int
    apart: Sequence[Wording]
    articles: Mapping[str, str]
    sha256: str
    ranking: Sequence[tuple[int, frozenset[str]]] = ()
    cited: Sequence[tuple[int, frozenset[str]]] = ()


def read_corpus(root: Path, build: Path) -> Corpus:
    """The corpus of the project at ``root`` over the graph in ``build``. Raises OSError without a build."""
    store, families = Store.open(build / "graph.nq"), load_families(root / "data" / "intents")
    texts: dict[str, int] = {}

    def row(text: str) -> int:
        return texts.setdefault(plain(text), len(texts))

    def wording(text: str, intent: Intent) -> Wording:
        return Wording(row(text), intent, families[intent.family].kind, meaning(intent))

    unseen, opened = (wordings(root, store, families, files) for files in (UNSEEN, OPENED))
    kept_apart = {*unseen, *opened}
    asked = [(text, intent) for text, intent, _ in canonical_questions(root, store, families)]
    learnt = [wording(*each) for each in asked if each not in kept_apart]
    names = Names(Counter(intent for _, intent in asked))
    about = [names.of(w.intent) for w in learnt]
    known_texts = list(texts)
    told = json.dumps([[known_texts[w.row], topics] for w, topics in zip(learnt, about, strict=True)], ensure_ascii=False)
    known = {w.row for w in learnt}
    apart = [w for w in (wording(text, intent) for text, intent in unseen) if w.row not in known]
    articles = {str(r["norm"]): str(r["article"]).rsplit("/", 1)[-1] for r in store.select(_ARTICLES)}
    ranking = [(row(r["question"]), frozenset(n for group in r["norms"] for n in group)) for r in _rows(root / RANKING)]
    answered = [r for r in _rows(root / QUESTIONS) if r["status"] == "answered" and r["cite"] and not r.get("history")]
    cited = [(row(r["question"]), frozenset(c.split(".")[0] for c in r["cite"])) for r in answered]
    return Corpus(
        list(texts), learnt, Ragged.of(about), len(names), apart, articles, hashlib.sha256(told.encode()).hexdigest(), ranking, cited
    )


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
