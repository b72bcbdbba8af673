"""What a question asks of a provision that it names, or points at: 第四十条要哪些事报告市委, 会议请假那一条第二款, 这条有几项."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from qa.combine import only
from qa.ground import Ground
from qa.meanings import Meanings
from qa.models import Answer, Candidate, Intent, Iri, Reading, Refusal, Status
from qa.normalise import normalise
from qa.numbered import NoSuchProvision, Numbered
from qa.reference import POINTING, beside, find_reference, neighbour, without_reference
from qa.regulations import Regulation
from qa.settle import Settling
from qa.store import Store
from qa.understand import Read, Understanding

_CLAUSE = re.compile("[,，。;；?？!！]")
_ASKED_IN = frozenset({"what", "where", "who", "to_whom", "when", "days", "how_long", "how_often", "how", "whether", "count"})
"""What a provision that is named may be asked for."""
_INSIDE = "SELECT ?provision ?part ?norm WHERE { ?part gz:partOf* ?provision . OPTIONAL { ?norm gz:provision ?part } }"
"""The provisions in one, itself among them, and their norms."""
_SAYING = "SELECT ?provision ?text ?norm WHERE { ?part gz:partOf* ?provision ; gz:text ?text . OPTIONAL { ?norm gz:provision ?part } }"
"""The texts of a provision and of its parts, and their norms."""
_PRINTED = 0.97
"""Confidence of an answer that printed words decide."""
_SOMETHING = 2
"""Characters of a question that names a provision, beside those that ask for the provision itself, from which it asks about something in it."""
_SOME_ITEMS = 4
"""Characters that say which of the items of an article are counted."""
_SOMETHING_OF_A_PART = 3
"""The same of a paragraph or an item, which says little beside what it is asked for."""
_SURE_ARTICLE = 0.6
"""Probability that a question is about an article, from which a part without its number is looked for in it: what it says is little."""


class Inside:
    """Finds what is asked of named provisions, over one build. Safe to share between threads."""

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
        """``asking`` is ``asking.yaml``: the words that ask for a provision itself, and those that only stand for it."""
        self._store, self._understanding, self._meanings = store, understanding, meanings
        self._settling, self._ground = settling, ground
        self._itself, self._one, self._noted, self._divided, self._of_it = (
            re.compile(asking[name]) for name in ("itself", "one", "noted", "divided", "of_it")
        )

    def asks_in(self, reading: Reading, intent: Intent) -> bool:
        """Whether a question that names a provision asks what it says about something: 第四十条要哪些事报告市委, 第十四条第一款怎么对待参事, or how many
        of its items are about something: 第三十一条中可以授权他人签发的有几项."""
        if intent.family == "items" and (asked := self._divided.search(reading.text)):
            return len(self._itself.sub("", without_reference(reading.text[: asked.start()]))) >= _SOME_ITEMS
        part = reading.reference is not None and bool(reading.reference.paragraph or reading.reference.item)
        asks = bool(reading.aspects & _ASKED_IN) or not reading.aspects  # 第三章要求落实哪两项制度
        rest = self._itself.sub("", without_reference(reading.text))
        return (
            intent.family in ("provision", "chapter")
            and asks
            and "text" not in reading.aspects
            and len(rest) >= (_SOMETHING_OF_A_PART if part else _SOMETHING)
        )

    def request(self, text: str) -> str:
        """The clause of ``text`` that asks for a provision itself, where the others only tell a story: 第十六条大意捋捋,领导要我两分钟内讲明白; else ``text``."""
        clauses = [clause for clause in _CLAUSE.split(text) if clause]
        told = [clause for clause in clauses if find_reference(clause) is None]
        if len(told) != len(clauses) - 1 or any(map(self._understanding.asks, told)):
            return text
        asking = next(clause for clause in clauses if clause not in told)
        rest = without_reference(asking)
        return asking if rest and len(self._itself.sub("", rest)) < _SOMETHING <= len(rest) else text

    def notes(self, reading: Reading, provisions: tuple[str, ...]) -> Answer | None:
        """Whether the ``provisions`` (IRIs) that a question names say a word, or name what it stands for: 第四十三条里有没有写县级政府; ``None`` where it
        does not ask that, or asks for words that they may well say otherwise."""
        asked = self._noted.match(without_reference(reading.text))
        if asked is None or "whether" not in reading.aspects:
            return None
        words = asked["words"]
        rows = [row for iri in provisions for row in self._store.select(_SAYING, {"provision": Iri(iri)})]
        said = any(words in normalise(text).text for text in {str(row["text"]) for row in rows})
        meant = [m for m in self._understanding.read(words).mentions if m.start == 0 and m.end == len(words)]
        if not said and not meant:
            return None
        named = said or any(self._ground.names(str(row["norm"]), set(meant[0].entities)) for row in rows if "norm" in row)
        intent = Intent("provision", (("provision", provisions),))
        told = self._settling.run(Candidate(intent, reading.text, 0.0, {}, {}), reading, _PRINTED)
        return replace(told, answer=f"{'有' if named else '没有'}。{told.answer}")

    def part_of(self, reading: Reading, numbered: Numbered, regulation: Regulation) -> Intent | None:
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

    def within(self, named: Sequence[str], said: Answer, reading: Reading, regulation: Regulation) -> Answer | None:
        """What the provisions ``named`` (IRIs) say about the rest of a question: what is ``said`` anyway, if it stands there, else the best of what
        does; ``None`` where that is not surely found."""
        rows = [row for iri in named for row in self._store.select(_INSIDE, {"provision": Iri(iri)})]
        provisions, norms = ({str(row[name]) for row in rows if name in row} for name in ("part", "norm"))
        if said.refusal is Refusal.SILENT or (said.status is Status.ANSWERED and {c.iri for c in said.citations} <= provisions):
            return said if said.status is Status.ANSWERED else None
        read = self._meanings(self._understanding.read(without_reference(reading.text)), regulation)
        inside = [c for c in read.candidates if norms.intersection(c.intent.bound("norm")) or c.intent.bound("silence")]
        found = self._settling(Read(read.reading, inside), part=True)
        if found.status is not Status.ANSWERED or {c.iri for c in found.citations} <= provisions:
            return found if found.status is Status.ANSWERED else None
        return self._settling.run(only(inside[0], norms), reading, found.confidence)

    def pointed(self, text: str, earlier: Sequence[Reading]) -> str:
        """``text`` with the number of the article or chapter that it only points at, where the dialogue is at one: this itself (这条有几项), or the one
        before or after it (再往后一章), or of which it counts the parts (它底下有几条)."""
        text = neighbour(text)
        last = earlier[-1].reference if earlier else None
        if last and (of_it := self._of_it.match(text)):
            number, of = (last.chapter, "章") if of_it["unit"] == "条" else (last.article, "条")
            return f"第{number}{of}{text}" if number else text
        unit = self.pointing(text) or beside(text)
        if unit is None or not earlier:
            return text
        known = next(
            (n for r in reversed(earlier) if r.reference and (n := r.reference.chapter if unit == "章" else r.reference.article)), None
        )
        if known is None and unit == "条":
            article, share = self._ground.likeliest(self._understanding.about(earlier[-1].text))
            known = int(article.rsplit("/", 1)[-1]) if article and share >= _SURE_ARTICLE else None
        return neighbour(POINTING.sub(f"第{known}{unit}", text), known) if known else text

    def pointing(self, text: str) -> str | None:
        """条 or 章, where ``text`` asks for “this” one itself and does not say which."""
        found = POINTING.match(text)
        return found["unit"] if found and not self._itself.sub("", text[found.end() :]) else None
