"""``guizhi validate`` as a person meets it: progress on what takes long, reports whole or not at all, exit statuses."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from qa import validate_command
from qa.register_models import RegisterError
from qa.validate_command import validate
from qa.validate_models import JudgeError, Settings

ROOT = Path(__file__).parents[1]
GRAPH = ROOT / "data" / "build" / "graph.nq"
SAMPLE = ROOT / "data" / "page" / "samples" / "公文登记簿（样例）.csv"


def run(form: str = "text", target: Path | None = None, judge_all: Any = map) -> int:
    return validate(ROOT, GRAPH, [SAMPLE], form, target, Settings(), judge_all)


def test_a_bar_is_shown_once_it_takes_long(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(validate_command, "_PATIENCE", -1.0)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run() == 1
    shown = capsys.readouterr()
    assert "核对" in shown.err and "8/8" in shown.err
    assert "8/8" not in shown.out


def test_no_bar_on_what_is_done_at_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(validate_command, "_PATIENCE", 1e9)
    monkeypatch.setenv("FORCE_COLOR", "1")
    run()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("form", ["text", "json", "csv", "ttl", "html", "xlsx"])
def test_every_form_is_written_whole(form: str, tmp_path: Path) -> None:
    assert run(form, tmp_path / "报告") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["报告"] and (tmp_path / "报告").stat().st_size > 1000


def test_nothing_is_written_when_judging_fails(tmp_path: Path) -> None:
    def fails(judge: object, shards: Iterable[object]) -> Iterable[Any]:
        raise JudgeError("连不上")

    with pytest.raises(JudgeError):
        run("json", tmp_path / "报告.json", fails)
    assert list(tmp_path.iterdir()) == []


def test_no_report_is_written_over_a_register(tmp_path: Path) -> None:
    mine = tmp_path / "公文登记簿.csv"
    mine.write_bytes(SAMPLE.read_bytes())
    for form in ("xlsx", "json", "text"):
        with pytest.raises(ValueError, match="不能写到原来的登记簿上"):
            validate(ROOT, GRAPH, [mine], form, mine, Settings(), map)
    assert mine.read_bytes() == SAMPLE.read_bytes()


def test_annotated_copies_of_several_files_go_into_a_folder(tmp_path: Path) -> None:
    meetings = SAMPLE.with_name("会议台账（样例）.csv")
    with pytest.raises(ValueError, match="要写入文件夹"):
        validate(ROOT, GRAPH, [SAMPLE, meetings], "xlsx", tmp_path / "结果.xlsx", Settings(), map)
    assert validate(ROOT, GRAPH, [SAMPLE, meetings], "xlsx", tmp_path / "结果", Settings(), map) == 1
    assert sorted(path.name for path in (tmp_path / "结果").iterdir()) == [
        "会议台账（样例）-检查结果.xlsx",
        "公文登记簿（样例）-检查结果.xlsx",
    ]


def test_files_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    again = tmp_path / SAMPLE.name
    again.write_bytes(SAMPLE.read_bytes())
    with pytest.raises(RegisterError, match="同叫这个名字"):
        validate(ROOT, GRAPH, [SAMPLE, again], "text", None, Settings(), map)


def test_a_workbook_needs_a_place() -> None:
    with pytest.raises(ValueError, match="-o"):
        run("xlsx")
