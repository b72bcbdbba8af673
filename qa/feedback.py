"""What was not answered, or not well: one JSON line each in a file on this machine, for ``guizhi gaps``.

A line is ``{"time", "question", "status", "reason", "confidence", "verdict"}``: the hour (UTC), the question with long numbers and addresses
blanked out, the status and refusal of its answer, and ``like``, ``dislike`` or ``null``. Nothing tells who asked. ``GUIZHI_FEEDBACK`` is the
path of the file, or ``off`` for none.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

VARIABLE: Final = "GUIZHI_FEEDBACK"
FILE: Final = Path("data") / "feedback" / "questions.jsonl"
"""Below the project's root; git ignores the folder."""
VERDICTS: Final = ("like", "dislike")
_LARGEST: Final = 5_000_000
"""Bytes after which a new file is begun; one old file is kept."""
_PERSONAL: Final = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+|\d[\d\- ]{5,}[\dXx]|[A-Za-z]\d{6,}")
"""E-mail addresses, telephone numbers, numbers of identity cards and passports."""


class FeedbackError(Exception):
    """A file of feedback that cannot be read; the message names the file, the line and the remedy."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. ``status`` and ``reason`` are values of :class:`qa.models.Status` and :class:`qa.models.Refusal`."""

    time: str
    question: str
    status: str
    reason: str | None
    confidence: float
    verdict: str | None


class Feedback:
    """Appends to the file at ``path``; ``None``: keeps nothing. Safe to share between threads."""

    def __init__(self, path: Path | None) -> None:
        self._path, self._lock = path, threading.Lock()

    @property
    def kept(self) -> bool:
        """Whether anything is kept."""
        return self._path is not None

    def add(self, question: str, status: str, reason: str | None, confidence: float, verdict: str | None = None) -> None:
        """Append a line. Where the file cannot be written, nothing is kept and nobody is disturbed: an answer matters more."""
        if self._path is None:
            return
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:00Z")
        entry = Entry(now, _PERSONAL.sub("〇", question), status, reason, round(confidence, 3), verdict)
        line = json.dumps(asdict(entry), ensure_ascii=False) + "\n"
        with self._lock:
            try:
                self._append(self._path, line.encode("utf-8", "replace"))
            except OSError:
                return

    @staticmethod
    def _append(path: Path, line: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _LARGEST:
            path.replace(path.with_suffix(".old.jsonl"))
        with path.open("ab") as file:
            file.write(line)


def feedback_path(root: Path, environment: Mapping[str, str] = os.environ) -> Path | None:
    """Where the file of the project at ``root`` is; ``None`` where keeping it is switched off."""
    value = environment.get(VARIABLE, "").strip()
    return None if value.lower() in ("off", "0", "no", "false") else Path(value) if value else root / FILE


def read_feedback(path: Path) -> list[Entry]:
    """The lines of the file and of the one before it, oldest first; none where there is no file. Raises FeedbackError."""
    entries = []
    for file in (path.with_suffix(".old.jsonl"), path):
        if file.exists():
            lines = file.read_text(encoding="utf-8").splitlines()
            entries += [_entry(file, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    return entries


def _entry(file: Path, number: int, line: str) -> Entry:
    try:
        return Entry(**json.loads(line))
    except (ValueError, TypeError):
        raise FeedbackError(f"{file.name} 第{number}行不是反馈记录；请删去这一行，再运行一次。") from None
