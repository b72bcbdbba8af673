"""Suggestions while typing: what begins so first, what is like it after, and nothing of the tests' questions."""

from __future__ import annotations

import time
from functools import cache

import asking
import pytest

from qa.suggest import Suggester

FEW = Suggester(["市长请假向谁报告", "谁签发市长的请假条", "副市长请假,向谁报告?", "会议纪要谁签", "请示写几件事"])


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("市长请", ["市长请假向谁报告？", "副市长请假，向谁报告？"]),
        ("市长请假向谁", ["市长请假向谁报告？", "副市长请假，向谁报告？"]),
        ("纪要", ["会议纪要谁签？"]),
        ("会议纪要由谁签", ["会议纪要谁签？"]),
        ("请", []),
        ("", []),
        ("天气预报", []),
        ("?!，。", []),
    ],
)
def test_suggestions(typed: str, found: list[str]) -> None:
    assert FEW.suggest(typed) == found


@cache
def real() -> Suggester:
    return Suggester(asking.answerer().canonical())


def test_the_project_suggests_answerable_questions() -> None:
    found = real().suggest("人事任免")
    assert 3 <= len(found) <= 6 and all("任免" in question for question in found)
    for question in found:
        assert asking.answerer().ask(question).status == "answered"


def test_a_long_text_is_no_trouble() -> None:
    started = time.process_time()
    real().suggest("市政府" * 10_000)
    assert time.process_time() - started < 5  # not a speed claim: it must not grow with what is typed
