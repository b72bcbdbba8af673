"""Fits the ranking weights and the confidence on development questions that name the norms which answer them (the extra ``train``).

Ranking: pairwise logistic regression over the differences of features between a right and a wrong candidate. Confidence: logistic regression
on whether the first candidate is right, cross-validated; the threshold for answering is the one with the best value, where a wrong answer
costs :data:`WRONG_COSTS` right ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from qa.ask import open_understanding
from qa.decide import SIGNALS, signals
from qa.expand import load_families
from qa.models import Candidate
from qa.normalise import normalise
from qa.retrieve import FEATURES
from qa.understand import Understanding

QUESTIONS: Final = Path("tests") / "cases" / "ranking.jsonl"
SETTINGS: Final = Path("data") / "intents" / "ranking.json"
WRONG_COSTS: Final = 3.0
_WRONG_SHOWN: Final = 8
"""Wrong candidates of one question that are set against a right one."""


def fit(root: Path, build: Path) -> str:
    """Fit on ``tests/cases/ranking.jsonl``, write ``ranking.json``, and report what was measured. The same data give the same file."""
    settings = json.loads((root / SETTINGS).read_text(encoding="utf-8"))
    rows = [json.loads(line) for line in (root / QUESTIONS).read_text(encoding="utf-8").splitlines() if line.strip()]
    silent = {f.id for f in load_families(root / "data" / "intents").values() if f.kind in ("silent", "outside", "clarify")}
    understanding, _ = open_understanding(root, build)
    found = [candidates_of(understanding, row["question"]) for row in rows]
    before = _accuracy(rows, found, silent)
    settings["weights"] = _ranking(rows, found, silent)
    reranked = [rescored(candidates, settings["weights"]) for candidates in found]
    settings |= _confidence(rows, reranked, silent)
    settings["note"] = f"由 guizhi fit 在 {QUESTIONS.as_posix()} 的 {len(rows)} 题上拟合；answer 是作答的最低置信度，suggest 是提示“您是否想问”的最低置信度。"
    (root / SETTINGS).write_text(json.dumps(settings, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return f"首位正确：拟合前 {before:.3f}，拟合后 {_accuracy(rows, reranked, silent):.3f}（{len(rows)} 题）；作答阈值 {settings['answer']}"


def candidates_of(understanding: Understanding, question: str) -> list[Candidate]:
    """The candidates of ``question`` as the service finds them."""
    return understanding.understand(understanding.read(normalise(question).text)).candidates


def rescored(candidates: Sequence[Candidate], weights: Mapping[str, float]) -> list[Candidate]:
    """The candidates with the scores that ``weights`` give them, best first."""
    from dataclasses import replace

    scored = [replace(c, score=sum(weights[f] * c.features[f] for f in FEATURES)) for c in candidates]
    return sorted(scored, key=lambda c: -c.score)


def right(row: Mapping[str, Any], candidate: Candidate, silent: set[str]) -> bool:
    """Whether ``candidate`` answers ``row``: one of its norms is wanted, or nothing is wanted and it says that the rules are silent."""
    if not row["norms"]:
        return candidate.intent.family in silent
    wanted = {norm for group in row["norms"] for norm in group}
    return any(iri.rsplit("/norm/", 1)[-1] in wanted for iri in candidate.intent.bound("norm"))


def _accuracy(rows: Sequence[Mapping[str, Any]], found: Sequence[Sequence[Candidate]], silent: set[str]) -> float:
    return sum(bool(c) and right(row, c[0], silent) for row, c in zip(rows, found, strict=True)) / len(rows)


def _ranking(rows: Sequence[Mapping[str, Any]], found: Sequence[Sequence[Candidate]], silent: set[str]) -> dict[str, float]:
    from sklearn.linear_model import LogisticRegression

    differences = []
    for row, candidates in zip(rows, found, strict=True):
        good = [c for c in candidates if right(row, c, silent)][:2]
        bad = [c for c in candidates if not right(row, c, silent)][:_WRONG_SHOWN]
        differences += [[g.features[f] - b.features[f] for f in FEATURES] for g in good for b in bad]
    x = np.array(differences)
    spread = x.std(axis=0) + 1e-9
    model = LogisticRegression(fit_intercept=False, C=0.3, max_iter=1000)
    model.fit(np.vstack([x, -x]) / spread, np.r_[np.ones(len(x)), np.zeros(len(x))])
    return {name: round(float(w), 4) for name, w in zip(FEATURES, model.coef_[0] / spread, strict=True)}


def _confidence(rows: Sequence[Mapping[str, Any]], found: Sequence[Sequence[Candidate]], silent: set[str]) -> dict[str, Any]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kept = [(row, c) for row, c in zip(rows, found, strict=True) if c and c[0].intent.family not in silent]
    x = np.array([[signals(c)[name] for name in SIGNALS] for _, c in kept])
    y = np.array([right(row, c[0], silent) for row, c in kept])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=1000))
    held_out = cross_val_predict(model, x, y, cv=10, method="predict_proba")[:, 1]
    model.fit(x, y)
    scaler, regression = model[0], model[1]
    coefficients = regression.coef_[0] / scaler.scale_
    bias = float(regression.intercept_[0] - (coefficients * scaler.mean_).sum())
    grid = np.arange(0.2, 0.95, 0.01)
    values = [float((y & (held_out >= t)).sum() - WRONG_COSTS * (~y & (held_out >= t)).sum()) for t in grid]
    named = {name: round(float(c), 4) for name, c in zip(SIGNALS, coefficients, strict=True)}
    return {"confidence": named | {"bias": round(bias, 4)}, "answer": round(float(grid[int(np.argmax(values))]), 2), "suggest": 0.1}
