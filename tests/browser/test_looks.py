"""How it looks: pictures that tell the truth, type that grows, lists that show what is open, tabs that say what they are for."""

from __future__ import annotations

import io
import re

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, Route, expect

NARROW = {"viewport": {"width": 360, "height": 740}}
TABS = ("问", "条文", "图谱", "核对", "办文导航", "SPARQL")


def test_the_bars_of_a_chart_are_as_long_as_their_values(page: Page) -> None:
    page.goto("/?example=05-norms-by-chapter")
    page.click("[data-show=chart]")
    expect(page.locator(".gz-bar").first).to_be_visible()
    bars = page.evaluate(
        "[...document.querySelectorAll('.gz-bar')].map(bar => [Number(bar.lastElementChild.textContent), bar.querySelector('i').getBoundingClientRect().width])"
    )
    assert len(bars) == 8
    longest = max(width for _, width in bars)
    most = max(value for value, _ in bars)
    for value, width in bars:
        assert width / longest == pytest.approx(value / most, abs=0.02)
    label = page.locator(".gz-bar span").first
    assert label.evaluate("span => getComputedStyle(span).backgroundColor") == "rgba(0, 0, 0, 0)", "nothing covers the label"


@pytest.mark.parametrize("options", [NARROW])
def test_every_tab_is_in_sight_on_a_narrow_screen(page: Page) -> None:
    page.goto("/")
    for name in TABS:
        expect(page.get_by_role("tab", name=name, exact=True)).to_be_visible()
    page.get_by_role("tab", name="SPARQL").click()
    expect(page.locator("#gz-query .cm-content")).to_be_visible()


@pytest.mark.parametrize("options", [NARROW])
@pytest.mark.parametrize(
    ("link", "shown"),
    [("/?card=id/chaoyang/office/mayor", ".gz-cardview h2"), ("/?chart=1", ".gz-sheet h2"), ("/?tab=route&公文种类=请示", ".gz-way h2")],
)
def test_what_a_link_opens_is_in_sight_on_a_narrow_screen(page: Page, link: str, shown: str) -> None:
    page.goto(link)
    expect(page.locator(shown)).to_be_in_viewport()


@pytest.mark.parametrize("options", [NARROW])
def test_what_is_long_in_coming_is_brought_in_sight_too_unless_somebody_has_gone_elsewhere(page: Page) -> None:
    held: list[Route] = []
    page.route("**/gradio_api/run/**", lambda request: held.append(request))  # a builtin will not do
    for gone in (False, True):
        held.clear()
        Page.goto(page, "/?tab=route&公文种类=请示")  # not waiting for it to be drawn
        expect(page.locator(".gz-examples")).to_be_visible()
        page.wait_for_timeout(1500)
        if gone:
            page.mouse.wheel(0, -5000)
        for request in held:
            request.continue_()
        expect(page.locator(".gz-way h2")).to_be_visible()
        if gone:
            page.wait_for_timeout(500)
            expect(page.locator(".gz-way h2")).not_to_be_in_viewport()
        else:
            expect(page.locator(".gz-way h2")).to_be_in_viewport()


def test_large_type_enlarges_all_words(page: Page) -> None:
    """Gradio's own words too: labels, fields, buttons, tabs."""
    sizes = """() => Object.fromEntries([...document.querySelectorAll("button, label span, input, a, p, summary, li, h2, h3, td, text")]
        .filter(one => one.offsetParent && one.textContent.trim() + (one.placeholder || ""))
        .map(one => [one.tagName + (one.textContent.trim() || one.placeholder), parseFloat(getComputedStyle(one).fontSize)]))"""
    page.goto("/")
    for name, awaited in zip(TABS, (".gz-examples", ".gz-norm", ".gz-duty", ".gz-intro", ".gz-intro", ".cm-content"), strict=True):
        page.get_by_role("tab", name=name, exact=True).click()
        expect(page.locator(f"{awaited} >> visible=true").first).to_be_visible()
        before = page.evaluate(sizes)
        page.click("[data-size]")
        expect(page.locator("html.gz-large")).to_have_count(1)
        for _ in range(50):  # sizes glide to their new values
            after = page.evaluate(sizes)
            small = {one: (size, after[one]) for one, size in before.items() if one in after and after[one] < 1.2 * size}
            if not small:
                break
            page.wait_for_timeout(100)
        assert before and small == {}, name
        page.click("[data-size]")


def test_what_is_open_is_in_sight_in_its_list(page: Page) -> None:
    page.goto("/?card=id/chaoyang/doc/personnel")
    current = page.locator("#gz-terms [aria-current]")
    expect(current).to_have_text("市政府人事任免公文")
    expect(current).to_be_in_viewport()
    assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_an_empty_register_is_taken_home(page: Page, kind: str) -> None:
    page.goto("/?tab=check")
    link = page.locator(".gz-forms li", has_text=re.compile("^公文登记簿")).get_by_role("link", name=kind.upper())
    with page.expect_download() as started:
        link.click()
    assert started.value.suggested_filename == f"公文登记簿.{kind}"
    content = started.value.path().read_bytes()
    if kind == "xlsx":
        assert load_workbook(io.BytesIO(content)).sheetnames[0] == "公文登记簿"
    else:
        assert "登记号" in content.decode("utf-8-sig")


def test_the_navigator_begins_with_a_kind_of_document(page: Page) -> None:
    page.goto("/?tab=route")
    page.locator(".gz-intro .gz-choice").first.click()
    expect(page.locator(".gz-way svg")).to_be_visible()
    page.click("#gz-route-clear")
    expect(page.locator(".gz-intro").locator("visible=true")).to_have_count(1)


def test_words_in_a_picture_cover_nothing(page: Page) -> None:
    page.goto("/?graph=id/chaoyang/office/mayor")
    expect(page.locator(".gz-node.gz-main")).to_be_visible()
    boxes = """selector => [...document.querySelectorAll(selector)].filter(one => getComputedStyle(one).display !== "none" && !one.hasAttribute("hidden"))
        .map(one => { const box = one.getBoundingClientRect(); return [box.left, box.top, box.right, box.bottom, one.textContent]; })"""
    words, nodes = page.evaluate(boxes, ".gz-net .words text"), page.evaluate(boxes, ".gz-net .gz-node rect")
    assert len(words) > 10
    for i, word in enumerate(words):
        for other in [*nodes, *words[:i]]:
            apart = word[0] >= other[2] - 2 or other[0] >= word[2] - 2 or word[1] >= other[3] - 2 or other[1] >= word[3] - 2
            assert apart, (word, other)


def test_what_may_be_asked_next_is_new_and_answered(page: Page) -> None:
    page.goto("/?q=市政府常务会议多久召开一次？")
    offered = page.locator(".gz-dialogue .gz-choice", has_text="那市政府全体会议呢？")
    offered.click()
    expect(page.locator(".gz-asked + .gz-note")).to_contain_text("市政府全体会议多久召开一次")
    expect(page.locator(".gz-short")).to_contain_text("半年")
    expect(page.locator(".gz-dialogue .gz-choice", has_text="常务会议")).to_have_count(0)
