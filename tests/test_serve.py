"""The process: what hinders its start, what it writes, how it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
from serving import ROOT, free_port

import qa.serve
from qa.settings import Settings

CODE = "import sys, pathlib; from qa.serve import serve; sys.exit(serve(build=pathlib.Path(sys.argv[1])))"
SLOW = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(CONTAINS(STR(?c), 'x') && CONTAINS(STR(?f), 'y') && CONTAINS(STR(?i), 'z')) }"


def serve(build: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """A start that fails."""
    return subprocess.run(
        [sys.executable, "-c", CODE, str(build)],
        env=os.environ | {"GUIZHI_PORT": "0"} | settings,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def one_line(ended: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert (ended.returncode, ended.stderr.count("\n"), ended.stdout) == (2, 1, ""), ended
    for part in parts:
        assert part in ended.stderr
    assert str(ROOT) not in ended.stderr


@contextmanager
def running(build: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that serves and its address; both outputs are pipes."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, str(build)],
        env=os.environ | {"GUIZHI_PORT": str(port)} | settings,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        assert f":{port}" in process.stdout.readline()
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


# ---------------------------------------------------------------- what hinders the start


def test_a_port_in_use_is_one_clear_line(built: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        one_line(serve(built, GUIZHI_PORT=str(taken.getsockname()[1])), "已被占用", "--port")


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host", "a" * 70 + ".example"])
def test_an_address_that_is_not_ours_is_one_clear_line(built: Path, host: str) -> None:
    one_line(serve(built, GUIZHI_HOST=host), "地址", host)


def test_a_wrong_setting_is_one_clear_line_without_its_value(built: Path) -> None:
    one_line(serve(built, GUIZHI_PORT="seven"), "GUIZHI_PORT", "整数")
    ended = serve(built, GUIZHI_TOKEN="short-secret")
    one_line(ended, "GUIZHI_TOKEN")
    assert "short-secret" not in ended.stderr


def test_a_missing_build_is_one_clear_line(tmp_path: Path) -> None:
    one_line(serve(tmp_path), "guizhi build")


def test_a_register_that_cannot_be_read_is_one_clear_line(built: Path, tmp_path: Path) -> None:
    one_line(serve(built, GUIZHI_REGISTERS=str(tmp_path / "没有.xlsx")), "不能启动：没有.xlsx：无法读取")


@pytest.mark.parametrize("name", ["graph.nq", "vectors.npy", "encoder/model.onnx", "encoder/tokenizer.json", "index.json"])
@pytest.mark.parametrize("harm", ["damaged", "missing"])
def test_a_damaged_or_missing_artefact_is_one_clear_line(
    built: Path, tmp_path: Path, name: str, harm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "build"
    shutil.copytree(built, target, copy_function=os.link)
    content = (target / name).read_bytes()
    (target / name).unlink()
    if harm == "damaged":
        (target / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert qa.serve.serve(Settings(port=0), build=target) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and name in said and "guizhi build" in said
    assert ("损坏" if harm == "damaged" else "缺失") in said


# ---------------------------------------------------------------- what it writes


def test_the_log_is_json_and_keeps_no_words(built: Path) -> None:
    with running(built) as (process, address):
        httpx.get(address + "/api/ask", params={"question": "人事任免公文由谁签发？"})
        httpx.post(address + "/api/ask", json={"question": "督查以什么名义开展？"})
        httpx.get(address + "/sparql", params={"query": "ASK { ?秘密 ?p ?o }"})
        httpx.get(address + "/", params={"q": "谁主持全体会议"})
        process.send_signal(signal.SIGTERM)
        _, written = process.communicate(timeout=30)
    records = [json.loads(line) for line in written.splitlines()]
    events = [record["event"] for record in records]
    assert (events[0], events[-1], events.count("question"), events.count("request")) == ("started", "stopped", 2, 4)
    assert not re.search("人事|督查|秘密|主持|市长", written)
    asked = next(record for record in records if record["event"] == "request")
    assert {"time", "level", "method", "path", "status", "bytes", "ms", "client"} <= asked.keys()
    assert (asked["path"], asked["status"]) == ("/api/ask", 200)


def test_words_are_logged_where_that_is_asked_for(built: Path) -> None:
    with running(built, GUIZHI_LOG_QUESTIONS="1") as (process, address):
        httpx.get(address + "/api/ask", params={"question": "人事任免公文由谁签发？"})
        process.send_signal(signal.SIGTERM)
        _, written = process.communicate(timeout=30)
    assert "人事任免公文由谁签发？" in written


ROWS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


MULTIPART = "multipart/form-data; boundary=b"
BEGUN = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\nx'
POSTED = (
    ("/sparql", "application/x-www-form-urlencoded", b"query="),
    ("/api/ask", "application/json", b'{"question": '),
    ("/api/validate", MULTIPART, BEGUN),
    ("/gradio_api/upload", MULTIPART, BEGUN),
    ("/mcp", "application/json\r\nAccept: application/json, text/event-stream", b"{"),
)


def leave(address: str, line: str, *headers: str, body: bytes = b"", after: float = 0.0) -> None:
    """Send a request, wait for the first byte of its answer or so many seconds, and leave with a reset."""
    place = urlsplit(address)
    with socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=30) as client:
        head = "\r\n".join((f"{line} HTTP/1.1", "Host: 127.0.0.1", *headers))
        client.sendall(head.encode() + b"\r\n\r\n" + body)
        time.sleep(after) if after else client.recv(1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def test_clients_that_leave_and_answers_that_break_off_are_a_line_each(built: Path) -> None:
    with running(built, GUIZHI_QUERY_SECONDS="15", GUIZHI_QUERY_ROWS="100000000") as (process, address):
        leave(address, f"GET /sparql?query={quote(ROWS)}")
        leave(address, f"GET /sparql?query={quote(SLOW)}", after=1.5)
        for path, media, begun in POSTED:
            leave(address, f"POST {path}", f"Content-Type: {media}", "Content-Length: 9999", body=begun, after=1.0)
        with (
            httpx.stream("GET", address + "/sparql", params={"query": ROWS}, timeout=60) as response,
            pytest.raises(httpx.RemoteProtocolError),
        ):
            for _ in response.iter_raw():
                pass
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        _, written = process.communicate(timeout=30)
    records = [json.loads(line) for line in written.splitlines()]
    assert [record for record in records if record["level"] == "ERROR" or "exc_info" in record] == []
    noted = [(record["path"], record["status"], record.get("complete", True)) for record in records if record["event"] == "request"]
    queries = [("/sparql", 200, False), ("/sparql", 499, True), ("/sparql", 200, False)]
    assert sorted(noted) == sorted([*queries, *((path, 499, True) for path, _, _ in POSTED)])


# ---------------------------------------------------------------- registers that it is given


def test_registers_are_graphs_beside_the_rules(built: Path) -> None:
    samples = sorted((ROOT / "data" / "page" / "samples").glob("*.csv"))
    given = os.pathsep.join(map(str, samples))
    port = free_port()
    command = [sys.executable, "-c", CODE, str(built)]
    environment = os.environ | {"GUIZHI_PORT": str(port), "GUIZHI_REGISTERS": given, "GUIZHI_LOG": "error"}
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            told = [process.stdout.readline() for _ in (*samples, "started")]
            assert [line.split("：")[0] for line in told] == [*(f"登记资料 {path.name}" for path in samples), "规知已启动"]
            query = """SELECT ?g (COUNT(DISTINCT ?record) AS ?n) { GRAPH ?g { ?record gz:sourceRow ?row } ?record a ?class . ?class rdfs:label ?kind }
              GROUP BY ?g ORDER BY ?g"""
            asked = {"query": query, "format": "csv"}
            answer = httpx.get(f"http://127.0.0.1:{port}/sparql", params=asked, headers={"Origin": "https://x.example"}, timeout=30)
            assert len(answer.text.split()) == 1 + len(samples) and "/graph/register/" in answer.text
            assert "access-control-allow-origin" not in answer.headers
            described = httpx.get(f"http://127.0.0.1:{port}/.well-known/void", headers={"Accept": "application/n-triples"}, timeout=30)
            assert described.text.count("sparql-service-description#NamedGraph>") == 5 + len(samples)
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


# ---------------------------------------------------------------- how it ends


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_under_load_breaks_no_answer_off(built: Path, how: signal.Signals) -> None:
    """What the service took up it answers whole; what still waited to be taken up is refused before its first byte."""
    answers: list[httpx.Response | None] = []
    with running(built, GUIZHI_QUERY_SECONDS="3") as (process, address):
        runaway = threading.Thread(target=lambda: answers.append(httpx.get(address + "/sparql", params={"query": SLOW}, timeout=30)))
        asking = [threading.Thread(target=ask, args=(address, answers)) for _ in range(4)]
        for thread in (runaway, *asking):
            thread.start()
        while len(answers) < 10:
            time.sleep(0.01)
        process.send_signal(how)
        for thread in (runaway, *asking):
            thread.join(30)
        _, written = process.communicate(timeout=30)
        assert process.returncode == 0
    given = [answer.status_code for answer in answers if answer]
    assert set(given) == {200, 504}
    assert answers.count(None) == len(asking)
    assert sum(json.loads(line)["event"] == "request" for line in written.splitlines()) == len(given)


def ask(address: str, answers: list[httpx.Response | None]) -> None:
    """Ask until the service is gone, which is ``None``; an answer that broke off raises in its thread and stands nowhere."""
    with httpx.Client(timeout=30) as client:
        while True:
            try:
                answer = client.send(
                    client.build_request("GET", address + "/api/ask", params={"question": "督查以什么名义开展？"}), stream=True
                )
            except httpx.TransportError:
                answers.append(None)
                return
            answer.read()
            answers.append(answer)


def test_what_is_not_done_when_the_time_is_over_breaks_off_quietly(built: Path) -> None:
    with running(built, GUIZHI_GRACE="1", GUIZHI_QUERY_SECONDS="60", GUIZHI_QUERY_ROWS="100000000") as (process, address):
        with httpx.stream("GET", address + "/sparql", params={"query": ROWS}, timeout=30) as response:
            process.send_signal(signal.SIGTERM)
            with pytest.raises(httpx.TransportError):
                for _ in response.iter_raw():
                    time.sleep(0.01)  # it reads, but not as fast as it is sent
        _, written = process.communicate(timeout=30)
        assert process.returncode == 0
    records = [json.loads(line) for line in written.splitlines()]
    assert [record for record in records if "exc_info" in record] == []
    assert (records[-1]["event"], [record["complete"] for record in records if record["event"] == "request"]) == ("stopped", [False])


def test_no_process_is_left_behind(built: Path) -> None:
    with running(built) as (process, address):
        httpx.get(address + "/sparql", params={"query": "ASK {}"})
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert children
        process.kill()  # not even a chance to say goodbye
        process.wait()
        for _ in range(100):
            if not any(Path(f"/proc/{child}").exists() for child in children):
                return
            time.sleep(0.1)
    pytest.fail(f"still there: {children}")
