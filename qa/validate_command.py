"""``guizhi validate``: files of registers → a report, printed or written, and the exit status."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from qa.audit import Auditor
from qa.browse import Regulation
from qa.report_models import Outcome
from qa.report_text import summary, to_text
from qa.store import Store
from qa.validate_models import JudgeAll, Progress, Settings

FORMS: Final = {
    "json": "report_data.to_json",
    "csv": "report_data.to_csv",
    "ttl": "report_data.to_turtle",
    "html": "report_page.document",
}
"""Forms of one text, by name: what writes them, imported when it is asked for. A workbook (``xlsx``) is one for each file."""
_PATIENCE: Final = 2.0
"""Seconds before progress is shown."""


def validate(
    root: Path, graph: Path, paths: Sequence[Path], form: str, target: Path | None, settings: Settings, judge_all: JudgeAll
) -> int:
    """Check ``paths``, print or write the report, and return 0 where no rule is broken, 1 otherwise.

    Raises ``ValueError`` and ``OSError`` for what cannot be checked or written; nothing is then written.
    """
    _check_target(form, paths, target)
    store = Store.open(graph)
    with _Shown() as shown:
        outcome = Auditor(root, store, Regulation(store), settings).audit(paths, shown.tell, judge_all)
    console = Console()
    if form == "xlsx" and target is not None:
        _write_workbooks(outcome, target)
    elif form in FORMS:
        written = _written(form, outcome)
        if target is None:
            print(written, end="")
            return int(not outcome.report.conforms)
        _replace(target, written.encode("utf-8"))
    elif target is not None:
        _replace(target, (to_text(outcome) + "\n").encode("utf-8"))
    else:
        print(to_text(outcome, console.width if console.is_terminal else 120, colour=console.is_terminal))
    if target is not None:
        print(f"{summary(outcome)}\n已写入：{target}")
    return int(not outcome.report.conforms)


def _check_target(form: str, paths: Sequence[Path], target: Path | None) -> None:
    """Raises ``ValueError`` where a report cannot go to ``target``, before anything is checked."""
    if target is None:
        if form == "xlsx":
            raise ValueError("工作簿要写入文件：请用 -o 给出文件名（几个文件的，给出文件夹）")
    elif target.resolve() in {path.resolve() for path in paths}:
        raise ValueError(f"{target.name}：报告不能写到原来的登记簿上，请用 -o 给出别的文件名")
    elif form == "xlsx" and len(paths) > 1 and target.suffix and not target.is_dir():
        raise ValueError(f"{target.name}：几个文件的批注工作簿要写入文件夹，请用 -o 给出文件夹的名字")


def _written(form: str, outcome: Outcome) -> str:
    module, _, name = FORMS[form].partition(".")
    write: Callable[[Outcome], str] = getattr(import_module(f"qa.{module}"), name)
    return write(outcome)


def _write_workbooks(outcome: Outcome, target: Path) -> None:
    from qa.report_workbook import copies, to_workbook  # openpyxl takes half a second, and is needed here only

    if len(outcome.paths) == 1 and not target.is_dir():
        _replace(target, to_workbook(outcome, outcome.paths[0]))
        return
    target.mkdir(parents=True, exist_ok=True)
    for path, name in zip(outcome.paths, copies(outcome.paths), strict=True):
        _replace(target / name, to_workbook(outcome, path))


def _replace(target: Path, content: bytes) -> None:
    """Write ``target`` whole or not at all."""
    part = target.with_name(target.name + ".part")
    try:
        part.write_bytes(content)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


class _Shown:
    """A progress bar on the standard error stream, from the second second on."""

    def __init__(self) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task("读取", total=None)
        self._started, self._running = time.monotonic(), False

    def __enter__(self) -> _Shown:
        return self

    def __exit__(self, *_: object) -> None:
        if self._running:
            self._bar.stop()

    def tell(self, progress: Progress) -> None:
        """Show ``progress``."""
        if not self._running and time.monotonic() - self._started > _PATIENCE:
            self._bar.start()
            self._running = True
        self._bar.update(self._task, description=progress.stage, completed=progress.done, total=progress.total)
