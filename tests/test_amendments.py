"""Versions in time: the right words and the right norms on a given day, and amendments that do not fit the text are refused."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path
from typing import Any

import pytest
from rdflib import RDFS, Graph, Namespace, URIRef

from qa import amendments, build, graph, source, terms
from qa.check import check
from qa.models import Iri, Text
from qa.source import SourceError
from qa.store import Store, canonical

GZ = Namespace(terms.NS)
RULES = "https://w3id.org/guizhi/id/shiqiao/documents-2024"
FIXTURE = Path(__file__).parent / "fixtures" / "shiqiao-2024"

WORDS = """SELECT ?text ?provision ?on WHERE { ?version gz:versionOf? ?provision ; gz:text ?text ; gz:validFrom ?from .
    OPTIONAL { ?version gz:validUntil ?until } FILTER(?from <= ?on && (!BOUND(?until) || ?on < ?until)) }"""
NORMS = """SELECT ?norm ?reading ?provision ?on WHERE { ?norm gz:provision ?version ; rdfs:label ?reading . ?version gz:versionOf? ?provision ; gz:validFrom ?from .
    OPTIONAL { ?version gz:validUntil ?until } FILTER(?from <= ?on && (!BOUND(?until) || ?on < ?until)) } ORDER BY ?norm"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """A project with the amended regulation alone."""
    folder = tmp_path_factory.mktemp("amended")
    shutil.copytree(root / "ontology", folder / "ontology")
    for kind in ("source", "norms"):
        shutil.copytree(FIXTURE / kind, folder / "data" / kind / FIXTURE.name)
    return folder


@pytest.fixture(scope="module")
def amended(project: Path) -> dict[str, Graph]:
    return build.graphs(project)


@pytest.fixture(scope="module")
def amended_store(amended: dict[str, Graph]) -> Store:
    return Store(canonical(graph.nquads(amended)))


def words(store: Store, path: str, day: str) -> list[str]:
    return [
        str(row["text"]) for row in store.select(WORDS, {"provision": Iri(f"{RULES}/{path}"), "on": Text(day, None, terms.XSD + "date")})
    ]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2023-12-31", []),
        ("2024-01-01", ["以市政府名义发出的函件，由市长签发。"]),
        ("2024-12-31", ["以市政府名义发出的函件，由市长签发。"]),
        ("2025-01-01", ["以市政府名义发出的函件，由市长签发；市长外出的，由常务副市长签发。"]),
        ("2026-02-28", ["以市政府名义发出的函件，由市长签发；市长外出的，由常务副市长签发。"]),
        ("2026-03-01", ["以市政府名义发出的函件，由分管副市长签发。"]),
    ],
)
def test_the_words_in_force(amended_store: Store, day: str, expected: list[str]) -> None:
    assert words(amended_store, "art/2", day) == expected


def test_what_encloses_the_amended_item_is_restored_with_it(amended_store: Store) -> None:
    (before,), (after,) = (words(amended_store, "art/3/para/1", day) for day in ("2026-02-28", "2026-03-01"))
    assert before == after.replace("5个工作日", "7个工作日") and before != after
    (article,) = words(amended_store, "art/3", "2024-01-01")
    assert article == before + "\n逾期未办结的，应当说明理由。"


def test_what_was_never_amended_has_one_text(amended_store: Store) -> None:
    for path in ("art/1", "art/3/item/2", "art/3/para/2"):
        assert words(amended_store, path, "2024-06-01") == words(amended_store, path, "2026-06-01") != []


def test_an_article_that_is_new_had_no_words_before(amended_store: Store) -> None:
    assert words(amended_store, "art/4", "2024-12-31") == []
    assert words(amended_store, "art/4", "2025-01-01") == ["公文由市政府办公室归档。"]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024-06-01", {"2-sign-2024"}),
        ("2025-06-01", {"2-sign-2025", "2-sign-absent-2025"}),
        ("2026-06-01", {"2-sign"}),
    ],
)
def test_the_norms_in_force(amended_store: Store, day: str, expected: set[str]) -> None:
    rows = amended_store.select(NORMS, {"provision": Iri(f"{RULES}/art/2"), "on": Text(day, None, terms.XSD + "date")})
    assert {terms.local_name(str(row["norm"])) for row in rows} == expected


def test_former_norms_belong_to_their_article_but_give_no_facts(amended_store: Store) -> None:
    enclosing = "ASK { ?norm gz:provision ?version ; gz:provisionOrWhole ?article , ?rules . ?version gz:versionOf ?article }"
    assert amended_store.ask(enclosing, {"norm": Iri(f"{RULES}/norm/2-sign-2024"), "rules": Iri(RULES)})
    signers = amended_store.select("SELECT ?who WHERE { ?who gz:signs ?letter }")
    assert [terms.local_name(str(row["who"])) for row in signers] == ["deputy-in-charge"]


def test_the_amended_graph_conforms(amended: dict[str, Graph], root: Path) -> None:
    shapes = graph.read([root / "ontology" / "shapes" / "graph.ttl"])
    found = check(graph.union(amended.values()), shapes)
    assert [finding for finding in found if finding.severity == "Violation"] == []


def test_former_versions_say_who_changed_them(amended: dict[str, Graph]) -> None:
    text = amended[terms.text_graph("shiqiao-2024")]
    version = URIRef(f"{RULES}/art/2/until/2025-01-01")
    assert str(text.value(version, GZ.amendedBy)) == "《石桥市人民政府关于修改公文办法的决定》"
    assert str(text.value(version, RDFS.label)) == "第二条（2025年1月1日修改前）"
    assert (version, GZ.versionOf, URIRef(f"{RULES}/art/2")) in text


def test_a_regulation_without_amendments_has_no_former_versions(graphs: dict[str, Graph], store: Store) -> None:
    assert not store.ask("ASK { ?version a gz:FormerVersion }")
    assert not store.ask(
        "ASK { ?part gz:partOf ?whole . ?part gz:regulation ?rules . ?rules gz:validFrom ?day . FILTER NOT EXISTS { ?part gz:validFrom ?day } }"
    )


# ---------------------------------------------------------------- amendments one after another


TEXT = "第一条　甲。\n乙。\n　　第二条　丙：\n（一）丁；\n（二）丁；\n"


def history(*entries: dict[str, Any]) -> amendments.History:
    return amendments.history(source.parse(TEXT), [{"by": "决定"} | entry for entry in entries])


def entry(path: str, day: str, was: str) -> dict[str, Any]:
    return {"provision": path, "from": datetime.date.fromisoformat(day), "was": was}


def spans(found: amendments.History, path: str) -> list[tuple[str, str, str]]:
    return [(one.text, str(one.since), str(one.until)) for one in found.former if one.provision.path == path]


def test_a_part_and_later_the_whole_article() -> None:
    found = history(entry("art/1", "2025-01-01", "全旧。"), entry("art/1/para/2", "2026-01-01", "乙旧。"))
    assert spans(found, "art/1") == [("甲。\n乙旧。", "2025-01-01", "2026-01-01"), ("全旧。", "None", "2025-01-01")]
    assert spans(found, "art/1/para/2") == [("乙旧。", "2025-01-01", "2026-01-01")]
    assert {path: str(day) for path, day in found.since.items()} == {
        "art/1": "2026-01-01",
        "art/1/para/1": "2025-01-01",
        "art/1/para/2": "2026-01-01",
    }


def test_two_parts_on_one_day_make_one_former_article() -> None:
    found = history(entry("art/1/para/1", "2026-01-01", "甲旧。"), entry("art/1/para/2", "2026-01-01", "乙旧。"))
    assert spans(found, "art/1") == [("甲旧。\n乙旧。", "None", "2026-01-01")]


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        ([{"provision": "art/1", "was": "旧"}], "应有 provision、from"),
        ([entry("art/9", "2026-01-01", "旧")], "没有条文 art/9"),
        ([entry("art/1/para/2", "2026-01-01", "")], "是新增的，请按它所在的条"),
        ([entry("art/2/item/2", "2026-01-01", "旧")], "不是恰好出现一次，请按第二条"),
        ([entry("art/1", "2026-01-01", "旧"), entry("art/1/para/2", "2025-01-01", "乙旧。")], "随上级条文整个改过"),
    ],
    ids=["incomplete", "unknown", "new part", "ambiguous", "part of a former whole"],
)
def test_amendments_that_do_not_fit(entries: list[dict[str, Any]], complaint: str) -> None:
    with pytest.raises(SourceError, match=complaint) as caught:
        history(*entries)
    assert "\n" not in str(caught.value)


def test_broken_yaml_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "amendments.yaml").write_text("- {provision: [", "utf-8")
    with pytest.raises(SourceError, match=r"amendments\.yaml：YAML 有误"):
        amendments.load(tmp_path, source.parse(TEXT))
