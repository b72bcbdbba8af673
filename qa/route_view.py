"""A chain as people and programs read it: lines of text, JSON, a diagram, a piece of a page, and a page to print."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from functools import cache
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from qa import diagram
from qa.diagram import Box
from qa.page import WEB, stylesheet
from qa.route_due import spoken
from qa.route_models import Chain, Due, Facet, Rule, State, Step

TITLE: Final = "办文导航"


def to_json(chain: Chain) -> str:
    """``chain`` as JSON (UTF-8 text): ``regulation``, ``case``, ``understood``, and ``steps`` with their norms; days are ISO 8601."""
    record: dict[str, Any] = asdict(chain)
    for made, step in zip(record["steps"], chain.steps, strict=True):
        made["who"] = list(step.who)
    return json.dumps(record, ensure_ascii=False, indent=1, default=date.isoformat)


def text(chain: Chain) -> str:
    """``chain`` for a terminal."""
    lines = [f"{TITLE}　《{chain.regulation}》", *(f"  {label}：{'；'.join(given)}" for label, given in chain.understood.items())]
    lines += [f"  {event}：{spoken(day)}" for event, day in chain.case.dates.items()]
    for number, step in enumerate(chain.steps, 1):
        lines += ["", f"{number}. {step.label}" + (f"　{'、'.join(step.who)}" if step.who else ""), *_said(step)]
    return "\n".join(lines)


def _said(step: Step) -> Iterator[str]:
    yield from (f"   期限：{_due(due)}" for due in step.due)
    if step.note:
        yield f"   {step.note}"
    for mark, rules in (("·", step.rules), ("✗", step.forbidden)):
        for rule in rules:
            yield f"   {mark} {rule.reading}"
            yield f"     {rule.place}：“{rule.quote}”"
    yield from (f"   ? {rule.reading}（{rule.place}；取决于：{'、'.join(rule.depends)}）" for rule in step.open)
    if step.silences:
        yield f"   规则没有规定的另有 {len(step.silences)} 项（--json 逐项列出）"


def _due(due: Due) -> str:
    day = f"，最迟 {spoken(due.day)}" if due.day else ""
    return due.words + day + (f"（{due.note}）" if due.note else "")


def svg(chain: Chain) -> str:
    """``chain`` as an SVG document: what was chosen on top, then a box for every stage; dashed where the rules ask for nothing."""
    chosen = tuple(f"{label}：{'；'.join(given)}" for label, given in chain.understood.items())
    return diagram.route(TITLE, Box(TITLE, chosen, "main"), [_box(step) for step in chain.steps])


def _box(step: Step) -> Box:
    places = dict.fromkeys(rule.place for rule in (*step.rules, *step.forbidden))
    lines = [f"期限：{due.words}" + (f"，最迟 {spoken(due.day)}" if due.day else "") for due in step.due]
    lines += [f"依据：{'、'.join(places)}"] if places else []
    lines += [step.note] if step.state is not State.REGULATED else []
    heading = f"{step.label}：{'、'.join(step.who)}" if step.who else step.label
    return Box(heading, tuple(lines), "" if step.state is State.REGULATED else "not")


def intro(facets: Sequence[Facet]) -> str:
    """What the page shows before anything is chosen: links that choose from the first of ``facets``."""
    return _templates().get_template("route_intro.html").render(facets=facets)


def fragment(chain: Chain, permalink: str = "") -> str:
    """``chain`` as a piece of the page, with its files to download in it."""
    drawing = svg(chain)
    downloads = [
        ("办文导航.html", _address(document(chain), "text/html")),
        ("办文流程图.svg", _address(drawing, "image/svg+xml")),
    ]
    return (
        _templates().get_template("route.html").render(chain=chain, drawing=drawing, downloads=downloads, permalink=permalink, linked=True)
    )


def document(chain: Chain) -> str:
    """``chain`` as a page to print: one HTML file that refers to nothing outside."""
    return (
        _templates()
        .get_template("route_print.html")
        .render(chain=chain, drawing=svg(chain), downloads=(), permalink="", linked=False, title=TITLE, css=stylesheet())
    )


def failure(message: str) -> str:
    """Choices that do not agree, as a piece of the page."""
    return _templates().get_template("route_failure.html").render(message=message)


def _address(content: str, media: str) -> str:
    return f"data:{media};charset=utf-8;base64,{b64encode(content.encode()).decode()}"


def _article(rule: Rule) -> str:
    """The number of the article that ``rule`` stands in."""
    return quote(rule.provision.partition("/art/")[2].partition("/")[0])


@cache
def _templates() -> Environment:
    made = Environment(loader=FileSystemLoader(WEB), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals.update(spoken=spoken, article=_article)
    return made
