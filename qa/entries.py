"""The canonical questions of the index, kept in columns: a hundred thousand of them load in a fraction of a second and take a tenth of the memory of as many objects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, TypeVar, overload

import numpy as np
import numpy.typing as npt

from qa.models import Intent
from qa.ragged import Floats, Numbers, Ragged

_TEXTS: Final = "index.json"
_COLUMNS: Final = "index.npz"
_Codes = npt.NDArray[np.uint64]
_Value = TypeVar("_Value")


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


class Entries(Sequence[Entry]):
    """Canonical questions in order. What many of them have alike, intents, cues, entities, stands once and is read once: a number in a column tells which."""

    def __init__(self, texts: Sequence[str], tables: Mapping[str, Any], columns: Mapping[str, npt.NDArray[Any]]) -> None:
        """Of what ``save`` writes."""
        self._texts, self._tables, self._columns = texts, tables, columns
        self.intents = [Intent(i["family"], tuple((k, tuple(v)) for k, v in i["bindings"].items()), i["reply"]) for i in tables["intents"]]
        """What entries ask, each once."""
        self.asks: Numbers = columns["asks"]
        """The number of each entry's intent."""
        self._name = {name: n for n, name in enumerate(tables["terms"])}
        self._terms = Ragged(columns["terms"], columns["term_starts"])
        self._aspects: list[frozenset[str]] = [frozenset(cues) for cues in tables["aspects"]]
        self._origins = np.array(tables["origins"])
        self._pairs = Ragged(columns["pairs"], columns["pair_starts"])
        self._groups = Ragged(columns["groups"], columns["group_starts"])
        self._entities: dict[int, Mapping[str, frozenset[str]]] = {}
        self._codes: _Codes = columns["codes"]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Entries:
        """Those of ``entries``."""
        if isinstance(entries, Entries):
            return entries
        rows = list(entries)
        names = sorted({term for e in rows for term in e.terms})
        place = {name: n for n, name in enumerate(names)}
        intents, asks = _numbered(e.intent for e in rows)
        aspects, cues = _numbered(tuple(sorted(e.aspects)) for e in rows)
        kinds, named = _numbered(tuple(sorted((kind, iri) for kind, of in e.entities.items() for iri in of)) for e in rows)
        entities, number = _numbered(of for together in kinds for of in together)
        groups = Ragged(number, np.cumsum([0, *map(len, kinds)]))
        origins, origin = _numbered(e.origin for e in rows)
        terms = Ragged.of([sorted(place[term] for term in e.terms) for e in rows])
        written = [_pairs(e.text) for e in rows]
        codes = np.unique(np.concatenate([*written, np.zeros(0, np.uint64)]))
        pairs = Ragged.of([np.searchsorted(codes, of) for of in written])
        tables = {
            "intents": [{"family": i.family, "bindings": {k: list(v) for k, v in i.bindings}, "reply": i.reply} for i in intents],
            "terms": names,
            "aspects": aspects,
            "entities": entities,
            "origins": origins,
        }
        columns = {"asks": asks, "cues": cues, "named": named, "origin": origin, "codes": codes}
        ragged = {"term": terms, "pair": pairs, "group": groups}
        columns |= {f"{name}s": of.numbers for name, of in ragged.items()} | {f"{name}_starts": of.starts for name, of in ragged.items()}
        return cls([e.text for e in rows], tables, columns)

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, place: int) -> Entry: ...
    @overload
    def __getitem__(self, place: slice) -> list[Entry]: ...
    def __getitem__(self, place: int | slice) -> Entry | list[Entry]:
        if isinstance(place, slice):
            return [self[i] for i in range(len(self))[place]]
        i = range(len(self))[place]
        terms = frozenset(self._tables["terms"][n] for n in self._terms.numbers[self._terms.starts[i] : self._terms.starts[i + 1]])
        origin = str(self._origins[self._columns["origin"][i]])
        return Entry(self._texts[i], self.intents[self.asks[i]], terms, self.aspects(i), self.entities(i), origin)

    @property
    def texts(self) -> Sequence[str]:
        """The words of each entry."""
        return self._texts

    def written(self) -> list[tuple[str, Intent]]:
        """What people wrote: the words of each of their entries, and what it asks."""
        theirs = self.are("", np.arange(len(self)))
        return [(text, self.intents[n]) for text, n, own in zip(self._texts, self.asks.tolist(), theirs.tolist(), strict=True) if own]

    def aspects(self, i: int) -> frozenset[str]:
        """The cues in entry ``i``."""
        return self._aspects[int(self._columns["cues"][i])]

    def entities(self, i: int) -> Mapping[str, frozenset[str]]:
        """The entities that entry ``i`` names, by kind."""
        group = int(self._columns["named"][i])
        if group not in self._entities:
            found: dict[str, set[str]] = {}
            for n in self._groups.numbers[self._groups.starts[group] : self._groups.starts[group + 1]]:
                kind, iri = self._tables["entities"][n]
                found.setdefault(kind, set()).add(iri)
            self._entities[group] = {kind: frozenset(of) for kind, of in found.items()}
        return self._entities[group]

    def are(self, origin: str, places: Numbers) -> npt.NDArray[np.bool_]:
        """Whether the entries at ``places`` are of ``origin``."""
        return np.asarray(self._origins[self._columns["origin"][places]] == origin)

    def asked(self) -> dict[Intent, int]:
        """How many entries ask each intent."""
        return dict(zip(self.intents, np.bincount(self.asks, minlength=len(self.intents)).tolist(), strict=True))

    def times(self) -> dict[str, int]:
        """How many entries have each term."""
        return dict(zip(self._name, np.bincount(self._terms.numbers, minlength=len(self._name)).tolist(), strict=True))

    def shared(self, weights: Mapping[str, float], places: Numbers) -> Floats:
        """For each entry at ``places``, the sum of the weights of the terms that it has."""
        of = np.zeros(len(self._name))
        for term, weight in weights.items():
            if (number := self._name.get(term)) is not None:
                of[number] = weight
        return self._terms.sums(of, places)

    def alike(self, text: str, places: Numbers) -> Floats:
        """For each entry at ``places``, the share (Dice) of pairs of neighbouring characters that it has in common with ``text``."""
        pairs = _pairs(text)
        of = np.zeros(len(self._codes), bool)
        at = np.searchsorted(self._codes, pairs)
        there = at < len(self._codes)
        there[there] = self._codes[at[there]] == pairs[there]
        of[at[there]] = True
        return 2 * self._pairs.sums(of, places) / np.maximum(len(pairs) + self._pairs.lengths(places), 1)

    def save(self, folder: Path) -> None:
        """Write ``index.json`` and ``index.npz`` to ``folder``."""
        document = {"texts": list(self._texts)} | dict(self._tables)
        (folder / _TEXTS).write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        np.savez(folder / _COLUMNS, **self._columns)  # type: ignore[arg-type]  # no column is called allow_pickle

    @classmethod
    def load(cls, folder: Path) -> Entries:
        """Read what ``save`` wrote."""
        document = json.loads((folder / _TEXTS).read_text(encoding="utf-8"))
        with np.load(folder / _COLUMNS) as columns:
            return cls(document.pop("texts"), document, dict(columns))


def _numbered(values: Iterable[_Value]) -> tuple[list[_Value], npt.NDArray[np.int32]]:
    """The different ones of ``values``, and for each value its number among them."""
    numbers: dict[_Value, int] = {}
    column = np.array([numbers.setdefault(value, len(numbers)) for value in values], np.int32)
    return list(numbers), column


def _pairs(text: str) -> _Codes:
    """The pairs of neighbouring characters in ``text``, each once, as numbers: two code points side by side."""
    return np.array(sorted({(ord(a) << 32) | ord(b) for a, b in pairwise(text)}), np.uint64)
