"""Training of what reads questions and norms together (:mod:`qa.entailment`); needs the extra ``train``.

It learns from every wording whose answer is written. The embedding model stays as the build made it, so each text is put into vectors once; minutes on an
ordinary computer. What it gains is measured on the wordings of ``people-*.yaml`` with weights that did not learn from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from qa.build import GRAPH
from qa.decide import agreed
from qa.encoder import Encoder
from qa.encoder_graph import DIMENSION
from qa.entailment import HEADS, WEIGHTS, Entailment, Tokens
from qa.expand import load_families
from qa.index import MODEL, Index
from qa.index_build import adapter_hash, plain, wordings
from qa.models import REPLIES, Intent
from qa.store import Store
from qa.train_data import UNSEEN
from qa.verdict import Replies, Verdicts

WIDTH: Final = 128
LAYERS: Final = 2
EPOCHS: Final = 5
BATCH: Final = 64
RATE: Final = 1e-3
RISING: Final = 300
"""Steps in which the rate of learning rises to :data:`RATE`; then it falls to nothing."""
DROPPED: Final = 0.15
"""Share of the tokens whose vectors are hidden while learning."""
DROPOUT: Final = 0.1
"""Share of the transformer's own values that are dropped while learning."""
DECAY: Final = 0.01
SMOOTHING: Final = 0.02
_DRAWN_TOGETHER: Final = 32
"""Batches that are drawn at once and then put together by length."""
ALLOWED: Final = (0.01, 0.02, 0.03)
"""Shares of wrong answers among those given, at which it is told how many can be given."""


@dataclass(frozen=True, slots=True)
class Case:
    """A wording by its row in the index, the norms (IRIs) that it is about, and what they say to it (:data:`qa.models.REPLIES`)."""

    row: int
    text: str
    intent: Intent
    norms: tuple[str, ...]
    reply: str


class Together(nn.Module):
    """The transformer that :class:`qa.entailment.Entailment` runs, with the names of its weights."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Linear(DIMENSION, WIDTH)
        self.part, self.both = nn.Embedding(2, WIDTH), nn.Embedding(2, WIDTH)
        self.first = nn.Parameter(torch.randn(WIDTH) * 0.02)
        self.entered, self.left = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 2 * WIDTH, DROPOUT, "relu", batch_first=True, norm_first=True)
        self.read = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.told = nn.Linear(WIDTH, len(REPLIES))

    def forward(self, vectors: Tensor, part: Tensor, shared: Tensor, hidden: Tensor) -> Tensor:
        """Logits by reply; ``vectors`` of the tokens (pairs × tokens × :data:`DIMENSION`), the ``part`` (0 question, 1 norm) of each, whether it is
        ``shared`` by both parts (0 or 1), and whether it is ``hidden``, being no token."""
        state = self.entered(self.enter(vectors) + self.part(part) + self.both(shared))
        state = torch.cat([self.first.expand(len(state), 1, -1), state], 1)
        hidden = torch.cat([hidden.new_zeros(len(hidden), 1), hidden], 1)
        logits: Tensor = self.told(self.left(self.read(state, src_key_padding_mask=hidden)[:, 0]))
        return logits


def train_entailment(root: Path, build: Path, *, seed: int = 0) -> str:
    """Train on the wordings of the project at ``root``, as the finished ``build`` reads them, and write :data:`qa.entailment.WEIGHTS`; returns what it gained.

    They are written only if more can be answered, with as few wrong, for wordings that were not learnt from; otherwise earlier ones are removed. Raises
    :class:`qa.encoder.EncoderError` or OSError.
    """
    index, encoder = Index.load(build), Encoder.open(build / MODEL)
    unseen = {plain(text) for text, _ in wordings(root, Store.open(build / GRAPH), load_families(root / "data" / "intents"), UNSEEN)}
    cases, readings = read_cases(index), index.readings()
    learnt, apart = [case for case in cases if case.text not in unseen], [case for case in cases if case.text in unseen]
    tokens = {text: _half(encoder.tokens(text)) for text in dict.fromkeys([*(case.text for case in cases), *readings.values()])}
    entailment = Entailment.over(_arrays(learn(learnt, readings, tokens, seed=seed)), readings, tokens.__getitem__)
    scores = measure(index, learnt, apart, entailment)
    better = all(with_it > without for without, with_it in scores.values())
    if better:
        save(learn(cases, readings, tokens, seed=seed), root)
    else:
        (root / WEIGHTS).unlink(missing_ok=True)
    text = report(scores, learnt=len(learnt), apart=len(apart), seed=seed, better=better)
    (root / WEIGHTS).with_suffix(".md").write_text(text, encoding="utf-8")
    return text


def read_cases(index: Index) -> list[Case]:
    """The wordings of ``index`` whose answer is written."""
    entries, readings = index.entries, index.readings()
    found = []
    for row, (text, number) in enumerate(zip(entries.texts, entries.asks, strict=True)):
        intent = entries.intents[number]
        norms = tuple(norm for norm in intent.bound("norm") if norm in readings)
        if intent.reply and norms:
            found.append(Case(row, text, intent, norms, intent.reply))
    return found


def learn(
    cases: Sequence[Case], readings: Mapping[str, str], tokens: Mapping[str, Tokens], *, seed: int = 0, epochs: int = EPOCHS
) -> dict[str, Tensor]:
    """The weights of :class:`Together` after learning from ``cases``; ``tokens`` are those of their texts and of the ``readings`` of norms."""
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    chance, model = np.random.default_rng(seed), Together()
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=DECAY)
    loss = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    replies = torch.tensor([REPLIES.index(case.reply) for case in cases])
    lengths = np.array([len(tokens[case.text][0]) for case in cases])
    model.train()
    step, last = 0, epochs * -(-len(cases) // BATCH)
    for _ in range(epochs):
        for rows in _batches(lengths, chance):
            step += 1
            for group in optimiser.param_groups:
                group["lr"] = RATE * min(step / RISING, max(1 - step / last, 0.02))
            pairs = [(tokens[cases[row].text], tokens[readings[cases[row].norms[chance.integers(len(cases[row].norms))]]]) for row in rows]
            vectors, part, shared, hidden = _stacked(pairs)
            vectors = vectors.masked_fill((torch.rand(hidden.shape) < DROPPED)[..., None], 0)
            value = loss(model(vectors, part, shared, hidden), replies[rows])
            optimiser.zero_grad()
            value.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
    model.eval()
    return model.state_dict()


def measure(
    index: Index, learnt: Sequence[Case], apart: Sequence[Case], entails: Callable[[str, Sequence[str]], Mapping[str, float]]
) -> dict[float, tuple[float, float]]:
    """The share of the cases kept ``apart`` that can be answered, the surest first, with each share of :data:`ALLOWED` wrong: without and with what
    ``entails`` says; the verdicts are learnt from ``learnt`` only."""
    verdicts = Verdicts.learn(
        [case.text for case in learnt],
        index.vectors[[case.row for case in learnt]].astype(np.float32),
        [case.intent for case in learnt],
        Replies(index.entries.intents),
    )
    found: tuple[list[tuple[float, bool]], list[tuple[float, bool]]] = ([], [])
    for case in apart:
        likely = verdicts(case.text, index.vectors[case.row].astype(np.float32), [case.intent])[0]
        for judged, into in zip((likely, agreed(likely, entails(case.text, case.norms))), found, strict=True):
            reply = max(REPLIES, key=lambda name: judged.get(name, 0.0))
            into.append((judged.get(reply, 0.0), reply == case.reply))
    without, with_it = ([_answerable(judged, share) for share in ALLOWED] for judged in found)
    return dict(zip(ALLOWED, zip(without, with_it, strict=True), strict=True))


def _answerable(judged: Sequence[tuple[float, bool]], allowed: float) -> float:
    """The largest share of ``judged`` (probability, right), the surest first, of which no more than ``allowed`` is wrong."""
    right = np.array([right for _, right in sorted(judged, key=lambda one: -one[0])])
    given = np.arange(1, len(right) + 1)
    within = np.flatnonzero(np.cumsum(~right) / given <= allowed)
    return float(given[within[-1]] / len(right)) if len(within) else 0.0


def save(weights: Mapping[str, Tensor], root: Path) -> None:
    """Write ``weights`` below ``root``, in half precision, with the adapter of the embedding model that they were trained over."""
    save_file({name: value.half().contiguous() for name, value in weights.items()}, root / WEIGHTS, {"adapter": adapter_hash(root)})


def report(scores: Mapping[float, tuple[float, float]], *, learnt: int, apart: int, seed: int, better: bool) -> str:
    """What was gained, in Chinese."""
    table = "\n".join(f"| {allowed:.0%} | {without:.3f} | {with_it:.3f} |" for allowed, (without, with_it) in scores.items())
    verdict = "更好，已写出权重，构建时使用。" if better else "没有更好，因此不写出权重，构建时不使用。"
    return _PAGE.format(learnt=learnt, apart=apart, seed=seed, table=table, verdict=verdict)


def _batches(lengths: NDArray[np.int64], chance: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """The numbers of all cases, drawn at random into batches of like length."""
    order = chance.permutation(len(lengths))
    drawn = [order[start : start + _DRAWN_TOGETHER * BATCH] for start in range(0, len(order), _DRAWN_TOGETHER * BATCH)]
    alike = [rows[np.argsort(lengths[rows], kind="stable")] for rows in drawn]
    batches = [rows[start : start + BATCH] for rows in alike for start in range(0, len(rows), BATCH)]
    for place in chance.permutation(len(batches)).tolist():
        yield batches[place]


def _stacked(pairs: Sequence[tuple[Tokens, Tokens]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Vectors, part, shared and hidden (:meth:`Together.forward`) of ``pairs`` of a question and a norm."""
    longest = max(len(question[0]) + len(norm[0]) for question, norm in pairs)
    vectors = np.zeros((len(pairs), longest, DIMENSION), np.float32)
    part, shared, hidden = (np.zeros((len(pairs), longest), np.int64) for _ in range(3))
    for place, ((asked, asked_vectors), (told, told_vectors)) in enumerate(pairs):
        start, end, common = len(asked), len(asked) + len(told), {*asked} & {*told}
        vectors[place, :start], vectors[place, start:end] = asked_vectors, told_vectors
        part[place, start:] = 1
        shared[place, :end] = [token in common for token in (*asked, *told)]
        hidden[place, end:] = 1
    return torch.from_numpy(vectors), torch.from_numpy(part), torch.from_numpy(shared), torch.from_numpy(hidden) == 1


def _arrays(weights: Mapping[str, Tensor]) -> dict[str, NDArray[np.float32]]:
    return {name: value.numpy() for name, value in weights.items()}


def _half(tokens: Tokens) -> Tokens:
    """``tokens`` in half the memory."""
    return tokens[0], tokens[1].astype(np.float16)


_PAGE: Final = """\
# 问句与规范一起读

是非问里，问句的每个词元和规范的每个词元放在一个两层的小变换器里一起读（`qa/entailment.py`），再与逐字相加的判别（`qa/verdict.py`）取几何平均。
词元的向量来自适配后的模型，模型不变；`entailment.safetensors`（float16）记着是和哪一个适配层一起训练的，换了适配层就不用它。本文由训练命令写出，请勿手改。

- 命令：`guizhi train --entailment`（`make train` 也做）；训练后须重新构建（`guizhi build`）
- 随机种子：{seed}；数据：{learnt} 条写明是非的问法，另有 {apart} 条（`people-*.yaml`）在检验时不学，检验之后一并学

| 说出的里面错的不超过 | 只用 qa/verdict.py，能说出的 | 加上一起读的 |
| --- | ---: | ---: |
{table}

{verdict}
"""
