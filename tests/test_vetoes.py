"""Which yes and no is left unsaid."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from asking import INTENTS, cases

from qa.vetoes import Vetoes

VETOES = Vetoes(yaml.safe_load((INTENTS / "replies.yaml").read_text("utf-8"))["vetoes"])


@pytest.mark.parametrize("case", cases("vetoes"))
def test_veto(case: dict[str, Any]) -> None:
    assert VETOES(case["said"], case["asked"], [case["told"]]) is case["vetoed"]


def test_one_of_several_norms_is_enough() -> None:
    assert VETOES("可以。", "能发吗", ["文件一般由秘书长签发", "没有实质内容的一律不发"])
    assert not VETOES("可以。", "能发吗", [])
