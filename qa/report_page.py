"""An outcome as a piece of the page, and as one self-contained HTML file to print. Everything is escaped by the templates."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from qa.page import WEB, stylesheet
from qa.report_models import SEVERITIES, Outcome, alike
from qa.report_text import summary

if TYPE_CHECKING:
    from qa.shelf import Lying

SHOWN: Final = 500
"""Results that the page shows; files have them all."""
_BARS: Final = 12
"""Bars of a chart; the rest is summed up."""


def fragment(outcome: Outcome) -> str:
    """``outcome`` for the page: charts, a table to filter, links to the articles."""
    return _render("report.html", outcome, linked=True)


def document(outcome: Outcome) -> str:
    """``outcome`` as an HTML file that refers to nothing outside, with every result, grouped by rule."""
    return _render("report_print.html", outcome, linked=False)


def intro(forms: Sequence[str]) -> str:
    """What is shown before anything is checked; ``forms`` are the names of the empty registers."""
    return _templates().get_template("check_intro.html").render(forms=forms)


def shelf(lying: Sequence[tuple[Lying, str]], *, offer: bool, done: str, error: str) -> str:
    """The registers ``lying`` beside the rules, each with the address of a query; what was ``done``, what went wrong, and with ``offer`` what
    putting one there means."""
    return _templates().get_template("shelf.html").render(lying=lying, offer=offer, done=done, error=error)


def failure(message: str) -> str:
    """What kept files from being checked."""
    return _templates().get_template("report_failure.html").render(message=message)


def _render(name: str, outcome: Outcome, *, linked: bool) -> str:
    groups = outcome.by_rule(outcome.breaches)
    by_rule = sorted(((place.label, len(found)) for place, found in groups), key=lambda bar: -bar[1])
    return (
        _templates()
        .get_template(name)
        .render(
            outcome=outcome,
            checked=outcome.report.checked,
            summary=summary(outcome),
            severities=SEVERITIES,
            breaches=outcome.breaches,
            undetermined=outcome.undetermined,
            unread=alike(outcome.unread),
            notes=alike(outcome.notes),
            groups=groups,
            by_rule=_most(by_rule),
            by_department=_most(outcome.by_department(outcome.breaches)),
            shown=SHOWN,
            linked=linked,
            css=stylesheet(),
        )
    )


def _most(bars: list[tuple[str, int]]) -> list[tuple[str, int]]:
    rest = sum(count for _, count in bars[_BARS:])
    return bars[:_BARS] + ([(f"其余 {len(bars) - _BARS} 项", rest)] if rest else [])


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(WEB), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
