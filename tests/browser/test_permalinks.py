"""Every kind of address opens what it says, also on a slow machine, and stays what it is."""

from __future__ import annotations

from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import Page, Route, expect

EDITOR = "#gz-query .cm-content"
SLOW = 4
"""How many times slower the browser's processor is made."""
KINDS = {
    "question": ("/?q=人事任免公文由谁签发？", ".gz-short", "市长签发"),
    "follow-up": ("/?q=秘书长出差要向谁请假？", ".gz-short", "市长请假"),
    "article": ("/?article=31", ".gz-article h2", "第三十一条"),
    "article with words": ("/?article=41&find=请假", ".gz-contents mark", "请假"),
    "role": ("/?card=id/chaoyang/office/secretary-general", ".gz-cardview h2", "秘书长"),
    "term graph": ("/?graph=id/chaoyang/office/mayor", ".gz-node.gz-main", "市长"),
    "chart": ("/?chart=1", ".gz-sheet svg", "市政府常务会议"),
    "query": ("/?sparql=ASK { ?norm a gz:Norm }", ".gz-result .gz-short", "是（true）"),
    "example": ("/?example=05-norms-by-chapter", ".gz-result tbody tr", "第一章"),
    "route": ("/?tab=route&公文种类=以市政府名义发出的函件", ".gz-way svg", "签发"),
    "editor": ("/?tab=sparql", EDITOR, "SELECT"),
    "checks": ("/?tab=check", "#gz-report h2", "登记资料"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_opens_on_a_slow_machine(page: Page, kind: str) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOW})
    address, shown, words = KINDS[kind]
    page.goto(address)
    expect(page.locator(shown).first).to_be_visible()
    expect(page.locator(shown).first).to_contain_text(words)
    if kind == "query":
        expect(page.locator(EDITOR)).to_have_text("ASK { ?norm a gz:Norm }")
    if kind == "example":
        expect(page.locator(EDITOR)).to_contain_text("每章有多少项规范")
        page.wait_for_url("**sparql=**")  # a copied link shows the same, should the example change
    elif kind != "checks":
        page.wait_for_url(lambda url: unquote_plus(url).endswith(address))


def test_without_the_editor_a_query_is_written_in_a_plain_box(page: Page) -> None:
    """On a machine so slow, or with files so broken, that the editor is not there (yet)."""
    held: list[Route] = []
    page.route("**/web/js/editor.js", lambda request: held.append(request))  # a builtin will not do
    page.goto("/?tab=sparql")
    box = page.get_by_role("textbox", name="SPARQL 查询")
    expect(box).not_to_have_value("")
    box.fill("ASK { ?norm a gz:Norm }")
    page.click("#gz-run")
    expect(page.locator(".gz-result .gz-short")).to_contain_text("是（true）")
    box.fill("ASK { ?norm a gz:Obligation }")
    for request in held:
        request.continue_()
    expect(page.locator(EDITOR)).to_have_text("ASK { ?norm a gz:Obligation }")
    expect(page.locator("#gz-query textarea")).to_have_count(0)


def test_whoever_is_quicker_than_the_first_reply_stays_where_they_went(page: Page) -> None:
    """A busy machine: the page can be used, and what its address opens is not known yet."""
    held: list[Route] = []
    page.route("**/gradio_api/run/**", lambda request: held.append(request))  # a builtin will not do
    with page.expect_request("**/gradio_api/run/**"):
        Page.goto(page, "/")  # not waiting for it to be drawn
    page.get_by_role("tab", name="图谱").click()
    expect(page.locator("#gz-name")).to_be_visible()
    for request in list(held):
        with page.expect_response("**/gradio_api/run/**"):
            request.continue_()
    page.wait_for_timeout(300)  # nothing is to happen: there is nothing to wait for
    expect(page.locator("#gz-name")).to_be_visible()


def test_the_address_follows_the_tabs(page: Page) -> None:
    """A copied address, or the page loaded again, is what was seen."""
    page.goto("/?article=31")
    expect(page.locator(".gz-article h2")).to_have_text("第三十一条")
    for name, key in (("核对", "check"), ("办文导航", "route"), ("SPARQL", "sparql")):
        page.get_by_role("tab", name=name, exact=True).click()
        page.wait_for_url(f"**?tab={key}")
    page.reload()
    expect(page.get_by_role("tab", name="SPARQL")).to_have_attribute("aria-selected", "true")
    expect(page.locator(EDITOR)).to_be_visible()
    page.get_by_role("tab", name="问", exact=True).click()
    page.wait_for_url(lambda url: url.endswith("/"))
    page.go_back()
    expect(page.locator(EDITOR)).to_be_visible()
    page.go_forward()
    expect(page.locator(".gz-examples")).to_be_visible()
