"""What people asked in vain → proposals for new wordings: unanswered and disliked questions, those of one meaning together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import yaml

from qa.build import GRAPH
from qa.encoder import TextEncoder, open_encoder
from qa.entries import Entry as Canonical
from qa.feedback import VARIABLE, Entry, feedback_path, read_feedback
from qa.index import MODEL, Index, Vectors
from qa.models import Refusal, Status
from qa.normalise import normalise
from qa.regulations import QUERY
from qa.store import Store
from qa.terms import local_name

_ALIKE: Final = 0.4
"""Cosine from which two questions are taken for one. Of wordings that the adapter has not learnt from, two thirds of the pairs that ask the same and
0.2 % of those that ask different things are as near as this."""
_KNOWN: Final = 0.6
"""Cosine from which the nearest canonical question is proposed as what was meant. Left out of the index, 87 % of the wordings whose nearest neighbour
means the same have it this near; of those that lie outside the rules, 27 % have any."""
_REASONS: Final = {Refusal.SILENT: "答没有规定", Refusal.NOT_UNDERSTOOD: "没有把握", Refusal.OUTSIDE: "不在范围内"}
_NEAREST: Final = 2
_PLACE: Final = {"norm": ("norms", "/norm/"), "provision": ("provisions", ""), "silence": ("silence", "/silence/")}
"""By variable of an intent: the key of a wording, and what precedes the name that it takes."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions of one meaning, the most asked first with how often, why they are here, and the canonical questions nearest to them."""

    questions: tuple[tuple[str, int], ...]
    reasons: tuple[tuple[str, int], ...]
    nearest: tuple[tuple[Canonical, float], ...]

    @property
    def times(self) -> int:
        """How often they were asked, all together."""
        return sum(count for _, count in self.questions)


def report(root: Path, build: Path, file: Path | None = None) -> str:
    """The proposals for the project at ``root`` from ``file``, else from what its page keeps. Raises ValueError where nothing is kept there."""
    path = file or feedback_path(root)
    if path is None or (file and not file.is_file()):
        reason = f"没有这个文件：{file}" if file else f"{VARIABLE} 关闭了记录"
        raise ValueError(f"没有反馈记录（{reason}）；请指明文件：guizhi gaps 文件.jsonl")
    entries = read_feedback(path)
    encoder = open_encoder(model_dir=build / MODEL)
    regulations = dict.fromkeys(str(row["regulation"]) for row in Store.open(build / GRAPH).select(QUERY))
    return proposals(gaps(entries, encoder, Index.load(build)), list(regulations))


def gaps(entries: Sequence[Entry], encoder: TextEncoder, index: Index) -> list[Gap]:
    """The gaps in ``entries``, the most asked first. What somebody liked, or was answered and nobody disliked, is none."""
    wanted = [entry for entry in entries if _in_vain(entry)]
    asked: dict[str, list[Entry]] = {}
    for entry in wanted:
        asked.setdefault(normalise(entry.question).text.rstrip("?!。"), []).append(entry)
    texts = sorted(asked, key=lambda text: (-len(asked[text]), text))
    vectors = encoder.encode(texts) if texts else np.zeros((0, 1), np.float32)
    groups = [_gap([texts[i] for i in group], asked, vectors[group], index) for group in _together(vectors)]
    return sorted(groups, key=lambda gap: (-gap.times, gap.questions))


def proposals(found: Sequence[Gap], regulations: Sequence[str]) -> str:
    """``found`` as entries for ``data/wordings``, each with what speaks for it; ``regulations`` are the IRIs under which norms are named."""
    if not found:
        return "没有未答上或者不满意的问题。\n"
    head = f"# {sum(gap.times for gap in found)} 次没有答上或者不满意，归为 {len(found)} 种。核对规则原文以后，把合适的放进 data/wordings/，再运行 guizhi build。\n"
    return head + "".join("\n" + _proposal(gap, regulations) for gap in found)


def _in_vain(entry: Entry) -> bool:
    return entry.verdict == "dislike" or (entry.verdict is None and entry.status != Status.ANSWERED and entry.reason != Refusal.BAD_INPUT)


def _together(vectors: Vectors) -> list[list[int]]:
    """Groups of rows: each row joins the group whose mean it is nearest to, if near enough, else begins one."""
    groups: list[list[int]] = []
    for i, vector in enumerate(vectors):
        means = [vectors[group].mean(axis=0) for group in groups]
        near = [float(mean @ vector / np.linalg.norm(mean)) for mean in means]
        best = int(np.argmax(near)) if near else -1
        if near and near[best] >= _ALIKE:
            groups[best].append(i)
        else:
            groups.append([i])
    return groups


def _gap(texts: Sequence[str], asked: dict[str, list[Entry]], vectors: Vectors, index: Index) -> Gap:
    entries = [entry for text in texts for entry in asked[text]]
    reasons = Counter("不满意" if e.verdict == "dislike" else _REASONS.get(Refusal(e.reason), "") if e.reason else "反问" for e in entries)
    mean = vectors.mean(axis=0)
    near: dict[object, tuple[Canonical, float]] = {}
    for i, cosine in index.nearest((mean / np.linalg.norm(mean)).astype(np.float32), 40):
        near.setdefault(index.entries[i].intent, (index.entries[i], cosine))
    questions = tuple((asked[text][0].question, len(asked[text])) for text in texts)
    return Gap(questions, tuple(reasons.most_common()), tuple(near.values())[:_NEAREST])


def _proposal(gap: Gap, regulations: Sequence[str]) -> str:
    why = "，".join(f"{reason} {count}" for reason, count in gap.reasons)
    lines = [f"# {gap.times} 次（{why}）"]
    lines += [f"# 最接近的问法（{cosine:.2f}）：{canonical.text}" for canonical, cosine in gap.nearest]
    say = [question for question, _ in gap.questions]
    canonical, cosine = gap.nearest[0]
    target = dict(_target(canonical, regulations)) if cosine >= _KNOWN else {}
    if not target:
        lines.append("# 与现有的问法都不接近：规则有规定的，填 norms 和 ask；规则没有规定的，填 silence；与规则无关的，不必收。")
    entry = yaml.safe_dump([{**target, "say": say}], allow_unicode=True, sort_keys=False, width=1000)
    return "\n".join(lines) + "\n" + (entry if target else "".join(f"# {line}\n" for line in entry.splitlines()))


def _target(canonical: Canonical, regulations: Sequence[str]) -> Iterator[tuple[str, object]]:
    """The keys of a wording that say what ``canonical`` asks; none for a question that no wording can ask."""
    for variable, iris in canonical.intent.bindings:
        if variable not in _PLACE:
            return
        key, folder = _PLACE[variable]
        names = [_name(iri, folder, regulations) for iri in iris]
        yield key, names[0] if key == "silence" else names
        if key != "silence":
            yield "ask", canonical.intent.family


def _name(iri: str, folder: str, regulations: Sequence[str]) -> str:
    base = next((regulation for regulation in regulations if iri.startswith(regulation + "/")), "")
    return iri.removeprefix(base + (folder or "/")) if base else local_name(iri)
