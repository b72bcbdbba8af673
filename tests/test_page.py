"""HTML of the views: what people type never becomes markup, and every view shows what it must."""

from __future__ import annotations

import pytest

from qa.browse import Regulation
from qa.display import lead, local_path, mark, printed
from qa.page import Page
from qa.store import Store

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}${alert(1)}</textarea>"


@pytest.fixture(scope="module")
def regulation(store: Store) -> Regulation:
    """The project's regulation."""
    return Regulation(store)


@pytest.fixture(scope="module")
def page(regulation: Regulation) -> Page:
    """The page over it."""
    return Page(regulation)


def test_nothing_that_people_type_becomes_markup(page: Page, regulation: Regulation) -> None:
    views = [
        page.contents(1, EVIL),
        page.article(regulation.articles[0], EVIL),
    ]
    for html in views:
        assert "<script" not in html
        assert "<img" not in html
        assert 'href="javascript' not in html


def test_contents_and_search(page: Page, regulation: Regulation) -> None:
    assert page.contents(20).count("data-goto") == 44
    assert 'article=20" data-goto aria-current="true"' in page.contents(20)
    assert "没有条文" in page.contents(1, "量子计算")
    hits = [hit.article.part.number for hit in regulation.search("请销假")]
    assert hits == [41]
    assert next(hit.found for hit in regulation.search("签发 秘书长")) == "签发"
    assert not any(hit.article.part.label in hit.before for hit in regulation.search("会议")), "its label stands before it already"


def test_every_norm_is_found_in_the_text_beside_it(regulation: Regulation) -> None:
    assert sum(len(article.norms) for article in regulation.articles) > 400
    lost = [norm.iri for article in regulation.articles for norm in article.norms if norm.quote not in article.part.text]
    assert lost == []


@pytest.mark.parametrize(
    ("reference", "label"),
    [("31.3", "第三十一条（三）"), ("5", "第五条"), ("art/20/item/11", "第二十条（十一）"), ("0", None), ("31.99", None), ("", None)],
)
def test_references(regulation: Regulation, reference: str, label: str | None) -> None:
    found = regulation.find(reference)
    assert (found.label if found else None) == label


@pytest.mark.parametrize("quotes", [[], ["甲"], ["乙丙", "丙丁"], ["无"], [""], ["甲乙丙丁戊"]])
def test_marking_loses_no_character(quotes: list[str]) -> None:
    assert "".join(piece for piece, _ in mark("甲乙丙丁戊", quotes)) == "甲乙丙丁戊"


def test_small_things() -> None:
    assert mark("甲乙丙丁戊", ["乙丙", "丙丁"]) == (("甲", False), ("乙丙丁", True), ("戊", False))
    assert mark("甲乙；", ["甲乙"]) == (("甲乙", True), ("；", False)), "also where it is all"
    assert lead("市长。") == ("市长。", "")
    assert printed("谁签,谁核?") == "谁签，谁核？"
    assert local_path("https://w3id.org/guizhi/ns#bearer") == "/ns#bearer"
    assert local_path("javascript:alert(1)") == ""
