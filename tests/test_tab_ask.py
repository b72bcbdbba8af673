"""Answers do not wait for what is found for other visitors meanwhile."""

from __future__ import annotations

import threading
import time
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

PEOPLE = 10
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


class Remembering:
    """A desk whose answer is everything that its visitor has asked, each the slower the earlier it was asked."""

    def examples(self) -> str:
        return "<p>例</p>"

    def ask(self, question: str, turns: Sequence[Any]) -> Shown:
        time.sleep(0.03 - 0.01 * len(turns))
        return Shown("", f"<p>{'，'.join([*turns, question])}</p>", "", [*turns, question])

    def offer(self, turns: Sequence[Any]) -> str:
        return ""


def test_ten_people_at_once_do_not_hear_of_one_another() -> None:
    page: gr.Blocks
    with gr.Blocks() as page:
        tab = AskTab(cast(Desk, SimpleNamespace(asking=Remembering())))
        tab.wire()
    app: FastAPI = gr.mount_gradio_app(FastAPI(), page, path="/")
    with in_thread(app) as address, httpx.Client(base_url=address, timeout=20) as client, ThreadPoolExecutor(PEOPLE) as crowd:
        asking = _event(client.get("/config").json(), "gz-question", "submit")

        def person(number: int) -> list[str]:
            said = []
            for question in range(3):
                body = {"data": [f"问{number}-{question}", None], "fn_index": asking, "session_hash": f"person{number}"}
                said.append(client.post("/gradio_api/run/predict", json=body).raise_for_status().text)
            return said

        for number, answers in enumerate(crowd.map(person, range(PEOPLE))):
            own = [f"问{number}-{question}" for question in range(3)]
            for length, answer in enumerate(answers, 1):
                assert f"<p>{'，'.join(own[:length])}</p>" in answer


def _event(config: dict[str, Any], name: str, event: str) -> int:
    component = next(one["id"] for one in config["components"] if one["props"].get("elem_id") == name)
    return next(int(one["id"]) for one in config["dependencies"] if [component, event] in one["targets"])
