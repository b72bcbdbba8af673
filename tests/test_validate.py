"""Registers against the shapes: every constraint on real files, which rows and rules speak, and that nothing else does."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyshacl
import pytest
import yaml
from rdflib import RDF, SH, Graph, Literal, URIRef
from rdflib.term import Node
from register_files import BASES, CASES, Rows, write

from qa import terms
from qa.calendar import WorkingDays
from qa.judge import shard_data
from qa.register_models import Batch, Register
from qa.register_tables import load_registers
from qa.registers import read_registers
from qa.rulebook import Rulebook, RulebookError, load_rulebook
from qa.series import Series
from qa.shards import Spool
from qa.store import Store
from qa.validate import check, working_days
from qa.validate_models import Progress, Report, Result, Settings, Severity

FILES = ("signing", "deadlines", "meetings", "documents", "others")
TABLE: list[dict[str, Any]] = [case for name in FILES for case in yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))]
MUTATIONS: list[dict[str, Any]] = yaml.safe_load((CASES / "mutations.yaml").read_text("utf-8"))
CONSTRAINTS = range(1, 37)
BREACHES = {Severity.VIOLATION, Severity.WARNING, Severity.INFO}
ACTING = ("Violation", "Info")
"""Somebody who acts for the mayor is told besides."""
SEVERITIES = {
    **dict.fromkeys((6, 12, 13, 14, 16, 19, 23), ("Warning",)),
    8: ("Info",),
    33: ("Violation", "Warning"),
    **dict.fromkeys((2, 4, 7, 27, 28, 29, 30, 31), ACTING),
}
"""Of constraints that are not violations only."""


@dataclass(frozen=True)
class Desk:
    """What a check needs, opened once."""

    rules: Rulebook
    registers: tuple[Register, ...]
    days: WorkingDays

    def read(self, folder: Path, rows: Rows, *, workbook: bool = False) -> Iterator[Batch]:
        return read_registers(write(folder, rows, self.registers, workbook=workbook), self.registers)

    def check(self, folder: Path, rows: Rows, settings: Settings | None = None, *, workbook: bool = False) -> Report:
        return check(self.read(folder, rows, workbook=workbook), self.rules, self.days, settings or Settings())


@pytest.fixture(scope="module")
def desk(root: Path, store: Store) -> Desk:
    rules = load_rulebook(root, store)
    return Desk(rules, load_registers(root / "data" / "registers", store.select, rules.regulation), working_days(root, Settings()))


def spoke(results: tuple[Result, ...]) -> set[tuple[str, int, str, str]]:
    return {(result.register, result.row, result.rule, result.shape) for result in results}


def settings(case: dict[str, Any]) -> Settings:
    return Settings(first_day_counts=case.get("first_day_counts", False))


@pytest.mark.parametrize("case", TABLE, ids=lambda case: str(case["name"]))
def test_exactly_these_rows_and_rules_speak(desk: Desk, tmp_path: Path, case: dict[str, Any]) -> None:
    report = desk.check(tmp_path, case["rows"], settings(case), workbook=TABLE.index(case) % 3 == 0)
    assert spoke(report.results) == {tuple(entry) for entry in case["speaks"]}
    for result in report.results:
        assert result.message and result.remedy and "{?" not in result.message + result.remedy
        assert result.column and result.file.startswith(result.register)


def test_every_constraint_has_valid_and_invalid_rows(desk: Desk) -> None:
    """At least two of each. A valid row is one of the register of the faults on which nothing is said."""
    for number in CONSTRAINTS:
        shapes = {info.name: info for info in desk.rules.shapes.values() if number in info.constraints}
        breaches = {name for name, info in shapes.items() if info.severity is not Severity.UNDETERMINED}
        cases = [case for case in TABLE if {entry[3] for entry in case["speaks"]} & set(shapes)]
        invalid = {(case["name"], entry[0], entry[1]) for case in cases for entry in case["speaks"] if entry[3] in breaches}
        silent = {
            (case["name"], name, row)
            for case in cases
            for name in {entry[0] for entry in case["speaks"] if entry[3] in shapes}
            for row in range(2, len(case["rows"][name]) + 2)
            if not any(entry[:2] == [name, row] for entry in case["speaks"])
        }
        assert len(invalid) >= 2, f"constraint {number}: {invalid}"
        assert len(silent) >= 2, f"constraint {number}: {silent}"


def test_every_constraint_is_tried_on_its_limit(desk: Desk) -> None:
    """A row just within the limit, on which no breach is found, beside one of the same case on which one is."""
    for number in CONSTRAINTS:
        marked = [(case, case["boundary"][number]) for case in TABLE if number in case.get("boundary", {})]
        assert marked, f"constraint {number}"
        shapes = {info.name: info for info in desk.rules.shapes.values()}
        for case, (register, row) in marked:
            assert 2 <= row <= len(case["rows"][register]) + 1, case["name"]
            said = {entry[3] for entry in case["speaks"] if entry[:2] == [register, row]}
            assert {shapes[name].severity for name in said} <= {Severity.INFO}, case["name"]
            assert any(number in shapes[entry[3]].constraints and shapes[entry[3]].severity in BREACHES for entry in case["speaks"]), number


def test_severity_follows_the_wording(desk: Desk) -> None:
    """须、应、不得 are violations, 一般 and 原则上 warnings; the count of a month's meetings, and that somebody acts for another, is only told."""
    for number in CONSTRAINTS:
        found = {info.severity for info in desk.rules.shapes.values() if number in info.constraints} - {Severity.UNDETERMINED}
        wanted = {Severity(name) for name in SEVERITIES.get(number, ("Violation",))}
        assert found == wanted, number


def test_every_shape_speaks_somewhere(desk: Desk) -> None:
    named = {entry[3] for case in TABLE for entry in case["speaks"]}
    assert {info.name for info in desk.rules.shapes.values()} == named


def test_every_constraint_can_also_be_undetermined(desk: Desk) -> None:
    unsure = {n for info in desk.rules.shapes.values() if info.severity is Severity.UNDETERMINED for n in info.constraints}
    assert unsure == set(CONSTRAINTS)


def test_a_column_is_read_by_the_constraints_that_claim_it(desk: Desk) -> None:
    """What the tables of columns promise, a shape of that constraint reads, or what is derived for it, or the data of the checks."""
    names = re.compile(rf"\b(?:gz|ck):([\w-]+)|(?:{terms.NS}|{terms.CHECK})([\w-]+)")
    derived = {name for query in desk.rules.derive for found in names.findall(query) for name in found}
    derived |= {name for found in names.findall(desk.rules.facts.decode()) for name in found}
    for register in desk.registers:
        for column in register.columns:
            act, _, last = column.property.rpartition("/")
            for number in column.constraints:
                mine = [c for c in desk.rules.constraints if number in desk.rules.shapes[c.shape].constraints]
                read = {name for c in mine for found in names.findall(f"{c.query} {c.path}") for name in found} | derived
                assert f"{act}-{last}" in read or {act, last} <= read | {""}, f"{register.name}：{column.name}：{number}"


# ---------------------------------------------------------------- the reference


def shapes_of(root: Path, constraint: int) -> Graph:
    """The shapes of one constraint; the others without their targets."""
    shapes = Graph()
    for path in sorted((root / "ontology" / "shapes" / "registers").glob("*.ttl")):
        shapes.parse(path)
    for shape in set(shapes.subjects(RDF.type, SH.NodeShape)):
        if (shape, URIRef(terms.CHECK + "constraint"), Literal(constraint)) not in shapes:
            shapes.remove((shape, SH.targetClass, None))
    return shapes


def reference(data: bytes, shapes: Graph) -> set[tuple[str, str, str]]:
    _, report, _ = pyshacl.validate(Graph().parse(data=data, format="nt"), shacl_graph=shapes, inference="none", advanced=False)
    assert isinstance(report, Graph)
    return {
        (str(report.value(r, SH.focusNode)), str(report.value(r, SH.resultMessage)), _named(report.value(r, SH.sourceShape), shapes))
        for r in report.subjects(RDF.type, SH.ValidationResult)
    }


def _named(shape: Node | None, shapes: Graph) -> str:
    while not isinstance(shape, URIRef):
        assert shape is not None
        shape = next(shapes.subjects(None, shape))
    return str(shape)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: str(case["name"]))
def test_pyshacl_says_the_same(root: Path, desk: Desk, tmp_path: Path, case: dict[str, Any]) -> None:
    with Spool(desk.rules.neighbours) as spool:
        series = Series()
        for batch in desk.read(tmp_path, case["rows"]):
            assert batch.head
            kind = terms.local_name(batch.head.register.record_class)
            for record in batch.records:
                spool.add(record, kind, {})
                series.add(record, kind)
        spool.tell(series.facts())
        (shard,) = spool.shards(1000)
        data = shard_data(shard, desk.rules, desk.days, spool.counts, first_day_counts=settings(case).first_day_counts)
    shapes = shapes_of(root, case["constraint"])
    wanted = {str(shape) for shape in shapes.subjects(SH.targetClass)}
    found = {(f.focus, f.message, f.shape) for c in desk.rules.constraints if c.shape in wanted for f in data.faults(c)}
    assert found == reference(data.dump(), shapes)
    assert found, "a case in which nothing speaks compares nothing"


# ---------------------------------------------------------------- shards, mutation, settings


@pytest.mark.parametrize("case", TABLE[::5], ids=lambda case: str(case["name"]))
def test_shards_change_no_result(desk: Desk, tmp_path: Path, case: dict[str, Any]) -> None:
    """Records that belong together reach every shard that needs them, with one record of its own in each."""
    whole = desk.check(tmp_path, case["rows"], settings(case)).results
    apart = Settings(first_day_counts=settings(case).first_day_counts, shard=1)
    assert whole and desk.check(tmp_path, case["rows"], apart).results == whole


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: str(mutation["name"]))
def test_one_broken_field_in_a_valid_register_speaks(desk: Desk, tmp_path: Path, mutation: dict[str, Any]) -> None:
    """Twenty valid rows; one of them, drawn by the name of the mutation, is broken in one field."""
    draw = random.Random(mutation["name"])
    name, hit = mutation["register"], draw.randrange(20)
    key = next(iter(BASES[name]))
    rows: list[dict[str, Any]] = [{**mutation.get("row", {}), key: f"N{number}"} for number in range(20)]
    context = mutation.get("context", {})
    (tmp_path / "valid").mkdir()
    (tmp_path / "broken").mkdir()
    assert desk.check(tmp_path / "valid", {name: rows, **context}).results == ()
    rows[hit] |= mutation["break"]
    found = desk.check(tmp_path / "broken", {name: rows, **context}).results
    assert spoke(found) == {(name, hit + 2, rule, shape) for rule, shape in mutation["speaks"]}


def test_progress_and_what_was_checked(desk: Desk, tmp_path: Path) -> None:
    said: list[Progress] = []
    report = check(desk.read(tmp_path, {"公文登记簿": [{}, {"登记号": "D2"}]}), desk.rules, desk.days, Settings(shard=1), said.append)
    assert report.conforms and report.undetermined == 0 and report.results == ()
    assert [(p.stage, p.done, p.total) for p in said] == [("读取", 2, None), ("核对", 1, 2), ("核对", 2, 2)]
    assert report.checked.records == {"公文登记簿": 2} and report.checked.years == (2004, 2026)
    assert report.checked.regulation == "朝阳市人民政府工作规则"


def test_undetermined_is_no_breach(desk: Desk, tmp_path: Path) -> None:
    report = desk.check(tmp_path, {"公文登记簿": [{"报送签发人层次": None}]})
    assert report.conforms and report.undetermined == 1 and not report.results[0].breach


def test_a_regulation_without_checks_is_an_error(root: Path, store: Store) -> None:
    with pytest.raises(RulebookError, match="其他规则不在其中"):
        load_rulebook(root, store, "其他规则")
