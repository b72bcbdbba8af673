"""The retrieval index: every canonical question with its reading, its vector and what it asks."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from math import log
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from qa.diction import Diction
from qa.models import Intent, Reading
from qa.sense import Sense
from qa.topics import Means, Names

Vectors = npt.NDArray[np.float32]
MODEL: Final = "encoder"
"""The folder of the embedding model in a build."""
ADAPTER: Final = Path("data") / "adapter" / "model.safetensors"
"""The trained layer over the model's vectors, below the project's root."""
_AXES: Final = 64
"""Principal axes of the coarse vectors; they hold nine tenths of what tells wordings apart."""
_SIFTED: Final = 8
"""Entries that are near by the coarse vectors, for each one sought: of the hundred nearest 99.8 are among them."""
READING_FAMILY = "whole"
"""The family whose template is a norm's reading itself."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A canonical question: its words, what it asks, its meaningful terms, the cues in it, and the entities it names by kind.

    ``origin`` tells who made it: a person (``""``), a family's template about one norm (``norm``), or a template of what rules never say (``general``).
    """

    text: str
    intent: Intent
    terms: frozenset[str]
    aspects: frozenset[str]
    entities: Mapping[str, frozenset[str]]
    origin: str = ""


class Index:
    """Nearest neighbours over the entries. ``vectors`` are L2-normalised, one row an entry."""

    def __init__(
        self,
        entries: Sequence[Entry],
        vectors: Vectors,
        bags: Mapping[Intent, frozenset[str]],
        answers: Mapping[str, frozenset[str]],
        names: Names | None = None,
        learnt: tuple[Sense, Diction] | None = None,
    ) -> None:
        """``bags`` gives, for each intent, every term that belongs to the norms behind it; ``answers``, for each norm, the cues of the questions
        that its slots can answer; ``names`` are the entries' topics, and ``learnt`` is what was learnt from the entries; both are made where they are not given."""
        self._answers = answers
        self.entries = entries
        self.vectors = vectors
        self._axes, self._coarse = _coarse(vectors)
        asking = [e.intent for e in entries]
        self.names = names or Names(asking)
        texts = [e.text for e in entries]
        self.sense, self.diction = learnt or (Sense.learn(texts, vectors, self.names, asking), Diction.learn(texts, self.names, asking))
        numbers: dict[Intent, int] = {}
        self.asks = [numbers.setdefault(e.intent, len(numbers)) for e in entries]
        """The number of each entry's intent, by which it is found in"""
        self.intents = list(numbers)
        """and in what is gathered for all of them:"""
        self.shares = Means([self.names.parts(intent) for intent in self.intents])
        """the mean of the probabilities of an intent's norms,"""
        self.wholes = Means([self.names.of(intent) for intent in self.intents])
        """and the probability of what it is about and nothing else; of a set that is no topic, the mean over its norms."""
        self.bags = bags
        seen = Counter(term for entry in entries for term in entry.terms)
        self._idf = {term: log(1 + len(entries) / n) for term, n in seen.items()}
        self._unknown = log(1 + len(entries))
        self._totals: dict[int, float] = {}
        self._pairs: dict[int, frozenset[str]] = {}
        self._readings = {
            e.intent.bound("norm")[0]: i for i, e in enumerate(entries) if e.origin == "norm" and e.intent.family == READING_FAMILY
        }

    def weight(self, term: str) -> float:
        """Inverse document frequency of ``term`` over the entries; a term that no entry has weighs most."""
        return self._idf.get(term, self._unknown)

    def total(self, i: int) -> float:
        """The weight of all terms of entry ``i``."""
        if i not in self._totals:
            self._totals[i] = sum(self.weight(term) for term in self.entries[i].terms)
        return self._totals[i]

    def pairs(self, i: int) -> frozenset[str]:
        """The character bigrams of entry ``i``."""
        if i not in self._pairs:
            self._pairs[i] = bigrams(self.entries[i].text)
        return self._pairs[i]

    def reading_cosine(self, intent: Intent, vector: Vectors) -> float | None:
        """The highest cosine of ``vector`` with the reading of a norm of ``intent``; ``None`` where it has none."""
        rows = [self._readings[norm] for norm in intent.bound("norm") if norm in self._readings]
        return max((float(self.vectors[row] @ vector) for row in rows), default=None)

    def cannot_answer(self, intent: Intent, asked: Iterable[str]) -> int:
        """How many of the cues ``asked`` no norm of ``intent`` has a slot for; 0 for an intent without norms."""
        norms = intent.bound("norm")
        return sum(1 for cue in asked if norms and not any(cue in self._answers.get(norm, frozenset()) for norm in norms))

    def nearest(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """The ``k`` entries of highest cosine with ``vector`` (shape (384,)), best first: of those that are near by the coarse vectors."""
        near = _highest(self._coarse @ (vector @ self._axes), _SIFTED * k)
        scores = self.vectors[near] @ vector
        return [(int(near[i]), float(scores[i])) for i in np.lexsort((near, -scores))[:k]]

    def without(self, texts: Set[str]) -> Index:
        """The index as it would be had nobody written the wordings ``texts``: neither they nor the words that only they have for an intent."""
        kept = [i for i, e in enumerate(self.entries) if e.origin or e.text not in texts]
        entries = [self.entries[i] for i in kept]
        gone = _terms_by_iri(e for e in self.entries if not e.origin and e.text in texts)
        left = bags_of(entries, {})
        bags = {i: left[i] | self.bags[i].difference(*(gone[iri] for _, bound in i.bindings for iri in bound)) for i in left}
        return Index(entries, self.vectors[kept], bags, self._answers)

    def save(self, folder: Path) -> None:
        """Write ``index.json``, ``vectors.npy`` (float16), ``sense.npz`` and ``diction.npz`` to ``folder``. A name that many entries have stands once, and is read once."""
        bags = {bag: n for n, bag in enumerate(dict.fromkeys(self.bags[i] for i in self.intents))}
        held = (names for e in self.entries for names in (e.terms, e.aspects, *e.entities.values()))
        names = sorted({name for names in (*bags, *held) for name in names})
        place = {name: i for i, name in enumerate(names)}

        def places(of: Iterable[str]) -> list[int]:
            return sorted(place[name] for name in of)

        document = {
            "intents": [
                {"family": i.family, "bindings": {k: list(v) for k, v in i.bindings}, "reply": i.reply, "bag": bags[self.bags[i]]}
                for i in self.intents
            ],
            "names": names,
            "bags": [places(bag) for bag in bags],
            "entries": [
                [
                    e.text,
                    number,
                    places(e.terms),
                    places(e.aspects),
                    {k: places(v) for k, v in sorted(e.entities.items())},
                    e.origin,
                ]
                for e, number in zip(self.entries, self.asks, strict=True)
            ],
            "answers": {norm: sorted(cues) for norm, cues in sorted(self._answers.items())},
        }
        (folder / "index.json").write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        np.save(folder / "vectors.npy", self.vectors.astype(np.float16))
        self.sense.save(folder / "sense.npz")
        self.diction.save(folder / "diction.npz")

    @classmethod
    def load(cls, folder: Path) -> Index:
        """Read what ``save`` wrote."""
        document = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        intents = [Intent(i["family"], tuple((k, tuple(v)) for k, v in i["bindings"].items()), i["reply"]) for i in document["intents"]]
        names = document["names"]

        @cache
        def named(*places: int) -> frozenset[str]:
            return frozenset(names[i] for i in places)

        entries = [
            Entry(text, intents[n], named(*terms), named(*aspects), {kind: named(*which) for kind, which in entities.items()}, origin)
            for text, n, terms, aspects, entities, origin in document["entries"]
        ]
        shared = [named(*bag) for bag in document["bags"]]
        bags = {intent: shared[i["bag"]] for intent, i in zip(intents, document["intents"], strict=True)}
        answers = {norm: frozenset(cues) for norm, cues in document["answers"].items()}
        topics = Names([e.intent for e in entries])
        learnt = Sense.load(folder / "sense.npz"), Diction.load(folder / "diction.npz", topics)
        return cls(entries, np.load(folder / "vectors.npy").astype(np.float32), bags, answers, topics, learnt)


def _coarse(vectors: Vectors) -> tuple[Vectors, Vectors]:
    """The principal axes of ``vectors`` and the vectors along them: a fraction of the bytes to go through for each question."""
    _, axes = np.linalg.eigh(vectors.T @ vectors)
    kept = np.ascontiguousarray(axes[:, ::-1][:, :_AXES])
    return kept, np.ascontiguousarray(vectors @ kept)


def _highest(scores: Vectors, k: int) -> npt.NDArray[np.intp]:
    """The places of the ``k`` highest of ``scores``, in no order."""
    return np.argpartition(scores, -k)[-k:] if k < len(scores) else np.arange(len(scores))


def entry(text: str, intent: Intent, reading: Reading, *, origin: str) -> Entry:
    """The index entry of a canonical question as it was read."""
    return Entry(text, intent, frozenset(reading.terms), reading.aspects, entities_by_kind(reading), origin)


def entities_by_kind(reading: Reading) -> dict[str, frozenset[str]]:
    """The entities that a reading names, by kind."""
    found: dict[str, set[str]] = defaultdict(set)
    for mention in reading.mentions:
        found[mention.kind].update(mention.entities)
    return {kind: frozenset(entities) for kind, entities in found.items()}


def bags_of(entries: Iterable[Entry], norm_terms: Mapping[str, frozenset[str]]) -> dict[Intent, frozenset[str]]:
    """For each intent, the terms of all wordings of its norms and of the norms' own words (``norm_terms``, by IRI)."""
    by_iri = _terms_by_iri(entries)
    bags = {}
    for intent in dict.fromkeys(e.intent for e in entries):
        terms: set[str] = set()
        for iri in (iri for _, bound in intent.bindings for iri in bound):
            terms |= by_iri[iri] | norm_terms.get(iri, frozenset())
        bags[intent] = frozenset(terms)
    return bags


def _terms_by_iri(entries: Iterable[Entry]) -> defaultdict[str, set[str]]:
    """The terms of all entries about each norm, silence or provision."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for e in entries:
        for _, iris in e.intent.bindings:
            for iri in iris:
                found[iri] |= e.terms
    return found


def bigrams(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters in ``text``."""
    return frozenset(text[i : i + 2] for i in range(len(text) - 1))
