"""The frozen types of registers: how they are declared, what a file of them holds, and what could not be read. Imports no stage.

A register (登记簿) is a table that an office keeps; a record is one of its rows. The declared tables are ``data/registers/*.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from qa.models import Triple, Value

# ---------------------------------------------------------------- what is declared


class Datatype(StrEnum):
    """How the text of a cell becomes a value; a column of :attr:`CODE` names its code list."""

    TEXT = "text"
    UNIT = "unit"
    NAME = "name"
    DATE = "date"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Code:
    """A value that a cell may name: its IRI and the name that a form offers."""

    iri: str
    name: str


@dataclass(frozen=True, slots=True)
class CodeList:
    """The words that a column takes.

    ``codes`` are those to choose from, in order; ``words`` every way to write one, normalised → IRIs (more than one: ambiguous).
    ``mint`` is the local name of the class of a word that is not listed; ``None``: the list is closed and such a word is not understood.
    """

    name: str
    codes: tuple[Code, ...]
    words: Mapping[str, tuple[str, ...]]
    mint: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A declared column.

    ``property`` is a path of local names of the ontology's properties (``signing/actDate``); empty for a column that is kept but not
    checked. ``constraints`` are numbers of the constraints that need it (the table in ``docs/registers.md``). ``several``: a cell may
    hold several values, set off by 、 or ；.
    """

    name: str
    property: str
    datatype: Datatype
    synonyms: tuple[str, ...] = ()
    codes: CodeList | None = None
    several: bool = False
    key: bool = False
    constraints: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Register:
    """A declared register. ``name`` is what offices call it, ``identifier`` the name of its file, ``record_class`` the IRI of its records."""

    name: str
    identifier: str
    record_class: str
    columns: tuple[Column, ...]
    synonyms: tuple[str, ...] = ()
    note: str = ""

    def column(self, path: str) -> Column | None:
        """The column whose property path is ``path``."""
        return next((column for column in self.columns if path and column.property == path), None)


# ---------------------------------------------------------------- what a file holds


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: name of the file, of the sheet (``None``: no sheets), row from 1, column in letters (``C``), and its header.

    In files of RDF there are no rows and columns; ``node`` is then the subject and ``header`` the property.
    """

    file: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    header: str | None = None
    node: str | None = None

    def __str__(self) -> str:
        parts = [self.file, f"工作表“{self.sheet}”" if self.sheet else "", f"第{self.row}行" if self.row else ""]
        parts += [f"{self.column}列" if self.column else "", f"“{self.header}”" if self.header else "", self.node or ""]
        return " ".join(part for part in parts if part)


class Trouble(StrEnum):
    """How bad a cell is: not understood and left out, or understood and worth a look."""

    UNREAD = "unread"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class CellProblem:
    """A cell, a row or a header that is not, or not surely, understood: where, what it says, what was expected (a note: what is worth a look)."""

    place: Place
    text: str
    expected: str
    trouble: Trouble = Trouble.UNREAD
    register: str | None = None
    record: str | None = None
    property: str | None = None

    def said(self) -> str:
        """What people are told of it."""
        return f"应为{self.expected}" if self.trouble is Trouble.UNREAD else self.expected

    def sentence(self) -> str:
        """Where it is, how what it says begins, and what people are told of it, in one line."""
        text = " ".join(self.text.split())[:40]
        return f"{self.place}　{f'“{text}”：' if text else ''}{self.said()}"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that has a declared column: its place in the row (``index`` from 1), text as printed, and values (none: empty or not understood)."""

    property: str
    index: int
    text: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class RegisterRecord:
    """One row of a register, nothing dropped.

    ``iri`` names the record and never repeats in a run; ``identifier`` is the number that the office gave it (may be missing or repeated).
    ``cells`` are its declared columns that the file has, by property path; :mod:`qa.record_graph` says the same as a graph. ``record_class``
    is the IRI of its class, ``minted`` describes values of its cells that are new nodes.
    """

    iri: str
    register: str
    record_class: str
    identifier: str | None
    place: Place
    cells: Mapping[str, Cell]
    minted: tuple[Triple, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """A column of a sheet: index from 1, letters, header as printed, and the declared column that it is (``None``: an extra one)."""

    index: int
    letter: str
    header: str
    column: Column | None


@dataclass(frozen=True, slots=True)
class SheetHead:
    """What a sheet is: the register it holds, the row of its header (the last one, from 1; 0 in files of RDF), its columns, and the
    declared columns that it lacks (what needs them cannot be determined)."""

    file: str
    sheet: str | None
    register: Register
    header_row: int
    columns: tuple[FoundColumn, ...]
    missing: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Some consecutive rows of one sheet. ``problems`` are those of these rows (in a sheet's first batch also those of its header).

    A sheet that is no register comes as one batch without ``head``, ``records`` empty and a problem that says so.
    """

    head: SheetHead | None
    records: tuple[RegisterRecord, ...]
    problems: tuple[CellProblem, ...] = field(default=())


class RegisterError(ValueError):
    """A file that cannot be read at all; the message is one Chinese sentence that names the file and the remedy."""
