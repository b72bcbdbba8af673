"""What a check of registers is given and what it returns. This module imports no stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from qa.register_models import CellProblem
from qa.shard_models import Shard


class Severity(StrEnum):
    """How serious a result is: the local name of the ``sh:severity`` of its shape.

    ``UNDETERMINED`` (``ck:Undetermined``) is no breach: the register lacks what is needed to tell.
    """

    VIOLATION = "Violation"
    WARNING = "Warning"
    INFO = "Info"
    UNDETERMINED = "Undetermined"


@dataclass(frozen=True, slots=True)
class Settings:
    """How registers are checked.

    ``first_day_counts``: whether the day of the event is the first of a time limit in working days (articles 22, 25, 29; default: it is not).
    ``calendar``: the file of working days; ``None`` is the official one of ``data/calendar``.
    ``regulation``: the folder name of the regulation that is checked against; ``None`` where the build holds only one.
    ``shard``: how many records are evaluated at a time; it bounds memory and changes no result.
    """

    first_day_counts: bool = False
    calendar: Path | None = None
    regulation: str | None = None
    shard: int = 5_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a check has come: what it is doing (Chinese), how many rows are done, of how many (``None``: not known yet)."""

    stage: str
    done: int
    total: int | None = None


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that a shape says about one record.

    ``register`` is the register's name (公文登记簿), ``row`` the row as the spreadsheet numbers it (0: not from a sheet), ``column`` the
    headers concerned as they stand in the file, joined by 、, ``id`` the record's number, ``rule`` the short reference of the provision
    (31.3), ``shape`` the local name of the shape, ``provision`` the IRI of the provision, ``file`` and ``sheet`` where the row is,
    ``sequence`` the place of the record among all that were read, ``component`` the local name of the SHACL constraint component, ``path``
    the IRI of the property that it constrains (empty: none).
    """

    register: str
    row: int
    column: str
    id: str
    rule: str
    shape: str
    severity: Severity
    message: str
    remedy: str
    provision: str = ""
    file: str = ""
    sheet: str = ""
    focus: str = ""
    sequence: int = 0
    component: str = "SPARQLConstraintComponent"
    path: str = ""

    @property
    def order(self) -> tuple[int, str, str, str]:
        """What reports sort by: as the records came, and of one record by rule."""
        return self.sequence, self.rule, self.shape, self.message

    @property
    def breach(self) -> bool:
        """Whether the rule is broken; otherwise the register lacks what is needed to tell."""
        return self.severity is not Severity.UNDETERMINED


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked: file names, records by register, number of shapes, the regulation's title, the calendar's years, the convention."""

    files: tuple[str, ...]
    records: Mapping[str, int]
    shapes: int
    regulation: str
    years: tuple[int, int]
    first_day_counts: bool


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a check: results in the order of file, sheet and row, and the cells, rows and sheets that were not (surely) understood."""

    checked: Checked
    results: tuple[Result, ...]
    problems: tuple[CellProblem, ...] = ()

    @property
    def conforms(self) -> bool:
        """Whether no rule is broken, whatever the severity. What could not be determined is no breach; see :attr:`undetermined`."""
        return not any(result.breach for result in self.results)

    @property
    def undetermined(self) -> int:
        """The number of results that say that something could not be determined."""
        return sum(not result.breach for result in self.results)


@dataclass(frozen=True, slots=True)
class ShapeInfo:
    """What a register shape says about itself: name (local), label, severity, constraints (1 to 36), property paths concerned, remedy."""

    name: str
    label: str
    severity: Severity
    constraints: tuple[int, ...]
    concerns: tuple[str, ...]
    remedy: str


JudgeAll = Callable[[Callable[[Shard], list[Result]], Iterable[Shard]], Iterable[list[Result]]]
"""Applies a function to shards; results come in the order of the shards. ``map`` does it here, a pool or a cluster elsewhere."""


class JudgeError(ValueError):
    """Shards that could not be judged; the message is one Chinese sentence with the remedy."""
