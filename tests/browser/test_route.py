"""The navigator in a real browser."""

from __future__ import annotations

import base64

from playwright.sync_api import Page, expect

ASKED = "/?tab=route&公文种类=以市政府名义发出的函件&涉及职权的部门=财政局、司法局"


def test_choosing_shows_the_way_and_its_days(page: Page) -> None:
    page.goto(ASKED)
    way = page.locator(".gz-way")
    expect(way).to_contain_text("第三十一条（五）")
    expect(way.locator("svg")).to_be_visible()
    page.get_by_label("日期：部门之间征求意见或会签文件时").fill("2024年9月27日")
    expect(way.locator(".gz-way-due time")).to_have_attribute("datetime", "2024-10-12")
    page.wait_for_url("**2024**")


def test_choices_that_do_not_agree_are_said(page: Page) -> None:
    page.goto(ASKED + "&以谁的名义=市政府办公室")
    expect(page.locator("#gz-way .gz-error")).to_contain_text("请改其中一项")


def test_what_is_typed_is_never_markup(page: Page) -> None:
    page.goto("/?tab=route&会议结束=<img src=x onerror=alert(1)>")
    expect(page.locator("#gz-way .gz-error")).to_contain_text("<img src=x")


def test_the_printable_way_is_one_file(page: Page) -> None:
    page.goto(ASKED)
    address = page.locator(".gz-way .gz-meta a").first.get_attribute("href") or ""
    html = base64.b64decode(address.partition("base64,")[2]).decode()
    assert html.startswith("<!doctype html>")
    assert "第三十一条（五）" in html
    assert 'href="http' not in html
    assert "src=" not in html


def test_a_citation_opens_its_article(page: Page) -> None:
    page.goto(ASKED)
    page.locator(".gz-way-steps a").first.click()
    expect(page.locator(".gz-article h2")).to_be_visible()
