"""A second regulation, of another city and in another print, is data only; in one graph the two never point into each other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from rdflib import Graph, URIRef

from qa import build, graph, terms
from qa.check import check
from qa.coverage import coverage
from qa.expand import expand_wordings, load_families
from qa.models import Iri
from qa.store import Store, canonical

CITIES = ("chaoyang", "qingshi")
RULES = {"chaoyang": f"{terms.ID}chaoyang/rules-2024", "qingshi": f"{terms.ID}qingshi/meetings-2025"}
SECOND = Path(__file__).parent / "fixtures" / "qingshi-2025"


def city(term: object) -> str | None:
    """The city whose name a term of ours carries."""
    return str(term).removeprefix(terms.ID).split("/")[0] if isinstance(term, URIRef) and str(term).startswith(terms.ID) else None


@pytest.fixture(scope="module")
def both(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Graph]:
    """The named graphs of a project that holds both regulations."""
    folder = tmp_path_factory.mktemp("both")
    shutil.copytree(snapshot, folder, dirs_exist_ok=True)
    for kind in ("source", "norms"):
        shutil.copytree(SECOND / kind, folder / "data" / kind / SECOND.name)
    return build.graphs(folder)


@pytest.fixture(scope="module")
def both_store(both: dict[str, Graph]) -> Store:
    return Store(canonical(graph.nquads(both)))


def test_each_has_its_own_graphs(both: dict[str, Graph]) -> None:
    named = {name.removeprefix(terms.GRAPH) for name in both}
    assert named == {
        "ontology",
        "vocabulary",
        "inferred",
        *(f"{name}/{kind}" for name in ("chaoyang-2024", "qingshi-2025") for kind in ("text", "norms")),
    }


def test_no_triple_joins_the_two(both: dict[str, Graph]) -> None:
    crossing = [
        triple for one in both.values() for triple in one if city(triple[0]) and city(triple[2]) and city(triple[0]) != city(triple[2])
    ]
    assert crossing == []


def test_each_graph_speaks_of_one_city(both: dict[str, Graph]) -> None:
    for name, one in both.items():
        cities = {city(term) for triple in one for term in triple} - {None}
        expected = {name.removeprefix(terms.GRAPH).split("-")[0]} if "/" in name.removeprefix(terms.GRAPH) else set(CITIES)
        assert cities <= expected, name


def test_nothing_follows_for_one_from_the_other(both: dict[str, Graph], graphs: dict[str, Graph], small_graphs: dict[str, Graph]) -> None:
    for name, alone in zip(CITIES, (graphs, small_graphs), strict=True):
        together = {triple for triple in both[terms.INFERRED_GRAPH] if city(triple[0]) == name}
        assert together == {triple for triple in alone[terms.INFERRED_GRAPH] if city(triple[0]) == name}


def test_both_together_conform(both: dict[str, Graph], root: Path) -> None:
    found = check(graph.union(both.values()), graph.read([root / "ontology" / "shapes" / "graph.ttl"]))
    assert [finding for finding in found if finding.severity == "Violation"] == []


def test_the_regulation_tells_offices_of_one_name_apart(both_store: Store) -> None:
    query = """SELECT DISTINCT ?office ?rules WHERE { ?norm gz:regulation ?rules ; gz:bearer ?office . ?office rdfs:label "市长"@zh }"""
    for name, rules in RULES.items():
        (row,) = both_store.select(query, {"rules": Iri(rules)})
        assert city(URIRef(str(row["office"]))) == name


def test_the_second_is_modelled_in_full(both_store: Store) -> None:
    found = coverage(both_store, RULES["qingshi"])
    assert {article.label: article.unquoted for article in found.articles if article.unquoted or article.share < 0.7} == {}
    assert found.lacking == {"bearer": (), "action": (), "object": ()}


def test_wordings_of_each_ask_about_its_own(both_store: Store, root: Path) -> None:
    families = load_families(root / "data" / "intents")
    folders = {"chaoyang": root / "data" / "wordings" / "chaoyang-2024", "qingshi": SECOND / "wordings"}
    for name, folder in folders.items():
        asked = [intent for path in sorted(folder.glob("*.yaml")) for _, intent in expand_wordings(path, RULES[name], families)]
        assert len(asked) >= 30
        known = {
            str(row["node"])
            for row in both_store.select("SELECT ?node ?rules WHERE { ?node gz:regulation ?rules }", {"rules": Iri(RULES[name])})
        }
        bound = {
            iri for intent in asked for variable, iris in intent.bindings if variable in ("norm", "silence", "provision") for iri in iris
        }
        assert bound <= known
