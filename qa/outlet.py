"""How a query process hands on the body of an answer: whole where it is soon complete, piece by piece while the query runs where it is not.

A whole answer has its sign of a cut in its head, where readers look first. One that is already on its way has it at its end: JSON in its
``head``, which then comes last (the members of an object have no order), XML and the syntaxes of triples in a comment. CSV, TSV, RDF/XML and
JSON-LD have no place for it there: they are handed on as they come, but their head, and so their sending, waits until they are complete.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from qa import results
from qa.frames import BODY, END, HEAD, frame, said

HELD: Final = 4 << 20
"""Bytes of a body that are kept back, and"""
DELAY: Final = 0.5
"""seconds that they are, for the answer to become complete."""
PIECE: Final = 1 << 16
"""Bytes that are handed on together later, and"""
PAUSE: Final = 0.25
"""seconds after which fewer are."""
_OPEN: Final = frozenset({"json", "xml"}) | results.COMMENTED
"""Syntaxes with a place for a sign at their end."""
_CLOSING: Final = {"json": b"]}}", "xml": b"</results></sparql>"}
_RESULTS: Final = b',"results":'


class Outlet:
    """The body of one answer of ``media`` in ``syntax``, with at most ``limit`` rows, said to ``say`` in frames."""

    def __init__(self, say: Callable[[bytes], None], media: str, syntax: str, limit: int) -> None:
        self._say, self._media, self._syntax, self._limit = say, media, syntax, limit
        self._closing = _CLOSING.get(syntax, b"")
        self._parts: list[bytes] = []
        self._size, self._most = 0, HELD
        self._due = time.monotonic() + DELAY
        self._head = b""
        self.begun = False

    def put(self, data: bytes) -> None:
        """Take ``data``, and hand on what has been kept back long enough."""
        self._parts.append(data)
        self._size += len(data)
        if self._size >= self._most or time.monotonic() >= self._due:
            self._hand_on()

    def end(self, cut: bool, *, closed: bool) -> None:
        """The answer is complete; ``closed`` says whether what was put has the syntax's own end."""
        content = b"".join(self._parts)
        if closed and self._closing:
            content = content[: -len(self._closing)]
        if self.begun:
            self._say(b"".join(_framed(content + self._last(cut))) + said(END, {"cut": cut}))
            return
        content = (self._signed(content) if cut else content) + self._closing
        self._say(b"".join(_framed(content)) + said(END, {"media": self._media, "cut": cut}))

    def _hand_on(self) -> None:
        content = b"".join(self._parts)
        if not self.begun and self._syntax in _OPEN:
            self.begun = True
            self._say(said(HEAD, {"media": self._media}))
            if self._syntax == "json":
                self._head, _, content = content.partition(_RESULTS)
                content = b"{" + _RESULTS[1:] + content
        kept = max(0, len(content) - len(self._closing))
        for piece in _framed(content[:kept]):
            self._say(piece)
        self._parts, self._size = [content[kept:]], len(content) - kept
        self._most, self._due = PIECE, time.monotonic() + PAUSE

    def _last(self, cut: bool) -> bytes:
        """The end of an answer that is on its way."""
        match self._syntax:
            case "json":
                link = f',"link":["{results.CUT_LINK.format(self._limit)}"]' if cut else ""
                return b"]}," + self._head[1:-1] + link.encode() + b"}}"
            case "xml":
                return b"</results>" + (f"<!-- {self._comment} -->".encode() if cut else b"") + b"</sparql>"
            case _:
                return f"# {self._comment}\n".encode() if cut else b""

    def _signed(self, content: bytes) -> bytes:
        """A cut answer with its sign before it or in its head."""
        link = results.CUT_LINK.format(self._limit)
        match self._syntax:
            case "json":
                return content.replace(b"]}", f'],"link":["{link}"]}}'.encode(), 1)
            case "xml":
                return content.replace(b"</head>", f'<link href="{link}"/></head>'.encode(), 1)
            case syntax if syntax in results.COMMENTED:
                return f"# {self._comment}\n".encode() + content
            case _:
                return content

    @property
    def _comment(self) -> str:
        return results.CUT_COMMENT.format(self._limit)


def _framed(content: bytes) -> Iterator[bytes]:
    """Frames that are no longer than what is received at once, so that nobody has to put them together."""
    return (frame(BODY, content[at : at + PIECE]) for at in range(0, len(content), PIECE))
