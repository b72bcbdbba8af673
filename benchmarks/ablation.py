"""What each stage contributes, and how far the confidence can be trusted: ``python -m benchmarks ablation`` prints two Markdown tables and
draws the second as ``docs/images/reliability.svg``.

The development questions are answered with one stage taken out at a time: its features weigh nothing, or (adapter) the index and the
questions are encoded without it. The second table sets the stated confidence of given answers against the share that was right.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

from qa.ask import Answerer
from qa.encoder import Encoder
from qa.encoder_build import build_model
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
    "不用“像不像规则没有规定的问题”（leaning）": ("leaning",),
    "不用用字和意思一起的分类（topic、topic_whole、certainty、untold、covered）": (
        "topic",
        "topic_whole",
        "certainty",
        "untold",
        "covered",
    ),
    "不用全部问法的用字（diction、diction_whole、worded、unsaid、covered_said）": (
        "diction",
        "diction_whole",
        "worded",
        "unsaid",
        "covered_said",
    ),
    "不看说到几条、可能问的都说到了没有（joint、norms、norms_open、covered、covered_said）": (
        "joint",
        "norms",
        "norms_open",
        "covered",
        "covered_said",
    ),
}
PLOT = ROOT / "docs" / "images" / "reliability.svg"
BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)


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
    points = []
    for low, high in pairwise(BINS):
        inside = [(confidence, right) for confidence, right in given if low <= confidence < high]
        if inside:
            said, was = fmean(c for c, _ in inside), fmean(right for _, right in inside)
            points.append((said, was, len(inside)))
            print(f"| {low:.2f}–{min(high, 1):.2f} | {len(inside)} | {was:.3f} |")
    PLOT.write_text(_plot(points), encoding="utf-8")


def _plot(points: Iterable[tuple[float, float, int]]) -> str:
    """A reliability diagram (SVG): the confidence said against the share that was right, the diagonal is where both agree; the area of a
    dot is the number of answers."""
    side, edge = 320, 44
    dots = "".join(
        f'<circle cx="{edge + said * side:.1f}" cy="{edge + (1 - was) * side:.1f}" r="{2 + count**0.5 / 1.5:.1f}" fill="#1d4f8c" fill-opacity="0.75">'
        f"<title>说 {said:.2f}，对 {was:.3f}（{count} 答）</title></circle>"
        for said, was, count in points
    )
    ticks = "".join(
        f'<text x="{edge + t * side:.0f}" y="{edge + side + 18}" text-anchor="middle">{t:.1f}</text>'
        f'<text x="{edge - 8}" y="{edge + (1 - t) * side + 4:.0f}" text-anchor="end">{t:.1f}</text>'
        for t in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side + 2 * edge} {side + 2 * edge}" font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="#fff"/><rect x="{edge}" y="{edge}" width="{side}" height="{side}" fill="none" stroke="#888"/>'
        f'<line x1="{edge}" y1="{edge + side}" x2="{edge + side}" y2="{edge}" stroke="#888" stroke-dasharray="4 4"/>{ticks}{dots}'
        f'<text x="{edge + side / 2}" y="{edge + side + 36}" text-anchor="middle">说出的置信度</text>'
        f'<text x="{edge}" y="{edge - 14}">其中答对的比例（点的大小是回答数）</text></svg>\n'
    )


def _unadapted() -> Answerer:
    """The answerer with the base model's vectors, all twelve layers of it."""
    answerer = Answerer.open(ROOT, BUILD)
    understanding = answerer._understanding
    with tempfile.TemporaryDirectory() as folder:
        build_model(Path(folder) / MODEL, BUILD.parent / f".{BUILD.name}-cache")
        understanding._encoder = Encoder.open(Path(folder) / MODEL)
    index = understanding.index
    understanding.index = index.with_vectors(understanding._encoder.encode(index.entries.texts))
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
