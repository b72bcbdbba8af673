"""Publish graphs where queries are answered from: an Oxigraph store on disk, or a server with SPARQL 1.1 Graph Store HTTP Protocol.

Each graph replaces the one of the same name; others stay. What was loaded is counted afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx

from qa.engine import is_address
from qa.query import Limits, Query, QueryFailure
from qa.remote import Remote, login_of
from qa.store import StoreError, by_graph, write_file, write_graphs
from qa.terms import GRAPH

REGISTER: Final = GRAPH + "register/"
LAYOUTS: Final = (("/query", "/store"), ("/sparql", "/sparql-graph-crud-auth"))
"""Where servers take graphs, by where they take queries: Oxigraph, Virtuoso."""
TRIPLES: Final = frozenset({"ttl", "nt", "rdf", "n3"})
LINE: Final = b"\n"
PIECE: Final = 100_000
"""Triples in one request."""
_BLANK: Final = re.compile(rb"(?:^|\s)_:")
_COUNT: Final = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"

Say = Callable[[str], None]


def load(store: str, files: Sequence[Path], *, graphs: str = "", login: str = "", say: Say = lambda _: None) -> None:
    """Publish the RDF ``files`` in ``store``: a folder, or the query address of a server whose Graph Store address is ``graphs``.

    A file of triples becomes the graph ``…/graph/register/NAME``; one of quads brings its graphs. Raises :class:`qa.store.StoreError`.
    """
    folder = None if is_address(store) else Path(store).expanduser()
    for file in files:
        name, suffix = REGISTER + quote(file.stem), file.suffix.lstrip(".").lower()
        if folder and suffix in TRIPLES:
            say(f"{name}：{write_file(folder, name, file)} 个三元组")
            continue
        named = by_graph(_content(file), suffix, name, str(file))
        if folder:
            write_graphs(folder, named)
        else:
            _put(store, graphs or _beside(store), named, login, say)
        for name, triples in named.items():
            say(f"{name}：{triples.count(LINE)} 个三元组")


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise StoreError(f"{file}：无法读取（{error.strerror}）") from error


def _beside(store: str) -> str:
    for query, graphs in LAYOUTS:
        if store.rstrip("/").endswith(query):
            return store.rstrip("/").removesuffix(query) + graphs
    raise StoreError(f"不知道 {store} 在哪里接受数据，请用 --graphs 给出它的图存储地址（SPARQL 1.1 Graph Store HTTP Protocol）")


def _put(store: str, graphs: str, named: Mapping[str, bytes], login: str, say: Say) -> None:
    with httpx.Client(auth=login_of(login), timeout=600, trust_env=False) as client:
        for name, triples in named.items():
            for number, piece in enumerate(_pieces(triples)):
                _send(client, "POST" if number else "PUT", graphs, name, piece)
                if number:
                    say(f"{name}：已发送 {number * PIECE} 个三元组")
    _compare(store, named, login)


def _send(client: httpx.Client, method: str, graphs: str, name: str, triples: bytes) -> None:
    again = f"图 {name} 可能不完整，请排除原因后重新运行 guizhi load"
    parameter = "graph-uri" if "sparql-graph-crud" in graphs else "graph"  # Virtuoso's name for it
    try:
        response = client.request(method, graphs, params={parameter: name}, content=triples, headers={"Content-Type": "text/turtle"})
    except httpx.HTTPError as error:
        raise StoreError(f"{graphs}：没有应答（{type(error).__name__}）。{again}") from error
    if response.status_code in (401, 403):
        raise StoreError(f"{graphs}：拒绝写入，请在 GUIZHI_STORE_LOGIN 中给出有写权限的“用户名:口令”")
    if not response.is_success:
        raise StoreError(f"{graphs}：不接受数据（HTTP {response.status_code}）。{again}")


def _pieces(triples: bytes) -> Iterator[bytes]:
    """``triples`` in pieces of :data:`PIECE`; all that have blank nodes are in the first, as the same label means another node in another request."""
    lines = triples.splitlines(keepends=True)
    with_blank = [line for line in lines if _BLANK.search(line)]
    rest = [line for line in lines if not _BLANK.search(line)] if with_blank else lines
    yield b"".join([*with_blank, *rest[:PIECE]])
    for start in range(PIECE, len(rest), PIECE):
        yield b"".join(rest[start : start + PIECE])


def _compare(store: str, named: Mapping[str, bytes], login: str) -> None:
    """Raise :class:`qa.store.StoreError` where the server holds another number of triples than it was given."""
    remote = Remote(store, login, Limits(seconds=300, workers=1))
    try:
        reply = remote.run(Query(_COUNT, "text/csv"))
        with reply.body as body:
            counted = dict(line.rsplit(",", 1) for line in body.read().decode().split("\r\n")[1:] if line)
    except QueryFailure as error:
        raise StoreError(f"{store}：数据已经送到，但是无法核对：{error}") from error
    finally:
        remote.close()
    for name, triples in named.items():
        sent = len(set(triples.splitlines()))
        if int(counted.get(name, 0)) != sent:
            raise StoreError(f"{store}：图 {name} 应有 {sent} 个三元组，服务器上有 {counted.get(name, 0)} 个；数据没有完整载入")
