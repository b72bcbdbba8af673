"""Diagrams and sections of routes and meetings, from their norms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from qa import diagram
from qa.diagram import Box
from qa.site_facts import Facts
from qa.site_models import Norm
from qa.terms import ACTION, VOCAB

MINUTES: Final = VOCAB + "document/minutes"
_MOST: Final = 8
"""Lines in a box of a meeting's diagram, at most so many."""
_GROUPS: Final = (
    ("召集与主持", ("chair", "convene")),
    ("组成", ("compose",)),
    ("参加与列席", ("attend", "sit-in", "invite", "appear", "ask-leave")),
    ("召开", ("hold",)),
)
_TASKS, _MINUTES, _REST = "任务", "纪要", "议题、文件与组织"


def drawn(facts: Facts) -> dict[str, str]:
    """The diagram of every approval route and every meeting type, as SVG by IRI."""
    kinds = facts.entities
    return {iri: _route(facts, iri) if kind == "ApprovalRoute" else _meeting(facts, iri) for iri, kind in kinds.items() if kind in _DRAWN}


_DRAWN: Final = ("ApprovalRoute", "MeetingType")


def sections(facts: Facts, meeting: str) -> list[tuple[str, list[Norm]]]:
    """The norms that name ``meeting``, each once, by what they are about."""
    headings = (*(heading for heading, _ in _GROUPS), _TASKS, _REST, _MINUTES)
    groups: dict[str, list[Norm]] = {heading: [] for heading in headings}
    named = {norm.iri for norms in facts.users(meeting).values() for norm in norms}
    for norm in facts.norms.values():
        if norm.iri in named:
            groups[_heading(facts, norm, meeting)].append(norm)
    return [(heading, norms) for heading, norms in groups.items() if norms]


def _heading(facts: Facts, norm: Norm, meeting: str) -> str:
    if "Composition" in norm.kinds:
        return "组成"
    if any(MINUTES in facts.related["skos:broadMatch"].get(thing, ()) for thing in norm.slots.get("object", ())):
        return _MINUTES
    if norm.slots.get("frequency") and meeting in norm.slots.get("object", ()):
        return "召开"
    actions = {action.removeprefix(ACTION) for action in norm.slots.get("action", ())}
    for heading, wanted in _GROUPS:
        if actions & {*wanted}:
            return heading
    return _TASKS if meeting in norm.slots.get("bearer", ()) else _REST


def _route(facts: Facts, iri: str) -> str:
    handled = [facts.labels[source] for source, routes in facts.related["gz:route"].items() if iri in routes]
    steps = []
    for step in facts.steps.get(iri, ()):
        places = dict.fromkeys(facts.labels[facts.norms[norm].place] for norm in step.norms)
        steps.append(Box(step.label, (f"主体：{_named(facts, step.bearers)}", f"依据：{'、'.join(places)}")))
    return diagram.route(facts.labels[iri], Box("、".join(handled) or facts.labels[iri], kind="main"), steps)


def _meeting(facts: Facts, iri: str) -> str:
    groups = dict(sections(facts, iri))
    frequency = [value for norm in groups.get("召开", []) for value in norm.slots.get("frequency", ())]
    before = [
        _box("召集与主持", _people(facts, groups.get("召集与主持", []), ("bearer", "delegate"), iri)),
        _box("组成", _people(facts, groups.get("组成", []), ("member",), iri)),
        _box("参加与列席", _people(facts, groups.get("参加与列席", []), ("bearer", "object", "counterparty"), iri)),
    ]
    after = [
        _box(_TASKS, [_deed(facts, norm) for norm in groups.get(_TASKS, [])]),
        _box(_REST, [_deed(facts, norm, who=True) for norm in groups.get(_REST, [])]),
        _box(_MINUTES, [_deed(facts, norm, who=True) for norm in groups.get(_MINUTES, [])]),
    ]
    silences = [silence for silence in facts.silences if iri in silence.about]
    aspects = "、".join(dict.fromkeys(aspect for silence in silences for aspect in silence.aspects))
    centre = Box(facts.labels[iri], tuple(facts.labels[value] for value in dict.fromkeys(frequency)), "main")
    below = Box(f"规则没有规定的有 {len(silences)} 项，方面是", (aspects,), "not") if silences else None
    return diagram.meeting(facts.labels[iri], centre, [box for box in before if box.lines], [box for box in after if box.lines], below)


def _box(heading: str, lines: Iterable[str]) -> Box:
    found = list(dict.fromkeys(line for line in lines if line))
    more = (f"……等 {len(found)} 项",) if len(found) > _MOST else ()
    return Box(heading, (*found[:_MOST], *more))


def _people(facts: Facts, norms: Iterable[Norm], slots: tuple[str, ...], meeting: str) -> list[str]:
    """The bearers in ``slots`` of ``norms``, those only to whom a task is delegated marked."""
    found: dict[str, str] = {}
    for slot in slots:
        for norm in norms:
            for value in norm.slots.get(slot, ()):
                if value != meeting and facts.entities.get(value) in ("Office", "Body", "RelativeRole", "PersonGroup"):
                    found.setdefault(value, facts.labels[value] + ("（受委托）" if slot == "delegate" else ""))
    return list(found.values())


def _deed(facts: Facts, norm: Norm, *, who: bool = False) -> str:
    actor = f"{_named(facts, norm.slots.get('bearer', ()))}：" if who and norm.slots.get("bearer") else ""
    return f"{actor}{_named(facts, norm.slots.get('action', ()))} · {_named(facts, norm.slots.get('object', ()))}".removesuffix(" · ")


def _named(facts: Facts, iris: Iterable[str]) -> str:
    return "、".join(facts.labels[iri] for iri in iris)
