"""What the adapter gains: retrieval of the right norms on held-out wordings and on others' questions, and separation of the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.encoder import Vectors
from qa.train_data import REFUSING, Corpus, Wording

Scores = dict[str, float]
"""Shares (0 to 1) and areas under the ROC curve, by name."""

_NAMES = {
    "exact": "未学问法：首位规范组全同",
    "part": "未学问法：首位规范相合",
    "five": "未学问法：前五组中有全同的",
    "article_own": "未学问法：首位条号相合",
    "silence": "未学问法：首位是同一“未规定”事项",
    "near": "AUROC：未学问法，可答与“未规定”",
    "norm": "ranking.jsonl：首位规范相合",
    "refused": "ranking.jsonl：不可答题首位是拒答",
    "separated": "ranking.jsonl：AUROC，可答与不可答",
    "article": "questions-dev.jsonl：首位条号相合",
}


def measure(corpus: Corpus, vectors: Vectors) -> Scores:
    """How often the nearest wording that was learnt from is right, by its cosine alone; ``vectors`` are those of the corpus's texts."""
    entries, answering = vectors[[w.row for w in corpus.wordings]], np.array([w.kind not in REFUSING for w in corpus.wordings])
    return _apart(corpus, vectors, entries, answering) | _elsewhere(corpus, vectors, entries, answering)


def _apart(corpus: Corpus, vectors: Vectors, entries: Vectors, answering: NDArray[np.bool_]) -> Scores:
    hits: dict[str, list[bool]] = defaultdict(list)
    tops: dict[bool, list[float]] = defaultdict(list)
    for w in corpus.apart:
        scores = entries @ vectors[w.row]
        best = [corpus.wordings[i] for i in _best(scores)]
        tops[w.kind == "silent"].append(float(scores[answering].max()))
        if w.kind == "silent":
            hits["silence"].append(best[0].meaning == w.meaning)
        else:
            hits["exact"].append(best[0].meaning == w.meaning)
            hits["part"].append(not best[0].meaning.isdisjoint(w.meaning))
            hits["five"].append(w.meaning in list(dict.fromkeys(b.meaning for b in best))[:5])
            hits["article_own"].append(bool(_articles(corpus, best[0]) & _articles(corpus, w)))
    return {name: float(np.mean(values)) for name, values in hits.items()} | {"near": auroc(np.array(tops[False]), np.array(tops[True]))}


def _best(scores: Vectors) -> list[int]:
    """The places of the 150 highest, best first."""
    found = np.argpartition(-scores, 150)[:150] if len(scores) > 150 else np.arange(len(scores))
    return [int(i) for i in found[np.argsort(-scores[found], kind="stable")]]


def _elsewhere(corpus: Corpus, vectors: Vectors, entries: Vectors, answering: NDArray[np.bool_]) -> Scores:
    """Scores on the questions that other authors wrote; only those of files that are there."""
    wordings, scores = corpus.wordings, Scores()
    if corpus.ranking:
        found = vectors[[row for row, _ in corpus.ranking]] @ entries.T
        wanted = [norms for _, norms in corpus.ranking]
        first = [wordings[i] for i in found.argmax(axis=1)]
        able, top = np.array([bool(norms) for norms in wanted]), found[:, answering].max(axis=1)
        hits = [bool({m.rsplit("/norm/", 1)[-1] for m in w.meaning} & norms) for w, norms in zip(first, wanted, strict=True)]
        scores["norm"] = float(np.mean(np.array(hits)[able]))
        scores["refused"] = float(np.mean(np.array([w.kind in REFUSING for w in first])[~able]))
        scores["separated"] = auroc(top[able], top[~able])
    if corpus.cited:
        first = [wordings[i] for i in (vectors[[row for row, _ in corpus.cited]] @ entries.T).argmax(axis=1)]
        scores["article"] = float(np.mean([bool(_articles(corpus, w) & cited) for w, (_, cited) in zip(first, corpus.cited, strict=True)]))
    return scores


def auroc(higher: NDArray[Any], lower: NDArray[Any]) -> float:
    """The probability that a value of ``higher`` exceeds one of ``lower``; not a number when one of them is empty."""
    if not len(higher) or not len(lower):
        return float("nan")
    ordered = np.sort(lower)
    below, upto = np.searchsorted(ordered, higher, "left"), np.searchsorted(ordered, higher, "right")
    return float(np.mean(below + upto) / 2 / len(lower))


def _articles(corpus: Corpus, w: Wording) -> set[str]:
    named = {iri.split("/art/", 1)[1].split("/")[0] for iri in w.intent.bound("provision") if "/art/" in iri}
    return named | {corpus.articles[iri] for iri in w.meaning if iri in corpus.articles}


def report(corpus: Corpus, scores: Sequence[Scores], *, seed: int, losses: Sequence[float], better: bool) -> str:
    """The README of the adapter, in Chinese: how it was made, and its scores without and with it."""
    without, adapted = scores
    table = [f"| {title} | {without[n]:.4f} | {adapted[n]:.4f} |" for n, title in _NAMES.items() if n in without]
    return _PAGE.format(
        seed=seed,
        sha256=corpus.sha256,
        wordings=len(corpus.wordings),
        apart=len(corpus.apart),
        losses="、".join(f"{value:.3f}" for value in losses),
        table="\n".join(table),
        verdict="适配后更好，默认使用。" if better else "适配后没有更好，因此不写出适配层，默认不使用。",
    )


_PAGE = """\
# 检索适配层

给向量模型的线性层加一层低秩修正（LoRA，秩 8），和每个主题（一项规范、一种“没有规定”、常一起问到的几项）的原型一起学：每条问法靠近它所问的主题、远离其他主题。
只保留模型的前八层（原来十二层），一问的编码用时约为原来的三分之二。
`adapter_model.safetensors`（float16）与 `adapter_config.json` 是 PEFT 的格式；构建时并入模型，提问时没有另外的计算。
本文由训练命令写出，请勿手改。

- 命令：`make train`（即 `python -m qa train`）；训练后须重新构建（`guizhi build`）并重新拟合（`guizhi fit`）
- 随机种子：{seed}；数据 SHA-256：`{sha256}`
- 数据：{wordings} 条问法；另有 {apart} 条（`people-*.yaml`）不参加训练，用来检验
- 每轮平均损失：{losses}

| 只用余弦检索 | 不适配（十二层） | 适配（八层） |
| --- | ---: | ---: |
{table}

前六行是不参加训练的问法；后四行的两个 jsonl 由他人写成，没有用来训练（偶有一句与问法相同），但两者都更好才采用。层数、轮数、学习率是看着前六行选定的，所以这些数略偏乐观。
{verdict}
"""
