"""The page: which tabs it has, and how it is served; ``python app.py`` serves it.

A tab's layout is in ``qa/tab_*.py``, what happens in :mod:`qa.desk`, how it looks in ``qa/web``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI

from qa.desk import Desk
from qa.page import WEB
from qa.tab import EVERY, QUICK, Tab, follow, outputs, parameters, view
from qa.tab_ask import AskTab
from qa.tab_atlas import AtlasTab
from qa.tab_browse import BrowseTab
from qa.tab_check import CheckTab
from qa.tab_route import RouteTab
from qa.tab_sparql import SparqlTab

# isort: split
import gradio as gr

TABS = (AskTab, BrowseTab, AtlasTab, CheckTab, RouteTab, SparqlTab)
FONTS = ["PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "sans-serif"]
SIZES = gr.themes.Size("0.625rem", "0.75rem", "0.875rem", "1rem", "1.25rem", "1.5rem", "1.75rem", name="text")
"""Gradio's large sizes of type, which grow with the page's (大字)."""
MONO = ["ui-monospace", "Cascadia Mono", "Consolas", "monospace"]


def blocks(desk: Desk, number: str) -> gr.Blocks:
    """The page over ``desk``; ``number`` is the regulation's document number."""
    page: gr.Blocks
    with gr.Blocks(title="规知", analytics_enabled=False, fill_width=True) as page:
        header = view(desk.page.header(number), "gz-header")
        tabs: list[Tab] = []
        with gr.Tabs(elem_id="gz-tabs", overflow_behavior="wrap") as pages:
            for made in TABS:
                with gr.Tab(made.title, id=made.key):
                    tabs.append(made(desk))
        for tab in tabs:
            tab.wire()
        _link(page, pages, tabs, [header, *(place for tab in tabs for place in tab.views)])
    return page


def _link(page: gr.Blocks, pages: gr.Tabs, tabs: Sequence[Tab], views: Sequence[gr.HTML]) -> None:
    """Make the links of ``views``, and the address that the page was opened with, open what they say."""

    def opened(request: gr.Request) -> tuple[Any, ...]:
        return follow(tabs, dict(request.query_params))

    def linked(event: gr.EventData) -> tuple[Any, ...]:
        return follow(tabs, parameters(str(event.address)))

    changed = outputs(pages, tabs)
    page.load(opened, None, changed, **QUICK)
    for place in views:
        place.select(linked, None, changed, **EVERY)


def mount(service: FastAPI, page: gr.Blocks) -> FastAPI:
    """``service`` with ``page`` at ``/``. Nothing is kept of what visitors ask, and errors stay on the server."""
    colours = json.loads((WEB / "colours.json").read_text(encoding="utf-8"))
    theme = gr.themes.Base(primary_hue="blue", neutral_hue="slate", text_size=SIZES, radius_size="sm", font=FONTS, font_mono=MONO)
    mounted: FastAPI = gr.mount_gradio_app(
        service,
        page,
        path="/",
        theme=theme.set(**colours),
        css_paths=sorted(WEB.glob("*.css")),
        max_file_size="200mb",
        js=(WEB / "page.js").read_text(encoding="utf-8"),
        footer_links=[],
        favicon_path=str(WEB / "icon.svg"),
        run_history=False,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
    )
    return mounted


if __name__ == "__main__":
    from qa.__main__ import main

    raise SystemExit(main(["serve"]))
