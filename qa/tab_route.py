"""The tab of the navigator: what is chosen on the left, the document's way on the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qa.desk import Desk
from qa.route_desk import parts
from qa.route_models import Facet
from qa.tab import QUICK, Values, view

# isort: split
import gradio as gr


class RouteTab:
    """Choices and the way that follows from them. Address: ``?tab=route`` with a facet's label or an event for each choice."""

    key, title = "route", "办文导航"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk.route
        with gr.Row():
            with gr.Column(scale=2, min_width=280):
                self._fields = [_field(facet, number) for number, facet in enumerate(self._desk.facets)]
                self._days = [_day(event, number) for number, event in enumerate(self._desk.events)]
                self._clear = gr.Button("重新选择", size="sm", elem_id="gz-route-clear")
            with gr.Column(scale=5, min_width=320):
                self._way = view(self._desk.show({}, {}), "gz-way")
        self._inputs = [*self._fields, *self._days]
        self.views: Sequence[Any] = (self._way,)
        self.opened: Sequence[Any] = [*self._inputs, self._way]

    def open(self, asked: Mapping[str, str]) -> Values | None:
        if asked.get("tab") != self.key:
            return None
        given = [parts(asked.get(facet.label)) for facet in self._desk.facets]
        values = [_value(facet, words) for facet, words in zip(self._desk.facets, given, strict=True)]
        days = [asked.get(event, "") for event in self._desk.events]
        return *values, *days, self._show(*values, *days)

    def wire(self) -> None:
        for field in self._inputs:
            changed = field.change if isinstance(field, gr.Textbox) else field.input
            changed(self._show, self._inputs, [self._way], trigger_mode="always_last", **QUICK)
        self._clear.click(self._empty, None, self.opened, **QUICK)

    def _show(self, *values: Any) -> str:
        count = len(self._fields)
        answers = {facet.label: value for facet, value in zip(self._desk.facets, values[:count], strict=True)}
        return self._desk.show(answers, dict(zip(self._desk.events, values[count:], strict=True)))

    def _empty(self) -> Values:
        return *(_value(facet, ()) for facet in self._desk.facets), *("" for _ in self._desk.events), self._desk.show({}, {})


def _field(facet: Facet, number: int) -> Any:
    name = f"gz-route-{number}"
    if facet.counted:
        return gr.Textbox(label=facet.label, placeholder="逐个写出，用顿号隔开", max_length=2000, elem_id=name)
    labels = [choice.label for choice in facet.choices]
    if facet.many:
        return gr.Dropdown(labels, value=[], multiselect=True, label=f"{facet.label}（可选几项）", elem_id=name)
    if len(labels) <= 3:
        return gr.Radio(labels, value=None, label=facet.label, elem_id=name)
    return gr.Dropdown(labels, value=None, label=facet.label, elem_id=name)


def _day(event: str, number: int) -> Any:
    return gr.Textbox(label=f"日期：{event}", placeholder="例如 2024-02-08", max_length=40, elem_id=f"gz-route-day-{number}")


def _value(facet: Facet, words: Sequence[str]) -> Any:
    """What the field of ``facet`` shows for ``words`` of an address; words that are no choice are left out."""
    if facet.counted:
        return "、".join(words)
    known = [word for word in words if word in {choice.label for choice in facet.choices}]
    return known if facet.many else known[0] if known else None
