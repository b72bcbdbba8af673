"""The path of a question: normalise → link → retrieve → fill → query → verbalise, and the decision to answer, ask back or refuse."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from qa.ambiguity import cases, open_signals
from qa.asks import Asks
from qa.combine import also_signals, compared, elsewhere, narrowed, open_cases, rivals, together
from qa.counting import Counting
from qa.decide import Decider
from qa.dialogue import in_context, in_full, resolve
from qa.encoder import open_encoder
from qa.expand import Family, load_families
from qa.fill import fill
from qa.ground import Ground
from qa.index import ADAPTER, MODEL, Index
from qa.leaning import OPENNESS, Leaning
from qa.lexicon import DICTIONARY, open_linker, open_speller
from qa.models import Answer, Candidate, Intent, Iri, Normalised, Reading, Refusal, Row, Status
from qa.normalise import normalise
from qa.numbered import NoSuchProvision, Numbered, WhichArticle
from qa.parts import split
from qa.quoted import Quoted
from qa.regulations import QUERY, Regulation, Regulations
from qa.retrieve import plausible
from qa.scope import Scope
from qa.steps import Step, Steps
from qa.store import Store
from qa.terms import gz
from qa.understand import Read, Understanding
from qa.verbalise import BRIEF, LISTED, verbalise

MAX_LENGTH = 500
"""Characters of a question; a longer one is refused unread."""
_SURE_PARTS = 0.6
"""Confidence that each part of a question needs before the parts are answered one by one."""
_SAME = 0.97
"""Cosine from which a wording is the question itself, so that what it is bound to is what is meant."""
_SMALL_TALK = 0.9
"""Cosine with a question outside the rules from which a short turn is taken for one."""
_PARTS_ROOM = 180
"""Characters of the answers to all parts of a question."""
_CERTAIN = 0.97
"""Confidence of an answer that a printed number decides."""
_LISTS = frozenset({"where", "count", "compare", "each"})
"""What a question asks for when a list is what it wants."""
_OPEN_UNSAID = "这个问题可以指几种情形。请选一种，或者说得具体些："
_OPEN_LISTED = "这个问题没有说清是哪种情形，可能还有别的。可以选一种再问。相关的规定："


class Answerer:
    """Answers questions over one build. Safe to share between threads: it holds no state of a dialogue."""

    def __init__(
        self,
        store: Store,
        families: Mapping[str, Family],
        *,
        understanding: Understanding,
        decider: Decider,
        scope: Scope,
        regulations: Regulations,
        steps: Steps,
        quoted: Quoted,
        asking: Mapping[str, Any],
    ) -> None:
        self._store, self._families, self._steps, self._quoted, self._asking = store, families, steps, quoted, asking
        self._counting = Counting(store, families)
        self._ground = Ground(store, understanding.index)
        self._understanding, self._decider, self._scope, self._regulations = understanding, decider, scope, regulations

    @classmethod
    def open(cls, root: Path, build: Path) -> Answerer:
        """The answerer over the artefacts in ``build`` with the families and settings of the project at ``root``."""
        intents = root / "data" / "intents"
        understanding, store = open_understanding(root, build)
        asking = _yaml(intents / "asking.yaml")
        return cls(
            store,
            load_families(intents),
            understanding=understanding,
            decider=Decider(_ranking(root), _yaml(intents / "replies.yaml")),
            scope=Scope(_yaml(intents / "scope.yaml")),
            regulations=Regulations(store.select(QUERY)),
            steps=Steps(asking),
            quoted=Quoted(store, asking),
            asking=asking,
        )

    def ask(self, question: str, history: Sequence[str] = (), *, explain: bool = False) -> Answer:
        """Answer ``question``; ``history`` holds the earlier questions of the same dialogue, oldest first. Never raises for any input text."""
        started = time.perf_counter()
        text = normalise(question[: 2 * MAX_LENGTH])
        trace: dict[str, Any] = {"normalised": text.text}
        answer = _refuse_input(question, text) or self._answer(text, [normalise(h[:MAX_LENGTH]) for h in history[-3:]], trace)
        elapsed = (time.perf_counter() - started) * 1000
        return replace(answer, question=question, elapsed_ms=round(elapsed, 2), trace=trace if explain else None)

    @property
    def titles(self) -> dict[str, str]:
        """What the questions of each family ask, by the family's id."""
        return {id: family.title for id, family in self._families.items()}

    def canonical(self) -> list[str]:
        """The canonical questions that people wrote and that have an answer, in their normalised form."""
        return [e.text for e in self._understanding.entries if not e.origin and not self._unanswered(e.intent.family)]

    def _answer(self, text: Normalised, history: Sequence[Normalised], trace: dict[str, Any]) -> Answer:
        *earlier, reading = self._complete(text, history)
        answer = self._alone(reading, trace)
        if earlier and (answer.status is Status.CLARIFY or answer.refusal is Refusal.NOT_UNDERSTOOD):
            context, tried = self._understanding.read(in_context(reading, earlier[-1], self._understanding.asks)), dict[str, Any]()
            if context.text != reading.text and (more := self._alone(context, tried)).status is Status.ANSWERED:
                trace |= tried
                return more
        return answer

    def _alone(self, reading: Reading, trace: dict[str, Any]) -> Answer:
        """The answer to a question that has been completed."""
        trace["completed"] = reading.text
        regulation = self._regulations.meant(reading.text)
        named = any(place in reading.text for place in regulation.places)
        # 北京市朝阳区 is not 朝阳市: a place of ours is only taken away where no foreign one stands before it
        if (
            reason := self._scope.outside(reading.text)
            if not named
            else self._scope.outside(self._regulations.without_places(reading.text))
        ):
            return _refusal(Refusal.OUTSIDE, f"{reason}，不在本规则的范围内。")
        if reading.reference:
            try:
                intent = Numbered(self._store, regulation.iri, self._asking).intent(reading)
            except NoSuchProvision as none:
                return _refusal(Refusal.SILENT, str(none))
            except WhichArticle as which:
                return Answer("", Status.CLARIFY, str(which), suggestions=which.choices, confidence=_CERTAIN)
            if intent:
                said = self._by_meaning(reading, regulation, trace) if _asks_in_article(reading) else None
                if said and said.status is Status.ANSWERED:
                    return said
                return self._run(Candidate(intent, reading.text, 0.0, {}, {}), reading, _CERTAIN)
        if where := self._quoted.intent(reading, regulation.iri):
            return self._run(Candidate(where, reading.text, 0.0, {}, {}), reading, _CERTAIN)
        return self._by_meaning(reading, regulation, trace)

    def _complete(self, text: Normalised, history: Sequence[Normalised]) -> list[Reading]:
        """The readings of the earlier questions and of this one, each with what the dialogue before it adds."""
        earlier: list[Reading] = []
        for turn in (*history, text):
            reading = self._understanding.read(turn.text)
            if earlier:
                reading = in_full(reading, earlier[-1], self._understanding.read)
            completed = resolve(reading, earlier, self._understanding.asks)
            alone = completed == reading.text or self._is_outside(reading)
            earlier.append(reading if alone else self._understanding.read(completed))
        return earlier

    def _is_outside(self, reading: Reading) -> bool:
        """Whether a turn is small talk by itself, which goes on with nothing: 今天天气怎么样."""
        best = next(iter(self._understanding.understand(reading).candidates), None)
        return best is not None and self._families[best.intent.family].kind == "outside" and best.features["cosine"] >= _SMALL_TALK

    def _by_meaning(self, reading: Reading, regulation: Regulation, trace: dict[str, Any]) -> Answer:
        if stepwise := self._by_steps(reading, regulation, trace):
            return stepwise
        read = self._understand(reading, regulation)
        trace |= _explain(read)
        whole = self._settle(read)
        parts = split(read.reading.text, self._understanding.read, self._understanding.asks)
        if len(parts) < 2 or whole.status is Status.CLARIFY:
            return whole
        trace["parts"] = parts
        answers = [self._settle(self._understand(self._understanding.read(part), regulation), part=True) for part in parts]
        told = {c.quote for c in whole.citations}
        if any(a.status is not Status.ANSWERED for a in answers) or {c.quote for a in answers for c in a.citations} <= told:
            return whole
        joined = _join(answers)
        return joined if joined.confidence >= _SURE_PARTS and len(joined.answer) <= _PARTS_ROOM else whole

    def _by_steps(self, reading: Reading, regulation: Regulation, trace: dict[str, Any]) -> Answer | None:
        """The answer to a question about a thing that it only describes, where it is surely found; else ``None``."""
        step = self._steps(reading.text)
        if step is None:
            return None
        first = self._understand(self._understanding.read(step.find), regulation)
        names = self._named(first.candidates[0].intent, step) if first.candidates else []
        found = self._settle(first)
        if len(names) != 1 or found.status is not Status.ANSWERED or found.confidence < _SURE_PARTS:
            return None
        second = self._understand(self._understanding.read(step.of(names[0])), regulation)
        answer = self._settle(second)
        if answer.status is not Status.ANSWERED or answer.confidence < _SURE_PARTS:
            return None
        trace |= _explain(second) | {"steps": [step.find, step.of(names[0])]}
        joined = _join([found, answer])
        return joined if len(joined.answer) <= LISTED else answer

    def _named(self, intent: Intent, step: Step) -> list[str]:
        """The names of what the first norm of ``intent`` says does the deed, of one of the classes of ``step``."""
        return [
            str(row["name"])
            for norm in intent.bound("norm")[:1]
            for kind in step.classes
            for row in self._store.select(_DOER, {"norm": Iri(norm), "class": Iri(gz(kind))})
        ]

    def _understand(self, reading: Reading, regulation: Regulation) -> Read:
        """What ``reading`` may mean in ``regulation``."""
        read = self._understanding.understand(reading)
        kept = [c for c in read.candidates if plausible(c, self._families[c.intent.family].kind) and self._regulations.of(regulation, c)]
        near = [c for c in kept if not elsewhere(read.reading, c, self._ground) and not self._foreign(c)]
        return Read(read.reading, near)

    def _foreign(self, candidate: Candidate) -> bool:
        """Whether a candidate is a question about another place that is told to have no answer: what was asked is not about one."""
        return bool(candidate.intent.bound("silence")) and self._scope.outside(candidate.wording) is not None

    def _settle(self, read: Read, *, part: bool = False) -> Answer:
        """Answer, ask back or refuse, by the best candidate; a ``part`` of a question gets just what it asks for."""
        if not part and (asked_back := self._asked_back(read)):
            return asked_back
        if read.candidates and self._refuses(read.candidates[0]):
            sure = self._decider.confidence(read.candidates, refusing=True)
            answering = [c for c in read.candidates if not self._refuses(c)]
            if self._decider.silent(sure) or not answering:
                return self._run(read.candidates[0], read.reading, sure)
            read = Read(read.reading, answering)
        several = None if part else self._several(read)
        told = set(several.intent.bound("norm")) if several else set()
        apart = [c for c in read.candidates[1:] if not (c.intent.bound("norm") and set(c.intent.bound("norm")) <= told)]
        confidence = self._decider.confidence([*read.candidates[:1], *apart])
        if not read.candidates or not self._decider.related(confidence, read.candidates[0].features["cosine"]):
            return _refusal(Refusal.OUTSIDE, "没有找到与这个问题有关的规定，它可能不在本规则的范围内。", confidence=1 - confidence)
        best = read.candidates[0]
        if not self._decider.sure(confidence):
            if not part and (asked_back := self._asked_back(read, unsure=True)):
                return asked_back
            asked = tuple(dict.fromkeys(c.wording for c in read.candidates[:4] if c.intent.bound("norm")))[:3]
            return _refusal(
                Refusal.NOT_UNDERSTOOD, "没有把握答对，本规则可能没有规定这件事。您是否想问：", suggestions=asked, confidence=1 - confidence
            )
        answer = self._run(several or best, read.reading, confidence)
        return answer if part else self._with_choices(answer, read)

    def _with_choices(self, answer: Answer, read: Read) -> Answer:
        """``answer``, and with it the question back, where it lists cases for a question that leaves open so much that they may not be all."""
        meant = self._meant(read)
        lists = (
            bool(meant) and meant[0] is read.candidates[0] and len(meant[0].intent.bound("norm")) > 1 and not read.reading.aspects & _LISTS
        )
        if answer.status is not Status.ANSWERED or not lists or not self._open(read, meant, listed=True):
            return answer
        return replace(answer, status=Status.CLARIFY, answer=f"{_OPEN_LISTED}{answer.answer}", suggestions=_choices(meant))

    def _meant(self, read: Read) -> list[Candidate]:
        """The candidates that may be meant by a question that leaves open what it is about."""
        return [c for c in read.candidates if self._families[c.intent.family].kind in ("norm", "silent")]

    def _open(self, read: Read, meant: Sequence[Candidate], *, listed: bool = False, sure: bool = False) -> bool:
        """Whether the question leaves open which of ``meant`` it is about."""
        cosine = meant[0].features["cosine"]
        found = open_signals(read.reading, meant, self._ground)
        return cosine < _SAME and self._decider.leaves_open(found, cosine, listed=listed, sure=sure)

    def _is_sure(self, meant: Sequence[Candidate]) -> bool:
        """Whether the first of ``meant`` is a norm that answers the question as surely as one that says all."""
        return bool(meant[0].intent.bound("norm")) and self._decider.certain(self._decider.confidence(meant), meant[0].features["cosine"])

    def _asked_back(self, read: Read, *, unsure: bool = False) -> Answer | None:
        """The question back, with the cases that may be meant, where it leaves open what it is about and no wording lists all cases, or, ``unsure``,
        none that is sure enough."""
        meant = self._meant(read)
        best = read.candidates[0] if read.candidates else None
        which = best is not None and self._families[best.intent.family].kind == "clarify"
        listed = not unsure and meant and len(meant[0].intent.bound("norm")) > 1
        if not meant or (not which and (meant[0] is not best or listed)):
            return None
        if not self._open(read, meant, sure=not which and not unsure and self._is_sure(meant)):
            return None
        if best and which:
            return self._run(best, read.reading, _SURE_PARTS)
        return Answer("", Status.CLARIFY, _OPEN_UNSAID, suggestions=_choices(meant), confidence=_SURE_PARTS)

    def _refuses(self, candidate: Candidate) -> bool:
        return self._unanswered(candidate.intent.family)

    def _unanswered(self, family: str) -> bool:
        return self._families[family].kind in ("outside", "clarify", "silent")

    def _several(self, read: Read) -> Candidate | None:
        """The norms of several candidates in one, where one would not be the whole answer and there is room."""
        best = read.candidates[0] if read.candidates else None
        if best is None or ("count" in read.reading.aspects and self._counting.family(best.intent)):
            return None
        several = compared(read.reading, read.candidates)
        if not several and self._families[best.intent.family].kind == "norm":
            several = open_cases(read.reading, [c for c in read.candidates if c.intent.bound("norm")])
        if several:
            return together(several)
        found = rivals(read.candidates) if best.intent.bound("norm") else []
        belong = [(self._decider.also(also_signals(read.reading, best, c, self._ground)), c) for c in found]
        for _, rival in sorted((pair for pair in belong if pair[0]), key=lambda pair: -pair[0])[:2]:
            both = together([best, rival], best.intent.reply)
            if len(self._run(both, read.reading, 1.0).answer) <= BRIEF:
                return both
        return None

    def _run(self, best: Candidate, reading: Reading, confidence: float) -> Answer:
        """Run the query of ``best`` and put its rows into words."""
        best = narrowed(reading, best, self._ground)
        counted = self._counting.family(best.intent) if "count" in reading.aspects else None
        family = counted or self._families[best.intent.family]
        if family.kind == "outside":
            return _refusal(Refusal.OUTSIDE, "这不在本规则的范围内。", confidence=confidence)
        query = fill(family, best.intent)
        rows = _ordered(self._store.select(query), best.intent) if "ORDER BY" not in query else list(self._store.select(query))
        if family.kind == "clarify":
            choices = tuple(str(r["choice"]) for r in rows)
            return Answer("", Status.CLARIFY, family.answer, sparql=query, confidence=confidence, suggestions=choices)
        if not rows:
            return _refusal(Refusal.SILENT, "本规则没有规定这件事。", sparql=query, confidence=confidence)
        lead = self._decider.reply(reading, best, confidence) if best.features else ""
        text, citations = verbalise(family, rows, lead=lead, count="count" in reading.aspects, where="where" in reading.aspects)
        if family.kind == "silent":
            near = tuple(dict.fromkeys(f"{r['citation']}讲了什么？" for r in rows if "citation" in r))
            return _refusal(Refusal.SILENT, text, sparql=query, confidence=confidence, suggestions=near)
        return Answer("", Status.ANSWERED, text, citations, query, confidence)


def open_understanding(root: Path, build: Path) -> tuple[Understanding, Store]:
    """What finds the meaning of questions over the artefacts in ``build``, and the store it reads the names from."""
    store = Store.open(build / "graph.nq")
    linker = open_linker(store, build / DICTIONARY, root / "data" / "intents")
    adapter = root / ADAPTER
    encoder = open_encoder(model_dir=build / MODEL, adapter=adapter if adapter.exists() else None)
    asks = Asks(_yaml(root / "data" / "intents" / "asking.yaml"))
    speller, index = open_speller(build, linker), Index.load(build)
    sounds = {"leaning": Leaning.read(root), "openness": Leaning.read(root, OPENNESS)}
    return Understanding(linker, speller, encoder, index, weights=_ranking(root)["weights"], asks=asks, **sounds), store


def _ranking(root: Path) -> Any:
    return json.loads((root / "data" / "intents" / "ranking.json").read_text(encoding="utf-8"))


_DOER = """SELECT DISTINCT ?norm ?class ?name WHERE {
  ?norm gz:bearer|gz:meeting ?doer . ?doer a ?class ; rdfs:label ?name . FILTER(lang(?name) = "zh") }"""


def _ordered(rows: Sequence[Row], intent: Intent) -> list[Row]:
    """Rows in the order of the norms asked for, then of the provisions: the store gives them in any order."""
    place = {norm: i for i, norm in enumerate(intent.bound("norm"))}

    def key(row: Row) -> tuple[object, ...]:
        number = [int(part) for part in re.findall(r"\d+", str(row.get("ref", "")))]
        return (
            place.get(str(row.get("norm")), len(place)),
            number,
            *(str(row.get(name, "")) for name in ("norm", "rule", "reading", "value", "choice")),
        )

    return sorted(rows, key=key)


def _refuse_input(question: str, text: Normalised) -> Answer | None:
    if len(question) > MAX_LENGTH:
        return _refusal(Refusal.BAD_INPUT, f"问题太长（{len(question)}字）。请用不超过{MAX_LENGTH}字提问。")
    if not re.search(r"[一-鿿]", text.text):
        return _refusal(Refusal.BAD_INPUT, "请用中文写出要问的事，例如：谁签发人事任免公文？")
    return None


def _choices(meant: Sequence[Candidate]) -> tuple[str, ...]:
    """The questions to choose from where several may be meant; ones that the rules answer, where there are two of them."""
    answered = [c for c in meant if c.intent.bound("norm")]
    return tuple(dict.fromkeys(c.wording for c in cases(answered if len(answered) > 1 else meant)))


def _asks_in_article(reading: Reading) -> bool:
    """Whether a question that names an article asks what it says about something: 第四十条要哪些事报告市委."""
    whole = reading.reference is not None and reading.reference.paragraph is None and reading.reference.item is None
    return whole and "what" in reading.aspects and "text" not in reading.aspects and any(m.kind != "Action" for m in reading.mentions)


def _join(answers: Sequence[Answer]) -> Answer:
    citations = tuple({(c.iri, c.quote): c for a in answers for c in a.citations}.values())
    text = "".join(dict.fromkeys(a.answer for a in answers))
    return Answer("", Status.ANSWERED, text, citations, _union([a.sparql for a in answers]), min(a.confidence for a in answers))


def _union(queries: Sequence[str]) -> str:
    """One query that finds what each of ``queries`` finds: their patterns as sub-queries (SPARQL 1.1 section 12) side by side."""
    if len(set(queries)) == 1:
        return queries[0]
    lines = [query.splitlines() for query in dict.fromkeys(queries)]
    prefixes = sorted({line for query in lines for line in query if line.startswith("PREFIX ")})
    parts = ["\n".join(line for line in query if not line.startswith("PREFIX ")) for query in lines]
    return "\n".join([*prefixes, "SELECT * WHERE {", "\nUNION\n".join(f"{{\n{part}\n}}" for part in parts), "}"])


def _refusal(reason: Refusal, sentence: str, *, sparql: str = "", confidence: float = 0.9, suggestions: tuple[str, ...] = ()) -> Answer:
    return Answer("", Status.NO_ANSWER, sentence, sparql=sparql, confidence=confidence, suggestions=suggestions, refusal=reason)


def _explain(read: Read) -> dict[str, Any]:
    return {
        "read_as": read.reading.text,
        "mentions": [(m.surface, m.entities) for m in read.reading.mentions],
        "aspects": sorted(read.reading.aspects),
        "candidates": [
            (c.wording, c.intent.family, round(c.score, 3), {k: round(v, 3) for k, v in c.features.items()}) for c in read.candidates[:5]
        ],
    }


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
