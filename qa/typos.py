"""Misspelt words of the domain, found by sound: 记要 → 纪要, 会意 → 会议."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate, product
from typing import Final

_FUZZY = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ing", "in"), ("eng", "en"), ("ang", "an"))
_ASKING: Final = frozenset("谁哪几啥")
_USUAL: Final = 100
"""Times that a word of the domain occurs, from which it is taken for what is made up of another word and a character."""
_LONE: Final = 15_000
"""Frequency in general language up to which a character hardly ever stands alone as a word."""


def sound(syllable: str) -> str:
    """The sound class of a toneless pinyin syllable; pairs that input methods and dialects confuse (zh/z, in/ing …) fall together."""
    for spelt, heard in _FUZZY:
        syllable = syllable.replace(spelt, heard)
    return syllable


class Speller:
    """Proposes the domain's words for words that only sound like them."""

    def __init__(
        self,
        words: Mapping[str, int],
        sounds: Mapping[str, Iterable[str]],
        frequency: Callable[[str], int],
        cut: Callable[[str], list[str]],
    ) -> None:
        """``words``: domain words with their counts, 0 for those that are right, but that no other word is taken for; ``sounds``: pinyin of each
        character; ``frequency``: of a word in general language; ``cut`` segments a text."""
        self._cut = cut
        self._words = words
        self._sounds = {c: {sound(s) for s in heard} for c, heard in sounds.items()}
        self._frequency = frequency
        self._by_sound: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for word in words:
            if 2 <= len(word) <= 4:
                for key in self._keys(word):
                    self._by_sound[key].append(word)

    def correct(self, text: str) -> str:
        """``text`` with every misspelt word put right; longer words first, then left to right. Unchanged where nothing is doubtful."""
        for length in (4, 3, 2):
            bounds = self._bounds(text)
            i = 0
            while i + length <= len(text):
                written = text[i : i + length]
                word = self._doubtful(written, i, bounds) or self._joined(written, i, bounds)
                if word:
                    text = text[:i] + word + text[i + length :]
                i += length if word else 1
        return text

    def _doubtful(self, written: str, start: int, bounds: set[int]) -> str | None:
        """The word of the domain that ``written`` at ``start`` is, where it is one word, or only characters that are no words together: several right
        words are not one wrong one."""
        stop = start + len(written)
        inside = bounds & {*range(start + 1, stop)}
        return self._better(written) if {start, stop} <= bounds and len(inside) in (0, len(written) - 1) else None

    def _joined(self, written: str, start: int, bounds: set[int]) -> str | None:
        """The word of the domain that ``written`` at ``start`` is, where a word that is spelt right and one character that hardly ever stands alone
        make it up, and only that character is wrong: 付|市长, 秘书|常 are usual in the domain, 公文|抱 is not."""
        stop = start + len(written)
        inside = bounds & {*range(start + 1, stop)}
        lone = {frozenset({start + 1}): 0, frozenset({stop - 1}): len(written) - 1}
        at = lone.get(frozenset(inside))
        if at is None or not {start, stop} <= bounds or self._frequency(written[at]) > _LONE:
            return None
        word = self._better(written)
        if word is None or self._words[word] < _USUAL:
            return None
        return word if word[:at] + word[at + 1 :] == written[:at] + written[at + 1 :] else None

    def _bounds(self, text: str) -> set[int]:
        """Where words begin and end: a misspelt word never takes characters away from a word that is spelt right."""
        return {0, *accumulate(map(len, self._cut(text)))}

    def _better(self, written: str) -> str | None:
        if written in self._words:
            return None
        found = [w for key in self._keys(written) for w in self._by_sound.get(key, ()) if self._words[w] and self._may_be(w, written)]
        best = max(found, key=lambda w: self._words[w], default=None)
        # a real word of general language is only doubtful where the domain uses its homophone much
        if best is None or self._frequency(written) > 40 * self._words[best]:
            return None
        return best

    def _may_be(self, word: str, written: str) -> bool:
        """Whether the words share at least one character in the same place, so that a mere coincidence of sound does not count, and no character that
        asks is taken for another (跟谁 is not 跟随), or another that often stands alone for one that asks (给个 is not 几个)."""
        places = list(zip(word, written, strict=True))
        changed = [(x, y) for x, y in places if x != y]
        asking = any(y in _ASKING or (x in _ASKING and self._frequency(y) > _LONE) for x, y in changed)
        return len(changed) < len(places) and not asking

    def _keys(self, word: str) -> set[tuple[str, ...]]:
        heard = [self._sounds.get(c, set()) for c in word]
        return set(product(*heard)) if all(heard) else set()
