"""The way of a document: which norms speak at which stage, who acts, until when, and what stays open or unregulated."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from rdflib import Graph

from qa import calendar, graph, terms
from qa.route import Navigator
from qa.route_choices import ChoiceError
from qa.route_due import DayError, read_day
from qa.route_models import Case, Chain, State, Step
from qa.store import Store, canonical

ROOT = Path(__file__).parents[1]
CASES = yaml.safe_load((ROOT / "tests" / "cases" / "route.yaml").read_text("utf-8"))
RULES = f"{terms.ID}chaoyang/rules-2024"


@pytest.fixture(scope="module")
def days() -> calendar.WorkingDays:
    return calendar.read(ROOT / calendar.OFFICIAL)


@pytest.fixture(scope="module")
def navigator(store: Store, days: calendar.WorkingDays) -> Navigator:
    """The navigator of the project's regulation."""
    return Navigator(store, days, RULES, "规则")


def chain(navigator: Navigator, choose: dict[str, list[str]], dates: dict[str, date] | None = None) -> Chain:
    return navigator.chain(Case({label: tuple(given) for label, given in choose.items()}, dates or {}))


def step(found: Chain, label: str) -> Step:
    return next(step for step in found.steps if step.label == label)


def named(rules: Any) -> set[str]:
    """The short names of the norms among ``rules``."""
    return {rule.iri.rsplit("/", 1)[1] for rule in rules}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_way(case: dict[str, Any], navigator: Navigator) -> None:
    found = chain(navigator, case["choose"], case.get("dates"))
    assert case["expect"]
    for label, expected in case["expect"].items():
        at = step(found, label)
        seen = {
            "state": at.state.value,
            "who": sorted(at.who),
            "norms": sorted(named(at.rules)),
            "forbidden": sorted(named(at.forbidden)),
            "due": [due.day for due in at.due if due.day],
        }
        wanted = {key: sorted(value) if isinstance(value, list) else value for key, value in expected.items()}
        assert {key: seen[key] for key in wanted} == wanted, label


def test_stages_come_in_their_order(navigator: Navigator) -> None:
    labels = [step.label for step in chain(navigator, {}).steps]
    order = ["起草", "征求意见与会签", "合法性审查、审核", "公平竞争审查", "办公室审核、呈批", "分管审核", "签发、批准", "印发"]
    assert [label for label in labels if label in order] == order


def test_every_norm_with_a_stage_is_reached_by_some_document(navigator: Navigator, store: Store) -> None:
    """A norm that no choice reaches would be dead data."""
    staged = {str(row["norm"]) for row in store.select(f"SELECT ?norm WHERE {{ ?norm gz:stage ?s ; gz:regulation <{RULES}> }}")}
    reached = {rule.iri for s in chain(navigator, {}).steps for rule in (*s.rules, *s.forbidden, *s.open)}
    for facet in navigator.facets:
        for choice in facet.choices:
            given = ["甲", "乙"][: choice.least] if facet.counted else [choice.label]
            found = chain(navigator, {facet.label: given})
            reached |= {rule.iri for s in found.steps for rule in (*s.rules, *s.forbidden, *s.open)}
    assert len(staged) > 80
    assert staged - reached == set()


def test_every_document_type_has_a_way(navigator: Navigator) -> None:
    facet = navigator.facets[0]
    assert len(facet.choices) > 20
    for choice in facet.choices:
        found = chain(navigator, {facet.label: [choice.label]})
        assert any(s.state in (State.REGULATED, State.OPEN) for s in found.steps), choice.label


def test_a_limit_that_cannot_be_counted_says_why(navigator: Navigator) -> None:
    choose = {"公文种类": ["函件"], "提请讨论的会议": ["市政府常务会议"]}
    assert "填写“会议结束”的日期" in step(chain(navigator, choose), "印发").due[0].note
    late = step(chain(navigator, choose, {"会议结束": date(2039, 3, 1)}), "印发").due[0]
    assert late.day is None
    assert "不在工作日历所记的年份" in late.note


def test_the_first_day_may_count(store: Store, days: calendar.WorkingDays) -> None:
    strict = Navigator(store, days, RULES, "规则", first_day_counts=True)
    found = chain(strict, {"公文种类": ["函件"], "提请讨论的会议": ["市政府常务会议"]}, {"会议结束": date(2024, 2, 8)})
    assert step(found, "印发").due[0].day == date(2024, 2, 22)


def test_an_exceptional_norm_sets_aside_only_where_it_was_chosen(navigator: Navigator) -> None:
    """29-p2-agree overrides 29-p2-reply in special cases; nobody said that this is one, so both are shown."""
    found = step(chain(navigator, {"公文种类": ["函件"], "涉及职权的部门": ["甲", "乙"]}), "征求意见与会签")
    assert {"29-p2-reply", "29-p2-agree"} <= named(found.rules)


@pytest.mark.parametrize(
    ("choose", "said"),
    [
        ({"公文种类": ["电报"]}, "没有选项“电报”"),
        ({"文种": ["函件"]}, "没有选择项“文种”"),
        ({"公文种类": ["函件"], "以谁的名义": ["市政府办公室"]}, "是“市政府”，又是“市政府办公室”"),
        ({"公文种类": ["函件", "请示"]}, "只能选一项"),
        ({"公文种类": ["市政府"]}, "有几项都叫"),
    ],
)
def test_choices_that_cannot_be(navigator: Navigator, choose: dict[str, list[str]], said: str) -> None:
    with pytest.raises(ChoiceError, match=said):
        chain(navigator, choose)


def test_a_day_of_no_event_is_refused(navigator: Navigator) -> None:
    with pytest.raises(ChoiceError, match="没有从“生日”起算的时限"):
        chain(navigator, {}, {"生日": date(2024, 1, 1)})


@pytest.mark.parametrize("written", ["2024-02-30", "24-2-3", "明天", "2024-2", ""])
def test_what_is_no_day(written: str) -> None:
    with pytest.raises(DayError, match="不是日期"):
        read_day(written)


def test_another_regulation_needs_data_only(small_graphs: dict[str, Graph], days: calendar.WorkingDays) -> None:
    small = Store(canonical(graph.nquads(small_graphs)))
    navigator = Navigator(small, days, f"{terms.ID}qingshi/meetings-2025", "办法")
    assert [facet.label for facet in navigator.facets] == ["以谁的名义"]
    found = chain(navigator, {"以谁的名义": ["市政府"]})
    assert named(step(found, "印发").forbidden) == {"7-name"}
    assert step(found, "签发、批准").state is State.SILENT
