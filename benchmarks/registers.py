"""The check of registers beside pySHACL: ``python -m benchmarks registers [DOCUMENTS …]`` prints time, peak memory and whether both say the same.

The eight registers are made from the faultless rows of the tests, over several years and terms of office, with 2 % of the rows broken as the
mutations of the tests break them; the same number of documents gives the same files. Sizes count rows of the register of documents; with
what belongs to them (countersignatures, meetings, leave …) there are 2.2 times as many rows. Each measurement has processes of its own. Ours
is timed from the files to the report, with as many processes as a user gets; pySHACL gets the parsed graph of the same records, with what our
rules derive already in it, and the same shapes. Next to the time on the clock stands that of the processors: on a machine that is busy with
other things only the latter tells. Memory is the most that any process held, all processes added up.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[1]
CASES: Final = ROOT / "tests" / "cases" / "registers"
SIZES: Final = (10, 30, 100, 1_000, 20_000, 100_000)
PEER: Final = 100
"""Documents up to which pySHACL is run as well."""
FAULTY: Final = 0.02
MIXTURE: Final = {
    "公文登记簿": 45,
    "会签征求意见登记": 20,
    "会议台账": 10,
    "请假登记": 10,
    "简报登记": 5,
    "代行与委托（授权）登记": 4,
    "部门全市性会议（活动）报批登记": 3,
    "督查登记": 3,
}
"""Rows of each register in a hundred."""
DOCUMENTS: Final = MIXTURE["公文登记簿"]
NUMBERED: Final = ("登记号", "会议编号", "编号")
YEARS: Final = 5
TERM: Final = 500
"""Rows in one term of office: after that the people have other names."""
Finding = tuple[str, str, str]
"""Record, shape (local name), message."""
Planted = set[tuple[str, int, str]]
"""Register, row, shape (local name)."""


def generate(folder: Path, rows: int) -> tuple[list[Path], Planted]:
    """Write ``rows`` rows as csv files in ``folder``; the files, and what is wrong with them."""
    source = random.Random(rows)
    bases = yaml.safe_load((CASES / "bases.yaml").read_text("utf-8"))
    mutations = yaml.safe_load((CASES / "mutations.yaml").read_text("utf-8"))
    paths, planted = [], Planted()
    for name, share in MIXTURE.items():
        kinds = [mutation for mutation in mutations if mutation["register"] == name]
        path = folder / f"{name}.csv"
        header = list(dict.fromkeys([*bases[name], *(key for kind in kinds for key in {**kind.get("row", {}), **kind["break"]})]))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, header)
            writer.writeheader()
            for number in range(max(1, rows * share // 100)):
                kind = source.choice(kinds)
                row = {**bases[name], **kind.get("row", {})}
                if source.random() < FAULTY:
                    row |= kind["break"]
                    planted |= {(name, number + 2, shape) for _, shape in kind["speaks"]}
                writer.writerow(_placed(row, name, number, rows, source))
        paths.append(path)
    return paths, planted


def _placed(row: Mapping[str, Any], name: str, number: int, rows: int, source: random.Random) -> dict[str, Any]:
    """``row`` with numbers, people and days of its own. Weekdays stay: 364 days are 52 weeks."""
    shift = timedelta(days=-364 * source.randrange(YEARS))
    term = source.randrange(1 + rows // TERM)
    placed = {key: _moved(value, shift, term) for key, value in row.items()}
    placed |= {key: f"{name[:2]}{number:07d}" for key in NUMBERED if key in row}
    if name == "会签征求意见登记":
        placed["公文登记号"] = f"公文{source.randrange(max(1, rows * MIXTURE['公文登记簿'] // 100)):07d}"
    if name == "简报登记":
        placed["报送部门"] = f"市第{1 + term // 2}局"
    if name == "代行与委托（授权）登记":  # else some would permit the reviewer that a fault puts in the place of another
        placed = {key: value.replace("孙副", "周副") if isinstance(value, str) else value for key, value in placed.items()}
    return placed


def _moved(value: Any, shift: timedelta, term: int) -> Any:
    if isinstance(value, date):
        return value + shift
    if isinstance(value, str) and len(value) == 2 and value[1] in "市副局":  # the people of the tests: 李市, 王副, 赵局
        return f"{value}{term}"
    return value


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run took: seconds on the clock and of the processors, MiB at most; what it found, and where (register, row, shape)."""

    seconds: float
    processor: float
    memory: int
    findings: set[Finding]
    places: Planted


def ours(paths: Sequence[Path]) -> Measured:
    """The check as the command line makes it."""
    from qa.audit import Auditor
    from qa.browse import Regulation
    from qa.judge_pool import judge_pool, processes
    from qa.store import Store

    store = Store.open(ROOT / "data" / "build" / "graph.nq")
    auditor = Auditor(ROOT, store, Regulation(store))
    started, used = time.perf_counter(), _processor()
    results = auditor.audit(paths, judge_all=judge_pool(processes())).report.results
    seconds = time.perf_counter() - started
    for child in multiprocessing.active_children():
        child.join()
    memory = _peak(resource.RUSAGE_SELF) + processes() * _peak(resource.RUSAGE_CHILDREN)
    findings = {(result.focus, result.shape, result.message) for result in results}
    places = {(result.register, result.row, result.shape) for result in results}
    assert len(findings) == len(results), "a result came twice"
    return Measured(seconds, _processor() - used, memory, findings, places)


def peer(paths: Sequence[Path]) -> Measured:
    """The same of pySHACL, without reading, deriving and parsing."""
    import pyshacl
    from rdflib import RDF, SH, Graph, URIRef

    from qa.terms import local_name

    shapes, data = Graph(), Graph().parse(data=_records(paths), format="nt")
    for path in sorted((ROOT / "ontology" / "shapes" / "registers").glob("*.ttl")):
        shapes.parse(path)
    started, used = time.perf_counter(), _processor()
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference="none", advanced=False)
    seconds, processor = time.perf_counter() - started, _processor() - used
    assert isinstance(report, Graph)
    found = set()
    for result in report.subjects(RDF.type, SH.ValidationResult):
        shape = report.value(result, SH.sourceShape)
        while shape is not None and not isinstance(shape, URIRef):
            shape = next(shapes.subjects(None, shape), None)
        found.add((str(report.value(result, SH.focusNode)), local_name(str(shape)), str(report.value(result, SH.resultMessage))))
    return Measured(seconds, processor, _peak(resource.RUSAGE_SELF), found, set())


def _records(paths: Sequence[Path]) -> bytes:
    """The graph that our constraints see for ``paths``, as N-Triples."""
    from qa.judge import shard_data
    from qa.register_tables import load_registers
    from qa.registers import read_registers
    from qa.rulebook import load_rulebook
    from qa.series import Series
    from qa.shards import Spool
    from qa.store import Store
    from qa.terms import local_name
    from qa.validate import working_days
    from qa.validate_models import Settings

    store = Store.open(ROOT / "data" / "build" / "graph.nq")
    rules = load_rulebook(ROOT, store)
    series = Series()
    with Spool(rules.neighbours) as spool:
        for batch in read_registers(paths, load_registers(ROOT / "data" / "registers", store.select, rules.regulation)):
            assert batch.head
            for record in batch.records:
                spool.add(record, local_name(batch.head.register.record_class), {})
                series.add(record, local_name(batch.head.register.record_class))
        spool.tell(series.facts())
        (shard,) = spool.shards(len(spool))
        return shard_data(shard, rules, working_days(ROOT, Settings()), spool.counts, first_day_counts=False).dump()


def _processor() -> float:
    """Seconds of the processors that this process and its ended children have used."""
    return sum(os.times()[:4])


def _peak(whose: int) -> int:
    """The most memory that this process, or the largest of its ended children, has held, in MiB (Linux)."""
    return resource.getrusage(whose).ru_maxrss // 1024


def _apart(measure: Callable[[Sequence[Path]], Measured], paths: Sequence[Path]) -> Measured:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(measure, paths).result()


def main(sizes: Iterable[int]) -> None:
    """Print the table. Raises ``AssertionError`` where a planted fault is not found, or pySHACL says anything else than we do."""
    print(
        "| 公文行数 | 全部行数 | 规知，秒 | 其中处理器，秒 | 每千行处理器，秒 | 内存峰值，MB | 埋的错，都找到 | 结果 | pySHACL，秒 | 其中处理器，秒 | 内存峰值，MB | 结果一致 |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|", flush=True)
    for documents in sizes:
        rows = -(-documents * 100 // DOCUMENTS)
        with tempfile.TemporaryDirectory() as folder:
            paths, planted = generate(Path(folder), rows)
            we = _apart(ours, paths)
            assert planted <= we.places, sorted(planted - we.places)[:5]
            line = f"| {documents} | {rows} | {we.seconds:.1f} | {we.processor:.1f} | {we.processor / rows * 1000:.2f} | {we.memory} | {len(planted)} | {len(we.findings)} |"
            if documents > PEER:
                print(f"{line} — | — | — | — |", flush=True)
                continue
            they = _apart(peer, paths)
            assert they.findings == we.findings, (sorted(we.findings - they.findings)[:3], sorted(they.findings - we.findings)[:3])
            print(f"{line} {they.seconds:.1f} | {they.processor:.1f} | {they.memory} | 是 |", flush=True)


if __name__ == "__main__":
    main([int(rows) for rows in sys.argv[1:]] or SIZES)
