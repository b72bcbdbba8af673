"""The tab of the graph: cards of offices, bodies, meetings and documents, relations drawn, the organisation on one sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qa.desk import Desk
from qa.tab import QUICK, Values, view

# isort: split
import gradio as gr


class AtlasTab:
    """A list of terms and what is known of one. Addresses: ``?card=`` or ``?graph=`` and the path of a term, ``?chart=1``."""

    key, title = "atlas", "图谱"

    def __init__(self, desk: Desk) -> None:
        self._atlas = desk.atlas
        first = self._atlas.first
        with gr.Row():
            with gr.Column(scale=1, min_width=260):
                self._word = gr.Textbox(label="查找职务、机构、会议、公文、事项", placeholder="名称或者俗称", elem_id="gz-name")
                self._contents = view(self._atlas.contents(first), "gz-terms")
            with gr.Column(scale=3, min_width=320):
                shown = view(self._atlas.card(first), "gz-card")
        self._current = gr.State(first)
        self.views: Sequence[Any] = (self._contents, shown)
        self.opened: Sequence[Any] = [self._contents, shown, self._current]

    def open(self, asked: Mapping[str, str]) -> Values | None:
        atlas = self._atlas
        if "card" in asked:
            return atlas.contents(asked["card"]), atlas.card(asked["card"]), asked["card"]
        if "graph" in asked:
            return atlas.contents(asked["graph"]), atlas.graph(asked["graph"]), asked["graph"]
        return (atlas.contents(""), atlas.chart(), "") if "chart" in asked else None

    def wire(self) -> None:
        self._word.change(self._found, [self._word, self._current], [self._contents], trigger_mode="always_last", **QUICK)

    def _found(self, word: str, current: str) -> str:
        return self._atlas.contents(current, word)
