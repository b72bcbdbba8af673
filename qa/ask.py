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
from qa.combine import elsewhere, only
from qa.decide import Decider
from qa.dialogue import in_context, in_full, resolve
from qa.encoder import open_encoder
from qa.expand import Family, load_families
from qa.ground import Ground
from qa.index import MODEL, Index
from qa.leaning import OPENNESS, Leaning
from qa.lexicon import DICTIONARY, open_linker, open_speller
from qa.models import Answer, Candidate, Intent, Iri, Normalised, Reading, Refusal, Status
from qa.normalise import normalise
from qa.numbered import NoSuchProvision, Numbered, WhichArticle
from qa.parts import Part, split
from qa.quoted import Quoted, place
from qa.reference import POINTING, which_article, without_reference
from qa.regulations import QUERY, Regulation, Regulations
from qa.retrieve import plausible
from qa.scope import Scope
from qa.settle import READINGS, Settling, refusal
from qa.steps import Step, Steps
from qa.store import Store
from qa.terms import gz
from qa.understand import Read, Understanding
from qa.verbalise import LISTED, LONG

MAX_LENGTH = 500
"""Characters of a question; a longer one is refused unread."""
_SURE_PARTS = 0.8
"""Confidence that each part of a question needs before the parts are answered one by one."""
_AGREED_PARTS = 0.6
"""The same, where the answer to the whole question says part of what they say, or more."""
_PARTS_ROOM = 180
"""Characters of the answers to all parts of a question."""
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
        steps: Steps,
        quoted: Quoted,
        asking: Mapping[str, Any],
        slots: Mapping[str, Sequence[str]],
    ) -> None:
        self._store, self._families, self._steps, self._quoted, self._asking = store, families, steps, quoted, asking
        self._ground = Ground(store, understanding.index)
        self._settling, self._decider = Settling(store, families, decider, self._ground, asking, slots), decider
        self._understanding, self._scope, self._regulations = understanding, scope, regulations
        self._itself, self._one, self._besides = (re.compile(asking[name]) for name in ("itself", "one", "besides"))

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
        return replace(answer, question=question, elapsed_ms=round(elapsed, 2), trace=trace if explain else None)

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
        unsure = answer.status is Status.CLARIFY or answer.refusal is Refusal.NOT_UNDERSTOOD
        if earlier and unsure and reading.text == self._understanding.read(text.text).text:  # not where another name stands in it already
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
        reason = self._scope.outside(self._regulations.without_places(reading.text) if named else reading.text)
        if reason:
            whole = self._scope.outside(reading.text) if named else None
            return refusal(Refusal.OUTSIDE, f"{whole or reason}，不在本规则的范围内。")
        numbered = Numbered(self._store, regulation.iri, self._asking)
        if (text := which_article(numbered.in_numbers(reading.text))) != reading.text:
            reading = self._understanding.read(text)
        if unit := self._pointing(reading.text):
            return _which(numbered.which(unit, POINTING.sub("", reading.text)))
        if reading.reference:
            try:
                intent = numbered.intent(reading)
            except NoSuchProvision as none:
                return refusal(Refusal.SILENT, str(none))
            except WhichArticle as which:
                if part := self._part_of(reading, numbered, regulation):
                    return self._settling.run(Candidate(part, reading.text, 0.0, {}, {}), reading, _CERTAIN)
                return _which(which)
            if intent is None or self._asks_in(reading, intent):
                said = self._by_meaning(reading, regulation, trace)
                provisions = intent.bound("provision") if intent else numbered.articles(reading.reference)
                if within := self._within(provisions, said, reading, regulation):
                    return within
                if intent is None:
                    return said
            return self._settling.run(Candidate(intent, reading.text, 0.0, {}, {}), reading, _CERTAIN)
        if where := self._quoted.intent(reading, regulation.iri):
            return self._settling.run(Candidate(where, reading.text, 0.0, {}, {}), reading, _CERTAIN)
        return self._by_meaning(reading, regulation, trace)

    def _asks_in(self, reading: Reading, intent: Intent) -> bool:
        """Whether a question that names an article or a chapter asks what it says about something: 第四十条要哪些事报告市委."""
        part = reading.reference is not None and (reading.reference.paragraph or reading.reference.item)
        asks = bool(reading.aspects & _ASKED_IN) or not reading.aspects  # 第三章要求落实哪两项制度
        settled = part or intent.family not in ("provision", "chapter")
        return (
            not settled
            and asks
            and "text" not in reading.aspects
            and len(self._itself.sub("", without_reference(reading.text))) >= _SOMETHING
        )

    def _part_of(self, reading: Reading, numbered: Numbered, regulation: Regulation) -> Intent | None:
        """The paragraph or item that a question names without the number of its article, in the article that the rest of it is surely about:
        会议请假那一条第二款; ``None`` where it says no more, or the article has no such part."""
        rest = self._one.sub("", without_reference(reading.text))
        if reading.reference is None or len(rest) < _SOMETHING:
            return None
        article, share = self._ground.likeliest(self._understanding.about(rest))
        if article is None or share < _SURE_ARTICLE or not article.startswith(regulation.iri + "/"):
            return None
        try:
            return numbered.inside(article, reading.reference)
        except NoSuchProvision:
            return None

    def _within(self, named: Sequence[str], said: Answer, reading: Reading, regulation: Regulation) -> Answer | None:
        """What the provisions ``named`` (IRIs) say about the rest of a question: what is ``said`` anyway, if it stands there, else the best of what
        does; ``None`` where that is not surely found."""
        rows = [row for iri in named for row in self._store.select(_INSIDE, {"provision": Iri(iri)})]
        provisions, norms = ({str(row[name]) for row in rows if name in row} for name in ("part", "norm"))
        if said.refusal is Refusal.SILENT or (said.status is Status.ANSWERED and {c.iri for c in said.citations} <= provisions):
            return said if said.status is Status.ANSWERED else None
        read = self._understand(self._understanding.read(without_reference(reading.text)), regulation)
        inside = [c for c in read.candidates if norms.intersection(c.intent.bound("norm")) or c.intent.bound("silence")]
        found = self._settling(Read(read.reading, inside), part=True)
        if found.status is not Status.ANSWERED or {c.iri for c in found.citations} <= provisions:
            return found if found.status is Status.ANSWERED else None
        return self._settling.run(only(inside[0], norms), reading, found.confidence)

    def _complete(self, text: Normalised, history: Sequence[Normalised]) -> list[Reading]:
        """The readings of the earlier questions and of this one, each with what the dialogue before it adds."""
        earlier: list[Reading] = []
        for turn in (*history, text):
            reading = self._understanding.read(self._pointed(turn.text, earlier))
            if earlier:
                reading = in_full(reading, earlier[-1], self._understanding.read)
            completed = resolve(reading, earlier, self._understanding.asks, self._understanding.read)
            alone = completed == reading.text or self._is_outside(reading)
            earlier.append(reading if alone else self._understanding.read(completed))
        return earlier

    def _pointed(self, text: str, earlier: Sequence[Reading]) -> str:
        """``text`` that asks for “this” article or chapter itself, with the number of the one that the dialogue is at: 这条有几项."""
        unit = self._pointing(text)
        if unit is None or not earlier:
            return text
        known = next(
            (n for r in reversed(earlier) if r.reference and (n := r.reference.chapter if unit == "章" else r.reference.article)), None
        )
        if known is None and unit == "条":
            article, share = self._ground.likeliest(self._understanding.about(earlier[-1].text))
            known = int(article.rsplit("/", 1)[-1]) if article and share >= _SURE_ARTICLE else None
        return POINTING.sub(f"第{known}{unit}", text) if known else text

    def _pointing(self, text: str) -> str | None:
        """条 or 章, where ``text`` asks for “this” one itself and does not say which."""
        found = POINTING.match(text)
        return found["unit"] if found and not self._itself.sub("", text[found.end() :]) else None

    def _is_outside(self, reading: Reading) -> bool:
        """Whether a turn is small talk by itself, which goes on with nothing: 今天天气怎么样."""
        best = next(iter(self._understanding.understand(reading).candidates), None)
        return (
            best is not None and self._families[best.intent.family].kind == "outside" and self._decider.small_talk(best.features["cosine"])
        )

    def _by_meaning(self, reading: Reading, regulation: Regulation, trace: dict[str, Any]) -> Answer:
        if found := self._by_steps(reading, regulation, trace) or self._of_others(reading, regulation):
            return found
        read = self._understand(reading, regulation)
        trace |= _explain(read)
        whole = self._settling(read)
        parts = split(read.reading.text, self._understanding.read, self._understanding.asks)
        if len(parts) < 2:
            return whole
        trace["parts"] = [part.text for part in parts]
        answers: list[Answer] = []
        for part in parts:
            answers.append(self._part(part, answers, regulation))
        # what is said and what is not: 纪要谁签, 几天内签出来
        halves = whole.refusal is Refusal.SILENT and any(a.status is Status.ANSWERED for a in answers)
        if any(a.status is not Status.ANSWERED and not (halves and a.refusal is Refusal.SILENT) for a in answers):
            return whole
        answered = whole.status is Status.ANSWERED
        if answered and all(_quotes(a) & _quotes(whole) for a in answers) and not _quotes(_join(answers)) < _quotes(whole):
            return whole
        joined = _join(answers)
        # what the whole says and a half that it leaves out, or the same without what no half asks for, need not be so sure
        agreed = answered and (_quotes(whole) < _quotes(joined) or _quotes(joined) < _quotes(whole))
        sure = joined.confidence >= (_AGREED_PARTS if agreed else _SURE_PARTS)
        return joined if sure and len(joined.answer) <= (_PARTS_ROOM if answered else LONG) else whole

    def _part(self, part: Part, before: Sequence[Answer], regulation: Regulation) -> Answer:
        """The answer to a ``part`` of a question; to the part as it stands, where it names something and what it seemed to leave out makes nothing of
        it or what was said ``before`` again: 全体会议多久开一次,集中学习又是多久一回."""
        answer = self._settling(self._understand(self._understanding.read(part.text), regulation), part=True)
        told = {quote for a in before for quote in _quotes(a)}
        again = answer.status is Status.ANSWERED and _quotes(answer) <= told
        doubtful = answer.refusal in (Refusal.NOT_UNDERSTOOD, Refusal.OUTSIDE) or (
            answer.refusal is Refusal.SILENT and answer.confidence < _SURE_PARTS
        )
        reading = self._understanding.read(part.alone)
        if part.alone == part.text or not (again or doubtful) or not reading.mentions:
            return answer
        alone = self._settling(self._understand(reading, regulation), part=True)
        more = alone.status is Status.ANSWERED and alone.confidence >= _SURE_PARTS and not _quotes(alone) <= told
        return alone if more else answer

    def _by_steps(self, reading: Reading, regulation: Regulation, trace: dict[str, Any]) -> Answer | None:
        """The answer to a question about a thing that it only describes, where it is surely found; else ``None``."""
        step = self._steps(reading.text)
        if step is None:
            return None
        first = self._understand(self._understanding.read(step.find), regulation)
        names = self._named(first.candidates[0].intent, step) if first.candidates else []
        found = self._settling(first)
        if len(names) != 1 or found.status is not Status.ANSWERED or found.confidence < _SURE_PARTS:
            return None
        second = self._understand(self._understanding.read(step.of(names[0])), regulation)
        answer = self._settling(second)
        if answer.status is not Status.ANSWERED or answer.confidence < _SURE_PARTS:
            return None
        trace |= _explain(second) | {"steps": [step.find, step.of(names[0])]}
        joined = _join([found, answer])
        return joined if len(joined.answer) <= LISTED else answer

    def _of_others(self, reading: Reading, regulation: Regulation) -> Answer | None:
        """The answer to what is asked about other meetings than one that is named: 除了常务会议,市长还主持哪个会; ``None`` where there is nothing to
        say of others."""
        asked = self._besides.match(reading.text)
        inside = [m for m in reading.mentions if asked and m.kind == "MeetingType" and asked.start("but") <= m.start < asked.end("but")]
        if asked is None or not inside:
            return None
        but = {iri for m in inside for iri in m.entities}
        rest = self._understand(self._understanding.read(_MORE.sub("", asked["rest"])), regulation)
        answer = self._settling(rest, part=True)
        if answer.status is not Status.ANSWERED or answer.confidence < _SURE_PARTS:
            return None
        told = sorted({str(row["norm"]) for row in self._store.select(answer.sparql) if "norm" in row}, key=place)
        others = tuple(norm for norm in told if not self._ground.meetings(norm) or self._ground.meetings(norm) - but)
        if not others or len(others) == len(told):
            return answer if others else None
        best = replace(rest.candidates[0], intent=Intent(READINGS, (("norm", others),)))
        return self._settling.run(best, rest.reading, answer.confidence)

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


def open_understanding(root: Path, build: Path) -> tuple[Understanding, Store]:
    """What finds the meaning of questions over the artefacts in ``build``, and the store it reads the names from."""
    store = Store.open(build / "graph.nq")
    linker = open_linker(store, build / DICTIONARY, root / "data" / "intents")
    encoder = open_encoder(model_dir=build / MODEL)
    asks = Asks(_yaml(root / "data" / "intents" / "asking.yaml"))
    speller, index = open_speller(build, linker), Index.load(build)
    sounds = {"leaning": Leaning.read(root), "openness": Leaning.read(root, OPENNESS)}
    return Understanding(linker, speller, encoder, index, weights=_ranking(root)["weights"], asks=asks, **sounds), store


def _ranking(root: Path) -> Any:
    return json.loads((root / "data" / "intents" / "ranking.json").read_text(encoding="utf-8"))


_ASKED_IN = frozenset({"what", "where", "who", "to_whom", "when", "days", "how_long", "how_often", "how", "whether", "count"})
"""What a provision that is named may be asked for."""
_INSIDE = "SELECT ?provision ?part ?norm WHERE { ?part gz:partOf* ?provision . OPTIONAL { ?norm gz:provision ?part } }"
"""The provisions in one, itself among them, and their norms."""
_MORE = re.compile("还(?![是款原])|也(?!许)")
"""What says only that there is more than was named."""
_SOMETHING = 2
"""Characters of a question that names a provision, beside those that ask for the provision itself, from which it asks about something in it."""
_SURE_ARTICLE = 0.6
"""Probability that a question is about an article, from which a part without its number is looked for in it: what it says is little."""
_DOER = """SELECT DISTINCT ?norm ?class ?name WHERE {
  ?norm gz:bearer|gz:meeting ?doer . ?doer a ?class ; rdfs:label ?name . FILTER(lang(?name) = "zh") }"""


def _refuse_input(question: str, text: Normalised) -> Answer | None:
    if len(question) > MAX_LENGTH:
        return refusal(Refusal.BAD_INPUT, f"问题太长（{len(question)}字）。请用不超过{MAX_LENGTH}字提问。")
    if not re.search(r"[一-鿿]", text.text):
        return refusal(Refusal.BAD_INPUT, "请用中文写出要问的事，例如：谁签发人事任免公文？")
    return None


def _which(which: WhichArticle) -> Answer:
    return Answer("", Status.CLARIFY, str(which), suggestions=which.choices, confidence=_CERTAIN)


def _join(answers: Sequence[Answer]) -> Answer:
    citations = tuple({(c.iri, c.quote): c for a in answers for c in a.citations}.values())
    sentences = list(dict.fromkeys(sentence for a in answers for sentence in re.findall("[^。]+。?[”’』」）]*", a.answer)))
    text = "".join(s for s in sentences if not any(s != other and s.rstrip("。") in other for other in sentences))
    return Answer("", Status.ANSWERED, text, citations, _union([a.sparql for a in answers]), min(a.confidence for a in answers))


def _quotes(answer: Answer) -> set[str]:
    return {c.quote for c in answer.citations}


def _union(queries: Sequence[str]) -> str:
    """One query that finds what each of ``queries`` finds: their patterns as sub-queries (SPARQL 1.1 section 12) side by side."""
    if len(set(queries)) == 1:
        return queries[0]
    lines = [query.splitlines() for query in dict.fromkeys(queries)]
    prefixes = sorted({line for query in lines for line in query if line.startswith("PREFIX ")})
    parts = ["\n".join(line for line in query if not line.startswith("PREFIX ")) for query in lines]
    return "\n".join([*prefixes, "SELECT * WHERE {", "\nUNION\n".join(f"{{\n{part}\n}}" for part in parts), "}"])


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
