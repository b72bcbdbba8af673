"""``guizhi train``: adapts the frozen embedding model to the regulation by a Dense layer of sentence-transformers (extra ``train``).

Wordings of one meaning are drawn together, and away from the nearest ones of another meaning and from questions the rules do not answer.
The base vectors are computed once; only the layer learns. The same data and seed give the same file, byte for byte, on one machine.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from qa.encoder import Adapter, Vectors
from qa.index import ADAPTER
from qa.train_data import Wording, read_corpus
from qa.train_measure import cross_validate, elsewhere, report

if TYPE_CHECKING:
    from sentence_transformers.base.modules import Dense

EPOCHS: Final = 8
BATCH: Final = 128
RATE: Final = 3e-3
"""Learning rate of Adam, falling to nothing."""
PULL: Final = 0.3
"""Weight decay towards the identity, as a share of the rate."""
SCALE: Final = 40.0
"""Inverse temperature of the loss."""
NOISE: Final = 0.2
"""Length of the noise on a vector (of length 1)."""
SHARE: Final = 0.8
"""How much of what was learnt is kept: weight = (1 − share) · identity + share · learnt."""
POOL: Final = 30
"""Nearest wordings of another meaning from which the hard negative is drawn."""
P_SAME_ASK, P_READING, P_OUTSIDE = 0.5, 0.1, 0.15
"""How often the partner asks the same of the norm, or is the norm's reading; how often the negative is outside the rules."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """A learnt layer (weight 384×384, bias 384) and the mean loss of each epoch."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    losses: tuple[float, ...]

    def adapter(self) -> Adapter:
        """The layer as it will be read back: through float16."""
        return Adapter(self.weight.astype(np.float16).astype(np.float32), self.bias.astype(np.float16).astype(np.float32), "")


def train(root: Path, build: Path, *, seed: int = 0, folds: int = 5) -> str:
    """Train on the wordings of the project at ``root``, measure with and without, write ``data/adapter``; returns a report in Chinese.

    ``build`` is a finished build (its graph and model are read). The adapter is written only if it finds the right norms more often on the
    wordings held out in ``folds``; otherwise an earlier one is removed. Raises :class:`qa.encoder.EncoderError`, OSError, or ImportError
    without the extra.
    """
    import torch

    torch.set_num_threads(1)  # sums in one order: the same bytes every time
    corpus = read_corpus(root, build)
    own = cross_validate(corpus, lambda kept: learn(corpus.vectors, kept, corpus.readings, seed=seed).adapter(), folds=folds, seed=seed)
    learnt = learn(corpus.vectors, corpus.wordings, corpus.readings, seed=seed)
    others = elsewhere(corpus, None), elsewhere(corpus, learnt.adapter())
    better = own[1]["part"] > own[0]["part"] and all(others[1][n] >= others[0][n] for n in ("norm", "article") if n in others[0])
    target = root / ADAPTER
    if better:
        write(learnt, target)
    else:
        target.unlink(missing_ok=True)
    text = report(corpus, own, others, seed=seed, losses=learnt.losses, better=better)
    target.parent.mkdir(parents=True, exist_ok=True)
    (target.parent / "README.md").write_text(text, encoding="utf-8")
    return text


def learn(
    vectors: Vectors, wordings: Sequence[Wording], readings: Mapping[str, int], *, seed: int = 0, epochs: int = EPOCHS, batch: int = BATCH
) -> Learnt:
    """Learn the layer from ``wordings`` over the base ``vectors``; ``readings`` gives the row of each norm's own words.

    Raises ImportError without the extra ``train``.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense, Normalize
    from sentence_transformers.base.sampler import NoDuplicatesBatchSampler
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    width = vectors.shape[1]
    base, one = torch.from_numpy(vectors), torch.eye(width)
    dense = Dense(width, width, activation_function=torch.nn.Identity(), init_weight=one.clone(), init_bias=torch.zeros(width))
    loss = MultipleNegativesRankingLoss(SentenceTransformer(modules=[dense, Normalize()], device="cpu"), scale=SCALE)
    optimiser = torch.optim.Adam(dense.parameters())
    noise, order = torch.Generator().manual_seed(seed), torch.Generator()
    draw, losses = _Triples(vectors, wordings, readings, random.Random(seed)), []
    for epoch in range(epochs):
        triples = _Dataset(draw.epoch())
        sampler = NoDuplicatesBatchSampler(triples, batch, drop_last=False, generator=order, seed=seed)
        sampler.set_epoch(epoch)
        drawn, seen = list(sampler), 0.0
        batches = [rows for rows in drawn if 2 * len(rows) > batch] or drawn  # of the leftovers, small batches teach little
        for step, rows in enumerate(batches):
            rate = RATE * (1 - (epoch + step / len(batches)) / epochs)
            features = []
            for column in zip(*(triples.items[i][0] for i in rows), strict=True):
                clean = base[list(column)]
                features.append({"sentence_embedding": clean + NOISE * width**-0.5 * torch.randn(clean.shape, generator=noise)})
            value = loss(features, torch.empty(0))
            optimiser.param_groups[0]["lr"] = rate
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            with torch.no_grad():
                dense.linear.weight -= rate * PULL * (dense.linear.weight - one)
            seen += value.item()
        losses.append(seen / max(len(batches), 1))
    weight, bias = ((SHARE * p.detach()).numpy() for p in (dense.linear.weight, dense.linear.bias))
    return Learnt(weight + np.float32(1 - SHARE) * np.eye(width, dtype=np.float32), bias, tuple(losses))


def dense_of(learnt: Learnt) -> Dense:
    """The layer as a module of sentence-transformers, in float16."""
    import torch
    from sentence_transformers.base.modules import Dense

    weight, bias = torch.from_numpy(learnt.weight), torch.from_numpy(learnt.bias)
    return Dense(len(bias), len(bias), activation_function=torch.nn.Identity(), init_weight=weight, init_bias=bias).half()


def write(learnt: Learnt, target: Path) -> None:
    """Write the layer to ``target`` (``model.safetensors``, float16) with the ``config.json`` that makes its folder a ``Dense`` module."""
    target.parent.mkdir(parents=True, exist_ok=True)
    dense_of(learnt).save(str(target.parent))


class _Dataset:
    """Triples of rows with their meanings, as the sampler of sentence-transformers reads a dataset."""

    column_names: Final = ()  # none is a label

    def __init__(self, items: Sequence[tuple[tuple[int, int, int], frozenset[str]]]) -> None:
        self.items = items
        self._meanings = [{part: part for part in sorted(meaning)} for _, meaning in items]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, i: int) -> dict[str, str]:
        return self._meanings[i]


class _Triples:
    """Draws (anchor, partner, negative) rows; all meanings of a row's text count, so that no negative is right after all."""

    def __init__(self, vectors: Vectors, wordings: Sequence[Wording], readings: Mapping[str, int], rng: random.Random) -> None:
        self._anchors, self._readings, self._rng = [w for w in wordings if w.kind != "outside"], readings, rng
        self._outside = sorted({w.row for w in wordings if w.kind == "outside"})
        self._meant: dict[int, frozenset[str]] = defaultdict(frozenset)
        self._alike: dict[object, list[int]] = defaultdict(list)
        for w in wordings:
            self._meant[w.row] |= w.meaning
            self._alike[w.meaning].append(w.row)
            self._alike[w.intent].append(w.row)
        self._near = dict(self._nearest(vectors))

    def epoch(self) -> list[tuple[tuple[int, int, int], frozenset[str]]]:
        """One triple for each wording that has a partner."""
        return [item for w in self._anchors if (item := self._triple(w))]

    def _triple(self, w: Wording) -> tuple[tuple[int, int, int], frozenset[str]] | None:
        chance = self._rng.random
        partners = [r for r in self._alike[w.intent if chance() < P_SAME_ASK else w.meaning] if r != w.row]
        own = [self._readings[iri] for iri in w.meaning if iri in self._readings] if len(w.meaning) == 1 else []
        if own and (not partners or chance() < P_READING):
            partners = own
        near = self._near[w.row]
        if self._outside and (not near or chance() < P_OUTSIDE):
            near = self._outside
        if not partners or not near:
            return None
        partner, negative = self._rng.choice(partners), self._rng.choice(near)
        return (w.row, partner, negative), self._meant[w.row] | self._meant[partner] | self._meant[negative] - {"outside"}

    def _nearest(self, vectors: Vectors) -> Iterator[tuple[int, list[int]]]:
        """For each row, the nearest rows of another meaning."""
        rows = np.array(sorted({w.row for w in self._anchors}))
        most = min(2 * POOL, len(rows))
        for start in range(0, len(rows), 1000):
            scores = vectors[rows[start : start + 1000]] @ vectors[rows].T
            top = np.argpartition(-scores, most - 1, axis=1)[:, :most]
            for row, found, score in zip(rows[start : start + 1000].tolist(), top, scores, strict=True):
                ranked = rows[found[np.argsort(-score[found], kind="stable")]].tolist()
                yield row, [r for r in ranked if self._meant[r].isdisjoint(self._meant[row])][:POOL]
