"""axe-core finds nothing serious: in light and dark, on a narrow screen, on a projector, enlarged, in large type; on every tab, with every kind of answer."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

GRAVE = ("critical", "serious")
PLACES = (
    ("/", ".gz-examples"),
    ("/?q=人事任免公文由谁签发？", ".gz-short"),
    ("/?q=一份请示可以写两件事吗？", ".gz-fact"),
    ("/?q=市长办公会议多久召开一次？", ".gz-refused"),
    ("/?q=今天天气怎么样", ".gz-refused"),
    ("/?q=几天内办完？", ".gz-back .gz-choice"),
    ("/?article=31", ".gz-norm"),
    ("/?card=id/chaoyang/meeting/executive", ".gz-figure svg"),
    ("/?graph=id/chaoyang/office/mayor", ".gz-node"),
    ("/?chart=1", ".gz-sheet svg"),
    ("/?tab=check", ".gz-intro"),
    ("/?tab=route", ".gz-intro"),
    ("/?tab=route&公文种类=以市政府名义发出的函件", ".gz-way svg"),
    ("/?tab=sparql", ".cm-content"),
    ("/?sparql=SELECT * { ?s a gz:Norm } LIMIT 5", ".gz-result tbody"),
    ("/?sparql=ASK {", ".gz-error"),
    ("/?example=05-norms-by-chapter", "[data-show=chart]"),
    ("/sheet?q=人事任免公文由谁签发？", "h1"),
)
WIDE = {"viewport": {"width": 1200, "height": 850}}
NARROW = {"viewport": {"width": 360, "height": 740}}
DARK = {"color_scheme": "dark"}
PROJECTOR = {"viewport": {"width": 1920, "height": 1080}}
ENLARGED = {"viewport": {"width": 1280 * 2 // 3, "height": 720 * 2 // 3}, "device_scale_factor": 1.5}
"""A projector of 1280 by 720 points, the browser's zoom at 150 %."""
TWICE = {"viewport": {"width": 640, "height": 360}, "device_scale_factor": 2}
"""The same, the zoom at 200 % (WCAG 2.2, 1.4.4)."""
LARGE = "localStorage.setItem('guizhi-large', '1')"


SOLID = """() => [...document.querySelectorAll('.gz-findings, .gz-note')].every(one => {
  for (let n = one; n; n = n.parentElement) if (getComputedStyle(n).opacity !== '1') return false;
  return true })"""
"""Whether the report has come in whole: until its work is done Gradio shows it faint, which no contrast survives."""
CUT = """() => [...document.querySelectorAll("input, textarea, button, a, p, h2, h3, li, td")]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".gz-unseen, .gz-skip"))
    .filter((one) => { for (let at = one; at; at = at.parentElement) if (["auto", "scroll"].includes(getComputedStyle(at).overflowX)) return false; return true; })
    .map((one) => "cut off: " + one.outerHTML.slice(0, 120))"""
"""What is out of sight to the right and cannot be scrolled to."""


def faults(page: Page) -> list[str]:
    """What axe-core calls critical or serious, each with the elements at fault."""
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {[node['html'][:160] for node in fault['nodes']]}" for fault in found if fault["impact"] in GRAVE]


@pytest.mark.parametrize(
    ("options", "large", "axe"),
    [  # axe where colours or the order of things are others; whether things fit, everywhere
        pytest.param(WIDE, False, True, id="wide-light"),
        pytest.param(WIDE | DARK, False, True, id="wide-dark"),
        pytest.param(NARROW, False, False, id="narrow-light"),
        pytest.param(NARROW | DARK, True, True, id="narrow-dark-large"),
        pytest.param(ENLARGED | DARK, False, False, id="projector-enlarged-dark"),
        pytest.param(TWICE, True, False, id="projector-twice-large"),
    ],
)
def test_axe_finds_nothing_grave_and_nothing_scrolls_sideways(page: Page, large: bool, axe: bool) -> None:
    if large:
        page.add_init_script(LARGE)
    found = {}
    for address, awaited in PLACES:
        page.goto(address)
        expect(page.locator(awaited).first).to_be_visible()
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        if page.locator("[data-show=chart]").count():
            page.click("[data-show=chart]")
        faulty = faults(page) if axe else []
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faulty.append("scrolls sideways")
        faulty += page.evaluate(CUT)
        if faulty:
            found[address] = faulty
    assert found == {}


@pytest.mark.parametrize(
    "options", [WIDE, NARROW | DARK, PROJECTOR, ENLARGED | DARK], ids=["wide", "narrow-dark", "projector", "enlarged-dark"]
)
def test_axe_finds_nothing_grave_in_a_report(page: Page) -> None:
    page.goto("/?tab=check")
    page.get_by_role("button", name="试一试：公文登记簿").click()
    expect(page.locator(".gz-findings tbody tr").first).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.wait_for_function(SOLID)
    assert faults(page) == []
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_axe_can_find_something(page: Page) -> None:
    page.goto("/")
    expect(page.locator(".gz-examples")).to_be_visible()
    page.evaluate("document.querySelector('.gz-examples button').style.color = '#eee'")
    assert any(fault.startswith("color-contrast") for fault in faults(page))
