"""Files of registers over HTTP: what is refused and how; the check itself has its own tests."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from serving import ROOT
from starlette.testclient import TestClient

from qa import api_validate, problems
from qa.api_models import ValidationRecord
from qa.api_validate import MAX_FILES, Checking, routes

seen: list[Path] = []


def check(paths: Sequence[Path]) -> str:
    """Tells what it was given; a file that says so cannot be checked."""
    seen[:] = paths
    if any(path.read_bytes() == b"bad" for path in paths):
        raise ValueError(f"{paths[0]}：不是登记簿")
    return json.dumps({"files": {path.name: path.read_text() for path in paths}})


@pytest.fixture
def asking() -> TestClient:
    app = FastAPI()
    problems.install(app)
    app.include_router(routes(Checking(check)))
    return TestClient(app)


def refused(response: object, status: int, *words: str) -> None:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json"), response.text  # type: ignore[attr-defined]
    detail = response.json()["detail"]  # type: ignore[attr-defined]
    assert all(word in detail for word in words) and "/tmp" not in detail


def test_files_are_checked_together_and_not_kept(asking: TestClient) -> None:
    files = [("files", (name, name.encode())) for name in ("公文登记簿.csv", "会议.csv")]
    assert asking.post("/api/validate", files=files).json() == {"files": {name: name for name in ("公文登记簿.csv", "会议.csv")}}
    assert len(seen) == 2 and not any(path.exists() for path in seen)


@pytest.mark.parametrize("name", ["../../etc/passwd.csv", "C:\\temp\\passwd.csv", "/abs/passwd.csv"])
def test_a_name_leads_nowhere(asking: TestClient, name: str) -> None:
    assert list(asking.post("/api/validate", files={"files": (name, b"x")}).json()["files"]) == ["passwd.csv"]


def test_what_cannot_be_checked_is_said(asking: TestClient) -> None:
    refused(asking.post("/api/validate", files={"files": ("a.csv", b"bad")}), 422, "a.csv", "不是登记簿")
    assert not any(path.exists() for path in seen)


def test_a_wrong_form(asking: TestClient) -> None:
    refused(asking.post("/api/validate", json={}), 415, "multipart/form-data")
    refused(asking.post("/api/validate", files={"other": ("a.csv", b"x")}), 422, "files")
    refused(asking.post("/api/validate", content=b"x", headers={"Content-Type": "multipart/form-data; boundary=b"}), 400, "表单")
    refused(asking.post("/api/validate", content=b"x", headers={"Content-Type": "multipart/form-data"}), 400, "表单")
    refused(asking.post("/api/validate", files=[("files", ("a.csv", b"x")), ("files", ("b/a.csv", b"y"))]), 422, "同名")
    refused(asking.post("/api/validate", files=[("files", (f"{n}.csv", b"x")) for n in range(MAX_FILES + 1)]), 400, str(MAX_FILES))
    refused(asking.post("/api/validate", files={"files": ("a" * 300, b"x")}), 422, "文件名")
    refused(asking.post("/api/validate", files={"files": ("..", b"x")}), 422, "文件名")


def test_too_much(asking: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_validate, "MAX_UPLOAD", 1 << 20)
    refused(asking.post("/api/validate", files={"files": ("a.csv", b"x" * (2 << 20))}), 413, "1 MB")


def test_one_at_a_time() -> None:
    begun, end = threading.Event(), threading.Event()

    def slow(_: Sequence[Path]) -> str:
        begun.set()
        end.wait(30)
        return "{}"

    checking = Checking(slow)
    first = threading.Thread(target=checking.report, args=([("a.csv", b"x")],))
    first.start()
    begun.wait(30)
    with pytest.raises(problems.Problem) as busy:
        checking.report([("b.csv", b"x")])
    assert busy.value.status == 503 and busy.value.headers["Retry-After"]
    end.set()
    first.join(30)
    assert checking.report([("b.csv", b"x")]) == "{}"


SAMPLE = ROOT / "data" / "page" / "samples" / "公文登记簿（样例）.csv"


def test_a_real_register_on_the_running_service(client: httpx.Client) -> None:
    got = client.post("/api/validate", files={"files": (SAMPLE.name, SAMPLE.read_bytes())}, timeout=120)
    assert got.status_code == 200, got.text
    report = got.json()
    assert report["checked"]["files"] == [SAMPLE.name] and sum(report["checked"]["records"].values()) > 0
    assert not report["conforms"] and report["results"]
    for result in report["results"]:
        assert result["file"] == SAMPLE.name and result["row"] > 1 and result["rule"] and result["message"] and result["remedy"]
    ValidationRecord.model_validate(report)


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", b"x,y\n1,2\n"), ("a.xlsx", b"no workbook"), ("a.exe", b"MZ"), ("a.ttl", b"<a> <b>")]
)
def test_a_file_that_is_no_register_is_one_sentence(client: httpx.Client, name: str, content: bytes) -> None:
    refused(client.post("/api/validate", files={"files": (name, content)}, timeout=120), 422, name)
