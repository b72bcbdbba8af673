"""Artefacts: the same bytes twice, whole or not there, and damage that is named."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rdflib import Graph

from qa import graph, source, terms
from qa.build import BuildError, build, hashes, is_stale, read_manifest, verify
from qa.closure import ClosureError
from qa.models import Workspace
from qa.source import SourceError
from qa.store import Store, canonical

NORMS = "data/norms/qingshi-2025/all.ttl"


@pytest.fixture
def out(small: Path) -> Path:
    """A finished build of the small project."""
    build(small, small / "data" / "build", steps=())
    return small / "data" / "build"


def test_bytes_do_not_depend_on_the_hash_seed(small: Path, out: Path) -> None:
    code = "import sys; from pathlib import Path; from qa.build import build; build(Path(sys.argv[1]), Path(sys.argv[2]), steps=())"
    for seed in ("0", "4242"):
        other = small / f"other-{seed}"
        subprocess.run([sys.executable, "-c", code, str(small), str(other)], check=True, env=os.environ | {"PYTHONHASHSEED": seed})
        for name in ("graph.nq", "manifest.json"):
            assert (other / name).read_bytes() == (out / name).read_bytes(), (seed, name)


def test_the_projects_own_graph_does_not_depend_on_the_hash_seed(snapshot: Path, graphs: dict[str, Graph]) -> None:
    code = """import sys; from pathlib import Path; from qa import build, graph; from qa.store import canonical
sys.stdout.buffer.write(canonical(graph.nquads(build.graphs(Path(sys.argv[1])))))"""
    ran = subprocess.run(
        [sys.executable, "-c", code, str(snapshot)], check=True, capture_output=True, env=os.environ | {"PYTHONHASHSEED": "7"}
    )
    assert hashlib.sha256(ran.stdout).digest() == hashlib.sha256(canonical(graph.nquads(graphs))).digest()


def test_lines_are_sorted_unique_and_load(out: Path) -> None:
    lines = (out / "graph.nq").read_bytes().splitlines()
    assert lines == sorted(set(lines))
    assert len(Store.open(out / "graph.nq")) == len(lines)


def test_manifest_names_inputs_and_outputs(small: Path, out: Path) -> None:
    manifest = read_manifest(out)
    assert manifest.inputs[NORMS] == hashlib.sha256((small / NORMS).read_bytes()).hexdigest()
    assert {"ontology/guizhi.ttl", "data/source/qingshi-2025/text.txt", "ontology/rules/signs.rq", "qa/closure.py"} <= set(manifest.inputs)
    assert set(manifest.outputs) == {"graph.nq"}
    assert {"rdflib", "owlrl", "pyoxigraph", "onnx", "jieba"} <= set(manifest.versions)
    assert not [name for name in manifest.inputs if name.startswith("/")]


def test_stale_after_a_change(small: Path, out: Path) -> None:
    assert not is_stale(small, out)
    (small / NORMS).write_text((small / NORMS).read_text("utf-8") + "\n# 改了\n", "utf-8")
    assert is_stale(small, out)
    build(small, out, steps=())
    assert not is_stale(small, out)
    (small / "data/norms/qingshi-2025/more.ttl").write_text("")
    assert is_stale(small, out)


def test_stale_when_missing_incomplete_or_of_other_versions(small: Path, out: Path) -> None:
    assert is_stale(small, small / "nowhere")
    content = json.loads((out / "manifest.json").read_text("utf-8"))
    (out / "manifest.json").write_text(json.dumps(content | {"versions": {}}))
    assert is_stale(small, out)
    (out / "manifest.json").write_text(json.dumps(content))
    assert not is_stale(small, out)
    (out / "graph.nq").unlink()
    assert is_stale(small, out)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda out: (out / "graph.nq").write_bytes(b"x"), r"build/graph\.nq：文件损坏"),
        (lambda out: (out / "graph.nq").unlink(), r"build/graph\.nq：文件缺失"),
        (lambda out: (out / "manifest.json").write_text("{"), r"build/manifest\.json：文件损坏"),
        (lambda out: (out / "manifest.json").write_text("[]"), r"build/manifest\.json：文件损坏"),
        (lambda out: (out / "manifest.json").unlink(), r"build/manifest\.json：尚未构建"),
    ],
)
def test_damage_is_named_with_its_remedy(out: Path, damage: object, message: str) -> None:
    assert callable(damage)
    verify(out)
    damage(out)
    with pytest.raises(BuildError, match=message) as caught:
        verify(out)
    assert "请运行 guizhi build" in str(caught.value) and "\n" not in str(caught.value)


def test_steps_write_beside_the_graph_and_are_in_the_manifest(small: Path) -> None:
    def step(workspace: Workspace) -> None:
        assert workspace.graph.is_file()
        (workspace.target / "index").mkdir()
        (workspace.target / "index" / "size.txt").write_text(str(len(Store.open(workspace.graph))))

    said: list[str] = []
    out = small / "out"
    manifest = build(small, out, steps=(step,), say=said.append)
    assert set(manifest.outputs) == {"graph.nq", "index/size.txt"}
    assert int((out / "index" / "size.txt").read_text()) > 1000
    assert said
    verify(out, ["index/size.txt"])


def test_a_failed_build_leaves_the_old_one(small: Path, out: Path) -> None:
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    (small / NORMS).write_text("不是 Turtle", "utf-8")
    with pytest.raises(graph.GraphError):
        build(small, out, steps=())

    def fails(_: Workspace) -> None:
        raise RuntimeError("步骤失败")

    (small / NORMS).write_text("", "utf-8")
    with pytest.raises(RuntimeError, match="步骤失败"):
        build(small, out, steps=(fails,))
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in out.parent.iterdir() if path.name.startswith(".")] == []


def test_text_that_was_changed_stops_the_build(small: Path, out: Path) -> None:
    text = small / "data/source/qingshi-2025/text.txt"
    text.write_text(text.read_text("utf-8") + "第七条 补。\n", "utf-8")
    with pytest.raises(SourceError, match="SHA-256"):
        build(small, out, steps=())


def test_contradiction_stops_the_build(small: Path, out: Path) -> None:
    turtle = (small / NORMS).read_text("utf-8")
    (small / NORMS).write_text(turtle.replace("<office/mayor> a gz:Office", "<office/mayor> a gz:Office , gz:Body"), "utf-8")
    with pytest.raises(ClosureError, match="office/mayor"):
        build(small, out, steps=())


def test_two_regulations_stay_apart(small: Path, root: Path) -> None:
    for kind in ("source", "norms"):
        target = small / "data" / kind / "chaoyang-2024"
        target.symlink_to(root / "data" / kind / "chaoyang-2024", target_is_directory=True)
    both = Store(canonical(graph.nquads(_without_closure(small))))
    rows = both.select("SELECT ?rules (COUNT(?norm) AS ?n) WHERE { ?norm gz:quote ?q ; gz:regulation ?rules } GROUP BY ?rules")
    counts = {str(row["rules"]).rsplit("/", 2)[1]: int(str(row["n"])) for row in rows}
    assert counts["qingshi"] == 15 and counts["chaoyang"] > 300
    crossing = "ASK { ?norm gz:regulation ?one ; gz:provision ?part . ?part gz:regulation ?two . FILTER(?one != ?two) }"
    assert not both.ask(crossing)


def _without_closure(root: Path) -> dict[str, Graph]:
    ontology = graph.read([root / "ontology" / "guizhi.ttl"])
    named = {}
    for regulation in graph.regulations(root / "data" / "source"):
        written = graph.read(sorted((root / "data" / "norms" / regulation.identifier).glob("*.ttl")))
        named[terms.norms_graph(regulation.identifier)] = graph.norms_graph(regulation, written, ontology)
        named[terms.text_graph(regulation.identifier)] = graph.text_graph(regulation, source.load(regulation.folder))
    return named


def test_inputs_cover_everything_that_is_read(root: Path) -> None:
    names = set(hashes(root))
    for folder in ("data/norms", "data/source", "ontology/rules"):
        for path in (root / folder).rglob("*"):
            assert not path.is_file() or path.relative_to(root).as_posix() in names
