"""What the tab of checks does: uploaded files in, HTML and files to download out. Knows no user-interface library.

Downloads are kept in a folder of their own that goes with the process; nothing else is kept of what visitors upload.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from qa import report_page
from qa.audit import Auditor
from qa.calendar import CalendarError
from qa.judge_pool import judge_pool, processes
from qa.register_models import RegisterError
from qa.report_data import to_csv, to_json, to_turtle
from qa.report_models import Outcome
from qa.report_workbook import copies, to_workbook
from qa.rulebook import RulebookError
from qa.stop import Stopped, Stops
from qa.validate import silent
from qa.validate_models import JudgeError, OnProgress, Progress

_KEPT = 20
"""Checks whose downloads are kept; the oldest go first."""


class CheckDesk:
    """The checks of one service. Safe to share between threads; a visitor's files are told from another's by a folder for each check."""

    def __init__(self, auditor: Auditor, samples: Path, forms: Path) -> None:
        """``samples`` is the folder of files to try, ``forms`` that of the empty registers."""
        self._auditor, self._forms = auditor, forms
        self.samples = tuple(sorted(path for path in samples.glob("*") if path.is_file()))
        self._folder = tempfile.TemporaryDirectory(prefix="guizhi-check-")
        self._stops = Stops()
        self._made: list[tempfile.TemporaryDirectory[str]] = []

    def intro(self) -> str:
        """What the tab shows before anything is checked."""
        return report_page.intro(sorted(path.stem for path in self._forms.glob("*.xlsx")))

    def check(self, paths: Sequence[Path], progress: OnProgress = silent, visitor: str = "") -> tuple[str, list[str]]:
        """The report's HTML and the files to download; why there is none where the files cannot be checked, or ``visitor`` cancelled."""
        if not paths:
            return report_page.failure("还没有选择文件：请把登记簿拖到上面的框里，或者点一个样例。"), []
        with self._stops.running(visitor) as stop:

            def tell(now: Progress) -> None:
                stop.check()
                progress(now)

            try:
                outcome = self._auditor.audit(paths, tell, judge_pool(processes()))
            except (RegisterError, CalendarError, RulebookError, JudgeError) as error:
                return report_page.failure(str(error)), []
            except Stopped:
                return report_page.failure("已取消，没有核对完；什么也没有留下。"), []
        return report_page.fragment(outcome), [str(path) for path in self._files(outcome)]

    def cancel(self, visitor: str) -> None:
        """Stop the checks of ``visitor`` at the next page of rows."""
        self._stops.stop(visitor)

    def _files(self, outcome: Outcome) -> list[Path]:
        made = tempfile.TemporaryDirectory(dir=self._folder.name)
        self._made.append(made)
        for old in self._made[:-_KEPT]:
            old.cleanup()
        del self._made[:-_KEPT]
        folder = Path(made.name)
        written = []
        for path, name in zip(outcome.paths, copies(outcome.paths), strict=True):
            written.append(folder / name)
            written[-1].write_bytes(to_workbook(outcome, path))
        forms = {"html": report_page.document, "json": to_json, "csv": to_csv, "ttl": to_turtle}
        for form, make in forms.items():
            written.append(folder / f"检查结果.{form}")
            written[-1].write_text(make(outcome), encoding="utf-8")
        return written
