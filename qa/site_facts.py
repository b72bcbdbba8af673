"""The graph as the generated pages show it: every fact is read from the store once, and nothing here knows of one city or one regulation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from qa.models import Iri
from qa.site_models import Norm, Part, Silence, Step
from qa.store import Store
from qa.terms import INFERRED_GRAPH, NS, gz, local_name

ENTITY_KINDS: Final = ("Office", "Body", "RelativeRole", "PersonGroup", "MeetingType", "ApprovalRoute", "DocumentType", "Matter", "Action")
"""The classes whose members have a page of their own, in the order of the lists."""
SLOTS: Final = (
    *("bearer", "bearerMode", "action", "object", "recipient", "counterparty", "via", "meeting", "member", "delegator", "delegate"),
    *("supervisor", "supervised", "supervisionForm", "content"),
    *("condition", "exception", "deadline", "frequency", "limit", "manner", "purpose"),
)
"""The properties of a norm that are shown, in their order."""
RELATIONS: Final = ("overrides", "supplements")


class Facts:
    """Everything the pages need from ``store``; each kind of fact is read when it is first wanted."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @cached_property
    def labels(self) -> dict[str, str]:
        """The Chinese name of every node."""
        return self._texts('?x rdfs:label|skos:prefLabel ?y FILTER(lang(?y) IN ("zh", ""))')

    @cached_property
    def english(self) -> dict[str, str]:
        """The English name of every node that has one."""
        return self._texts('?x rdfs:label|skos:prefLabel ?y FILTER(lang(?y) = "en")')

    @cached_property
    def definitions(self) -> dict[str, str]:
        """The Chinese definition of every node that has one."""
        return self._texts('?x skos:definition ?y FILTER(lang(?y) = "zh")')

    @cached_property
    def regulations(self) -> list[str]:
        """The regulations that have a text."""
        return self._column("SELECT DISTINCT ?x WHERE { ?part a gz:Article ; gz:regulation ?x } ORDER BY ?x")

    @cached_property
    def parts(self) -> dict[str, Part]:
        """Every provision in the order of the text, former versions after the present ones."""
        rows = self._store.select(_PARTS)
        return {
            str(row["x"]): Part(
                str(row["x"]),
                local_name(str(row["kind"])),
                str(row["label"]),
                str(row.get("title", "")),
                str(row["text"]),
                str(row["whole"]),
            )
            for row in rows
        }

    def above(self, iri: str, kind: str) -> str:
        """The provision of this kind that is ``iri`` or contains it; empty where there is none."""
        while iri in self.parts and self.parts[iri].kind != kind:
            iri = self.parts[iri].whole
        return iri if iri in self.parts else ""

    def regulation(self, iri: str) -> str:
        """The regulation that the provision ``iri`` belongs to."""
        while iri in self.parts:
            iri = self.parts[iri].whole
        return iri

    def about(self, regulation: str) -> str:
        """Number and dates of a regulation, in a line."""
        names = ("documentNumber", "issuedOn", "validFrom", "validUntil")
        said = {name: self._texts(f"?x gz:{name} ?y").get(regulation) for name in names}
        return "　".join(f"{self.labels[gz(name)]}：{value}" for name, value in said.items() if value)

    @cached_property
    def by_article(self) -> dict[str, list[Norm]]:
        """The norms of every article, in the order of the text."""
        found: dict[str, list[Norm]] = defaultdict(list)
        for norm in self.norms.values():
            found[norm.article].append(norm)
        return dict(found)

    @cached_property
    def norms(self) -> dict[str, Norm]:
        """Every norm, in the order of the text."""
        values = self._values((*SLOTS, *RELATIONS))
        back = self._values(RELATIONS, back=True)
        order = {iri: place for place, iri in enumerate(self.parts)}
        found = [
            Norm(
                norm := str(row["n"]),
                self._kinds(local_name(str(row["kind"]))),
                self.labels[norm],
                str(row["quote"]),
                str(row.get("marker", "")),
                self.labels.get(str(row.get("strength", "")), ""),
                place := str(row["place"]),
                self.above(place, "Article"),
                {slot: self._in_order(found, str(row["quote"])) for slot, found in values[norm].items()},
                back[norm],
            )
            for row in self._store.select(_NORMS)
        ]
        return {norm.iri: norm for norm in sorted(found, key=lambda norm: (order[norm.place], self._position(norm), norm.iri))}

    def _in_order(self, values: tuple[str, ...], quote: str) -> tuple[str, ...]:
        """``values`` as ``quote`` names them; those that it does not name come last."""
        places = {value: quote.find(self.labels.get(value, value)) for value in values}
        return tuple(sorted(values, key=lambda value: (places[value] < 0, places[value])))

    def _position(self, norm: Norm) -> int:
        return self.parts[norm.place].text.find(norm.quote)

    @cached_property
    def broader_kinds(self) -> dict[str, tuple[str, ...]]:
        """The classes directly above each of our classes, by local name."""
        return self._pairs("SELECT ?x ?y WHERE { GRAPH <https://w3id.org/guizhi/graph/ontology> { ?x rdfs:subClassOf ?y } } ORDER BY ?x ?y")

    def _kinds(self, kind: str) -> tuple[str, ...]:
        above = [wider for wider in self.broader_kinds.get(kind, ()) if gz(wider) in self.labels]
        return (kind, *(name for wider in above for name in self._kinds(wider)))

    @cached_property
    def entities(self) -> dict[str, str]:
        """Every entity with a page, and its class's local name, sorted by class and name."""
        found = {
            iri: kind
            for kind in ENTITY_KINDS
            for iri in self._column(f"SELECT DISTINCT ?x WHERE {{ ?x a gz:{kind} }} ORDER BY ?x")
            if iri in self.labels
        }
        return dict(sorted(found.items(), key=lambda item: (ENTITY_KINDS.index(item[1]), self.labels[item[0]], item[0])))

    @cached_property
    def alternatives(self) -> dict[str, tuple[str, ...]]:
        """The other Chinese names of every entity."""
        return self._pairs('SELECT ?x ?y WHERE { ?x skos:altLabel ?y FILTER(lang(?y) = "zh") } ORDER BY ?x ?y', iris=True)

    @cached_property
    def related(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Links between entities by property: wider and narrower ones, routes, and what rules derive."""
        names = ("skos:broader", "skos:broadMatch", "gz:route", "gz:chair", "gz:convener", "gz:minutesSigner", "gz:signs")
        return {name: self._pairs(f"SELECT ?x ?y WHERE {{ ?x {name} ?y }} ORDER BY ?x ?y", iris=True) for name in names}

    @cached_property
    def steps(self) -> dict[str, tuple[Step, ...]]:
        """The steps of every approval route, in order."""
        bearers = self._pairs("SELECT ?x ?y WHERE { ?x a gz:RouteStep ; gz:bearer ?y } ORDER BY ?x ?y", iris=True)
        norms = self._pairs("SELECT ?x ?y WHERE { ?x gz:norm ?y } ORDER BY ?x ?y", iris=True)
        found: dict[str, list[Step]] = defaultdict(list)
        for route, step in self._rows("SELECT ?x ?y WHERE { ?x gz:step ?y . ?y gz:order ?order } ORDER BY ?x ?order"):
            found[route].append(Step(step, self.labels[step], bearers.get(step, ()), norms.get(step, ())))
        return {route: tuple(steps) for route, steps in found.items()}

    @cached_property
    def silences(self) -> list[Silence]:
        """Everything that the regulations do not say."""
        about, aspects, near = (
            self._pairs(f"SELECT ?x ?y WHERE {{ ?x a gz:Silence ; gz:{name} ?y }} ORDER BY ?x ?y", iris=True)
            for name in ("about", "aspect", "nearest")
        )
        return [
            Silence(
                iri,
                self.labels[iri],
                tuple(self.labels[aspect] for aspect in aspects.get(iri, ())),
                about.get(iri, ()),
                tuple(dict.fromkeys(article for part in near.get(iri, ()) if (article := self.above(part, "Article")))),
            )
            for iri in self._column("SELECT DISTINCT ?x WHERE { ?x a gz:Silence } ORDER BY ?x")
        ]

    def users(self, entity: str) -> dict[str, list[Norm]]:
        """The norms that name ``entity``, by the property under which they do, in the order of :data:`SLOTS`."""
        return self._users.get(entity, {})

    @cached_property
    def _users(self) -> dict[str, dict[str, list[Norm]]]:
        found: dict[str, dict[str, list[Norm]]] = defaultdict(dict)
        for slot in SLOTS:
            for norm in self.norms.values():
                for value in norm.slots.get(slot, ()):
                    found[value].setdefault(slot, []).append(norm)
        return found

    # ------------------------------------------------------------ reading

    def _values(self, names: tuple[str, ...], *, back: bool = False) -> dict[str, dict[str, tuple[str, ...]]]:
        found: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
        for name in names:
            path = f"^gz:{name}" if back else f"gz:{name}"
            for norm, values in self._pairs(f"SELECT ?x ?y WHERE {{ ?x {path} ?y }} ORDER BY ?x ?y", iris=True).items():
                found[norm][name] = values
        return found

    def _texts(self, pattern: str) -> dict[str, str]:
        return dict(self._rows(f"SELECT ?x ?y WHERE {{ {pattern} }} ORDER BY DESC(?x) DESC(lang(?y) = '') DESC(?y)"))

    def _column(self, query: str) -> list[str]:
        return [str(row["x"]) for row in self._store.select(query)]

    def _rows(self, query: str) -> Iterator[tuple[str, str]]:
        for row in self._store.select(query):
            if isinstance(row["x"], Iri) and not str(row["x"]).startswith("_:"):
                yield str(row["x"]), str(row["y"])

    def _pairs(self, query: str, *, iris: bool = False) -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for x, y in self._rows(query):
            found[x if iris else local_name(x)][y if iris else local_name(y)] = None
        return {x: tuple(values) for x, values in found.items()}


_PARTS: Final = """SELECT DISTINCT ?x ?kind ?label ?text ?title ?whole ?r ?start WHERE {
  VALUES ?kind { gz:Chapter gz:Article gz:Paragraph gz:Item gz:FormerVersion }
  ?x a ?kind ; rdfs:label ?label ; gz:text ?text ; gz:regulation ?r .
  OPTIONAL { ?x gz:rawStart ?start } OPTIONAL { ?x <http://purl.org/dc/terms/title> ?title } OPTIONAL { ?x gz:versionOf ?present }
  OPTIONAL { ?x gz:partOf ?direct FILTER NOT EXISTS { ?x gz:partOf ?between . ?between gz:partOf ?direct } }
  BIND(COALESCE(?present, ?direct, ?r) AS ?whole)
} ORDER BY ?r (!BOUND(?start)) ?start (-STRLEN(?text)) ?x"""
_NORMS: Final = f"""SELECT DISTINCT ?n ?kind ?quote ?marker ?strength ?place WHERE {{
  GRAPH ?g {{ ?n a ?kind ; gz:provision ?place ; gz:quote ?quote }} FILTER(?g != <{INFERRED_GRAPH}> && STRSTARTS(STR(?kind), "{NS}"))
  OPTIONAL {{ ?n gz:marker ?marker }} OPTIONAL {{ ?n gz:strength ?strength }} }} ORDER BY ?n"""
