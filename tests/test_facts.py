"""The picture of an answer shows the norms that it rests on and no others."""

from __future__ import annotations

import asking
import pytest

from qa.browse import Regulation
from qa.facts import Fact, facts


@pytest.fixture(scope="module")
def regulation() -> Regulation:
    return Regulation(asking.store())


def drawn(question: str, regulation: Regulation) -> tuple[Fact, ...]:
    return facts(asking.answerer().ask(question), regulation)


def test_who_does_what(regulation: Regulation) -> None:
    fact = drawn("人事任免公文由谁签发？", regulation)[-1]
    assert (fact.who, fact.action, fact.what, fact.forbidden) == (("市长",), ("签发",), ("市政府人事任免公文",), False)
    assert fact.label == "第三十一条（三）"
    assert dict(fact.more)["条件"] == ("经市政府分管负责同志审核后",)


def test_what_must_not_be_done_is_marked(regulation: Regulation) -> None:
    forbidden = [norm.quote for article in regulation.articles for norm in article.norms if norm.kind.iri.endswith("Prohibition")]
    assert forbidden
    assert any(fact.forbidden for fact in drawn("能不能越级行文？", regulation))


@pytest.mark.parametrize("question", ["市长办公会议多久召开一次？", "今天天气怎么样"])
def test_a_refusal_has_no_picture(question: str, regulation: Regulation) -> None:
    assert drawn(question, regulation) == ()


@pytest.mark.parametrize("question", ["哪些公文由市长签发？", "秘书长的职责是什么？"])
def test_each_norm_is_drawn_once(question: str, regulation: Regulation) -> None:
    found = drawn(question, regulation)
    assert found and len(set(found)) == len(found)


def test_what_is_said_in_the_same_words_but_was_not_asked_is_not_drawn(regulation: Regulation) -> None:
    """Who reviews stands in the sentence that says who signs."""
    found = drawn("哪些公文由市长签发？", regulation)
    assert {fact.action for fact in found} == {("签发",), ("审签",)}
    assert all("市长" in fact.who for fact in found)
