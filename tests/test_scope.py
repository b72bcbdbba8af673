"""Scope: other governments and places are not answered from this regulation; journeys to them are."""

from __future__ import annotations

from typing import Any

import asking
import pytest
import yaml
from asking import INTENTS, cases

from qa.normalise import normalise
from qa.scope import Scope

SETTINGS = yaml.safe_load((INTENTS / "scope.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", cases("scope"))
def test_question(case: dict[str, Any]) -> None:
    scope = Scope(SETTINGS)
    reason = scope.outside(scope.asked(normalise(case["question"])).text)
    assert bool(reason) is case.get("outside", False), reason
    assert reason is None or (not reason.endswith("。") and "\n" not in reason)


def test_the_reason_names_what_is_elsewhere() -> None:
    assert "沈阳" in str(Scope(SETTINGS).outside("沈阳市政府多久开会"))


def test_settings_of_ones_own() -> None:
    own = {
        "places": "甲 甲乙",
        "places_after": "(?<![去])(?:{place})(?:的|$)",
        "elsewhere": ["省长"],
        "chatter": ["下雨"],
        "courtesies": "^早安",
    }
    scope = Scope(own)
    assert scope.outside("甲乙的公文") == "“甲乙的”属于别的机关或者别的地方"
    assert scope.outside("去甲的路费") is None
    assert scope.outside("省长签发") and scope.outside("明天下雨吗") and scope.outside("市长签发") is None


def test_no_wording_of_a_norm_is_outside() -> None:
    """What people ask about the norms is never turned away by a pattern."""
    scope = Scope(SETTINGS)
    kinds = {f.id: f.kind for f in asking.families().values()}
    texts = [
        (text, intent)
        for text, intent, origin in asking.questions()
        if not origin and intent.bound("norm") and kinds[intent.family] == "norm"
    ]
    assert len(texts) > 3000
    turned_away = [text for text, _ in texts if scope.outside(normalise(text).text)]
    assert len(turned_away) <= len(texts) // 500, turned_away[:10]


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("您好，请示要一文一事吗？谢谢！", "请示要一文一事吗?"),
        ("你好谢谢", "你好谢谢"),
        ("谢谢信由谁签发", "谢谢信由谁签发"),
        ("各位领导好！会签几天回复？非常感谢您的解答。", "会签几天回复?"),
        ("早上好，在吗，纪要谁签", "纪要谁签"),
    ],
)
def test_a_greeting_and_thanks_are_no_part_of_what_is_asked(said: str, asked: str) -> None:
    found = Scope(SETTINGS).asked(normalise(said))
    assert found.text == asked and len(found.origins) == len(asked)
    assert all(normalise(said[found.origins[i]]).text == c for i, c in enumerate(asked))
