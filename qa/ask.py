"""The path of a question: normalise → link → retrieve → fill → query → verbalise, and the decision to answer, ask back or refuse."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from qa.decide import Decider
from qa.dialogue import resolve
from qa.encoder import TextEncoder, open_encoder
from qa.expand import Family, load_families
from qa.fill import fill
from qa.index import Index, Vectors
from qa.index_build import ADAPTER, MODEL
from qa.lexicon import DICTIONARY, open_linker, open_speller
from qa.link import Linker
from qa.models import Answer, Candidate, Intent, Iri, Normalised, Reading, Refusal, Row, Status
from qa.normalise import normalise
from qa.numerals import spell
from qa.retrieve import retrieve
from qa.scope import Scope
from qa.store import Store
from qa.terms import gz
from qa.typos import Speller
from qa.verbalise import verbalise

MAX_LENGTH = 500
"""Characters of a question; a longer one is refused unread."""


@dataclass(frozen=True, slots=True)
class Read:
    """A question read in the way that found the best candidates."""

    reading: Reading
    candidates: list[Candidate]


class Answerer:
    """Answers questions over one build. Safe to share between threads: it holds no state of a dialogue."""

    def __init__(
        self,
        *,
        store: Store,
        encoder: TextEncoder,
        index: Index,
        linker: Linker,
        speller: Speller,
        scope: Scope,
        families: Mapping[str, Family],
        decider: Decider,
        weights: Mapping[str, float],
    ) -> None:
        self._store, self._encoder, self._index = store, encoder, index
        self._linker, self._speller, self._scope = linker, speller, scope
        self._families, self._decider, self._weights = families, decider, weights

    @classmethod
    def open(cls, root: Path, build: Path) -> Answerer:
        """The answerer over the artefacts in ``build`` with the families and settings of the project at ``root``."""
        intents = root / "data" / "intents"
        store = Store.open(build / "graph.nq")
        linker = open_linker(store, build / DICTIONARY, intents)
        ranking = json.loads((intents / "ranking.json").read_text(encoding="utf-8"))
        adapter = root / ADAPTER
        return cls(
            store=store,
            encoder=open_encoder(model_dir=build / MODEL, adapter=adapter if adapter.exists() else None),
            index=Index.load(build),
            linker=linker,
            speller=open_speller(build, linker),
            scope=Scope(_yaml(intents / "scope.yaml")),
            families=load_families(intents),
            decider=Decider(ranking, _yaml(intents / "replies.yaml")),
            weights=ranking["weights"],
        )

    def ask(self, question: str, history: Sequence[str] = (), *, explain: bool = False) -> Answer:
        """Answer ``question``; ``history`` holds the earlier questions of the same dialogue, oldest first. Never raises for any input text."""
        started = time.perf_counter()
        text = normalise(question[: 2 * MAX_LENGTH])
        trace: dict[str, Any] = {"normalised": text.text}
        answer = self._refuse_input(question, text) or self._answer(text, [normalise(h) for h in history[-3:]], trace)
        elapsed = (time.perf_counter() - started) * 1000
        return replace(answer, question=question, elapsed_ms=round(elapsed, 2), trace=trace if explain else None)

    # ------------------------------------------------------------ before retrieval

    def _refuse_input(self, question: str, text: Normalised) -> Answer | None:
        if len(question) > MAX_LENGTH:
            return _refusal(Refusal.BAD_INPUT, f"问题太长（{len(question)}字）。请用不超过{MAX_LENGTH}字提问。")
        if not re.search(r"[一-鿿]", text.text):
            return _refusal(Refusal.BAD_INPUT, "请用中文写出要问的事，例如：谁签发人事任免公文？")
        return None

    def _answer(self, text: Normalised, history: Sequence[Normalised], trace: dict[str, Any]) -> Answer:
        reading = self._linker.read(text.text)
        earlier = [self._linker.read(h.text) for h in history]
        completed = resolve(reading, earlier)
        if completed != reading.text:
            trace["completed"] = completed
            reading = self._linker.read(completed)
        if reason := self._scope.outside(reading.text):
            return _refusal(Refusal.OUTSIDE, f"{reason}，不在本规则的范围内。")
        if reading.reference and (answer := self._by_number(reading)):
            return answer
        return self._by_meaning(reading, trace)

    # ------------------------------------------------------------ provisions named by number

    def _by_number(self, reading: Reading) -> Answer | None:
        """The answer to a question that names a provision by its number, where that is what it asks about."""
        reference = reading.reference
        assert reference is not None
        if reference.article is None and reference.chapter is None:
            return self._ask_article(reference.item, reference.paragraph)
        rows = self._store.select(_PROVISION, {"n": reference.article or reference.chapter or 0, "class": _CLASS[reference.article is None]})
        rows = [r for r in rows if self._included(str(r["p"]))]
        if not rows:
            return self._no_such(reading)
        target = str(rows[0]["p"])
        if reference.article is None:
            return self._run(Candidate(Intent("chapter", (("provision", (target,)),)), reading.text, 1.0, {}), reading, 0.97)
        part = self._part(target, reference.paragraph, reference.item)
        if part is None:
            return _refusal(Refusal.SILENT, f"{rows[0]['label']}没有这一款或者这一项。", suggestions=(f"{rows[0]['label']}讲了什么？",))
        if "text" in reading.aspects or not (reading.aspects - {"what", "where"}) or part != target:
            return self._run(Candidate(Intent("provision", (("provision", (part,)),)), reading.text, 1.0, {}), reading, 0.97)
        return None

    def _part(self, article: str, paragraph: int | None, item: int | None) -> str | None:
        """The IRI of the paragraph or item of ``article``; the article itself where none is named; ``None`` where there is none such."""
        target = article
        for number, kind in ((paragraph, "Paragraph"), (item, "Item")):
            if number is not None:
                rows = self._store.select(_PART, {"whole": Iri(article), "class": Iri(gz(kind)), "n": number})
                if not rows and kind == "Paragraph" and number == 1 and not self._store.select(_PARTS, {"whole": Iri(article), "class": Iri(gz(kind))}):
                    continue  # an article of one paragraph has no paragraph of its own in the graph
                if not rows:
                    return None
                target = str(rows[0]["part"])
        return target

    def _ask_article(self, item: int | None, paragraph: int | None) -> Answer:
        kind, number = ("Item", item) if item is not None else ("Paragraph", paragraph)
        rows = self._store.select(_WITH_PART, {"class": Iri(gz(kind)), "n": number or 0})
        names = [str(r["label"]) for r in rows if self._included(str(r["p"]))]
        unit = f"第（{spell(number or 1)}）项" if kind == "Item" else f"第{spell(number or 1)}款"
        if not names:
            return _refusal(Refusal.SILENT, f"本规则各条都没有{unit}。")
        choices = tuple(f"{name}{unit}是什么内容？" for name in names)
        return Answer("", Status.CLARIFY, f"请问是哪一条的{unit}？", suggestions=choices, confidence=0.95)

    def _no_such(self, reading: Reading) -> Answer:
        reference = reading.reference
        assert reference is not None
        unit, number = ("条", reference.article) if reference.article is not None else ("章", reference.chapter)
        return _refusal(Refusal.SILENT, f"本规则没有第{spell(number)}{unit}。" if number and number < 1000 else f"本规则没有这一{unit}。")

    # ------------------------------------------------------------ questions by meaning

    def _by_meaning(self, reading: Reading, trace: dict[str, Any]) -> Answer:
        read = self._read(reading)
        trace |= _explain(read)
        whole = self._settle(read)
        parts = split(read.reading.text)
        if len(parts) < 2:
            return whole
        answers = [self._settle(self._read(self._linker.read(part))) for part in parts]
        if not all(a.status is Status.ANSWERED for a in answers) or len({a.answer for a in answers}) < 2:
            return whole
        if whole.status is Status.ANSWERED and {c.iri for a in answers for c in a.citations} <= {c.iri for c in whole.citations}:
            return whole
        return _join(answers)

    def _read(self, reading: Reading) -> Read:
        """The reading with its candidates; where a word looks misspelt, whichever of the two readings is understood better."""
        readings = [reading]
        corrected = self._speller.correct(reading.text)
        if corrected != reading.text:
            readings.append(self._linker.read(corrected))
        vectors = self._encoder.encode([r.text for r in readings])
        found = [Read(r, self._candidates(r, v)) for r, v in zip(readings, vectors, strict=True)]
        return max(found, key=lambda read: read.candidates[0].score if read.candidates else -1e9)

    def _candidates(self, reading: Reading, vector: Vectors) -> list[Candidate]:
        candidates = retrieve(reading, vector, self._index, self._weights)
        if reading.reference and reading.reference.article:
            inside = [c for c in candidates if self._within(c.intent, reading.reference.article)]
            return inside or candidates
        return candidates

    def _within(self, intent: Intent, article: int) -> bool:
        return any(f"/norm/{article}-" in iri or iri.endswith(f"/art/{article}") for _, iris in intent.bindings for iri in iris)

    def _settle(self, read: Read) -> Answer:
        """Answer, ask back or refuse, by the best candidate."""
        confidence = self._decider.confidence(read.candidates)
        if not read.candidates or not self._decider.related(confidence):
            return _refusal(Refusal.OUTSIDE, "没有找到与这个问题有关的规定，它可能不在本规则的范围内。", confidence=1 - confidence)
        best = read.candidates[0]
        kind = self._families[best.intent.family].kind
        if kind in ("outside", "clarify", "silent"):
            return self._run(best, read.reading, confidence)
        if not self._decider.sure(confidence):
            asked = tuple(dict.fromkeys(c.wording for c in read.candidates[:3] if self._families[c.intent.family].kind == "norm"))
            return _refusal(Refusal.NOT_UNDERSTOOD, "没有把握答对，本规则可能没有规定这件事。您是否想问：", suggestions=asked, confidence=1 - confidence)
        return self._run(best, read.reading, confidence)

    def _run(self, best: Candidate, reading: Reading, confidence: float) -> Answer:
        """Run the query of ``best`` and put its rows into words."""
        family = self._families[best.intent.family]
        query = fill(family, best.intent) if family.query else ""
        rows: list[Row] = list(self._store.select(query)) if query else []
        if family.kind == "outside":
            return _refusal(Refusal.OUTSIDE, "这不在本规则的范围内。", confidence=confidence)
        if family.kind == "clarify":
            choices = tuple(str(r["choice"]) for r in rows)
            return Answer("", Status.CLARIFY, family.answer, sparql=query, confidence=confidence, suggestions=choices)
        if not rows:
            return _refusal(Refusal.SILENT, "本规则没有规定这件事。", sparql=query, confidence=confidence)
        if family.kind == "silent":
            near = tuple(f"{r['citation']}讲了什么？" for r in rows if "citation" in r)
            text, _ = verbalise(family, rows)
            return _refusal(Refusal.SILENT, text, sparql=query, confidence=confidence, suggestions=near)
        lead = self._decider.reply(reading, best) if best.features else ""
        text, citations = verbalise(family, rows, lead=lead, count="count" in reading.aspects, where="where" in reading.aspects)
        return Answer("", Status.ANSWERED, text, citations, query, confidence)

    def _included(self, iri: str) -> bool:
        return True


# ---------------------------------------------------------------- pieces

_PROVISION = """SELECT ?p ?label ?n ?class WHERE { ?p a ?class ; gz:number ?n ; rdfs:label ?label }"""
_PART = """SELECT ?part ?whole ?class ?n WHERE { ?part gz:partOf ?whole ; a ?class ; gz:number ?n }"""
_PARTS = """SELECT ?part ?whole ?class WHERE { ?part gz:partOf ?whole ; a ?class }"""
_WITH_PART = """SELECT DISTINCT ?p ?label ?class ?n WHERE {
  ?part a ?class ; gz:number ?n ; gz:partOf ?p . ?p a gz:Article ; rdfs:label ?label ; gz:number ?order } ORDER BY ?order"""
_CLASS = {False: Iri(gz("Article")), True: Iri(gz("Chapter"))}

_QUESTION = re.compile(r"谁|哪|什么|啥|几|多少|多久|怎么|如何|咋|吗|能不能|可不可以|是否|是不是|要不要|何")


def split(text: str) -> list[str]:
    """The questions in ``text`` where it asks several, each with the words that come before the first question; else ``[text]``."""
    clauses = [c for c in re.split(r"[?？;；。]|(?<=[谁些个位么吗])[,，]", text) if c.strip()]
    asking = [i for i, c in enumerate(clauses) if _QUESTION.search(c)]
    if len(asking) < 2:
        return [text]
    lead = ",".join(clauses[: asking[0]])
    return [f"{lead},{clauses[i]}" if lead else clauses[i] for i in asking]


def _join(answers: Sequence[Answer]) -> Answer:
    citations = tuple({(c.iri, c.quote): c for a in answers for c in a.citations}.values())
    return Answer(
        "",
        Status.ANSWERED,
        "".join(dict.fromkeys(a.answer for a in answers)),
        citations,
        "\n\n".join(a.sparql for a in answers),
        min(a.confidence for a in answers),
    )


def _refusal(reason: Refusal, sentence: str, *, sparql: str = "", confidence: float = 0.9, suggestions: tuple[str, ...] = ()) -> Answer:
    return Answer("", Status.NO_ANSWER, sentence, sparql=sparql, confidence=confidence, suggestions=suggestions, refusal=reason)


def _explain(read: Read) -> dict[str, Any]:
    return {
        "read_as": read.reading.text,
        "mentions": [(m.surface, m.entities) for m in read.reading.mentions],
        "aspects": sorted(read.reading.aspects),
        "candidates": [(c.wording, c.intent.family, round(c.score, 3), {k: round(v, 3) for k, v in c.features.items()}) for c in read.candidates[:5]],
    }


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
