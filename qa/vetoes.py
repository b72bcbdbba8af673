"""When a yes or no is better left unsaid: it stands against the words of the norm, or the question puts what the norm makes a condition or an exception.

What speaks against which answer stands in data (``vetoes`` in replies.yaml).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_EXCEPTED: Final = re.compile("除(.{2,90}?)(?:以|之)?外")
_PATTERNS: Final = {"said": "", "asked": "", "where": "", "unless": "(?!)"}
"""The patterns of a veto, as they are where it has none of its own: the first three match everything, the last nothing."""
_SHARED: Final = 2
"""Characters that a question has in common with an exception, and not with the rest of the norm, from which it asks about what is excepted."""


@dataclass(frozen=True, slots=True)
class _Veto:
    """Patterns of what is ``said``, what is ``asked`` and of the norm's words (``where``, and not ``unless``); ``excepted`` where the question must
    be about an exception of the norm; ``firm`` where no judge may be so certain as to say it all the same."""

    said: re.Pattern[str]
    asked: re.Pattern[str]
    where: re.Pattern[str]
    unless: re.Pattern[str]
    excepted: bool
    firm: bool

    @property
    def by_norm(self) -> bool:
        """Whether it looks at the norm's words."""
        return bool(self.where.pattern) or self.excepted

    def __call__(self, said: str, asked: str, words: str) -> bool:
        meant = self.said.search(said) and self.asked.search(asked) and self.where.search(words) and not self.unless.search(words)
        return bool(meant) and (not self.excepted or _is_excepted(asked, words))


class Vetoes:
    """Tells which answers are not said."""

    def __init__(self, settings: Sequence[Mapping[str, Any]]) -> None:
        """``settings``: patterns by name, ``excepted`` and ``firm``; a pattern that is not there says nothing against a veto."""
        self._vetoes = [
            _Veto(
                **{name: re.compile(veto.get(name, other)) for name, other in _PATTERNS.items()},
                excepted=bool(veto.get("excepted")),
                firm=bool(veto.get("firm")),
            )
            for veto in settings
        ]

    def __call__(self, said: str, asked: str, told: Sequence[str], *, certain: bool = False) -> bool:
        """Whether ``said`` is no answer to give to the question ``asked``, by the words ``told`` of one of the norms it is about; of an answer that is
        ``certain`` only the question's own words may speak against it, being put so that a right one would be misread, and what is ``firm``."""
        asking = [veto for veto in self._vetoes if veto.firm or not (certain and veto.by_norm)]
        return any(veto(said, asked, words) for veto in asking for words in told)


def _is_excepted(asked: str, words: str) -> bool:
    rest = _EXCEPTED.sub("", words)
    pieces = {asked[i : i + _SHARED] for i in range(len(asked) - _SHARED + 1)}
    return any(piece in exception and piece not in rest for exception in _EXCEPTED.findall(words) for piece in pieces)
