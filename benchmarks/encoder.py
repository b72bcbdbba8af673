"""Size, speed, memory and faithfulness of the embedded model: ``python benchmarks/encoder.py`` prints a Markdown table.

The reference is transformers' own BertModel in float32 with the same published 4-bit weights, restored, and the whole vocabulary; it needs
the extra ``guizhi[train]``. Texts: the sentences of the regulation in ``data/source``, as questions. Times: one core, one text a call.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from qa.encoder import PROMPTS, Encoder, Vectors
from qa.encoder_build import build_model
from qa.encoder_lora import ADAPTER
from qa.encoder_tokens import tokenizer, vocabulary
from qa.encoder_weights import load_weights

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / "data" / ".build-cache"
COLD = r"""
import re, sys, time
start = time.perf_counter()
from pathlib import Path
from qa.encoder import Encoder
import numpy, onnxruntime, tokenizers
imported = time.perf_counter()
encoder = Encoder.open(Path(sys.argv[1]))
opened = time.perf_counter()
encoder.encode(["谁签发人事任免公文？"])
answered = time.perf_counter()
peak = re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())  # ru_maxrss would count the process that started this one
print(imported - start, opened - imported, answered - opened, int(peak[1]) / 1024)
"""


def sentences(root: Path = ROOT) -> list[str]:
    """Clauses of 6 to 60 characters of the regulations' texts, each once."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted((root / "data" / "source").glob("*/*.txt")))
    found = dict.fromkeys(clause.strip() for clause in re.split(r"[。；，\n]", text))
    return [clause for clause in found if 6 <= len(clause) <= 60]


def reference_vectors(model: Any, ids: list[list[int]]) -> Vectors:
    """Mean-pooled, L2-normalised vectors of token numbers, one text a call."""
    import torch

    with torch.inference_mode():
        pooled = np.array([model(torch.tensor([row])).last_hidden_state[0].mean(dim=0).numpy() for row in ids])
    return np.asarray(pooled / np.linalg.norm(pooled, axis=1, keepdims=True), np.float32)


def cold(model_dir: Path, times: int = 5) -> list[float]:
    """Median of fresh processes: import, opening and first text in seconds, peak memory in MB (Linux)."""
    runs = []
    for _ in range(times):
        done = subprocess.run([sys.executable, "-c", COLD, str(model_dir)], capture_output=True, text=True, check=True, cwd=ROOT)
        runs.append([float(value) for value in done.stdout.split()])
    return [float(value) for value in np.median(runs, axis=0)]


def warm(encoder: Encoder, texts: list[str]) -> tuple[float, float, float]:
    """p50 and p95 of one text a call in milliseconds, and texts a second in batches."""
    encoder.encode(texts[:20])
    spans = []
    for text in texts:
        start = time.perf_counter()
        encoder.encode([text])
        spans.append(1000 * (time.perf_counter() - start))
    start = time.perf_counter()
    encoder.encode(texts, kind="passage")
    return float(np.percentile(spans, 50)), float(np.percentile(spans, 95)), len(texts) / (time.perf_counter() - start)


def main() -> None:
    from qa.train_model import bert

    texts = sentences()
    weights = load_weights(CACHE)
    with tempfile.TemporaryDirectory() as folder:
        model_dir = Path(folder) / "encoder"
        start = time.perf_counter()
        build_model(model_dir, CACHE)
        built = time.perf_counter() - start
        size = sum(path.stat().st_size for path in model_dir.rglob("*") if path.is_file()) / 1e6
        encoder = Encoder.open(model_dir)
        imported, opened, first, memory = cold(model_dir)
        p50, p95, rate = warm(encoder, texts)
        whole_numbers = np.arange(len(weights.pieces) - 1)
        whole = tokenizer(weights, whole_numbers)
        full = [whole.encode(PROMPTS["query"] + text) for text in texts]
        same = sum(a.tokens == encoder.tokenizer.encode(PROMPTS["query"] + text).tokens for a, text in zip(full, texts, strict=True))
        ours = encoder.encode(texts)
        build_model(Path(folder) / "adapted", CACHE, ROOT / ADAPTER)
        adapted = warm(Encoder.open(Path(folder) / "adapted"), texts)
    exact = reference_vectors(bert(weights, whole_numbers), [encoding.ids for encoding in full])
    cosines = (ours * exact).sum(axis=1)
    order = float(np.mean([_neighbours(ours, row) == _neighbours(exact, row) for row in range(len(texts))]))
    tokens = float(np.mean([len(encoding.ids) for encoding in full]))
    print(f"| 项目 | 数值（{len(texts)} 句，平均 {tokens:.0f} 个词元） |\n|---|---|")
    print(f"| 模型目录 | {size:.1f} MB，词表 {len(vocabulary(weights.pieces)):,}（原 {len(weights.pieces):,}） |")
    print(f"| 构建（不含下载） | {built:.1f} s |")
    print(f"| 冷启动：导入 / 打开 / 首句 | {imported:.2f} / {opened:.2f} / {first:.3f} s |")
    print(f"| 峰值内存（整个进程） | {memory:.0f} MB |")
    print(f"| 单句，单线程 p50 / p95 | {p50:.1f} / {p95:.1f} ms |")
    print(f"| 批量，单线程 | {rate:.0f} 句/s |")
    print(f"| 适配后（实际使用的）：单句 p50 / p95，批量 | {adapted[0]:.1f} / {adapted[1]:.1f} ms，{adapted[2]:.0f} 句/s |")
    print(f"| 与 fp32 全词表的余弦：平均 / 最小 | {cosines.mean():.4f} / {cosines.min():.4f} |")
    print(f"| 最近邻与 fp32 相同 | {order:.1%} |")
    print(f"| 分词与全词表相同 | {same} / {len(texts)} |")


def _neighbours(vectors: Vectors, row: int) -> int:
    """The nearest other text of text ``row``."""
    scores = vectors @ vectors[row]
    scores[row] = -1
    return int(scores.argmax())


if __name__ == "__main__":
    main()
