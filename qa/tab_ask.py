"""The first tab: ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qa.desk import Desk, Turn
from qa.tab import QUICK, Values, view

# isort: split
import gradio as gr


class AskTab:
    """A question, its answer, the dialogue, and examples. Address: ``?q=`` a question."""

    key, title = "ask", "问"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._question = gr.Textbox(
            label="用一句话写出要问的事",
            placeholder="例如：人事任免公文由谁签发？",
            autofocus=True,
            submit_btn="提问",
            max_lines=3,
            max_length=2000,
            elem_id="gz-question",
        )
        answer, dialogue = view("", "gz-answer"), view("", "gz-dialogue")
        self._dialogue, self._turns = dialogue, gr.State([])
        self.views: Sequence[Any] = (answer, dialogue, view(desk.page.examples(desk.groups), "gz-examples"))
        self._shown = [answer, dialogue, self._turns]
        self.opened: Sequence[Any] = [self._question, *self._shown]

    def open(self, asked: Mapping[str, str]) -> Values | None:
        return (asked["q"], *self._desk.ask(asked["q"], [])) if asked.get("q") else None

    def wire(self) -> None:
        self._question.submit(self._desk.ask, [self._question, self._turns], self._shown, **QUICK)
        for place in self.views:
            place.click(self._chosen, [self._turns], self.opened, **QUICK)
        self._dialogue.clear(lambda: ("", "", "", []), None, self.opened, **QUICK)

    def _chosen(self, turns: list[Turn], event: gr.EventData) -> Values:
        return event.question, *self._desk.ask(event.question, turns)
