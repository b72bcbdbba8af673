"""The same data in memory, on disk, and on two servers that are not ours: the same rows, the same refusals, the same formats."""

from __future__ import annotations

import base64
import csv
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
import register_files
import servers
from rdflib import Graph
from serving import free_port, in_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from qa import endpoint, graph
from qa.engine import open_engine
from qa.load import load
from qa.pool import Pool
from qa.query import Exhausted, Forbidden, Limits, Malformed, NotAcceptable, Query, QueryFailure, TimedOut, Unreachable
from qa.register_models import Register
from qa.remote import Remote
from qa.store import StoreError

QUERIES = sorted((Path(__file__).parents[1] / "ontology" / "queries").glob("*.rq"))
LIMITS = Limits(seconds=60, workers=2)
PLACES: dict[str, Callable[[], str | None] | None] = {
    "memory": None,
    "disk": None,
    "oxigraph": servers.oxigraph,
    "virtuoso": servers.virtuoso,
}
HOW = {"oxigraph": "pip install oxigraph", "virtuoso": "apt-get install virtuoso-opensource-7-bin"}


@pytest.fixture(scope="module")
def built(graphs: dict[str, Graph], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's graph as the build writes it."""
    file = tmp_path_factory.mktemp("built") / "graph.nq"
    file.write_bytes(graph.nquads(graphs))
    return file


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    """An empty place for data: a running server, or a folder."""
    name = request.param
    installed = PLACES[name]
    if installed and not installed():
        message = f"{name} is not installed ({HOW[name]}): nothing was tested against it"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    folder = tmp_path_factory.mktemp(name)
    match name:
        case "oxigraph":
            with servers.run_oxigraph(folder) as server:
                yield server
        case "virtuoso":
            with servers.run_virtuoso(folder) as server:
                yield server
        case _:
            yield servers.Server(name, "memory" if name == "memory" else str(folder / "store"))


@pytest.fixture(scope="module")
def engine(place: servers.Server, built: Path) -> Iterator[Pool]:
    """What runs queries over the project's graph in ``place``."""
    if place.query != "memory":
        load(place.query, [built], login=place.login)
    running = open_engine(place.query, built, LIMITS)
    yield running
    running.close()


def answer(engine: Pool, query: str, accept: str | None = None) -> bytes:
    with engine.run(Query(query, accept)).body as body:
        return body.read()


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_competency_questions_have_the_same_rows_everywhere(engine: Pool, path: Path) -> None:
    found = list(csv.reader(io.StringIO(answer(engine, path.read_text(encoding="utf-8"), "text/csv").decode())))
    with path.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        assert found == list(csv.reader(file))


def test_the_default_graph_is_the_union_of_our_graphs(engine: Pool) -> None:
    whole = answer(engine, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "text/csv")
    parts = answer(engine, "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", "text/csv")
    assert whole == parts
    one = answer(engine, "SELECT (COUNT(*) AS ?n) FROM <https://w3id.org/guizhi/graph/ontology> { ?s ?p ?o }", "text/csv")
    assert 0 < int(one.split()[1]) < int(whole.split()[1])


@pytest.mark.parametrize("media", ["application/sparql-results+json", "application/sparql-results+xml", "text/tab-separated-values"])
def test_terms_come_back_whole(engine: Pool, media: str) -> None:
    query = "SELECT ?o { VALUES ?p { gz:validFrom rdfs:label gz:jurisdiction } <id/chaoyang/rules-2024> ?p ?o } ORDER BY STR(?o)"
    found = ox.parse_query_results(answer(engine, query, media), ox.QueryResultsFormat.from_media_type(media))
    assert {str(row["o"]) for row in found} == {  # type: ignore[union-attr]
        '"2024-01-29"^^<http://www.w3.org/2001/XMLSchema#date>',
        '"朝阳市人民政府工作规则"@zh',
        '"Working Rules of the Chaoyang Municipal Government"@en',
        "<https://w3id.org/guizhi/id/chaoyang/body/government>",
    }


@pytest.mark.parametrize(("query", "word"), [("ASK { ?s a gz:Obligation }", b"true"), ("ASK { ?s a <http://x/none> }", b"false")])
def test_ask(engine: Pool, query: str, word: bytes) -> None:
    assert answer(engine, query, "text/csv").strip() == word


def test_construct_and_describe(engine: Pool) -> None:
    built = answer(
        engine, "CONSTRUCT { ?a <http://x/p> ?l } WHERE { ?a a gz:Article ; gz:reference ?l FILTER(?l = '31') }", "application/n-triples"
    )
    assert built.decode() == '<https://w3id.org/guizhi/id/chaoyang/rules-2024/art/31> <http://x/p> "31" .\n'
    described = answer(engine, "DESCRIBE <id/chaoyang/office/mayor>", "application/n-triples")
    assert ox.Literal("市长", language="zh") in {quad.object for quad in ox.parse(described, ox.RdfFormat.N_TRIPLES)}


@pytest.mark.parametrize(
    ("query", "failure"),
    [
        ("SELECT * {", Malformed),
        ("DEFINE get:soft 'replace' SELECT * { ?s ?p ?o }", Malformed),
        ("SELECT (<http://example.org/f>(1) AS ?x) {}", Malformed),
        ("INSERT DATA { <a:a> <a:b> 1 }", Forbidden),
        ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", Forbidden),
        ("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", Forbidden),
    ],
)
def test_refusals_are_the_same_everywhere(engine: Pool, query: str, failure: type[QueryFailure]) -> None:
    with pytest.raises(failure):
        engine.run(Query(query))
    with pytest.raises(NotAcceptable):
        engine.run(Query("ASK {}", "image/png"))


def test_the_endpoint_over_it(engine: Pool) -> None:
    with in_thread(Starlette(routes=endpoint.routes(endpoint.Endpoint(engine)))) as base:
        response = httpx.get(base + "/.well-known/void", headers={"Accept": "application/n-triples"}, timeout=60)
        assert response.text.count("<http://www.w3.org/ns/sparql-service-description#NamedGraph>") == 5
        assert "<" + base + "/sparql> <http://www.w3.org/ns/sparql-service-description#endpoint>" in response.text
        cut = httpx.get(base + "/sparql", params={"query": "SELECT ?s { ?s a gz:Obligation } LIMIT 5", "format": "csv"}, timeout=60)
        assert len(cut.text.splitlines()) == 6


# ---------------------------------------------------------------- loading


def test_loading_again_changes_nothing(engine: Pool, place: servers.Server, built: Path) -> None:
    if place.query == "memory":
        return
    load(place.query, [built], login=place.login)
    counted = answer(open_again(place), "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", "text/csv")
    assert int(counted.split()[1]) == len(built.read_bytes().splitlines())


def test_a_register_becomes_a_graph(place: servers.Server, engine: Pool, tmp_path: Path) -> None:
    if place.query == "memory":
        return
    file = tmp_path / "公文.ttl"
    file.write_text('<http://x/1> <http://x/p> "一"@zh , "二" .', encoding="utf-8")
    load(place.query, [file], login=place.login)
    query = 'SELECT ?g ?o { GRAPH ?g { <http://x/1> ?p ?o } FILTER(CONTAINS(STR(?g), "/register/")) } ORDER BY ?o'
    found = answer(open_again(place), query, "text/csv").decode().split()
    assert found[1:] == [f"https://w3id.org/guizhi/graph/register/%E5%85%AC%E6%96%87,{o}" for o in ("一", "二")] or len(found) == 3
    file.write_text('<http://x/1> <http://x/p> "三" .', encoding="utf-8")
    load(place.query, [file], login=place.login)  # replaces it
    assert answer(open_again(place), query, "text/csv").decode().split()[1:] == [
        "https://w3id.org/guizhi/graph/register/%E5%85%AC%E6%96%87,三"
    ]
    file.write_text("<http://x/1> <http://x/p> ", encoding="utf-8")
    with pytest.raises(StoreError, match=r"公文\.ttl：不是有效的 RDF"):
        load(place.query, [file], login=place.login)
    assert b"\xe4\xb8\x89" in answer(open_again(place), query, "text/csv")  # what was there still is


def test_tables_become_a_graph(
    place: servers.Server, engine: Pool, registers: tuple[Register, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place.query == "memory":
        return
    monkeypatch.setattr("qa.load.PIECE", 50)  # in several requests
    rows = [{"登记号": f"D{n}", "签发人职务": "顾问"} for n in range(5)]  # all of them describe the same post
    [table] = register_files.write(tmp_path, {"公文登记簿": rows}, registers)
    for _ in range(2):
        load(place.query, [table], registers=lambda: registers, login=place.login)
    query = """SELECT ?number ?row { GRAPH ?g { ?record gz:recordNumber ?number ; gz:sourceRow ?row ; gz:signing/gz:actPost/rdfs:label ?post }
      FILTER(CONTAINS(STR(?g), "/register/")) } ORDER BY ?row"""
    found = answer(open_again(place), query, "text/csv").decode().replace('"', "").split()
    assert found == ["number,row", *(f"D{n},{n + 2}" for n in range(5))]


def open_again(place: servers.Server) -> Pool:
    """A pool that sees what was just loaded; it lives as long as the test."""
    return open_engine(place.query, Path(os.devnull), LIMITS)


@pytest.mark.parametrize("place", ["oxigraph"], indirect=True)
def test_a_large_graph_goes_in_pieces(place: servers.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.load.PIECE", 7)
    file = tmp_path / "large.nt"
    blank = "".join(f"_:b{i} <http://x/next> _:b{i + 1} .\n" for i in range(20))
    file.write_text(blank + "".join(f"<http://x/{i}> <http://x/p> {i} .\n".replace(f" {i} .", f' "{i}" .') for i in range(50)))
    load(place.query, [file])
    chain = "SELECT (COUNT(*) AS ?n) { ?a <http://x/next>+ ?b }"
    assert answer(open_again(place), chain, "text/csv").split()[1] == b"210"  # the blank nodes still hang together


def test_places_that_cannot_be_loaded(tmp_path: Path, built: Path) -> None:
    with pytest.raises(StoreError, match="没有应答"):
        load(f"http://127.0.0.1:{free_port()}/query", [built])
    with pytest.raises(StoreError, match="--graphs"):
        load("http://127.0.0.1:9/elsewhere", [built])
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="不能写入存储目录"):
        load(str(tmp_path / "file"), [built])
    with pytest.raises(StoreError, match="guizhi load"):
        open_engine(str(tmp_path), built, LIMITS)
    with pytest.raises(StoreError, match="无法读取"):
        load(str(tmp_path / "new"), [tmp_path / "missing.nq"])


# ---------------------------------------------------------------- servers that misbehave


@pytest.mark.parametrize(
    ("given", "failure"),
    [
        (Response(b"secret", 500), Unreachable),
        (Response(b"secret", 401, {"WWW-Authenticate": "Basic"}), Unreachable),
        (Response(b"Virtuoso S1T00 Error SR171: Transaction timed out", 500), TimedOut),
        (PlainTextResponse("secret"), Unreachable),
        (Response(b"{", media_type="application/sparql-results+json"), Unreachable),
        (Response(b"{}", media_type="application/sparql-results+json", headers={"X-SQL-State": "S1TAT"}), TimedOut),
        (Response(b'{"head":{"vars":["g"]},"results":{"bindings":[]}}', media_type="application/sparql-results+json"), Unreachable),
        (Response(b" " * (65 << 20), media_type="application/sparql-results+json"), Exhausted),
    ],
    ids=["error", "login", "slow", "no result", "half", "partial", "empty", "endless"],
)
def test_answers_that_are_none(given: Response, failure: type[QueryFailure]) -> None:
    async def serve(_: Request) -> Response:
        return given

    with in_thread(Starlette(routes=[Route("/query", serve, methods=["POST"])])) as base:
        remote = Remote(base + "/query", "name:password", Limits(seconds=10, workers=1, megabytes=64))
        with pytest.raises(failure) as caught:
            remote.run(Query("SELECT * { ?s ?p ?o }"))
        remote.close()
    assert "secret" not in str(caught.value) and "password" not in str(caught.value)


def test_a_login_is_given_where_it_is_asked_for() -> None:
    given: list[str] = []

    async def guarded(request: Request) -> Response:
        given.append(request.headers.get("authorization", ""))
        if given[-1] != "Basic " + base64.b64encode(b"name:pass:word").decode():
            return Response(None, 401, {"WWW-Authenticate": 'Basic realm="x"'})
        return Response(
            b'{"head":{"vars":["g"]},"results":{"bindings":[{"g":{"type":"uri","value":"https://w3id.org/guizhi/graph/x"}}]}}',
            media_type="application/sparql-results+json",
        )

    with in_thread(Starlette(routes=[Route("/query", guarded, methods=["POST"])])) as base:
        remote = Remote(base + "/query", "name:pass:word", Limits(seconds=10, workers=1))
        with remote.run(Query("SELECT ?g { GRAPH ?g { ?s ?p ?o } }", "text/csv")).body as body:
            assert b"graph/x" in body.read()
        remote.close()
    assert given[0] == "" and len(given) == 3 and all(given[1:])


def test_a_server_that_does_not_answer() -> None:
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        remote = Remote(f"http://127.0.0.1:{silent.getsockname()[1]}/query", "", Limits(seconds=1, workers=1))
        with pytest.raises(TimedOut):
            remote.run(Query("SELECT * { ?s ?p ?o }"))
        remote.close()
    gone = Remote(f"http://127.0.0.1:{free_port()}/query", "", Limits(seconds=1, workers=1))
    with pytest.raises(Unreachable):
        gone.run(Query("SELECT * { ?s ?p ?o }"))
    gone.close()
