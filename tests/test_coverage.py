"""Coverage: every deontic word of the text is quoted, and a gap would be seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib import Graph, Literal, Namespace, URIRef

from qa import graph, terms
from qa.coverage import MARKER, NOT_MARKER, coverage, page, report, table
from qa.store import Store, canonical

GZ = Namespace(terms.NS)
CHAOYANG = "https://w3id.org/guizhi/id/chaoyang/rules-2024"
SMALL = "https://w3id.org/guizhi/id/qingshi/meetings-2025"


@pytest.fixture(scope="module")
def small_store(small_graphs: dict[str, Graph]) -> Store:
    """The invented regulation with three of its norms forgotten."""
    name = terms.norms_graph("qingshi-2025")
    norms = Graph() + small_graphs[name]
    for forgotten in ("1-purpose", "3-1-discuss", "5-leave"):
        norms.remove((URIRef(f"{SMALL}/norm/{forgotten}"), GZ.quote, None))
    return Store(canonical(graph.nquads({**small_graphs, name: norms})))


def test_every_article_is_covered(store: Store) -> None:
    found = coverage(store, CHAOYANG)
    assert [article.reference for article in found.articles] == [str(number) for number in range(1, 45)]
    assert {article.label: article.unquoted for article in found.articles if article.unquoted} == {}
    assert {article.label: article.share for article in found.articles if article.share < 0.9} == {}
    assert sum(article.norms for article in found.articles) > 350
    assert found.lacking["action"] == ()


def test_gaps_are_found(small_store: Store) -> None:
    found = coverage(small_store, SMALL)
    by_reference = {article.reference: article for article in found.articles}
    assert by_reference["1"].norms == 0 and by_reference["1"].share == 0
    assert by_reference["5"].unquoted == ("与会人员不得缺席；", "确需请假的，应当向主持人请假。")[1:]
    assert by_reference["3"].norms == 3
    # 讨论年度计划 is in no quote, the printed number (一) does not count.
    third = by_reference["3"]
    assert third.characters == len("市政府全会由市长召集和主持一般每季度召开1次市政府全会的主要任务是讨论年度计划决定重大和紧急投资")
    assert third.covered == len("市政府全会由市长召集和主持一般每季度召开1次决定重大和紧急投资")


def test_norms_without_slots_are_listed(small_graphs: dict[str, Graph]) -> None:
    norm = URIRef(f"{SMALL}/norm/5-absence")
    changed = dict(small_graphs)
    changed["http://x/extra"] = Graph()
    name = terms.norms_graph("qingshi-2025")
    changed[name] = Graph() + small_graphs[name]
    changed[name].remove((norm, GZ.bearer, None))
    changed[name].remove((norm, GZ.action, None))
    changed[name].set((norm, GZ.marker, Literal("不得")))
    found = coverage(Store(canonical(graph.nquads(changed))), SMALL)
    assert found.lacking == {"bearer": (str(norm),), "action": (str(norm),), "object": ()}
    assert "没有主体的规范：1" in table(found)


def test_table_reads_by_article(small_store: Store) -> None:
    lines = table(coverage(small_store, SMALL)).splitlines()
    assert any(line.startswith("第三条") and line.endswith("%") for line in lines)
    assert "未引用的规范用语　第五条：确需请假的，应当向主持人请假。" in lines


@pytest.mark.parametrize(
    "text", ["须经批准", "应当公布", "应及时", "要加强", "不得", "严禁", "可安排", "可以邀请", "由市长签发", "一律不发", "视为同意"]
)
def test_markers(text: str) -> None:
    assert MARKER.search(NOT_MARKER.sub("□", text))


@pytest.mark.parametrize(
    "text", ["重要事项", "主要任务", "会议纪要", "工作要求", "必要性", "可操作性", "可预期", "由来已久", "反应", "许可"]
)
def test_words_that_are_not_markers(text: str) -> None:
    assert not MARKER.search(NOT_MARKER.sub("□", text))


def test_the_page_in_the_docs_is_what_the_data_give(root: Path, store: Store) -> None:
    written = (root / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert written == page(store), "请运行 guizhi coverage --markdown > docs/coverage.md"


def test_the_page_lists_gaps(small_store: Store) -> None:
    lines = page(small_store).splitlines()
    assert "- 第五条：确需请假的，应当向主持人请假。" in lines
    assert any(line.startswith("| 第三条 | 3 |") for line in lines)


def test_report_builds_the_graph_where_there_is_none(small: Path, small_graphs: dict[str, Graph]) -> None:
    small_store = Store(canonical(graph.nquads(small_graphs)))
    assert report(small) == f"青石市人民政府会议办法\n\n{table(coverage(small_store, SMALL))}"
