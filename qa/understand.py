"""One question → its readings and the candidates they agree on: as written, put right, and cut to the sentence that asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from qa.asks import Asks
from qa.encoder import TextEncoder
from qa.index import Index, Vectors
from qa.leaning import Leaning
from qa.link import Linker
from qa.models import Candidate, Mention, Reading
from qa.retrieve import blend, retrieve
from qa.typos import Speller

_LONG = 30
"""Characters from which a question is taken to tell a story around what it asks."""
Entails = Callable[[str, Sequence[str]], Mapping[str, float]]
"""How probable each yes or no to a text is by norms (IRIs), read together with it (:mod:`qa.entailment`)."""
_WHICH = re.compile("那(?=[个些位两几种类家])|(?<=[报到去在往给送交归])那(?=[里儿])")
"""What may stand for 哪, the commonest misspelling of what asks: 由那个部门审核."""
_QUESTION = re.compile("[^。;；?？!！]+[?？]")
_DOUBT = 0.5
"""How much better a corrected reading must score to be believed: a correction always makes known words."""


@dataclass(frozen=True, slots=True)
class Read:
    """A question read in the way that found the best candidates, best first."""

    reading: Reading
    candidates: list[Candidate]


class Understanding:
    """Finds what a question may mean."""

    def __init__(
        self,
        linker: Linker,
        speller: Speller,
        encoder: TextEncoder,
        index: Index,
        entails: Entails | None = None,
        *,
        weights: Mapping[str, float],
        asks: Asks,
        leaning: Leaning,
        openness: Leaning,
    ) -> None:
        """``weights`` are those of the ranking features (ranking.json), ``asks`` tells which clauses ask, ``leaning`` what sounds left open by the
        rules, ``openness`` what sounds as if it left open what it is about."""
        self.asks, self._leaning, self._openness = asks, leaning, openness
        self._linker, self._speller, self._encoder = linker, speller, encoder
        self._entails = entails
        self.index, self._weights = index, weights
        self._last: tuple[str, Vectors | None] = "", None

    def over(self, index: Index, *, weights: Mapping[str, float], leaning: Leaning, openness: Leaning) -> Understanding:
        """The same mind over another ``index``, with other ``weights`` and another ``leaning`` and ``openness``."""
        return Understanding(
            self._linker,
            self._speller,
            self._encoder,
            index,
            self._entails,
            weights=weights,
            asks=self.asks,
            leaning=leaning,
            openness=openness,
        )

    def read(self, text: str) -> Reading:
        """The reading of normalised ``text`` as it is written."""
        return self._linker.read(text)

    def belongs(self, thing: Mention, meeting: Mention) -> bool:
        """Whether ``thing`` is said only of meetings, and of ``meeting`` too: 议题, 纪要."""
        return any(self.index.meetings_of(entity) & set(meeting.entities) for entity in thing.entities)

    def about(self, text: str) -> dict[str, float]:
        """How probable it is that ``text``, however little it says, is about each norm and silence (IRIs)."""
        return self.index.names.named(self.index.sense(text, self._encoded(text)))

    def entails(self, text: str, norms: Sequence[str]) -> Mapping[str, float]:
        """How probable each answer to ``text`` is by ``norms`` (IRIs), read together; nothing where nothing was trained for the model in use."""
        return self._entails(text, norms) if self._entails else {}

    def understand(self, reading: Reading) -> Read:
        """``reading`` with its candidates. Where a word looks misspelt, whichever of the two readings is understood better; where a story is
        told around the question, the story and the asking sentence both have their say."""
        text = self._speller.correct(reading.text)
        text = _QUESTION.sub(self._which, text) if self.asks(text) else _WHICH.sub("哪", text)
        best = self._found(reading)
        if text != reading.text:
            other = self._found(self._linker.read(text))
            best = other if _top(other) > _top(best) + _DOUBT else best
        focus = asking_sentence(best.reading.text, self.asks)
        asked = self._linker.read(focus)
        if focus != best.reading.text and asked.mentions:  # 需要什么手续: what asks alone does not say of what
            best = Read(best.reading, blend(best.candidates, self._found(asked).candidates))
        return best

    def _which(self, sentence: re.Match[str]) -> str:
        """A ``sentence`` with a question mark that has no word that asks, with the one that it may have misspelt: 最后报到那几位领导?"""
        return sentence.group() if self.asks(sentence.group()) else _WHICH.sub("哪", sentence.group())

    def _found(self, reading: Reading) -> Read:
        return Read(reading, self._candidates(reading, self._encoded(reading.text)))

    def _encoded(self, text: str) -> Vectors:
        """The vector of ``text``; the last one is kept, since what a question is about is asked for after its candidates."""
        known, vector = self._last
        if known != text or vector is None:
            vector = self._encoder.encode([text])[0]
            self._last = text, vector
        return vector

    def _candidates(self, reading: Reading, vector: Vectors) -> list[Candidate]:
        leaning, openness = self._leaning(vector), self._openness(vector)
        candidates = retrieve(reading, vector, self.index, self._weights, leaning=leaning, openness=openness)
        article = reading.reference and reading.reference.article
        inside = [c for c in candidates if article and _within(c, article)]
        return inside or candidates


def asking_sentence(text: str, asks: Asks) -> str:
    """The last sentence of a long ``text`` that asks, with the clause before it; a short text whole."""
    if len(text) < _LONG:
        return text
    clauses = [c for c in re.split(r"(?<=[,，。;；?？!！:：])", text) if c.strip()]
    last = max((i for i, c in enumerate(clauses) if asks(c)), default=len(clauses) - 1)
    start = last if len(clauses[last]) >= 14 else max(last - 1, 0)
    return "".join(clauses[start : last + 1])


def _within(candidate: Candidate, article: int) -> bool:
    iris = [iri for _, bound in candidate.intent.bindings for iri in bound]
    return any(f"/norm/{article}-" in iri or iri.endswith(f"/art/{article}") for iri in iris)


def _top(read: Read) -> float:
    return read.candidates[0].score if read.candidates else float("-inf")
