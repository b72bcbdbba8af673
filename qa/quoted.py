"""Questions about where the text uses certain words: “一文一事”是哪一条说的, “7个工作日”出现在几处, 八项规定在规则里怎么写的."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from qa.models import Intent, Reading
from qa.normalise import normalise
from qa.reference import chinese_number
from qa.store import Store

_QUOTES: Final = "SELECT ?norm ?provision ?reading ?quote WHERE { ?norm gz:quote ?quote ; rdfs:label ?reading ; gz:provision ?provision }"
_QUOTED: Final = re.compile(r"[\"“”'‘’「『]([^\"“”'‘’「」『』]{2,30})[\"“”'‘’」』]")
_SET_OFF: Final = re.compile(r"([^,，。?？]{3,12})[,，]")
"""Words set before what is asked of them: 7个工作日,全文提了几回."""
_SHORTEST: Final = 2
"""Characters of the words that are looked for."""
_NUMBER: Final = re.compile(r"[一二两三四五六七八九十]{1,3}(?=个|次|种|项|日|天|年|人)")
_SAID: Final = ("reading", "quote")
_DEPUTY: Final = "副"
"""What makes another office of the one it stands before."""
FAMILY: Final = "wording"
"""The family that says where words stand."""


class Quoted:
    """Finds quoted words in what the norms quote; of several norms of one provision, in those whose reading has them."""

    def __init__(self, store: Store, settings: Mapping[str, Any]) -> None:
        """``settings`` is ``asking.yaml``: the patterns ``located`` and ``mentioned`` tell which questions ask where and whether
        words stand, ``scattered`` which in how many places; where these are not quoted, all but what matches ``mentioned``, ``scattered`` and ``around``
        are the words."""
        self._located, self._mentioned, self._scattered, self._around = (
            re.compile(settings[name]) for name in ("located", "mentioned", "scattered", "around")
        )
        rows = sorted(store.select(_QUOTES), key=lambda row: place(str(row["norm"])))
        self._norms = [
            (str(row["norm"]), str(row["provision"]), *(_folded(normalise(str(row[name])).text) for name in _SAID)) for row in rows
        ]

    def intent(self, question: Reading, regulation: str) -> Intent | None:
        """Where in ``regulation`` (IRI) the words stand that ``question`` is about; ``None`` where there are none of it, or it asks something else.

        Words that are not quoted must stand in one provision only, but where every place is asked for: who asks where 市政府常务会议 stands wants what is
        said of it.
        """
        quoted = _QUOTED.search(question.text) or _SET_OFF.match(question.text)
        asking = question.text.replace(quoted.group(), "") if quoted else question.text
        scattered = not quoted and self._scattered.search(asking)
        if not scattered and not self._mentioned.search(asking) and not (quoted and self._located.search(asking)):
            return None
        words = quoted[1] if quoted else self._around.sub("", self._mentioned.sub("", self._scattered.sub("", asking)))
        norms = self._saying(_folded(words), regulation) if len(words) >= _SHORTEST else []
        if not norms or (not quoted and not scattered and len({provision for _, provision in norms}) > 1):
            return None
        return Intent(FAMILY, (("norm", tuple(norm for norm, _ in norms)),))

    def _saying(self, words: str, regulation: str) -> list[tuple[str, str]]:
        """The norms, with their provisions, that say ``words``; of several norms of one provision, those whose reading has them."""
        itself = re.compile(f"(?<!{_DEPUTY}){re.escape(words)}")  # 副秘书长 is no place of 秘书长
        found = [row for row in self._norms if row[0].startswith(regulation + "/") and itself.search(row[3])]
        told = {provision for _, provision, reading, _ in found if itself.search(reading)}
        return [(norm, provision) for norm, provision, reading, _ in found if itself.search(reading) or provision not in told]


def place(norm: str) -> tuple[list[int], str]:
    """What puts norms (IRIs) into the order of the text: their names begin with the numbers of their provisions."""
    name = norm.rsplit("/", 1)[-1]
    return [int(n) for n in re.findall(r"\d+", name)[:2]], name


def _folded(text: str) -> str:
    """``text`` without quotation marks, its numbers before measure words in digits."""
    return _NUMBER.sub(lambda n: str(chinese_number(n.group())), re.sub(r"[\"“”'‘’「」『』]", "", text))
