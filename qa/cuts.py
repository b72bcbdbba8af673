"""Where a serialised result has to end so that it has no more rows than allowed, found while its bytes pass by.

A mark counts only outside the format's own quoting, for text may contain anything. No byte is looked at twice, and only what could be half
a mark or half an escape is held back. Imports no stage: worker processes use it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class _Syntax:
    """``token`` matches a quoted text, as group ``open`` the quote of one that is not closed yet, and as group ``row`` a row's mark; ``rest``
    what remains of a quoted text, with its quote as group 1; ``half`` the beginning of a mark. A mark stands before its row or ``after`` it;
    ``extra`` marks belong to no row; a row has at least ``least`` bytes."""

    token: re.Pattern[bytes]
    rest: re.Pattern[bytes]
    half: re.Pattern[bytes]
    after: bool
    extra: int
    least: int


_NEVER: Final = re.compile(rb"(?!)")
_SYNTAXES: Final = {
    "json": _Syntax(
        re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|(?P<open>")|(?P<row>[\[,]\{)', re.DOTALL),
        re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+(")?', re.DOTALL),
        re.compile(rb"[\[,]\Z"),
        after=False,
        extra=0,
        least=3,
    ),
    "xml": _Syntax(re.compile(rb"(?P<row><result>)"), _NEVER, re.compile(rb"<[a-z]{0,6}\Z"), after=False, extra=0, least=17),
    "csv": _Syntax(re.compile(rb'"[^"]*+"|(?P<open>")|(?P<row>\n)'), re.compile(rb'[^"]*+(")?'), _NEVER, after=True, extra=1, least=2),
    "tsv": _Syntax(re.compile(rb"(?P<row>\n)"), _NEVER, _NEVER, after=True, extra=1, least=1),
}


_BETWEEN: Final = {"json": (b"},{", 1), "xml": (b"<result>", 0), "csv": (b"\n", 0), "tsv": (b"\n", 0)}


class Rows:
    """Lets a result in ``syntax`` (``json``, ``xml``, ``csv`` or ``tsv``) pass up to its row number ``limit``; then ``cut`` says so."""

    def __init__(self, syntax: str, limit: int) -> None:
        self._syntax = _SYNTAXES[syntax]
        self._left = limit + self._syntax.extra
        self._quoted = False
        self._held = b""
        self.cut = False

    def of(self, data: bytes) -> bytes:
        """What may be sent once ``data`` has come, too: nothing after the cut."""
        data = self._held + data
        end = 0 if self.cut else self._end(data)
        self._held = b"" if self.cut else data[end:]
        return data[:end]

    def rest(self) -> bytes:
        """What was held back, when nothing more comes."""
        return self._held

    def _end(self, data: bytes) -> int:
        """Up to where ``data`` may pass."""
        if self._syntax.after and self._left == 0:
            self.cut = bool(data)
            return 0
        at = self._unquote(data, 0) if self._quoted else 0
        if self._quoted:
            return at
        for found in self._syntax.token.finditer(data, at):
            if found.lastgroup == "open":
                self._quoted = True
                return self._unquote(data, found.end())
            if found.lastgroup == "row":
                self._left -= 1
                if self._left < 0 or (self._syntax.after and self._left == 0):
                    self.cut = self._left < 0 or found.end() < len(data)
                    return found.end() if self._syntax.after else found.start()
        half = self._syntax.half.search(data, max(at, len(data) - 8))
        return half.start() if half else len(data)

    def _unquote(self, data: bytes, at: int) -> int:
        """Where the quoted text that goes on at ``at`` ends; before half an escape where it does not end here."""
        found = self._syntax.rest.match(data, at)
        assert found
        self._quoted = found[1] is None
        return found.end()


def at_most(syntax: str, content: bytes) -> int:
    """A bound on the rows of the whole result ``content``, told at once from what stands between rows; text may contain that too."""
    between, besides = _BETWEEN[syntax]
    return content.count(between) + besides


def fits(syntax: str, limit: int, size: int) -> bool:
    """Whether a result of ``size`` bytes is too small to have more than ``limit`` rows."""
    return size < _SYNTAXES[syntax].least * limit
