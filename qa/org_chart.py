"""Who leads, which meetings they hold, which documents they sign: the whole organisation on one sheet to be printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from qa import diagram, site_diagrams
from qa.diagram import Box, Link
from qa.site_facts import Facts
from qa.site_models import Norm, Step
from qa.terms import ACTION

TITLE: Final = "领导、会议与公文"
_LEADERS: Final = ("Office", "RelativeRole", "PersonGroup")
_BRIEF: Final = 24
"""Characters of a step, at most so many."""
_MOST: Final = 3
"""Documents named in the heading of a box, at most so many; more are called by the name of their route."""


def org_chart(facts: Facts) -> str:
    """The chart as SVG; the same graph gives the same bytes."""
    leaders, meetings, routes = _leaders(facts), _meetings(facts), [route for route in facts.steps if route in facts.entities]
    held = {leader: [meetings.index(one) for one in meetings if leader in facts.related["gz:chair"].get(one, ())] for leader in leaders}
    signed = {leader: [routes.index(one) for one in routes if leader in facts.steps[one][-1].bearers] for leader in leaders}
    links = [
        *(Link((0, meeting), (1, place), place) for place, leader in enumerate(leaders) for meeting in held[leader]),
        *(Link((1, place), (2, route), place) for place, leader in enumerate(leaders) for route in signed[leader]),
    ]
    parts = (
        ("会议（连线：谁主持）", [_meeting(facts, meeting, leaders) for meeting in meetings]),
        ("领导", [_leader(facts, leader) for leader in leaders]),
        ("公文与事项（连线：谁签发、审签）", [_route(facts, route) for route in routes]),
    )
    return diagram.columns(TITLE, list(_composed(facts)), parts, links)


def _leaders(facts: Facts) -> list[str]:
    """Whoever chairs, signs, assists or is assisted: those who assist nobody first, then who assists them, and so on."""
    assisting = {
        helper: norm.slots.get("counterparty", ())
        for norm in _doing(facts, "assist")
        for helper in norm.slots.get("bearer", ())
        if norm.slots.get("counterparty")
    }
    named = [*assisting, *(value for values in assisting.values() for value in values)]
    chairing = [leader for leaders in facts.related["gz:chair"].values() for leader in leaders]
    signing = [leader for steps in facts.steps.values() for leader in steps[-1].bearers]
    found = [one for one in dict.fromkeys([*chairing, *signing, *named]) if facts.entities.get(one) in _LEADERS]

    def depth(one: str, seen: tuple[str, ...] = ()) -> int:
        above = [other for other in assisting.get(one, ()) if other not in seen and other in found]
        return 1 + max((depth(other, (*seen, one)) for other in above), default=-1)

    def rank(one: str) -> tuple[int, int, int, str]:
        tied = chairing.count(one) + signing.count(one)
        return _LEADERS.index(facts.entities[one]), depth(one), -tied, one

    return sorted((one for one in found if one in chairing or one in signing or facts.entities[one] == "Office"), key=rank)


def _meetings(facts: Facts) -> list[str]:
    """The meetings that have a chair or a composition, those that most norms speak of first."""
    composed = {meeting for norm in facts.norms.values() if "Composition" in norm.kinds for meeting in norm.slots.get("meeting", ())}
    known = [one for one, kind in facts.entities.items() if kind == "MeetingType" and (one in facts.related["gz:chair"] or one in composed)]
    return sorted(known, key=lambda one: (-len({norm.iri for norms in facts.users(one).values() for norm in norms}), one))


def _composed(facts: Facts) -> Iterator[Box]:
    """What bodies consist of."""
    for norm in facts.norms.values():
        for body in norm.slots.get("object", ()) if "Composition" in norm.kinds else ():
            if facts.entities.get(body) == "Body":
                yield Box(facts.labels[body], (f"由{_named(facts, norm.slots.get('member', ()))}组成（{_places(facts, [norm])}）",), "main")


def _leader(facts: Facts, leader: str) -> Box:
    lines: dict[str, None] = {}
    norms = facts.users(leader).get("bearer", [])
    for deed, word in (("lead", "领导"), ("assist", "协助")):
        for norm in norms:
            if ACTION + deed in norm.slots.get("action", ()):
                whom = _named(facts, norm.slots.get("counterparty", ()) or norm.slots.get("object", ()))
                lines[f"{word}：{whom}（{_places(facts, [norm])}）"] = None
    for norm in facts.users(leader).get("delegate", []):
        deeds = [one for one in norm.slots.get("action", ()) if one not in (ACTION + "authorise", ACTION + "delegate")]
        lines[f"受委托、授权{_named(facts, deeds)}：{_named(facts, norm.slots.get('object', ()))}（{_places(facts, [norm])}）"] = None
    return Box(facts.labels[leader], tuple(lines))


def _meeting(facts: Facts, meeting: str, leaders: Sequence[str]) -> Box:
    def first(one: str) -> int:
        return leaders.index(one) if one in leaders else len(leaders)

    groups = dict(site_diagrams.sections(facts, meeting))
    holding = [norm for heading in ("召集与主持", "组成", "召开") for norm in groups.get(heading, [])]
    said = (
        ("召集", sorted(facts.related["gz:convener"].get(meeting, ()), key=first)),
        ("主持", sorted(facts.related["gz:chair"].get(meeting, ()), key=first)),
        ("组成", [member for norm in groups.get("组成", []) for member in norm.slots.get("member", ())]),
        ("召开", [often for norm in groups.get("召开", []) for often in norm.slots.get("frequency", ())]),
        ("纪要签发", sorted(facts.related["gz:minutesSigner"].get(meeting, ()), key=first)),
    )
    lines = [f"{word}：{_named(facts, dict.fromkeys(values))}" for word, values in said if values]
    signing = [norm for norm in groups.get("纪要", []) if ACTION + "sign" in norm.slots.get("action", ())]
    return Box(facts.labels[meeting], (*lines, f"依据：{_places(facts, [*holding, *signing])}"))


def _route(facts: Facts, route: str) -> Box:
    handled = [facts.labels[one] for one, routes in facts.related["gz:route"].items() if route in routes]
    heading = "、".join(handled) if 0 < len(handled) <= _MOST else facts.labels[route]
    steps = facts.steps[route]
    lines = [f"{number} {_brief(step.label)}{_who(facts, step)}" for number, step in enumerate(steps, 1)]
    return Box(heading, (*lines, f"依据：{_places(facts, [facts.norms[norm] for step in steps for norm in step.norms])}"))


def _brief(label: str) -> str:
    """A step in a few words: what stands before its first colon, or its beginning."""
    head = label.partition("：")[0]
    return head if len(head) <= _BRIEF else head[: _BRIEF - 1] + "…"


def _who(facts: Facts, step: Step) -> str:
    """Those bearers of ``step`` that its words as shown do not name."""
    unnamed = [bearer for bearer in step.bearers if facts.labels[bearer] not in _brief(step.label)]
    return f"（{_named(facts, unnamed)}）" if unnamed else ""


def _doing(facts: Facts, deed: str) -> Iterator[Norm]:
    return (norm for norm in facts.norms.values() if ACTION + deed in norm.slots.get("action", ()))


def _named(facts: Facts, iris: Iterable[str]) -> str:
    return "、".join(facts.labels[iri] for iri in iris)


def _places(facts: Facts, norms: Sequence[Norm]) -> str:
    """The articles of ``norms``, in the order of the text."""
    named = {norm.article for norm in norms}
    return "、".join(facts.labels[article] for article in facts.parts if article in named)
