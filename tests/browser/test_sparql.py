"""The query editor, its examples and results, in a real browser."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

EDITOR = "#gz-query .cm-content"
NARROW = {"viewport": {"width": 360, "height": 740}}


def write(page: Page, text: str) -> None:
    page.click(EDITOR)
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def test_an_example_is_found_run_seen_in_three_ways_and_taken_home(page: Page) -> None:
    page.goto("/?tab=sparql")
    page.fill("#gz-query-word input, #gz-query-word textarea", "谁依职权签发")
    page.locator("#gz-queries a", has_text="谁依职权签发").click()
    expect(page.locator(EDITOR)).to_contain_text("gz:signs")
    expect(page.locator(".gz-result tbody tr").first).to_contain_text("市长")
    rows = page.locator(".gz-result tbody tr").count()
    page.click("[data-show=chart]")
    expect(page.locator(".gz-bar").first).to_contain_text("市长")
    page.click("[data-show=graph]")
    expect(page.locator(".gz-result .gz-node", has_text="市政府人事任免公文")).to_be_visible()
    expect(page.locator(".gz-result table")).to_be_hidden()
    with page.expect_download() as started:
        page.click("text=下载 XLSX")
    book = load_workbook(io.BytesIO(Path(started.value.path()).read_bytes()))
    assert book["结果"].max_row == rows + 1


def test_words_are_coloured_completed_and_run_from_the_keyboard(page: Page) -> None:
    page.goto("/?tab=sparql")
    write(page, "SELECT ?who WHERE { ?who gz:signs ?what . ?n gz:bea")
    page.keyboard.type("r")
    page.locator(".cm-tooltip-autocomplete li", has_text="gz:bearer").first.click()
    expect(page.locator(EDITOR)).to_contain_text("gz:bearer")
    expect(page.locator(f"{EDITOR} .gz-tk-word").first).to_have_text("SELECT")
    write(page, "SELECT ?n WHERE { ?n gz:bearer ")
    page.keyboard.type("秘书长")
    page.locator(".cm-tooltip-autocomplete li", has_text="秘书长").first.click()
    expect(page.locator(EDITOR)).to_contain_text("<https://w3id.org/guizhi/id/chaoyang/office/secretary-general>")
    page.keyboard.type(" }")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".gz-result tbody tr").first).to_be_visible()
    page.wait_for_url("**sparql=SELECT**")


def test_a_fault_is_marked_where_it_is_and_goes_when_it_is_mended(page: Page) -> None:
    page.goto("/?tab=sparql")
    write(page, "ASK { ?s gz:bearer }")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".gz-error")).to_contain_text("第1行")
    expect(page.locator(f"{EDITOR} .cm-lintRange-error")).to_have_count(1)
    write(page, "ASK { ?s gz:bearer ?o }")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".gz-result .gz-short")).to_contain_text("是")
    expect(page.locator(f"{EDITOR} .cm-lintRange-error")).to_have_count(0)


def test_a_card_and_a_permalink_open_here(page: Page) -> None:
    page.goto("/?card=id/chaoyang/office/mayor")
    page.click(".gz-acts >> text=在 SPARQL 中打开")
    expect(page.locator(EDITOR)).to_contain_text("office/mayor")
    expect(page.locator(".gz-result tbody tr").first).to_be_visible()
    page.wait_for_url("**sparql=**")  # the address follows the result, a moment later
    page.goto(page.url)
    expect(page.locator(EDITOR)).to_contain_text("office/mayor")
    expect(page.locator(".gz-result tbody tr").first).to_be_visible()
    page.locator(".gz-result td a, .gz-result td").first.wait_for()


def test_a_graph_is_shown_as_triples_and_as_a_picture(page: Page) -> None:
    page.goto("/?sparql=CONSTRUCT { ?b gz:signs ?d } WHERE { ?b gz:signs ?d }")
    expect(page.locator(".gz-result .gz-code")).to_contain_text("gz:signs")
    page.click("[data-show=graph]")
    expect(page.locator(".gz-result .gz-node", has_text="市长").first).to_be_visible()


@pytest.mark.parametrize("options", [NARROW])
def test_it_fits_a_narrow_screen(page: Page) -> None:
    page.goto("/?example=55-who-signs-what")
    for shown in ("table", "chart", "graph"):
        page.click(f"[data-show={shown}]")
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), shown


def test_a_long_query_is_stopped(page: Page) -> None:
    page.goto("/?tab=sparql")
    expect(page.locator("#gz-query-stop")).to_be_hidden()
    write(page, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }")
    page.keyboard.press("Control+Enter")
    page.click("#gz-query-stop")
    expect(page.locator("#gz-result .gz-error")).to_contain_text("已取消")
    expect(page.locator("#gz-query-stop")).to_be_hidden()
    write(page, "ASK { ?s a gz:Norm }")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".gz-result .gz-short")).to_contain_text("是")
