"""What is kept of questions asked in vain, and what is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa import feedback
from qa.feedback import Feedback, FeedbackError, feedback_path, read_feedback


def test_a_line_says_what_it_must_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "questions.jsonl"
    Feedback(path).add("谁管食堂？", "no_answer", "outside", 0.91234, "dislike")
    row = json.loads(path.read_text(encoding="utf-8"))
    assert row.pop("time").endswith(":00Z"), "the hour is enough"
    assert row == {"question": "谁管食堂？", "status": "no_answer", "reason": "outside", "confidence": 0.912, "verdict": "dislike"}
    assert [entry.question for entry in read_feedback(path)] == ["谁管食堂？"]


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("我的电话13812345678，谁批？", "我的电话〇，谁批？"),
        ("身份证21130219900101123X能办吗", "身份证〇能办吗"),
        ("回我邮箱 zhang.san@example.com.cn 吧", "回我邮箱 〇 吧"),
        ("0421-2811234转谁", "〇转谁"),
        ("朝政发〔2024〕3号第31条第3项", "朝政发〔2024〕3号第31条第3项"),
    ],
)
def test_numbers_of_persons_are_blanked_out(tmp_path: Path, question: str, kept: str) -> None:
    path = tmp_path / "f.jsonl"
    Feedback(path).add(question, "no_answer", None, 0.1)
    assert read_feedback(path)[0].question == kept


def test_off_means_off(tmp_path: Path) -> None:
    for word in ("off", "OFF", "0", "no"):
        assert feedback_path(tmp_path, {feedback.VARIABLE: word}) is None
    silent = Feedback(None)
    silent.add("问", "no_answer", None, 0.1)
    assert not silent.kept and list(tmp_path.iterdir()) == []
    assert feedback_path(tmp_path, {}) == tmp_path / "data" / "feedback" / "questions.jsonl"
    assert feedback_path(tmp_path, {feedback.VARIABLE: "/var/x.jsonl"}) == Path("/var/x.jsonl")


def test_a_file_that_cannot_be_written_disturbs_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    Feedback(tmp_path / "file" / "below.jsonl").add("问", "no_answer", None, 0.1)
    assert (tmp_path / "file").read_text(encoding="utf-8") == ""


def test_a_large_file_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "_LARGEST", 300)
    path = tmp_path / "f.jsonl"
    for i in range(9):
        Feedback(path).add(f"第{i}问", "no_answer", None, 0.1)
    assert path.stat().st_size <= 500 and path.with_suffix(".old.jsonl").exists()
    assert read_feedback(path)[-1].question == "第8问"


def test_lone_surrogates_are_kept_readable(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    Feedback(path).add("问\ud800题", "no_answer", None, 0.1)
    assert read_feedback(path)[0].question == "问?题"


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    Feedback(path).add("问", "no_answer", None, 0.1)
    with path.open("a", encoding="utf-8") as file:
        file.write("{half\n")
    with pytest.raises(FeedbackError, match=r"f\.jsonl 第2行"):
        read_feedback(path)
