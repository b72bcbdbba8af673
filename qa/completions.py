"""What the query editor offers while somebody types: our terms, the actions and entities of the graph, the properties of other vocabularies."""

from __future__ import annotations

from typing import Final, TypedDict

from qa.site_facts import Facts
from qa.terms import ACTION, NS, PREFIXES, gz, local_name

_OTHERS: Final = (
    "rdf:type",
    "rdfs:label",
    "rdfs:comment",
    "rdfs:subClassOf",
    "skos:prefLabel",
    "skos:altLabel",
    "skos:broader",
    "dct:title",
)
"""Properties of other vocabularies that the graph uses; the first of several names wins in a query."""


class Completion(TypedDict):
    """``label`` is what is matched and shown, ``apply`` what is written, ``detail`` stands beside it, ``info`` explains."""

    label: str
    apply: str
    detail: str
    info: str
    type: str


def completions(facts: Facts) -> list[Completion]:
    """Everything that is offered, terms of the ontology first; each by its name in queries and by its Chinese name."""
    offered = [*_ontology(facts), *_others(), *_entities(facts)]
    return list({(one["label"], one["apply"]): one for one in offered}.values())


def _ontology(facts: Facts) -> list[Completion]:
    found: list[Completion] = []
    for iri in sorted(iri for iri in facts.labels if iri.startswith(NS)):
        name, label, info = f"gz:{local_name(iri)}", facts.labels[iri], facts.definitions.get(iri, "")
        kind = "class" if local_name(iri)[:1].isupper() else "property"
        found.append({"label": name, "apply": name, "detail": label, "info": info, "type": kind})
        found.append({"label": label, "apply": name, "detail": name, "info": info, "type": kind})
    return found


def _others() -> list[Completion]:
    return [{"label": name, "apply": name, "detail": "", "info": PREFIXES[name.partition(":")[0]], "type": "property"} for name in _OTHERS]


def _entities(facts: Facts) -> list[Completion]:
    found: list[Completion] = []
    for iri, kind in facts.entities.items():
        written = f"v:{local_name(iri)}" if iri.startswith(ACTION) else f"<{iri}>"
        label = facts.labels[iri]
        found.append(
            {"label": label, "apply": written, "detail": facts.labels[gz(kind)], "info": facts.english.get(iri, ""), "type": "constant"}
        )
        if iri.startswith(ACTION):
            found.append({"label": written, "apply": written, "detail": label, "info": facts.english.get(iri, ""), "type": "constant"})
    return found
