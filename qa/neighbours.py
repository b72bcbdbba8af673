"""What surrounds a term: who does what to what, as a picture of named relations drawn from the norms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from qa.site_facts import Facts
from qa.site_models import Edge, Node, Norm, Picture

NEAREST: Final = 24
"""Neighbours that are shown at first."""
_TARGETS: Final = (
    ("object", "{deed}"),
    ("recipient", "{deed}（向）"),
    ("counterparty", "{deed}（与）"),
    ("via", "{deed}（经）"),
    ("meeting", "{deed}（会议）"),
    ("member", "组成"),
    ("content", "{deed}"),
)
"""Slots that a norm's bearer is tied to, and the name of the relation; ``{deed}`` stands for the norm's actions."""
_DELEGATES: Final = "委托、授权"
_LINKS: Final = (("skos:broader", "属于"), ("gz:route", "办理程序"))


def around(facts: Facts, iri: str, limit: int = NEAREST) -> Picture:
    """The entity ``iri`` with at most ``limit`` neighbours, those first that most norms tie to it.

    An article (IRI) is shown by all relations that its norms state. Unknown terms give an empty picture.
    """
    if iri in facts.by_article:
        edges = _merged(edge for norm in facts.by_article[iri] for edge in _edges(facts, norm))
        return _picture(facts, "", edges, limit * 2)
    if iri not in facts.entities:
        return Picture(iri, (), ())
    norms = dict.fromkeys(norm.iri for named in facts.users(iri).values() for norm in named)
    deed = facts.entities[iri] == "Action"
    found = (edge for norm in norms for edge in (_deeds if deed else _edges)(facts, facts.norms[norm]))
    edges = _merged([*(edge for edge in found if iri in (edge.source, edge.target)), *_links(facts, iri)])
    return _picture(facts, iri, edges, limit)


def _picture(facts: Facts, centre: str, edges: Sequence[Edge], limit: int) -> Picture:
    weights = Counter(end for edge in edges for end in (edge.source, edge.target) for _ in (edge.norms or ("",)) if end != centre)
    ranked = sorted(weights, key=lambda node: (-weights[node], facts.labels[node], node))
    kept = [*([centre] if centre else []), *ranked[:limit]]
    nodes = tuple(Node(node, facts.labels[node], facts.entities[node]) for node in kept)
    shown = tuple(edge for edge in edges if edge.source in kept and edge.target in kept)
    return Picture(centre, nodes, shown, max(0, len(ranked) - limit))


def _edges(facts: Facts, norm: Norm) -> Iterator[Edge]:
    """The relations that ``norm`` states between its bearers (where it has none: its meetings, its objects) and whatever else it names."""
    deed = "、".join(facts.labels[action] for action in norm.slots.get("action", ())) or "涉及"
    if norm.slots.get("supervisor"):
        yield from _between(facts, norm.slots["supervisor"], norm.slots.get("supervised", ()), "监督", norm)
        return
    delegators = norm.slots.get("delegator", ())
    yield from _between(facts, delegators, norm.slots.get("delegate", ()), _DELEGATES, norm)
    source = next((norm.slots[slot] for slot in ("bearer", "meeting", "object") if norm.slots.get(slot)), ())
    told: set[str] = {*delegators, *source}
    for slot, name in _TARGETS:
        yield from _between(facts, source, (value for value in norm.slots.get(slot, ()) if value not in told), name.format(deed=deed), norm)
        told.update(norm.slots.get(slot, ()))


def _deeds(facts: Facts, norm: Norm) -> Iterator[Edge]:
    """The relations of ``norm`` with its actions in the middle: who does it, and to what."""
    for action in norm.slots.get("action", ()):
        yield from _between(facts, norm.slots.get("bearer", ()), (action,), "主体", norm)
        yield from _between(facts, (action,), norm.slots.get("object", ()), "对象", norm)


def _links(facts: Facts, iri: str) -> Iterator[Edge]:
    for name, label in _LINKS:
        for source, targets in facts.related[name].items():
            yield from (
                Edge(source, target, label)
                for target in targets
                if iri in (source, target) and source in facts.entities and target in facts.entities
            )


def _between(facts: Facts, sources: Iterable[str], targets: Iterable[str], label: str, norm: Norm) -> Iterator[Edge]:
    for source in sources:
        for target in targets:
            if source != target and source in facts.entities and target in facts.entities:
                yield Edge(source, target, label, (norm.iri,))


def _merged(edges: Iterable[Edge]) -> list[Edge]:
    """``edges`` with those of the same ends made one, their names side by side."""
    found: dict[tuple[str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for edge in edges:
        names, norms = found.setdefault((edge.source, edge.target), ({}, {}))
        names[edge.label] = None
        norms.update(dict.fromkeys(edge.norms))
    return [Edge(*ends, "；".join(names), tuple(norms)) for ends, (names, norms) in found.items()]
