"""Shards judged on a real cluster: a scheduler and two worker processes over TCP. The same report as here, whoever dies, and sentences."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from distributed import Client

from qa import cluster
from qa.audit import Auditor
from qa.browse import Regulation
from qa.cluster import judge_cluster
from qa.shard_models import Shard
from qa.store import Store
from qa.validate_models import JudgeError, Progress, Result, Settings, Severity

ROOT = Path(__file__).parents[1]
ROWS = 60


@dataclass
class Cluster:
    """The processes of a cluster; ``address`` is the scheduler's."""

    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    address: str = ""

    def start(self, name: str, *arguments: str, root: Path = ROOT) -> None:
        command = [sys.executable, "-m", f"distributed.cli.dask_{arguments[0]}", *arguments[1:]]
        log = (self.folder / f"{name}.log").open("wb")
        paths = os.pathsep.join([str(root), str(ROOT / "tests")])  # the functions below must be found there
        self.processes[name] = subprocess.Popen(command, cwd=root, env={**os.environ, "PYTHONPATH": paths}, stdout=log, stderr=log)

    def scheduler(self) -> None:
        file = self.folder / "scheduler.json"
        self.start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        wait_until(file.is_file)
        wait_until(lambda: file.read_text("utf-8").strip().endswith("}"))
        self.address = json.loads(file.read_text("utf-8"))["address"]

    def worker(self, name: str, root: Path = ROOT) -> None:
        local = ("--no-nanny", "--no-dashboard", "--nthreads", "1", "--local-directory", str(self.folder / name))
        self.start(name, "worker", self.address, "--name", name, *local, root=root)

    def stop(self, *names: str) -> None:
        for name in names or list(self.processes):
            process = self.processes.pop(name)
            process.kill()
            process.wait()


def wait_until(true: Callable[[], bool], seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "the cluster did not come up"
        time.sleep(0.1)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes may take long to start on a busy machine."""
    monkeypatch.setattr(cluster, "PATIENCE", 180.0)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler without workers."""
    made = Cluster(tmp_path)
    made.scheduler()
    yield made
    made.stop()


@pytest.fixture
def two(started: Cluster) -> Cluster:
    """A cluster of two worker processes."""
    started.worker("a")
    started.worker("b")
    return started


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register of some pages of documents, every fifth with a fault."""
    bases = yaml.safe_load((ROOT / "tests" / "cases" / "registers" / "bases.yaml").read_text("utf-8"))["公文登记簿"]
    rows = [{**bases, "登记号": f"第{number}号"} | ({"签发日期": "2019-01-02"} if number % 5 == 0 else {}) for number in range(ROWS)]
    path = tmp_path_factory.mktemp("registers") / "公文登记簿.csv"
    path.write_text("\n".join([",".join(bases), *(",".join(str(value) for value in row.values()) for row in rows)]), "utf-8")
    return path


def auditor(store: Store) -> Auditor:
    return Auditor(ROOT, store, Regulation(store), Settings(shard=5))


def test_the_report_is_the_same_as_here(two: Cluster, store: Store, registers: Path) -> None:
    here = auditor(store).audit([registers]).report
    there = auditor(store).audit([registers], judge_all=judge_cluster(two.address)).report
    assert there == here and len(here.results) >= ROWS // 5


def test_a_worker_killed_midway_loses_and_doubles_nothing(two: Cluster, store: Store, registers: Path) -> None:
    here = auditor(store).audit([registers]).report
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if progress.stage == "核对" and progress.done >= 10 and not killed:
            killed.append(progress.done)
            two.stop("a")

    there = auditor(store).audit([registers], kill, judge_cluster(two.address)).report
    assert killed and there == here


def test_both_workers_do_some_of_the_work(two: Cluster) -> None:
    with Client(two.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=180)
    found = judged(two.address, slow, 12)
    assert [result.row for (result,) in found] == list(range(12))
    assert len({result.message for (result,) in found}) == 2
    assert str(os.getpid()) not in {result.message for (result,) in found}


def slow(shard: Shard) -> list[Result]:
    """A result that names the process; it takes a while."""
    time.sleep(0.2)
    return [Result("簿", shard.records, "", "", "", "", Severity.INFO, str(os.getpid()), "")]


def fatal(shard: Shard) -> list[Result]:
    os.kill(os.getpid(), signal.SIGKILL)
    return []


def broken(shard: Shard) -> list[Result]:
    raise ZeroDivisionError


def judged(address: str, judge: Any = slow, shards: int = 3) -> list[list[Result]]:
    return list(judge_cluster(address)(judge, (Shard({}, (), number) for number in range(shards))))


def test_no_scheduler_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 1.0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(JudgeError, match=f"连不上集群 {address}"):
        judged(address)


@pytest.mark.parametrize("address", ["不是地址", "http://127.0.0.1:1", "tcp://"])
def test_what_is_no_address_is_said(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 1.0)
    with pytest.raises(JudgeError, match="连不上集群"):
        judged(address)


def test_no_workers_are_said(started: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 6.0)
    with pytest.raises(JudgeError, match="没有工作进程"):
        judged(started.address)


def test_a_worker_with_another_program_is_said(started: Cluster, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(ROOT / "qa", other / "qa", ignore=shutil.ignore_patterns("web", "__pycache__"))
    with (other / "qa" / "judge.py").open("a", encoding="utf-8") as file:
        file.write("# another version\n")
    started.worker("a", root=other)
    with pytest.raises(JudgeError, match="另一个版本"):
        judged(started.address)


def test_a_task_refuses_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(JudgeError, match="另一个版本"):
        cluster._run(b"", "another")


def test_workers_that_all_die_are_said(two: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "ALONE", 1.0)
    monkeypatch.setattr(cluster, "_LOOK", 0.5)
    with pytest.raises(JudgeError, match="都不在了"):
        judged(two.address, fatal)


def test_a_fault_of_ours_keeps_its_type(two: Cluster) -> None:
    with pytest.raises(ZeroDivisionError):
        judged(two.address, broken)
