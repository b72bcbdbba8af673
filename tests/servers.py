"""SPARQL servers that are not ours, started for tests and benchmarks over a folder of their own, on free ports of this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from serving import free_port


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server takes queries and graphs, and the login with which it lets them be changed."""

    name: str
    query: str
    login: str = ""


def oxigraph() -> str | None:
    """The program of the Oxigraph server (package ``oxigraph``), if it is there."""
    beside = Path(sys.executable).parent / "oxigraph"
    return str(beside) if beside.exists() else shutil.which("oxigraph")


def virtuoso() -> str | None:
    """The program of Virtuoso (Debian's ``virtuoso-opensource-7-bin``), if it is there."""
    return shutil.which("virtuoso-t")


@contextmanager
def run_oxigraph(folder: Path) -> Iterator[Server]:
    """An Oxigraph server with its data in ``folder``. Its default graph is its own, not the union: that is for us to ask for."""
    port, program = free_port(), oxigraph()
    assert program
    command = [program, "serve", "--location", str(folder), "--bind", f"127.0.0.1:{port}", "--timeout-s", "300"]
    with _running(command, f"http://127.0.0.1:{port}/query", folder):
        yield Server("oxigraph", f"http://127.0.0.1:{port}/query")


@contextmanager
def run_virtuoso(folder: Path) -> Iterator[Server]:
    """A Virtuoso with its data in ``folder``."""
    port, program = free_port(), virtuoso()
    assert program
    (folder / "virtuoso.ini").write_text(_VIRTUOSO.format(folder=folder, sql=free_port(), http=port), encoding="utf-8")
    command = [program, "+foreground", "+configfile", str(folder / "virtuoso.ini"), "+wait"]
    with _running(command, f"http://127.0.0.1:{port}/sparql", folder):
        yield Server("virtuoso", f"http://127.0.0.1:{port}/sparql", "dba:dba")


@contextmanager
def _running(command: list[str], address: str, folder: Path) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        for _ in range(1200):
            if process.poll() is not None:
                raise RuntimeError((folder / "log").read_text(errors="replace")[-2000:])
            try:
                httpx.get(address, params={"query": "ASK {}"}, timeout=5).raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


_VIRTUOSO = """\
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
FileExtend = 200
MaxCheckpointRemap = 2000
[TempDatabase]
DatabaseFile = {folder}/temporary.db
TransactionFile = {folder}/temporary.trx
MaxCheckpointRemap = 2000
[Parameters]
ServerPort = 127.0.0.1:{sql}
ServerThreads = 20
DirsAllowed = {folder}
NumberOfBuffers = 60000
MaxDirtyBuffers = 45000
SchedulerInterval = 10
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 70
MaxClientConnections = 70
EnabledGzipContent = 0
[SPARQL]
ResultSetMaxRows = 100001
MaxQueryExecutionTime = 300
DefaultQuery = ASK {{}}
"""
