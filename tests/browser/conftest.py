"""A real browser on the real service. Skipped, loudly, where there is no Chromium; failed there where ``CI=true``."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright
from serving import copy_build, in_process

CUT_OFF = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
"""No name and no other machine can be reached; interception would do it too, but makes every request slow."""
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)  # what is awaited comes; how soon is measured in benchmarks/
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DRAWN = """() => performance.getEntriesByType('resource').filter(one => one.name.includes('/gradio_api/run/')).length >= 2
  && new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(() => drawn(true))))"""
"""Whether the page is there whole. Gradio draws it part by part, sets the focus to the question box when that comes, and then asks what the address opens
(two requests): on a slow machine all this goes on after the tabs and the examples can be seen."""


@pytest.fixture(scope="package")  # not longer: while Playwright lives no other test can run an event loop in this thread
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        message = "没有找到 Chromium：浏览器测试没有运行（Debian：apt install chromium）"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        warnings.warn(message, stacklevel=1)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", CUT_OFF])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running service."""
    built = copy_build(tmp_path_factory.mktemp("artefacts") / "build")
    if built is None:
        pytest.skip("尚未构建：guizhi build")
    with in_process(built, GUIZHI_QUERY_SECONDS="60") as address:  # a busy machine is not to be what stops a query
        yield address


@pytest.fixture
def options() -> dict[str, object]:
    """How the browser is set up; a test may parametrise it."""
    return {"viewport": {"width": 1200, "height": 850}}


@pytest.fixture
def page(browser: Browser, address: str, options: dict[str, object]) -> Iterator[Page]:
    """A fresh visitor's page. No request may leave this machine and no script may fail while it is open."""
    context = browser.new_context(base_url=address, locale="zh-CN", **options)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    outside: list[str] = []
    failed: list[str] = []

    def seen(request: Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            outside.append(request.url)

    page.on("request", seen)
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("console", lambda said: failed.append(said.text) if said.type == "error" else None)
    page.on("dialog", lambda dialog: failed.append(f"dialog: {dialog.message}"))
    goto = page.goto

    def opened(url: str) -> None:
        goto(url)
        if page.evaluate("'gradio_config' in window"):
            page.wait_for_function(DRAWN)

    page.goto = opened  # type: ignore[method-assign, assignment]
    yield page
    context.close()
    assert outside == []
    assert failed == []
