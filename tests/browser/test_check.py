"""The tab of checks in a real browser: a sample, an upload, the article, the annotated workbook."""

from __future__ import annotations

import io
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Page, expect

SAMPLES = Path(__file__).parents[2] / "data" / "page" / "samples"


def test_the_sample_shows_its_faults(page: Page) -> None:
    page.goto("/?tab=check")
    page.get_by_role("button", name="试一试：公文登记簿").click()
    report = page.locator(".gz-report")
    expect(report.locator(".gz-findings tbody tr").first).to_be_visible()
    expect(report).to_contain_text("一件请示里有 2 个请示事项")
    expect(report).to_contain_text("六月份")
    page.fill("[data-filter]", "市统计局")
    expect(report.locator(".gz-findings").first.locator("tbody tr:visible")).to_have_count(2)
    report.locator(".gz-findings tbody tr:visible a").first.click()
    expect(page.locator(".gz-article h2")).to_contain_text("第")


def test_an_uploaded_register_comes_back_annotated(page: Page) -> None:
    page.goto("/?tab=check")
    sample = SAMPLES / "公文登记簿（样例）.csv"
    page.set_input_files("#gz-registers input[type=file]", sample)
    expect(page.locator("#gz-registers")).to_contain_text(".csv")
    page.click("#gz-check")
    expect(page.locator("#gz-downloads")).to_be_visible()
    with page.expect_download() as download:
        page.locator("#gz-downloads a[download$='.xlsx']").first.click()
    book = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert "检查结果" in book.sheetnames
    assert any(cell.comment for row in book.worksheets[0].iter_rows() for cell in row)


def test_a_long_check_says_how_far_it_is_and_is_stopped(page: Page, tmp_path: Path) -> None:
    sample = SAMPLES / "公文登记簿（样例）.csv"
    lines = sample.read_text(encoding="utf-8-sig").splitlines()
    register = tmp_path / "很多.csv"
    register.write_text("\n".join([*lines[:2], *(f"{n}{line}" for n in range(4000) for line in lines[2:])]), encoding="utf-8-sig")
    page.goto("/?tab=check")
    expect(page.locator("#gz-check-cancel")).to_be_hidden()
    page.set_input_files("#gz-registers input[type=file]", register)
    expect(page.locator("#gz-registers")).to_contain_text("很多")
    page.click("#gz-check")
    expect(page.locator("#gz-report")).to_contain_text("读取：已有")
    page.click("#gz-check-cancel")
    expect(page.locator("#gz-report .gz-error")).to_contain_text("已取消")
    expect(page.locator("#gz-check-cancel")).to_be_hidden()
    page.get_by_role("button", name="试一试：公文登记簿").click()
    expect(page.locator(".gz-findings tbody tr").first).to_be_visible()


def test_a_checked_register_is_queried_and_taken_out_again(page: Page) -> None:
    page.goto("/?tab=check")
    expect(page.locator("#gz-put")).to_be_hidden()
    page.get_by_role("button", name="试一试：公文登记簿").click()
    expect(page.locator("#gz-put")).to_be_visible()
    expect(page.locator("#gz-shelf")).to_contain_text("凡能访问这个服务的人都能查到")
    page.click("#gz-put")
    expect(page.locator("#gz-shelf [role=status]")).to_contain_text("已放进 SPARQL 查询：“公文登记簿（样例）”")
    page.locator("#gz-shelf a", has_text="在 SPARQL 中查询").click()
    expect(page.locator("#gz-query .cm-content")).to_contain_text("graph/register/")
    expect(page.locator(".gz-result tbody tr")).to_have_count(8)
    expect(page.locator(".gz-result tbody tr").first).to_contain_text("公文登记")
    page.goto("/?tab=check")  # another visit sees what is there
    page.locator("#gz-shelf button", has_text="取出").click()
    expect(page.locator("#gz-shelf [role=status]")).to_contain_text("已取出")
    expect(page.locator("#gz-shelf a")).to_have_count(0)
