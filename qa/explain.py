"""How an answer came about, stage by stage, in people's words: for ``guizhi ask --explain`` and the page's “为什么这样回答”."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from qa.build import GRAPH
from qa.display import percent
from qa.models import Answer, Refusal, Row, Status
from qa.store import Store
from qa.terms import NS, RDF, local_name

_NAMES: Final = 'SELECT ?x ?label WHERE { ?x rdfs:label|skos:prefLabel ?label FILTER(lang(?label) = "zh") } ORDER BY ?x ?label'
_SHOWN: Final = 8
"""Rows and candidates that are told; their number is told too."""
_PART: Final = 3
"""Parts of a candidate's score that are told, the largest."""


@dataclass(frozen=True, slots=True)
class Step:
    """One stage: its title, what happened in a sentence, and details as pairs of a term and what is said of it."""

    title: str
    text: str
    details: tuple[tuple[str, str], ...] = ()


class Explainer:
    """Tells how answers of one build came about. Immutable, safe to share between threads."""

    def __init__(self, store: Store, ranking: Mapping[str, Any], words: Mapping[str, Mapping[str, str]], titles: Mapping[str, str]) -> None:
        """``ranking`` is ``ranking.json``, ``words`` is ``data/page/explain.yaml``, ``titles`` what each question family asks."""
        self._store, self._ranking, self._words, self._titles = store, ranking, words, titles

    @classmethod
    def open(cls, root: Path, store: Store, titles: Mapping[str, str]) -> Explainer:
        """The explainer with the settings of the project at ``root``."""
        ranking = json.loads((root / "data" / "intents" / "ranking.json").read_text(encoding="utf-8"))
        words = yaml.safe_load((root / "data" / "page" / "explain.yaml").read_text(encoding="utf-8"))
        return cls(store, ranking, words, titles)

    def steps(self, answer: Answer) -> tuple[Step, ...]:
        """The stages of ``answer``, which was asked for with ``explain=True``; empty for one that was not."""
        trace = answer.trace
        return tuple(self._told(answer, trace)) if trace else ()

    def _told(self, answer: Answer, trace: Mapping[str, Any]) -> Iterator[Step]:
        yield self._read(answer, trace)
        if answer.refusal is Refusal.BAD_INPUT:
            yield Step("结论", answer.answer)
            return
        if trace.get("mentions") or trace.get("aspects"):
            yield self._recognised(trace)
        if candidates := trace.get("candidates"):
            yield self._compared(candidates)
        if replies := trace.get("replies"):
            yield self._judged(replies)
        if parts := trace.get("parts"):
            yield Step("分成几问", "这个问题问了几件事，也分别查过：" + "；".join(parts))
        for query in filter(None, [answer.sparql]):
            yield self._queried(query)
        yield Step("结论", self._decided(answer, trace))

    def _read(self, answer: Answer, trace: Mapping[str, Any]) -> Step:
        read, normalised = str(trace.get("read_as", trace.get("completed", ""))), str(trace["normalised"])
        completed = str(trace.get("completed", normalised))
        details = [("整理字形以后", normalised)]
        if completed != normalised:
            details.append(("接着上一个问题，补全为", completed))
        if put := trace.get("put"):
            details.append(("去掉不问的、先说问什么，读作", str(put)))
        if read not in ("", completed, put, *trace.get("steps", ())[-1:]):
            details.append(("改正错别字以后", read))
        return Step("读题", f"您问的是：{answer.question}", tuple(details))

    def _recognised(self, trace: Mapping[str, Any]) -> Step:
        text, at, details = str(trace.get("read_as", "")), 0, []
        for surface, entities, *_ in trace["mentions"]:
            start = text.find(surface, at)
            at = max(start, at)
            place = f"（第{start + 1}至{start + len(surface)}字）" if start >= 0 else ""
            details.append((f"{surface}{place}", "、".join(self.name(entity) for entity in entities)))
        asked = [self._words["aspects"].get(aspect, aspect) for aspect in trace.get("aspects", ())]
        if asked:
            details.append(("问的是", "、".join(asked)))
        return Step("认出的词语", "题中的这些词语是规则里的人、机构、会议、公文、事项或者行为：", tuple(details))

    def _compared(self, candidates: Sequence[tuple[str, str, float, Mapping[str, float]]]) -> Step:
        details = tuple((wording, self._score(family, score, features)) for wording, family, score, features in candidates)
        return Step("比较问法", "与事先写好的问法逐一比较，最接近的是（分数越高越接近）：", details)

    def _score(self, family: str, score: float, features: Mapping[str, float]) -> str:
        weights = self._ranking["weights"]
        shares = sorted(((weights.get(name, 0.0) * value, name) for name, value in features.items()), key=lambda s: (-abs(s[0]), s[1]))
        told = "，".join(f"{self._words['features'].get(name, name)}{share:+.1f}" for share, name in shares[:_PART])
        return f"{self._titles.get(family, family)}，{score:.1f} 分（其中{told}）"

    def _judged(self, replies: Mapping[str, Mapping[str, float]]) -> Step:
        words = self._words["replies"]
        details = tuple(
            (self._words["judges"][judge], "，".join(f"{words[reply]} {percent(share)}" for reply, share in of.items()))
            for judge, of in replies.items()
        )
        needed = "，".join(f"“{words[reply]}”{percent(self._ranking['reply'][reply])}" for reply in words)
        return Step("判断是否", f"最接近的规范对所问的怎么说；两种判别合起来够了（{needed}），才先说是否：", details)

    def _queried(self, query: str) -> Step:
        rows = self._store.select(query)
        bound = [self.name(iri) for iri in dict.fromkeys(_bound(query))]
        details = [("代入查询的是", "；".join(bound[:_SHOWN]))] if bound else []
        details += [(f"第{i}行", self._row(row)) for i, row in enumerate(rows[:_SHOWN], 1)]
        more = f"，下面是前 {_SHOWN} 行" if len(rows) > _SHOWN else ""
        return Step("查询图谱", f"用一条 SPARQL 查询从知识图谱中取出 {len(rows)} 行{more}：", tuple(details))

    def _row(self, row: Row) -> str:
        told = {name: str(row[name]) for name in ("citation", "value", "choice", "reading", "chapter") if name in row}
        return "：".join(dict.fromkeys(told.values())) or "；".join(str(value) for value in row.values())

    def _decided(self, answer: Answer, trace: Mapping[str, Any]) -> str:
        sure = f"把握（估计答对的可能）{percent(answer.confidence)}"
        needed = percent(self._ranking["answer"])
        if not trace.get("candidates") and answer.refusal is not Refusal.OUTSIDE:
            return f"题中写明了条款，按编号直接查找。{sure}。"
        if answer.status is Status.ANSWERED:
            return f"{sure}，达到作答所需的 {needed}，所以作答；每句话都引到条文。"
        if answer.status is Status.CLARIFY:
            return f"单凭这句话分不清问的是哪一种，所以请您选择。{sure}。"
        return {
            Refusal.SILENT: f"规则没有规定这件事，这一点也是逐条核对过的；所以不作答，只列出相近的条文。{sure}。",
            Refusal.NOT_UNDERSTOOD: f"没有一种问法的把握达到作答所需的 {needed}，宁可不答，也不猜。",
            Refusal.OUTSIDE: "问的事不在这部规则的范围内，所以不作答。",
        }.get(answer.refusal or Refusal.SILENT, answer.answer)

    def name(self, iri: str) -> str:
        """The Chinese name of ``iri``; its local name where the graph has none."""
        return self._names.get(iri, local_name(iri))

    @cached_property
    def _names(self) -> dict[str, str]:
        return {str(row["x"]): str(row["label"]) for row in self._store.select(_NAMES)}


def told(root: Path, build: Path, titles: Mapping[str, str], answer: Answer) -> str:
    """The stages of ``answer`` over the artefacts in ``build``, and its query, for a terminal."""
    lines = []
    for number, step in enumerate(Explainer.open(root, Store.open(build / GRAPH), titles).steps(answer), 1):
        lines += [f"\n{number}. {step.title}　{step.text}", *(f"   · {term}：{said}" for term, said in step.details)]
    return "\n".join([*lines, "", answer.sparql]).rstrip()


def _bound(query: str) -> Iterator[str]:
    """The IRIs that the query was given, without those of the ontology's own terms."""
    for block in re.findall(r"VALUES \([^)]*\) \{(.*?)\}", query, re.DOTALL):
        yield from (iri for iri in re.findall(r"<([^>]+)>", block) if not iri.startswith((NS, RDF)))
