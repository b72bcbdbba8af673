"""Files of tables → sheets of raw rows: xlsx, xls, ods, csv. The only users of python-calamine.

What a file is, its bytes decide, not its name. Macros are not run, formulas are not evaluated (their stored results are read), nothing is
fetched. Workbooks are looked through first (:mod:`qa.register_guard`); csv is streamed.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import python_calamine as calamine

from qa.register_cells import Raw
from qa.register_guard import TO_TABLE, Inspection, inspect
from qa.register_models import RegisterError

MAX_CSV: Final = 2**30
"""Bytes of a csv file."""
MAX_XLS: Final = 200 * 2**20
"""Bytes of a workbook in the old binary format."""
MAX_FIELD: Final = 100_000
"""Characters of one cell of a csv file."""
_ENCODINGS: Final = ("utf-8-sig", "gb18030")
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_WORD, _WORKBOOK, _MACROS = (name.encode("utf-16-le") for name in ("WordDocument", "Workbook", "_VBA_PROJECT"))
"""Names of streams in a compound file; a workbook with a letter embedded has the first two."""
_PIECE: Final = 1 << 20

Range = tuple[int, int, int, int]
"""First row, first column, last row, last column, from 0."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its name (``None`` in csv), rows from the first row on, merged ranges, cells (``B7``) that have no value to read and why, and
    whether it is hidden."""

    name: str | None
    rows: Iterator[Sequence[Raw]]
    merged: Sequence[Range] = ()
    faults: Sequence[tuple[str, str]] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Tables:
    """A file of tables: its sheets in order, and what is to be said of the file as a whole."""

    sheets: Iterable[Sheet]
    remarks: Sequence[str] = ()


def open_tables(path: Path) -> Tables:
    """The sheets of ``path``. Raises :class:`RegisterError` for what is no table, or not fit to be read, here or while rows are taken."""
    head = _head(path)
    if head.startswith(b"PK\x03\x04"):
        return _workbook(path, inspect(path))
    if head.startswith(_OLE):
        return _binary_workbook(path)
    if head.startswith(b"%PDF-"):
        raise RegisterError(f"{path.name}：是 PDF，不是表格；{TO_TABLE}")
    if head.lstrip()[:1] == b"<":
        raise RegisterError(f"{path.name}：内容是网页或者 XML，不是表格；请在表格软件里打开，另存为 xlsx 或者 csv")
    return Tables((Sheet(None, _csv(path)),), _misnamed(path, "csv", {".csv", ".txt", ".tsv"}))


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(_PIECE)
    except OSError as error:
        raise RegisterError(f"{path.name}：无法读取（{error.strerror}）") from error
    if not head.strip():
        raise RegisterError(f"{path.name}：文件是空的")
    return head


def _misnamed(path: Path, kind: str, suffixes: set[str]) -> list[str]:
    return [] if path.suffix.lower() in suffixes else [f"扩展名是“{path.suffix}”，内容是 {kind}，按 {kind} 读取"]


# ---------------------------------------------------------------- workbooks


def _workbook(path: Path, seen: Inspection) -> Tables:
    suffixes = {".xlsx", ".xlsm", ".ods", ".xlsb", ".xltx", ".xltm"}
    return Tables(_sheets(path, seen), _remarks(seen) + _misnamed(path, "工作簿", suffixes))


def _remarks(seen: Inspection) -> list[str]:
    return ["工作簿带有宏；宏没有运行"] if seen.macros else []


def _binary_workbook(path: Path) -> Tables:
    if path.stat().st_size > MAX_XLS:
        raise RegisterError(f"{path.name}：超过 {MAX_XLS >> 20} MB，请另存为 csv 或者分成几个文件")
    content = path.read_bytes()
    if _ENCRYPTED in content:
        raise RegisterError(f"{path.name}：文件有密码，请去掉密码后再核对")
    if _WORD in content and _WORKBOOK not in content:
        raise RegisterError(f"{path.name}：是 Word 文档，不是表格；{TO_TABLE}")
    seen = Inspection(macros=_MACROS in content)
    return Tables(_sheets(path, seen), _remarks(seen) + _misnamed(path, "xls", {".xls", ".xlt", ".et"}))


def _sheets(path: Path, seen: Inspection) -> Iterator[Sheet]:
    try:
        with calamine.load_workbook(path) as book:
            for index, about in enumerate(book.sheets_metadata):
                if about.typ is calamine.SheetTypeEnum.WorkSheet:
                    yield _sheet(book, index, seen, about.visible is not calamine.SheetVisibleEnum.Visible)
    except calamine.PasswordError as error:
        raise RegisterError(f"{path.name}：文件有密码，请去掉密码后再核对") from error
    except (calamine.CalamineError, calamine.XmlError, calamine.ZipError, OSError, ValueError) as error:
        raise RegisterError(f"{path.name}：不是能读的工作簿，或者文件损坏；请在表格软件里打开，另存为 xlsx") from error


def _sheet(book: calamine.CalamineWorkbook, index: int, seen: Inspection, hidden: bool) -> Sheet:
    sheet = book.get_sheet_by_index(index)
    left = sheet.start[1] if sheet.start else 0
    merged = [(a[0], a[1], b[0], b[1]) for a, b in sheet.merged_cell_ranges or ()]
    part = seen.sheets.get(sheet.name, "")
    faults = [(cell, "公式的结果；它出错了（如 #REF!、#N/A）") for cell in seen.errors.get(part, ())]
    faults += [(cell, "公式的结果；文件里没有保存，请在表格软件里打开、重新计算后保存") for cell in seen.uncomputed.get(part, ())]
    return Sheet(sheet.name, _shifted(sheet.iter_rows(), left), merged, faults, hidden)


def _shifted(rows: Iterable[Sequence[Raw]], left: int) -> Iterator[Sequence[Raw]]:
    """``rows`` with the empty columns that the reader left out before the first filled one."""
    empty: list[Raw] = [""] * left
    return ([*empty, *row] for row in rows) if left else iter(rows)


# ---------------------------------------------------------------- csv


def _csv(path: Path) -> Iterator[Sequence[Raw]]:
    if path.stat().st_size > MAX_CSV:
        raise RegisterError(f"{path.name}：超过 {MAX_CSV >> 30} GB，请按年份分成几个文件")
    encoding = _encoding(path)
    csv.field_size_limit(MAX_FIELD)
    try:
        with path.open(encoding=encoding, newline="") as file:
            start = file.read(65536)
            file.seek(0)
            yield from csv.reader(file, delimiter=_delimiter(start), strict=False)
    except csv.Error as error:
        raise RegisterError(f"{path.name}：有一格超过 {MAX_FIELD} 个字符，多半是引号没有成对；请改正后再核对") from error


def _encoding(path: Path) -> str:
    for encoding in _ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    if b"\0" in piece:
                        raise RegisterError(f"{path.name}：内容不是文字，不是登记簿；请用 xlsx、xls、ods、csv 或者 RDF 文件")
                    decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise RegisterError(f"{path.name}：内容不是 UTF-8 或者 GB18030 编码的文字；请另存为 UTF-8 的 csv")


def _delimiter(text: str) -> str:
    """The character that sets off the cells of the first lines: comma, tab or semicolon, whichever occurs most."""
    lines = "\n".join(text.splitlines()[:20])
    return max(",\t;", key=lines.count)
