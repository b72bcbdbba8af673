"""Build steps for asking: the embedding model, the lexicon, and the retrieval index over the graph just built."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from qa.encoder import Encoder, EncoderError, TextEncoder, Vectors, open_encoder
from qa.encoder_build import build_model
from qa.encoder_lora import ADAPTER, notes, tensors
from qa.entailment import WEIGHTS, Entailment
from qa.entries import Entry
from qa.expand import Family, expand_family, expand_wordings, load_families
from qa.index import MODEL, Index, bags_of, entry
from qa.lexicon import DICTIONARY, build_lexicon, labels, open_linker
from qa.link import Linker
from qa.models import Intent, Workspace
from qa.normalise import normalise
from qa.store import Store
from qa.terms import local_name

Question = tuple[str, Intent, str]
"""A canonical question: its words, what it asks, and its origin (see :class:`qa.index.Entry`)."""

_REGULATIONS = "SELECT ?regulation ?identifier WHERE { ?regulation a gz:Regulation ; dct:identifier ?identifier } ORDER BY ?identifier"
_FILLED = """SELECT DISTINCT ?norm ?slot WHERE { ?norm gz:quote ?q .
  { ?norm ?slot ?filler } UNION { ?norm gz:deadline|gz:limit ?time . ?time ?slot ?amount FILTER(?slot = gz:amount) } }"""
_NORM_WORDS = """SELECT ?norm ?words WHERE {
  { ?norm gz:quote ?words } UNION { ?norm gz:quote ?q ; rdfs:label ?words }
  UNION { ?norm gz:quote ?q ; gz:involves ?e . ?e rdfs:label|skos:prefLabel|skos:altLabel ?words . FILTER(lang(?words) = "zh") }
  UNION { ?norm gz:quote ?q ; gz:action|gz:content ?e . ?e skos:prefLabel|skos:altLabel ?words . FILTER(lang(?words) = "zh") }
}"""


def model_step(workspace: Workspace) -> None:
    """The embedding model, made from its pinned package, which the cache keeps, and the trained adapter, where there is one."""
    adapter = workspace.root / ADAPTER
    build_model(workspace.target / MODEL, workspace.cache, adapter if adapter.exists() else None)


def index_step(workspace: Workspace) -> None:
    """The lexicon and the index of canonical questions."""
    store = Store.open(workspace.graph)
    intents = workspace.root / "data" / "intents"
    questions = canonical_questions(workspace.root, store, load_families(intents))
    words = [str(row["words"]) for row in store.select(_NORM_WORDS)]
    names = [str(row["surface"]) for row in labels(store, intents)]
    build_lexicon([*words, *(text for text, *_ in questions)], workspace.target, names)
    linker = open_linker(store, workspace.target / DICTIONARY, intents)
    encoder = open_encoder(model_dir=workspace.target / MODEL)
    slots = yaml.safe_load((intents / "slots.yaml").read_text(encoding="utf-8"))
    index = make_index(questions, store, linker, slots, lambda texts: remembered(texts, encoder, workspace.cache))
    index.save(workspace.target)
    weights = entailment_weights(workspace.root)
    if weights and isinstance(encoder, Encoder):
        Entailment.over(weights, index.readings(), encoder.tokens).save(workspace.target)


def entailment_weights(root: Path) -> dict[str, NDArray[np.float32]]:
    """The trained weights of :mod:`qa.entailment`; none where there are none, or they were trained over another adapter than there is now.

    Raises :class:`EncoderError` when the file is damaged.
    """
    path = root / WEIGHTS
    try:
        content = path.read_bytes() if path.exists() else b""
        return tensors(content) if content and notes(content).get("adapter") == adapter_hash(root) else {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EncoderError(f"{path.name}：文件损坏或格式不符；请重新训练（guizhi train --entailment），或删除该文件：{path}") from error


def adapter_hash(root: Path) -> str:
    """The SHA-256 of the adapter of the embedding model; empty without one."""
    path = root / ADAPTER
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def remembered(texts: Sequence[str], encoder: TextEncoder, cache: Path) -> Vectors:
    """The vectors of ``texts``; those of the last build by the same model are read from ``cache``, since equal texts have equal vectors."""
    path = cache / "vectors.npz"
    known: dict[str, Vectors] = {}
    if path.exists():
        with np.load(path) as kept:
            if str(kept["model"]) == encoder.fingerprint:
                known = dict(zip(kept["texts"].tolist(), kept["vectors"], strict=True))
    new = [t for t in dict.fromkeys(texts) if t not in known]
    known |= dict(zip(new, encoder.encode(new), strict=True))
    vectors = np.array([known[t] for t in texts], np.float32)
    cache.mkdir(parents=True, exist_ok=True)
    np.savez(path, model=np.array(encoder.fingerprint), texts=np.array(texts), vectors=vectors)
    return vectors


def canonical_questions(root: Path, store: Store, families: Mapping[str, Family]) -> list[Question]:
    """Every canonical question: the families' templates over the graph, and the wordings of each regulation."""
    questions = [(text, intent, _origin(family)) for family in families.values() for text, intent in expand_family(family, store.select)]
    return list(dict.fromkeys(questions + [(text, intent, "") for text, intent in wordings(root, store, families)]))


def wordings(root: Path, store: Store, families: Mapping[str, Family], files: str = "*.yaml") -> list[tuple[str, Intent]]:
    """The wordings of each regulation, those in ``files`` (a pattern)."""
    return [
        found
        for row in store.select(_REGULATIONS)
        for path in sorted((root / "data" / "wordings" / str(row["identifier"])).glob(files))
        for found in expand_wordings(path, str(row["regulation"]), families)
    ]


def plain(text: str) -> str:
    """A canonical question as the index holds it."""
    return re.sub(r"[?？。!！]+$", "", normalise(text).text)


def _origin(family: Family) -> str:
    return {"norm": "norm", "silent": "general"}.get(family.kind, "") if family.over else ""


def make_index(
    questions: Iterable[Question],
    store: Store,
    linker: Linker,
    slots: Mapping[str, Sequence[str]],
    encode: Callable[[Sequence[str]], Vectors],
) -> Index:
    """The index over ``questions``, read by ``linker`` and put into vectors by ``encode``; ``slots`` says which slots answer which cue."""
    entries: list[Entry] = []
    for text, intent, origin in questions:
        words = plain(text)
        entries.append(entry(words, intent, linker.read(words), origin=origin))
    vectors = encode([e.text for e in entries])
    return Index(entries, vectors, bags_of(entries, _norm_terms(store, linker)), _answers(store, slots))


def _answers(store: Store, slots: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    """For each norm, the cues that one of its filled slots answers; an amount of a deadline or of a limit counts as a slot of the norm."""
    filled: dict[str, set[str]] = defaultdict(set)
    for row in store.select(_FILLED):
        filled[str(row["norm"])].add(local_name(str(row["slot"])))
    return {norm: frozenset(cue for cue, names in slots.items() if found & set(names)) for norm, found in filled.items()}


def _norm_terms(store: Store, linker: Linker) -> dict[str, frozenset[str]]:
    terms: dict[str, set[str]] = defaultdict(set)
    for row in store.select(_NORM_WORDS):
        terms[str(row["norm"])].update(linker.read(normalise(str(row["words"])).text).terms)
    return {norm: frozenset(found) for norm, found in terms.items()}
