"""Words → entities: the longest name wins, short names only as words of their own, other tongues through a glossary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asking
import pytest
from asking import cases, tiny_linker

LABELS = [
    ("市长", "x:mayor", "Office"),
    ("副市长", "x:vice", "Office"),
    ("签", "x:sign", "Action"),
    ("签发", "x:sign", "Action"),
    ("市府办", "x:office", "Body"),
]


def named(reading: Any) -> list[str]:
    return [m.surface for m in reading.mentions]


@pytest.mark.parametrize("case", cases("link"))
def test_the_projects_names(case: dict[str, Any]) -> None:
    found = {entity.rsplit("/guizhi/", 1)[1] for mention in asking.read(case["question"]).mentions for entity in mention.entities}
    for wanted in case["entities"]:
        assert any(entity.endswith(wanted) for entity in found), found
    for other in case.get("absent", ()):
        assert not any(entity.endswith(other) for entity in found), found


def test_the_longest_name_wins_and_nothing_overlaps(tmp_path: Path) -> None:
    reading = tiny_linker(tmp_path, LABELS).read("副市长和市长签发")
    assert named(reading) == ["副市长", "市长", "签发"]
    assert [(m.start, m.end) for m in reading.mentions] == [(0, 3), (4, 6), (6, 8)]
    assert all(reading.text[m.start : m.end] == m.surface for m in reading.mentions)


def test_a_name_of_one_character_is_a_word_of_its_own(tmp_path: Path) -> None:
    linker = tiny_linker(tmp_path, LABELS, words="签名 标签 谁")
    assert named(linker.read("谁签")) == ["签"]
    assert named(linker.read("签名")) == []
    assert named(linker.read("标签")) == []


def test_one_name_of_several_things_keeps_them_all(tmp_path: Path) -> None:
    (mention,) = tiny_linker(tmp_path, [("办公室", "x:b", "Body"), ("办公室", "x:a", "Body")]).read("办公室").mentions
    assert mention.entities == ("x:a", "x:b")


def test_near_synonyms_are_one_term_but_two_entities(tmp_path: Path) -> None:
    linker = tiny_linker(tmp_path, LABELS, classes={"x:vice": "x:mayor", "x:mayor": "x:mayor"})
    reading = linker.read("副市长")
    assert reading.terms == ("x:mayor",)
    assert reading.mentions[0].entities == ("x:vice",)
    assert linker.stands_for("x:vice") == "x:mayor" and linker.stands_for("x:unknown") == "x:unknown"


def test_terms_are_entities_and_words_without_stop_words(tmp_path: Path) -> None:
    reading = tiny_linker(tmp_path, LABELS, words="公文 的 了 重要").read("重要的公文市长签发了")
    assert reading.terms == ("重要", "公文", "x:mayor", "x:sign")


def test_cues(tmp_path: Path) -> None:
    linker = tiny_linker(tmp_path, LABELS)
    assert linker.read("谁能不能").aspects == {"who", "whether"}
    assert linker.read("市长").aspects == frozenset()


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("全体会议，媒体能去?", True),
        ("秘书长去外地疗养几天，也要请假?", True),
        ("常务会已经定了的例行手续件，副市长签也行?", True),
        ("全体会议，媒体能去", False),
        ("谁能去?", False),
        ("会议纪要的要求?", False),
        ("政府职能转变?", False),
        ("主要任务?", False),
        ("副市长签还是市长签也行?", False),
    ],
)
def test_a_statement_with_a_question_mark_asks_whether(text: str, asks: bool) -> None:
    assert ("whether" in asking.read(text).aspects) == asks


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("vice mayor签发", "副市长签发"),
        ("mayor sign", "市长 签发"),
        ("谁sign?", "谁签发?"),
        ("design", "design"),
        ("article 16讲什么", "第16条讲什么"),
        ("art. 3和clause 5", "第3条和第5条"),
        ("article讲什么", "条讲什么"),
        ("sign 3", "签发 3"),
        ("OA", "OA"),
        ("oa系统", "oa系统"),
    ],
)
def test_glossary(tmp_path: Path, text: str, read: str) -> None:
    linker = tiny_linker(
        tmp_path, LABELS, glossary={"vice mayor": "副市长", "mayor": "市长", "sign": "签发", "article": "条", "art": "条", "clause": "条款"}
    )
    assert linker.read(text).text == read


def test_a_longer_phrase_of_the_glossary_wins_inside_a_sentence(tmp_path: Path) -> None:
    linker = tiny_linker(tmp_path, LABELS, glossary={"vice mayor": "副市长", "mayor": "市长", "sign": "签发"})
    assert named(linker.read("can vice mayor sign")) == ["副市长", "签发"]


def test_words_joined_are_the_text(tmp_path: Path) -> None:
    linker = tiny_linker(tmp_path, LABELS, words="公文 重要")
    for text in ("", "重要公文由市长签发", "a1重要!?", "😀重要"):
        assert "".join(linker.cut(text)) == text


def test_frequency_is_of_general_language(tmp_path: Path) -> None:
    linker = tiny_linker(tmp_path, [], words="公文")
    assert linker.frequency("公文") == 1000 and linker.frequency("怪词") == 0


def test_nothing_to_read(tmp_path: Path) -> None:
    reading = tiny_linker(tmp_path, []).read("")
    assert (reading.mentions, reading.terms, reading.aspects, reading.reference) == ((), (), frozenset(), None)
