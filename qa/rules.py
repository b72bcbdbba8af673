"""Which rules a build holds, so that an answer can say what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import Final

from qa.build import GRAPH
from qa.models import Iri, Manifest
from qa.store import Store

_ABOUT: Final = """SELECT ?r ?id ?title ?number ?from WHERE { ?r dct:identifier ?id ; dct:title ?title
  OPTIONAL { ?r gz:documentNumber ?number } OPTIONAL { ?r gz:validFrom ?from } }"""


@dataclass(frozen=True, slots=True)
class Rules:
    """A regulation as a build holds it: title, document number, first day in force (ISO 8601), SHA-256 (hex) of its text and of the graph,
    and the version of this program."""

    title: str
    number: str
    valid_from: str
    text_hash: str
    graph_hash: str
    version: str


def rules(store: Store, manifest: Manifest, regulation: str) -> Rules:
    """The regulation with the IRI ``regulation``; what is not known of it is empty."""
    row = next(iter(store.select(_ABOUT, {"r": Iri(regulation)})), {})
    said = {name: str(row.get(name, "")) for name in ("id", "title", "number", "from")}
    text_hash = manifest.inputs.get(f"data/source/{said['id']}/text.txt", "")
    return Rules(said["title"], said["number"], said["from"], text_hash, manifest.outputs.get(GRAPH, ""), metadata.version("guizhi"))
