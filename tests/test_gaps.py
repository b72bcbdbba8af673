"""Questions asked in vain become proposals that the build can read; what was well answered does not."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import asking
import pytest
import yaml
from asking import BASE, ROOT, artefacts

from qa.encoder import TextEncoder, open_encoder
from qa.expand import expand_wordings
from qa.feedback import Entry, Feedback, FeedbackError
from qa.gaps import Gap, gaps, proposals, report
from qa.index import MODEL

WHEN = "2026-01-01T08:00Z"


@cache
def encoder() -> TextEncoder:
    return open_encoder(model_dir=artefacts() / MODEL)


def vain(question: str, reason: str | None = "not_understood", verdict: str | None = None, status: str = "no_answer") -> Entry:
    return Entry(WHEN, question, status, reason, 0.4, verdict)


def found(*entries: Entry) -> list[Gap]:
    return gaps(entries, encoder(), asking.index())


def test_one_meaning_is_one_gap_and_the_most_asked_comes_first() -> None:
    result = found(
        vain("食堂几点开饭"),
        vain("任免通知到底谁说了算"),
        vain("人事任免的通知谁说了算"),
        vain("任免通知到底谁说了算？"),
        vain("食堂什么时候开饭"),
    )
    assert [gap.times for gap in result] == [3, 2]
    assert {question for question, _ in result[0].questions} == {"任免通知到底谁说了算", "人事任免的通知谁说了算"}
    assert result[0].reasons == (("没有把握", 3),)


@pytest.mark.parametrize(
    ("entry", "counts"),
    [
        (vain("甲乙丙", "silent"), True),
        (vain("甲乙丙", None, "dislike", "answered"), True),
        (vain("甲乙丙", None, None, "clarify"), True),
        (vain("甲乙丙", None, "like", "answered"), False),
        (vain("甲乙丙", None, None, "answered"), False),
        (vain("甲乙丙", "silent", "like"), False),
        (vain("abc", "bad_input"), False),
    ],
)
def test_what_counts(entry: Entry, counts: bool) -> None:
    assert bool(found(entry)) == counts


def test_a_proposal_is_a_wording_that_the_build_reads(tmp_path: Path) -> None:
    text = proposals(found(vain("人事任免的公文归谁来签发呀", None, "dislike", "answered")), [BASE])
    assert "# 1 次（不满意 1）" in text
    file = tmp_path / "new.yaml"
    file.write_text(text, encoding="utf-8")
    (wording, intent), *rest = expand_wordings(file, BASE, asking.families())
    assert wording == "人事任免的公文归谁来签发呀" and not rest
    assert intent.bound("norm")[0].startswith(f"{BASE}/norm/31-3-")


def test_what_is_like_nothing_is_left_to_people() -> None:
    text = proposals(found(vain("量子纠缠的贝尔不等式如何推导")), [BASE])
    assert yaml.safe_load(text) is None, "everything is a comment"
    assert "量子纠缠" in text and "与现有的问法都不接近" in text


def test_no_gaps() -> None:
    assert found() == []
    assert proposals([], [BASE]) == "没有未答上或者不满意的问题。\n"


def test_the_report_over_a_file(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    Feedback(path).add("任免通知到底谁说了算", "no_answer", "not_understood", 0.3)
    assert "任免通知到底谁说了算" in report(ROOT, artefacts(), path)
    with pytest.raises(ValueError, match="没有这个文件"):
        report(ROOT, artefacts(), tmp_path / "none.jsonl")
    path.write_text("nonsense\n", encoding="utf-8")
    with pytest.raises(FeedbackError, match="第1行"):
        report(ROOT, artefacts(), path)
