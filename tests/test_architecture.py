"""Who imports whom: stages stay apart, each library has one room, and asking loads nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from functools import cache

import pytest
import yaml
from asking import ROOT

RULES = yaml.safe_load((ROOT / "tests" / "cases" / "imports.yaml").read_text("utf-8"))
MODULES = {path.stem: path for path in sorted((ROOT / "qa").glob("*.py"))}


def imports(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The full names of what is imported by the import statements among ``nodes``."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text("utf-8"))


def own(names: Iterable[str]) -> set[str]:
    """Those of our modules that are among the full ``names``."""
    return {name.split(".")[1] for name in names if name.startswith("qa.") and name.split(".")[1] in MODULES}


@cache
def loaded(module: str) -> set[str]:
    """The libraries that a fresh interpreter has loaded after importing ``module``."""
    code = f"import sys, {module}; print(*sorted({{n.split('.')[0] for n in sys.modules}}))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split())


def test_there_are_modules() -> None:
    assert len(MODULES) > 30 and set(RULES["stages"]) <= set(MODULES)


@pytest.mark.parametrize("stage", RULES["stages"])
def test_a_stage_imports_no_other(stage: str) -> None:
    found = own(imports(ast.walk(tree(stage)))) - set(RULES["shared"])
    assert found - set(RULES["stages"][stage]) == set()
    assert set(RULES["stages"][stage]) - found == set(), "the exception is stale"


@pytest.mark.parametrize("module", RULES["shared"])
def test_types_import_no_stage(module: str) -> None:
    assert own(imports(ast.walk(tree(module)))) - set(RULES["shared"]) == set()


def test_nothing_goes_round() -> None:
    """As far as modules are loaded with their importer; what a function imports when it runs may go back."""
    graph = {name: own(imports(tree(name).body)) - {name} for name in MODULES}
    done: set[str] = set()
    while ready := {name for name, needs in graph.items() if name not in done and needs <= done}:
        done |= ready
    assert set(graph) - done == set()


@pytest.mark.parametrize("library", RULES["libraries"])
def test_a_library_is_kept_to_its_rooms(library: str) -> None:
    users = {name for name in MODULES if any(found.split(".")[0] == library for found in imports(ast.walk(tree(name))))}
    assert users, f"nobody uses {library}: the rule is stale"
    assert {name for name in users if not any(fnmatch(name, room) for room in RULES["libraries"][library])} == set()


@pytest.mark.parametrize("library", RULES["never_when_asking"])
def test_asking_loads_nothing_heavy(library: str) -> None:
    assert "qa" in loaded("qa.ask")
    assert library not in loaded("qa.ask")


def test_asking_does_not_load_what_only_the_build_needs() -> None:
    assert "onnx" not in loaded("qa.ask")


def test_nothing_is_loaded_when_the_command_line_is() -> None:
    assert loaded("qa.__main__") & {"numpy", "jieba", "pyoxigraph", "onnxruntime", "opencc", "yaml"} == set()


def test_every_module_says_what_it_is_for() -> None:
    assert [name for name in MODULES if name != "__init__" and not ast.get_docstring(tree(name))] == []


def test_no_room_for_odds_and_ends() -> None:
    assert not {"utils", "util", "helpers", "helper", "base", "manager", "common", "misc"} & set(MODULES)
