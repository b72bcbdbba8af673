"""The second tab: the regulation, article by article."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qa.desk import Desk
from qa.tab import QUICK, Values, view

# isort: split
import gradio as gr


class BrowseTab:
    """Contents, search, and an article with its norms. Address: ``?article=`` its number, ``&find=`` words looked for."""

    key, title = "browse", "条文"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        contents, article, first = desk.open(1)
        with gr.Row():
            with gr.Column(scale=1, min_width=260):
                self._word = gr.Textbox(label="在条文中查找", placeholder="词语，多个用空格隔开", elem_id="gz-word")
                left = view(contents, "gz-contents")
            with gr.Column(scale=3, min_width=320):
                right = view(article, "gz-article")
        self._current = gr.State((first, ""))
        self.views: Sequence[Any] = (left, right)
        self._shown = [left, right, self._current]
        self.opened: Sequence[Any] = [self._word, *self._shown]

    def open(self, asked: Mapping[str, str]) -> Values | None:
        number, word = asked.get("article"), asked.get("find", "")
        if number is None:
            return None
        contents, article, at = self._desk.open(int(number[:6]) if number.isdecimal() else 1, word)
        return word, contents, article, (at, word)

    def wire(self) -> None:
        self._word.change(self._searched, [self._word, self._current], self._shown, trigger_mode="always_last", **QUICK)

    def _searched(self, word: str, current: tuple[int, str]) -> Values:
        number, shown = current
        if word == shown:  # an address brought these words with their article; a late reply would take the place of the next one opened
            return (gr.skip(),) * len(self._shown)
        contents, article, at = self._desk.search(word, number)
        return contents, article, (at, word)
