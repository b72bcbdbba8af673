"""Records → shards: pieces of bounded size that can be checked one at a time, or each on another machine.

A record needs others: a document the meeting that decided on it, its countersignatures, the grants of who signed it. Which ones is
declared in ``ontology/shapes/registers/neighbours.yaml``. Every shard holds its own records and those they need. Records wait in a
temporary SQLite file, compressed, so that memory does not grow with the registers.
"""

from __future__ import annotations

import pickle
import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from qa.models import Iri, Text, Triple
from qa.register_models import RegisterRecord
from qa.shard_models import Origin, Shard
from qa.terms import CHECK

Neighbours = Mapping[str, Sequence[tuple[str, str, str]]]
"""By class: path of the record, class of the other, path of the other; equal values make neighbours."""
_PAGE: Final = 400
"""Keys in one query; SQLite allows 999 variables."""
_ESCAPES: Final = {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}
_SCHEMA: Final = """
CREATE TABLE record (number INTEGER PRIMARY KEY, class TEXT, content BLOB);
CREATE TABLE offer (key TEXT, number INTEGER);
CREATE TABLE need (number INTEGER, key TEXT);
"""
_INDEX: Final = "CREATE INDEX IF NOT EXISTS offer_key ON offer (key); CREATE INDEX IF NOT EXISTS need_number ON need (number);"


class Spool:
    """Records on their way into shards. Use as a context manager: the file behind it goes at the end."""

    def __init__(self, neighbours: Neighbours, folder: Path | None = None) -> None:
        self._needs = {name: [(path, f"{other}|{theirs}") for path, other, theirs in links] for name, links in neighbours.items()}
        self._offers: dict[str, set[str]] = {}
        for links in neighbours.values():
            for _, other, theirs in links:
                self._offers.setdefault(other, set()).add(theirs)
        self._file = tempfile.TemporaryDirectory(prefix="guizhi-", dir=folder)
        self._database = sqlite3.connect(Path(self._file.name) / "records.sqlite", isolation_level=None)
        self._database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536; BEGIN;" + _SCHEMA)
        self.counts: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._database.close()
        self._file.cleanup()

    def __len__(self) -> int:
        return sum(self.counts.values())

    def add(self, record: RegisterRecord, record_class: str, headers: Mapping[str, str]) -> None:
        """Take ``record`` of the class called ``record_class`` (local name); ``headers`` are its printed headers by property path."""
        number = len(self)
        place = record.place
        origin = Origin(
            record.iri, record.register, record.identifier or "", place.file, place.sheet or "", place.row or 0, headers, number
        )
        content = zlib.compress(pickle.dumps((origin, ntriples(record.triples) + ntriples(_flat(record))), protocol=5), 1)
        values = {path: [str(value) for value in cell.values] for path, cell in record.cells.items()}
        offers = [f"{record_class}|{path}|{value}" for path in self._offers.get(record_class, ()) for value in values.get(path, ())]
        needs = {f"{key}|{value}" for path, key in self._needs.get(record_class, ()) for value in values.get(path, ())}
        self._database.execute("INSERT INTO record VALUES (?, ?, ?)", (number, record_class, content))
        self._database.executemany("INSERT INTO offer VALUES (?, ?)", [(key, number) for key in offers])
        self._database.executemany("INSERT INTO need VALUES (?, ?)", [(number, key) for key in sorted(needs)])
        self.counts[record_class] = self.counts.get(record_class, 0) + 1

    def shards(self, size: int, facts: Callable[[str], bytes] = lambda iri: b"") -> Iterator[Shard]:
        """The records in shards of ``size`` of their own, in the order in which they came. ``facts`` gives N-Triples about a record."""
        self._database.executescript(_INDEX)
        for start in range(0, len(self), size):
            own = range(start, min(start + size, len(self)))
            yield self._shard(own, sorted(self._offering(self._needed(own)).union(own)), facts)

    def _needed(self, numbers: Iterable[int]) -> set[str]:
        query = "SELECT key FROM need WHERE number IN ({})"
        return {key for page in _pages(list(numbers)) for (key,) in self._database.execute(query.format(_marks(page)), page)}

    def _offering(self, keys: Iterable[str]) -> set[int]:
        query = "SELECT number FROM offer WHERE key IN ({})"
        return {number for page in _pages(sorted(keys)) for (number,) in self._database.execute(query.format(_marks(page)), page)}

    def _shard(self, own: range, numbers: Sequence[int], facts: Callable[[str], bytes]) -> Shard:
        owned, parts = {}, []
        for page in _pages(numbers):
            query = f"SELECT number, content FROM record WHERE number IN ({_marks(page)}) ORDER BY number"
            for number, content in self._database.execute(query, page):
                origin, triples = pickle.loads(zlib.decompress(content))
                parts += [triples, facts(origin.iri)]
                if number in own:
                    owned[origin.iri] = origin
        return Shard(owned, b"".join(parts), len(numbers))


def _flat(record: RegisterRecord) -> Iterator[Triple]:
    """The values of acts on the record itself (``ck:signing-actDate``), so that a shape asks for one in a single step."""
    for path, cell in record.cells.items():
        if "/" in path:
            yield from ((Iri(record.iri), Iri(CHECK + path.replace("/", "-")), value) for value in cell.values)


def _pages(values: Sequence[int] | Sequence[str]) -> Iterator[Sequence[int] | Sequence[str]]:
    return (values[start : start + _PAGE] for start in range(0, len(values), _PAGE))


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def ntriples(triples: Iterable[Triple]) -> bytes:
    """``triples`` as N-Triples 1.1, UTF-8."""
    return "".join(f"{_term(s)} {_term(p)} {_term(o)} .\n" for s, p, o in triples).encode()


def _term(value: Iri | Text) -> str:
    match value:
        case Iri(iri):
            return iri if iri.startswith("_:") else f"<{iri}>"
        case Text(words, str(language), _):
            return f'"{words.translate(_ESCAPES)}"@{language}'
        case Text(words, None, str(datatype)):
            return f'"{words.translate(_ESCAPES)}"^^<{datatype}>'
        case Text(words):
            return f'"{words.translate(_ESCAPES)}"'
