"""Words of a question → entities and actions of the graph, by the labels the graph gives them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jieba

from qa.models import Mention, Reading
from qa.reference import find_reference

_WORD = re.compile(r"[a-z]+|\d+|[一-鿿]+")
_FOREIGN = re.compile(r"(?P<words>[a-z][a-z ]*[a-z]|[a-z])(?:(?P<pause>\.? ?)(?P<number>\d{1,3})(?!\d))?")
"""Foreign words, and the number after them."""
_PROVISION = re.compile("(?P<unit>[章条款项])款?$")


@dataclass(frozen=True, slots=True)
class Label:
    """One name of an entity: the words, the entity's IRI, and its kind (the local name of its class)."""

    surface: str
    entity: str
    kind: str


class Linker:
    """Links words to entities. Built from the graph's labels, a word list for jieba, the cues and the words that carry no meaning."""

    def __init__(
        self,
        labels: Iterable[Label],
        *,
        dictionary: Path,
        cues: Mapping[str, str],
        stopwords: Iterable[str],
        classes: Mapping[str, str] | None = None,
        glossary: Mapping[str, str] | None = None,
    ) -> None:
        """``classes`` maps an entity to the one that stands for it in matching (near-synonyms); ``glossary`` foreign words to Chinese."""
        self._names: dict[str, list[Label]] = defaultdict(list)
        for label in labels:
            self._names[label.surface].append(label)
        self._beginnings = frozenset(name[:n] for name in self._names for n in range(1, len(name) + 1))
        self._classes = dict(classes or {})
        self._cues = {name: re.compile(pattern) for name, pattern in cues.items()}
        self._stopwords = frozenset(stopwords)
        self._glossary = dict(glossary or {})
        self._tokenizer = _tokenizer(dictionary)
        for name in self._names:
            if 1 < len(name) <= 8:
                self._tokenizer.add_word(name)

    def read(self, text: str) -> Reading:
        """Read normalised ``text``: what it names, its meaningful terms, what it asks for, and the provision it refers to."""
        text = self._translate(text)
        mentions = self._mentions(text)
        aspects = frozenset(name for name, cue in self._cues.items() if cue.search(text))
        return Reading(text, mentions, self._terms(text, mentions), aspects, find_reference(text))

    def words(self, text: str) -> list[str]:
        """The words of ``text`` by jieba."""
        return [w for w in self.cut(text) if _WORD.match(w)]

    def cut(self, text: str) -> list[str]:
        """``text`` cut into words by jieba; the words joined are ``text``."""
        return list(self._tokenizer.lcut(text, HMM=False))

    def frequency(self, word: str) -> int:
        """How often ``word`` occurs in general language (jieba's counts); 0 for a word it does not list."""
        return int(self._tokenizer.FREQ.get(word) or 0)

    def stands_for(self, entity: str) -> str:
        """The entity that stands for ``entity`` and its near-synonyms in matching."""
        return self._classes.get(entity, entity)

    def _translate(self, text: str) -> str:
        """Foreign words that the glossary knows, put into Chinese."""
        return _FOREIGN.sub(lambda m: _numbered(self._phrase(m["words"]), m["pause"] or "", m["number"] or ""), text)

    def _phrase(self, phrase: str) -> str:
        words, out = phrase.split(), []
        while words:
            n = next((n for n in range(len(words), 0, -1) if " ".join(words[:n]) in self._glossary), 0)
            out.append(self._glossary[" ".join(words[:n])] if n else words[0])
            words = words[n or 1 :]
        return " ".join(out)

    def _mentions(self, text: str) -> tuple[Mention, ...]:
        """Longest names first, left to right, unless a longer one begins inside (签发|人事任免公文, not 签发人|…); a one-character name counts only
        where jieba sees it as a word of its own."""
        starts = self._word_starts(text)
        found, i = [], 0
        while i < len(text):
            mention = self._longest_at(text, i, len(text), starts)
            if mention and (inside := self._longer_inside(text, mention, starts)):
                mention = self._longest_at(text, i, inside.start - i, starts) or mention
            if mention:
                found.append(mention)
            i = mention.end if mention else i + 1
        return tuple(found)

    def _longest_at(self, text: str, start: int, most: int, starts: Mapping[int, int]) -> Mention | None:
        """The longest name of at most ``most`` characters at ``start``."""
        end, last = start, min(start + most, len(text))
        while end < last and text[start : end + 1] in self._beginnings:
            end += 1
        return next((m for n in range(end - start, 0, -1) if (m := self._at(text, start, n, starts))), None)

    def _longer_inside(self, text: str, mention: Mention, starts: Mapping[int, int]) -> Mention | None:
        """A longer name than ``mention`` that begins inside it and ends after it."""
        later = (self._longest_at(text, at, len(text), starts) for at in range(mention.start + 1, mention.end))
        return next((m for m in later if m and m.end > mention.end and m.end - m.start > mention.end - mention.start), None)

    def _at(self, text: str, start: int, length: int, starts: Mapping[int, int]) -> Mention | None:
        labels = self._names.get(text[start : start + length])
        if not labels or (length == 1 and starts.get(start) != 1):
            return None
        entities = tuple(sorted({label.entity for label in labels}))
        return Mention(start, start + length, text[start : start + length], entities, labels[0].kind)

    def _word_starts(self, text: str) -> dict[int, int]:
        starts, at = {}, 0
        for word in self.cut(text):
            starts[at] = len(word)
            at += len(word)
        return starts

    def _terms(self, text: str, mentions: Sequence[Mention]) -> tuple[str, ...]:
        terms, at = [], 0
        for m in mentions:
            terms += self._plain(text[at : m.start])
            terms.append(self.stands_for(m.entities[0]))
            at = m.end
        return tuple(dict.fromkeys(terms + self._plain(text[at:])))

    def _plain(self, text: str) -> list[str]:
        return [w for w in self.words(text) if w not in self._stopwords]


def _numbered(words: str, pause: str, number: str) -> str:
    """Translated ``words`` and the ``number`` after them, as the provision of that number, where they end with the name of one: 条, 16 → 第16条."""
    unit = _PROVISION.search(words)
    if not number or unit is None:
        return words + pause + number
    return f"{words[: unit.start()]}第{number}{unit['unit']}"


def _tokenizer(dictionary: Path) -> jieba.Tokenizer:
    """A tokenizer over ``dictionary`` alone. jieba would leave a marshalled cache in the shared temporary folder; nothing unpacked from there is trusted."""
    tokenizer = jieba.Tokenizer(dictionary=str(dictionary))
    with dictionary.open("rb") as lines:
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(lines)
    tokenizer.initialized = True
    return tokenizer
