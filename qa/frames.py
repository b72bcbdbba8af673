"""What a query process and its owner say to each other: frames of one letter, a length and so many bytes, over a socket.

The owner sends a query (``Q``, JSON). It gets the body in pieces (``B``) and an end (``E``, JSON), in one packet where they are small; before
them a head (``H``, JSON), where the answer may be sent before it has ended. Imports no stage: both sides use it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from typing import Any, Final

QUERY: Final = b"Q"
HEAD: Final = b"H"
BODY: Final = b"B"
END: Final = b"E"
_LEAD: Final = struct.Struct("!cI")


def frame(kind: bytes, content: bytes) -> bytes:
    """``content`` framed."""
    return _LEAD.pack(kind, len(content)) + content


def said(kind: bytes, message: Mapping[str, Any]) -> bytes:
    """``message`` framed, as JSON."""
    return frame(kind, json.dumps(message, ensure_ascii=False).encode())


class Frames:
    """Takes bytes as they come and gives the frames that are whole."""

    def __init__(self) -> None:
        self._left = b""

    def of(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The kind and content of each frame that ``data`` completes."""
        data = self._left + data if self._left else data
        at, size = 0, len(data)
        while at + _LEAD.size <= size:
            kind, length = _LEAD.unpack_from(data, at)
            end = at + _LEAD.size + length
            if end > size:
                break
            yield kind, data[at + _LEAD.size : end]
            at = end
        self._left = data[at:]
