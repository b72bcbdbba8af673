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

from qa.asks import Asks
from qa.compound import Compound
from qa.decide import Decider
from qa.described import Described
from qa.dialogue import SHORT, in_context, in_full, resolve
from qa.encoder import Encoder, open_encoder
from qa.entailment import Entailment
from qa.expand import Family, load_families
from qa.fill import fill
from qa.ground import Ground
from qa.index import MODEL, Index
from qa.inside import Inside
from qa.leaning import OPENNESS, Leaning
from qa.lexicon import DICTIONARY, open_linker, open_speller
from qa.meanings import Meanings
from qa.models import Answer, Candidate, Intent, Normalised, Reading, Refusal, Status
from qa.normalise import normalise
from qa.numbered import NoSuchProvision, Numbered, WhichArticle
from qa.quoted import Quoted
from qa.reference import POINTING, which_article
from qa.regulations import QUERY, Regulations
from qa.scope import Scope
from qa.settle import Settling, refusal
from qa.store import Store
from qa.understand import Understanding

MAX_LENGTH = 500
"""Characters of a question; a longer one is refused unread."""
_CERTAIN = 0.97
"""Confidence of an answer that a printed number decides."""


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
        quoted: Quoted,
        asking: Mapping[str, Any],
        slots: Mapping[str, Sequence[str]],
    ) -> None:
        self._store, self._families, self._quoted, self._asking = store, families, quoted, asking
        self._placed = re.compile(asking["placed_too"])
        ground = Ground(store, understanding.index)
        self._settling = Settling(store, families, decider, ground, asking, slots, understanding.about, understanding.entails)
        self._decider = decider
        self._understanding, self._scope, self._regulations = understanding, scope, regulations
        meanings = Meanings(understanding, families, regulations=regulations, ground=ground, scope=scope)
        over: dict[str, Any] = {"settling": self._settling, "ground": ground, "asking": asking}
        self._compound = Compound(store, understanding, meanings, **over)
        self._inside = Inside(store, understanding, meanings, **over)
        self._described = Described(store, ground, understanding.about, asking)

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
            quoted=Quoted(store, asking),
            asking=asking,
            slots=_yaml(intents / "slots.yaml"),
        )

    def ask(self, question: str, history: Sequence[str] = (), *, explain: bool = False) -> Answer:
        """Answer ``question``; ``history`` holds the earlier questions of the same dialogue, oldest first. Never raises for any input text."""
        started = time.perf_counter()
        text = self._scope.asked(normalise(question[: 2 * MAX_LENGTH]))
        trace: dict[str, Any] = {"normalised": text.text}
        answer = _refuse_input(question, text) or self._answer(
            text, [self._scope.asked(normalise(h[:MAX_LENGTH])) for h in history[-3:]], trace
        )
        elapsed = (time.perf_counter() - started) * 1000
        told = {name: value() if callable(value) else value for name, value in trace.items()} if explain else None
        return replace(answer, question=question, elapsed_ms=round(elapsed, 2), trace=told)

    @property
    def titles(self) -> dict[str, str]:
        """What the questions of each family ask, by the family's id."""
        return {id: family.title for id, family in self._families.items()}

    def canonical(self) -> list[str]:
        """The canonical questions that people wrote and that have an answer, in their normalised form."""
        return [text for text, intent in self._understanding.index.entries.written() if not self._settling.unanswered(intent.family)]

    def _answer(self, text: Normalised, history: Sequence[Normalised], trace: dict[str, Any]) -> Answer:
        *earlier, reading = self._complete(text, history)
        answer = self._alone(reading, trace)
        if not earlier or not _is_vague(answer, text):
            return answer
        if reading.text == self._understanding.read(text.text).text:  # not where another name stands in it already
            context, tried = self._understanding.read(in_context(reading, earlier[-1], self._understanding.asks)), dict[str, Any]()
            if context.text != reading.text and (more := self._alone(context, tried)).status is Status.ANSWERED:
                trace |= tried
                return more
        return self._goes_on(reading, earlier[-1], answer) or answer

    def _goes_on(self, reading: Reading, last: Reading, said: Answer) -> Answer | None:
        """What the articles that answered the question before, ``last``, say to ``reading``, to which by itself something vague is ``said``."""
        before = self._alone(last, {})
        articles = dict.fromkeys(match[0] for c in before.citations if (match := _ARTICLE.match(c.iri)))
        if before.status is not Status.ANSWERED or not articles:
            return None
        found = self._inside.within(tuple(articles), said, reading, self._regulations.meant(reading.text))
        return found if found and found.status is Status.ANSWERED else None

    def _alone(self, reading: Reading, trace: dict[str, Any]) -> Answer:
        """The answer to a question that has been completed; with the chapter, where it asks in which one something stands."""
        trace["completed"] = reading.text
        rest = self._placed.sub("", reading.text)
        if rest == reading.text or reading.reference:
            return self._found(reading, trace)
        located = self._understanding.read(rest)
        both = "where" in located.aspects
        whole = None if both else self._found(reading, trace)
        if whole and whole.status is Status.ANSWERED:
            return whole if _CHAPTER in whole.answer else self._in_chapter(whole)
        tried = dict[str, Any]()
        answer = self._found(located if both else self._understanding.read(rest + _WHERE), tried)
        if whole and answer.status is not Status.ANSWERED:
            return whole
        trace |= tried
        return self._in_chapter(answer)

    def _in_chapter(self, answer: Answer) -> Answer:
        """``answer`` with the chapters in which its provisions stand, where they are few."""
        provisions = tuple(dict.fromkeys(c.iri for c in answer.citations))
        if not 0 < len(provisions) <= _PLACES:
            return answer
        query = fill(self._families[_PLACED], Intent(_PLACED, (("provision", provisions),)))
        places = sorted({f"{row['reading']}。" for row in self._store.select(query)})
        return replace(answer, answer=answer.answer + "".join(places))

    def _found(self, reading: Reading, trace: dict[str, Any]) -> Answer:
        """The answer to a question that has been completed, by the provisions or words that it names, or by its meaning."""
        regulation = self._regulations.meant(reading.text)
        named = any(place in reading.text for place in regulation.places)
        # 北京市朝阳区 is not 朝阳市: a place of ours is only taken away where no foreign one stands before it
        reason = self._scope.outside(self._regulations.without_places(reading.text) if named else reading.text)
        if reason:
            whole = self._scope.outside(reading.text) if named else None
            return refusal(Refusal.OUTSIDE, f"{whole or reason}，不在本规则的范围内。")
        numbered = Numbered(self._store, regulation.iri, self._asking)
        try:
            text = which_article(self._described(reading.text, numbered.in_numbers(reading.text), regulation.iri))
        except WhichArticle as which:
            return _which(which)
        text = self._inside.request(text)
        if text != reading.text:
            reading = self._understanding.read(text)
        if unit := self._inside.pointing(reading.text):
            return _which(numbered.which(unit, POINTING.sub("", reading.text)))
        if reading.reference:
            try:
                intent = numbered.intent(reading)
            except NoSuchProvision as none:
                return refusal(Refusal.SILENT, str(none))
            except WhichArticle as which:
                if part := self._inside.part_of(reading, numbered, regulation):
                    return self._printed(part, reading)
                return _which(which)
            if noted := self._inside.notes(reading, intent.bound("provision") if intent else numbered.articles(reading.reference)):
                return noted
            if intent is None or self._inside.asks_in(reading, intent):
                said = self._compound(reading, regulation, trace)
                provisions = intent.bound("provision") if intent else numbered.articles(reading.reference)
                if within := self._inside.within(provisions, said, reading, regulation):
                    return within
                if intent is None:
                    return said
            return self._printed(intent, reading)
        if self._described.extent(reading.text):
            return self._printed(Intent(_EXTENT, (("regulation", (regulation.iri,)),)), reading)
        if where := self._quoted.places(reading, regulation.iri):
            told = self._printed(where.intent, reading)
            return replace(told, answer=where.number + told.answer)
        return self._compound(reading, regulation, trace)

    def _printed(self, intent: Intent, reading: Reading) -> Answer:
        """What ``intent``, which printed numbers or words decide, asks for."""
        return self._settling.run(Candidate(intent, reading.text, 0.0, {}, {}), reading, _CERTAIN)

    def _complete(self, text: Normalised, history: Sequence[Normalised]) -> list[Reading]:
        """The readings of the earlier questions and of this one, each with what the dialogue before it adds."""
        earlier: list[Reading] = []
        for turn in (*history, text):
            reading = self._understanding.read(self._inside.pointed(turn.text, earlier))
            if earlier:
                reading = in_full(reading, earlier[-1], self._understanding.read)
            completed = resolve(reading, earlier, self._understanding.asks, self._understanding.read, self._understanding.belongs)
            alone = completed == reading.text or self._is_outside(reading)
            earlier.append(reading if alone else self._understanding.read(completed))
        return earlier

    def _is_outside(self, reading: Reading) -> bool:
        """Whether a turn is small talk by itself, which goes on with nothing: 今天天气怎么样."""
        best = next(iter(self._understanding.understand(reading).candidates), None)
        return (
            best is not None and self._families[best.intent.family].kind == "outside" and self._decider.small_talk(best.features["cosine"])
        )


_CHAPTER = "章"
"""What an answer says that tells a chapter."""
_WHERE = "在第几条"
"""What asks where something stands."""
_PLACED = "placed"
"""The family that tells in which chapter a provision stands."""
_EXTENT = "structure"
"""The family that tells of how many chapters and articles a regulation is."""
_PLACES = 3
"""Provisions up to which the chapter of each is said."""
_ARTICLE = re.compile(r".*/art/\d+")
_SCATTERED = 3
"""Articles of an answer that is too many things at once for a short question."""


def _is_vague(answer: Answer, text: Normalised) -> bool:
    """Whether ``answer`` is none, or one that a short question which goes on from another hardly asked for."""
    if answer.status is Status.ANSWERED:
        articles = {match[0] for c in answer.citations if (match := _ARTICLE.match(c.iri))}
        return len(text.text) <= SHORT and len(articles) >= _SCATTERED
    return answer.status is Status.CLARIFY or answer.refusal is Refusal.NOT_UNDERSTOOD


def open_understanding(root: Path, build: Path) -> tuple[Understanding, Store]:
    """What finds the meaning of questions over the artefacts in ``build``, and the store it reads the names from."""
    store = Store.open(build / "graph.nq")
    linker = open_linker(store, build / DICTIONARY, root / "data" / "intents")
    encoder = open_encoder(model_dir=build / MODEL)
    asks = Asks(_yaml(root / "data" / "intents" / "asking.yaml"))
    speller, index = open_speller(build, linker), Index.load(build)
    sounds = {"leaning": Leaning.read(root), "openness": Leaning.read(root, OPENNESS)}
    entails = Entailment.load(build, encoder.tokens) if isinstance(encoder, Encoder) else None
    return Understanding(linker, speller, encoder, index, entails, weights=_ranking(root)["weights"], asks=asks, **sounds), store


def _ranking(root: Path) -> Any:
    return json.loads((root / "data" / "intents" / "ranking.json").read_text(encoding="utf-8"))


def _refuse_input(question: str, text: Normalised) -> Answer | None:
    if len(question) > MAX_LENGTH:
        return refusal(Refusal.BAD_INPUT, f"问题太长（{len(question)}字）。请用不超过{MAX_LENGTH}字提问。")
    if not re.search(r"[一-鿿]", text.text):
        return refusal(Refusal.BAD_INPUT, "请用中文写出要问的事，例如：谁签发人事任免公文？")
    return None


def _which(which: WhichArticle) -> Answer:
    return Answer("", Status.CLARIFY, str(which), suggestions=which.choices, confidence=_CERTAIN)


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
