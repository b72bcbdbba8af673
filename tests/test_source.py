"""The text and its structure: lossless, faithful at every trap, and clear about what it cannot read."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from qa import numerals
from qa.models import Provision, ProvisionKind, SourceText
from qa.reading import read_edits, repaired
from qa.source import SourceError, load, parse, render

CHAOYANG = Path("data/source/chaoyang-2024")


@pytest.fixture(scope="module")
def source(root: Path) -> SourceText:
    return load(root / CHAOYANG)


@pytest.fixture(scope="module")
def by_path(source: SourceText) -> dict[str, Provision]:
    return {provision.path: provision for provision in source.provisions}


def test_round_trip_is_identical(source: SourceText, root: Path) -> None:
    raw = (root / CHAOYANG / "text.txt").read_bytes().decode("utf-8")
    assert source.raw == raw
    assert render(source) == raw


def test_counts(source: SourceText) -> None:
    kinds = Counter(provision.kind for provision in source.provisions)
    assert kinds == {ProvisionKind.CHAPTER: 8, ProvisionKind.ARTICLE: 44, ProvisionKind.ITEM: 21, ProvisionKind.PARAGRAPH: 46}
    assert len({provision.path for provision in source.provisions}) == 119


@pytest.mark.parametrize(
    ("article", "paragraphs"),
    [(2, 1), (4, 1), (5, 3), (6, 1), (12, 1), (19, 2), (20, 2), (23, 3), (24, 1), (25, 4), (27, 2), (31, 1), (33, 2), (41, 5), (44, 1)],
)
def test_paragraphs_of_articles_across_page_breaks(by_path: dict[str, Provision], article: int, paragraphs: int) -> None:
    found = [path for path in by_path if path.startswith(f"art/{article}/para/")]
    assert len(found) == (0 if paragraphs == 1 else paragraphs)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("art/2", "批示精神，认真学习贯彻习近平总书记在新时代"),
        ("art/6", "推动经济发展在法治轨道上运行"),
        ("art/12", "一切从实际出发，着力解决改革发展稳定中突出问题和人民群众急难愁盼问题"),
        ("art/19/para/1", "市政府全体会议的主要任务是：\n（一）"),
        ("art/24", "县（市）区政府和市政府有关部门主要负责同志不能参加的"),
        ("art/25/para/4", "严格控制和规范国际会议"),
        ("art/27/para/2", "先报市政府履行相关审议或审核程序"),
        ("art/33/para/1", "联合发文的，不以市政府或市政府办公室名义发文"),
        ("art/41/para/2", "个人不公开出版著作、讲话单行本"),
        ("art/19/para/1", "市政府组成部门负责人、局长组成"),
        ("art/31/item/7", "由市长或副市长签发；"),
    ],
)
def test_reading(by_path: dict[str, Provision], path: str, words: str) -> None:
    assert words in by_path[path].text


def test_repairs_leave_no_trace_of_the_printer(source: SourceText) -> None:
    body = source.reading[source.units[0].start :]
    assert " and " not in body
    assert "学学习" not in body
    changed = [edit for edit in source.edits if edit.before != edit.after]
    assert len(changed) == len(source.edits) == 10
    assert all(edit.reason for edit in source.edits)
    assert all(source.raw.count("\n", 0, edit.offset) + 1 == edit.line for edit in source.edits)


def test_labels_and_references(by_path: dict[str, Provision]) -> None:
    item, paragraph, chapter = by_path["art/31/item/3"], by_path["art/41/para/3"], by_path["chap/5"]
    assert (item.label, item.reference, item.parent) == ("第三十一条（三）", "31.3", "art/31")
    assert (paragraph.label, paragraph.reference, paragraph.parent) == ("第四十一条第三款", "41", "art/41")
    assert (chapter.label, chapter.title, chapter.parent) == ("第五章", "会议制度", None)
    assert by_path["art/20/item/11"].parent == "art/20/para/1"
    assert by_path["art/20"].parent == "chap/5"


def test_offsets_point_at_the_printed_words(source: SourceText) -> None:
    repaired_at = [(edit.offset, edit.offset + len(edit.before)) for edit in source.edits]
    for provision in source.provisions:
        printed = source.raw[provision.raw_start : provision.raw_end]
        assert printed == printed.strip(), provision.path
        untouched = all(end <= provision.raw_start or start >= provision.raw_end for start, end in repaired_at)
        if untouched and provision.kind in (ProvisionKind.ITEM, ProvisionKind.PARAGRAPH) and "\n" not in provision.text:
            assert printed.endswith(provision.text), provision.path


def test_every_character_of_the_body_is_in_an_article(source: SourceText) -> None:
    articles = [p for p in source.provisions if p.kind in (ProvisionKind.ARTICLE, ProvisionKind.CHAPTER)]
    covered = {offset for p in articles for offset in range(p.raw_start, p.raw_end)}
    start = articles[0].raw_start
    assert all(offset in covered or source.raw[offset].isspace() for offset in range(start, len(source.raw)))


# ---------------------------------------------------------------- styles of print


def test_printed_articles_ascii_brackets_and_indentation(root: Path) -> None:
    small = load(root / "tests/fixtures/qingshi-2025/source")
    found = {provision.path: provision for provision in small.provisions}
    assert render(small) == small.raw
    assert found["art/3/item/2"].text == "决定重大和紧急投资。"
    assert found["art/3/item/2"].label == "第三条（二）"
    assert "秘书长签发" in found["art/4"].text
    assert found["chap/2"].title == "会议"


@pytest.mark.parametrize(
    "raw",
    [
        "一、甲：\n（一）乙；\n(二)丙。\n二、丁。",
        "第一条 甲：\r\n（一）乙；\r\n(二) 丙。\r\n\r\n第二条 丁。\r\n",
        "\ufeff序言\n\n第一条　甲。",
    ],
)
def test_round_trip_of_other_prints(raw: str) -> None:
    assert render(parse(raw)) == raw


def test_without_chapters_articles_belong_to_the_regulation() -> None:
    assert [(p.path, p.parent) for p in parse("一、甲。\n二、乙。").provisions] == [("art/1", None), ("art/2", None)]


def test_items_of_two_paragraphs_get_distinct_paths() -> None:
    paths = [p.path for p in parse("第一条 甲：\n（一）乙；\n丙：\n（一）丁。").provisions if p.kind is ProvisionKind.ITEM]
    assert paths == ["art/1/para/1/item/1", "art/1/para/2/item/1"]


def test_listed_numbers_inside_printed_articles_are_text() -> None:
    found = parse("第一条 甲。\n一、乙。").provisions
    assert [p.path for p in found] == ["art/1", "art/1/para/1", "art/1/para/2"]


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("raw", "line", "expected"),
    [
        ("一、甲。\n\n三、乙。", 3, "应为第二条"),
        ("第一章 总则\n第一条 甲。\n第三章 乙\n第二条 丙。", 3, "应为第二章"),
        ("第一条 甲：\n（一）乙；\n（三）丙。", 3, "应为第二项"),
        ("第一章 总则\n无编号的一行。\n第一条 甲。", 2, "应为章或者条"),
        ("第一章 总则\n（一）甲；\n第一条 乙。", 2, "项不在任何一条之中"),
        ("第一条 甲：\n1. 乙。", 2, "暂不支持“目”"),
        ("第一条 甲。\n第一节 乙\n第二条 丙。", 2, "暂不支持“节”"),
        ("第一条 甲。\n第十十条 乙。", 2, "应为第二条"),
    ],
)
def test_faults_name_line_and_expectation(raw: str, line: int, expected: str) -> None:
    with pytest.raises(SourceError, match=f"^第 {line} 行：") as caught:
        parse(raw)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_line_of_a_fault_is_the_raw_files() -> None:
    raw = "一、甲\n\n乙。\n三、丙。"
    edits = read_edits(raw, [{"line": 1, "before": "甲\n\n乙", "after": "甲乙", "reason": "换页"}])
    with pytest.raises(SourceError, match=r"^第 4 行：应为第二条"):
        parse(raw, edits)


def test_text_without_articles() -> None:
    with pytest.raises(SourceError, match="全文没有找到"):
        parse("只有一段话。")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"line": 1, "before": "丁", "after": "", "reason": "-"}, "第 1 行应有“丁”"),
        ({"line": 9, "before": "甲", "after": "", "reason": "-"}, "没有第 9 行"),
        ({"line": 1, "before": "甲", "after": "", "reason": "-"}, "不止一次"),
        ({"line": 1, "before": "甲甲乙"}, "缺少 after、reason"),
    ],
)
def test_edits_that_do_not_fit(entry: dict[str, object], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_edits("甲甲乙\n丙", [entry])


def test_overlapping_edits() -> None:
    entries = [{"line": 1, "before": "甲乙", "after": "", "reason": "-"}, {"line": 1, "before": "乙丙", "after": "", "reason": "-"}]
    with pytest.raises(SourceError, match="重叠"):
        read_edits("甲乙丙", entries)


def test_offsets_through_insertion_and_deletion() -> None:
    raw = "ab--cdef"
    reading = repaired(
        raw,
        read_edits(
            raw, [{"line": 1, "before": "b--c", "after": "bc", "reason": "-"}, {"line": 1, "before": "e", "after": "eXX", "reason": "-"}]
        ),
    )
    assert reading.text == "abcdeXXf"
    assert (reading.raw_start(2), reading.raw_end(2)) == (4, 2)
    assert (reading.raw_start(5), reading.raw_end(7), reading.raw_start(7)) == (7, 7, 7)


def test_changed_text_is_refused(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "x"
    shutil.copytree(root / "tests/fixtures/qingshi-2025/source", folder)
    (folder / "text.txt").write_text((folder / "text.txt").read_text("utf-8").replace("每季度", "每月"), "utf-8")
    with pytest.raises(SourceError, match="SHA-256 应为"):
        load(folder)
    (folder / "text.txt").unlink()
    with pytest.raises(SourceError, match=r"x/text\.txt：文件不存在"):
        load(folder)


@pytest.mark.parametrize(
    ("number", "numeral"),
    [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (44, "四十四"), (100, "一百"), (105, "一百零五"), (110, "一百一十")],
)
def test_numerals(number: int, numeral: str) -> None:
    assert numerals.spell(number) == numeral
    assert numerals.matches(numeral, number)
    assert not numerals.matches(numeral, number + 1)


def test_numerals_out_of_range() -> None:
    assert numerals.matches("一百〇五", 105)
    with pytest.raises(ValueError, match="超出范围"):
        numerals.spell(1000)
