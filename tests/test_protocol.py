"""The W3C's tests of SPARQL 1.1 Protocol, over real HTTP; and the description of service and data set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
import yaml
from serving import in_thread
from starlette.applications import Starlette

from qa import catalogue, endpoint
from qa.build import GRAPH
from qa.pool import Pool
from qa.query import Limits

ROOT = Path(__file__).parents[1]
CASES = yaml.safe_load((ROOT / "tests" / "cases" / "protocol.yaml").read_text(encoding="utf-8"))
DATA = {str(n): f"http://example.org/sparql/data/data{n}.rdf" for n in (1, 2, 3)}
MEDIA = {
    "solutions": {"application/sparql-results+xml", "application/sparql-results+json"},
    "triples": {"application/rdf+xml", "application/rdf+json", "text/turtle"},
}
UPDATES = {
    "bad_update_get": ("GET", "update=CLEAR%20ALL", b"", ""),
    "bad_multiple_updates": ("POST", "", b"update=CLEAR%20NAMED&update=CLEAR%20DEFAULT", endpoint.FORM),
    "bad_update_wrong_media_type": ("POST", "", b"CLEAR NAMED", "text/plain"),
    "bad_update_missing_form_type": ("POST", "", b"update=CLEAR%20NAMED", ""),
    "bad_update_non_utf8": ("POST", "", "CLEAR NAMED".encode("utf-16"), endpoint.UPDATE + "; charset=UTF-16"),
    "bad_update_syntax": ("POST", "", b"update=CLEAR%20XYZ", endpoint.FORM),
    "bad_update_dataset_conflict": (
        "POST",
        "using-named-graph-uri=http://example/people",
        b"WITH <a:a> DELETE {} WHERE {}",
        endpoint.UPDATE,
    ),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint's address, over the three graphs of the W3C's tests."""
    graph = tmp_path_factory.mktemp("w3c") / "graph.nq"
    document = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://xmlns.com/foaf/0.1/Document>"
    graph.write_text("".join(f"<{iri}> {document} <{iri}> .\n" for iri in DATA.values()), encoding="utf-8")
    with Pool(graph, Limits(seconds=5, workers=2)) as pool, in_thread(Starlette(routes=endpoint.routes(endpoint.Endpoint(pool)))) as base:
        yield base + "/sparql/"  # as the suite writes it


def filled(value: Any) -> Any:
    """``value`` with the graphs' IRIs in the place of ``{1}`` to ``{3}``."""
    match value:
        case str():
            for key, iri in DATA.items():
                value = value.replace("{" + key + "}", iri)
            return value
        case list():
            return [filled(v) for v in value]
        case dict():
            return {k: filled(v) for k, v in value.items()}
    return value


def send(address: str, case: dict[str, Any]) -> httpx.Response:
    for method in ("get", "put"):
        if method in case:
            return httpx.request(method, address, params=case[method])
    post = case["post"]
    graphs = {k: v for k, v in post.items() if k.endswith("-graph-uri")}
    if "form" in post:
        content, media = post["form"], endpoint.FORM
    elif "direct" in post:
        content, media = post["direct"], endpoint.DIRECT
    else:
        content, media = post["body"], post.get("type", "")
    headers = {"Content-Type": media} if media else {}
    return httpx.post(address, params=graphs, content=content.encode(post.get("encoding", "utf-8")), headers=headers)


@pytest.mark.parametrize("name", CASES["query"])
def test_query_operation(address: str, name: str) -> None:
    case = filled(CASES["query"][name])
    expect = case["expect"]
    response = send(address, case)
    assert response.status_code // 100 == expect["status"], response.text
    if "kind" in expect:
        assert response.headers["content-type"].partition(";")[0] in MEDIA[expect["kind"]]
    if "boolean" in expect:
        assert response.json()["boolean"] is expect["boolean"]
    if "rows" in expect:
        found = [{k: v["value"] for k, v in row.items()} for row in response.json()["results"]["bindings"]]
        assert sorted(found, key=str) == sorted(expect["rows"], key=str)


def test_every_update_is_accounted_for() -> None:
    assert {name for name, why in CASES["update"].items() if why == "4xx"} == set(UPDATES)
    assert set(CASES["update"].values()) == {"4xx", "只读"}


@pytest.mark.parametrize("name", UPDATES)
def test_bad_updates_are_refused(address: str, name: str) -> None:
    method, query, body, media = UPDATES[name]
    response = httpx.request(method, address, params=query or None, content=body, headers={"Content-Type": media} if media else {})
    assert response.status_code // 100 == 4


# ---------------------------------------------------------------- what only we promise


def test_relative_iris_stand_on_the_projects_base(address: str) -> None:
    response = httpx.post(address, data={"query": "CONSTRUCT { <id/x> a <ns#Norm> } WHERE {}"}, headers={"Accept": "application/n-triples"})
    assert response.text.startswith("<https://w3id.org/guizhi/id/x> ")


def test_prefixes_of_the_query_come_back(address: str) -> None:
    response = httpx.post(
        address, data={"query": "PREFIX 朝: <http://xmlns.com/foaf/0.1/> PREFIX : <rel#> CONSTRUCT WHERE { ?s a 朝:Document }"}
    )
    assert "a 朝:Document" in response.text
    assert "@prefix : " not in response.text  # a relative one says nothing without the base


@pytest.mark.parametrize(("media", "syntax"), [("application/n-quads", ox.RdfFormat.N_QUADS), ("application/trig", ox.RdfFormat.TRIG)])
def test_formats_with_graphs(address: str, media: str, syntax: ox.RdfFormat) -> None:
    response = httpx.get(address, params={"query": "CONSTRUCT WHERE { ?s ?p ?o }"}, headers={"Accept": media})
    assert response.headers["content-type"].partition(";")[0] == media
    assert len(list(ox.parse(response.content, syntax))) == 3


def test_a_function_that_is_not_there_is_named(address: str) -> None:
    response = httpx.post(address, data={"query": "SELECT (<http://example.org/f>(1) AS ?x) {}"})
    assert response.status_code == 400
    assert "http://example.org/f" in response.json()["detail"]


def test_compressed_bodies_are_refused(address: str) -> None:
    headers = {"Content-Type": endpoint.DIRECT, "Content-Encoding": "gzip"}
    assert httpx.post(address, content=b"\x1f\x8b", headers=headers).status_code == 415


@pytest.fixture(scope="module")
def described(graphs: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint's root address, over the project's graph and a register."""
    from qa import graph as graphs_of

    file = tmp_path_factory.mktemp("described") / GRAPH
    register = "<http://x/1> <http://x/p> <http://x/2> <https://w3id.org/guizhi/graph/register/documents> .\n"
    file.write_bytes(graphs_of.nquads(graphs) + register.encode())
    with Pool(file, Limits(workers=2)) as pool, in_thread(Starlette(routes=endpoint.routes(endpoint.Endpoint(pool)))) as base:
        yield base


def test_service_and_data_set_are_described(described: str) -> None:
    responses = [httpx.get(described + path, headers={"Accept": "text/turtle"}) for path in (*catalogue.PATHS, "/sparql")]
    parsed = [frozenset(ox.parse(r.content, ox.RdfFormat.TURTLE)) for r in responses]
    assert len(set(parsed)) == 1
    store = ox.Store()
    store.extend(parsed[0])
    prefixes = """PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> PREFIX void: <http://rdfs.org/ns/void#>
      PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX dct: <http://purl.org/dc/terms/> """
    titles = {str(r["t"].value) for r in store.query(prefixes + "SELECT ?t { ?x a sd:NamedGraph ; sd:name ?g ; dct:title ?t }")}  # type: ignore[union-attr]
    assert titles == {"本体", "词表", "推理结果", "《朝阳市人民政府工作规则》条文", "《朝阳市人民政府工作规则》规范", "登记资料：documents"}
    total = (
        "ASK { ?d a void:Dataset , dcat:Dataset ; void:triples ?all { SELECT (SUM(?n) AS ?all) { ?g a sd:NamedGraph ; void:triples ?n } } }"
    )
    assert bool(store.query(prefixes + total))
    service = f"ASK {{ <{described}/sparql> a sd:Service , dcat:DataService ; sd:endpoint ?e ; dcat:servesDataset/dct:license ?l }}"
    assert bool(store.query(prefixes + service))
