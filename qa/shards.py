"""Records → shards: pieces of bounded size that can be checked one at a time, or each on another machine.

A record needs others: a document the meeting that decided on it, its countersignatures, the grants of who signed it. Which ones is
declared in ``ontology/shapes/registers/neighbours.yaml``. Every shard holds its own records and those they need; records that need the
same ones go into the same shard, so that what a shard needs does not grow with the registers. Records wait in a temporary SQLite file,
compressed, so that memory does not grow either.
"""

from __future__ import annotations

import sqlite3
import tempfile
import zlib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from qa.models import Triple
from qa.ntriples import ntriples
from qa.record_graph import record_graph
from qa.register_models import RegisterRecord
from qa.shard_models import Origin, Shard

Neighbours = Mapping[str, Sequence[tuple[str, str, str]]]
"""By class: path of the record, class of the other, path of the other; equal values make neighbours."""
_PAGE: Final = 400
"""Keys in one query; SQLite allows 999 variables."""
_SCHEMA: Final = """
CREATE TABLE record (number INTEGER PRIMARY KEY, sheet INTEGER, iri TEXT, identifier TEXT, row INTEGER, content BLOB);
CREATE TABLE offer (key TEXT, number INTEGER);
CREATE TABLE need (number INTEGER, key TEXT);
CREATE TABLE fact (iri TEXT, content BLOB);
"""
_ORDER: Final = """
CREATE INDEX IF NOT EXISTS offer_key ON offer (key); CREATE INDEX IF NOT EXISTS need_number ON need (number);
CREATE INDEX IF NOT EXISTS fact_iri ON fact (iri);
CREATE TABLE IF NOT EXISTS weight AS SELECT key, COUNT(*) AS offers FROM offer GROUP BY key;
CREATE UNIQUE INDEX IF NOT EXISTS weight_key ON weight (key);
CREATE TABLE IF NOT EXISTS turn AS
  SELECT number, (SELECT key FROM need JOIN weight USING (key) WHERE need.number = record.number ORDER BY offers DESC, key LIMIT 1) AS shared
  FROM record ORDER BY shared IS NULL, shared, number;
"""
"""``turn`` has the records in the order in which they go into shards: those together that share what brings the most others with it."""


class Spool:
    """Records on their way into shards. Use as a context manager: the file behind it goes at the end."""

    def __init__(self, neighbours: Neighbours, asked: Container[str] | None = None, folder: Path | None = None) -> None:
        """``asked`` are the names that the rules use (``None``: all); ``folder`` is where the temporary file is made."""
        self._asked = asked
        self._needs = {name: [(path, f"{other}|{theirs}") for path, other, theirs in links] for name, links in neighbours.items()}
        self._offers: dict[str, set[str]] = {}
        for links in neighbours.values():
            for _, other, theirs in links:
                self._offers.setdefault(other, set()).add(theirs)
        self._file = tempfile.TemporaryDirectory(prefix="guizhi-", dir=folder)
        self._database = sqlite3.connect(Path(self._file.name) / "records.sqlite", isolation_level=None)
        self._database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16384; BEGIN;" + _SCHEMA)
        self._sheets: list[tuple[str, str, str, Mapping[str, str]]] = []  # register, file, sheet, headers
        self._length = 0
        self.counts: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._database.close()
        self._file.cleanup()

    def __len__(self) -> int:
        return self._length

    def add(self, record: RegisterRecord, record_class: str, headers: Mapping[str, str]) -> None:
        """Take ``record`` of the class called ``record_class`` (local name); ``headers`` are its printed headers by property path."""
        number, place = len(self), record.place
        sheet = (record.register, place.file, place.sheet or "", headers)
        if not self._sheets or self._sheets[-1] != sheet:
            self._sheets.append(sheet)
        content = _packed(record_graph(record, self._asked))
        row = (number, len(self._sheets) - 1, record.iri, record.identifier or "", place.row or 0, content)
        self._database.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)", row)
        offers = [
            (f"{record_class}|{path}|{value}", number) for path in self._offers.get(record_class, ()) for value in _said(record, path)
        ]
        needs = {f"{key}|{value}" for path, key in self._needs.get(record_class, ()) for value in _said(record, path)}
        self._database.executemany("INSERT INTO offer VALUES (?, ?)", offers)
        self._database.executemany("INSERT INTO need VALUES (?, ?)", [(number, key) for key in sorted(needs)])
        self.counts[record_class] = self.counts.get(record_class, 0) + 1
        self._length += 1

    def tell(self, facts: Iterable[tuple[str, Iterable[Triple]]]) -> None:
        """Take what else is known of records, by their IRIs; it goes with them."""
        rows = ((iri, _packed(ntriples(triples))) for iri, triples in facts)
        self._database.executemany("INSERT INTO fact VALUES (?, ?)", rows)

    def shards(self, size: int) -> Iterator[Shard]:
        """The records in shards of ``size`` of their own, those that need the same ones together."""
        self._database.executescript(_ORDER)
        query = "SELECT number FROM turn WHERE rowid > ? ORDER BY rowid LIMIT ?"
        for start in range(0, len(self), size):
            own = {number for (number,) in self._database.execute(query, (start, size))}
            yield self._shard(own, sorted(self._offering(self._needed(own)) | own))

    def repeated(self, most: int) -> tuple[list[tuple[Origin, Origin]], int]:
        """The first ``most`` records that bear a number which another of the same register bore before them, each after the first that bears
        it; and how many there are."""
        query = """SELECT number, sheet, iri, identifier, row FROM record WHERE identifier IN
          (SELECT identifier FROM record WHERE identifier <> '' GROUP BY identifier HAVING COUNT(*) > 1) ORDER BY identifier, number"""
        found: list[tuple[Origin, Origin]] = []
        count = 0
        first: dict[str, Origin] = {}  # by register, of one number
        for number, sheet, iri, identifier, row in self._database.execute(query):
            again = self._origin(number, sheet, iri, identifier, row)
            before = first.get(again.register)
            if before and before.identifier == identifier:
                count += 1
                if len(found) < most:
                    found.append((before, again))
            else:
                first[again.register] = again
        return found, count

    def _origin(self, number: int, sheet: int, iri: str, identifier: str, row: int) -> Origin:
        register, file, name, headers = self._sheets[sheet]
        return Origin(iri, register, identifier, file, name, row, headers, number)

    def _needed(self, numbers: Iterable[int]) -> set[str]:
        query = "SELECT key FROM need WHERE number IN ({})"
        return {key for page in _pages(sorted(numbers)) for (key,) in self._database.execute(query.format(_marks(page)), page)}

    def _offering(self, keys: Iterable[str]) -> set[int]:
        query = "SELECT number FROM offer WHERE key IN ({})"
        return {number for page in _pages(sorted(keys)) for (number,) in self._database.execute(query.format(_marks(page)), page)}

    def _shard(self, own: Set[int], numbers: Sequence[int]) -> Shard:
        owned: dict[str, Origin] = {}
        packed: list[bytes] = []
        for page in _pages(numbers):
            query = f"SELECT number, sheet, iri, identifier, row, content FROM record WHERE number IN ({_marks(page)}) ORDER BY number"
            for number, sheet, iri, identifier, row, content in self._database.execute(query, page):
                packed.append(content)
                if number in own:
                    owned[iri] = self._origin(number, sheet, iri, identifier, row)
            facts = f"SELECT fact.content FROM fact JOIN record USING (iri) WHERE number IN ({_marks(page)}) ORDER BY fact.rowid"
            packed += [content for (content,) in self._database.execute(facts, page)]
        return Shard(owned, tuple(packed), len(numbers))


def _packed(ntriples: bytes) -> bytes:
    return zlib.compress(ntriples, 1)


def _said(record: RegisterRecord, path: str) -> list[str]:
    """The values of the cell ``path`` of ``record``."""
    cell = record.cells.get(path)
    return [str(value) for value in cell.values] if cell else []


def _pages(values: Sequence[int] | Sequence[str]) -> Iterator[Sequence[int] | Sequence[str]]:
    return (values[start : start + _PAGE] for start in range(0, len(values), _PAGE))


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
