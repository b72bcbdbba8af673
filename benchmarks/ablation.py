"""What each stage contributes, and how far the confidence can be trusted: ``python -m benchmarks ablation`` prints two Markdown tables.

The development questions are answered with one stage taken out at a time: its features weigh nothing, or (adapter) the index and the
questions are encoded without it. The second table sets the stated confidence of given answers against the share that was right.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from qa.ask import Answerer
from qa.encoder import Encoder
from qa.evaluate import QUESTIONS, faults
from qa.index import MODEL
from qa.models import Answer, Status

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "data" / "build"
WITHOUT: Mapping[str, tuple[str, ...]] = {
    "不用语义相似（cosine、reading、votes）": ("cosine", "reading", "votes"),
    "不用词面相似（characters、explained、supported、used）": ("characters", "explained", "supported", "used"),
    "不用实体链接（conflict、apart）": ("conflict", "apart"),
    "不用疑问方式的核对（asked、unasked、unanswered、unfilled）": ("asked", "unasked", "unanswered", "unfilled"),
}
BINS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.01)


def main() -> None:
    """Print the tables."""
    rows = [json.loads(line) for name in QUESTIONS for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if line.strip()]
    whole = _judged(Answerer.open(ROOT, BUILD), rows)
    print(f"| {len(rows)} 道开发试题 | 全对 | 已答中错 |\n|---|---:|---:|\n{_row('全部', whole)}")
    for name, features in WITHOUT.items():
        answerer = Answerer.open(ROOT, BUILD)
        understanding = answerer._understanding
        understanding._weights = {k: 0.0 if k in features else v for k, v in understanding._weights.items()}
        print(_row(name, _judged(answerer, rows)))
    print(_row("不用适配层", _judged(_unadapted(), rows)))
    print("\n| 说出的置信度 | 回答数 | 其中对的 |\n|---|---:|---:|")
    given = [(answer.confidence, not found) for answer, found in whole if answer.status is Status.ANSWERED]
    for low, high in pairwise(BINS):
        inside = [right for confidence, right in given if low <= confidence < high]
        if inside:
            print(f"| {low:.2f}–{min(high, 1):.2f} | {len(inside)} | {sum(inside) / len(inside):.3f} |")


def _unadapted() -> Answerer:
    """The answerer with the base model's vectors."""
    answerer = Answerer.open(ROOT, BUILD)
    understanding = answerer._understanding
    encoder = Encoder.open(BUILD / MODEL)
    understanding._encoder = encoder
    understanding.index.vectors = encoder.encode([entry.text for entry in understanding.index.entries])
    return answerer


def _judged(answerer: Answerer, rows: Iterable[Mapping[str, Any]]) -> list[tuple[Answer, list[str]]]:
    answers = [(row, answerer.ask(row["question"], row.get("history") or ())) for row in rows]
    return [(replace(answer, trace=None), faults(row, answer)) for row, answer in answers]


def _row(name: str, judged: list[tuple[Answer, list[str]]]) -> str:
    given = [found for answer, found in judged if answer.status is Status.ANSWERED]
    right = sum(not found for _, found in judged)
    return f"| {name} | {right / len(judged):.3f} | {sum(map(bool, given))}/{len(given)} |"


if __name__ == "__main__":
    main()
