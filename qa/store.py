"""The triple store: the only module that knows pyoxigraph.

Terms cross the boundary here, once each way: queries and bindings go in as text and :mod:`qa.models` values, rows of such values come
out. Entities enter a query as substitutions of its variables (RDF-dev SEP-0007), never as formatted text. SPARQL 1.1 Query.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyoxigraph as ox

from qa.models import Iri, Text, Triple, Value
from qa.terms import PREFIXES, XSD

Bindings = Mapping[str, Value | str | int]
"""Values by variable, named without ``?``. A ``str`` is an ``xsd:string``, an ``int`` an ``xsd:integer``, a ``bool`` an ``xsd:boolean``."""


class StoreError(Exception):
    """A graph file that cannot be read, or a query that is not SPARQL; the message is one line."""


class Store:
    """A read-only dataset in memory. Its default graph is the union of its named graphs."""

    def __init__(self, nquads: bytes, origin: str = "graph.nq") -> None:
        self._store = ox.Store()
        try:
            self._store.bulk_load(nquads, format=ox.RdfFormat.N_QUADS)
        except SyntaxError as error:
            raise StoreError(f"{origin}：不是有效的 N-Quads：{_one_line(error)}") from error

    @classmethod
    def open(cls, path: Path) -> Store:
        """The store over the N-Quads file at ``path``. Raises :class:`StoreError` when it is missing or damaged."""
        try:
            content = path.read_bytes()
        except OSError as error:
            raise StoreError(f"{path.name}：无法读取（{error.strerror}），请运行 guizhi build") from error
        return cls(content, path.name)

    def __len__(self) -> int:
        """Number of quads."""
        return len(self._store)

    def select(self, query: str, bindings: Bindings | None = None) -> list[dict[str, Value]]:
        """The rows of a SELECT query, in its order. Unbound variables are absent.

        Every variable of ``bindings`` must be among those selected (with GROUP BY: grouped) and comes back in the rows; inside a
        sub-SELECT it is another variable unless that selects it too. Raises :class:`StoreError` otherwise, for a syntax error, and for
        another form of query.
        """
        found = self._query(query, bindings)
        if not isinstance(found, ox.QuerySolutions):
            raise StoreError("应为 SELECT 查询")
        names = [(variable, variable.value) for variable in found.variables]
        return [{name: _value(term) for variable, name in names if (term := row[variable]) is not None} for row in found]

    def ask(self, query: str, bindings: Bindings | None = None) -> bool:
        """The answer of an ASK query. Raises :class:`StoreError` as :meth:`select` does."""
        found = self._query(query, bindings)
        if not isinstance(found, ox.QueryBoolean):
            raise StoreError("应为 ASK 查询")
        return bool(found)

    def construct(self, query: str, bindings: Bindings | None = None) -> list[Triple]:
        """The triples of a CONSTRUCT or DESCRIBE query, sorted, without those that have a blank node. Raises as :meth:`select` does."""
        found = self._query(query, bindings)
        if not isinstance(found, ox.QueryTriples):
            raise StoreError("应为 CONSTRUCT 或 DESCRIBE 查询")
        triples = {(t.subject, t.predicate, t.object) for t in found}
        named = [
            (Iri(s.value), Iri(p.value), _value(o))
            for s, p, o in triples
            if isinstance(s, ox.NamedNode) and not isinstance(o, ox.BlankNode)
        ]
        return sorted(named, key=repr)

    def _query(self, query: str, bindings: Bindings | None) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        substitutions: dict[ox.Variable, ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple] = {
            ox.Variable(name): _term(value) for name, value in (bindings or {}).items()
        }
        try:
            return self._store.query(query, prefixes=PREFIXES, use_default_graph_as_union=True, substitutions=substitutions)
        except (SyntaxError, ValueError, RuntimeError) as error:
            raise StoreError(f"查询有误：{_one_line(error)}") from error


def by_graph(content: bytes, suffix: str, graph: str, origin: str) -> dict[str, bytes]:
    """The triples of an RDF file with ``suffix`` (``ttl``, ``nt``, ``rdf``, ``jsonld``, ``nq``, ``trig``) as N-Triples by named graph; those in no
    named graph are in ``graph``. Raises :class:`StoreError`."""
    graphs: dict[str, list[str]] = {}
    try:
        for quad in ox.parse(content, _format(suffix, origin), base_iri=graph):
            name = quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else graph
            graphs.setdefault(name, []).append(f"{quad.triple} .\n")
    except (SyntaxError, ValueError) as error:
        raise StoreError(f"{origin}：不是有效的 RDF：{_one_line(error)}") from error
    return {name: "".join(lines).encode() for name, lines in sorted(graphs.items())}


def write_graphs(folder: Path, graphs: Mapping[str, bytes]) -> None:
    """Put ``graphs`` (N-Triples by IRI) in the place of those of the same name in the Oxigraph store in ``folder``; all of them, or none.

    Raises :class:`StoreError` where the folder cannot be used, or another process is writing it.
    """
    store = _writable(folder)
    text = "".join(
        f"DROP SILENT GRAPH {ox.NamedNode(name)} ;\nINSERT DATA {{ GRAPH {ox.NamedNode(name)} {{ {triples.decode()} }} }} ;\n"
        for name, triples in graphs.items()
    )
    store.update(text)  # one transaction
    store.flush()


def write_file(folder: Path, graph: str, file: Path) -> int:
    """Put the triples of the RDF ``file``, of any size, in the place of the named graph ``graph`` in the Oxigraph store in ``folder``; their number.

    A file that is no RDF changes nothing. Raises :class:`StoreError` as :func:`write_graphs` does.
    """
    form = _format(file.suffix.lstrip(".").lower(), str(file))
    try:
        read = sum(1 for _ in ox.parse(path=file, format=form, base_iri=graph))
    except (SyntaxError, ValueError) as error:
        raise StoreError(f"{file}：不是有效的 RDF：{_one_line(error)}") from error
    store, node = _writable(folder), ox.NamedNode(graph)
    store.remove_graph(node)
    store.bulk_load(path=file, format=form, base_iri=graph, to_graph=node)
    store.optimize()
    store.flush()
    return read


def _writable(folder: Path) -> ox.Store:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return ox.Store(str(folder))
    except OSError as error:
        raise StoreError(f"{folder}：不能写入存储目录（{_one_line(error)}）") from error


def _format(suffix: str, origin: str) -> ox.RdfFormat:
    form = ox.RdfFormat.from_extension(suffix)
    if form is None:
        raise StoreError(f"{origin}：不认识的文件类型，应为 ttl、nt、rdf、jsonld、nq 或 trig")
    return form


def canonical(nquads: bytes) -> bytes:
    """``nquads`` in canonical form: blank nodes labelled by RDFC-1.0 (SHA-256), one quad a line, lines sorted and unique, UTF-8."""
    dataset = ox.Dataset(ox.parse(nquads, format=ox.RdfFormat.N_QUADS))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    content = ox.serialize(dataset, format=ox.RdfFormat.N_QUADS)
    assert content is not None  # only a call with an output file returns None
    return b"".join(sorted(content.splitlines(keepends=True)))


def _value(term: object) -> Value:
    match term:
        case ox.NamedNode():
            return Iri(term.value)
        case ox.Literal():
            return Text(term.value, term.language, None if term.language else _datatype(term))
        case _:
            return Iri(str(term))  # a blank node, shown as _:label


def _datatype(term: ox.Literal) -> str | None:
    return None if term.datatype.value == XSD + "string" else term.datatype.value


def _term(value: Value | str | int) -> ox.NamedNode | ox.Literal:
    match value:
        case Iri():
            return ox.NamedNode(value.value)
        case Text(lexical, str(language)):
            return ox.Literal(lexical, language=language)
        case Text(lexical, None, str(datatype)):
            return ox.Literal(lexical, datatype=ox.NamedNode(datatype))
        case Text(lexical):
            return ox.Literal(lexical)
        case _:
            return ox.Literal(value)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
