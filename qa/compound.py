"""A question whose answer is put together: several questions in one, one in two steps, or about others than those that it names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from qa.ground import Ground
from qa.meanings import Meanings
from qa.models import Answer, Candidate, Intent, Iri, Reading, Refusal, Status
from qa.parts import Part, in_order, split
from qa.quoted import place
from qa.regulations import Regulation
from qa.settle import READINGS, Settling
from qa.steps import Step, Steps
from qa.store import Store
from qa.terms import gz
from qa.understand import Read, Understanding
from qa.verbalise import LISTED, LONG

_SURE_PARTS = 0.7
"""Confidence that each part of a question needs before the parts are answered one by one."""
_AGREED_PARTS = 0.6
"""The same, where the answer to the whole question says part of what they say, or more."""
_SURE_MORE = 0.9
"""The same, where each part says something of the answer to the whole and they say more together."""
_SURE_INSTEAD = 0.85
"""The same, where they leave out part of an answer to the whole that is as sure as those have to be."""
_SURE_HALF = 0.97
"""The same for what is said beside that the rest is not said: who asks what nobody says must not take what stands near for the answer."""
_LIKELY = 5e-4
"""Probability of a norm for the whole question below which a part of it only sounds like that by itself."""
_UNLIKELY = 0.8
"""Confidence that the answer to a part has at most, where the whole question is hardly about any of what it says."""
_MOST = 0.7
"""Share of what one answer says, from which another that says it makes it needless."""
_ALL = 0.85
"""The same of a sentence, which one provision says in longer words."""
_PARTS_ROOM = 230
"""Characters of the answers to all parts of a question."""
_MORE = re.compile("还(?![是款原])|也(?!许)")
"""What says only that there is more than was named."""
_VERDICT = re.compile("((不?是，)?不?(是|可以|需要|有|符合)|没有|不一定)。")
"""A sentence that only answers a yes/no question."""
_DOER = """SELECT DISTINCT ?norm ?class ?name WHERE {
  ?norm gz:bearer|gz:meeting ?doer . ?doer a ?class ; rdfs:label ?name . FILTER(lang(?name) = "zh") }"""


class Compound:
    """Answers questions by their meaning, whole or put together, over one build. Safe to share between threads."""

    def __init__(
        self,
        store: Store,
        understanding: Understanding,
        meanings: Meanings,
        *,
        settling: Settling,
        ground: Ground,
        asking: Mapping[str, Any],
    ) -> None:
        """``asking`` is ``asking.yaml``: how a thing is described that is asked about, how others than those named are asked for, and what is
        left aside."""
        self._store, self._understanding, self._meanings = store, understanding, meanings
        self._settling, self._ground, self._steps = settling, ground, Steps(asking)
        self._besides, self._instead = re.compile(asking["besides"]), re.compile(asking["instead"])

    def __call__(self, reading: Reading, regulation: Regulation, trace: dict[str, Any]) -> Answer:
        """The answer to ``reading`` in ``regulation``; how it came about is written to ``trace``."""
        asked = self._instead.match(reading.text)
        put = asked["topic"] + asked["rest"] if asked else reading.text
        put = in_order(put, self._understanding.read, self._understanding.asks)
        if put != reading.text:
            reading = self._understanding.read(put)
            trace["put"] = put
        if found := self._by_steps(reading, regulation, trace) or self._of_others(reading, regulation, trace):
            return found
        return self._whole_or_parts(reading, regulation, trace)

    def _whole_or_parts(self, reading: Reading, regulation: Regulation, trace: dict[str, Any]) -> Answer:
        """The answer to ``reading``, whole or to each of its parts."""
        read = self._meanings(reading, regulation)
        trace |= self._explain(read)
        whole = self._settling(read)
        parts = split(read.reading.text, self._understanding.read, self._understanding.asks, self._understanding.belongs)
        if len(parts) < 2:
            return whole
        trace["parts"] = [part.text for part in parts]
        answers: list[Answer] = []
        likely = self._understanding.about(read.reading.text)
        for part in parts:
            answers.append(self._without_unlikely(self._part(part, answers, regulation), likely, read.reading))
        return _put_together(whole, answers)

    def _without_unlikely(self, answer: Answer, likely: Mapping[str, float], reading: Reading) -> Answer:
        """The ``answer`` to a part of ``reading`` without the norms that this, which is about each with the probability ``likely``, is hardly about: what
        a part by itself sounds like. Less sure where it is hardly about any."""
        if answer.status is not Status.ANSWERED:
            return answer
        norms = sorted({str(row["norm"]) for row in self._store.select(answer.sparql) if "norm" in row}, key=place)
        kept = tuple(norm for norm in norms if likely.get(norm, 0.0) >= _LIKELY)
        if len(kept) == len(norms):
            return answer
        if not kept:
            return replace(answer, confidence=min(answer.confidence, _UNLIKELY))
        told = self._settling.run(Candidate(Intent(READINGS, (("norm", kept),)), reading.text, 0.0, {}, {}), reading, answer.confidence)
        verdict = _VERDICT.match(answer.answer)
        return replace(told, answer=verdict.group() + told.answer) if verdict else told

    def _explain(self, read: Read) -> dict[str, Any]:
        """How ``read`` came about; ``replies`` takes time, and is found where it is called."""
        return {
            "read_as": read.reading.text,
            "mentions": [(m.surface, m.entities) for m in read.reading.mentions],
            "aspects": sorted(read.reading.aspects),
            "candidates": [
                (c.wording, c.intent.family, round(c.score, 3), {k: round(v, 3) for k, v in c.features.items()})
                for c in read.candidates[:5]
            ],
            "replies": lambda: self._settling.judged(read),
        }

    def _part(self, part: Part, before: Sequence[Answer], regulation: Regulation) -> Answer:
        """The answer to a ``part`` of a question; to the part as it stands, where it names something and what it seemed to leave out makes nothing of
        it or what was said ``before`` again: 全体会议多久开一次,集中学习又是多久一回."""
        read = self._meanings(self._understanding.read(part.text), regulation)
        answer = self._settling(read, part=True)
        reading = self._understanding.read(part.alone)
        if part.alone == part.text:
            return answer
        told = {quote for a in before for quote in _quotes(a)}
        again = answer.status is Status.ANSWERED and _quotes(answer) <= told
        doubtful = answer.refusal in (Refusal.NOT_UNDERSTOOD, Refusal.OUTSIDE) or (
            answer.refusal is Refusal.SILENT and answer.confidence < _SURE_PARTS
        )
        unsure = answer.status is Status.ANSWERED and answer.confidence < _SURE_PARTS
        by_itself = self._meanings(reading, regulation)
        plainer = _certainty(by_itself) > _certainty(read)
        if not (again or doubtful or unsure or plainer):
            return answer
        alone = self._settling(by_itself)
        more = alone.status is Status.ANSWERED and alone.confidence >= _SURE_PARTS and not _quotes(alone) <= told
        return alone if more else answer

    def _by_steps(self, reading: Reading, regulation: Regulation, trace: dict[str, Any]) -> Answer | None:
        """The answer to a question about a thing that it only describes, where it is surely found; else ``None``."""
        step = self._steps(reading.text)
        if step is None:
            return None
        first = self._meanings(self._understanding.read(step.find), regulation)
        names = self._named(first.candidates[0].intent, step) if first.candidates else []
        found = self._settling(first)
        if len(names) != 1 or found.status is not Status.ANSWERED or found.confidence < _SURE_PARTS:
            return None
        tried = dict[str, Any]()
        answer = self._whole_or_parts(self._understanding.read(step.of(names[0])), regulation, tried)
        if answer.status is not Status.ANSWERED or answer.confidence < _SURE_PARTS:
            return None
        trace |= tried | {"steps": [step.find, step.of(names[0])]}
        joined = _join([found, answer])
        return joined if len(joined.answer) <= LISTED else answer

    def _of_others(self, reading: Reading, regulation: Regulation, trace: dict[str, Any]) -> Answer | None:
        """The answer to what is asked about other meetings than one that is named: 除了常务会议,市长还主持哪个会; ``None`` where there is nothing to
        say of others."""
        asked = self._besides.match(reading.text)
        inside = [m for m in reading.mentions if asked and m.kind == "MeetingType" and asked.start("but") <= m.start < asked.end("but")]
        if asked is None or not inside:
            return None
        but = {iri for m in inside for iri in m.entities}
        rest = self._meanings(self._understanding.read(_MORE.sub("", asked["rest"])), regulation)
        answer = self._settling(rest, part=True)
        if answer.status is not Status.ANSWERED or answer.confidence < _SURE_PARTS:
            return None
        trace |= self._explain(rest) | {"besides": asked["but"]}
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


def _put_together(whole: Answer, answers: Sequence[Answer]) -> Answer:
    """The ``answers`` to the parts of a question side by side, where they are sure and tell more, or tell it more closely, than the answer to the
    ``whole``; else that."""
    answered = whole.status is Status.ANSWERED
    # what is said and what is not: 纪要谁签, 几天内签出来
    halves = whole.refusal is Refusal.SILENT and any(a.status is Status.ANSWERED for a in answers)
    if any(a.status is not Status.ANSWERED and not (halves and a.refusal is Refusal.SILENT) for a in answers):
        # a part that is unsure is left to the whole, a sure one that the whole leaves out is said too
        return _of_the_sure(whole, answers) or _with_left_out(whole, answers)
    if halves:  # what the whole says is not said is said of the half, which by itself may sound like something else
        answers = [whole if a.refusal is Refusal.SILENT else a for a in answers]
    joined = _join(answers)
    each = [_quotes(a) for a in answers]
    less = len(answers) == 2 and _quotes(joined) < _quotes(whole) and not (each[0] <= each[1] or each[1] <= each[0])
    shared = answered and all(_quotes(a) & _quotes(whole) for a in answers)
    more = _quotes(whole) < _quotes(joined)
    if shared and not less and not more:
        return whole
    # what the whole says and a half that it leaves out, or the same without what no half asks for, need not be so sure
    agreed = answered and (more or less)
    alike = len({a.answer for a in answers}) == 1  # 多少章、多少条: each part by itself finds the same
    instead = not agreed and answered and whole.confidence >= _SURE_MORE and not _quotes(whole) <= _quotes(joined)
    least = _SURE_MORE if shared and more else _AGREED_PARTS if agreed else _SURE_HALF if halves and not alike else _SURE_PARTS
    least = max(least, _SURE_INSTEAD) if instead else least
    sure = min(a.confidence for a in answers if a is not whole) >= least
    if sure and len(joined.answer) <= (_PARTS_ROOM if answered else LONG):
        return joined
    return _of_the_sure(whole, answers) or _with_left_out(whole, [a for a in answers if a.confidence >= least] if instead else answers)


def _of_the_sure(whole: Answer, answers: Sequence[Answer]) -> Answer | None:
    """The surest of the ``answers`` to parts, where each says something of the answer to the ``whole`` and they say all of it and more; else ``None``."""
    sure = [a for a in answers if a.status is Status.ANSWERED and a.confidence >= _SURE_MORE]
    if whole.status is not Status.ANSWERED or not sure or not all(_quotes(a) & _quotes(whole) for a in sure):
        return None
    joined = _join(sure)
    return joined if _quotes(whole) < _quotes(joined) and len(joined.answer) <= _PARTS_ROOM else None


def _with_left_out(whole: Answer, answers: Sequence[Answer]) -> Answer:
    """``whole``, with those of the ``answers`` to parts that it leaves out and that are sure, the surest first, as far as there is room."""
    if whole.status is not Status.ANSWERED or whole.confidence < _SURE_PARTS:
        return whole
    sure = [a for a in answers if a.status is Status.ANSWERED and a.confidence >= _SURE_PARTS and not _quotes(a) & _quotes(whole)]
    added: list[Answer] = []
    for part in sorted(sure, key=lambda a: -a.confidence):
        if len(_join([*added, part, whole]).answer) <= _PARTS_ROOM:
            added.append(part)
    return _join([*(a for a in answers if a in added), whole]) if added else whole


def _join(answers: Sequence[Answer]) -> Answer:
    """The ``answers`` side by side, without one that rests on less of what another rests on and says little beside: it would say part of that again."""
    answers = [
        a for a in answers if not (_quotes(a) and any(_quotes(a) < _quotes(o) and _says(o.answer, a.answer) >= _MOST for o in answers))
    ]
    citations = tuple({(c.iri, c.quote): c for a in answers for c in a.citations}.values())
    sentences: dict[str, None] = {}
    for answer in answers:
        said = re.findall("[^。]+。?[”’』」）]*", answer.answer)
        if any(s not in sentences for s in said if not _VERDICT.fullmatch(s)):  # a yes or no alone would be one to what stands before it
            sentences |= dict.fromkeys(said)
    text = "".join(_unrepeated(list(sentences)))
    return Answer("", Status.ANSWERED, text, citations, _union([a.sparql for a in answers]), min(a.confidence for a in answers))


def _certainty(read: Read) -> float:
    """How probable it is that what is ``read`` is about just the first candidate."""
    return read.candidates[0].features["certainty"] if read.candidates else 0.0


def _unrepeated(sentences: Sequence[str]) -> list[str]:
    """``sentences`` without those that another one says with more; never without the one that a yes or no before it is about."""
    verdicts = [_VERDICT.fullmatch(sentence) is not None for sentence in ("", *sentences)]
    return [
        sentence
        for sentence, verdict, after in zip(sentences, verdicts[1:], verdicts, strict=False)
        if verdict or after or not any(_holds(other, sentence) for other in sentences if other != sentence)
    ]


def _holds(sentence: str, other: str) -> bool:
    """Whether ``sentence`` says all that a shorter one says: the same words, or those of 也可授权秘书长签发 among 一般由分管负责同志签发,也可授权秘书长签发."""
    return other.rstrip("。") in sentence or (len(other) < len(sentence) and _says(sentence, other) >= _ALL)


def _says(text: str, other: str) -> float:
    """How much of ``other`` (0 to 1) ``text`` says, by pairs of characters: one paragraph may hold several rules."""
    said, asked = ({words[i : i + 2] for i in range(len(words) - 1)} for words in (text, other))
    return len(asked & said) / max(len(asked), 1)


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
