"""The tab for analysts: SPARQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from qa.desk import Desk
from qa.stop import Stops
from qa.tab import QUICK, Values, view

# isort: split
import gradio as gr

_EDITOR: Final = """
const place = element.firstElementChild, plain = document.createElement("textarea");
Object.assign(plain, { value: props.value || "", ariaLabel: "SPARQL 查询", spellcheck: false });
plain.addEventListener("input", () => { props.value = plain.value; });
watch("value", () => { if (plain.isConnected) plain.value = props.value || ""; });
place.replaceChildren(plain);
import("/web/js/editor.js").then((editor) => editor.edit(place, props, watch));
"""
"""gr.Code has no SPARQL: CodeMirror with its grammar and our terms takes its place, loaded when the tab is first shown. Until it is there, and
where it cannot be had, the query is read and written in a plain box."""


class SparqlTab:
    """A query, examples to start from, and the result. Addresses: ``?sparql=`` a query, ``?example=`` the name of one; both are run."""

    key, title = "sparql", "SPARQL"

    def __init__(self, desk: Desk) -> None:
        self._queries, self._stops = desk.queries, Stops()
        first = next((example.text for example in self._queries.every), "")
        with gr.Row():
            with gr.Column(scale=1, min_width=260):
                self._word = gr.Textbox(label="查找示例", placeholder="问题、章或者查询里的词", elem_id="gz-query-word")
                self._examples = view(self._queries.examples(), "gz-queries")
            with gr.Column(scale=3, min_width=320):
                template = '<div class="gz-editor" role="group" aria-label="SPARQL 查询"></div>'
                self._query = gr.HTML(first, elem_id="gz-query", html_template=template, js_on_load=_EDITOR, apply_default_css=False)
                with gr.Row(elem_id="gz-query-acts"):
                    self._run = gr.Button("运行（Ctrl+Enter）", variant="primary", size="md", elem_id="gz-run")
                    self._stop = gr.Button("取消", size="md", elem_id="gz-query-stop", elem_classes="gz-stop")
                self._result = view(self._queries.intro(), "gz-result")
        self.views: Sequence[Any] = (self._examples, self._result)
        self.opened: Sequence[Any] = [self._query, self._result]

    def open(self, asked: Mapping[str, str]) -> Values | None:
        text = self._queries.text(asked["example"]) if "example" in asked else asked.get("sparql", "")
        return (text, self._queries.run(text)) if text or "example" in asked else None

    def wire(self) -> None:
        self._word.change(self._queries.examples, [self._word], [self._examples], trigger_mode="always_last", **QUICK)
        run = {"concurrency_limit": 8, "show_progress": "minimal", "api_visibility": "private"}
        self._run.click(self._ran, [self._query], [self._result], **run)
        self._stop.click(self._stopped, None, None, **QUICK)  # not “cancels”: Gradio then only stops listening, the work goes on

    def _ran(self, text: str, request: gr.Request) -> str:
        with self._stops.running(str(request.session_hash)) as stop:
            return self._queries.run(text, stop)

    def _stopped(self, request: gr.Request) -> None:
        self._stops.stop(str(request.session_hash))
