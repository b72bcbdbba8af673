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


def test_what_is_firm_holds_against_certainty() -> None:
    """That the condition is given is in the question, and no judge that is certain has seen it: 那经授权了呢,可以吗."""
    told = ["未经市政府授权，市政府各部门不得直接向各县（市）区政府发布指令性公文"]
    assert VETOES("不可以。", "部门能直接给县区政府发指令性公文经授权了呢,可以吗", told, certain=True)
    assert not VETOES("不可以。", "部门能直接给县区政府发指令性公文吗", told, certain=True)
