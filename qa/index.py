"""The retrieval index: every canonical question with its reading, its vector and what it asks."""

from __future__ import annotations

import json
import multiprocessing
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from math import log
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from qa.bags import Bags
from qa.diction import Diction
from qa.entries import Entries, Entry
from qa.models import Intent, Reading
from qa.sense import MEMBERS, Sense
from qa.topics import Means, Names
from qa.verdict import Replies, Verdicts

Vectors = npt.NDArray[np.float32]
MODEL: Final = "encoder"
"""The folder of the embedding model in a build."""
_AXES: Final = 80
"""Principal axes of the coarse vectors."""
_SIFTED: Final = 10
"""Entries that are near by the coarse vectors, for each one sought: of the hundred nearest 99.7 are among them."""
_BLOCK: Final = 64
"""Scores whose highest is found first, so that few are left to be put in order."""
_SHORT: Final = 26
"""Characters of a wording that can be shown as a question to choose."""
_SEVERAL: Final = 3
"""Short wordings among which one is usual."""
_MANY: Final = 10_000
"""Wordings from which on learning takes longer than starting another process."""
_MEETING: Final = "MeetingType"
"""The kind of entity that meetings are."""
READING_FAMILY = "whole"
"""The family whose template is a norm's reading itself."""


class Index:
    """Nearest neighbours over the entries. ``vectors`` are L2-normalised, one row an entry, in half precision where they were read: they are most of what
    is kept in memory."""

    def __init__(
        self,
        entries: Sequence[Entry],
        vectors: Vectors,
        bags: Mapping[Intent, frozenset[str]],
        answers: Mapping[str, frozenset[str]],
        names: Names | None = None,
        learnt: tuple[Sense, Diction, Verdicts] | None = None,
        coarse: tuple[Vectors, Vectors] | None = None,
    ) -> None:
        """``bags`` gives, for each intent, every term that belongs to the norms behind it; ``answers``, for each norm, the cues of the questions
        that its slots can answer; ``names`` are the entries' topics, and ``learnt`` is what was learnt from the entries; both are made where they are not given."""
        self._answers = answers
        self.entries = Entries.of(entries)
        self.vectors = vectors
        self._axes, self._coarse = coarse or _coarse(vectors)
        intents, asks = self.entries.intents, self.entries.asks
        self._numbers = {intent: number for number, intent in enumerate(intents)}
        self.names = names or Names(self.entries.asked())
        self.sense, self.diction, self.verdicts = learnt or self._learnt()
        self.shares = Means([self.names.parts(intent) for intent in intents])
        """The mean of the probabilities of an intent's norms, by the intent's number."""
        self.wholes = Means([self.names.of(intent) for intent in intents])
        """The probability of what an intent is about and nothing else; of a set that is no topic, the mean over its norms."""
        self.bags = bags if isinstance(bags, Bags) else Bags.of({intent: bags[intent] for intent in intents})
        self._idf = {term: log(1 + len(self.entries) / n) for term, n in self.entries.times().items()}
        self._unknown = log(1 + len(self.entries))
        every = np.arange(len(self.entries))
        self.totals = self.entries.shared(self._idf, every)
        """The weight of all terms of each entry."""
        made = every[self.entries.are("norm", every)]
        self._readings = {intent.bound("norm")[0]: int(i) for i in made if (intent := intents[asks[i]]).family == READING_FAMILY}
        self._meetings = _only_of_meetings(map(self.entries.entities, self._readings.values()))

    def _learnt(self) -> tuple[Sense, Diction, Verdicts]:
        texts, asking = self.entries.texts, [self.entries.intents[n] for n in self.entries.asks]
        told = [n for n, intent in enumerate(asking) if intent.reply]
        settled = [texts[n] for n in told], self.vectors[told], [asking[n] for n in told], Replies(self.entries.intents)
        with _beside(len(told)) as processes:
            verdicts = processes.submit(Verdicts.learn, *settled)
            others = [processes.submit(Sense.learn, texts, self.vectors, self.names, asking, seed=seed) for seed in range(1, MEMBERS)]
            first, diction = Sense.learn(texts, self.vectors, self.names, asking), Diction.learn(texts, self.names, asking)
            return Sense.mean([first, *(other.result() for other in others)]), diction, verdicts.result()

    def weight(self, term: str) -> float:
        """Inverse document frequency of ``term`` over the entries; a term that no entry has weighs most."""
        return self._idf.get(term, self._unknown)

    def reading_cosines(self, intents: Sequence[Intent], vector: Vectors) -> list[float | None]:
        """For each of ``intents``, the highest cosine of ``vector`` with the reading of one of its norms; ``None`` where it has none."""
        norms = dict.fromkeys(norm for intent in intents for norm in intent.bound("norm") if norm in self._readings)
        cosines: list[float] = (
            (self.vectors[[self._readings[norm] for norm in norms]].astype(np.float32) @ vector).tolist() if norms else []
        )
        near = dict(zip(norms, cosines, strict=True))
        return [max((near[norm] for norm in intent.bound("norm") if norm in near), default=None) for intent in intents]

    def reading(self, norm: str) -> str | None:
        """The reading of ``norm`` (IRI), where the entries have it."""
        place = self._readings.get(norm)
        return None if place is None else self.entries.texts[place]

    def readings(self) -> dict[str, str]:
        """The reading of every norm (IRI)."""
        return {norm: self.entries.texts[place] for norm, place in self._readings.items()}

    def named(self, norm: str) -> frozenset[str]:
        """The entities (IRIs) that the reading of ``norm`` (IRI) names."""
        place = self._readings.get(norm)
        return frozenset() if place is None else frozenset().union(*self.entries.entities(place).values())

    def meetings_of(self, entity: str) -> frozenset[str]:
        """The meetings (IRIs) of what is only said of meetings, ``entity`` (IRI); none where a norm names it without a meeting."""
        return self._meetings.get(entity, frozenset())

    def typical(self, intent: Intent) -> str | None:
        """Of the short wordings that people wrote for ``intent`` the one most like all the others; ``None`` where there are fewer than three."""
        number = self._numbers.get(intent)
        places = np.flatnonzero(self.entries.asks == number) if number is not None else np.zeros(0, np.intp)
        places = places[self.entries.are("", places)]
        short = [i for i in map(int, places) if len(self.entries.texts[i]) <= _SHORT]
        if len(short) < _SEVERAL:
            return None
        middle = self.vectors[places].astype(np.float32).mean(axis=0)
        return self.entries.texts[max(short, key=lambda i: (float(self.vectors[i].astype(np.float32) @ middle), -i))]

    def cannot_answer(self, intent: Intent, asked: Iterable[str]) -> int:
        """How many of the cues ``asked`` no norm of ``intent`` has a slot for; 0 for an intent without norms."""
        norms = intent.bound("norm")
        return sum(1 for cue in asked if norms and not any(cue in self._answers.get(norm, frozenset()) for norm in norms))

    def nearest(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """The ``k`` entries of highest cosine with ``vector`` (shape (384,)), best first: of those that are near by the coarse vectors."""
        near = _highest(self._coarse @ (vector @ self._axes), _SIFTED * k)
        scores = self.vectors[near].astype(np.float32) @ vector
        return [(int(near[i]), float(scores[i])) for i in np.lexsort((near, -scores))[:k]]

    def without(self, texts: Set[str]) -> Index:
        """The index as it would be had nobody written the wordings ``texts``: neither they nor the words that only they have for an intent."""
        kept = [i for i, e in enumerate(self.entries) if e.origin or e.text not in texts]
        entries = [self.entries[i] for i in kept]
        gone = _terms_by_iri(e for e in self.entries if not e.origin and e.text in texts)
        left = bags_of(entries, {})
        bags = {i: left[i] | self.bags[i].difference(*(gone[iri] for _, bound in i.bindings for iri in bound)) for i in left}
        return Index(entries, self.vectors[kept].astype(np.float32), bags, self._answers)

    def with_vectors(self, vectors: Vectors) -> Index:
        """The index over the same entries with other ``vectors``, learnt from anew."""
        return Index(self.entries, vectors, self.bags, self._answers)

    def save(self, folder: Path) -> None:
        """Write the entries (:meth:`qa.entries.Entries.save`), the terms of their intents (:meth:`qa.bags.Bags.save`), ``answers.json``, ``vectors.npy``
        (float16), ``coarse.npz``, ``sense.npz``, ``diction.npz`` and ``verdicts.npz`` to ``folder``."""
        self.entries.save(folder)
        self.bags.save(folder)
        answers = {norm: sorted(cues) for norm, cues in sorted(self._answers.items())}
        (folder / "answers.json").write_text(json.dumps(answers, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        np.save(folder / "vectors.npy", self.vectors.astype(np.float16))
        np.savez(folder / "coarse.npz", axes=self._axes, coarse=self._coarse)
        self.sense.save(folder / "sense.npz")
        self.diction.save(folder / "diction.npz")
        self.verdicts.save(folder / "verdicts.npz")

    @classmethod
    def load(cls, folder: Path) -> Index:
        """Read what ``save`` wrote."""
        entries = Entries.load(folder)
        names = Names(entries.asked())
        answers = {norm: frozenset(cues) for norm, cues in json.loads((folder / "answers.json").read_text(encoding="utf-8")).items()}
        verdicts = Verdicts.load(folder / "verdicts.npz", Replies(entries.intents))
        learnt = Sense.load(folder / "sense.npz"), Diction.load(folder / "diction.npz", names), verdicts
        with np.load(folder / "coarse.npz") as kept:
            coarse = kept["axes"], kept["coarse"]
        return cls(entries, np.load(folder / "vectors.npy"), Bags.load(folder, entries.intents), answers, names, learnt, coarse)


def _coarse(vectors: Vectors) -> tuple[Vectors, Vectors]:
    """The principal axes of ``vectors`` and the vectors along them: a fraction of the bytes to go through for each question."""
    _, axes = np.linalg.eigh(vectors.T @ vectors)
    kept = np.ascontiguousarray(axes[:, ::-1][:, :_AXES])
    return kept, np.ascontiguousarray(vectors @ kept)


def _highest(scores: Vectors, k: int) -> npt.NDArray[np.intp]:
    """The places of the ``k`` highest of ``scores``, in no order."""
    if k >= len(scores):
        return np.arange(len(scores))
    tops = np.maximum.reduceat(scores, np.arange(0, len(scores), _BLOCK))
    if k >= len(tops):
        return np.argpartition(scores, -k)[-k:]
    high = np.flatnonzero(scores >= np.partition(tops, -k)[-k])  # k of them at least: the tops of k blocks
    return high[np.argpartition(scores[high], -k)[-k:]]


def entry(text: str, intent: Intent, reading: Reading, *, origin: str) -> Entry:
    """The index entry of a canonical question as it was read."""
    return Entry(text, intent, frozenset(reading.terms), reading.aspects, entities_by_kind(reading), origin)


def entities_by_kind(reading: Reading) -> dict[str, frozenset[str]]:
    """The entities that a reading names, by kind."""
    found: dict[str, set[str]] = defaultdict(set)
    for mention in reading.mentions:
        found[mention.kind].update(mention.entities)
    return {kind: frozenset(entities) for kind, entities in found.items()}


def _beside(wordings: int) -> Executor:
    """Where to learn from so many wordings beside something else."""
    if wordings < _MANY:
        return ThreadPoolExecutor(1)
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))  # threads would wait for each other


def _only_of_meetings(readings: Iterable[Mapping[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    """For each entity (IRI) that is never named without a meeting, the meetings with which it is named; ``readings`` give the entities by kind."""
    found: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
    for named in readings:
        for entity in frozenset().union(*named.values()):
            found[entity].append(named.get(_MEETING, frozenset()))
    return {entity: frozenset().union(*meetings) for entity, meetings in found.items() if all(meetings)}


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
