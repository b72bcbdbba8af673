"""Competency questions: every query answers with the rows that were checked against the text, also beside another regulation."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import Graph

from qa import build, graph, terms

FOLDER = Path(__file__).parents[1] / "ontology" / "queries"
SECOND = Path(__file__).parent / "fixtures" / "qingshi-2025"
QUERIES = sorted(FOLDER.glob("*.rq"))
Rows = list[tuple[str, ...]]

every_query = pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)


def comments(path: Path) -> dict[str, str]:
    """The comment lines at the head of a query, by their keyword."""
    return dict(re.findall(r"^# (.+?)：(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE))


def expected(path: Path) -> tuple[list[str], Rows]:
    with path.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    return names, [tuple(row) for row in rows]


def run(store: ox.Store, path: Path) -> tuple[list[str], Rows]:
    """Names and rows, as SPARQL CSV shows them. The project's own prefixes are not given: a query declares what it uses."""
    found = store.query(path.read_text(encoding="utf-8"), use_default_graph_as_union=True)
    assert isinstance(found, ox.QuerySolutions)
    names = [variable.value for variable in found.variables]
    return names, [tuple("" if row[name] is None else str(row[name].value) for name in names) for row in found]


def loaded(graphs: dict[str, Graph]) -> ox.Store:
    store = ox.Store()
    store.bulk_load(graph.nquads(graphs), format=ox.RdfFormat.N_QUADS)
    return store


@pytest.fixture(scope="module")
def fresh(graphs: dict[str, Graph]) -> ox.Store:
    return loaded(graphs)


@pytest.fixture(scope="module")
def asserted(graphs: dict[str, Graph]) -> ox.Store:
    """The graph without what is inferred."""
    return loaded({name: one for name, one in graphs.items() if name != terms.INFERRED_GRAPH})


@pytest.fixture(scope="module")
def with_another(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> ox.Store:
    """The graph with a second regulation, of another city, beside the first."""
    folder = tmp_path_factory.mktemp("beside")
    shutil.copytree(snapshot, folder, dirs_exist_ok=True)
    for kind in ("source", "norms"):
        shutil.copytree(SECOND / kind, folder / "data" / kind / SECOND.name)
    return loaded(build.graphs(folder))


def test_there_are_enough_over_all_chapters() -> None:
    assert len(QUERIES) >= 80
    assert [path.stem.split("-")[0] for path in QUERIES] == [f"{n:02d}" for n in range(1, len(QUERIES) + 1)]
    assert {path.stem for path in FOLDER.glob("*.csv")} == {path.stem for path in QUERIES}
    chapters = {chapter for path in QUERIES for chapter in comments(path)["章"].split("、")}
    assert chapters == {"全文", *(f"第{n}章" for n in "一二三四五六七八")}
    assert sum("推理" in comments(path) for path in QUERIES) >= 20


@every_query
def test_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# 问：") and "\n# 章：" in text
    assert "ORDER BY" in text and "REGEX" not in text.upper()
    assert "<rules-2024" in text or "<body/government>" in text  # restricted to one regulation


@every_query
def test_rows(fresh: ox.Store, path: Path) -> None:
    names, rows = run(fresh, path)
    assert rows and (names, rows) == expected(path)


@every_query
def test_another_engine_agrees(union: Graph, path: Path) -> None:
    found = union.query(path.read_text(encoding="utf-8"))
    assert [tuple("" if value is None else str(value) for value in row) for row in found] == expected(path)[1]  # type: ignore[union-attr]


@pytest.mark.parametrize("path", [path for path in QUERIES if "推理" in comments(path)], ids=lambda path: path.stem)
def test_inference_is_needed(asserted: ox.Store, path: Path) -> None:
    assert set(expected(path)[1]) - set(run(asserted, path)[1])


@every_query
def test_another_regulation_changes_nothing(with_another: ox.Store, path: Path) -> None:
    assert run(with_another, path)[1] == expected(path)[1]


def test_the_second_regulation_answers_the_same_query_with_its_own(with_another: ox.Store) -> None:
    path = next(path for path in QUERIES if path.stem.endswith("-minutes-signers"))
    query = path.read_text(encoding="utf-8").replace("id/chaoyang/", "id/qingshi/").replace("<rules-2024>", "<meetings-2025>")
    found = with_another.query(query, use_default_graph_as_union=True)
    assert isinstance(found, ox.QuerySolutions)
    assert [(str(row["meeting"].value), str(row["signer"].value)) for row in found] == [("市长碰头会", "市政府秘书长")]
