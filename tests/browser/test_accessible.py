"""axe-core finds nothing serious, in light and dark, wide and narrow, on every tab and every kind of answer."""

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
    ("/?article=31", ".gz-norm"),
    ("/?sparql=SELECT * { ?s a gz:Norm } LIMIT 5", ".gz-result tbody"),
    ("/sheet?q=人事任免公文由谁签发？", "h1"),
)
SIZES = {"wide": {"width": 1200, "height": 850}, "narrow": {"width": 360, "height": 740}}


def faults(page: Page) -> list[str]:
    """What axe-core calls critical or serious, each with the elements at fault."""
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {[node['html'][:160] for node in fault['nodes']]}" for fault in found if fault["impact"] in GRAVE]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"viewport": SIZES[size], "color_scheme": colours}, id=f"{size}-{colours}")
        for size, colours in (("wide", "light"), ("wide", "dark"), ("narrow", "light"), ("narrow", "dark"))
    ],
)
def test_axe_finds_nothing_grave(page: Page) -> None:
    found = {}
    for address, awaited in PLACES:
        page.goto(address)
        expect(page.locator(awaited).first).to_be_visible()
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        if faulty := faults(page):
            found[address] = faulty
    assert found == {}


def test_axe_can_find_something(page: Page) -> None:
    page.goto("/")
    expect(page.locator(".gz-examples")).to_be_visible()
    page.evaluate("document.querySelector('.gz-examples button').style.color = '#eee'")
    assert any(fault.startswith("color-contrast") for fault in faults(page))
