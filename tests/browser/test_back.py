"""“Back” and “forward” open what was seen, all of it and nothing else; the window is called by what it shows."""

from __future__ import annotations

from playwright.sync_api import APIResponse, Page, Route, expect

BOX = "#gz-question input"
FIRST, SECOND = "副市长出差要向谁请假？", "市政府由哪些人组成？"
AT_ONCE = """question => new MutationObserver((_, observer) => {
  const answer = document.querySelector(".gz-answer");
  if (!answer.textContent.includes(question)) return;
  observer.disconnect();
  answer.querySelector(".gz-card h3 a").click();
}).observe(document.body, { childList: true, subtree: true })"""
"""Opens the article in the moment in which the answer to a question appears."""


def ask(page: Page, question: str) -> None:
    page.fill(BOX, question)
    page.press(BOX, "Enter")
    expect(page.locator(".gz-asked")).to_contain_text(question)
    page.wait_for_url("**q=**")


def test_back_from_the_first_answer_is_the_page_as_it_was(page: Page) -> None:
    page.goto("/")
    ask(page, FIRST)
    page.go_back()
    expect(page.locator(".gz-answer")).to_have_count(0)
    expect(page.locator(BOX)).to_have_value("")
    expect(page.locator(".gz-examples")).to_be_visible()
    assert page.evaluate("location.search") == ""
    page.go_forward()
    expect(page.locator(".gz-asked")).to_contain_text(FIRST)
    expect(page.locator(BOX)).to_have_value(FIRST)


def test_two_steps_back_at_once(page: Page) -> None:
    """The second is asked for while the first is still on its way, and the reply to the first comes late."""
    page.goto("/?article=31")
    expect(page.locator(".gz-article h2")).to_have_text("第三十一条")
    for number, address in (("第三十二条", "**article=32"), ("第三十三条", "**article=33")):
        page.click("text=下一条")
        expect(page.locator(".gz-article h2")).to_have_text(number)
        page.wait_for_url(address)
    held: list[Route] = []
    page.route("**/gradio_api/run/**", lambda request: held.append(request), times=1)
    with page.expect_request("**/gradio_api/run/**"):
        page.evaluate("history.back()")
    page.evaluate("history.back()")
    page.wait_for_url("**article=31")
    page.wait_for_timeout(500)
    held[0].continue_()
    expect(page.locator(".gz-article h2")).to_have_text("第三十一条")
    page.wait_for_timeout(500)
    assert page.evaluate("location.search") == "?article=31"
    assert page.locator(".gz-article h2").inner_text() == "第三十一条"


def test_what_is_left_at_once_is_a_place_to_go_back_to(page: Page) -> None:
    page.goto("/")
    ask(page, FIRST)
    page.evaluate(AT_ONCE, SECOND)
    page.fill(BOX, SECOND)
    page.press(BOX, "Enter")
    page.wait_for_url("**article=**")
    page.go_back()
    expect(page.locator(".gz-asked")).to_contain_text(SECOND)
    page.go_back()
    expect(page.locator(".gz-asked")).to_contain_text(FIRST)


def test_a_double_click_asks_once(page: Page) -> None:
    page.goto("/")
    page.locator(".gz-examples button").first.dblclick()
    expect(page.locator(".gz-short")).to_be_visible()
    page.wait_for_timeout(500)
    expect(page.locator(".gz-history")).to_have_count(0)


def test_what_is_asked_before_the_answer_is_there_is_asked_too(page: Page) -> None:
    with page.expect_response("**/gradio_api/run/**"):
        page.goto("/")
    held: list[Route] = []
    page.route("**/gradio_api/run/**", lambda request: held.append(request), times=1)  # a builtin will not do
    with page.expect_request("**/gradio_api/run/**"):
        page.fill(BOX, FIRST)
        page.press(BOX, "Enter")
    page.fill(BOX, SECOND)
    page.press(BOX, "Enter")
    held[0].continue_()
    expect(page.locator(".gz-asked")).to_contain_text(SECOND)
    expect(page.locator(".gz-history")).to_contain_text(FIRST)


def test_the_window_is_called_by_what_it_shows(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_title("规知")
    ask(page, FIRST)
    expect(page).to_have_title(f"{FIRST} · 规知")
    page.locator(".gz-card h3 a").first.click()
    expect(page).to_have_title("第四十一条 · 规知")
    page.get_by_role("tab", name="图谱").click()
    expect(page).to_have_title("市长 · 规知")
    for name, title in (("核对", "核对登记资料"), ("办文导航", "办文导航"), ("SPARQL", "SPARQL 查询")):
        page.get_by_role("tab", name=name, exact=True).click()
        expect(page).to_have_title(f"{title} · 规知")


def test_a_slow_answer_is_said_to_be_on_its_way(page: Page) -> None:
    page.goto("/")
    expect(page.locator(".gz-examples")).to_be_visible()
    waiting = "document.documentElement.classList.contains('gz-asking')"
    page.fill(BOX, FIRST)
    page.evaluate(f"document.addEventListener('keydown', () => setTimeout(() => {{ window.waited = {waiting}; }}))")
    page.press(BOX, "Enter")
    expect(page.locator(".gz-short")).to_be_visible()
    assert page.evaluate("window.waited")
    page.wait_for_function(f"!{waiting}")


def test_what_is_opened_while_a_search_is_on_its_way_stays(page: Page) -> None:
    page.goto("/?article=22&find=会议")
    expect(page.locator(".gz-article h2")).to_have_text("第二十二条")
    replies: list[tuple[Route, APIResponse]] = []

    def hold(request: Route) -> None:
        opens = "address" in (request.request.post_data_json["event_data"] or {})
        if opens:
            request.continue_()
        else:
            replies.append((request, request.fetch()))

    page.route("**/gradio_api/run/**", hold)
    for number in ("第二十三条", "第二十四条"):  # the first empties the words looked for
        page.get_by_role("link", name="下一条").click()
        expect(page.locator(".gz-article h2")).to_have_text(number)
    for request, reply in replies:
        request.fulfill(response=reply)
    page.wait_for_timeout(500)
    expect(page.locator(".gz-article h2")).to_have_text("第二十四条")
