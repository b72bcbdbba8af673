"""The command line, in processes of its own and in this one: help, answers, batches, and one clear line when it cannot."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import asking
import pytest
from asking import ROOT

from qa import __main__ as command
from qa.models import Answer, Citation, Refusal, Status

COMMANDS = ("ask", "build", "serve", "mcp", "eval", "coverage", "gaps", "train", "fit")
QUESTION = "谁签发人事任免公文？"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command answers with the answerer that is open already."""
    monkeypatch.setattr(command, "open_answerer", asking.answerer)


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the build, which the command takes for its own and never makes anew."""
    target = tmp_path / "build"
    shutil.copytree(asking.artefacts(), target)
    monkeypatch.setattr(command, "BUILD", target)
    monkeypatch.setattr("qa.build.is_stale", lambda *_: False)
    monkeypatch.setattr(command, "rebuild", lambda: pytest.fail("nothing was to be built"))
    return target


def one_line(capsys: pytest.CaptureFixture[str], *parts: str) -> None:
    said = capsys.readouterr().err.strip()
    assert said.startswith("guizhi：") and "\n" not in said and "Traceback" not in said
    for part in parts:
        assert part in said


# ---------------------------------------------------------------- help and usage


@pytest.mark.parametrize("name", COMMANDS)
def test_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main([name, "--help"])
    assert ended.value.code == 0
    assert f"guizhi {name}" in capsys.readouterr().out


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["--help"])
    out = capsys.readouterr().out
    assert ended.value.code == 0 and [name for name in COMMANDS if name not in out] == []


@pytest.mark.parametrize("argv", [[], ["what"], ["ask", "--what"], ["serve", "--port", "x"]], ids=" ".join)
def test_wrong_usage_is_exit_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(argv)
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


# ---------------------------------------------------------------- asking


@pytest.mark.usefixtures("opened")
class TestAsk:
    def test_for_people(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert command.main(["ask", QUESTION]) == 0
        out = capsys.readouterr().out
        assert "市长签发" in out and "第三十一条（三）" in out and "\033" not in out

    def test_for_programs(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert command.main(["ask", "--json", QUESTION]) == 0
        record = json.loads(capsys.readouterr().out)
        assert record["status"] == "answered" and record["citations"][0]["ref"] == "31.3"

    def test_explained(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert command.main(["ask", "--json", "--explain", QUESTION]) == 0
        assert json.loads(capsys.readouterr().out)["trace"]["candidates"]
        assert command.main(["ask", "--explain", QUESTION]) == 0
        told = capsys.readouterr().out
        assert [word for word in ("1. 读题", "2. 认出的词语", "3. 比较问法", "4. 查询图谱", "5. 结论", "SELECT") if word not in told] == []

    def test_in_batches(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        rows = [
            {"id": "a", "question": QUESTION},
            {"id": 7, "question": "多久召开一次？", "history": ["市政府全体会议由谁召集？"]},
            {"question": "", "id": "c"},
            {"question": QUESTION, "history": None},
        ]
        monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(json.dumps(r, ensure_ascii=False) for r in rows) + "\n\n"))
        assert command.main(["ask", "--jsonl"]) == 0
        given = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [r.get("id") for r in given] == ["a", 7, "c", None] and "id" not in given[3]
        assert "半年" in given[1]["answer"]
        assert [r["status"] for r in given] == ["answered", "answered", "no_answer", "answered"]

    @pytest.mark.parametrize("line", ["{", "[]", '"谁签发"', "{}", '{"id": 1}', "null", '{"question": "谁", "history": 5}', "谁签发公文"])
    def test_a_bad_line_ends_the_batch_in_one_line(
        self, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(line + "\n"))
        assert command.main(["ask", "--jsonl"]) == 2
        one_line(capsys, "question", line[:20])

    def test_no_question(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert command.main(["ask"]) == 2
        one_line(capsys, "guizhi ask")

    def test_batches_explained(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps({"id": "a", "question": QUESTION})))
        assert command.main(["ask", "--jsonl", "--explain"]) == 0
        assert json.loads(capsys.readouterr().out)["trace"]

    def test_a_reader_that_leaves_is_no_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def leave(*_: object, **__: object) -> None:
            raise BrokenPipeError

        monkeypatch.setattr("builtins.print", leave)
        monkeypatch.setattr(sys, "stderr", io.StringIO())
        assert command.main(["ask", QUESTION]) == 0


def test_the_whole_command_in_a_process_of_its_own() -> None:
    asking.artefacts()
    lines = json.dumps({"id": "a", "question": QUESTION}) + "\n" + json.dumps({"id": "b", "question": "\ud83d"}) + "\n"
    argv = [sys.executable, "-m", "qa", "ask", "--jsonl"]
    ran = subprocess.run(argv, input=lines, capture_output=True, text=True, cwd=ROOT, env=os.environ | {"PYTHONUTF8": "1"}, check=False)
    assert ran.returncode == 0, ran.stderr
    assert [json.loads(line)["status"] for line in ran.stdout.splitlines()] == ["answered", "no_answer"]


# ---------------------------------------------------------------- the build


@pytest.mark.parametrize("name", ["graph.nq", "index.json", "vectors.npy", "dictionary.txt", "encoder/model.onnx"])
def test_damage_is_one_line(name: str, copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copied / name).write_bytes((copied / name).read_bytes()[:-1] + b"!")
    assert command.main(["ask", QUESTION]) == 2
    one_line(capsys, name, "损坏", "guizhi build")


@pytest.mark.parametrize("name", ["sounds.json", "encoder/tokenizer.json"])
def test_what_is_missing_is_one_line(name: str, copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copied / name).unlink()
    assert command.main(["ask", QUESTION]) == 2
    one_line(capsys, name, "缺失", "guizhi build")


def test_a_stale_build_is_made_anew_first(copied: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    made = []
    monkeypatch.setattr("qa.build.is_stale", lambda *_: True)
    monkeypatch.setattr(command, "rebuild", lambda: made.append(copied))
    command._ensure_build()
    assert made == [copied]
    assert "重新生成" in capsys.readouterr().err


def test_build_does_nothing_where_nothing_changed(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["build"]) == 0
    assert copied.is_dir() and "最新" in capsys.readouterr().out


@pytest.mark.usefixtures("opened")
def test_eval_of_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["eval", str(tmp_path / "none.jsonl")]) == 2
    one_line(capsys, "none.jsonl")


# ---------------------------------------------------------------- in print


def test_print() -> None:
    given = Answer(
        "谁签", Status.ANSWERED, "市长。", (Citation("31.3", "第三十一条（三）", "由市长签发", "x:1"),), "SELECT", 0.876, 12.3, ("再问",)
    )
    plain = command.readable(given, colour=False)
    for part in ("市长。", "第三十一条（三）：“由市长签发”", "再问", "88%", "12 毫秒"):
        assert part in plain
    assert "\033" not in plain and "\033[" in command.readable(given, colour=True)
    for status, refusal in ((Status.CLARIFY, None), (Status.NO_ANSWER, Refusal.OUTSIDE)):
        assert command.readable(Answer("", status, "句子。", refusal=refusal), colour=True).count("\033[") == 2


SAMPLE = ROOT / "data" / "page" / "samples" / "公文登记簿（样例）.csv"


@pytest.mark.parametrize("processes", ["1", "2"])
def test_registers_are_checked(copied: Path, capsys: pytest.CaptureFixture[str], processes: str) -> None:
    assert command.main(["validate", str(SAMPLE), "--processes", processes, "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["checked"]["records"] == {"公文登记簿": 8}


def test_a_cluster_that_is_not_there_is_said(copied: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.cluster.PATIENCE", 1.0)
    assert command.main(["validate", str(SAMPLE), "--cluster", "tcp://127.0.0.1:9"]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and "连不上集群 tcp://127.0.0.1:9" in shown.err and "Traceback" not in shown.err
