"""Our endpoint beside others: ``python -m benchmarks.sparql [--documents N] [--seconds S] [--clients 1,8,64]`` prints Markdown tables.

Same data (the built graph and a synthetic register), same queries, same machine, one run: our whole service with its data in memory and on
disk, the Oxigraph server, Virtuoso, and ``rdflib-endpoint`` on its default store. Those that are not installed are left out and named. The load
comes from ``wrk`` (Debian's ``wrk``): a C program, so that the measure does not measure Python. A place is asked five kinds of query; each
client sends the next one as soon as it has the answer to the last.

Install for it: ``apt-get install wrk virtuoso-opensource-7-bin`` and ``pip install oxigraph rdflib-endpoint``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import httpx

from benchmarks.documents import AT, documents
from qa.store import Store, write_file, write_graphs
from qa.store import by_graph as graphs_of

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
import servers  # noqa: E402 - the tests' own, which start the servers that are not ours
from serving import free_port  # noqa: E402

GRAPH = ROOT / "data" / "build" / "graph.nq"
REGISTER = "https://w3id.org/guizhi/graph/register/benchmark"
GZ = "PREFIX gz: <https://w3id.org/guizhi/ns#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
OURS = "import sys, pathlib; from qa.serve import serve; from qa.settings import Settings; sys.exit(serve(Settings.read(), build=pathlib.Path(sys.argv[1])))"
BARE = """
import json, sys, uvicorn
rows = [{"p": {"type": "uri", "value": "https://w3id.org/guizhi/ns#title"}, "o": {"type": "literal", "value": "市教育局关于防汛的请示"}}] * 10
body = json.dumps({"head": {"vars": ["p", "o"]}, "results": {"bindings": rows}}, ensure_ascii=False).encode()
head = [(b"content-type", b"application/sparql-results+json"), (b"content-length", str(len(body)).encode())]
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", http="httptools", lifespan="off")
"""
PEER = """
import sys, rdflib, uvicorn
from rdflib_endpoint import SparqlEndpoint
graph = rdflib.Dataset(default_union=True)
for file, kind in ((sys.argv[2], "nquads"), (sys.argv[3], "nt")):
    (graph if kind == "nquads" else graph.graph(rdflib.URIRef(sys.argv[4]))).parse(file, format=kind)
uvicorn.run(SparqlEndpoint(graph=graph, path="/sparql"), port=int(sys.argv[1]), log_level="error")
"""

LIMIT = 10
"""Seconds after which our service stops a query."""
LOOK_UP = "取一项"
"""Every client asks for other things: no place answers from what it has just answered."""


def queries(count: int) -> dict[str, list[str]]:
    """The five kinds of query, each in as many variants as make sense."""
    some = [count * i // 50 for i in range(1, 50)]
    return {
        LOOK_UP: [GZ + f"SELECT ?p ?o {{ <{AT}document/{i}> ?p ?o }}" for i in random.Random(1).sample(range(count), min(count, 5000))],
        "三步连接": [
            GZ
            + f"SELECT ?d ?name ?day {{ ?d gz:draftingUnit '市{unit}局' ; gz:documentType ?t ; gz:signing ?s . ?s gz:actPost ?post ; gz:actDate ?day . "
            f"?post skos:prefLabel|<http://www.w3.org/2000/01/rdf-schema#label> ?name FILTER(?day >= '2025-0{month}-01'^^<http://www.w3.org/2001/XMLSchema#date>) }} LIMIT 50"
            for unit in ("教育", "公安", "司法")
            for month in (1, 4)
        ],
        "分组计数": [GZ + "SELECT ?t (COUNT(*) AS ?n) { ?d gz:documentType ?t } GROUP BY ?t ORDER BY DESC(?n)"],
        "属性路径": [GZ + f"SELECT (COUNT(?x) AS ?n) {{ <{AT}document/{i}> gz:answers+ ?x }}" for i in [min(i, 2000) for i in some]],
        "文字过滤": [
            GZ + f"SELECT ?d ?t {{ ?d gz:title ?t FILTER(CONTAINS(?t, '{word}')) }} LIMIT 200"
            for word in ("（777）", "信访局关于防汛", "不存在")
        ],
    }


def main() -> int:
    """Print the tables; 2 where ``wrk`` is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--clients", default="1,8,64")
    parser.add_argument("--without", default="", help="places to leave out, separated by commas")
    asked = parser.parse_args()
    if not shutil.which("wrk"):
        print("没有 wrk（apt-get install wrk）", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "benchmark.nt"
        with data.open("w", encoding="utf-8") as file:
            file.writelines(documents(asked.documents, Store.open(GRAPH)))
        lines = sum(1 for _ in data.open("rb")) + sum(1 for _ in GRAPH.open("rb"))
        print(
            f"{asked.documents} 件公文，共 {lines} 个三元组；{os.cpu_count()} 个处理器，开始时负载 {os.getloadavg()[0]:.1f}\n", flush=True
        )
        print(
            "| 位置 | 载入 s | 内存 MB | 查询 | 客户 | 次/s | p50 ms | p95 ms | p99 ms | 出错 |\n|---|---:|---:|---|---:|---:|---:|---:|---:|---:|",
            flush=True,
        )
        for name, place in PLACES.items():
            if name not in asked.without.split(","):
                _measure(name, place, data, asked, folder)
    return 0


def _measure(
    name: str,
    place: Callable[[Path, Path], contextlib.AbstractContextManager[tuple[str, int]]],
    data: Path,
    asked: argparse.Namespace,
    folder: str,
) -> None:
    home = Path(folder) / name.replace(" ", "-")
    home.mkdir()
    started = time.monotonic()
    try:
        with place(home, data) as (address, process):
            loaded = time.monotonic() - started
            memory = _memory(process)
            for kind, variants in queries(asked.documents).items():
                if kind != LOOK_UP and name == CEILING:
                    continue
                rows = _rows(address, variants[0])
                for clients in map(int, asked.clients.split(",")):
                    found = _wrk(address, variants, clients, asked.seconds, home)
                    cells = f"{found['rate']:.0f} | {found['p50']:.1f} | {found['p95']:.1f} | {found['p99']:.1f} | {found['errors']:.0f}"
                    print(f"| {name} | {loaded:.0f} | {memory} | {kind}（{rows} 行） | {clients} | {cells} |", flush=True)
            if name.startswith("规知"):
                _runaway(address, queries(asked.documents)[LOOK_UP], asked.seconds, home)
    except FileNotFoundError as error:
        print(f"没有测 {name}：{error}", file=sys.stderr)


def _runaway(address: str, variants: Sequence[str], seconds: int, home: Path) -> None:
    """What a query that would never end does to light ones, while it runs and is stopped."""
    time.sleep(LIMIT)  # until nothing is left of what the load before has asked
    idle = _wrk(address, variants, 4, seconds, home)
    done = threading.Event()

    def run() -> None:
        while not done.is_set():
            httpx.get(address, params={"query": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"}, timeout=60)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(1)
    busy = _wrk(address, variants, 4, max(LIMIT + 2, seconds), home)  # a stop is in it
    done.set()
    thread.join()
    print(
        f"\n失控查询在旁：取一项的 p99 由 {idle['p99']:.1f} ms 变为 {busy['p99']:.1f} ms（{busy['p99'] / idle['p99']:.1f} 倍），4 个客户\n",
        flush=True,
    )


def _rows(address: str, query: str) -> int:
    response = httpx.get(address, params={"query": query}, headers={"Accept": "application/sparql-results+json"}, timeout=120)
    response.raise_for_status()
    return len(response.json()["results"]["bindings"])


def _wrk(address: str, variants: Sequence[str], clients: int, seconds: int, home: Path) -> Mapping[str, float]:
    paths = [address[address.index("/", 8) :] + "?" + urlencode({"query": q}) for q in variants]
    script = home / "load.lua"
    script.write_text(_LUA.replace("PATHS", ",\n".join(json.dumps(p) for p in paths)), encoding="utf-8")
    threads = str(min(clients, 2))
    command = ["wrk", "-t", threads, "-c", str(clients), "-d", f"{seconds}s", "--timeout", "30s", "-s", str(script), address]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    found: Mapping[str, float] = json.loads(run.stdout.splitlines()[-1])
    return found


_LUA = """
local paths = { PATHS }
local at = 0
request = function()
  at = at % #paths + 1
  return wrk.format("GET", paths[at], { ["Accept"] = "application/sparql-results+json" })
end
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\\n{"rate": %f, "p50": %f, "p95": %f, "p99": %f, "errors": %d}\\n', (summary.requests - e.status) / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000, e.connect + e.read + e.write + e.status + e.timeout))
end
"""


# ---------------------------------------------------------------- places


@contextmanager
def _process(command: list[str], address: str, environment: Mapping[str, str] | None = None) -> Iterator[tuple[str, int]]:
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | dict(environment or {}), stdout=subprocess.DEVNULL)
    try:
        while True:
            if process.poll() is not None:
                raise FileNotFoundError(f"{command[0]} … {process.returncode}")
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(address, params={"query": "ASK {}"}, timeout=600).raise_for_status()
                break
            time.sleep(0.2)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def bare(home: Path, data: Path) -> Iterator[tuple[str, int]]:
    """No data at all: what a route of our HTTP server reaches that always gives the same ten rows. Nothing in Python can be faster."""
    port = free_port()
    with _process([sys.executable, "-c", BARE, str(port)], f"http://127.0.0.1:{port}/sparql") as running:
        yield running


@contextmanager
def ours_on_disk(home: Path, data: Path) -> Iterator[tuple[str, int]]:
    """The whole service over a store on disk."""
    write_graphs(home / "store", graphs_of(GRAPH.read_bytes(), "nq", REGISTER, "graph.nq"))
    write_file(home / "store", REGISTER, data)
    with _ours({"GUIZHI_STORE": str(home / "store")}, GRAPH.parent) as running:
        yield running


@contextmanager
def ours_in_memory(home: Path, data: Path) -> Iterator[tuple[str, int]]:
    """The endpoint alone over a graph in memory: the service would answer questions from the larger graph too."""
    file = home / "graph.nq"
    with file.open("wb") as out:
        out.write(GRAPH.read_bytes())
        for line in data.open("rb"):
            out.write(line[:-2] + f"<{REGISTER}> .\n".encode())
    port = free_port()
    code = (
        "import sys, pathlib, uvicorn; from starlette.applications import Starlette; from qa import endpoint; from qa.pool import Pool; from qa.wire import Connection\n"
        "uvicorn.run(Starlette(routes=endpoint.routes(endpoint.Endpoint(Pool(pathlib.Path(sys.argv[1]))))), port=int(sys.argv[2]), log_level='error', http=Connection)"
    )
    with _process([sys.executable, "-c", code, str(file), str(port)], f"http://127.0.0.1:{port}/sparql") as running:
        yield running


def _ours(environment: Mapping[str, str], build: Path) -> contextlib.AbstractContextManager[tuple[str, int]]:
    port = free_port()
    return _process(
        [sys.executable, "-c", OURS, str(build)],
        f"http://127.0.0.1:{port}/sparql",
        {"GUIZHI_PORT": str(port), "GUIZHI_LOG": "warning"} | environment,
    )


@contextmanager
def oxigraph(home: Path, data: Path) -> Iterator[tuple[str, int]]:
    """The Oxigraph server, loaded by its own program, with the union as default graph."""
    program = servers.oxigraph()
    if not program:
        raise FileNotFoundError("pip install oxigraph")
    load = [program, "load", "--location", str(home / "data"), "--file"]
    subprocess.run([*load, str(GRAPH)], check=True, capture_output=True)
    subprocess.run([*load, str(data), "--graph", REGISTER], check=True, capture_output=True)
    port = free_port()
    command = [program, "serve-read-only", "--location", str(home / "data"), "--bind", f"127.0.0.1:{port}", "--union-default-graph"]
    with _process(command, f"http://127.0.0.1:{port}/query") as running:
        yield running


@contextmanager
def virtuoso(home: Path, data: Path) -> Iterator[tuple[str, int]]:
    """Virtuoso, loaded by its own bulk loader."""
    if not servers.virtuoso():
        raise FileNotFoundError("apt-get install virtuoso-opensource-7-bin")
    shutil.copy(GRAPH, home / "graph.nq")
    shutil.copy(data, home / "documents.nt")
    with servers.run_virtuoso(home) as server:
        sql = (home / "virtuoso.ini").read_text().split("ServerPort = 127.0.0.1:")[1].split()[0]
        steps = f"ld_dir('{home}', 'graph.nq', 'urn:none'); ld_dir('{home}', 'documents.nt', '{REGISTER}'); rdf_loader_run(); checkpoint;"
        subprocess.run(["isql-vt", f"127.0.0.1:{sql}", "dba", "dba", f"exec={steps}"], check=True, capture_output=True)
        yield (
            server.query,
            int(subprocess.run(["fuser", f"{sql}/tcp"], capture_output=True, text=True).stdout.split()[0]) if shutil.which("fuser") else 0,
        )


@contextmanager
def rdflib_endpoint(home: Path, data: Path) -> Iterator[tuple[str, int]]:
    """``rdflib-endpoint`` on rdflib's default store."""
    python = os.environ.get("BENCHMARK_PEERS", sys.executable)
    if subprocess.run([python, "-c", "import rdflib_endpoint"], capture_output=True).returncode:
        raise FileNotFoundError("pip install rdflib-endpoint（可以装在另一个环境里，用 BENCHMARK_PEERS=其 python 指给我）")
    port = free_port()
    with _process([python, "-c", PEER, str(port), str(GRAPH), str(data), REGISTER], f"http://127.0.0.1:{port}/sparql") as running:
        yield running


def _memory(process: int) -> int:
    """Proportional memory of ``process`` and its descendants, in MB; 0 where the system does not tell."""
    found, waiting = 0, [process]
    while waiting:
        one = waiting.pop()
        with contextlib.suppress(OSError, IndexError, ValueError):
            found += int(
                next(line for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:")).split()[1]
            )
            waiting += [int(child) for child in Path(f"/proc/{one}/task/{one}/children").read_text().split()]
    return found // 1024


CEILING = "空的路由"
PLACES = {
    CEILING: bare,
    "规知（内存）": ours_in_memory,
    "规知（磁盘）": ours_on_disk,
    "Oxigraph": oxigraph,
    "Virtuoso": virtuoso,
    "rdflib-endpoint": rdflib_endpoint,
}

if __name__ == "__main__":
    sys.exit(main())
