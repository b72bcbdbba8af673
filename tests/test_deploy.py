"""The files for operating the service: what they name is there, and systemd understands its unit."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from serving import ROOT

from qa.settings import Settings

DEPLOY = ROOT / "docs" / "deploy"


def test_the_image_is_made_of_what_is_there() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    copied = [source for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for source in line.split()]
    assert {"qa", "data", "ontology", "requirements.lock"} <= set(copied)
    assert [source for source in copied if not (ROOT / source).exists()] == []
    needed = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(name in copied for name in ("README.md", "LICENSE", "app.py") if name.removesuffix(".py") in needed)
    assert set(re.findall(r"GUIZHI_\w+", text)) <= {f"GUIZHI_{name.upper()}" for name in Settings.model_fields}


def test_the_unit_waits_longer_than_the_service() -> None:
    text = (DEPLOY / "guizhi.service").read_text(encoding="utf-8")
    stop = re.search(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    assert stop and int(stop[1]) > Settings().grace


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    unit = tmp_path / "guizhi.service"
    text = (DEPLOY / "guizhi.service").read_text(encoding="utf-8")
    unit.write_text(re.sub(r"/opt/guizhi/\S+", shutil.which("true") or "/bin/true", text).replace("/opt/guizhi", str(tmp_path)))
    checked = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False)
    assert [line for line in checked.stderr.splitlines() if "guizhi.service" in line] == []
