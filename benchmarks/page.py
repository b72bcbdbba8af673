"""How long the page takes: ``python -m benchmarks page`` prints a Markdown table (needs Chromium).

Until the question box can be typed in, after Enter until the answer is on screen, and the same with ten people at once, each of whom must get
the answer to their own question. Peers in the same run: the same questions by ``/api/ask`` (what the page adds), and an empty Gradio page that
echoes (what Gradio itself takes).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import numpy as np
from playwright.async_api import Browser, Page, async_playwright

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
    print("| | 中位 ms | 最长 ms | 次数 |\n|---|---|---|---|")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        async with _serving(_SERVE) as address:
            _print("打开网页到可以输入", await _loads(browser, address))
            _print("回车到回答在屏幕上", await _person(browser, address, QUESTIONS))
            _print("同伴：`/api/ask`", _api(address))
            crowd = await asyncio.gather(*(_person(browser, address, QUESTIONS[i:] + QUESTIONS[:i]) for i in range(PEOPLE)))
            _print(f"{PEOPLE} 人同时：回车到回答在屏幕上", [taken for person in crowd for taken in person])
        async with _serving(_ECHO) as address:
            _print("同伴：只有一个框的 Gradio 网页，打开", await _loads(browser, address))
            _print("同伴：只有一个框的 Gradio 网页，回车到回显", await _person(browser, address, QUESTIONS))
        await browser.close()


def _print(name: str, seconds: Sequence[float]) -> None:
    print(f"| {name} | {1000 * np.median(seconds):.0f} | {1000 * max(seconds):.0f} | {len(seconds)} |", flush=True)


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


async def _person(browser: Browser, address: str, questions: Sequence[str]) -> list[float]:
    """Seconds from Enter to the answer for each of ``questions``, asked one after the other by one visitor."""
    context = await browser.new_context()
    page = await context.new_page()
    page.set_default_timeout(120_000)
    await page.goto(address)
    await page.locator(BOX).wait_for()
    taken = [await _asked(page, question) for question in (questions[-1], *questions)][1:]
    await context.close()
    return taken


async def _asked(page: Page, question: str) -> float:
    await page.fill(BOX, question)
    started = time.perf_counter()
    await page.press(BOX, "Enter")
    await page.locator(".gz-asked", has_text=question).wait_for()
    return time.perf_counter() - started


def _api(address: str) -> list[float]:
    taken = []
    with httpx.Client(base_url=address, timeout=60) as client:
        for question in QUESTIONS:
            started = time.perf_counter()
            client.get("/api/ask", params={"question": question, "explain": "true"}).raise_for_status()
            taken.append(time.perf_counter() - started)
    return taken


@asynccontextmanager
async def _serving(program: str) -> AsyncIterator[str]:
    """The address of ``program``, run in a process of its own."""
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
        yield address
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
