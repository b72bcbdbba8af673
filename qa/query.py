"""A query on its way to an engine and back: what is asked, within which limits, what came of it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Final

HELD: Final = 64 << 20
"""Bytes of a result that the process of the service takes into its memory."""


class QueryFailure(Exception):
    """A query that gave no result; the message is one Chinese sentence."""


class Malformed(QueryFailure):
    """Not SPARQL; ``line`` and ``column`` (from 1) are where the parser stopped, ``None`` where it does not say."""

    def __init__(self, words: str) -> None:
        place = re.match(r"error at (\d+):(\d+): ", words)
        self.line = int(place[1]) if place else None
        self.column = int(place[2]) if place else None
        where = f"第{self.line}行第{self.column}列" if place else "查询"
        words = words[place.end() :] if place else words
        super().__init__(where + (_told(words) or f"有{'语法' if place else ''}错误（{words[:160]}{'…' if len(words) > 160 else ''}）"))


def _told(words: str) -> str:
    """What the engine's words for faults that people often make mean; nothing where they are others."""
    if "Prefix not found" in words:
        return "用了没有声明的前缀。请在开头写 PREFIX。"
    unknown = re.search(r"The custom (?:aggregate )?function (<[^>]*>) is not supported", words)
    return f"用了这里没有的函数 {unknown[1][:200]}。" if unknown else ""


class Forbidden(QueryFailure):
    """An update, SERVICE, or a local file."""


class NotAcceptable(QueryFailure):
    """None of the media types asked for can be made; ``offered`` are those that can."""

    def __init__(self, message: str, offered: Sequence[str]) -> None:
        super().__init__(message)
        self.offered = tuple(offered)


class TimedOut(QueryFailure):
    """Stopped at the time limit."""


class Exhausted(QueryFailure):
    """Stopped at the memory limit, or by a depth of nesting that the engine does not survive."""


class Unreachable(QueryFailure):
    """The server that holds the data does not answer."""


class Damaged(QueryFailure):
    """The data cannot be read."""


class Abandoned(QueryFailure):
    """Nobody waits for the result any longer."""


class Busy(QueryFailure):
    """No worker became free in time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on a query: wall time, seconds to wait for a worker, megabytes beyond the graph, rows or triples; and on queries at once, running
    (``workers``) and waiting (``queue``)."""

    seconds: float = 10.0
    wait: float = 1.0
    megabytes: int = 512
    rows: int = 100_000
    workers: int = field(default_factory=lambda: max(4, os.cpu_count() or 1))
    queue: int = 128


@dataclass(frozen=True, slots=True)
class Query:
    """A query as SPARQL 1.1 Protocol carries it; ``default`` and ``named`` are graph IRIs, ``bindings`` IRIs for variables that it selects."""

    text: str
    accept: str | None = None
    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    bindings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """A result: its media type, whether it was cut at the limit of rows or triples, its length in bytes, and the bytes (close them)."""

    media: str
    cut: bool
    length: int
    body: IO[bytes]

    def text(self, most: int = HELD) -> str:
        """The whole body, closed then. Raises :class:`Exhausted` where it has more than ``most`` bytes: that it is on disk is no reason to hold it in memory."""
        with self.body as body:
            if self.length > most:
                raise Exhausted(f"结果超过{most >> 20} MB，这里放不下。请加上 LIMIT，或者从 SPARQL 端点下载。")
            return body.read().decode("utf-8")
