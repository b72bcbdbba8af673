"""Registers against the regulation: files in, a report out. Composes reading, sharding and judging."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from qa import calendar
from qa.calendar import WorkingDays
from qa.judge import judge
from qa.register_models import Batch, CellProblem, SheetHead
from qa.repeated import Heads, repeated
from qa.rulebook import Rulebook
from qa.series import Series
from qa.shards import Spool
from qa.terms import local_name
from qa.validate_models import Checked, JudgeAll, OnProgress, Progress, Report, Result, Settings

REPEATED: Final = 200
"""Repeated numbers that are told one by one."""


def silent(progress: Progress) -> None:
    """Say nothing."""


def check(
    batches: Iterable[Batch],
    rules: Rulebook,
    days: WorkingDays,
    settings: Settings,
    progress: OnProgress = silent,
    judge_all: JudgeAll = map,
) -> Report:
    """What ``rules`` say about the records of ``batches``; their problems are passed on as they are.

    Memory is bounded by ``settings.shard`` and the number of results, not by the number of records.
    """
    with Spool(rules.neighbours, rules.asked) as spool:
        seen, series = _Seen(), Series()
        for batch in batches:
            seen.note(batch)
            for record in batch.records:
                spool.add(record, seen.record_class, seen.headers)
                series.add(record, seen.record_class)
            progress(Progress("读取", len(spool)))
        seen.problems += repeated(*spool.repeated(REPEATED), seen.heads)
        spool.tell(series.facts())
        one = partial(judge, rules=rules, days=days, given=tuple(spool.counts), first_day_counts=settings.first_day_counts)
        shards = spool.shards(settings.shard)
        results: list[Result] = []
        with _closed(judge_all(one, shards)) as judged:
            for number, found in enumerate(judged, start=1):
                results += found
                progress(Progress("核对", min(number * settings.shard, len(spool)), len(spool)))
        results.sort(key=lambda result: result.order)
        return Report(seen.checked(rules, days, settings), tuple(results), tuple(seen.problems))


@contextmanager
def _closed(judged: Iterable[list[Result]]) -> Iterator[Iterable[list[Result]]]:
    """``judged``, and whatever works for it stopped when nobody listens any more."""
    try:
        yield judged
    finally:
        if isinstance(judged, Generator):
            judged.close()


def working_days(root: Path, settings: Settings) -> WorkingDays:
    """The calendar that ``settings`` name, the official one by default. Raises :class:`qa.calendar.CalendarError`."""
    return calendar.read(settings.calendar or root / calendar.OFFICIAL)


class _Seen:
    """What the batches so far held."""

    def __init__(self) -> None:
        self.files: dict[str, None] = {}
        self.records: dict[str, int] = {}
        self.problems: list[CellProblem] = []
        self.record_class = ""
        self.headers: Mapping[str, str] = {}
        self.heads: Heads = {}
        self._head: SheetHead | None = None

    def note(self, batch: Batch) -> None:
        self.problems += batch.problems
        if batch.head is None:
            return
        if batch.head is not self._head:
            self._head = self.heads[batch.head.file, batch.head.sheet or "", batch.head.register.name] = batch.head
            self.record_class = local_name(batch.head.register.record_class)
            self.headers = {found.column.property: found.header for found in batch.head.columns if found.column and found.column.property}
        self.files[batch.head.file] = None
        name = batch.head.register.name
        self.records[name] = self.records.get(name, 0) + len(batch.records)

    def checked(self, rules: Rulebook, days: WorkingDays, settings: Settings) -> Checked:
        years = (days.first, days.last)
        return Checked(tuple(self.files), self.records, len(rules.shapes), rules.title, years, settings.first_day_counts)
