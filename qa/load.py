"""Publish graphs where queries are answered from: an Oxigraph store on disk, or a server with SPARQL 1.1 Graph Store HTTP Protocol.

Each graph replaces the one of the same name; others stay. What was loaded is counted afterwards. Registers that are tables are read as the
check reads them, row by row.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import httpx

from qa.engine import is_address
from qa.query import Limits, Query, QueryFailure
from qa.register_graph import graph_name, no_name_twice, reporter, write_register
from qa.register_models import Register
from qa.register_rdf import SUFFIXES
from qa.remote import Remote, login_of
from qa.store import StoreError, by_graph, write_file, write_graphs

LAYOUTS: Final = (("/query", "/store"), ("/sparql", "/sparql-graph-crud-auth"))
"""Where servers take graphs, by where they take queries: Oxigraph, Virtuoso."""
TRIPLES: Final = frozenset({"ttl", "nt", "rdf", "n3"})
QUADS: Final = frozenset({"nq", "trig"})
LINE: Final = b"\n"
PIECE: Final = 100_000
"""Triples in one request."""
_BLANK: Final = re.compile(rb"(?:^|\s)_:")
_COUNT: Final = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"

Say = Callable[[str], None]
Registers = Callable[[], Sequence[Register]]


def load(
    store: str,
    files: Sequence[Path],
    *,
    registers: Registers = tuple,
    graphs: str = "",
    login: str = "",
    say: Say = lambda _: None,
    warn: Say = lambda _: None,
) -> None:
    """Publish ``files`` in ``store``: a folder, or the query address of a server whose Graph Store address is ``graphs``.

    A file of triples, or of tables that are ``registers``, becomes the graph ``…/graph/register/NAME``; one of quads brings its graphs. What
    cannot be understood of tables goes to ``warn``, a sentence each. Raises :class:`qa.store.StoreError` and
    :class:`qa.register_models.RegisterError`; the files before the one at fault are then loaded.
    """
    place = _Server(store, graphs or _beside(store), login, say) if is_address(store) else _Folder(Path(store).expanduser())
    no_name_twice(file for file in files if file.suffix.lstrip(".").lower() not in QUADS)
    for file in files:
        name, suffix = graph_name(file), file.suffix.lower()
        if suffix not in SUFFIXES and suffix != ".n3":
            _load_tables(file, name, place, registers(), say, warn)
        elif isinstance(place, _Folder) and suffix.lstrip(".") in TRIPLES:
            say(f"{name}：{place.put_file(name, file)} 个三元组")
        else:
            named = by_graph(_content(file), suffix.lstrip("."), name, str(file))
            place.put(named)
            for graph, triples in named.items():
                say(f"{graph}：{triples.count(LINE)} 个三元组")


def _load_tables(file: Path, name: str, place: _Folder | _Server, registers: Sequence[Register], say: Say, warn: Say) -> None:
    tell, rest = reporter(file, warn)
    with tempfile.TemporaryDirectory(prefix="guizhi-") as folder:
        triples = Path(folder) / "register.nt"
        written = write_register(file, registers, triples, tell)
        rest()
        if isinstance(place, _Folder):
            place.put_file(name, triples)
        else:
            place.put_lines(name, triples, written.triples)
    say(f"{name}：{written.records} 条记录，{written.triples} 个三元组")


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise StoreError(f"{file}：无法读取（{error.strerror}）") from error


class _Folder:
    """An Oxigraph store in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, named: Mapping[str, bytes]) -> None:
        """Take graphs as N-Triples, all or none."""
        write_graphs(self._folder, named)

    def put_file(self, name: str, file: Path) -> int:
        """Take a file of triples of any size; their number."""
        return write_file(self._folder, name, file)


def _beside(store: str) -> str:
    for query, graphs in LAYOUTS:
        if store.rstrip("/").endswith(query):
            return store.rstrip("/").removesuffix(query) + graphs
    raise StoreError(f"不知道 {store} 在哪里接受数据，请用 --graphs 给出它的图存储地址（SPARQL 1.1 Graph Store HTTP Protocol）")


class _Server:
    """The server that answers at ``store`` and takes graphs at ``graphs``."""

    def __init__(self, store: str, graphs: str, login: str, say: Say) -> None:
        self._store, self._graphs, self._login, self._say = store, graphs, login, say

    def put(self, named: Mapping[str, bytes]) -> None:
        """Take graphs as N-Triples."""
        for name, triples in named.items():
            self._send(name, _pieces(triples))
        self._compare({name: len(set(triples.splitlines())) for name, triples in named.items()})

    def put_lines(self, name: str, file: Path, count: int) -> None:
        """Take an N-Triples file of any size that has ``count`` triples and no blank nodes."""
        with file.open("rb") as lines:
            self._send(name, iter(lambda: b"".join(islice(lines, PIECE)), b""))
        self._compare({name: count})

    def _send(self, name: str, pieces: Iterable[bytes]) -> None:
        with httpx.Client(auth=login_of(self._login), timeout=600, trust_env=False) as client:
            for number, piece in enumerate(pieces):
                self._send_one(client, "POST" if number else "PUT", name, piece)
                if number:
                    self._say(f"{name}：已发送 {number * PIECE} 个三元组")

    def _send_one(self, client: httpx.Client, method: str, name: str, triples: bytes) -> None:
        graphs, again = self._graphs, f"图 {name} 可能不完整，请排除原因后重新运行 guizhi load"
        parameter = "graph-uri" if "sparql-graph-crud" in graphs else "graph"  # Virtuoso's name for it
        try:
            response = client.request(method, graphs, params={parameter: name}, content=triples, headers={"Content-Type": "text/turtle"})
        except httpx.HTTPError as error:
            raise StoreError(f"{graphs}：没有应答（{type(error).__name__}）。{again}") from error
        if response.status_code in (401, 403):
            raise StoreError(f"{graphs}：拒绝写入，请在 GUIZHI_STORE_LOGIN 中给出有写权限的“用户名:口令”")
        if not response.is_success:
            raise StoreError(f"{graphs}：不接受数据（HTTP {response.status_code}）。{again}")

    def _compare(self, sent: Mapping[str, int]) -> None:
        """Raise :class:`qa.store.StoreError` where the server holds another number of triples than it was given."""
        remote = Remote(self._store, self._login, Limits(seconds=300, workers=1))
        try:
            reply = remote.run(Query(_COUNT, "text/csv"))
            with reply.body as body:
                counted = dict(line.rsplit(",", 1) for line in body.read().decode().split("\r\n")[1:] if line)
        except QueryFailure as error:
            raise StoreError(f"{self._store}：数据已经送到，但是无法核对：{error}") from error
        finally:
            remote.close()
        for name, count in sent.items():
            if int(counted.get(name, 0)) != count:
                there = counted.get(name, 0)
                raise StoreError(f"{self._store}：图 {name} 应有 {count} 个三元组，服务器上有 {there} 个；数据没有完整载入")


def _pieces(triples: bytes) -> Iterator[bytes]:
    """``triples`` in pieces of :data:`PIECE`; all that have blank nodes are in the first, as the same label means another node in another request."""
    lines = triples.splitlines(keepends=True)
    with_blank = [line for line in lines if _BLANK.search(line)]
    rest = [line for line in lines if not _BLANK.search(line)] if with_blank else lines
    yield b"".join([*with_blank, *rest[:PIECE]])
    for start in range(PIECE, len(rest), PIECE):
        yield b"".join(rest[start : start + PIECE])
