"""Follow-ups: what a short question leaves out is taken from the one before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asking
import pytest
from asking import cases, tiny_linker

from qa.dialogue import SHORT, in_context, in_full, resolve
from qa.link import Linker
from qa.models import Mention

LABELS = [
    ("市长", "x:mayor", "Office"),
    ("秘书长", "x:sec", "Office"),
    ("常务会议", "x:exec", "MeetingType"),
    ("全体会议", "x:plen", "MeetingType"),
    ("议案", "x:bill", "DocumentType"),
    ("议题", "x:topic", "Matter"),
    ("签发", "x:sign", "Action"),
    ("确定", "x:decide", "Action"),
]


@pytest.fixture
def tiny(tmp_path: Path) -> Linker:
    return tiny_linker(tmp_path, LABELS, words="由 谁 多久 一次", cues={"who": "谁", "how_often": "多久", "what": "什么"})


@pytest.mark.parametrize("case", cases("dialogue"))
def test_the_projects_names(case: dict[str, Any]) -> None:
    now = asking.read(case["now"])
    found = resolve(now, [asking.read(case["before"])] if "before" in case else [], asking.asks(), asking.read)
    assert found == (now.text if case.get("same") or case.get("exact") is False else case["whole"])


@pytest.mark.parametrize(
    ("before", "now", "whole"),
    [
        ("市长由谁替代", "秘书长呢", "秘书长由谁替代"),
        ("市长由谁替代", "那秘书长", "秘书长由谁替代"),
        ("常务会议由谁签发", "多久一次", "常务会议多久一次"),
        ("常务会议由谁签发", "议题由谁确定", "常务会议议题由谁确定"),
        ("议案由谁签发", "市长签发什么", "市长签发什么"),
        ("议案由谁签发", "常务会议由谁签发", "常务会议由谁签发"),
        ("由谁签发", "多久一次", "多久一次"),
        ("议案由谁签发", "谁签发", "议案谁签发"),
    ],
)
def test_rules(tiny: Linker, before: str, now: str, whole: str) -> None:
    assert resolve(tiny.read(now), [tiny.read(before)], asking.asks(), tiny.read) == whole


@pytest.mark.parametrize(
    ("before", "now", "whole"),
    [
        ("常务会议由谁签发", "全体的呢", "那全体会议呢"),
        ("全体会议多久一次", "那常务呢？", "那常务会议呢"),
        ("议案由谁签发", "常务的呢", "常务的呢"),  # what was asked before was no meeting
        ("常务会议由谁签发", "议案呢", "议案呢"),
        ("常务会议由谁签发", "全体的", "全体的"),
        ("由谁签发", "全体的呢", "全体的呢"),
    ],
)
def test_a_name_cut_short_is_written_out(tiny: Linker, before: str, now: str, whole: str) -> None:
    assert in_full(tiny.read(now), tiny.read(before), tiny.read).text == whole


@pytest.mark.parametrize(
    ("before", "now", "whole"),
    [
        ("常务会议多久一次", "谁确定议题", "常务会议谁确定议题"),
        ("常务会议多久一次", "谁签发议案", "谁签发议案"),
        ("由谁签发", "谁确定议题", "谁确定议题"),
        ("常务会议由谁签发", "议题呢", "常务会议的议题由谁"),
        ("常务会议多久一次", "议题呢", "常务会议的议题怎么办"),
    ],
)
def test_what_belongs_to_a_meeting_is_that_meetings(tiny: Linker, before: str, now: str, whole: str) -> None:
    def belongs(thing: Mention, meeting: Mention) -> bool:
        return thing.entities == ("x:topic",) and meeting.entities == ("x:exec",)

    assert resolve(tiny.read(now), [tiny.read(before)], asking.asks(), tiny.read, belongs) == whole


def test_only_the_last_question_counts(tiny: Linker) -> None:
    earlier = [tiny.read("常务会议由谁签发"), tiny.read("议案由谁签发")]
    assert resolve(tiny.read("多久一次"), earlier, asking.asks(), tiny.read) == "议案多久一次"


def test_a_long_question_stands_by_itself(tiny: Linker) -> None:
    text = "多久" * (SHORT // 2) + "多"
    assert resolve(tiny.read(text), [tiny.read("议案由谁签发")], asking.asks(), tiny.read) == text
    assert resolve(tiny.read(text), [tiny.read("议案由谁签发")], asking.asks(), tiny.read, short=len(text)) == "议案" + text


def test_odd_follow_ups(tiny: Linker) -> None:
    for before in ("", "。", "市长"):
        for now in ("", "呢", "那呢？", "？", "那", "市长", "市长呢"):
            assert isinstance(resolve(tiny.read(now), [tiny.read(before)], asking.asks(), tiny.read), str)


def test_what_says_too_little_by_itself_is_read_after_the_topic(tiny: Linker) -> None:
    before = tiny.read("常务会议的议题由谁确定")
    assert in_context(tiny.read("那由谁签发"), before, asking.asks()) == "常务会议的议题由谁签发"
    assert in_context(tiny.read("谁签发"), tiny.read("由谁签发"), asking.asks()) == "谁签发"
