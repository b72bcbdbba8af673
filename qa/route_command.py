"""``guizhi route``: what was chosen on the command line → the way of a document, printed or written to a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from qa import calendar, route_view
from qa.browse import Regulation
from qa.route import Navigator
from qa.route_desk import parts
from qa.route_due import read_day
from qa.route_models import Case, Chain
from qa.store import Store

FORMS: Final = {"text": route_view.text, "json": route_view.to_json, "html": route_view.document, "svg": route_view.svg}
"""How a chain is written, by the name of the form."""


def route(graph: Path, root: Path, choices: Sequence[str], form: str, target: Path | None, *, first_day_counts: bool = False) -> str:
    """What to print for ``choices`` (``选择项=选项``; a time limit's event takes a day); without any, what can be chosen.

    With ``target`` the chain is written there. Raises ``ValueError`` for choices that are unknown or contradict each other, and
    ``OSError`` for a file that cannot be written.
    """
    store = Store.open(graph)
    regulation = Regulation(store)
    days = calendar.read(root / calendar.OFFICIAL)
    navigator = Navigator(store, days, regulation.iri, regulation.title, first_day_counts=first_day_counts)
    if not navigator.facets:
        raise ValueError(f"《{regulation.title}》的数据里没有办文环节，不能导航（见 docs/route.md）")
    if not choices:
        return "\n".join(_menu(navigator))
    written = FORMS[form](_chain(navigator, choices))
    if target is None:
        return written
    target.write_text(written, encoding="utf-8")
    return f"已写入：{target}"


def _chain(navigator: Navigator, choices: Sequence[str]) -> Chain:
    answers: dict[str, tuple[str, ...]] = {}
    dates = {}
    for given in choices:
        name, sign, value = given.partition("=")
        if not sign or not value.strip():
            raise ValueError(f"“{given}”应写成 选择项=选项，例如 公文种类=函件；不带参数运行 guizhi route 列出全部")
        if name.strip() in navigator.events:
            dates[name.strip()] = read_day(value)
        else:
            answers[name.strip()] = parts(value)
    return navigator.chain(Case(answers, dates))


def _menu(navigator: Navigator) -> Iterator[str]:
    yield "用法：guizhi route 选择项=选项 ……，例如 guizhi route 公文种类=函件 涉及职权的部门=财政局、司法局"
    for facet in navigator.facets:
        yield f"\n{facet.label}" + ("（逐个写出名称）" if facet.counted else "（可选几项）" if facet.many else "")
        yield from () if facet.counted else (f"  · {choice.label}" for choice in facet.choices)
    yield "\n日期"
    yield from (f"  · {event}=2024-02-08" for event in navigator.events)
