"""What people do on the first page besides asking: choose while typing, judge, copy, print, look behind the answer, go back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect
from serving import copy_build, in_process

BOX = "#gz-question input"
ANSWER = ".gz-answer .gz-asked"


def ask(page: Page, question: str) -> None:
    page.fill(BOX, question)
    page.press(BOX, "Enter")
    expect(page.locator(ANSWER)).to_contain_text(question)


def test_choosing_a_suggestion_by_keyboard(page: Page) -> None:
    page.goto("/")
    expect(page.locator(BOX)).to_be_focused()
    page.fill(BOX, "人事任免")  # at once: every key could bring another list
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    assert 1 < options.count() <= 6
    words = options.nth(1).inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_have_text(words)
    page.keyboard.press("Enter")
    expect(page.locator(ANSWER)).to_contain_text(words)
    expect(page.locator(BOX)).to_have_value(words)
    expect(page.locator("#gz-suggestions")).to_be_hidden()


def test_enter_asks_what_was_typed_whatever_is_suggested(page: Page) -> None:
    page.goto("/")
    page.locator(BOX).press_sequentially("人事任免公文由谁签发")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(ANSWER)).to_have_text(re.compile("人事任免公文由谁签发$"))
    expect(page.locator("#gz-suggestions")).to_be_hidden()


def test_escape_and_a_click(page: Page) -> None:
    page.goto("/")
    page.locator(BOX).press_sequentially("常务会议")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#gz-suggestions")).to_be_hidden()
    page.fill(BOX, "常务会议多久")
    option = page.get_by_role("option").first
    words = option.inner_text()
    option.click()
    expect(page.locator(ANSWER)).to_contain_text(words)


def test_why_and_the_query_behind(page: Page) -> None:
    page.goto("/?q=人事任免公文由谁签发？")
    expect(page.locator(".gz-fact .gz-box").first).to_be_visible()
    expect(page.locator(".gz-flow").last).to_contain_text("签发")
    page.click(".gz-why summary")
    for title in ("读题", "认出的词语", "比较问法", "查询图谱", "结论"):
        expect(page.locator(".gz-why li b", has_text=title)).to_be_visible()
    page.click("text=在 SPARQL 中打开")
    expect(page.locator(".gz-result tbody")).to_contain_text("31-3-sign")
    page.wait_for_url("**sparql=**")
    page.go_back()
    expect(page.locator(".gz-short")).to_contain_text("市长")
    expect(page.locator(".gz-short")).to_be_visible()


def test_the_sheet_of_an_answer(page: Page) -> None:
    page.goto("/")
    ask(page, "副市长出差要向谁请假？")
    with page.context.expect_page() as opened:
        page.click("text=依据单")
    sheet = opened.value
    expect(sheet.locator("h1")).to_have_text("依据单")
    expect(sheet.locator("mark")).to_contain_text("应事先向市长请假")
    expect(sheet.locator("code")).to_have_count(2)
    first, second = (page.request.get(sheet.url).body() for _ in range(2))
    assert first == second
    assert _pages(sheet) == 1


@pytest.mark.parametrize("question", ["哪些公文由市长签发？", "第三十一条讲了什么？", "秘书长的职责是什么？", "几天内办完？"])
def test_a_sheet_is_one_page_also_where_there_is_much_to_say(page: Page, question: str) -> None:
    page.goto(f"/sheet?q={question}")
    assert _pages(page) == 1


def _pages(page: Page) -> int:
    """How many pages of paper it takes."""
    return page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")


@pytest.mark.parametrize("options", [{"viewport": {"width": 1200, "height": 850}, "permissions": ["clipboard-read", "clipboard-write"]}])
def test_copying_text_and_link(page: Page) -> None:
    page.goto("/?q=人事任免公文由谁签发？")
    page.dblclick("text=复制文字")
    expect(page.locator("text=已复制")).to_be_visible()
    expect(page.locator("text=复制文字")).to_be_visible()  # again
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("问：人事任免公文由谁签发？\n答：") and "第三十一条（三）：“" in copied
    page.click("text=复制链接")
    page.goto(page.evaluate("navigator.clipboard.readText()"))
    expect(page.locator(".gz-short")).to_contain_text("市长签发")


def test_a_link_to_a_follow_up_stands_by_itself(page: Page) -> None:
    page.goto("/")
    ask(page, "副市长出差要向谁请假？")
    ask(page, "那秘书长呢？")
    expect(page.locator(".gz-short")).to_contain_text("秘书长")
    answer = page.inner_text(".gz-short")
    page.wait_for_url(lambda url: quote("秘书长") in url)  # the address follows the answer, a moment later
    page.goto(page.url)
    expect(page.locator(".gz-short")).to_have_text(answer)
    expect(page.locator(".gz-dialogue .gz-chip")).to_have_count(1)


def test_an_earlier_question_is_asked_again_as_it_was_understood(page: Page) -> None:
    page.goto("/")
    for question in ("副市长出差要向谁请假？", "那秘书长呢？", "市政府由哪些人组成？"):
        ask(page, question)
    page.locator(".gz-history button").first.click()
    expect(page.locator(ANSWER)).to_contain_text("秘书长出差要向谁请假")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that a service of this test keeps feedback in."""
    monkeypatch.setenv("GUIZHI_FEEDBACK", str(tmp_path / "feedback.jsonl"))
    return tmp_path / "feedback.jsonl"


@pytest.fixture
def own(browser: Browser, kept: Path, tmp_path: Path) -> Iterator[Page]:
    """A page of a service of its own, which keeps feedback."""
    built = copy_build(tmp_path / "build")
    if built is None:
        pytest.skip("尚未构建：guizhi build")
    with in_process(built) as address:
        page = browser.new_page(base_url=address, locale="zh-CN")
        yield page
        page.close()


def test_a_verdict_is_kept(own: Page, kept: Path) -> None:
    own.goto("/?q=人事任免公文由谁签发？")
    expect(own.locator(".gz-short")).to_be_visible()
    assert not kept.exists()
    own.get_by_role("button", name="没用").click()
    expect(own.locator("#gz-thanks")).to_contain_text("已记下")
    row = json.loads(kept.read_text(encoding="utf-8"))
    assert (row["question"], row["status"], row["verdict"]) == ("人事任免公文由谁签发？", "answered", "dislike")
    ask(own, "市政府由哪些人组成？")
    expect(own.locator("#gz-thanks .gz-note")).to_have_count(0)


def test_where_nothing_is_kept_nothing_is_asked(page: Page) -> None:
    page.goto("/?q=人事任免公文由谁签发？")
    expect(page.locator("text=复制文字")).to_be_visible()
    expect(page.get_by_role("button", name="没用")).to_have_count(0)
