"""The tab of checks in a real browser: a sample, an upload, the article, the annotated workbook."""

from __future__ import annotations

import io
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Page, expect

SAMPLES = Path(__file__).parents[2] / "data" / "page" / "samples"
PATIENT = 60_000


def test_the_sample_shows_its_faults(page: Page) -> None:
    page.goto("/?tab=check")
    page.get_by_role("button", name="试一试：公文登记簿").click()
    report = page.locator(".gz-report")
    expect(report.locator(".gz-findings tbody tr").first).to_be_visible(timeout=PATIENT)
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
    expect(page.locator("#gz-registers")).to_contain_text(".csv", timeout=PATIENT)
    page.click("#gz-check")
    expect(page.locator("#gz-downloads")).to_be_visible(timeout=PATIENT)
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
    expect(page.locator("#gz-registers")).to_contain_text("很多", timeout=PATIENT)
    page.click("#gz-check")
    expect(page.locator("#gz-report")).to_contain_text("读取：已有", timeout=PATIENT)
    page.click("#gz-check-cancel")
    expect(page.locator("#gz-report .gz-error")).to_contain_text("已取消", timeout=PATIENT)
    expect(page.locator("#gz-check-cancel")).to_be_hidden()
    page.get_by_role("button", name="试一试：公文登记簿").click()
    expect(page.locator(".gz-findings tbody tr").first).to_be_visible(timeout=PATIENT)
