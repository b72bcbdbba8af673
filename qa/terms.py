"""Names: the IRIs of the project and how they are minted.

Nothing here belongs to one city: a regulation brings its own IRI in ``data/source/<id>/regulation.ttl`` and everything below it is
minted from that IRI and the printed numbers.
"""

from __future__ import annotations

from typing import Final

BASE: Final = "https://w3id.org/guizhi/"
ONTOLOGY: Final = BASE + "ns"
NS: Final = BASE + "ns#"
VOCAB: Final = BASE + "vocab/"
ACTION: Final = VOCAB + "action/"
ID: Final = BASE + "id/"
GRAPH: Final = BASE + "graph/"
CHECK: Final = BASE + "check#"
REGISTER_SHAPES: Final = BASE + "shapes/registers#"

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
SHACL: Final = "http://www.w3.org/ns/shacl#"
DCT: Final = "http://purl.org/dc/terms/"

PREFIXES: Final[dict[str, str]] = {
    "gz": NS,
    "v": ACTION,
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "dct": DCT,
}
"""Prefixes that every query of the project may use without declaring them."""

ONTOLOGY_GRAPH: Final = GRAPH + "ontology"
VOCABULARY_GRAPH: Final = GRAPH + "vocabulary"
INFERRED_GRAPH: Final = GRAPH + "inferred"


def gz(name: str) -> str:
    """The IRI of the ontology's term ``name``: ``gz("bearer")``."""
    return NS + name


def text_graph(regulation_id: str) -> str:
    """The named graph of a regulation's provisions."""
    return f"{GRAPH}{regulation_id}/text"


def norms_graph(regulation_id: str) -> str:
    """The named graph of a regulation's norms and of the entities they speak of."""
    return f"{GRAPH}{regulation_id}/norms"


def provision_iri(regulation: str, path: str) -> str:
    """The IRI of a provision: regulation IRI and path of printed numbers, e.g. ``…/rules-2024`` and ``art/31/item/3``."""
    return f"{regulation}/{path}"


def former_iri(regulation: str, path: str, until: str) -> str:
    """The IRI of the words that a provision had until the day ``until`` (ISO 8601): ``…/rules-2024/art/4/until/2026-03-01``."""
    return f"{provision_iri(regulation, path)}/until/{until}"


def qualifier_iri(norm: str, name: str, ordinal: int) -> str:
    """The IRI of the ``ordinal``-th (from 1) qualifier that ``norm`` has under the property called ``name``."""
    return f"{norm}/{name}/{ordinal}"


def local_name(iri: str) -> str:
    """The part of ``iri`` after its last ``#`` or ``/``."""
    return iri.rstrip("/#").replace("#", "/").rsplit("/", 1)[-1]
