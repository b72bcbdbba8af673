"""How long the page takes: ``python -m benchmarks page`` prints Markdown tables (needs Chromium).

Until the question box can be typed in; after Enter until the answer is on screen; the same with ten people at once, each of whom must get the
answer to their own question. Browsers share the machine with the service, so the same questions are also sent as the page's JavaScript sends
them, without browsers, and the processor time of both is told apart. Peers in the same run: the questions by ``/api/ask`` (what the page adds),
and an empty Gradio page that echoes (what Gradio and the browser themselves take).
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from playwright.async_api import Browser, Page, async_playwright

from benchmarks.serving import busy

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = (
    "人事任免公文由谁签发？",
    "市政府常务会议多久召开一次？",
    "副市长出差要向谁请假？",
    "市政府由哪些人组成？",
    "一份请示可以写两件事吗？",
    "市长办公会议纪要由谁签发？",
    "秘书长的职责是什么？",
    "今天天气怎么样",
    "市长办公会议多久召开一次？",
    "哪些公文由市长签发？",
)
PEOPLE = 10
READING = (2.0, 6.0)
"""Seconds that a person looks at an answer before they ask again."""
_SERVE = "import sys; from qa.serve import serve; sys.exit(serve())"
_ECHO = """
import sys, qa.gradio_start, gradio as gr
with gr.Blocks() as page:
    box = gr.Textbox(elem_id="gz-question", max_lines=1); out = gr.HTML()
    box.submit(lambda q: f'<p class="gz-asked">{q}</p>', box, out, queue=False)
page.launch(server_port=int(sys.argv[1]), quiet=True, prevent_thread_lock=False)
"""
BOX = "#gz-question input"


def main() -> None:
    """Print the tables."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("没有找到 Chromium（Debian：apt install chromium）。")
    asyncio.run(_measure(chromium))


async def _measure(chromium: str) -> None:
    print(f"{os.cpu_count()} 个处理器核\n\n| | 中位 ms | 最长 ms | 次数 | 处理器 ms：服务 | 处理器 ms：浏览器 |\n|---|---|---|---|---|---|")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        async with _serving(_SERVE) as (address, service):
            table = _Table(service)
            table.row("打开网页到可以输入", await _loads(browser, address))
            table.row("1 人：回车到回答在屏幕上", await _browsing(browser, address, 1, table.begin, READING))
            table.row(f"{PEOPLE} 人，各看 2–6 秒再问：回车到回答在屏幕上", await _browsing(browser, address, PEOPLE, table.begin, READING))
            table.row(f"{PEOPLE} 人，一刻不停：回车到回答在屏幕上", await _browsing(browser, address, PEOPLE, table.begin))
            for people in (1, PEOPLE):
                answers, ends = await _requests(address, people)
                table.row(f"{people} 人，一刻不停，不用浏览器：请求到回答", answers)
                table.more("　　到最后一件事（“可以接着问”）", ends)
            table.row("同伴：`/api/ask`，1 人", await _api(address))
        async with _serving(_ECHO) as (address, service):
            table = _Table(service)
            table.row("同伴：只有一个框的 Gradio 网页，打开", await _loads(browser, address))
            table.row("同伴：只有一个框的 Gradio 网页，1 人：回车到回显", await _browsing(browser, address, 1, table.begin, READING))
            table.row(f"同伴：只有一个框的 Gradio 网页，{PEOPLE} 人，一刻不停", await _browsing(browser, address, PEOPLE, table.begin))
        await browser.close()


class _Table:
    """Prints rows; each with the processor time that the service and everything else of ours took since the row before, or since it began."""

    def __init__(self, service: int) -> None:
        self._service = service
        self.begin()

    def begin(self) -> None:
        self._before = self._spent(self._service)

    def row(self, name: str, seconds: Sequence[float]) -> None:
        now = self._spent(self._service)
        served, ours = (1000 * (after - before) / len(seconds) for after, before in zip(now, self._before, strict=True))
        self.begin()
        self._print(name, seconds, f"{served:.0f}", f"{ours:.0f}")

    def more(self, name: str, seconds: Sequence[float]) -> None:
        self._print(name, seconds, "", "")

    def _spent(self, service: int) -> tuple[float, float]:
        served = busy(service)
        return served, busy(os.getpid()) - served

    def _print(self, name: str, seconds: Sequence[float], *cells: str) -> None:
        print(
            f"| {name} | {1000 * np.median(seconds):.0f} | {1000 * max(seconds):.0f} | {len(seconds)} | {' | '.join(cells)} |", flush=True
        )


async def _loads(browser: Browser, address: str) -> list[float]:
    """Seconds until the box can be typed in, each time for a new visitor, whose browser has kept nothing."""
    taken = []
    for _ in range(5):
        context = await browser.new_context()
        page = await context.new_page()
        started = time.perf_counter()
        await page.goto(address, wait_until="commit")
        await page.locator(BOX).wait_for()
        taken.append(time.perf_counter() - started)
        await context.close()
    return taken


async def _browsing(
    browser: Browser, address: str, people: int, begin: Callable[[], None], reading: tuple[float, float] = (0.0, 0.0)
) -> list[float]:
    """Seconds from Enter to the answer of ``people`` at once, each in a browser window of their own, in another order. ``begin`` is called when all are there."""
    ready = asyncio.Barrier(people)
    crowd = await asyncio.gather(*(_person(browser, address, number, ready, begin, reading) for number in range(people)))
    return [taken for person in crowd for taken in person]


async def _person(
    browser: Browser, address: str, number: int, ready: asyncio.Barrier, begin: Callable[[], None], reading: tuple[float, float]
) -> list[float]:
    chance, questions = random.Random(number), QUESTIONS[number:] + QUESTIONS[:number]
    context = await browser.new_context()
    page = await context.new_page()
    page.set_default_timeout(120_000)
    await page.goto(address)
    await page.locator(BOX).wait_for()
    await _asked(page, questions[-1])  # the first is not counted
    if await ready.wait() == 0:
        begin()
    taken = []
    for question in questions:
        await asyncio.sleep(chance.uniform(*reading))
        taken.append(await _asked(page, question))
    await context.close()
    return taken


async def _asked(page: Page, question: str) -> float:
    await page.fill(BOX, question)
    started = time.perf_counter()
    await page.press(BOX, "Enter")
    await page.locator(".gz-asked", has_text=question).wait_for()
    return time.perf_counter() - started


async def _requests(address: str, people: int) -> tuple[list[float], list[float]]:
    """Seconds until the answer, and until what may follow it, for ``people`` at once who send what the page sends."""
    async with httpx.AsyncClient(base_url=address, timeout=120) as client:
        config = (await client.get("config")).raise_for_status().json()
        crowd = await asyncio.gather(*(_sender(client, config, number) for number in range(people)))
    pairs = [pair for person in crowd for pair in person]
    return [answered for answered, _ in pairs], [ended for _, ended in pairs]


async def _sender(client: httpx.AsyncClient, config: dict[str, Any], number: int) -> list[tuple[float, float]]:
    named = {one["props"].get("elem_id"): one["id"] for one in config["components"]}
    events = {tuple(target): one for one in config["dependencies"] for target in one["targets"]}
    asking, offering = events[named["gz-question"], "submit"], events[named["gz-answer"], "change"]

    async def send(event: dict[str, Any], values: list[Any]) -> str:
        body = {"data": values, "fn_index": event["id"], "session_hash": f"page{people_mark}{number}", "event_data": None}
        return (await client.post("gradio_api/run/predict", json=body)).raise_for_status().text

    people_mark = f"{time.monotonic_ns()}"
    taken = []
    for question in QUESTIONS[number:] + QUESTIONS[:number]:
        started = time.perf_counter()
        if question not in await send(asking, [question, None]):
            raise SystemExit(f"没有得到对“{question}”的回答。")
        answered = time.perf_counter()
        await send(offering, [None])
        taken.append((answered - started, time.perf_counter() - started))
    return taken


async def _api(address: str) -> list[float]:
    taken = []
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        for question in QUESTIONS:
            started = time.perf_counter()
            (await client.get("api/ask", params={"question": question, "explain": "true"})).raise_for_status()
            taken.append(time.perf_counter() - started)
    return taken


@asynccontextmanager
async def _serving(program: str) -> AsyncIterator[tuple[str, int]]:
    """The address of ``program`` and the number of the process of its own that it runs in."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = str(found.getsockname()[1])
    environment = os.environ | {"GUIZHI_PORT": port, "GUIZHI_FEEDBACK": "off", "GUIZHI_LOG": "error"}
    process = subprocess.Popen([sys.executable, "-c", program, port], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(1200):
            try:
                httpx.get(address, timeout=5).raise_for_status()
                break
            except httpx.TransportError:
                await asyncio.sleep(0.1)
        yield address, process.pid
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
