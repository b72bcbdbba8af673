"""The measure: what counts as right, the table, and what changed since the baseline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from qa.evaluate import BASELINE, evaluate, faults, table
from qa.models import Answer, Citation, Refusal, Status

GOLD: dict[str, Any] = {"id": "q1", "category": "签发", "style": "口语", "question": "谁签", "status": "answered", "max_chars": 30} | {
    "all": [["市长", "mayor"], ["签发"]],
    "none": ["副市长"],
    "cite": ["31.3|31.4"],
}


def answer(text: str = "由市长签发。", *refs: str, status: Status = Status.ANSWERED) -> Answer:
    refusal = Refusal.SILENT if status is Status.NO_ANSWER else None
    return Answer("谁签", status, text, tuple(Citation(r, r, "…", r) for r in refs or ("31.3",)), "SELECT", 0.9, 5.0, refusal=refusal)


def test_a_right_answer_has_no_faults() -> None:
    assert faults(GOLD, answer()) == []
    assert faults(GOLD, answer("由 Ｍayor 签发", "31.4")) == [], "width, case and blanks do not matter"


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (answer("由秘书长签发。"), "市长"),
        (answer("由副市长、市长签发。"), "副市长"),
        (answer("由市长签发。", "20"), "31.3"),
        (answer("由市长签发。" + "附" * 40), "超过"),
        (answer("由市长签发。", "31.3", *map(str, range(9))), "引了"),
        (answer(status=Status.NO_ANSWER), "no_answer"),
        (answer(status=Status.CLARIFY), "clarify"),
    ],
    ids=["lacks a word", "a word too many", "cites another article", "too long", "cites everything", "refused", "asked back"],
)
def test_what_is_wrong_is_named(given: Answer, word: str) -> None:
    found = faults(GOLD, given)
    assert found and any(word in fault for fault in found)


@pytest.mark.parametrize(
    ("cite", "ref", "right"),
    [("41", "41.2", True), ("41", "41", True), ("41.2", "41", False), ("20.3|20", "20", True), ("4", "41", False)],
)
def test_citations(cite: str, ref: str, right: bool) -> None:
    assert (faults(GOLD | {"cite": [cite]}, answer("由市长签发。", ref)) == []) is right


@pytest.mark.parametrize(
    ("gold", "given", "right"),
    [
        ("no_answer", Status.NO_ANSWER, True),
        ("no_answer", Status.CLARIFY, False),
        ("no_answer", Status.ANSWERED, False),
        ("clarify", Status.CLARIFY, True),
        ("clarify", Status.ANSWERED, False),
        ("clarify_or_list", Status.CLARIFY, True),
        ("clarify_or_list", Status.ANSWERED, True),
        ("clarify_or_list", Status.NO_ANSWER, False),
    ],
)
def test_statuses(gold: str, given: Status, right: bool) -> None:
    assert (faults(GOLD | {"status": gold}, answer(status=given)) == []) is right


def test_the_table_counts() -> None:
    refused = answer(status=Status.NO_ANSWER)
    lines = table([(GOLD, answer(), []), (GOLD | {"status": "no_answer"}, refused, []), (GOLD, answer("错"), ["缺少 市长"])])
    assert any("2/3" in line and "合计" in line for line in lines)
    assert any("已答 2，其中错 1（0.500）" in line for line in lines)
    assert any("不可答而拒答 1/1" in line and "可答而拒答 0/2" in line for line in lines)


class Answers:
    """Gives prepared answers in turn and remembers what it was asked."""

    def __init__(self, *texts: str) -> None:
        self.texts, self.asked = list(texts), list[tuple[str, list[str]]]()

    def ask(self, question: str, history: Sequence[str] = ()) -> Answer:
        self.asked.append((question, list(history)))
        return answer(self.texts.pop(0))


def project(root: Path, *rows: dict[str, Any]) -> Path:
    (root / "tests" / "cases").mkdir(parents=True, exist_ok=True)
    path = root / "questions.jsonl"
    path.write_text("\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", "utf-8")
    return path


def test_the_baseline_names_what_was_gained_and_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = project(tmp_path, GOLD | {"id": "a"}, GOLD | {"id": "b"}, GOLD | {"id": "c", "history": ["先问的"]})
    answers = Answers("由市长签发", "错", "由市长签发")
    assert evaluate(answers, [path], root=tmp_path, keep=True) == 0
    assert json.loads((tmp_path / BASELINE).read_text("utf-8")) == {"questions/a": True, "questions/b": False, "questions/c": True}
    assert answers.asked == [("谁签", []), ("谁签", []), ("谁签", ["先问的"])]
    capsys.readouterr()
    evaluate(Answers("错", "由市长签发", "由市长签发"), [path], root=tmp_path, show_wrong=True)
    out = capsys.readouterr().out
    assert "答对了 1 题（questions/b）" in out and "答错了 1 题（questions/a）" in out and "缺少 市长" in out
    assert json.loads((tmp_path / BASELINE).read_text("utf-8"))["questions/a"], "only --baseline changes the baseline"


def test_a_question_of_another_file_with_the_same_id_is_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = project(tmp_path, GOLD | {"id": "a"})
    evaluate(Answers("由市长签发"), [path], root=tmp_path, keep=True)
    capsys.readouterr()
    evaluate(Answers("错"), [path.rename(path.with_name("others.jsonl"))], root=tmp_path)
    assert "答错了 0 题（无）" in capsys.readouterr().out


def test_the_development_questions_beside_the_project_are_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "main"
    project(root)
    (tmp_path / "shared" / "eval").mkdir(parents=True)
    (tmp_path / "shared" / "eval" / "dev.jsonl").write_text(json.dumps(GOLD), "utf-8")
    evaluate(Answers("由市长签发"), [], root=root)
    assert "== dev.jsonl（1 题）" in capsys.readouterr().out


def test_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"questions\.jsonl"):
        evaluate(Answers(), [project(tmp_path)], root=tmp_path)


def test_a_row_that_is_not_whole(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"questions\.jsonl"):
        evaluate(Answers("由市长签发"), [project(tmp_path, {"question": "谁签"})], root=tmp_path)
