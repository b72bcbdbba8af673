"""Answers do not wait for what is found for other visitors meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from serving import in_thread

from qa.desk import Desk
from qa.desk_ask import Shown, Turn
from qa.tab import view
from qa.tab_ask import AskTab

# isort: split
import gradio as gr

CROWD = 60
"""More visitors than a server of Starlette's has threads (40)."""


class Slow:
    """A desk that answers at once, and that finds nothing to follow until it is let."""

    def __init__(self) -> None:
        self.let, self.begun = threading.Event(), threading.Event()

    def examples(self) -> str:
        return "<p>例</p>"

    def ask(self, question: str, turns: Sequence[Turn]) -> Shown:
        return Shown("", f"<p>答{question}</p>", "", list(turns))

    def offer(self, turns: Sequence[Turn]) -> str:
        self.begun.set()
        assert self.let.wait(60)
        return "<p>接着问</p>"


@pytest.fixture
def desk() -> Iterator[Slow]:
    """The slow desk, let go at the end."""
    desk = Slow()
    yield desk
    desk.let.set()


def test_an_answer_does_not_wait_for_what_others_may_ask_next(desk: Slow) -> None:
    page: gr.Blocks
    with gr.Blocks() as page:
        tab = AskTab(cast(Desk, SimpleNamespace(asking=desk)))
        view("", "gz-other")
        tab.wire()
    app: FastAPI = gr.mount_gradio_app(FastAPI(), page, path="/")
    with in_thread(app) as address, httpx.Client(base_url=address, timeout=20) as client, ThreadPoolExecutor(CROWD) as crowd:
        asking, offering = (
            _event(client.get("/config").json(), *target) for target in (("gz-question", "submit"), ("gz-answer", "change"))
        )

        def send(event: int, visitor: int, *values: Any) -> str:
            body = {"data": values, "fn_index": event, "session_hash": f"visitor{visitor}"}
            return client.post("/gradio_api/run/predict", json=body, timeout=20).raise_for_status().text

        waiting = [crowd.submit(send, offering, visitor, None) for visitor in range(CROWD - 1)]
        assert desk.begun.wait(20)
        answer = crowd.submit(send, asking, CROWD, "市长", None).result(20)
        desk.let.set()
        assert "答市长" in answer
        assert all("接着问" in one.result(20) for one in waiting)


def _event(config: dict[str, Any], name: str, event: str) -> int:
    component = next(one["id"] for one in config["components"] if one["props"].get("elem_id") == name)
    return next(int(one["id"]) for one in config["dependencies"] if [component, event] in one["targets"])
