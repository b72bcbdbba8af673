"""Is a workbook fit to be opened? Its real size, its real extent, what it hides; nothing of it is run, and nothing is unpacked to disk.

The reader of workbooks (python-calamine) holds a sheet as a dense rectangle and trusts the file, so a few hundred bytes could claim
terabytes. Here every part is unpacked once, in pieces, and counted; cells that the reader would show as empty (formula errors, formulas
without a stored result) are found on the way.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from qa.register_models import RegisterError

MAX_UNPACKED: Final = 600 * 2**20
"""Bytes of a workbook's parts together, unpacked."""
MAX_CELLS: Final = 20_000_000
"""Cells of the rectangle that a sheet spans: about 1 GiB in the reader."""
MAX_PARTS: Final = 20_000
MAX_FAULTS: Final = 1_000
"""Faulty cells that are told one by one."""
TO_TABLE: Final = "请把里面的登记表另存为 xlsx 或者 csv 再核对"
_OTHERS: Final = {"word/document.xml": " Word 文档", "ppt/presentation.xml": "演示文稿"}
"""What a package is by a part that it has."""
_TEXT_DOCUMENT: Final = b"application/vnd.oasis.opendocument.text"
_PIECE: Final = 1 << 20
_OVERLAP: Final = 4096
_ROW: Final = re.compile(rb'<(?:\w+:)?row [^>]{0,200}?\br="(\d{1,9})"')
_COLUMN: Final = re.compile(rb'\br="([A-Z]{1,4})\d')
_ERROR: Final = re.compile(rb'<(?:\w+:)?c r="([A-Z]{1,4}\d{1,9})"[^>]{0,80}?\bt="e"')
_UNCOMPUTED: Final = re.compile(rb'<c r="([A-Z]{1,4}\d{1,9})"[^>]{0,80}><f[^>]{0,200}?(?:/>|>[^<]{0,2000}</f>)(?:<v ?/>|<v></v>)?</c>')
_REPEATED_CELL: Final = re.compile(
    rb'<table:(?:covered-)?table-cell(?=[^>]*\boffice:value-type=)[^>]*\btable:number-columns-repeated="\d{4,}"'
)
_REPEATED_ROW: Final = re.compile(
    rb'<table:table-row[^>]*\btable:number-rows-repeated="\d{4,}"[^>]*>(?:(?!</table:table-row>).){0,2000}?office:value-type', re.S
)


@dataclass(slots=True)
class Inspection:
    """What was seen: whether there are macros; by part (``xl/worksheets/sheet1.xml``) the cells (``B7``) whose value is not there; and by
    name of a sheet the part that holds it."""

    macros: bool = False
    errors: dict[str, list[str]] = field(default_factory=dict)
    uncomputed: dict[str, list[str]] = field(default_factory=dict)
    sheets: dict[str, str] = field(default_factory=dict)


def inspect(path: Path) -> Inspection:
    """Look through the zip container at ``path``. Raises :class:`RegisterError` where it is damaged, encrypted, or larger than the limits."""
    seen, total = Inspection(), 0
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS:
                raise RegisterError(f"{path.name}：压缩包里有 {len(parts)} 个部分，不像工作簿，没有打开")
            if other := _other_document(archive):
                raise RegisterError(f"{path.name}：是{other}，不是表格；{TO_TABLE}")
            for part in parts:
                total = _part(path, archive, part, seen, total)
            seen.sheets = _sheets(archive) if "xl/workbook.xml" in archive.namelist() else {}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, ElementTree.ParseError) as error:
        if isinstance(error, RegisterError):
            raise
        raise RegisterError(f"{path.name}：文件损坏或者没有传完，请重新取得这个文件") from error
    return seen


def _other_document(archive: zipfile.ZipFile) -> str | None:
    """What the package is where it is a document of an office suite, and no workbook."""
    names = set(archive.namelist())
    if "mimetype" in names:
        with archive.open("mimetype") as stream:
            if stream.read(len(_TEXT_DOCUMENT)) == _TEXT_DOCUMENT:
                return "文字处理文档"
    return next((kind for part, kind in _OTHERS.items() if part in names), None)


def _part(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo, seen: Inspection, total: int) -> int:
    if part.flag_bits & 1:
        raise RegisterError(f"{path.name}：文件有密码，请去掉密码后再核对")
    seen.macros |= part.filename.lower().endswith("vbaproject.bin") or part.filename.startswith("Basic/")
    sheet = _Extent(path, part.filename, seen) if "worksheets/" in part.filename and part.filename.endswith(".xml") else None
    for piece in _pieces(archive, part):
        total += len(piece)
        if total > MAX_UNPACKED:
            raise RegisterError(f"{path.name}：展开后超过 {MAX_UNPACKED >> 20} MB，没有打开；确是登记簿的，请另存为 csv 或者分成几个文件")
        if part.filename.endswith((".xml", ".rels")):
            _markup(path, piece)
        if sheet:
            sheet.see(piece)
        elif part.filename == "content.xml" and (_REPEATED_CELL.search(piece) or _REPEATED_ROW.search(piece)):
            raise RegisterError(f"{path.name}：有重复上千次的单元格，展开后过大，没有打开；请在表格软件里清除多余的单元格后另存")
    return total


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The unpacked bytes of ``part``, as many as there really are, whatever size the archive states."""
    part.file_size = 2**62
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of each sheet by its name. Entities were refused before, so the parser has nothing to expand."""
    relations = {node.get("Id"): node.get("Target", "") for node in _tree(archive, "xl/_rels/workbook.xml.rels")}
    sheets = [node for node in _tree(archive, "xl/workbook.xml").iter() if node.tag.endswith("}sheet")]
    targets = {node.get("name", ""): relations.get(_relation(node)) for node in sheets}
    return {name: "xl/" + target.removeprefix("/xl/") for name, target in targets.items() if target}


def _relation(sheet: ElementTree.Element) -> str | None:
    return next((value for name, value in sheet.items() if name.endswith("}id")), None)


def _tree(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    with archive.open(name) as stream:
        return ElementTree.fromstring(stream.read(_PIECE))


def _markup(path: Path, piece: bytes) -> None:
    if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
        raise RegisterError(f"{path.name}：工作簿里有实体声明（正常的工作簿没有），没有打开")


class _Extent:
    """The rectangle that a sheet spans, and its cells without a value, from pieces of its XML."""

    def __init__(self, path: Path, part: str, seen: Inspection) -> None:
        self._path, self._part, self._seen = path, part, seen
        self._rows = self._columns = 1
        self._tail = b""

    def see(self, piece: bytes) -> None:
        """Take the next piece. Raises :class:`RegisterError` once the rectangle is too large."""
        text = self._tail + piece
        self._rows = max([self._rows, *(int(number) for number in _ROW.findall(text))])
        self._columns = max([self._columns, *(_index(letters) for letters in set(_COLUMN.findall(text)))])
        if self._rows * self._columns > MAX_CELLS:
            raise RegisterError(
                f"{self._path.name}：工作表占到第 {self._rows} 行、第 {self._columns} 列，过大，没有打开；请删去多余的空行空列，或者另存为 csv"
            )
        for pattern, found in ((_ERROR, self._seen.errors), (_UNCOMPUTED, self._seen.uncomputed)):
            cells = found.setdefault(self._part, [])
            cells += [cell.decode() for cell in pattern.findall(text) if cell.decode() not in cells[-50:]][: MAX_FAULTS - len(cells)]
        self._tail = text[-_OVERLAP:]


def _index(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
