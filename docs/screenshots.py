"""Make the pictures of the page in ``docs/images/``: ``python docs/screenshots.py`` (needs Chromium and ``playwright``)."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Final

import uvicorn
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from qa.serve import ROOT
from qa.service import create

FOLDER: Final = Path(__file__).parent / "images"
LIMIT: Final = 150_000
"""Bytes of a picture, at most."""
PORT: Final = 7861
WIDE: Final = {"width": 1120, "height": 800}
NARROW: Final = {"width": 360, "height": 740}
VIEWS: Final = (
    ("ask", "?q=副市长出差要向谁请假？", ".gz-short", WIDE, "light"),
    ("ask-dark", "?q=副市长出差要向谁请假？", ".gz-short", WIDE, "dark"),
    ("ask-narrow", "?q=副市长出差要向谁请假？", ".gz-short", NARROW, "light"),
    ("refusal", "?q=市长办公会议多久召开一次？", ".gz-short", WIDE, "light"),
    ("browse", "?article=22", ".gz-norm", WIDE, "light"),
    ("card", "?card=id/chaoyang/office/secretary-general", ".gz-duty", WIDE, "light"),
    ("graph", "?graph=id/chaoyang/office/mayor", ".gz-node", WIDE, "dark"),
    ("chart", "?chart=1", ".gz-sheet svg", WIDE, "light"),
    ("check", "?tab=check", "#gz-sample-0", WIDE, "light"),
    (
        "route",
        "?tab=route&公文种类=以市政府名义发出的函件&涉及职权的部门=财政局、司法局&部门之间征求意见或会签文件时=2024-09-27",
        ".gz-way svg",
        WIDE,
        "light",
    ),
    ("sparql", "?example=05-norms-by-chapter", ".gz-result tbody tr", WIDE, "light"),
)
"""Name, address, what to wait for, size of the window, colours."""


def main() -> int:
    """Start the service, take every picture; the exit code."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        print("没有找到 Chromium。", file=sys.stderr)
        return 2
    os.environ.setdefault("GUIZHI_FEEDBACK", "off")  # pictures are no feedback
    server = uvicorn.Server(uvicorn.Config(create(ROOT, ROOT / "data" / "build"), port=PORT, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.1)
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for name, path, awaited, size, colours in VIEWS:
            page = chromium.new_page(viewport=size, color_scheme=colours, locale="zh-CN")  # type: ignore[arg-type]
            page.set_default_timeout(120_000)  # a picture may wait for a busy machine
            page.goto(f"http://127.0.0.1:{PORT}/{path}")
            page.locator(awaited).first.wait_for()
            _prepare(page, name)
            _save(page, FOLDER / f"{name}.png")
            page.close()
        chromium.close()
    server.should_exit = True
    return 0


def _prepare(page: Page, name: str) -> None:
    if name == "browse":
        page.locator(".gz-norm").nth(1).hover()
    if name == "check":
        page.get_by_role("button", name="试一试：公文登记簿").click()
        page.locator(".gz-findings").first.wait_for()
    if name == "sparql":
        page.click("[data-show=chart]")
    page.wait_for_timeout(700)


def _save(page: Page, path: Path) -> None:
    page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.name}  {size // 1000} kB")
    if size > LIMIT:
        raise SystemExit(f"{path.name} 大于 {LIMIT} 字节")


if __name__ == "__main__":
    raise SystemExit(main())
