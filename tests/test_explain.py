"""Every answer tells how it came about, stage by stage, in words that people know."""

from __future__ import annotations

import re
from functools import cache

import asking
import pytest
import yaml
from asking import ROOT

from qa.explain import Explainer, Step
from qa.models import Status
from qa.retrieve import FEATURES


@cache
def explainer() -> Explainer:
    return Explainer.open(ROOT, asking.store(), asking.answerer().titles)


def explained(question: str, *history: str) -> dict[str, Step]:
    steps = explainer().steps(asking.answerer().ask(question, history, explain=True))
    assert [step.title for step in steps][-1] == "结论"
    return {step.title: step for step in steps}


def said(step: Step) -> str:
    return step.text + "".join(f"{term}{words}" for term, words in step.details)


def test_every_cue_and_every_score_has_a_name() -> None:
    words = yaml.safe_load((ROOT / "data" / "page" / "explain.yaml").read_text("utf-8"))
    cues = yaml.safe_load((ROOT / "data" / "intents" / "cues.yaml").read_text("utf-8"))
    assert set(words["aspects"]) == set(cues)
    assert set(words["features"]) == set(FEATURES) | {"general"}


def test_an_answer_by_meaning_names_every_stage() -> None:
    steps = explained("人事任免公文由谁签发？")
    assert list(steps) == ["读题", "认出的词语", "比较问法", "查询图谱", "结论"]
    assert ("人事任免公文（第1至6字）", "市政府人事任免公文") in steps["认出的词语"].details
    assert "谁" in dict(steps["认出的词语"].details)["问的是"]
    assert "分（其中意思相近+" in said(steps["比较问法"])
    assert "市政府人事任免公文，经市政府分管负责同志审核后，由市长签发" in dict(steps["查询图谱"].details)["代入查询的是"]
    assert "第三十一条（三）：" in said(steps["查询图谱"])
    assert "所以作答" in steps["结论"].text


def test_yes_and_no_are_told_with_what_judged_them() -> None:
    steps = explained("副市长出差要不要向市长请假？")
    step = steps["判断是否"]
    assert "nil" not in said(steps["查询图谱"]), "nothing bound is nothing to tell"
    assert [term for term, _ in step.details] == ["从全部是非问的用字和意思看", "把问句和规范放在一起读"]
    assert all(int(re.search(r"是 (\d+)%", words)[1]) > 50 for _, words in step.details)
    assert "判断是否" not in explained("人事任免公文由谁签发？")


def test_shares_of_a_score_add_up_to_it() -> None:
    """What is told is the largest shares of the very score that ranked."""
    answer = asking.answerer().ask("市政府常务会议多久召开一次？", explain=True)
    weights = explainer()._ranking["weights"]
    assert answer.trace is not None
    for _, _, score, features in answer.trace["candidates"]:  # type: ignore[attr-defined]
        assert score == pytest.approx(sum(weights.get(name, 0) * features[name] for name in features), abs=0.05)


def test_a_printed_number_needs_no_comparison() -> None:
    steps = explained("第二十九条第二款讲了什么")
    assert "比较问法" not in steps and "按编号直接查找" in steps["结论"].text


@pytest.mark.parametrize(
    ("question", "words"),
    [("市长办公会议多久召开一次？", "规则没有规定"), ("今天天气怎么样", "不在这部规则的范围内"), ("hello", "请用中文")],
)
def test_a_refusal_says_why(question: str, words: str) -> None:
    assert words in explained(question)["结论"].text


def test_a_follow_up_says_what_was_added() -> None:
    assert ("接着上一个问题，补全为", "秘书长出差要向谁请假?") in explained("那秘书长呢？", "副市长出差要向谁请假？")["读题"].details


def test_without_a_trace_there_is_nothing_to_tell() -> None:
    answer = asking.answerer().ask("人事任免公文由谁签发？")
    assert answer.status is Status.ANSWERED and explainer().steps(answer) == ()


def test_a_question_put_in_order_is_not_one_misspelt() -> None:
    told = dict(explained("谁拟稿、谁签字，市长办公会议的纪要？")["读题"].details)
    assert told["去掉不问的、先说问什么，读作"] == "市长办公会议的纪要谁拟稿、谁签字" and "改正错别字以后" not in told
    told = dict(explained("年度立法计划上哪个会，这个会由谁召集？")["读题"].details)
    assert "改正错别字以后" not in told, "what is asked in the second step is no correction of the question"
    assert dict(explained("会议记要由谁千发")["读题"].details)["改正错别字以后"] == "会议纪要由谁签发"
