"""What a question of how many counts, and in which measure: 几种政府, 适用于几类机构."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from qa.expand import Family
from qa.models import Intent, Iri, Reading
from qa.store import Store
from qa.terms import PREFIXES

_FILLERS: Final = "SELECT DISTINCT ?norm ?slot ?value WHERE { ?norm ?slot ?filler . ?filler rdfs:label|skos:prefLabel ?value . FILTER(lang(?value) = 'zh') }"
_ITEMS: Final = (
    "SELECT DISTINCT ?norm ?item ?article WHERE { ?norm gz:provision ?item . ?item a gz:Item ; gz:partOf ?article . ?article a gz:Article }"
)
_ENUMERATION: Final = "content"
"""The family of what a norm enumerates."""
_ITEM: Final = "项"
_PERSONS: Final = ("counterparty", "recipient", "member", "supervisor", "bearer")
"""The families whose slots hold persons and bodies."""
_WHOLE: Final = ("member", "bearer", "object")
"""The families whose slots are counted where there are not several of what the question asks for: 点名适用的有几类 asks for the object, of which there is one."""
_OF_THINGS: Final = ("object",)
"""Those of them whose slot a measure of things counts: 报告的有几样 asks for no persons."""


_HOW_MANY: Final = re.compile("几|多少|总共|一共|合计|数|点[得能]")
"""What asks how many, in the clause that asks."""
_WHICH: Final = re.compile("哪几")
_QUESTION: Final = re.compile("[^。!！?？]*[?？]")
"""A sentence that is marked as a question: where there is one, the others tell a story."""


class Counting:
    """Looks into the norms for what can be counted."""

    def __init__(self, store: Store, families: Mapping[str, Family], settings: Mapping[str, Any]) -> None:
        """``settings`` is ``asking.yaml``: the words by which something is counted (``measure``), those of them that count no persons (``things``),
        what asks for persons (``persons``), what counts a word (``counted_word``), and what counts inside of one provision (``within``)."""
        self._store, self._families = store, families
        self._measure, self._persons, self._word, self._within = (
            re.compile(settings[name]) for name in ("measure", "persons", "counted_word", "within")
        )
        self._things = frozenset(settings["things"])

    def measure(self, intent: Intent, reading: Reading) -> str:
        """The word by which ``reading`` counts, 项 where it names none; empty where it does not ask how many, or asks for persons of whom ``intent``
        names none."""
        if "whether" in reading.aspects and not _HOW_MANY.search(re.split("[,，;；。]", reading.text)[-1]):
            return ""  # 同时报了几个部门,可以不
        if not _HOW_MANY.search("".join(_QUESTION.findall(reading.text)) or reading.text):
            return ""  # 几个小区的人都来闹。要听哪些人的意见?
        if len(intent.bound("norm")) > 1 and not _HOW_MANY.search(_WHICH.sub("", reading.text)):
            return ""  # 哪几种会的纪要是市长签: what several norms name is not all of one kind
        if "count" not in reading.aspects or (self._persons.search(reading.text) and not self.family(intent, reading.text)):
            return ""
        found = self._measure.search(reading.text)
        measure = found["measure"] if found else _ITEM
        of_persons = intent.family in _PERSONS and measure in self._things  # 报批前要过几道审查 counts none of those who review
        return "" if of_persons and not self.family(intent, reading.text) else measure

    def sayings(self, intent: Intent, reading: Reading, told: Sequence[str]) -> int:
        """How many of several norms, whose readings are ``told``, say the word that ``reading`` counts: 几个“坚持”, 有几个不得; 0 where it counts none, or
        not all of them say it."""
        found = self._word.search(reading.text)
        word = next(filter(None, found.groups()), "") if found else ""
        return len(told) if len(intent.bound("norm")) > 1 and word and all(word in text for text in told) else 0

    def items(self, intent: Intent, reading: Reading) -> int:
        """In how many items several norms stand, where ``reading`` counts inside of one article: what the text itself numbers is what is counted; 0 where
        they stand elsewhere too, or all the rules are asked for."""
        norms = intent.bound("norm") if self._within.search(reading.text) else ()
        rows = [row for norm in norms for row in self._store.select(_ITEMS, {"norm": Iri(norm)})]
        items, articles = ({str(row[name]) for row in rows} for name in ("item", "article"))
        return len(items) if len(rows) == len(norms) and len(items) > 1 and len(articles) == 1 else 0

    def family(self, intent: Intent, text: str) -> Family | None:
        """The family that names the things which ``intent``, of one norm, has several of: those it enumerates, else those of the slot that is
        asked for, else, unless that is a time or the like, its members, bearers or objects, persons only where ``text`` may count persons, and
        nothing else where it asks for them; ``None`` where nothing can be counted."""
        norms, asked = intent.bound("norm"), self._families[intent.family]
        if len(norms) != 1 or asked.kind != "norm":
            return None
        if self._persons.search(text):
            return next((family for id in _PERSONS if self._several(norms[0], family := self._families[id])), None)
        found = self._measure.search(text)
        whole = _OF_THINGS if found and found["measure"] in self._things else _WHOLE
        others = [self._families[id] for id in whole] if not asked.slot or asked.id in _WHOLE else []
        own = asked.slot and not (whole is _OF_THINGS and asked.id in _PERSONS)
        order = [self._families[_ENUMERATION], *([asked] if own else []), *others]
        return next((family for family in order if self._several(norms[0], family)), None)

    def _several(self, norm: str, family: Family) -> bool:
        prefix, local = str(family.slot).split(":", 1)
        return len(self._store.select(_FILLERS, {"norm": Iri(norm), "slot": Iri(PREFIXES[prefix] + local)})) > 1
