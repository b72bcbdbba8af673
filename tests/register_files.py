"""Registers written to real files, from tables that say what differs from a row without fault."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import yaml
from asking import ROOT

from qa.register_models import Register

CASES = ROOT / "tests" / "cases" / "registers"
BASES: Mapping[str, Mapping[str, Any]] = yaml.safe_load((CASES / "bases.yaml").read_text("utf-8"))
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def write(folder: Path, rows: Rows, registers: Sequence[Register], *, workbook: bool = False) -> list[Path]:
    """The registers that ``rows`` names, each in a file of its own with all its columns: csv, or xlsx with ``workbook``."""
    by_name = {register.name: register for register in registers}
    return [_write(folder, name, changes, by_name[name], workbook) for name, changes in rows.items()]


def _write(folder: Path, name: str, changes: Sequence[Mapping[str, Any]], register: Register, workbook: bool) -> Path:
    headers = [column.name for column in register.columns]
    lines: list[list[Any]] = [list(headers)]
    for change in changes:
        row = {**BASES[name], **change}
        assert set(row) <= set(headers), set(row) - set(headers)
        lines.append(["" if row.get(header) is None else row[header] for header in headers])
    if workbook:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = name[:30]
        for line in lines:
            sheet.append(line)
        book.save(folder / f"{name}.xlsx")
        return folder / f"{name}.xlsx"
    path = folder / f"{name}.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(lines)
    return path
