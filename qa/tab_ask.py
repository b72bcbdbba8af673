"""The first tab: ask."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.concurrency import run_in_threadpool

from qa.desk import Desk
from qa.desk_ask import Turn
from qa.tab import EVERY, QUICK, Values, view

# isort: split
import gradio as gr

_EMPTY: Final[Values] = ("", "", "", "", [], "")
"""The values of ``opened`` before the first question."""


class AskTab:
    """A question, the state of the dialogue, the answer, the earlier answers, and examples. Address: ``?q=`` a question; an empty one: none yet."""

    key, title = "ask", "问"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk.asking
        self._question = gr.Textbox(
            label="用一句话写出要问的事",
            placeholder="例如：人事任免公文由谁签发？",
            autofocus=True,
            submit_btn="提问",
            max_lines=1,
            max_length=2000,
            html_attributes=gr.InputHTMLAttributes(autocomplete="off", enterkeyhint="search", lang="zh-CN", spellcheck=False),
            elem_id="gz-question",
        )
        dialogue, answer = view("", "gz-dialogue"), view("", "gz-answer")
        self._thanks, history = view("", "gz-thanks"), view("", "gz-history")
        self._dialogue, self._answer, self._turns = dialogue, answer, gr.State([])
        self.views: Sequence[Any] = (dialogue, answer, history, view(desk.asking.examples(), "gz-examples"))
        self._trying = asyncio.Semaphore(1)
        self._shown = [dialogue, answer, history, self._turns, self._thanks]
        self.opened: Sequence[Any] = [self._question, *self._shown]

    def open(self, asked: Mapping[str, str]) -> Values | None:
        if "q" not in asked:
            return None
        return (asked["q"], *self._asked(asked["q"], [])) if asked["q"].strip() else _EMPTY

    def wire(self) -> None:
        shown = self._shown
        self._question.submit(self._asked, [self._question, self._turns], shown, trigger_mode="always_last", **QUICK)
        for place in self.views:
            place.click(self._chosen, [self._turns], self.opened, **EVERY)
        self._answer.change(self._offered, [self._turns], [self._dialogue], **QUICK)  # the answer first, then what may be asked next
        self._dialogue.clear(lambda: _EMPTY, None, self.opened, **QUICK)
        self._answer.like(self._judged, [self._turns], [self._thanks], **QUICK)

    def _asked(self, question: str, turns: list[Turn]) -> Values:
        if not question.strip():
            return (gr.skip(),) * len(self._shown)
        shown = self._desk.ask(question, turns)
        return shown.dialogue, shown.answer, shown.history, shown.turns, ""

    async def _offered(self, turns: list[Turn]) -> str:
        """What may be asked next, found for one visitor at a time; the others' answers keep their threads."""
        async with self._trying:
            return await run_in_threadpool(self._desk.offer, turns)

    def _chosen(self, turns: list[Turn], event: gr.EventData) -> Values:
        return str(event.question), *self._asked(str(event.question), turns)

    def _judged(self, turns: list[Turn], event: gr.EventData) -> str:
        return self._desk.judge(str(event.verdict), turns)
