"""A check of registers with what people need to read it: departments, the words of the articles, and where columns stand. Imports no stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qa.register_models import CellProblem, FoundColumn, SheetHead, Trouble
from qa.validate_models import Report, Result, Severity

NO_DEPARTMENT = "（没有写单位）"
NO_PROVISION = "登记本身"
"""What stands in the place of a provision where a result is about the register, not about one provision."""
SEVERITIES: Mapping[Severity, str] = {
    Severity.VIOLATION: "违反",
    Severity.WARNING: "提醒",
    Severity.INFO: "提示",
    Severity.UNDETERMINED: "无法判定",
}
"""What people call a severity, the gravest first."""

Row = tuple[str, str, int]
"""A row of a file: names of the file and of the sheet, number of the row."""


def alike(problems: Sequence[CellProblem]) -> list[tuple[CellProblem, int]]:
    """The first of the ``problems`` that say the same of the same content of a column, and how many there are."""
    found: dict[tuple[str, str | None, str | None, str, str], list[CellProblem]] = {}
    for problem in problems:
        at = problem.place
        found.setdefault((at.file, at.sheet, at.header, problem.text, problem.expected), []).append(problem)
    return [(same[0], len(same)) for same in found.values()]


@dataclass(frozen=True, slots=True)
class Place:
    """A provision as it is cited: its printed label, its text, the number of its article."""

    label: str
    text: str
    article: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A report, the files it is about, the unit of each row that has a result, the provisions by IRI, and the sheets by file and name."""

    report: Report
    paths: tuple[Path, ...]
    departments: Mapping[Row, str] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    heads: Mapping[tuple[str, str], SheetHead] = field(default_factory=dict)

    @property
    def breaches(self) -> Sequence[Result]:
        """The results that say that a rule is broken."""
        return [result for result in self.report.results if result.breach]

    @property
    def undetermined(self) -> Sequence[Result]:
        """The results that say that something is missing."""
        return [result for result in self.report.results if not result.breach]

    @property
    def unread(self) -> Sequence[CellProblem]:
        """The cells, rows and sheets that were not understood."""
        return [problem for problem in self.report.problems if problem.trouble is Trouble.UNREAD]

    @property
    def notes(self) -> Sequence[CellProblem]:
        """What was understood and is worth a look."""
        return [problem for problem in self.report.problems if problem.trouble is Trouble.NOTE]

    def department(self, result: Result) -> str:
        """The unit that the row of ``result`` names."""
        return self.departments.get((result.file, result.sheet, result.row), "") or NO_DEPARTMENT

    def place(self, result: Result) -> Place:
        """The provision of ``result``."""
        return self.places.get(result.provision) or Place(f"第 {result.rule} 条" if result.rule else NO_PROVISION, "", 0)

    def columns(self, result: Result) -> Sequence[FoundColumn]:
        """The columns of the sheet that ``result`` is about; none where it stands in no sheet."""
        head = self.heads.get((result.file, result.sheet))
        named = result.column.split("、")
        return [found for found in head.columns if found.column and found.header and found.header in named] if head else []

    def by_rule(self, results: Sequence[Result]) -> list[tuple[Place, list[Result]]]:
        """``results`` grouped by provision, in the order of the text."""
        groups: dict[str, list[Result]] = {}
        for result in results:
            groups.setdefault(result.provision or result.rule, []).append(result)
        ordered = sorted(groups.items(), key=lambda group: (self.place(group[1][0]).article, len(group[0]), group[0]))
        return [(self.place(found[0]), found) for _, found in ordered]

    def by_department(self, results: Sequence[Result]) -> list[tuple[str, int]]:
        """How many of ``results`` each unit has, the most first."""
        counts: dict[str, int] = {}
        for result in results:
            counts[self.department(result)] = counts.get(self.department(result), 0) + 1
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
