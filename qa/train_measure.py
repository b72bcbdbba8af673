"""What the adapter gains: retrieval of the right norms on held-out wordings and on others' questions, and separation of the rest."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.encoder import Adapter, Vectors
from qa.train_data import REFUSING, Corpus, Wording

Scores = dict[str, float]
"""Shares (0 to 1) and areas under the ROC curve, by name."""

_NAMES = {
    "exact": "留出问法：首位规范组全同",
    "part": "留出问法：首位规范相合",
    "five": "留出问法：前五组中有全同的",
    "article_own": "留出问法：首位条号相合",
    "silence": "留出问法：首位是同一“未规定”事项",
    "near": "AUROC：可答与“未规定”（其自身问法全部隐去）",
    "far": "AUROC：可答与规则以外（留出）",
    "norm": "ranking.jsonl：首位规范相合",
    "refused": "ranking.jsonl：不可答题首位是拒答",
    "separated": "ranking.jsonl：AUROC，可答与不可答",
    "article": "questions-dev.jsonl：首位条号相合",
}


def cross_validate(corpus: Corpus, learn: Callable[[Sequence[Wording]], Adapter], *, folds: int, seed: int) -> tuple[Scores, Scores]:
    """Scores without and with an adapter, each a mean over ``folds``: wordings are held out within each norm set and aspect asked for."""
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for w in corpus.wordings:
        if w.written or w.kind == "outside":
            groups[tuple(sorted(w.meaning)), w.intent.family, str(w.intent.reply)].append(w.row)
    rng, held = random.Random(seed), {}
    for key in sorted(groups):
        rows = sorted(set(groups[key]))
        rng.shuffle(rows)
        start = rng.randrange(folds)
        held.update({row: (i + start) % folds for i, row in enumerate(rows) if len(rows) > 1})
    means: list[list[Scores]] = [[], []]
    for fold in range(folds):
        kept = [w for w in corpus.wordings if held.get(w.row) != fold]
        tested = [w for w in corpus.wordings if held.get(w.row) == fold]
        for scores, adapter in zip(means, (None, learn(kept)), strict=True):
            scores.append(_held_out(corpus, kept, tested, adapter))
    without, adapted = ({name: float(np.mean([s[name] for s in scores])) for name in scores[0]} for scores in means)
    return without, adapted


def elsewhere(corpus: Corpus, adapter: Adapter | None) -> Scores:
    """Scores on the questions that other authors wrote; only those of files that are there."""
    vectors, wordings = _adapted(corpus, adapter), corpus.wordings
    entries, answering = vectors[[w.row for w in wordings]], np.array([w.kind not in REFUSING for w in wordings])
    scores: Scores = {}
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


def _held_out(corpus: Corpus, kept: Sequence[Wording], tested: Sequence[Wording], adapter: Adapter | None) -> Scores:
    vectors = _adapted(corpus, adapter)
    entries, answering = vectors[[w.row for w in kept]], np.array([w.kind not in REFUSING for w in kept])
    hits: dict[str, list[bool]] = defaultdict(list)
    tops: dict[str, list[float]] = defaultdict(list)
    for w in tested:
        scores = entries @ vectors[w.row]
        best = [kept[i] for i in np.argsort(-scores, kind="stable")[:150]]
        tops[w.kind if w.kind in REFUSING else "able"].append(float(scores[answering].max()))
        if w.kind == "silent":
            hits["silence"].append(best[0].meaning == w.meaning)
        elif w.kind != "outside":
            hits["exact"].append(best[0].meaning == w.meaning)
            hits["part"].append(not best[0].meaning.isdisjoint(w.meaning))
            hits["five"].append(w.meaning in list(dict.fromkeys(b.meaning for b in best))[:5])
            hits["article_own"].append(bool(_articles(corpus, best[0]) & _articles(corpus, w)))
    separated = {n: auroc(np.array(tops["able"]), np.array(tops[kind])) for n, kind in (("near", "silent"), ("far", "outside"))}
    return {name: float(np.mean(values)) for name, values in hits.items()} | separated


def _articles(corpus: Corpus, w: Wording) -> set[str]:
    named = {iri.split("/art/", 1)[1].split("/")[0] for iri in w.intent.bound("provision") if "/art/" in iri}
    return named | {corpus.articles[iri] for iri in w.meaning if iri in corpus.articles}


def _adapted(corpus: Corpus, adapter: Adapter | None) -> Vectors:
    return corpus.vectors if adapter is None else adapter(corpus.vectors)


def report(corpus: Corpus, own: Sequence[Scores], others: Sequence[Scores], *, seed: int, losses: Sequence[float], better: bool) -> str:
    """The README of the adapter, in Chinese: how it was made, and its scores without and with it."""
    pairs: list[Mapping[str, float]] = [own[0] | others[0], own[1] | others[1]]
    table = [f"| {title} | {pairs[0][n]:.4f} | {pairs[1][n]:.4f} |" for n, title in _NAMES.items() if n in pairs[0]]
    return _PAGE.format(
        seed=seed,
        sha256=corpus.sha256,
        wordings=len(corpus.wordings),
        written=sum(w.written for w in corpus.wordings),
        readings=len(corpus.readings),
        losses="、".join(f"{value:.3f}" for value in losses),
        table="\n".join(table),
        verdict="适配后更好，默认使用。" if better else "适配后没有更好，因此不写出适配层，默认不使用。",
    )


_PAGE = """\
# 检索适配层

在冻结的向量模型之后加一层 sentence-transformers 的 Dense（384→384），以 MultipleNegativesRankingLoss 在各规范的问法上训练。
`model.safetensors`（float16）与 `config.json` 是该模块原样写出的文件。本文由训练命令写出，请勿手改。

- 命令：`make train`（即 `python -m qa train`）；训练后须重新构建（`guizhi build`）并重新拟合（`guizhi fit`）
- 随机种子：{seed}；数据 SHA-256：`{sha256}`
- 数据：{wordings} 条问法，其中人写的 {written} 条；{readings} 项规范的释文
- 每轮平均损失：{losses}

| 只用余弦检索 | 不适配 | 适配 |
| --- | ---: | ---: |
{table}

“留出问法”按（规范组，所问方面）分层交叉验证：同一规范，另外的说法。
两个 jsonl 由他人写成，没有用来训练；但选定超参数时看过它们的得分，所以这些数略偏乐观。
{verdict}
"""
