"""What tests share: the real project, a small invented regulation, and their built graphs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from rdflib import Dataset, Graph
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from serving import copy_build, in_process

from qa import build, graph
from qa.register_models import Register
from qa.register_tables import load_registers
from qa.store import Store, canonical

if "PYTEST_XDIST_WORKER" in os.environ:  # torch's threads wait by spinning: beside other processes they take twenty times as long as one
    os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).parents[1]
SMALL = ROOT / "tests" / "fixtures" / "qingshi-2025"


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the project."""
    return ROOT


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a copy of what the graph is built from, so that an edit during the tests cannot split them."""
    folder = tmp_path_factory.mktemp("snapshot")
    for name in ("ontology", "data/source", "data/norms"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def graphs(snapshot: Path) -> dict[str, Graph]:
    """The named graphs of the project, closed; do not change them. Those of the build, where it is of what there is now."""
    made = ROOT / "data" / "build"
    if build.is_stale(ROOT, made):
        return build.graphs(snapshot)
    every = Dataset()
    every.parse(made / build.GRAPH, format="nquads")
    return {str(one.identifier): Graph() + one for one in every.graphs() if one.identifier != DATASET_DEFAULT_GRAPH_ID}


@pytest.fixture(scope="session")
def union(graphs: dict[str, Graph]) -> Graph:
    """All triples of the project; do not change it."""
    return graph.union(graphs.values())


@pytest.fixture(scope="session")
def store(graphs: dict[str, Graph]) -> Store:
    """A store over the project's graphs."""
    return Store(canonical(graph.nquads(graphs)))


@pytest.fixture(scope="session")
def registers(store: Store) -> tuple[Register, ...]:
    """The declared registers, their lists filled from the project's graph."""
    return load_registers(ROOT / "data" / "registers", store.select, "chaoyang-2024")


@pytest.fixture(scope="session")
def nquads(graphs: dict[str, Graph], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's graphs as an N-Quads file."""
    path = tmp_path_factory.mktemp("nquads") / "graph.nq"
    path.write_bytes(canonical(graph.nquads(graphs)))
    return path


@pytest.fixture(scope="session")
def _small_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    shutil.copytree(ROOT / "ontology", folder / "ontology")
    shutil.copytree(SMALL / "source", folder / "data" / "source" / SMALL.name)
    shutil.copytree(SMALL / "norms", folder / "data" / "norms" / SMALL.name)
    return folder


@pytest.fixture
def small(tmp_path: Path, _small_template: Path) -> Path:
    """The root of a project of its own with the invented regulation alone; a test may change it."""
    shutil.copytree(_small_template, tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture(scope="session")
def small_graphs(_small_template: Path) -> dict[str, Graph]:
    """The named graphs of the invented regulation, closed; do not change them."""
    return build.graphs(_small_template)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's artefacts."""
    found = copy_build(tmp_path_factory.mktemp("artefacts") / "build")
    if found is None:
        pytest.skip("尚未构建：guizhi build")
    return found


@pytest.fixture(scope="session")
def address(built: Path) -> Iterator[str]:
    """The address of the whole service, in a process of its own."""
    with in_process(built) as found:
        yield found


@pytest.fixture(scope="session")
def client(address: str) -> Iterator[httpx.Client]:
    """A client of the running service."""
    with httpx.Client(base_url=address, timeout=30) as found:
        yield found
