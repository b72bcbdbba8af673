"""The tab for analysts: SPARQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qa.desk import Desk
from qa.tab import QUICK, Values, view

# isort: split
import gradio as gr


class SparqlTab:
    """A query, examples to start from, and the result. Address: ``?sparql=`` a query, which is run."""

    key, title = "sparql", "SPARQL"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        titles = [example.title for example in desk.queries]
        first = titles[0] if titles else ""
        self._example = gr.Dropdown(titles, value=first or None, label="示例查询", elem_id="gz-example")
        self._query = gr.Code(desk.query(first), language="sql", label="查询", lines=10, max_lines=24, buttons=["copy"], elem_id="gz-query")
        self._run = gr.Button("运行（Ctrl+Enter）", variant="primary", size="md", elem_id="gz-run")
        self._result = view("", "gz-result")
        self.views: Sequence[Any] = (self._result,)
        self.opened: Sequence[Any] = [self._query, self._result]

    def open(self, asked: Mapping[str, str]) -> Values | None:
        return (asked["sparql"], self._desk.run(asked["sparql"])) if asked.get("sparql") else None

    def wire(self) -> None:
        self._example.input(self._desk.query, [self._example], [self._query], **QUICK)
        run = {"concurrency_limit": 8, "show_progress": "minimal", "api_visibility": "private"}
        self._run.click(self._desk.run, [self._query], [self._result], **run)
