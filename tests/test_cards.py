"""Cards, links between articles, what surrounds a term, the organisation on one sheet: every fact is one of the graph's."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest

from qa.cards import Cards
from qa.crossings import crossings
from qa.neighbours import around
from qa.org_chart import org_chart
from qa.site_facts import Facts
from qa.store import Store

HERE = "https://w3id.org/guizhi/id/chaoyang/"
ACTION = "https://w3id.org/guizhi/vocab/action/"


@pytest.fixture(scope="module")
def facts(store: Store) -> Facts:
    return Facts(store)


@pytest.fixture(scope="module")
def cards(facts: Facts) -> Cards:
    return Cards(facts)


def test_a_role_has_what_it_must_may_and_must_not_do(cards: Cards) -> None:
    card = cards.card(HERE + "office/secretary-general")
    assert card is not None and card.label == "秘书长"
    duties = dict(card.duties)
    assert list(duties)[:2] == ["必须", "可以"]
    assert any("事先向市长请假" in norm.reading for norm in duties["必须"])
    assert any("授权" in norm.reading for norm in duties["可以"])
    assert ("主持的会议", (HERE + "meeting/special",)) in card.relations
    departments = cards.card(HERE + "body/departments")
    assert departments is not None and "不得" in dict(departments.duties)


def test_no_duty_is_lost_or_told_twice(cards: Cards, facts: Facts) -> None:
    for iri, kind in facts.entities.items():
        card = cards.card(iri)
        assert card is not None
        told = [norm.iri for _, norms in card.duties for norm in norms]
        bound = [norm.iri for norm in facts.users(iri).get("bearer", [])]
        if kind in ("Office", "Body", "RelativeRole", "PersonGroup"):
            assert sorted(told) == sorted(bound)
        else:
            assert told == []


def test_a_document_has_its_route_drawn_and_a_meeting_itself(cards: Cards) -> None:
    document, meeting = cards.card(HERE + "doc/personnel"), cards.card(HERE + "meeting/executive")
    assert document is not None and meeting is not None
    assert [iri for iri, _ in document.diagrams] == [HERE + "route/personnel"]
    assert "市长签发" in document.diagrams[0][1]
    assert [iri for iri, _ in meeting.diagrams] == [meeting.iri]
    assert "纪要" in dict(meeting.uses)


def test_what_is_no_entity_has_no_card(cards: Cards) -> None:
    assert cards.card(HERE + "rules-2024/art/5") is None
    assert cards.card("") is None


def test_articles_are_linked_by_what_they_share(facts: Facts) -> None:
    links = crossings(facts)
    shared = {one.thing: one.others for one in links[HERE + "rules-2024/art/22"]}
    assert shared[facts_minutes(facts)] == (HERE + "rules-2024/art/23",)
    for article, found in links.items():
        for one in found:
            assert article not in one.others
            assert all(any(back.thing == one.thing and article in back.others for back in links[other]) for other in one.others)


def facts_minutes(facts: Facts) -> str:
    return next(iri for iri in facts.entities if facts.labels[iri] == "会议纪要" and iri.startswith(HERE))


def told(facts: Facts, iri: str) -> set[tuple[str, str, str]]:
    return {(facts.labels[e.source], e.label, facts.labels[e.target]) for e in around(facts, iri, 1000).edges}


def test_around_a_document_stand_those_who_handle_it(facts: Facts) -> None:
    assert told(facts, HERE + "doc/personnel") == {
        ("市政府分管负责同志", "审核", "市政府人事任免公文"),
        ("市长", "签发", "市政府人事任免公文"),
        ("市政府人事任免公文", "办理程序", "市政府人事任免公文的审核签发"),
    }


def test_around_an_action_stand_who_does_it_and_to_what(facts: Facts) -> None:
    found = told(facts, ACTION + "review-sign")
    assert ("市长", "主体", "审签") in found
    assert any(one == "审签" and name == "对象" for one, name, _ in found)


def test_supervision_points_from_the_supervisor(facts: Facts) -> None:
    assert ("市人大及其常委会", "监督", "市政府") in told(facts, HERE + "body/government")


def test_every_picture_is_whole_and_bounded(facts: Facts) -> None:
    for iri in facts.entities:
        picture = around(facts, iri, 5)
        shown = {node.iri for node in picture.nodes}
        assert iri in shown and len(shown) == len(picture.nodes) <= 6
        assert all({edge.source, edge.target} <= shown and iri in (edge.source, edge.target) for edge in picture.edges)
        assert len({(edge.source, edge.target) for edge in picture.edges}) == len(picture.edges)
        assert picture.hidden == len(around(facts, iri, 1000).nodes) - len(picture.nodes)


def test_around_an_article_stands_what_its_norms_say(facts: Facts) -> None:
    picture = around(facts, HERE + "rules-2024/art/31")
    assert picture.centre == ""
    assert {norm for edge in picture.edges for norm in edge.norms} <= {norm.iri for norm in facts.by_article[HERE + "rules-2024/art/31"]}
    assert len(picture.edges) > 20


def test_around_nothing_stands_nothing(facts: Facts) -> None:
    assert around(facts, "urn:nothing").nodes == ()


def test_the_chart_names_leaders_meetings_and_documents(facts: Facts) -> None:
    chart = org_chart(facts)
    root = ElementTree.fromstring(chart)
    lines = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    for words in ("市长", "秘书长", "市政府常务会议", "市政府人事任免公文", "2 市长签发", "主持：市长、负责常务工作的副市长"):
        assert words in lines, words
    chaired = sum(len(chairs) for chairs in facts.related["gz:chair"].values())
    signed = sum(len(steps[-1].bearers) for steps in facts.steps.values())
    assert len(re.findall(r'<path class="t\d"', chart)) == chaired + signed
    assert org_chart(facts) == chart
