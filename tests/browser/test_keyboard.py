"""Everything is done with the keyboard alone: all is reached, in sight and marked when it is, and nothing holds the focus fast."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FileChooser, Locator, Page, Route, expect

SAMPLE = Path(__file__).parents[2] / "data" / "page" / "samples" / "公文登记簿（样例）.csv"
NARROW = {"viewport": {"width": 360, "height": 740}}
PLACES = {
    "ask": ("/?q=副市长出差要向谁请假？", ".gz-card"),
    "clarification": ("/?q=几天内办完？", ".gz-back .gz-choice"),
    "browse": ("/?article=41", ".gz-norm"),
    "card": ("/?card=id/chaoyang/meeting/executive", ".gz-figure svg"),
    "graph": ("/?graph=id/chaoyang/office/secretary-general", ".gz-node"),
    "check": ("/?tab=check", ".gz-forms"),
    "route": ("/?tab=route&公文种类=以市政府名义发出的函件", ".gz-way svg"),
    "sparql": ("/?example=05-norms-by-chapter", ".gz-result tbody tr"),
}
WALK = """
() => {
  const style = document.createElement("style");
  style.textContent = "*, *::before, *::after { transition: none !important; animation: none !important; }";
  document.head.append(style);
  const told = (one) => (one.getAttribute("aria-label") || one.textContent || one.placeholder || one.outerHTML).trim().slice(0, 60);
  const looks = (at) => {
    const around = [at, at.parentElement, at.parentElement.parentElement, at.querySelector("rect"), at.nextElementSibling].filter(Boolean);
    return around.map((one) => { const s = getComputedStyle(one);
      return [s.outlineStyle === "none" ? "" : s.outline, s.boxShadow, s.borderColor, s.backgroundColor, s.strokeWidth, s.clipPath].join(); }).join("|");
  };
  const seen = new Map();
  window.walk = {
    left: () => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [contenteditable=true], [tabindex]")]
      .filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length)
      .filter((one) => one.type !== "radio" || one.checked || ![...document.getElementsByName(one.name)].some((other) => seen.has(other)))
      .filter((one) => !seen.has(one) && !one.closest(".gz-told")).map(told), // what is told of a node changes with the focus
    step: () => {
      const at = document.activeElement;
      if (!at || at === document.body) return { outside: true };
      if (seen.has(at)) return null;
      seen.set(at, true);
      const box = at.getBoundingClientRect(), inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && box.width * box.height > 0;
      const with_it = looks(at);
      at.blur();
      const without = looks(at);
      at.focus({ preventScroll: true });
      return { told: told(at), inside, marked: with_it !== without };
    },
  };
}
"""


def walk(page: Page, key: str) -> list[dict[str, Any]]:
    """What ``key``, pressed again and again, brings the focus to, until it comes to something for the second time."""
    page.evaluate(WALK)
    steps: list[dict[str, Any]] = []
    outside = 0
    for _ in range(400):
        page.keyboard.press(key)
        step = page.evaluate("walk.step()")
        if step is None:
            break
        if "outside" in step:
            outside += 1
        else:
            steps.append(step)
    assert outside <= 1, "the focus is lost in other places than between the end of the page and its beginning"
    return steps


def go(page: Page, to: Locator, key: str = "Tab") -> None:
    """Press ``key`` until the focus is at ``to``."""
    for _ in range(150):
        if to.first.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press(key)
    pytest.fail(f"{key} never came to {to}")


def press(page: Page, to: Locator, *, key: str = "Tab", by: str = "Enter") -> None:
    """Go to ``to`` with ``key`` and press it with ``by``."""
    go(page, to, key)
    page.keyboard.press(by)


def turn(page: Page, name: str) -> None:
    """Turn to a tab with the arrows."""
    page.evaluate("document.activeElement.blur()")
    go(page, page.get_by_role("tab", name="问", exact=True), "Shift+Tab" if page.evaluate("scrollY") else "Tab")
    go(page, page.get_by_role("tab", name=name, exact=True), "ArrowRight")
    page.keyboard.press("Enter")


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
@pytest.mark.parametrize("place", PLACES)
def test_everything_is_reached_in_sight_and_marked(page: Page, place: str, key: str) -> None:
    address, awaited = PLACES[place]
    page.goto(address)
    expect(page.locator(awaited).first).to_be_visible()
    page.wait_for_timeout(1000)  # what follows an answer by itself has come
    page.evaluate("document.activeElement.blur()")
    steps = walk(page, key)
    assert len(steps) > 10
    assert page.evaluate("walk.left()") == [], f"reached: {[step['told'] for step in steps]}"
    assert [step["told"] for step in steps if not step["inside"]] == [], "out of sight"
    assert [step["told"] for step in steps if not step["marked"]] == [], "not marked"
    assert page.locator("[tabindex]").evaluate_all("all => all.filter(one => one.tabIndex > 0).length") == 0, "an order of its own"


def test_asking_seeing_why_and_going_on(page: Page) -> None:
    page.goto("/")
    expect(page.locator("#gz-question input")).to_be_focused()
    page.keyboard.type("市政府常务会议多久召开一次？")
    page.keyboard.press("Enter")
    expect(page.locator(".gz-short")).to_contain_text("每月")
    press(page, page.locator(".gz-why summary"))
    expect(page.locator(".gz-why ol")).to_be_visible()
    go(page, page.get_by_role("link", name="依据单"), "Shift+Tab")
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    opened.value.close()
    follow = page.locator(".gz-dialogue .gz-choice").first
    expect(follow).to_be_visible()
    words = follow.inner_text()
    press(page, follow, key="Shift+Tab")
    expect(page.locator(".gz-asked")).to_contain_text(words)
    expect(page.locator(".gz-short")).to_be_focused()
    press(page, page.locator(".gz-card h3 a"))
    expect(page.locator(".gz-article h2")).to_be_focused()
    page.wait_for_url("**article=**")  # the address follows a moment later; sooner, “back” leaves what the answer came from
    page.go_back()
    expect(page.locator(".gz-short")).to_be_visible()
    press(page, page.get_by_role("button", name="清除对话"), key="Shift+Tab")
    expect(page.locator("#gz-question input")).to_be_focused()
    press(page, page.locator(".gz-examples button").nth(3))
    expect(page.locator(".gz-short")).to_be_focused()


def test_an_answer_that_is_long_in_coming_is_where_it_goes_on(page: Page) -> None:
    held: list[Route] = []
    page.goto("/")
    expect(page.locator("#gz-question input")).to_be_focused()
    go(page, page.locator(".gz-examples button").nth(3))
    page.route("**/gradio_api/run/**", lambda request: held.append(request), times=1)  # a builtin will not do
    page.keyboard.press("Enter")
    page.wait_for_timeout(600)
    held[0].continue_()
    expect(page.locator(".gz-short")).to_be_focused()


def test_the_answer_is_said_to_readers_of_screens(page: Page) -> None:
    page.goto("/")
    expect(page.locator("#gz-question input")).to_be_focused()
    page.locator(".gz-unseen[role=status]").evaluate("one => { one.dataset.before = 'there'; }")
    page.keyboard.type("人事任免公文由谁签发？")
    page.keyboard.press("Enter")
    expect(page.locator("[role=status][data-before]")).to_contain_text("由市长签发")


def test_reading_the_rules(page: Page) -> None:
    page.goto("/")
    turn(page, "条文")
    go(page, page.locator("#gz-word :is(input, textarea)"))
    page.keyboard.type("会议")
    expect(page.locator("#gz-contents [role=status]")).to_contain_text("见于")
    press(page, page.locator("#gz-contents a", has_text="第二十二条"))
    expect(page.locator(".gz-article h2")).to_have_text("第二十二条")
    press(page, page.get_by_role("link", name="下一条"))
    expect(page.locator(".gz-article h2")).to_have_text("第二十三条")
    page.keyboard.press("Enter")
    expect(page.locator(".gz-article h2")).to_have_text("第二十四条")
    go(page, page.locator(".gz-norm"))
    assert page.evaluate("CSS.highlights.get('gz-quote').size") == 1
    press(page, page.locator(".gz-norm dd a").first)
    expect(page.locator(".gz-cardview h2")).to_be_focused()


def test_cards_and_the_picture_of_relations(page: Page) -> None:
    page.goto("/")
    turn(page, "图谱")
    go(page, page.locator("#gz-name :is(input, textarea)"))
    page.keyboard.type("秘书长")
    link = page.locator("#gz-terms ul a", has_text=re.compile("^秘书长$"))
    expect(page.locator("#gz-terms [role=status]")).to_contain_text("找到")
    press(page, link)
    expect(page.locator(".gz-cardview h2")).to_have_text("秘书长")
    press(page, page.get_by_role("link", name="看关系图"))
    expect(page.locator(".gz-node").first).to_be_visible()
    before = page.locator(".gz-node").count()
    shown = "document.querySelector('.gz-net > g').getAttribute('transform')"
    was = page.evaluate(shown)
    press(page, page.locator("[data-zoom=in]"))
    assert page.evaluate(shown) != was
    press(page, page.locator("[data-hide=MeetingType]"), by="Space")
    expect(page.locator("[data-hide=MeetingType]")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Space")
    go(page, page.locator(".gz-node.gz-main"))
    go(page, page.locator(".gz-node[aria-label=市政府办公室]"), "ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".gz-node")).not_to_have_count(before)
    press(page, page.locator(".gz-told a", has_text="看卡片"))
    expect(page.locator(".gz-cardview h2")).to_have_text("市政府办公室")
    press(page, page.get_by_role("link", name="组织图"), key="Shift+Tab")
    expect(page.locator(".gz-sheet svg")).to_be_visible()


def test_checking_a_register(page: Page) -> None:
    page.goto("/")
    turn(page, "核对")
    expect(page.locator(".gz-forms")).to_be_visible()
    choosers: list[FileChooser] = []
    page.on("filechooser", lambda chooser: choosers.append(chooser))
    page.wait_for_timeout(500)  # Playwright listens a moment later
    go(page, page.locator("#gz-registers button").first)
    page.keyboard.press("Enter")
    page.wait_for_timeout(1000)
    choosers[0].set_files(SAMPLE)
    expect(page.locator("#gz-registers")).to_contain_text(".csv")
    press(page, page.locator("#gz-check"))
    expect(page.locator(".gz-findings tbody tr").first).to_be_visible()
    go(page, page.locator("[data-filter]"))
    page.keyboard.type("市统计局")
    expect(page.locator(".gz-findings").first.locator("tbody tr:visible")).to_have_count(2)
    press(page, page.locator(".gz-findings th button").first, by="Space")
    expect(page.locator(".gz-findings th").first).to_have_attribute("aria-sort", "ascending")
    go(page, page.locator("#gz-downloads a").first)
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename


def test_finding_the_way_of_a_document(page: Page) -> None:
    page.goto("/")
    turn(page, "办文导航")
    go(page, page.get_by_label("公文种类"))
    page.keyboard.type("函件")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option")).to_have_text([re.compile("以市政府名义发出的函件")])
    page.keyboard.press("Enter")
    expect(page.locator(".gz-way svg")).to_be_visible()
    go(page, page.get_by_role("radio").first)
    page.keyboard.press("Space")
    expect(page.get_by_role("radio").first).to_be_checked()
    expect(page.get_by_role("option").locator("visible=true")).to_have_count(0)  # a list that was passed is shut
    go(page, page.get_by_label("涉及职权的部门"))
    page.keyboard.type("财政局、司法局")
    go(page, page.get_by_label("日期：部门之间征求意见或会签文件时"))
    page.keyboard.type("2024-09-27")
    expect(page.locator(".gz-way-due time")).to_have_attribute("datetime", "2024-10-12")
    press(page, page.locator(".gz-way-steps a").first)
    expect(page.locator(".gz-article h2")).to_be_focused()


def test_querying(page: Page) -> None:
    page.goto("/")
    turn(page, "SPARQL")
    expect(page.locator("#gz-query .cm-content")).to_be_visible()
    press(page, page.locator("#gz-queries [data-skip]"))
    expect(page.locator("#gz-query .cm-content")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("SELECT ?k (COUNT(*) AS ?n) { ?norm a gz:Norm ; gz:strength ?k } GROUP BY ?k")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".gz-result tbody tr").first).to_be_visible()
    press(page, page.locator("[data-show=chart]"))
    expect(page.locator(".gz-bar").first).to_be_visible()
    go(page, page.get_by_role("link", name="下载 CSV"), "Shift+Tab")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".csv")
    press(page, page.locator("#gz-run"), key="Shift+Tab")
    expect(page.locator("[data-show=chart]")).to_have_attribute("aria-pressed", "false")
    press(page, page.locator("#gz-queries ul a").first, key="Shift+Tab")
    expect(page.locator(".gz-result tbody")).to_contain_text("第一章")
