"""Files of registers → an outcome that people and programs can be shown. Composes reading, the rules, and the check."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from qa.browse import Regulation
from qa.calendar import WorkingDays
from qa.register_models import Batch, Column, Register, RegisterError, RegisterRecord, SheetHead
from qa.register_tables import load_registers
from qa.registers import read_registers
from qa.report_models import Outcome, Place, Row
from qa.rulebook import Rulebook, load_rulebook
from qa.store import Store
from qa.validate import check, silent, working_days
from qa.validate_models import JudgeAll, OnProgress, Result, Settings

REGISTERS: Final = Path("data/registers")


class Auditor:
    """Checks registers against the regulation of a build. What it reads of the build is read once; safe to share between threads."""

    def __init__(self, root: Path, store: Store, regulation: Regulation, settings: Settings | None = None) -> None:
        self._root, self._store, self._regulation = root, store, regulation
        self._settings = settings or Settings()

    def audit(self, paths: Sequence[Path], progress: OnProgress = silent, judge_all: JudgeAll = map) -> Outcome:
        """The outcome for the files ``paths``.

        Raises :class:`qa.register_models.RegisterError` for a file that cannot be read, for files of one name, and for files without a record,
        :class:`qa.calendar.CalendarError`, and :class:`qa.rulebook.RulebookError`.
        """
        if twice := [name for name, count in Counter(path.name for path in paths).items() if count > 1]:
            raise RegisterError(f"{twice[0]}：有几个文件同叫这个名字，报告里分不清，没有核对；请改名，或者分开核对")
        seen = _Seen()
        batches = seen.watch(read_registers(paths, self.registers))
        report = check(batches, self._rules, self._days, self._settings, progress, judge_all)
        if not report.checked.records:
            why = str(report.problems[0].expected) if report.problems else "里面没有一条记录"
            raise RegisterError(f"{'、'.join(path.name for path in paths)}：没有可以核对的登记簿（{why}）")
        return Outcome(report, tuple(paths), seen.departments(report.results), self._places(report.results), seen.heads)

    @cached_property
    def _rules(self) -> Rulebook:
        return load_rulebook(self._root, self._store, self._settings.regulation)

    @cached_property
    def registers(self) -> Sequence[Register]:
        """The registers that can be checked."""
        return load_registers(self._root / REGISTERS, self._store.select, self._rules.regulation)

    @cached_property
    def _days(self) -> WorkingDays:
        return working_days(self._root, self._settings)

    def _places(self, results: Iterable[Result]) -> Mapping[str, Place]:
        parts = {iri: self._regulation.part(iri) for iri in {result.provision for result in results}}
        return {iri: Place(part.label, part.text, _article(part.path)) for iri, part in parts.items() if part}


def _article(path: str) -> int:
    number = path.removeprefix("art/").split("/")[0]
    return int(number) if number.isdecimal() else 0


def _is_unit(column: Column) -> bool:
    """Whether ``column`` names the unit whose record it is: a property called …Unit of the record itself (``ontology/registers.ttl``)."""
    return column.property.endswith("Unit") and "/" not in column.property and not column.several


class _Seen:
    """What goes by on the way to the check: the sheets, and the unit of every row as a number (a few bytes a row)."""

    def __init__(self) -> None:
        self.heads: dict[tuple[str, str], SheetHead] = {}
        self._names: dict[str, int] = {"": 0}
        self._units: dict[tuple[str, str], array[int]] = {}

    def watch(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        for batch in batches:
            if batch.head:
                key = (batch.head.file, batch.head.sheet or "")
                self.heads[key] = batch.head
                rows = self._units.setdefault(key, array("l"))
                paths = [column.property for column in batch.head.register.columns if _is_unit(column)]
                for record in batch.records:
                    self._note(rows, record, paths)
            yield batch

    def _note(self, rows: array[int], record: RegisterRecord, paths: Sequence[str]) -> None:
        row = record.place.row or 0
        unit = next((record.cells[path].text.strip() for path in paths if path in record.cells and record.cells[path].text.strip()), "")
        rows.extend([0] * (row + 1 - len(rows)))
        rows[row] = self._names.setdefault(unit, len(self._names))

    def departments(self, results: Iterable[Result]) -> Mapping[Row, str]:
        names = list(self._names)
        found: dict[Row, str] = {}
        for result in results:
            rows = self._units.get((result.file, result.sheet))
            if rows is not None and 0 < result.row < len(rows):
                found[result.file, result.sheet, result.row] = names[rows[result.row]]
        return found
