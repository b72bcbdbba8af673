"""Files that are broken or hostile: one clear sentence each, in bounded time and memory; what can be read is read."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from asking import ROOT

from qa.register_models import Batch, Register, RegisterError
from qa.registers import read_register

HEADER = ["登记号", "公文标题", "公文类型", "签发人", "签发日期"]
ROW = ["2024-1", "关于甲的通知", "函件", "李明", "2024-03-05"]
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
RDF_XML = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">{}</rdf:RDF>'
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
SPREADSHEET = "application/vnd.oasis.opendocument.spreadsheet"
SHEET = "xl/worksheets/sheet1.xml"

Read = Callable[[Path], list[Batch]]


@pytest.fixture
def read(registers: tuple[Register, ...]) -> Read:
    return lambda path: list(read_register(path, registers))


def workbook(path: Path, *rows: list[str]) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows or (HEADER, ROW):
        book.active.append(row)
    book.save(path)
    return path


def repacked(path: Path, change: Callable[[str, bytes], bytes], more: dict[str, bytes] | None = None) -> Path:
    """The archive at ``path`` with its parts changed and others added."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: change(name, archive.read(name)) for name in archive.namelist()} | (more or {})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def in_sheet(path: Path, before: bytes, after: bytes) -> Path:
    def change(name: str, content: bytes) -> bytes:
        assert name != SHEET or before in content
        return content.replace(before, after, 1) if name == SHEET else content

    return repacked(path, change)


def zip_bomb(path: Path) -> Path:
    return repacked(workbook(path), lambda _, content: content, {"xl/media/a.bin": bytes(700 * 2**20)})


def lying_zip(path: Path) -> Path:
    """A bomb whose directory says that it is ten bytes."""
    zip_bomb(path)
    content = bytearray(path.read_bytes())
    size = (700 * 2**20).to_bytes(4, "little")
    while (at := content.find(size)) >= 0:
        content[at : at + 4] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    return path


def wide(path: Path) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"], book.active["XFD1048576"] = "登记号", "x"
    book.save(path)
    return path


def cut(path: Path) -> Path:
    workbook(path)
    path.write_bytes(path.read_bytes()[:3000])
    return path


def large(path: Path) -> Path:
    """A file of more than 1 GB that takes no room on the disk."""
    with path.open("wb") as file:
        file.write(",".join(HEADER).encode() + b"\n")
        file.truncate(2**30 + 1)
    return path


def written(content: str | bytes) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def ods(row: str) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("mimetype", SPREADSHEET)
            archive.writestr("content.xml", row)
        return path

    return write


def package(*parts: tuple[str, str | bytes]) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in parts:
                archive.writestr(name, content)
        return path

    return write


def locked_ods(part: str) -> Callable[[Path], Path]:
    """An open document whose ``part`` is encrypted (ODF 1.2 part 3, 4.8.2; ODF 1.4 encrypts the package as a whole)."""
    data = (
        "<manifest:encryption-data>"
        '<manifest:algorithm manifest:algorithm-name="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/></manifest:encryption-data>'
    )
    return package(("mimetype", SPREADSHEET), (part, random.Random(part).randbytes(512)), ("META-INF/manifest.xml", manifest(part, data)))


def manifest(part: str, about: str = "") -> str:
    entry = (
        f'<manifest:file-entry manifest:full-path="{part}" manifest:media-type="text/xml" manifest:size="512">{about}</manifest:file-entry>'
    )
    spaces = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2"'
    return f'<?xml version="1.0"?><manifest:manifest {spaces}>{entry}</manifest:manifest>'


def locked_xls(path: Path) -> Path:
    """The old workbook of the fixtures with a FILEPASS record ([MS-XLS] 2.4.117) in place of the first record after its BOF."""
    content = (ROOT / "tests" / "fixtures" / "registers" / "documents.xls").read_bytes()
    start = content.index(bytes.fromhex("09081000")) + 20
    path.write_bytes(content[:start] + bytes.fromhex("2f00") + content[start + 2 :])
    return path


CELL = '<table:table-cell office:value-type="string" table:number-columns-repeated="16384">'
REFUSED: dict[str, tuple[str, Callable[[Path], Path], str]] = {
    "zip bomb": ("a.xlsx", zip_bomb, "展开后超过 600 MB"),
    "zip that lies about its size": ("a.xlsx", lying_zip, "展开后超过 600 MB|文件损坏"),
    "a cell in the last corner": ("a.xlsx", wide, "第 1048576 行、第 16384 列"),
    "billion laughs in a workbook": ("a.xlsx", lambda p: in_sheet(workbook(p), b"<worksheet", LAUGHS.encode() + b"<worksheet"), "实体声明"),
    "external entity in a workbook": (
        "a.xlsx",
        lambda p: in_sheet(workbook(p), b"<worksheet", OUTSIDE.encode() + b"<worksheet"),
        "实体声明",
    ),
    "entities in an open document": ("a.ods", ods(LAUGHS), "实体声明"),
    "a cell repeated without end": ("a.ods", ods(CELL), "重复上千次"),
    "a row repeated without end": (
        "a.ods",
        ods('<table:table-row table:number-rows-repeated="1048576"><x office:value-type="string">'),
        "重复上千次",
    ),
    "truncated workbook": ("a.xlsx", cut, "损坏或者没有传完"),
    "truncated open document": ("a.ods", cut, "损坏或者没有传完"),
    "truncated old workbook": ("a.xls", written(OLE + bytes(600)), "不是能读的工作簿"),
    "password": ("a.xlsx", written(OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le")), "有密码"),
    "password of an old workbook": ("a.xls", locked_xls, "有密码"),
    "password of an open document": ("a.ods", locked_ods("content.xml"), "有密码"),
    "password of an open document as a whole": ("a.ods", locked_ods("encrypted-package"), "有密码"),
    "a Word document called xlsx": (
        "a.xlsx",
        package(("[Content_Types].xml", "<Types/>"), ("word/document.xml", "<document/>")),
        "是 Word 文档",
    ),
    "an old Word document called xls": ("a.xls", written(OLE + bytes(600) + "WordDocument".encode("utf-16-le")), "是 Word 文档"),
    "slides called xlsx": ("a.xlsx", package(("[Content_Types].xml", "<Types/>"), ("ppt/presentation.xml", "<p/>")), "是演示文稿"),
    "a text document called ods": (
        "a.ods",
        package(("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", "<x/>")),
        "是文字处理文档",
    ),
    "a PDF called csv": ("a.csv", written("%PDF-1.7 登记号"), "是 PDF"),
    "web page called xls": ("a.xls", written("<html><table><tr><td>登记号</td></tr></table></html>"), "内容是网页或者 XML"),
    "binary rubbish": ("a.csv", written(bytes(range(256)) * 100), "内容不是文字"),
    "neither UTF-8 nor GB18030": ("a.csv", written(b"\xff\xff,\x81 \xff\n" * 3), "不是 UTF-8 或者 GB18030"),
    "more than 1 GB of csv": ("a.csv", large, "超过 1 GB"),
    "a quotation mark that never closes": ("a.csv", written(",".join(HEADER) + '\n"' + "甲" * 200_000), "引号没有成对"),
    "empty": ("a.csv", written(""), "是空的"),
    "not there": ("a.csv", lambda path: path, "无法读取"),
    "a folder": ("a.xlsx", lambda path: path.mkdir() or path, "无法读取"),
    "a zip that is no workbook": ("a.xlsx", ods("x"), "不是能读的工作簿"),
    "remote context": ("a.jsonld", written('{"@context": "http://example.org/c.jsonld", "@id": "http://x"}'), "离线核对不取网上的内容"),
    "remote import": ("a.jsonld", written('{"@context": {"@version": 1.1, "@import": "http://example.org/c"}, "@id": "http://x"}'), "离线"),
    "deep JSON": ("a.jsonld", written('{"http://p":' * 100_000 + "1" + "}" * 100_000), "不是有效的 JSON-LD"),
    "billion laughs in RDF/XML": ("a.rdf", written(LAUGHS + RDF_XML.format("<e:A e:p='&b;'/>")), "实体声明"),
    "external entity in RDF/XML": ("a.rdf", written(OUTSIDE + RDF_XML.format("<e:A><e:p>&a;</e:p></e:A>")), "实体声明"),
    "deep XML": ("a.rdf", written(RDF_XML.format("<e:A><e:p>" * 50_000 + "</e:p></e:A>" * 50_000)), "嵌套超过 200 层"),
    "truncated XML": ("a.rdf", written(RDF_XML.format("")[:-3]), "不是有效的 XML：第 1 行"),
    "truncated Turtle": ("a.ttl", written("<http://x> <http://p> "), "不是有效的 Turtle"),
    "truncated N-Triples": ("a.nt", written("<http://x> <http://p> <http://y> .\n<http://x> <http:"), "不是有效的 N-Triples"),
    "truncated TriG": ("a.trig", written("<http://g> { <http://x> <http://p> 1 ."), "不是有效的 TriG"),
    "truncated JSON-LD": ("a.jsonld", written('{"@id": "http://x", "http://p": "'), "不是有效的 JSON"),
    "a workbook called Turtle": ("a.ttl", workbook, "不是有效的 Turtle"),
    "a workbook called RDF/XML": ("a.rdf", workbook, "不是有效的 XML"),
    "rubbish called Turtle": ("a.ttl", written(bytes(range(256))), "不是有效的 Turtle"),
    "JSON that is not JSON": ("a.json", written("[1, 2"), "应为 JSON-LD"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_sentence(tmp_path: Path, read: Read, name: str) -> None:
    file, make, word = REFUSED[name]
    path = make(tmp_path / file)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(RegisterError, match=word) as error:
        read(path)
    message = str(error.value)
    assert message.startswith(f"{file}：") and "\n" not in message and str(tmp_path) not in message and "Error" not in message
    assert sorted(tmp_path.iterdir()) == before


def test_a_storm_of_blank_nodes_is_bounded(tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.register_rdf.MAX_TRIPLES", 10_000)
    storm = "".join(f"_:b{n} <http://p> _:b{n + 1} .\n" for n in range(20_000))
    with pytest.raises(RegisterError, match="超过 10000 个三元组"):
        read(written(storm)(tmp_path / "a.nt"))


def test_rdf_that_runs_in_circles_is_read(tmp_path: Path, read: Read) -> None:
    circle = '@prefix gz: <https://w3id.org/guizhi/ns#> . _:a a gz:DocumentRecord ; gz:recordNumber "1" ; gz:signing _:a ; gz:review _:b . _:b gz:review _:a .'
    (batch,) = read(written(circle)(tmp_path / "a.ttl"))
    assert [record.identifier for record in batch.records] == ["1"]


def test_rdf_without_records_says_so(tmp_path: Path, read: Read) -> None:
    (batch,) = read(written("<http://x> <http://p> 1 .")(tmp_path / "a.ttl"))
    assert batch.records == () and "gz:DocumentRecord" in batch.problems[0].expected


def test_macros_are_told_and_not_run(tmp_path: Path, read: Read) -> None:
    path = repacked(workbook(tmp_path / "a.xlsm"), lambda _, content: content, {"xl/vbaProject.bin": b"x"})
    batches = read(path)
    assert [problem.expected for problem in batches[0].problems] == ["工作簿带有宏；宏没有运行"]
    assert [record.identifier for batch in batches for record in batch.records] == ["2024-1"]


def test_macros_of_other_kinds_of_workbooks_are_told(tmp_path: Path, read: Read) -> None:
    old = tmp_path / "a.xls"
    old.write_bytes((ROOT / "tests" / "fixtures" / "registers" / "documents.xls").read_bytes() + "_VBA_PROJECT".encode("utf-16-le"))
    assert read(old)[0].problems[0].expected == "工作簿带有宏；宏没有运行"
    table = f"<table:table table:name='公文登记簿'>{''.join(map(ods_row, (HEADER, ROW)))}</table:table>"
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text"))
    content = f"<office:document-content {spaces}><office:body><office:spreadsheet>{table}</office:spreadsheet></office:body></office:document-content>"
    free = package(
        ("mimetype", SPREADSHEET),
        ("content.xml", content),
        ("META-INF/manifest.xml", manifest("content.xml")),
        ("Basic/script-lc.xml", "<x/>"),
    )(tmp_path / "a.ods")
    batches = read(free)
    assert batches[0].problems[0].expected == "工作簿带有宏；宏没有运行"
    assert [record.identifier for batch in batches for record in batch.records] == ["2024-1"]


def ods_row(cells: list[str]) -> str:
    written = (f"<table:table-cell office:value-type='string'><text:p>{cell}</text:p></table:table-cell>" for cell in cells)
    return f"<table:table-row>{''.join(written)}</table:table-row>"


def test_what_a_file_is_its_bytes_decide(tmp_path: Path, read: Read) -> None:
    batches = read(workbook(tmp_path / "a.xlsx").rename(tmp_path / "a.csv"))
    assert "按 工作簿 读取" in batches[0].problems[0].expected
    assert [record.identifier for batch in batches for record in batch.records] == ["2024-1"]


def test_formulas_are_not_evaluated_and_their_lack_is_told(tmp_path: Path, read: Read) -> None:
    path = workbook(tmp_path / "a.xlsx", HEADER, ["2024-1", '=HYPERLINK("http://example.org","甲")', "函件", "=1+1", "=TODAY()"])
    (batch,) = read(path)
    assert [(problem.place.row, problem.place.column) for problem in batch.problems] == [(2, "B"), (2, "D"), (2, "E")]
    assert all("没有保存" in problem.expected for problem in batch.problems)
    assert batch.records[0].cells["signing/actDate"].values == ()


def test_an_error_of_a_formula_is_told(tmp_path: Path, read: Read) -> None:
    path = workbook(tmp_path / "a.xlsx", HEADER, ["2024-1", "甲", "函件", "李明", "#REF!"])
    (batch,) = read(path)
    assert [(problem.place.column, "出错" in problem.expected) for problem in batch.problems] == [("E", True)]


def test_a_formula_in_csv_stays_text(tmp_path: Path, read: Read) -> None:
    (batch,) = read(written(",".join(HEADER) + "\n2024-1,\"=cmd|'/c calc'!A1\",函件,李明,2024-03-05\n")(tmp_path / "a.csv"))
    assert [str(value) for value in batch.records[0].cells["recordTitle"].values] == ["=cmd|'/c calc'!A1"]


def test_text_that_is_no_register_is_told(tmp_path: Path, read: Read) -> None:
    (batch,) = read(written("今天天气很好\n明天也好\n")(tmp_path / "a.csv"))
    assert batch.head is None and "没有找到表头" in batch.problems[0].expected
