"""Real servers for tests: an application in a thread, or the whole service in a process of its own, each on a free port."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn
from starlette.types import ASGIApp

from qa.build import BuildError, verify
from qa.wire import Connection

ROOT = Path(__file__).parents[1]
_SERVE = "import sys, pathlib; from qa.serve import serve; sys.exit(serve(build=pathlib.Path(sys.argv[1])))"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def copy_build(target: Path) -> Path | None:
    """A whole copy of the project's artefacts, so that a build during the tests cannot split them; ``None`` where there are none."""
    for _ in range(3):
        try:
            shutil.copytree(ROOT / "data" / "build", target, dirs_exist_ok=True)
            verify(target)
        except (BuildError, OSError, shutil.Error):
            time.sleep(2)
        else:
            return target
    return None


@contextmanager
def in_thread(app: ASGIApp) -> Iterator[str]:
    """The address of ``app``, served by a thread."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", http=Connection))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def in_process(build: Path, **settings: str) -> Iterator[str]:
    """The address of the whole service over ``build``, in a process of its own; ``settings`` are environment variables."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(  # what tests ask is no feedback
        [sys.executable, "-c", _SERVE, str(build)],
        cwd=ROOT,
        env={"GUIZHI_FEEDBACK": "off"} | os.environ | {"GUIZHI_PORT": str(port), "GUIZHI_LOG": "error"} | settings,
    )
    try:
        _wait(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(60)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the service ended with {process.returncode}")
        try:
            httpx.get(address + "/health").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the service did not start within a minute")
