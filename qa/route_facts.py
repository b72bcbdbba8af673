"""What the navigator needs from the graph, read once: stages, norms with their slots and limits, choices. Knows no regulation by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from qa.models import Iri, Row
from qa.route_choices import Choices
from qa.route_models import Choice, Facet
from qa.store import Store
from qa.terms import local_name


@dataclass(frozen=True, slots=True)
class Facts:
    """The norms that have a stage, by IRI, in the order of the text; what is known of each; and what can be chosen."""

    stages: Sequence[tuple[str, str]]
    norms: Mapping[str, Row]
    at: Mapping[str, frozenset[str]]
    slots: Mapping[str, Mapping[str, Sequence[str]]]
    objects: Mapping[str, frozenset[str]]
    limits: Mapping[str, Sequence[Row]]
    requires: Mapping[str, frozenset[str]]
    unless: Mapping[str, frozenset[str]]
    overrides: Mapping[str, frozenset[str]]
    silences: Sequence[Row]
    choices: Choices

    @property
    def events(self) -> tuple[str, ...]:
        """The events from which limits run."""
        return tuple(dict.fromkeys(str(row["anchor"]) for rows in self.limits.values() for row in rows if "anchor" in row))


def read(store: Store, regulation: str) -> Facts:
    """The facts of the regulation with the IRI ``regulation``; there are no norms where it says nothing of stages."""
    bound = {"regulation": Iri(regulation)}
    norms = store.select(_NORMS, bound)
    fillers = store.select(_FILLERS, bound)
    return Facts(
        stages=[(str(row["stage"]), str(row["label"])) for row in store.select(_STAGES)],
        norms={str(row["norm"]): row for row in norms},
        at=_grouped(norms, "stage"),
        slots=_slots(fillers),
        objects=_grouped([row for row in fillers if local_name(str(row["slot"])) == "object"], "filler"),
        limits=_rows(store.select(_LIMITS, bound)),
        requires=_grouped(store.select(_REQUIRES, bound), "choice"),
        unless=_grouped(store.select(_UNLESS, bound), "choice"),
        overrides=_grouped(store.select(_OVERRIDES, bound), "other"),
        silences=store.select(_SILENCES, bound),
        choices=_choices(store.select(_CHOICES, bound), store.select(_IMPLIES)),
    )


def _grouped(rows: Iterable[Row], value: str) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        found[str(row["norm"])].add(str(row[value]))
    return defaultdict(frozenset, {norm: frozenset(values) for norm, values in found.items()})


def _rows(rows: Iterable[Row]) -> Mapping[str, Sequence[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[str(row["norm"])].append(row)
    return found


def _slots(rows: Iterable[Row]) -> Mapping[str, Mapping[str, Sequence[str]]]:
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[str(row["norm"])][local_name(str(row["slot"]))].append(str(row["label"]))
    return found


def _choices(rows: Sequence[Row], implications: Iterable[Row]) -> Choices:
    implied: dict[str, set[str]] = defaultdict(set)
    for row in implications:
        implied[str(row["choice"])].add(str(row["other"]))
    facets: dict[str, Row] = {}
    choices: dict[str, dict[str, Row]] = defaultdict(dict)
    names: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        iri = str(row["choice"])
        facets[str(row["facet"])] = row
        choices[str(row["facet"])][iri] = row
        names[iri] += [str(row["name"])] if "name" in row else []
    made = tuple(_facet(row, choices[iri].values(), names) for iri, row in facets.items())
    labels = {iri: str(row["label"]) for found in choices.values() for iri, row in found.items()}
    return Choices(made, implied, labels)


def _facet(row: Row, choices: Iterable[Row], names: Mapping[str, Sequence[str]]) -> Facet:
    made = tuple(
        Choice(str(c["choice"]), str(c["label"]), tuple(names[str(c["choice"])]), int(str(c["least"])) if "least" in c else 0)
        for c in choices
    )
    return Facet(str(row["facet"]), str(row["question"]), made, str(row.get("many", "")) == "true")


# ---------------------------------------------------------------- queries

_STAGES: Final = """SELECT ?stage ?label WHERE {
  ?stage a gz:Stage ; gz:order ?order ; skos:prefLabel ?label FILTER(lang(?label) = "zh") } ORDER BY ?order"""
_NORMS: Final = """SELECT DISTINCT ?norm ?stage ?type ?kind ?reading ?quote ?provision ?place ?strength ?article ?at ?regulation WHERE {
  ?norm gz:regulation ?regulation ; gz:stage ?stage ; gz:quote ?quote ; rdfs:label ?reading ; gz:provision ?provision .
  ?provision rdfs:label ?place ; gz:text ?text .
  ?provision gz:partOf* ?whole . ?whole a gz:Article ; gz:number ?article ; gz:text ?all . BIND(STRLEN(STRBEFORE(?all, ?quote)) AS ?at)
  GRAPH ?g { ?norm a ?type . ?norm gz:quote ?again } GRAPH ?o { ?type rdfs:label ?kind FILTER(lang(?kind) = "zh") }
  OPTIONAL { ?norm gz:strength/rdfs:label ?strength FILTER(lang(?strength) = "zh") } } ORDER BY ?article ?at ?norm"""
_FILLERS: Final = """SELECT DISTINCT ?norm ?slot ?filler ?label ?regulation WHERE {
  VALUES ?slot { gz:bearer gz:recipient gz:object gz:condition gz:exception }
  ?norm gz:regulation ?regulation ; gz:stage ?stage ; ?slot ?filler . ?filler rdfs:label|skos:prefLabel ?label FILTER(lang(?label) = "zh") }
  ORDER BY ?norm ?slot ?filler"""
_LIMITS: Final = """SELECT DISTINCT ?norm ?words ?amount ?unit ?relation ?anchor ?regulation WHERE {
  ?norm gz:regulation ?regulation ; gz:stage ?stage ; gz:deadline ?limit . ?limit rdfs:label ?words
  OPTIONAL { ?limit gz:amount ?amount ; gz:unit ?unit ; gz:relation ?relation ; gz:anchor ?anchor } } ORDER BY ?norm ?words"""
_REQUIRES: Final = """SELECT DISTINCT ?norm ?choice ?regulation WHERE {
  ?norm gz:regulation ?regulation ; gz:stage ?stage .
  { ?norm gz:requires ?choice } UNION {
    ?choice gz:facet ?facet ; gz:route/gz:step/gz:norm ?norm FILTER NOT EXISTS { ?norm gz:requires ?said } } }"""
_UNLESS: Final = "SELECT ?norm ?choice ?regulation WHERE { ?norm gz:regulation ?regulation ; gz:stage ?stage ; gz:unless ?choice }"
_OVERRIDES: Final = "SELECT ?norm ?other ?regulation WHERE { ?norm gz:regulation ?regulation ; gz:stage ?stage ; gz:overrides ?other }"
_SILENCES: Final = """SELECT ?about ?reading ?provision ?place ?regulation WHERE {
  ?silence a gz:Silence ; gz:regulation ?regulation ; gz:about ?about ; rdfs:label ?reading ; gz:nearest ?provision .
  ?provision rdfs:label ?place }
  ORDER BY ?silence ?about"""
_CHOICES: Final = """SELECT DISTINCT ?facet ?question ?many ?choice ?label ?name ?least ?order ?place ?regulation WHERE {
  { SELECT DISTINCT ?g ?regulation WHERE { GRAPH ?g { ?norm gz:stage ?stage ; gz:regulation ?regulation } } }
  GRAPH ?g { ?choice gz:facet ?facet }
  ?choice skos:prefLabel ?label . ?facet gz:order ?order ; skos:prefLabel ?question
  FILTER(lang(?label) = "zh" && lang(?question) = "zh")
  OPTIONAL { ?facet gz:many ?many } OPTIONAL { ?choice gz:atLeast ?least } OPTIONAL { ?choice gz:order ?place }
  OPTIONAL { ?choice skos:altLabel ?name FILTER(lang(?name) = "zh") } } ORDER BY ?order ?place ?choice ?name"""
_IMPLIES: Final = "SELECT ?choice ?other WHERE { ?choice gz:implies ?other }"
