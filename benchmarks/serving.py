"""How many processes should answer: questions and light queries at 1, 8 and 64 clients, of one whole service and of two side by side.

Two services mean everything twice (model, graph, dialogues); the clients are spread over both. One run, taken in turns. Processor time of
a request (services and their query processes, on Linux) does not depend on what else the machine is doing; the rest does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
CODE = "import pathlib; from qa.serve import serve; raise SystemExit(serve(build=pathlib.Path('data/build')))"
SECONDS = 5.0
CLIENTS = (1, 8)
ASKED = {
    "提问": ("/api/ask", {"question": "人事任免公文由谁签发？"}),
    "点查询": ("/sparql", {"query": "SELECT ?p ?o { <https://w3id.org/guizhi/id/chaoyang/office/mayor> ?p ?o }"}),
}


def start(port: int) -> subprocess.Popen[bytes]:
    """A service at ``port``."""
    settings = {"GUIZHI_PORT": str(port), "GUIZHI_LOG": "error", "GUIZHI_QUERY_WAIT": "30"}
    return subprocess.Popen([sys.executable, "-c", CODE], cwd=ROOT, env=os.environ | settings, stdout=subprocess.DEVNULL)


def wait(address: str) -> None:
    """Until the service at ``address`` answers."""
    for _ in range(1200):
        try:
            httpx.get(address + "/health").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{address} did not start")


def load(
    addresses: Sequence[str], processes: Sequence[subprocess.Popen[bytes]], clients: int, path: str, parameters: dict[str, str]
) -> str:
    """Requests a second, median and 99th percentile in milliseconds, processor milliseconds a request, and failures."""
    took: list[float] = []
    failed = 0
    end = time.monotonic() + SECONDS

    def ask(address: str) -> None:
        nonlocal failed
        with httpx.Client(base_url=address, timeout=60) as client:
            while time.monotonic() < end:
                started = time.perf_counter()
                if client.get(path, params=parameters).status_code != 200:
                    failed += 1
                took.append((time.perf_counter() - started) * 1000)

    threads = [threading.Thread(target=ask, args=(addresses[n % len(addresses)],)) for n in range(clients)]
    started, before = time.perf_counter(), sum(busy(process.pid) for process in processes)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    passed, spent = time.perf_counter() - started, sum(busy(process.pid) for process in processes) - before
    took.sort()
    rate, half, most = len(took) / passed, took[len(took) // 2], took[int(len(took) * 0.99)]
    return f"{rate:.0f}，{half:.0f}，{most:.0f}，{spent * 1000 / len(took):.1f}" + (f"（{failed} 次未成）" if failed else "")


def busy(process: int) -> float:
    """Seconds of processor time that the process of this number and those it started have used."""
    ticks, waiting = 0, [process]
    while waiting:
        number = waiting.pop()
        try:
            fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
            for task in Path(f"/proc/{number}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except OSError:
            continue  # it has ended
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(process: subprocess.Popen[bytes]) -> int:
    """Megabytes of the process itself, without what it shares or its query processes use."""
    lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) // 1024


def main() -> None:
    """Print the table."""
    ports = (7791, 7792)
    processes = [start(port) for port in ports]
    addresses = [f"http://127.0.0.1:{port}" for port in ports]
    try:
        for address in addresses:
            wait(address)
        print(f"{os.cpu_count()} 个处理器核；次/秒，中位数，p99，每次的处理器时间（毫秒）\n")
        print("| 请求 | 同时 | 一个进程 | 两个进程 |\n|---|---:|---|---|")
        for name, (path, parameters) in ASKED.items():
            for clients in CLIENTS:
                cells = [load(addresses[:n], processes[:n], clients, path, parameters) for n in (1, 2)]
                print(f"| {name} | {clients} | {' | '.join(cells)} |", flush=True)
        print(f"\n每个进程自用内存：{memory(processes[0])} MB（查询进程另计）")
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(60)


if __name__ == "__main__":
    main()
