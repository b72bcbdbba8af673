"""Rows → the short answer: budgets, order, leads, and citations for what is said and nothing else."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from qa.expand import Family
from qa.models import Row, Text
from qa.verbalise import BRIEF, LISTED, LONG, fit, verbalise

NORM = Family("bearer", "norm", "由谁", answer="{values}。{readings}")
PLAIN = Family("whole", "norm", "全", answer="{readings}")
LIST = Family("of", "list", "列", answer="{count}类：{values}")


def row(norm: str, reading: str, ref: str = "31.3", **more: str) -> Row:
    provision = f"http://x/art/{ref.replace('.', '/item/')}"
    cells = {
        "norm": f"http://x/norm/{norm}",
        "reading": reading,
        "quote": reading,
        "provision": provision,
        "ref": ref,
        "citation": f"第{ref}条",
    }
    return {key: Text(value) for key, value in (cells | more).items()}


def said(family: Family, *rows: Row, **more: Any) -> str:
    return verbalise(family, rows, **more)[0]


# ---------------------------------------------------------------- what leads


def test_the_asked_for_thing_is_said_first() -> None:
    assert said(NORM, row("1", "人事任免公文由市长签发", value="市长")) == "市长。人事任免公文由市长签发。"


def test_unless_the_reading_says_it_first_anyway() -> None:
    assert said(NORM, row("1", "市长签发人事任免公文", value="市长")) == "市长签发人事任免公文。"


def test_unless_there_is_none() -> None:
    assert said(NORM, row("1", "人事任免公文由市长签发")) == "人事任免公文由市长签发。"


def test_unless_there_are_several_norms() -> None:
    assert (
        said(NORM, row("1", "甲由市长签发", value="市长"), row("2", "乙由副市长签发", value="副市长")) == "甲由市长签发。乙由副市长签发。"
    )


def test_a_rule_read_with_a_norm_does_not_lead_where_its_words_contain_those_of_the_norm() -> None:
    """Article 24: leave is asked of the chair, and told to the office; 跟谁请假 is not 市政府办公室."""
    asked = row("24-ask-leave", "不能参加的，向会议主持人请假", rule="http://x/norm/24-ask-leave", value="会议主持人")
    told = row("24-ask-leave", "不能参加的，向会议主持人请假，并报办公室备案", rule="http://x/norm/24-file-leave", value="办公室")
    assert said(NORM, asked, told) == "会议主持人。不能参加的，向会议主持人请假，并报办公室备案。"


def test_of_two_norms_asked_for_neither_leads_where_the_words_of_one_contain_those_of_the_other() -> None:
    draft = row("21-draft", "文件由汇报部门起草", value="汇报部门")
    review = row("21-review", "文件由汇报部门起草，由办公室审核", value="办公室")
    assert said(NORM, draft, review) == "文件由汇报部门起草，由办公室审核。"


def test_what_no_reading_says_leads_also_where_a_rule_is_read_with_the_norm() -> None:
    """Article 44: the day from which the rules are in force stands in the notice."""
    effect = row("44-effect", "本规则自发布之日起施行", rule="http://x/norm/44-effect", value="2024年1月29日")
    repeal = row("44-effect", "旧规则停止执行", rule="http://x/norm/44-repeal")
    assert said(NORM, effect, repeal) == "2024年1月29日。本规则自发布之日起施行。旧规则停止执行。"


def test_unless_there_is_no_room() -> None:
    long = "公文" * (BRIEF // 2)
    assert said(NORM, row("1", long, value="市长")).startswith("公文")


def test_a_yes_or_no_stands_before_everything() -> None:
    assert said(PLAIN, row("1", "请示应当一文一事"), lead="不可以。") == "不可以。请示应当一文一事。"


def test_a_question_of_where_is_told_where() -> None:
    assert said(NORM, row("1", "人事任免公文由市长签发", value="市长"), where=True).startswith("第31.3条。")


def test_values_come_in_the_order_of_the_text() -> None:
    reading = "会议由市长、副市长、秘书长组成"
    rows = [row("1", reading, value=v) for v in ("秘书长", "副市长", "市长", "外人")]
    assert said(NORM, *rows).startswith("市长、副市长、秘书长、外人。")


def test_a_question_of_how_many_is_told_how_many() -> None:
    rows = [row("1", "实行甲、乙、丙三种监督", value=v) for v in "丙乙甲"]
    assert said(NORM, *rows, count="项") == "3项。实行甲、乙、丙三种监督。", "what the sentence names need not be said twice"
    assert said(NORM, *rows, count="种").startswith("3种。")
    named = [row("1", "实行三种监督", value=v) for v in "丙乙甲"]
    assert said(NORM, *named, count="种") == "3种：丙；乙；甲。实行三种监督。"
    assert said(NORM, row("1", "实行甲", value="甲"), count="项") == "甲。实行甲。"


def test_the_things_that_several_norms_name_are_counted_where_each_names_some() -> None:
    first, second = row("1", "实行甲和乙", value="甲"), row("2", "召开丙", "2", value="丙")
    assert said(NORM, first, {**first, "value": "乙"}, second, count="项") == "3项。实行甲和乙。召开丙。"
    nothing = {name: value for name, value in second.items() if name != "value"}
    assert not said(NORM, first, {**first, "value": "乙"}, nothing, count="项").startswith("2项")


def test_what_others_make_up_is_no_thing_of_its_own() -> None:
    rows = [row("1", "请示报告甲、乙", value="甲、乙"), *(row("2", "报告甲和乙", "2", value=value) for value in "甲乙")]
    assert said(NORM, *rows, count="类").startswith("2类。")
    assert said(NORM, *rows[:2], count="类").startswith("2类"), "乙 is not named by itself"


def test_a_list_is_counted() -> None:
    rows = [row(n, f"由市长签发{v}", f"31.{n}", value=v) for n, v in (("1", "公文"), ("2", "议案"))]
    assert said(LIST, *rows) == "2类：公文；议案。"
    assert said(replace(LIST, counted="{count}{measure}：{values}"), *rows, count="种") == "2种：公文；议案。"


def test_of_too_many_rules_the_first_are_told_whole() -> None:
    duties = replace(LIST, answer="{readings}")
    text = said(duties, *(row(str(n), f"办公室要做第{n}件要紧的、不能不做好的事情", f"2{n}") for n in range(10, 32)))
    assert (
        text.startswith("办公室要做第10件要紧的、不能不做好的事情；")
        and text.endswith("共22项，其余见有关各条）。")
        and len(text) <= LONG + 2
    )


# ---------------------------------------------------------------- what is said, and cited


def test_what_another_norm_says_too_is_said_once() -> None:
    text, citations = verbalise(PLAIN, [row("1", "由市长签发", "31.1"), row("2", "公文由市长签发", "31.2")])
    assert text == "公文由市长签发。"
    assert [c.ref for c in citations] == ["31.2"]


def test_what_another_norm_implies_is_not_said_beside_it() -> None:
    implied = row("1", "市长可委托副市长主持会议", "20", fuller="http://x/norm/2")
    assert said(PLAIN, implied, row("2", "会议由市长或委托的副市长主持", "20")) == "会议由市长或委托的副市长主持。"
    assert said(PLAIN, implied) == "市长可委托副市长主持会议。", "it is said by itself"


def test_equal_readings_are_said_once() -> None:
    assert said(PLAIN, row("1", "由市长签发"), row("2", "由市长签发")) == "由市长签发。"


def test_a_rule_to_be_read_with_it_comes_last_if_there_is_room() -> None:
    asked = row("1", "函件由分管负责同志签发", "31.5")
    with_it = row("1", "重要的报市长签发", "31.5", rule="http://x/norm/2")
    assert said(PLAIN, asked, with_it) == "函件由分管负责同志签发。重要的报市长签发。"
    much = row("1", "另有规定" * 40, "31.6", rule="http://x/norm/3")
    text, citations = verbalise(PLAIN, [asked, much])
    assert text == "函件由分管负责同志签发。"
    assert [c.ref for c in citations] == ["31.5"], "what is not said is not cited"


def test_whatever_the_order_of_the_rows() -> None:
    asked, with_it = row("1", "函件由分管负责同志签发", "31.5"), row("1", "重要的报市长签发", "31.5", rule="http://x/norm/2")
    assert said(PLAIN, with_it, asked) == said(PLAIN, asked, with_it)


def test_neighbours_in_one_provision_are_told_in_its_own_words() -> None:
    text = "会议由市长召集和主持，一般每月召开2次。"
    one = row("1", "市政府常务会议由市长召集和主持", "20", text=text, quote="会议由市长召集和主持")
    two = row("2", "市政府常务会议一般每月召开2次", "20", text=text, quote="一般每月召开2次")
    assert said(PLAIN, one, two) == "市政府常务会议由市长召集和主持，一般每月召开2次。"


def test_but_not_what_stands_between_them() -> None:
    text = "会议由市长召集和主持，议题须经审核，一般每月召开2次。"
    one = row("1", "常务会议由市长召集和主持", "20", text=text, quote="会议由市长召集和主持")
    two = row("2", "常务会议一般每月召开2次", "20", text=text, quote="一般每月召开2次")
    assert "议题" not in said(PLAIN, one, two)


def test_a_citation_for_each_quote_of_each_provision() -> None:
    rows = [row("1", "甲由市长签发", "31.1", value=v) for v in ("市长", "甲")] + [row("2", "乙由市长签发", "31.2")]
    _, citations = verbalise(NORM, rows)
    assert [(c.ref, c.quote, c.label) for c in citations] == [("31.1", "甲由市长签发", "第31.1条"), ("31.2", "乙由市长签发", "第31.2条")]


def test_not_too_many_provisions_are_cited() -> None:
    _, citations = verbalise(PLAIN, [row(str(n), f"第{n}种由市长签发", str(n)) for n in range(1, 31)])
    assert 1 <= len({c.ref for c in citations}) <= 8


# ---------------------------------------------------------------- budgets


@pytest.mark.parametrize("size", [1, 3, 12, 40])
def test_many_norms_stay_within_the_budget(size: int) -> None:
    rows = [row(str(n), f"第{n}种公文，经办公室审核后，由第{n}位领导签发", str(n), value=f"第{n}种公文") for n in range(size)]
    assert len(said(PLAIN, *rows)) <= LISTED + 1
    assert len(said(LIST, *rows)) <= LONG + 8


def test_no_full_stop_is_doubled() -> None:
    for reading in ("由市长签发", "由市长签发。", "由市长签发；"):
        assert said(PLAIN, row("1", reading)) == "由市长签发。"


def test_what_was_cut_is_shown_to_be_cut() -> None:
    long = "，".join(f"第{n}句话说的是公文" for n in range(60))
    assert said(PLAIN, row("1", long)).endswith("……")


def test_fit() -> None:
    assert fit(["甲乙", "丙"], 10, "；") == "甲乙；丙"
    assert fit(["甲乙。", "丙；"], 10, "。") == "甲乙。丙"
    assert fit([], 10, "；") == ""


@pytest.mark.parametrize("seed", range(3))
def test_fit_never_exceeds_its_limit(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(200):
        parts = [
            "".join(chance.choice("市长签发公文，；、。") for _ in range(chance.randrange(1, 80))) for _ in range(chance.randrange(1, 12))
        ]
        limit, separator = chance.randrange(5, 200), chance.choice(["。", "；", ""])
        assert len(fit(parts, limit, separator)) <= limit, (parts, limit, separator)


# ---------------------------------------------------------------- the other kinds of family


def test_a_provision_is_told_in_its_words() -> None:
    cells = {"provision": "http://x/art/1", "ref": "1", "citation": "第一条", "text": "第一款。\n第二款。"}
    text, citations = verbalise(Family("p", "provision", "条", answer="{text}"), [{k: Text(v) for k, v in cells.items()}])
    assert text == "第一条：第一款。第二款。"
    assert citations[0].quote == "第一款。\n第二款。"


def test_an_item_ends_with_one_stop() -> None:
    cells = {"provision": "http://x/art/31/item/3", "ref": "31.3", "citation": "第三十一条（三）", "text": "由市长签发；"}
    assert verbalise(Family("p", "provision", "条", answer="{text}"), [{k: Text(v) for k, v in cells.items()}])[0].endswith("由市长签发。")


def test_items_are_counted_and_listed() -> None:
    family = Family("i", "items", "项", answer="{count}项：{readings}", counted="{label}列了{count}项")
    cells = [
        {"provision": "http://x/art/19", "ref": "19", "citation": "第十九条", "number": str(n), "reading": f"任务{n}；"} for n in (1, 2)
    ]
    rows = [{k: Text(v) for k, v in c.items()} for c in cells]
    assert said(family, *rows) == "2项：任务1；任务2。"
    assert said(family, *rows, count="项") == "第十九条列了2项。"
    named = [row | {"enumerated": Text("主要任务")} for row in rows]
    assert said(family, *named, count="项") == "第十九条（主要任务）列了2项。"


def test_items_of_two_articles_are_kept_apart() -> None:
    family = Family("i", "items", "项", answer="{count}项：{readings}")
    cells = [
        {"provision": f"http://x/art/{n}", "ref": f"{n}", "citation": f"第{n}条", "number": "1", "reading": f"任务{n}；"} for n in (19, 20)
    ]
    text, citations = verbalise(family, [{k: Text(v) for k, v in c.items()} for c in cells])
    assert "第19条1项：任务19" in text and "第20条1项：任务20" in text
    assert {c.ref for c in citations} == {"19", "20"}


def test_a_chapter_cites_its_first_and_last_article() -> None:
    family = Family("c", "chapter", "章", answer="{chapter}“{title}”，从{first}到{last}，共{count}条")
    rows: list[Row] = [
        {
            k: Text(v)
            for k, v in {
                "chapter": "第六章",
                "title": "公文",
                "provision": f"x:{n}",
                "ref": str(n),
                "citation": f"第{n}条",
                "text": "文",
            }.items()
        }
        for n in (27, 28, 29)
    ]
    text, citations = verbalise(family, rows)
    assert text == "第六章“公文”，从第27条到第29条，共3条。"
    assert [c.ref for c in citations] == ["27", "29"]


def test_several_chapters_are_told_one_after_the_other() -> None:
    family = Family("c", "chapter", "章", answer="{chapter}共{count}条")
    rows: list[Row] = [
        {
            k: Text(v)
            for k, v in {"chapter": chapter, "title": "文", "provision": f"x:{n}", "ref": n, "citation": f"第{n}条", "text": "文"}.items()
        }
        for chapter, n in (("第六章", "27"), ("第六章", "28"), ("第七章", "34"))
    ]
    text, citations = verbalise(family, rows)
    assert text == "第六章共2条。第七章共1条。" and [c.ref for c in citations] == ["27", "28", "34"]


def test_a_silence_is_told_without_a_quote_of_its_own() -> None:
    assert said(Family("s", "silent", "无", answer="{readings}"), {"reading": Text("本规则没有规定人数")}) == "本规则没有规定人数。"


def test_a_stretch_of_the_text_keeps_the_subject_that_the_text_leaves_out() -> None:
    text = "市政府办公室负责督查。要制定督查计划，建立督查台账。"
    rows = [
        row("1", "市政府办公室制定督查计划", "36", quote="制定督查计划", text=text),
        row("2", "市政府办公室建立督查台账", "36", quote="建立督查台账", text=text),
    ]
    assert said(NORM, *rows) == "市政府办公室制定督查计划，建立督查台账。"


def test_a_stretch_keeps_a_long_subject_too() -> None:
    """Article 35: what is reported, and by whom, stands one clause before."""
    text = "对重要决策和市政府重要会议议定事项，各县（市）区政府要明确责任人，办理完毕后报告情况，重要进展要及时报告。"
    rows = [
        row("1", "对重要决策和市政府重要会议议定事项，各县（市）区政府办理完毕后要报告情况", "35", quote="办理完毕后报告情况", text=text),
        row("2", "对重要决策和市政府重要会议议定事项，各县（市）区政府对重要进展要及时报告", "35", quote="重要进展要及时报告", text=text),
    ]
    assert said(PLAIN, *rows) == "对重要决策和市政府重要会议议定事项，各县（市）区政府办理完毕后报告情况，重要进展要及时报告。"


def test_a_stretch_keeps_the_subject_whichever_of_the_norms_in_the_same_words_says_it() -> None:
    """Article 23: the topics of the mayor's meeting, not topics of any."""
    words = "议题由市长确定，或由副市长提出报市长确定"
    rows = [
        row("1", f"市长办公会议的{words}", "23", quote=words, text=f"{words}。"),
        row("2", "市长办公会议的议题由副市长提出的，报市长确定", "23", quote=words, text=f"{words}。"),
    ]
    assert said(PLAIN, *rows) == said(PLAIN, *rows[::-1]) == f"市长办公会议的{words}。"
