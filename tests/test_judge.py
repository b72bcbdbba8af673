"""One shard judged: results only of its own records, in their order, with the headers of the file."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from qa.calendar import WorkingDays
from qa.judge import judge
from qa.rulebook import Rulebook, load_rulebook
from qa.shard_models import Origin, Shard
from qa.store import Store
from qa.terms import NS, RDF
from qa.validate import working_days
from qa.validate_models import Result, Settings, Severity


@pytest.fixture(scope="module")
def rules(root: Path, store: Store) -> Rulebook:
    return load_rulebook(root, store)


@pytest.fixture(scope="module")
def days(root: Path) -> WorkingDays:
    return working_days(root, Settings())


def briefing(iri: str) -> str:
    return f'<{iri}> <{RDF}type> <{NS}BriefingRecord> ; <{NS}submittingUnit> "甲局" .\n'.replace(" ; ", f" .\n<{iri}> ")


def origin(iri: str, sequence: int) -> Origin:
    headers = {"submittingUnit": "报送单位", "briefingName": "刊名", "submittedOn": "报送日期", "approval/actDate": "核准时间"}
    return Origin(iri, "简报登记", iri[-1], "简报.xlsx", "一月", sequence + 3, headers, sequence)


def judged(rules: Rulebook, days: WorkingDays, owned: list[str]) -> list[Result]:
    packed = tuple(zlib.compress(briefing(f"x:{name}").encode()) for name in "abc")
    shard = Shard({iri: origin(iri, number) for number, iri in enumerate(owned)}, packed, 3)
    return judge(shard, rules, days, ["BriefingRecord"], first_day_counts=False)


def test_results_are_those_of_owned_records_in_their_order(rules: Rulebook, days: WorkingDays) -> None:
    found = judged(rules, days, ["x:c", "x:a"])
    assert list(dict.fromkeys(result.focus for result in found)) == ["x:c", "x:a"]
    assert judged(rules, days, []) == []


def test_a_result_says_where_and_what(rules: Rulebook, days: WorkingDays) -> None:
    (ratified,) = [result for result in judged(rules, days, ["x:b"]) if result.severity is Severity.VIOLATION]
    assert (ratified.register, ratified.file, ratified.sheet, ratified.row, ratified.id) == ("简报登记", "简报.xlsx", "一月", 3, "b")
    assert ratified.rule == "33" and ratified.provision.endswith("/art/33/para/1") and ratified.shape == "BriefingRatified"
    assert ratified.column == "核准时间、报送日期"
    assert ratified.message == "没有登记核准，不合“各部门报送市政府的简报须经市政府办公室核准”"


def test_the_remedy_names_what_is_lacking(rules: Rulebook, days: WorkingDays) -> None:
    lacking = {result.remedy for result in judged(rules, days, ["x:a"]) if not result.breach}
    assert lacking == {"补登简报名称。", "补登报送日期。"}
