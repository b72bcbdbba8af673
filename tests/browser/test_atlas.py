"""Cards, pictures of relations and the chart, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

NARROW = {"viewport": {"width": 360, "height": 740}}
DARK = {"viewport": {"width": 1200, "height": 850}, "color_scheme": "dark"}
MAYOR = "/?graph=id/chaoyang/office/mayor"


def test_a_role_card_by_name_and_by_address(page: Page) -> None:
    page.goto("/")
    page.get_by_role("tab", name="图谱").click()
    page.fill("#gz-name input, #gz-name textarea", "秘书长")
    expect(page.locator("#gz-terms [role=status]")).to_contain_text("找到")
    page.locator("#gz-terms a", has_text=re.compile("^秘书长$")).click()
    expect(page.locator(".gz-cardview h2")).to_have_text("秘书长")
    expect(page.locator(".gz-duty h3").first).to_contain_text("必须")
    expect(page.locator(".gz-duty", has_text="可以")).to_contain_text("授权")
    page.wait_for_url("**?card=id/chaoyang/office/secretary-general")
    page.reload()
    expect(page.locator(".gz-cardview h2")).to_have_text("秘书长")
    page.locator(".gz-duty .gz-place", has_text="第四十一条").first.click()
    expect(page.locator(".gz-article h2")).to_have_text("第四十一条")


def test_a_card_is_printed_over_the_whole_width(page: Page) -> None:
    page.goto("/?card=id/chaoyang/office/secretary-general")
    expect(page.locator(".gz-duty").first).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("#gz-terms")).to_be_hidden()
    assert page.evaluate("document.querySelector('.gz-cardview').getBoundingClientRect().width / innerWidth") > 0.9


def test_a_document_shows_its_route_and_a_meeting_what_it_does(page: Page) -> None:
    page.goto("/?card=id/chaoyang/doc/personnel")
    expect(page.locator(".gz-figure svg")).to_contain_text("市长签发")
    page.goto("/?card=id/chaoyang/meeting/executive")
    expect(page.locator(".gz-figure svg")).to_contain_text("召集与主持")


def test_an_article_leads_to_cards_and_to_articles_that_share_something(page: Page) -> None:
    page.goto("/?article=22")
    page.locator(".gz-beside a", has_text="第二十三条").first.click()
    expect(page.locator(".gz-article h2")).to_have_text("第二十三条")
    page.locator(".gz-norm dd a", has_text="市长办公会议").first.click()
    expect(page.locator(".gz-cardview h2")).to_have_text("市长办公会议")


def test_relations_are_drawn_selected_expanded_and_zoomed(page: Page) -> None:
    page.goto(MAYOR)
    expect(page.locator(".gz-node.gz-main")).to_have_text(re.compile("^市长"))
    before = page.locator(".gz-node").count()
    assert before > 10
    other = page.locator(".gz-node", has_text="秘书长").first
    other.focus()
    expect(page.locator(".gz-told")).to_contain_text("市长 → 委托、授权 → 秘书长")
    page.keyboard.press("Enter")
    expect(page.locator(".gz-node")).not_to_have_count(before)
    shown = "document.querySelector('.gz-net > g').getAttribute('transform')"
    was = page.evaluate(shown)
    page.click("[data-zoom=in]")
    assert page.evaluate(shown) != was
    page.click("[data-hide=MeetingType]")
    expect(page.locator(".gz-k-MeetingType.gz-node").first).to_be_hidden()
    page.locator(".gz-told a", has_text="看卡片").click()
    expect(page.locator(".gz-cardview h2")).to_have_text("秘书长")


def test_another_picture_takes_the_place_of_the_first(page: Page) -> None:
    page.goto(MAYOR)
    expect(page.locator(".gz-node.gz-main")).to_have_text(re.compile("^市长"))
    page.goto("/?article=31")
    page.click("text=本条的关系图")
    expect(page.locator(".gz-graph h2")).to_have_text("第三十一条")
    expect(page.locator(".gz-node", has_text="市政府人事任免公文")).to_be_visible()
    page.wait_for_url("**?graph=**/art/31")
    page.go_back()
    expect(page.locator(".gz-article h2")).to_have_text("第三十一条")


def test_the_chart_is_one_sheet(page: Page) -> None:
    page.goto("/?chart=1")
    expect(page.locator(".gz-sheet svg")).to_contain_text("市政府常务会议")
    with page.expect_download() as started:
        page.click("text=下载图")
    assert started.value.suggested_filename.endswith(".svg")
    page.emulate_media(media="print")
    expect(page.locator("#gz-terms")).to_be_hidden()
    expect(page.locator(".gz-sheet svg")).to_be_visible()


def test_an_address_that_means_nothing_says_so(page: Page) -> None:
    for asked in ("card", "graph"):
        page.goto(f"/?{asked}=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
        expect(page.locator("#gz-card .gz-error")).to_contain_text("<img")


@pytest.mark.parametrize("options", [NARROW, DARK])
@pytest.mark.parametrize("address_part", [MAYOR, "/?card=id/chaoyang/meeting/executive"])
def test_it_fits_the_screen_and_stays_readable(page: Page, address_part: str) -> None:
    page.goto(address_part)
    expect(page.locator(".gz-node, .gz-figure svg").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ink, paper = page.evaluate(
        "(() => { const of = (s, p) => getComputedStyle(document.querySelector(s))[p].match(/[\\d.]+/g).slice(0, 3).map(Number);"
        " return [of('.gz-node:not(.gz-main) text, .dg text', 'fill'), of('.gz-node:not(.gz-main) rect, .dg g:not(.main) rect', 'fill')]; })()"
    )
    assert abs(sum(ink) - sum(paper)) > 350
