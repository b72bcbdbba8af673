"""Provisions, norms, ontology and vocabulary → named graphs of RDF 1.1.

Norms are written with blank nodes for their qualifiers (conditions, deadlines …). Here these get IRIs, from the norm's IRI, the property
and an ordinal that depends on their content alone, and the class that the property's range names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from rdflib import RDF, RDFS, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, XSD
from rdflib.term import Node

from qa import terms
from qa.amendments import FormerVersion, History
from qa.models import Provision, ProvisionKind, SourceText

GZ: Final = Namespace(terms.NS)
_CLASS: Final[Mapping[ProvisionKind, URIRef]] = {
    ProvisionKind.CHAPTER: GZ.Chapter,
    ProvisionKind.ARTICLE: GZ.Article,
    ProvisionKind.PARAGRAPH: GZ.Paragraph,
    ProvisionKind.ITEM: GZ.Item,
}
NO_HISTORY: Final = History()
"""That of a regulation which was never amended."""


class GraphError(ValueError):
    """Data that cannot be made into a graph; the message names the file or the term at fault."""


@dataclass(frozen=True, slots=True)
class Regulation:
    """A regulation as its folder describes it: ``identifier`` is the folder's name, ``description`` the content of ``regulation.ttl``."""

    identifier: str
    iri: str
    folder: Path
    description: Graph


def read(paths: Iterable[Path]) -> Graph:
    """All Turtle files of ``paths`` in one graph. Raises :class:`GraphError` with file and line for one that is not Turtle."""
    graph = Graph()
    for path in paths:
        try:
            graph.parse(data=path.read_bytes(), format="turtle")
        except Exception as error:  # rdflib raises its own BadSyntax, but lets UnicodeDecodeError and others through
            raise GraphError(f"{path.parent.name}/{path.name}：{_reason(error)}") from error
    return graph


def _reason(error: Exception) -> str:
    line = getattr(error, "lines", None)
    why = str(getattr(error, "message", "") or getattr(error, "_why", "") or error)
    return (f"第 {line + 1} 行：" if isinstance(line, int) else "") + f"不是有效的 Turtle：{' '.join(why.split())[:200]}"


def regulations(sources: Path) -> list[Regulation]:
    """The regulations below ``sources`` (``data/source``), a folder each, sorted by folder name."""
    return [_regulation(path.parent) for path in sorted(sources.glob("*/regulation.ttl"))]


def _regulation(folder: Path) -> Regulation:
    description = read([folder / "regulation.ttl"])
    found = [s for s in description.subjects(DCTERMS.identifier, Literal(folder.name)) if isinstance(s, URIRef)]
    if len(found) != 1 or (found[0], RDF.type, GZ.Regulation) not in description:
        raise GraphError(f"{folder.name}/regulation.ttl：应有一个 gz:Regulation 的 dct:identifier 为 “{folder.name}”，实有 {len(found)} 个")
    return Regulation(folder.name, str(found[0]), folder, description)


def text_graph(regulation: Regulation, source: SourceText, history: History = NO_HISTORY) -> Graph:
    """The provisions of ``source`` with text, numbers, labels, offsets, place and validity, their former versions, and ``regulation.ttl``."""
    graph = Graph()
    for triple in regulation.description:
        graph.add(triple)
    for provision in source.provisions:
        _add_provision(graph, regulation, provision, history.since.get(provision.path))
    for version in history.former:
        _add_former(graph, regulation, version)
    return graph


def _add_provision(graph: Graph, regulation: Regulation, provision: Provision, since: date | None) -> None:
    node = URIRef(terms.provision_iri(regulation.iri, provision.path))
    whole = URIRef(terms.provision_iri(regulation.iri, provision.parent) if provision.parent else regulation.iri)
    about: list[tuple[URIRef, Node]] = [
        (RDF.type, _CLASS[provision.kind]),
        (RDFS.label, Literal(provision.label, lang="zh")),
        (GZ.rawStart, Literal(str(provision.raw_start), datatype=XSD.nonNegativeInteger)),
        (GZ.rawEnd, Literal(str(provision.raw_end), datatype=XSD.nonNegativeInteger)),
        (GZ.partOf, whole),
        *_words(regulation, provision, provision.text),
        *((GZ.validFrom, first) for first in _first_day(regulation, since)),
        *((GZ.validUntil, end) for end in _stated(regulation, GZ.validUntil)),
    ]
    if provision.title:
        about.append((DCTERMS.title, Literal(provision.title, lang="zh")))
    for predicate, value in about:
        graph.add((node, predicate, value))
    graph.add((whole, GZ.hasPart, node))


def _add_former(graph: Graph, regulation: Regulation, version: FormerVersion) -> None:
    present, day = version.provision, version.until
    node = URIRef(terms.former_iri(regulation.iri, present.path, day.isoformat()))
    about: list[tuple[URIRef, Node]] = [
        (RDF.type, GZ.FormerVersion),
        (RDFS.label, Literal(f"{present.label}（{day.year}年{day.month}月{day.day}日修改前）", lang="zh")),
        (GZ.versionOf, URIRef(terms.provision_iri(regulation.iri, present.path))),
        (GZ.amendedBy, Literal(version.amended_by)),
        (GZ.validUntil, Literal(day)),
        *_words(regulation, present, version.text),
        *((GZ.validFrom, first) for first in _first_day(regulation, version.since)),
    ]
    for predicate, value in about:
        graph.add((node, predicate, value))


def _words(regulation: Regulation, provision: Provision, text: str) -> list[tuple[URIRef, Node]]:
    """What a provision and its former versions have alike."""
    return [
        (GZ.number, Literal(provision.number)),
        (GZ.reference, Literal(provision.reference)),
        (GZ.text, Literal(text)),
        (GZ.regulation, URIRef(regulation.iri)),
    ]


def _first_day(regulation: Regulation, since: date | None) -> list[Node]:
    return [Literal(since)] if since else _stated(regulation, GZ.validFrom)


def _stated(regulation: Regulation, name: URIRef) -> list[Node]:
    return list(regulation.description.objects(URIRef(regulation.iri), name))


def norms_graph(regulation: Regulation, written: Graph, ontology: Graph) -> Graph:
    """``written`` with IRIs and classes for its blank nodes, and ``gz:regulation`` on every norm and silence."""
    names: dict[BNode, URIRef] = {}
    roots = {s for s in written.subjects() if isinstance(s, URIRef)}
    graph = Graph()
    for root in sorted(roots):
        _name_qualifiers(root, root, written, names)
    for s, p, o in written:
        subject, value = _named(s, names), _named(o, names)
        graph.add((subject, p, value))
        if isinstance(o, BNode):
            for kind in ontology.objects(p, RDFS.range):
                graph.add((value, RDF.type, kind))
    for node in _statements(graph, ontology):
        graph.add((node, GZ.regulation, URIRef(regulation.iri)))
    return graph


def _statements(graph: Graph, ontology: Graph) -> set[Node]:
    classes = {GZ.Silence, *ontology.transitive_subjects(RDFS.subClassOf, GZ.Norm)}
    return {s for s, kind in graph.subject_objects(RDF.type) if kind in classes}


def _named(term: Node, names: Mapping[BNode, URIRef]) -> Node:
    if not isinstance(term, BNode):
        return term
    if term not in names:
        raise GraphError("规范文件中有不属于任何规范的空白节点")
    return names[term]


def _name_qualifiers(owner: Node, name: URIRef, written: Graph, names: dict[BNode, URIRef]) -> None:
    """Mint IRIs below ``name`` for the blank nodes that hang on ``owner``, and below these for theirs."""
    for predicate in sorted({p for p in written.predicates(owner) if isinstance(p, URIRef)}):
        nodes = [o for o in written.objects(owner, predicate) if isinstance(o, BNode)]
        for ordinal, node in enumerate(sorted(nodes, key=lambda node: _content(node, written)), 1):
            if node in names:
                raise GraphError(f"{name}：空白节点属于两个主语，请给它 IRI")
            names[node] = URIRef(terms.qualifier_iri(name, terms.local_name(predicate), ordinal))
            _name_qualifiers(node, names[node], written, names)


def _content(node: BNode, written: Graph) -> tuple[str, list[str]]:
    """What a blank node says, as a sort key: its label first, then all its triples."""
    label = str(written.value(node, RDFS.label) or "")
    said = [f"{p} {_content(o, written) if isinstance(o, BNode) else o.n3()}" for p, o in written.predicate_objects(node)]
    return label, sorted(said)


def union(graphs: Iterable[Graph]) -> Graph:
    """All triples of ``graphs`` in one new graph."""
    together = Graph()
    for graph in graphs:
        together += graph
    return together


def nquads(graphs: Mapping[str, Graph]) -> bytes:
    """``graphs`` by name as N-Quads 1.1 (UTF-8), not yet canonical."""
    lines = []
    for name in sorted(graphs):
        # rdflib writes one triple a line, ending in " ."; line feeds inside literals are escaped.
        triples = graphs[name].serialize(format="nt", encoding="utf-8").split(b"\n")
        lines += [triple.removesuffix(b".") + f"<{name}> .\n".encode() for triple in triples if triple]
    return b"".join(lines)
