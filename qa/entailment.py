"""What a norm says to what a question puts, told from both read together, token by token.

:mod:`qa.verdict` adds up what the characters and the vector of a question say for each answer of a norm; no sum sees that a question names just the
exception which the norm makes. Here every token of the question attends to every token of the norm's reading in a small transformer (Vaswani et al.,
2017), as in the recognition of textual entailment. The tokens' vectors are those of the embedding model, which stays as it is; what reads them together is
trained by :mod:`qa.train_entailment`, one model for all norms, and needs nothing but numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qa.models import REPLIES

Floats = NDArray[np.float32]
Tokens = tuple[Sequence[int], Floats]
"""The numbers of a text's tokens and their vectors, one row a token."""

WEIGHTS: Final = Path("data") / "adapter" / "entailment.safetensors"
"""The trained weights, below the project's root."""
FILE: Final = "entailment.npz"
HEADS: Final = 4
_EPSILON: Final = 1e-5


@dataclass(frozen=True, slots=True)
class Entailment:
    """Reads a question with the norms of one build."""

    weights: Mapping[str, Floats]
    """By the names that torch gives them in :class:`qa.train_entailment.Together`."""
    norms: Mapping[str, Tokens]
    """The tokens of each norm's reading, their vectors as they enter the transformer."""
    tokens: Callable[[str], Tokens]
    """Those of a text by the embedding model for which the weights were trained."""

    @classmethod
    def over(cls, weights: Mapping[str, Floats], readings: Mapping[str, str], tokens: Callable[[str], Tokens]) -> Entailment:
        """Of norms (IRIs) with ``readings``."""
        found = {norm: tokens(reading) for norm, reading in readings.items()}
        return cls(weights, {norm: (ids, _enter(weights, vectors, part=1)) for norm, (ids, vectors) in found.items()}, tokens)

    def __call__(self, text: str, norms: Sequence[str]) -> dict[str, float]:
        """How probable each answer (:data:`qa.models.REPLIES`) to the question ``text`` is by ``norms``: the mean over those that are known; nothing where none
        is."""
        known = [self.norms[norm] for norm in norms if norm in self.norms]
        if not known:
            return {}
        ids, vectors = self.tokens(text)
        question = ids, _enter(self.weights, vectors, part=0)
        return dict(zip(REPLIES, np.mean([self._read(question, norm) for norm in known], axis=0).tolist(), strict=True))

    def _read(self, question: Tokens, norm: Tokens) -> Floats:
        weights, shared = self.weights, {*question[0]} & {*norm[0]}
        both = np.concatenate([question[1], norm[1]]) + weights["both.weight"][[int(token in shared) for token in (*question[0], *norm[0])]]
        state = np.concatenate([weights["first"][None], _norm(weights, "entered", both)])
        layer = 0
        while (place := f"read.layers.{layer}") + ".linear1.weight" in weights:
            state = state + _attend(weights, f"{place}.self_attn", _norm(weights, f"{place}.norm1", state))
            inner = np.maximum(_linear(weights, f"{place}.linear1", _norm(weights, f"{place}.norm2", state)), 0)
            state = state + _linear(weights, f"{place}.linear2", inner)
            layer += 1
        told = _linear(weights, "told", _norm(weights, "left", state[0]))
        likely = np.exp(told - told.max())
        return np.asarray(likely / likely.sum(), np.float32)

    def save(self, folder: Path) -> None:
        """Write :data:`FILE` to ``folder``, in half precision."""
        rows = [*self.norms.values()]
        arrays = {f"weights/{name}": value.astype(np.float16) for name, value in self.weights.items()}
        arrays |= {
            "norms": np.array([*self.norms]),
            "lengths": np.array([len(ids) for ids, _ in rows]),
            "ids": np.concatenate([np.array(ids, np.int32) for ids, _ in rows]),
            "vectors": np.concatenate([vectors for _, vectors in rows]).astype(np.float16),
        }
        np.savez(folder / FILE, **arrays)  # type: ignore[arg-type]  # numpy types its options only

    @classmethod
    def load(cls, folder: Path, tokens: Callable[[str], Tokens]) -> Entailment | None:
        """Read what :meth:`save` wrote; ``None`` where nothing is."""
        if not (folder / FILE).exists():
            return None
        with np.load(folder / FILE) as kept:
            weights = {name.removeprefix("weights/"): kept[name].astype(np.float32) for name in kept.files if name.startswith("weights/")}
            ends = np.cumsum(kept["lengths"])[:-1]
            ids, vectors = np.split(kept["ids"], ends), np.split(kept["vectors"].astype(np.float32), ends)
            norms = kept["norms"].tolist()
        return cls(weights, {norm: (of.tolist(), rows) for norm, of, rows in zip(norms, ids, vectors, strict=True)}, tokens)


def _enter(weights: Mapping[str, Floats], vectors: Floats, *, part: int) -> Floats:
    """Vectors of the embedding model as they enter the transformer; ``part`` is 0 in a question, 1 in a norm."""
    return np.asarray(_linear(weights, "enter", vectors) + weights["part.weight"][part])


def _linear(weights: Mapping[str, Floats], name: str, values: Floats) -> Floats:
    return np.asarray(values @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])


def _norm(weights: Mapping[str, Floats], name: str, values: Floats) -> Floats:
    """Layer normalisation."""
    apart = values - values.mean(axis=-1, keepdims=True)
    scale = 1 / np.sqrt((apart * apart).mean(axis=-1, keepdims=True) + _EPSILON)
    return np.asarray(apart * scale * weights[f"{name}.weight"] + weights[f"{name}.bias"])


def _attend(weights: Mapping[str, Floats], name: str, state: Floats) -> Floats:
    """Attention of every row of ``state`` to every other, by :data:`HEADS` heads."""
    joined = state @ weights[f"{name}.in_proj_weight"].T + weights[f"{name}.in_proj_bias"]
    query, key, value = joined.reshape(len(state), 3, HEADS, -1).transpose(1, 2, 0, 3)
    scores = query @ key.transpose(0, 2, 1) / np.sqrt(np.float32(query.shape[-1]))
    share = np.exp(scores - scores.max(axis=-1, keepdims=True))
    share /= share.sum(axis=-1, keepdims=True)
    return _linear(weights, f"{name}.out_proj", (share @ value).transpose(1, 0, 2).reshape(len(state), -1))
