"""Records as they are checked: what a shard holds. This module imports no stage."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record stands and what it is called there.

    ``headers`` are the printed headers by property path (``signing/actDate``), ``row`` is 0 for a record that is not from a sheet.
    ``sequence`` gives the order of reports.
    """

    iri: str
    register: str
    identifier: str
    file: str
    sheet: str
    row: int
    headers: Mapping[str, str]
    sequence: int


@dataclass(frozen=True, slots=True)
class Shard:
    """Some records that are checked together, on any machine: pickles.

    ``owned`` are the records whose results this shard gives, by IRI; ``packed`` is the N-Triples of these and of the records that they need,
    each piece compressed (zlib): whoever judges unpacks, so that a shard is small while it waits and travels.
    """

    owned: Mapping[str, Origin]
    packed: tuple[bytes, ...]
    records: int

    def unpacked(self) -> bytes:
        """The N-Triples."""
        return b"".join(map(zlib.decompress, self.packed))
