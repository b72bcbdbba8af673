"""How good the answers are: the measure of the question files, by category, style and status, and what changed since the baseline."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from qa.models import Answer, Status

BASELINE: Final = "tests/cases/baseline.json"
QUESTIONS: Final = tuple(
    f"tests/cases/questions-dev{n}.jsonl" for n in ("", "-2", "-3", "-4", "-5", "-6", "-7", "-8", "-9", "-10", "-11", "-12")
)
NEIGHBOUR: Final = "../shared/eval/dev.jsonl"
"""Development questions that may lie beside the project; they measure and never teach."""
_FIELDS: Final = {"id", "category", "style", "question", "status", "all", "none", "cite", "max_chars"}
_ALLOWED: Final = {
    "answered": {"answered"},
    "no_answer": {"no_answer"},
    "clarify": {"clarify"},
    "clarify_or_list": {"clarify", "answered"},
}


class _Answers(Protocol):
    def ask(self, question: str, history: Sequence[str] = ()) -> Answer: ...


def faults(gold: Mapping[str, Any], answer: Answer) -> list[str]:
    """What is wrong with ``answer`` by the row ``gold``; nothing for a right one.

    Right is: the status fits, every group of ``all`` is matched and no string of ``none``, every entry of ``cite`` is cited without a heap
    of others, and the answer has at most ``max_chars`` characters.
    """
    if answer.status.value not in _ALLOWED[gold["status"]]:
        return [f"是 {answer.status.value}，应为 {gold['status']}"]
    if answer.status is not Status.ANSWERED:
        return []
    text, refs = _folded(answer.answer), {c.ref for c in answer.citations}
    found = [f"缺少 {'/'.join(group[:3])}" for group in gold["all"] if not any(_folded(s) in text for s in group)]
    found += [f"不应有 {bad}" for bad in gold["none"] if _folded(bad) in text]
    found += [f"未引 {wanted}" for wanted in gold["cite"] if not _cited(wanted, refs)]
    if len(refs) > max(8, 3 * len(gold["cite"])):
        found.append(f"引了 {len(refs)} 处")
    if len(answer.answer) > gold["max_chars"]:
        found.append(f"{len(answer.answer)} 字，超过 {gold['max_chars']}")
    return found


def evaluate(answers: _Answers, files: Sequence[Path], *, root: Path, show_wrong: bool = False, keep: bool = False) -> int:
    """Print the table for each question file, and the questions gained and lost against the baseline, which knows them by file and id; ``keep``
    makes this the baseline.

    Without ``files``: the project's own development questions and those beside the project, where they are. Exit status 0.
    """
    paths = list(files) or [p for p in [*(root / name for name in QUESTIONS), root / NEIGHBOUR] if p.exists()]
    results: dict[str, bool] = {}
    for path in paths:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        if not rows or any(not set(row) >= _FIELDS for row in rows):
            raise ValueError(f"{path.name}：不是试题文件：每行须有 {'、'.join(sorted(_FIELDS))}（见 docs/answers.md）。")
        judged = [(row, answer := answers.ask(row["question"], row.get("history") or ()), faults(row, answer)) for row in rows]
        print(f"\n== {path.name}（{len(rows)} 题）")
        print("\n".join(table(judged)))
        if show_wrong:
            print("\n".join(_wrong(judged)))
        results |= {f"{path.stem}/{row['id']}": not found for row, _, found in judged}
    _compare(results, root / BASELINE, keep)
    return 0


def table(judged: Iterable[tuple[Mapping[str, Any], Answer, list[str]]]) -> list[str]:
    """Accuracy overall, by category, style and status; the wrong among the answered; refusals of unanswerable and answerable questions."""
    judged = list(judged)
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for row, _, found in judged:
        for key in ("合计", f"类别 {row['category']}", f"文体 {row['style']}", f"状态 {row['status']}"):
            total[key] += 1
            right[key] += not found
    lines = [f"{right[key]:4d}/{total[key]:<4d} {right[key] / total[key]:.3f}  {key}" for key in sorted(total)]
    answered = [found for _, answer, found in judged if answer.status is Status.ANSWERED]
    refused = Counter((row["status"], answer.status) for row, answer, _ in judged)
    wrong = sum(1 for found in answered if found)
    milliseconds = sorted(answer.elapsed_ms for _, answer, _ in judged)
    lines.append(f"已答 {len(answered)}，其中错 {wrong}（{wrong / max(len(answered), 1):.3f}）")
    lines.append(
        f"不可答而拒答 {refused['no_answer', Status.NO_ANSWER]}/{total['状态 no_answer']}，可答而拒答 {refused['answered', Status.NO_ANSWER]}/{total['状态 answered']}"
    )
    lines.append(f"用时（毫秒）中位 {milliseconds[len(milliseconds) // 2]:.1f}，95% {milliseconds[int(len(milliseconds) * 0.95)]:.1f}")
    return lines


def _wrong(judged: Iterable[tuple[Mapping[str, Any], Answer, list[str]]]) -> list[str]:
    return [
        f"{row['id']} [{row['category']}/{row['style']}] {row['question']}\n    {'；'.join(found)}\n    答：{answer.answer}"
        for row, answer, found in judged
        if found
    ]


def _compare(results: Mapping[str, bool], path: Path, keep: bool) -> None:
    before: dict[str, bool] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    gained = [i for i, ok in results.items() if ok and before.get(i) is False]
    lost = [i for i, ok in results.items() if not ok and before.get(i)]
    if before:
        print(f"\n与基线相比：答对了 {len(gained)} 题（{'、'.join(gained) or '无'}），答错了 {len(lost)} 题（{'、'.join(lost) or '无'}）")
    if keep:
        path.write_text(json.dumps(dict(sorted((before | dict(results)).items())), indent=0) + "\n", encoding="utf-8")


def _cited(wanted: str, refs: set[str]) -> bool:
    """``20.3|20`` holds when 20.3 or 20 is cited; a bare article is also cited by any of its items."""
    return any(ref in refs or ("." not in ref and any(r.split(".")[0] == ref for r in refs)) for ref in wanted.split("|"))


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()
