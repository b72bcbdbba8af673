"""Which web pages of others may read our answers (CORS, Fetch standard, section 3.2), and by which names we are addressed.

A page of any site that a clerk opens can send requests to this machine; it cannot read the answers unless we let it. The rules are public, so
that every page may read them; registers are not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

EVERY: Final = "*"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
Headers = list[tuple[bytes, bytes]]


class Origins:
    """Those in ``allowed``, separated by commas; ``*``: every page; empty: none but our own. ``exposed`` are response headers that they may see."""

    def __init__(self, allowed: str, exposed: str) -> None:
        self._allowed = frozenset(one.strip() for one in allowed.split(",") if one.strip())
        self._exposed = (b"access-control-expose-headers", exposed.encode())
        self._every = [(b"access-control-allow-origin", b"*"), self._exposed]

    def headers(self, origin: str | None) -> Headers:
        """The headers of an answer to a page of ``origin``."""
        if EVERY in self._allowed:
            return self._every
        if origin in self._allowed:
            return [(b"access-control-allow-origin", str(origin).encode()), (b"vary", b"Origin"), self._exposed]
        return [(b"vary", b"Origin")]


def names(host: str, origins: str) -> frozenset[str]:
    """The names in a ``Host`` header that mean a service of this machine alone, which listens at ``host``: those that nobody else can point here."""
    listed: Iterable[str] = (urlsplit(one.strip()).hostname or "" for one in origins.split(","))
    return LOOPBACK | {host.lower(), f"[{host.lower()}]"} | frozenset(listed)


def name_of(host: str) -> str:
    """The name in the ``Host`` header ``host``, without its port."""
    return host.lower() if host.endswith("]") else host.lower().rpartition(":")[0] or host.lower()
