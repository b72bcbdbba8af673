"""Provisions that a question only describes."""

from __future__ import annotations

import asking
import pytest
import yaml
from asking import BASE, INTENTS

from qa.described import Described
from qa.ground import Ground
from qa.models import Status
from qa.numbered import WhichArticle

ABOUT = {
    "公文怎么签": {"31-1-province-sign": 0.2, "31-3-sign": 0.1, "30-p2-sign": 0.05},
    "管请假": {"24-no-leave": 0.5, "41-p3-deputies-leave": 0.4},
    "讲作风、纪律": {"42-p1-four-winds": 0.3, "41-p4-finance": 0.3, "13-integrity": 0.2},
    "管什么都行": {"24-no-leave": 0.1},
}


@pytest.fixture(scope="module")
def described() -> Described:
    settings = yaml.safe_load((INTENTS / "asking.yaml").read_text(encoding="utf-8"))

    def about(text: str) -> dict[str, float]:
        return {norm(name): share for name, share in ABOUT[text].items()}

    store = asking.store()
    return Described(store, Ground(store, asking.index()), about, settings)


def norm(name: str) -> str:
    """The IRI of the norm ``name``, which must be there."""
    iri = f"{BASE}/norm/{name}"
    assert list(asking.store().select(f"SELECT ?p WHERE {{ <{iri}> gz:provision ?p }}")), name
    return iri


@pytest.mark.parametrize(
    ("question", "numbered"),
    [
        ("公文怎么签的那一条,拢共归成几类情形", "第三十一条,拢共归成几类情形"),
        ("公文怎么签的那条在第几章", "第三十一条在第几章"),
        ("公文怎么签那条的原文", "第三十一条的原文"),
        ("讲作风、纪律的那一章,占了几条", "第八章,占了几条"),
        ("公文怎么签的那条要几天", "公文怎么签的那条要几天"),
        ("管什么都行的那条有几款", "管什么都行的那条有几款"),
        ("公文怎么签的那条是第几条", "公文怎么签的那条是第几条"),
        ("附则那一章有几条", "附则那一章有几条"),
    ],
    ids=["items", "chapter of it", "text", "a chapter", "asks for something in it", "may mean any", "asks which it is", "there is none"],
)
def test_it_gets_its_number(described: Described, question: str, numbered: str) -> None:
    assert described(question, question, BASE) == numbered


def test_what_is_called_by_its_name_needs_no_description(described: Described) -> None:
    assert described("会议制度那一章有几条", "第五章有几条", BASE) == "第五章有几条"
    assert described("讲作风、纪律的那一章有几条", "讲作风、第八章有几条", BASE) == "第八章有几条"


def test_one_of_two_is_asked_back(described: Described) -> None:
    with pytest.raises(WhichArticle, match="哪一条") as which:
        described("管请假的那条有几款", "管请假的那条有几款", BASE)
    assert which.value.choices == ("第二十四条有几款", "第四十一条有几款")


def test_another_regulation_has_none_of_it(described: Described) -> None:
    assert described("公文怎么签的那条有几项", "公文怎么签的那条有几项", "https://example.org/another") == "公文怎么签的那条有几项"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("签字出门那一条，拢共归成几类情形？", "第三十一条（公文审核签发）列了7项"),
        ("压轴讲作风、纪律的那一章，占了几条？", "共7条"),
        ("规定督查工作的那条分几段？", "第三十六条有2款"),
        ("管会议请假的条文分成几款", "第二十四条只有1款"),
        ("砍文件、砍简报那条，几款？", "第三十三条有2款"),
        ("分成几款写的，就是给干活的人撑腰、还要反四风的那条？", "第四十二条有2款"),
        ("常务会任务 list 里排第七的那项是什么？", "第二十条（七）"),
        ("整份规则 total 是多少章、多少条？", "共8章44条"),
        ("这份东西长不长，从头到尾一共多少条？", "共8章44条"),
        ("通篇共分几章、合计多少条？", "共8章44条"),
    ],
)
def test_it_is_answered_as_if_it_were_numbered(question: str, said: str) -> None:
    answer = asking.answerer().ask(question)
    assert answer.status is Status.ANSWERED and said in answer.answer, answer.answer


@pytest.mark.parametrize(
    ("before", "question", "said"),
    [("第三章的标题是什么？", "那它底下有几条？", "共6条"), ("第三十一条讲什么？", "里面有几项？", "第三十一条（公文审核签发）列了7项")],
)
def test_the_parts_of_what_was_asked_before_are_counted(before: str, question: str, said: str) -> None:
    answer = asking.answerer().ask(question, history=[before])
    assert answer.status is Status.ANSWERED and said in answer.answer, answer.answer
