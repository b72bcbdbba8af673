"""The views of the graph: escaped, linked only to what exists, and one for every term."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from qa.atlas import Atlas
from qa.browse import Regulation
from qa.completions import completions
from qa.page import Page
from qa.pool import Pool
from qa.query_desk import QueryDesk
from qa.site_facts import Facts
from qa.store import Store
from qa.terms import BASE
from qa.web_routes import routes

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
FORMS = Path(__file__).parents[1] / "data" / "registers" / "templates"
MAYOR = "id/chaoyang/office/mayor"


@pytest.fixture(scope="module")
def facts(store: Store) -> Facts:
    return Facts(store)


@pytest.fixture(scope="module")
def atlas(facts: Facts) -> Atlas:
    return Atlas(facts)


@pytest.fixture(scope="module")
def client(atlas: Atlas, facts: Facts, nquads: Path) -> Iterator[TestClient]:
    with Pool(nquads) as pool:
        yield TestClient(Starlette(routes=routes(atlas, QueryDesk(pool, atlas, nquads.parent), completions(facts), FORMS)))


def links(html: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'href="([^"]*)" data-goto', html)]


def test_every_term_has_a_card_and_a_picture_and_every_link_leads_somewhere(atlas: Atlas, facts: Facts, store: Store) -> None:
    articles = {str(article.part.number) for article in Regulation(store).articles}
    for iri in facts.entities:
        path = iri.removeprefix(BASE)
        card = atlas.card(path)
        assert facts.labels[iri] in unescape(card)
        assert "gz-error" not in card
        assert 'class="gz-canvas"' in atlas.graph(path)
        for link in links(card):
            asked = parse_qs(urlsplit(link).query)
            assert set(asked) <= {"card", "graph", "article", "sparql"}
            assert all(BASE + value in facts.entities for value in asked.get("card", ()))
            assert set(asked.get("article", ())) <= articles


def test_every_filled_slot_beside_an_article_has_a_card(atlas: Atlas, facts: Facts, store: Store) -> None:
    regulation = Regulation(store)
    page = Page(regulation)
    for article in regulation.articles:
        html = page.article(article, "", atlas.related, atlas.beside(article.part.iri))
        for link in links(html):
            asked = parse_qs(urlsplit(link).query)
            assert all(BASE + value in facts.entities for value in asked.get("card", ())), link
        assert 'aria-label="与其他条文的联系"' in html


def test_a_norm_tells_what_supplements_it(atlas: Atlas, facts: Facts) -> None:
    told = {name for norm in facts.norms for name, _ in atlas.related(norm)}
    assert told == {"优先于", "补充", "另有优先规定", "另有补充规定"}
    assert atlas.related("urn:none") == []


def test_terms_are_found_by_any_of_their_names(atlas: Atlas) -> None:
    assert "人事任免公文" in atlas.contents("", "干部任免文件")
    assert "没有名称含有" in atlas.contents("", "量子计算")
    assert 'aria-current="true"' in atlas.contents(MAYOR)


def test_nothing_that_people_type_becomes_markup(atlas: Atlas) -> None:
    for html in (atlas.card(EVIL), atlas.graph(EVIL), atlas.contents(EVIL, EVIL)):
        assert "<script" not in html and "<img" not in html


def test_the_picture_in_the_page_is_the_one_of_the_service(atlas: Atlas, client: TestClient) -> None:
    found = re.search(r'data-picture="([^"]*)"', atlas.graph(MAYOR))
    assert found is not None
    assert json.loads(unescape(found[1])) == client.get("/web/around", params={"term": MAYOR}).json()


def test_what_the_page_fetches(client: TestClient) -> None:
    assert client.get("/web/around", params={"term": "nothing"}).json()["nodes"] == []
    assert client.get("/web/around").json()["edges"] == []
    assert client.get("/web/js/graph.js").headers["content-type"].startswith("text/javascript")
    assert client.get("/web/js/vendor/d3-force.js").status_code == 200
    assert client.get("/web/js/../page.css").status_code == 404
    assert client.get("/web/chart.svg").headers["content-type"] == "image/svg+xml"
