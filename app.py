"""The page: its layout and what is wired to what; ``python app.py`` serves it.

What happens is in :mod:`qa.desk`, how it looks in ``qa/web``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import qa.gradio_start  # noqa: F401 - before gradio is imported

# isort: split
import gradio as gr
from fastapi import FastAPI
from gradio.components import Component

from qa.desk import Desk, Turn
from qa.page import WEB

FONTS = ["PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "sans-serif"]
MONO = ["ui-monospace", "Cascadia Mono", "Consolas", "monospace"]
ACTIONS = """
element.addEventListener("click", (event) => {
  const at = event.target.closest("[data-ask], [data-open], [data-sparql], [data-clear]");
  if (!at || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (at.dataset.ask) trigger("click", { question: at.dataset.ask });
  else if (at.dataset.open) trigger("select", { number: Number(at.dataset.open) });
  else if (at.dataset.sparql) trigger("edit", { query: at.dataset.sparql });
  else trigger("clear", {});
});
watch("value", () => {
  const shown = element.querySelector("[data-permalink]");
  if (shown && element.offsetParent) history.replaceState(null, "", shown.dataset.permalink);
});
"""
"""Buttons and links inside a view say what they do in data attributes; here they become events. The address follows what is shown."""


QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
"""Events that end at once and that are no interface for other programs: ``/api`` is."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The first tab."""

    question: gr.Textbox
    answer: gr.HTML
    dialogue: gr.HTML
    examples: gr.HTML
    turns: gr.State

    @property
    def shown(self) -> list[Component]:
        """What an answer changes."""
        return [self.answer, self.dialogue, self.turns]


@dataclass(frozen=True, slots=True)
class Browse:
    """The second tab."""

    word: gr.Textbox
    contents: gr.HTML
    article: gr.HTML
    current: gr.State

    @property
    def shown(self) -> list[Component]:
        """What opening an article changes."""
        return [self.contents, self.article, self.current]


@dataclass(frozen=True, slots=True)
class Sparql:
    """The third tab."""

    example: gr.Dropdown
    query: gr.Code
    run: gr.Button
    result: gr.HTML


def blocks(desk: Desk, number: str) -> gr.Blocks:
    """The page over ``desk``; ``number`` is the regulation's document number."""
    page: gr.Blocks
    with gr.Blocks(title="规知", analytics_enabled=False, fill_width=True) as page:
        gr.HTML(desk.page.header(number), js_on_load=None, apply_default_css=False)
        with gr.Tabs(elem_id="gz-tabs") as tabs:
            with gr.Tab("问", id="ask"):
                ask = _ask(desk)
            with gr.Tab("条文", id="browse"):
                browse = _browse(desk)
            with gr.Tab("SPARQL", id="sparql"):
                sparql = _sparql(desk)
        _wire(desk, tabs, ask, browse, sparql)
        opened = [tabs, ask.question, *ask.shown, browse.word, *browse.shown, sparql.query, sparql.result]
        page.load(_opener(desk), None, opened, **QUICK)
    return page


def mount(service: FastAPI, page: gr.Blocks) -> FastAPI:
    """``service`` with ``page`` at ``/``. Nothing is kept of what visitors ask, and errors stay on the server."""
    colours = json.loads((WEB / "colours.json").read_text(encoding="utf-8"))
    theme = gr.themes.Base(primary_hue="blue", neutral_hue="slate", text_size="lg", radius_size="sm", font=FONTS, font_mono=MONO)
    mounted: FastAPI = gr.mount_gradio_app(
        service,
        page,
        path="/",
        theme=theme.set(**colours),
        max_file_size="1mb",
        css_paths=WEB / "page.css",
        js=(WEB / "page.js").read_text(encoding="utf-8"),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
    )
    return mounted


def _html(value: str, name: str) -> gr.HTML:
    """A view: HTML of :mod:`qa.page` whose buttons act."""
    return gr.HTML(value, elem_id=name, js_on_load=ACTIONS, apply_default_css=False)


def _ask(desk: Desk) -> Ask:
    question = gr.Textbox(
        label="用一句话写出要问的事",
        placeholder="例如：人事任免公文由谁签发？",
        autofocus=True,
        submit_btn="提问",
        max_lines=3,
        max_length=2000,
        elem_id="gz-question",
    )
    answer, dialogue = _html("", "gz-answer"), _html("", "gz-dialogue")
    return Ask(question, answer, dialogue, _html(desk.page.examples(desk.groups), "gz-examples"), gr.State([]))


def _browse(desk: Desk) -> Browse:
    contents, article, first = desk.open(1)
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            word = gr.Textbox(label="在条文中查找", placeholder="词语，多个用空格隔开", elem_id="gz-word")
            left = _html(contents, "gz-contents")
        with gr.Column(scale=3, min_width=320):
            right = _html(article, "gz-article")
    return Browse(word, left, right, gr.State(first))


def _sparql(desk: Desk) -> Sparql:
    titles = [example.title for example in desk.queries]
    first = titles[0] if titles else ""
    example = gr.Dropdown(titles, value=first or None, label="示例查询", elem_id="gz-example")
    query = gr.Code(desk.query(first), language="sql", label="查询", lines=10, max_lines=24, buttons=["copy"], elem_id="gz-query")
    run = gr.Button("运行（Ctrl+Enter）", variant="primary", size="md", elem_id="gz-run")
    return Sparql(example, query, run, _html("", "gz-result"))


def _wire(desk: Desk, tabs: gr.Tabs, ask: Ask, browse: Browse, sparql: Sparql) -> None:
    def chosen(turns: list[Turn], event: gr.EventData) -> tuple[Any, ...]:
        return event.question, *desk.ask(event.question, turns)

    def opened(word: str, event: gr.EventData) -> tuple[Any, ...]:
        return desk.open(int(event.number), word)

    def cited(event: gr.EventData) -> tuple[Any, ...]:
        return gr.Tabs(selected="browse"), "", *desk.open(int(event.number))

    def explained(event: gr.EventData) -> tuple[Any, ...]:
        return gr.Tabs(selected="sparql"), event.query, ""

    ask.question.submit(desk.ask, [ask.question, ask.turns], ask.shown, **QUICK)
    for view in (ask.answer, ask.dialogue, ask.examples):
        view.click(chosen, [ask.turns], [ask.question, *ask.shown], **QUICK)
    ask.dialogue.clear(lambda: ("", "", "", []), None, [ask.question, *ask.shown], **QUICK)
    ask.answer.select(cited, None, [tabs, browse.word, *browse.shown], **QUICK)
    ask.answer.edit(explained, None, [tabs, sparql.query, sparql.result], **QUICK)
    browse.word.change(desk.search, [browse.word, browse.current], browse.shown, trigger_mode="always_last", **QUICK)
    for view in (browse.contents, browse.article):
        view.select(opened, [browse.word], browse.shown, **QUICK)
    sparql.example.input(desk.query, [sparql.example], [sparql.query], **QUICK)
    sparql.run.click(desk.run, [sparql.query], [sparql.result], concurrency_limit=8, show_progress="minimal", api_visibility="private")


def _opener(desk: Desk) -> Callable[[gr.Request], tuple[Any, ...]]:
    """What a permalink opens: ``?q=`` a question, ``?article=`` an article, ``?sparql=`` a query, ``?tab=`` a tab."""

    def opened(request: gr.Request) -> tuple[Any, ...]:
        asked = dict(request.query_params)
        number = asked.get("article", "")
        tab = next((tab for name, tab in (("article", "browse"), ("sparql", "sparql")) if name in asked), asked.get("tab"))
        # What is not asked for stays as it is: somebody may be typing already.
        answered = (asked["q"], *desk.ask(asked["q"], [])) if asked.get("q") else (gr.skip(),) * 4
        article = ("", *desk.open(int(number[:6]) if number.isdecimal() else 1)) if number else (gr.skip(),) * 4
        query = (asked["sparql"], desk.run(asked["sparql"])) if asked.get("sparql") else (gr.skip(),) * 2
        return gr.Tabs(selected=tab) if tab else gr.skip(), *answered, *article, *query

    return opened


if __name__ == "__main__":
    from qa.serve import serve

    raise SystemExit(serve())
