"""The candidates of a question → its answer: given, refused, or the question back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from qa.ambiguity import cases, open_signals
from qa.amounts import differing
from qa.combine import adds, also_signals, compared, narrowed, open_cases, rivals, together
from qa.counting import Counting
from qa.decide import Decider
from qa.expand import Family
from qa.fill import fill
from qa.ground import Ground
from qa.models import REPLIES, Answer, Candidate, Intent, Reading, Refusal, Row, Status
from qa.reckoning import Reckoning
from qa.store import Store
from qa.terms import local_name
from qa.understand import Read
from qa.verbalise import BRIEF, apart, verbalise

ASKED_BACK: Final = 0.6
"""Confidence that a question is rightly asked back."""
_SAME = 0.97
"""Cosine from which a wording is the question itself, so that what it is bound to is what is meant."""
_CLOSE = 0.9
"""A lead in score that does not tell which of two candidates is meant."""
_LISTS = frozenset({"where", "count", "compare", "each"})
"""What a question asks for when a list is what it wants."""
READINGS: Final = "whether"
"""The family whose answers are what the norms say, and name nobody first: that of yes/no questions."""
_EITHER: Final = "还是"
"""What puts two things to choose from, neither of which is what a family says first."""
_NOT_SAID = "本规则没有规定所问的这件事。"
_WRITTEN = "规则写的是{}。"
_OPEN_UNSAID = "这个问题可以指几种情形。请选一种，或者说得具体些："
_OPEN_LISTED = "这个问题没有说清是哪种情形，可能还有别的。可以选一种再问。相关的规定："


class Settling:
    """Decides on the candidates of a question, over one build. Safe to share between threads."""

    def __init__(
        self,
        store: Store,
        families: Mapping[str, Family],
        decider: Decider,
        ground: Ground,
        asking: Mapping[str, Any],
        slots: Mapping[str, Sequence[str]],
        about: Callable[[str], Mapping[str, float]],
        entails: Callable[[str, Sequence[str]], Mapping[str, float]],
    ) -> None:
        """``asking`` is ``asking.yaml``, ``slots`` is ``slots.yaml``: which slots of a norm answer which cue; ``about`` tells how probable it is that a
        text is about each norm (IRI), ``entails`` how probable each yes or no to a text is by norms (:mod:`qa.entailment`)."""
        self._store, self._families, self._decider, self._ground = store, families, decider, ground
        self._slots, self._about, self._entails = slots, about, entails
        self._counting, self._listing = Counting(store, families, asking), re.compile(asking["listing"])
        self._reckoned = Reckoning(store, ground, asking["reckoned"])

    def __call__(self, read: Read, *, part: bool = False) -> Answer:
        """Answer, ask back or refuse, by the best candidate; a ``part`` of a question gets just what it asks for."""
        if not part and (asked_back := self._asked_back(read)):
            return asked_back
        if read.candidates and self._silent(read.candidates[0]):
            sure = self._decider.confidence(read.candidates, refusing=True)
            answering = [c for c in read.candidates if not self._silent(c)]
            if self._decider.silent(sure) or not answering:
                said = self._is_near(read.candidates[0]) and self._decider.sure(sure)
                return self._unsaid(read, sure) if said else self._unsure(answering, max(sure, 1 - sure))
            read = Read(read.reading, answering)
        read = self._counted(read)
        several = None if part else self._several(read)
        told = set(several.intent.bound("norm")) if several else set()
        apart = [c for c in read.candidates[1:] if not (c.intent.bound("norm") and set(c.intent.bound("norm")) <= told)]
        confidence = self._decider.confidence([*read.candidates[:1], *apart])
        related = bool(read.candidates) and self._decider.related(confidence, read.candidates[0].features["cosine"])
        if not related or not self._decider.sure(confidence):
            if not part and (asked_back := self._asked_back(read, unsure=True)):
                return asked_back
            if related:
                return self._unsure(read.candidates, 1 - confidence)
            return refusal(Refusal.OUTSIDE, "没有找到与这个问题有关的规定，它可能不在本规则的范围内。", confidence=1 - confidence)
        best = read.candidates[0]
        answer = self.run(several or best, read.reading, confidence)
        return answer if part else self._with_choices(answer, read)

    def _unsaid(self, read: Read, confidence: float) -> Answer:
        """That the rules do not say what is asked; in the words of the best candidate, where it is likely to be just that: that nothing is said of how
        many meetings there may be tells nobody how many people may come. Who asks whether somebody else or another time will do is told first who or
        when it is by the rules, where they say no more than that."""
        best = read.candidates[0]
        answer = self.run(best, read.reading, confidence)
        exact = self._families[best.intent.family].kind != "silent" or self._decider.exact(best.features["topic"], best.features["diction"])
        if answer.refusal is not Refusal.SILENT:
            return answer
        if not exact:
            return replace(answer, answer=_NOT_SAID)
        only = tuple(dict.fromkeys(str(row["said"]) for row in self._store.select(answer.sparql) if "said" in row))
        if "whether" not in read.reading.aspects or not only:
            return answer
        told = self.run(replace(best, intent=Intent(READINGS, (("norm", only),)), features={}), read.reading, confidence)
        return replace(told, answer=told.answer + answer.answer)

    def run(self, best: Candidate, reading: Reading, confidence: float) -> Answer:
        """Run the query of ``best`` and put its rows into words."""
        best = narrowed(reading, best, self._ground)
        measure = self._counting.measure(best.intent, reading)
        number = self._number(best.intent, reading) if measure else 0
        lead = f"{number}{measure}。" if number else "" if measure else self._reply(best, reading, confidence)
        measure = "" if number else measure
        family = (self._counting.family(best.intent, reading.text) if measure else None) or self._family(best.intent, reading, lead)
        if family.kind == "outside":
            return refusal(Refusal.OUTSIDE, "这不在本规则的范围内。", confidence=confidence)
        query = fill(family, best.intent)
        found: list[Row] = list(self._store.select(query))
        rows = self._wanted(found if "ORDER BY" in query else _ordered(found, best.intent), reading)
        if family.kind == "clarify":
            choices = tuple(str(r["choice"]) for r in rows)
            return Answer("", Status.CLARIFY, family.answer, sparql=query, confidence=confidence, suggestions=choices)
        if not rows:
            return refusal(Refusal.SILENT, "本规则没有规定这件事。", sparql=query, confidence=confidence)
        text, citations = verbalise(family, rows, lead=lead, count=measure, where="where" in reading.aspects)
        if family.kind == "silent":
            near = tuple(dict.fromkeys(f"{r['citation']}讲了什么？" for r in rows if "citation" in r))
            return refusal(Refusal.SILENT, text, sparql=query, confidence=confidence, suggestions=near)
        return Answer("", Status.ANSWERED, text, citations, query, confidence)

    def _number(self, intent: Intent, reading: Reading) -> int:
        """How many of what ``reading`` counts several norms are: those that say a word, or the items they stand in; 0 where they are neither."""
        return self._counting.sayings(intent, reading, self._ground.readings(intent)) or self._counting.items(intent, reading)

    def _wanted(self, rows: list[Row], reading: Reading) -> list[Row]:
        """``rows`` without the rules to be read with the norms asked for that would be sentences of their own, and that ``reading`` is hardly about."""
        more = apart(rows)
        if not more:
            return rows
        likely = self._about(reading.text)
        return [row for row in rows if str(row.get("rule")) not in more or self._decider.belongs(likely.get(str(row["rule"]), 0.0))]

    def _reply(self, best: Candidate, reading: Reading, confidence: float) -> str:
        """What to say first to ``reading``: what is reckoned, or yes or no; where it names another number than the norms do, theirs: 8 days
        ahead may be right where 7 are asked for."""
        if (result := self._reckoned(best.intent, reading)) is not None:
            return result
        told = self._ground.readings(best.intent)
        if not best.features:
            return ""
        if amounts := set(differing(reading.text, "。".join(told))):
            said = _WRITTEN.format(amounts.pop()) if len(amounts) == 1 and "whether" in reading.aspects else ""
            return self._decider.unless_vetoed(said, reading, told)
        read = self._entails(reading.text, best.intent.bound("norm")) if "whether" in reading.aspects else {}
        return self._decider.reply(reading, best, confidence, told, never=self._ground.never(reading, best.intent), read=read)

    def judged(self, read: Read) -> dict[str, Mapping[str, float]]:
        """For a yes/no question, how probable each answer is by the norms of its best candidate: by the ``words`` that are added up (:mod:`qa.verdict`)
        and by both read ``together`` (:mod:`qa.entailment`); empty for another question."""
        if "whether" not in read.reading.aspects or not read.candidates:
            return {}
        best = read.candidates[0]
        words = {reply: best.features[reply] for reply in REPLIES}
        found = {"words": words, "together": self._entails(read.reading.text, best.intent.bound("norm"))}
        return {judge: {reply: round(share, 3) for reply, share in of.items()} for judge, of in found.items() if any(of.values())}

    def _family(self, intent: Intent, reading: Reading, lead: str) -> Family:
        """The family of ``intent``, but one that says nothing first, where a yes or no is said already or asked for, or what it would say first is not what
        was asked for."""
        family = self._families[intent.family]
        asked = [self._slots[cue] for cue in reading.aspects & self._slots.keys()]
        amiss = bool(family.slot and asked) and not any(local_name(str(family.slot)) in slots for slots in asked)
        who = local_name(str(family.slot)) in self._slots["who"]
        judged = (
            bool(family.slot)
            and not asked
            and ("whether" in reading.aspects or _EITHER in reading.text or (who and "what" in reading.aspects))
        )
        return self._families[READINGS] if (lead and not asked) or amiss or judged else family

    def unanswered(self, family: str) -> bool:
        """Whether questions of ``family`` get no answer: they are outside the rules, nothing is said about them, or they are asked back."""
        return self._families[family].kind in ("outside", "clarify", "silent")

    def _is_near(self, candidate: Candidate) -> bool:
        """Whether a candidate is near enough for its own words to be said: that nothing is said of the website is not that nothing is said of a list."""
        silent = self._families[candidate.intent.family].kind == "silent"
        return not silent or self._decider.near(candidate.features["cosine"])

    def _with_choices(self, answer: Answer, read: Read) -> Answer:
        """``answer``, and with it the question back, where it lists cases for a question that leaves open so much that they may not be all."""
        meant = self._meant(read)
        lists = bool(meant) and meant[0] is read.candidates[0] and len({c.iri for c in answer.citations}) > 1  # one provision is one case
        if answer.status is not Status.ANSWERED or not lists or self._wants_list(read.reading) or not self._open(read, meant, listed=True):
            return answer
        return replace(answer, status=Status.CLARIFY, answer=f"{_OPEN_LISTED}{answer.answer}", suggestions=self._choices(meant))

    def _wants_list(self, reading: Reading) -> bool:
        """Whether the question asks for a list: 什么样的文件, 哪些会."""
        return bool(reading.aspects & _LISTS or self._listing.search(reading.text))

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

    def _is_plain(self, meant: Sequence[Candidate]) -> bool:
        """Whether the question is surely about one norm, however little it says: 能不能题词."""
        one = len(meant[0].intent.bound("norm")) == 1
        return one and self._decider.plain(self._decider.confidence(meant), meant[0].features["certainty"])

    def _asked_back(self, read: Read, *, unsure: bool = False) -> Answer | None:
        """The question back, with the cases that may be meant, where it leaves open what it is about and no wording lists all cases, or, ``unsure``,
        none that is sure enough."""
        meant = self._meant(read)
        best = read.candidates[0] if read.candidates else None
        which = best is not None and self._families[best.intent.family].kind == "clarify"
        listed = not unsure and meant and len(meant[0].intent.bound("norm")) > 1
        all_told = not unsure and ("where" in read.reading.aspects or self._wants_list(read.reading))
        if not meant or (not which and (meant[0] is not best or listed or all_told)):
            return None
        if not which and not unsure and self._is_plain(meant):
            return None
        if not self._open(read, meant, sure=not which and not unsure and self._is_sure(meant)):
            return None
        if best and which:
            return self.run(best, read.reading, ASKED_BACK)
        return Answer("", Status.CLARIFY, _OPEN_UNSAID, suggestions=self._choices(meant), confidence=ASKED_BACK)

    def _several(self, read: Read) -> Candidate | None:
        """The norms of several candidates in one, where one would not be the whole answer and there is room."""
        best = read.candidates[0] if read.candidates else None
        if best is None or ("count" in read.reading.aspects and self._counting.family(best.intent, read.reading.text)):
            return None
        several = compared(read.reading, read.candidates)
        if not several and self._families[best.intent.family].kind == "norm":
            several = open_cases(read.reading, [c for c in read.candidates if c.intent.bound("norm")])
        if several:
            return together(several)
        located = "where" in read.reading.aspects  # another provision is another answer
        found = rivals(read.candidates) if best.intent.bound("norm") and not located else []
        belong = [(self._decider.also(also_signals(read.reading, best, c, self._ground), adds(best, c)), c) for c in found]
        for _, rival in sorted((pair for pair in belong if pair[0]), key=lambda pair: -pair[0])[:2]:
            both = together([best, rival], best.intent.reply)
            if len(self.run(both, read.reading, 1.0).answer) <= BRIEF:
                return both
        return None

    def _counted(self, read: Read) -> Read:
        """``read`` with that candidate first whose one norm has several of what is counted, where the best says it with others from further off: 几种关系."""
        best = read.candidates[0] if "count" in read.reading.aspects and read.candidates else None
        if best is None or len(best.intent.bound("norm")) < 2:
            return read
        for c in read.candidates[1:]:
            nearer = best.score - c.score < _CLOSE and c.features["cosine"] > best.features["cosine"]
            if (
                nearer
                and set(c.intent.bound("norm")) < set(best.intent.bound("norm"))
                and self._counting.family(c.intent, read.reading.text)
            ):
                return Read(read.reading, [c, *(other for other in read.candidates if other is not c)])
        return read

    def _choices(self, meant: Sequence[Candidate]) -> tuple[str, ...]:
        """The questions to choose from where several may be meant; ones that the rules answer, where there are two of them."""
        answered = [c for c in meant if c.intent.bound("norm")]
        shown = cases(answered if len(answered) > 1 else meant)
        usual = [question for c in shown if (question := self._ground.typical(c.intent))]
        return tuple(dict.fromkeys(usual if len(usual) > 1 else [c.wording for c in shown]))

    def _unsure(self, candidates: Sequence[Candidate], confidence: float) -> Answer:
        """The answer that nothing is sure enough, with questions that the rules answer and that are nearest."""
        asked = tuple(dict.fromkeys(self._ground.typical(c.intent) or c.wording for c in candidates[:4] if c.intent.bound("norm")))[:3]
        return refusal(
            Refusal.NOT_UNDERSTOOD, "没有把握答对，本规则可能没有规定这件事。您是否想问：", suggestions=asked, confidence=confidence
        )

    def _silent(self, candidate: Candidate) -> bool:
        return self.unanswered(candidate.intent.family)


def refusal(reason: Refusal, sentence: str, *, sparql: str = "", confidence: float = 0.9, suggestions: tuple[str, ...] = ()) -> Answer:
    """The answer that there is none, and why; ``suggestions`` are what may be asked instead."""
    return Answer("", Status.NO_ANSWER, sentence, sparql=sparql, confidence=confidence, suggestions=suggestions, refusal=reason)


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
