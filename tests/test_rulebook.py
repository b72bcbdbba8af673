"""What registers are checked against: every shape is tied to norms of the regulation, and nothing of one city stands in the shapes."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

from qa import terms
from qa.register_tables import load_registers
from qa.rulebook import Rulebook, load_rulebook
from qa.store import Store

CHECKED_BY = re.compile(r"<https://w3id\.org/guizhi/check#checkedBy> <([^>]+)>")


@pytest.fixture(scope="module")
def rules(root: Path, store: Store) -> Rulebook:
    return load_rulebook(root, store)


def test_all_thirty_six_constraints_have_shapes(rules: Rulebook) -> None:
    assert {number for info in rules.shapes.values() for number in info.constraints} == set(range(1, 37))


def test_every_shape_says_what_it_is_for(rules: Rulebook) -> None:
    assert [info.name for info in rules.shapes.values() if not (info.label and info.remedy and info.concerns and info.constraints)] == []
    assert {constraint.shape for constraint in rules.constraints} == set(rules.shapes)


def test_every_column_that_a_shape_names_is_declared(root: Path, store: Store, rules: Rulebook) -> None:
    declared = {
        column.property
        for register in load_registers(root / "data" / "registers", store.select, rules.regulation)
        for column in register.columns
    }
    assert {path for info in rules.shapes.values() for path in info.concerns} - declared == set()


def test_every_checked_norm_exists_and_has_its_provision(rules: Rulebook) -> None:
    facts = rules.facts.decode()
    checked = set(re.findall(r"<([^>]+)> <https://w3id\.org/guizhi/check#checkedBy>", facts))
    provisions = dict(re.findall(rf"<([^>]+)> <{terms.gz('provision')}> <([^>]+)>", facts))
    assert len(checked) > 50 and checked - set(provisions) == set()
    assert {provisions[norm] for norm in checked} - set(rules.references) == set()


def test_norms_that_no_shape_needs_are_left_out(rules: Rulebook) -> None:
    assert b"norm/31-3-sign>" in rules.facts and b"norm/31-3-review>" in rules.facts
    assert b"norm/34-mechanism>" not in rules.facts


def test_norms_point_to_names_that_shapes_use(root: Path, rules: Rulebook) -> None:
    text = "".join(path.read_text("utf-8") for path in (root / "ontology" / "shapes" / "registers").rglob("*.*"))
    names = {terms.local_name(iri) for iri in CHECKED_BY.findall(rules.facts.decode())}
    assert [name for name in names if f"s:{name}" not in text] == []


def test_nothing_of_one_city_in_the_shapes(root: Path) -> None:
    for path in sorted((root / "ontology" / "shapes" / "registers").rglob("*.*")):
        text = path.read_text("utf-8")
        assert "chaoyang" not in text.replace("data/checks", "") and "朝阳" not in text and "guizhi/id/" not in text, path.name


def test_a_rulebook_travels(rules: Rulebook) -> None:
    assert pickle.loads(pickle.dumps(rules)) == rules
