"""Questions about where the text uses certain words: “一文一事”是哪一条说的, “7个工作日”出现在几处, 八项规定在规则里怎么写的."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from qa.models import Intent, Reading
from qa.normalise import normalise
from qa.reference import chinese_number
from qa.store import Store

_QUOTES: Final = "SELECT ?norm ?provision ?reading ?quote WHERE { ?norm gz:quote ?quote ; rdfs:label ?reading ; gz:provision ?provision }"
_TEXTS: Final = "SELECT ?provision ?text WHERE { ?provision gz:text ?text . ?norm gz:provision ?provision }"
_QUOTED: Final = re.compile(r"[\"“”'‘’「『]([^\"“”'‘’「」『』]{2,30})[\"“”'‘’」』]")
_SET_OFF: Final = re.compile(r"([^,，。?？]{3,12})[,，]")
"""Words set before what is asked of them: 7个工作日,全文提了几回."""
_SHORTEST: Final = 2
"""Characters of the words that are looked for."""
_NUMBER: Final = re.compile(r"[一二两三四五六七八九十]{1,3}(?=个|次|种|项|日|天|年|人)")
_SAID: Final = ("reading", "quote")
_SENTENCE: Final = re.compile("[。;；?？!！]")
_ARTICLE: Final = re.compile(r"/art/\d+")
_DEPUTY: Final = "副"
"""What makes another office of the one it stands before."""
FAMILY: Final = "wording"
"""The family that says where words stand."""


_SEVERAL: Final = 2


@dataclass(frozen=True, slots=True)
class Places:
    """Where words stand: the intent that says it, and their ``number`` in a sentence, empty for one."""

    intent: Intent
    number: str


class Quoted:
    """Finds quoted words in what the norms quote; of several norms of one provision, in those whose reading has them."""

    def __init__(self, store: Store, settings: Mapping[str, Any]) -> None:
        """``settings`` is ``asking.yaml``: the patterns ``located`` and ``mentioned`` tell which questions ask where and whether
        words stand, ``scattered`` which in how many places, ``opening`` which what begins with them; where these are not quoted, all but what matches
        ``mentioned``, ``scattered`` and ``around`` are the words."""
        self._located, self._mentioned, self._scattered, self._around, self._opening, self._articles = (
            re.compile(settings[name]) for name in ("located", "mentioned", "scattered", "around", "opening", "in_articles")
        )
        rows = sorted(store.select(_QUOTES), key=lambda row: place(str(row["norm"])))
        self._norms = [
            (str(row["norm"]), str(row["provision"]), *(_folded(normalise(str(row[name])).text) for name in _SAID)) for row in rows
        ]
        self._texts = {str(row["provision"]): _folded(normalise(str(row["text"])).text) for row in store.select(_TEXTS)}

    def places(self, question: Reading, regulation: str) -> Places | None:
        """Where in ``regulation`` (IRI) the words stand that ``question`` is about; ``None`` where there are none of it, or it asks something else.

        Words that are not quoted must stand in one provision only, but where every place is asked for: who asks where 市政府常务会议 stands wants what is
        said of it.
        """
        quoted = _QUOTED.search(question.text) or _SET_OFF.match(question.text)
        # what is quoted in one sentence of a story is not what another asks for
        sentences = [part for part in _SENTENCE.split(question.text) if not quoted or quoted.group().strip(",，") in part]
        asking = "".join(sentences).replace(quoted.group(), "") if quoted else question.text
        opening = bool(quoted and self._opening.search(asking))
        scattered = not quoted and self._scattered.search(asking)
        if not scattered and not self._mentioned.search(asking) and not (quoted and self._located.search(asking)):
            return None
        words = quoted[1] if quoted else self._around.sub("", self._mentioned.sub("", self._scattered.sub("", asking)))
        norms = self._saying(_folded(words), regulation, opening) if len(words) >= _SHORTEST else []
        if not norms or (not quoted and not scattered and len({provision for _, provision in norms}) > 1):
            return None
        intent = Intent(FAMILY, (("norm", tuple(norm for norm, _ in norms)),))
        provisions = {provision for _, provision in norms}
        times = (
            len(provisions) if opening else sum(len(_itself(_folded(words)).findall(self._texts[provision])) for provision in provisions)
        )
        return Places(intent, _number(times, len({_article(provision) for provision in provisions}), bool(self._articles.search(asking))))

    def _saying(self, words: str, regulation: str, opening: bool) -> list[tuple[str, str]]:
        """The norms, with their provisions, that say ``words``, ``opening`` those of provisions that begin with them; of several norms of one provision,
        those whose reading has them."""
        itself = _itself(words)
        found = [row for row in self._norms if row[0].startswith(regulation + "/") and itself.search(row[3])]
        if opening:
            found = [row for row in found if self._texts[row[1]].startswith(words)]
        told = {provision for _, provision, reading, _ in found if itself.search(reading)}
        return [(norm, provision) for norm, provision, reading, _ in found if itself.search(reading) or provision not in told]


def _itself(words: str) -> re.Pattern[str]:
    return re.compile(f"(?<!{_DEPUTY}){re.escape(words)}")  # 副秘书长 is no place of 秘书长


def _article(provision: str) -> str:
    found = _ARTICLE.search(provision)
    return found.group() if found else provision


def _number(times: int, articles: int, in_articles: bool) -> str:
    """In how many places and articles words stand, the one that is asked for first; nothing for one place."""
    if times < _SEVERAL:
        return ""
    if times == articles:
        return f"{times}{'条' if in_articles else '处'}。"
    return f"{articles}条，共{times}处。" if in_articles else f"{times}处，在{articles}条里。"


def place(norm: str) -> tuple[list[int], str]:
    """What puts norms (IRIs) into the order of the text: their names begin with the numbers of their provisions."""
    name = norm.rsplit("/", 1)[-1]
    return [int(n) for n in re.findall(r"\d+", name)[:2]], name


def _folded(text: str) -> str:
    """``text`` without quotation marks, its numbers before measure words in digits."""
    return _NUMBER.sub(lambda n: str(chinese_number(n.group())), re.sub(r"[\"“”'‘’「」『』]", "", text))
