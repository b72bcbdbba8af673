"""How long an answer takes: ``python -m benchmarks ask`` prints a Markdown table.

Cold: a whole process from the shell to the printed answer, with its peak memory. Warm: every development question on one core, split by stage.
Peers in the same run: the same questions by character-bigram TF-IDF over the same index (what a search box without a model would do).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from qa.ask import Answerer, open_understanding
from qa.normalise import normalise
from qa.retrieve import retrieve

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "data" / "build"
QUESTION = "谁签发人事任免公文？"


def main() -> None:
    """Print the tables."""
    questions = [
        json.loads(line)["question"] for line in (ROOT / "tests/cases/questions-dev.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    print("| 冷启动 `guizhi ask` | 秒 | 峰值内存 MB |\n|---|---|---|")
    for _ in range(3):
        seconds, megabytes = _cold()
        print(f"| | {seconds:.2f} | {megabytes:.0f} |")
    answerer = Answerer.open(ROOT, BUILD)
    for question in questions[:10]:
        answerer.ask(question)
    print("\n| 热 | 中位 ms | 95% ms |\n|---|---|---|")
    rows: dict[str, list[float]] = {"整个回答": [_timed(lambda q=question: answerer.ask(q)) for question in questions]}  # type: ignore[misc]
    rows |= _stages(questions)
    for name, times in rows.items():
        print(f"| {name} | {np.percentile(times, 50):.1f} | {np.percentile(times, 95):.1f} |")


def _cold() -> tuple[float, float]:
    before = time.perf_counter()
    subprocess.run([sys.executable, "-m", "qa", "ask", QUESTION], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _stages(questions: list[str]) -> dict[str, list[float]]:
    understanding, _ = open_understanding(ROOT, BUILD)
    encoder, index, weights = understanding._encoder, understanding.index, understanding._weights
    tfidf = _bigram_search(index.entries.texts)
    times: dict[str, list[float]] = defaultdict(list)
    for question in questions:
        text = normalise(question).text
        times["规范化"].append(_timed(lambda q=question: normalise(q)))  # type: ignore[misc]
        times["链接"].append(_timed(lambda t=text: understanding.read(t)))  # type: ignore[misc]
        times["编码"].append(_timed(lambda t=text: encoder.encode([t])))  # type: ignore[misc]
        reading, vector = understanding.read(text), encoder.encode([text])[0]
        times["检索与排序"].append(_timed(lambda r=reading, v=vector: retrieve(r, v, index, weights)))  # type: ignore[misc]
        times["对照：二元字组 TF-IDF"].append(_timed(lambda t=text: tfidf(t)))  # type: ignore[misc]
    return times


def _bigram_search(texts: list[str]) -> Callable[[str], int]:
    counts = Counter(pair for text in texts for pair in _bigrams(text))
    weight = {pair: float(np.log(1 + len(texts) / n)) for pair, n in counts.items()}
    postings: dict[str, list[int]] = defaultdict(list)
    for i, text in enumerate(texts):
        for pair in _bigrams(text):
            postings[pair].append(i)

    def search(text: str) -> int:
        scores = np.zeros(len(texts))
        for pair in _bigrams(text):
            scores[postings.get(pair, [])] += weight.get(pair, 0.0)
        return int(scores.argmax())

    return search


def _timed(call: Callable[[], Any]) -> float:
    before = time.perf_counter()
    call()
    return (time.perf_counter() - before) * 1000


def _bigrams(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}


if __name__ == "__main__":
    main()
