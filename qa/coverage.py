"""How much of a regulation's text the norms account for, article by article: as a table for the terminal and as a page of the docs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from qa import build, graph
from qa.models import ArticleCoverage, Coverage, Iri, Row
from qa.store import Store, canonical

MARKER: Final = re.compile(
    r"必须|须|应当|应|不得|严禁|禁止|一律|原则上|提倡|视为|可以|可"
    r"|要|由(?=[^，。；]{1,20}?(?:负责|签发|审签|主持|召集|确定|审核|起草|组成|审查))"
)
"""Words by which a rule's text obliges, forbids, permits or empowers."""
NOT_MARKER: Final = re.compile(
    r"[主重纪需必简紧首摘]要|要(?:求|点|素|情|件)|[响反供对适]应|应(?:用|急|对)"
    r"|[许认]可|可(?:操作|预期|行性|持续|能|靠)|由于|自由|理由"
)
"""Words that contain the character of a marker without being one."""
SENTENCE: Final = re.compile(r"[^。；\n]+[。；]?")
SLOTS: Final = ("bearer", "action", "object")
_SLOT_NAMES: Final = {"bearer": "主体", "action": "行为", "object": "对象"}
_WHY: Final = {
    "bearer": "原文没有主语，也不能由上下文确定是谁，不补写。",
    "action": "规范应当都有行为。",
    "object": "监督关系的内容在监督者、被监督者和监督形式中，没有另外的对象。",
}
_ITEM: Final = re.compile(r"^[（(][一二三四五六七八九十]+[）)][ \u3000]*", re.MULTILINE)

_ARTICLES: Final = """
SELECT ?regulation ?article ?reference ?label ?text WHERE {
  ?article gz:regulation ?regulation ; a gz:Article ; gz:number ?number ; gz:reference ?reference ; rdfs:label ?label ; gz:text ?text .
} ORDER BY ?number"""
_PARTS: Final = """
SELECT DISTINCT ?article ?part ?start WHERE { ?part gz:partOf* ?article ; gz:rawStart ?start } ORDER BY ?start ?part"""
_QUOTES: Final = "SELECT ?part ?norm ?quote WHERE { ?norm gz:provision ?part ; gz:quote ?quote } ORDER BY ?norm"
_LACKING: Final = """
SELECT DISTINCT ?regulation ?norm ?slot WHERE {
  VALUES (?slot ?property) { ("bearer" gz:bearer) ("action" gz:action) ("object" gz:object) }
  ?norm a gz:Norm ; gz:regulation ?regulation . FILTER NOT EXISTS { ?norm ?property ?value }
} ORDER BY ?norm"""

_REGULATIONS: Final = """
SELECT DISTINCT ?regulation ?label WHERE {
  ?article a gz:Article ; gz:regulation ?regulation . ?regulation rdfs:label ?label FILTER(lang(?label) = "zh")
} ORDER BY ?regulation"""
_READINGS: Final = "SELECT ?norm ?reading ?place WHERE { ?norm a gz:Norm ; rdfs:label ?reading ; gz:provision/rdfs:label ?place }"


def report(root: Path) -> str:
    """The coverage of every regulation of the project at ``root`` as plain text, from its build where that is fresh, else from its data."""
    store = _open(root)
    found = store.select(_REGULATIONS)
    return "\n\n".join(f"{row['label']}\n\n{table(coverage(store, str(row['regulation'])))}" for row in found)


def markdown(root: Path) -> str:
    """:func:`page` for the project at ``root``."""
    return page(_open(root))


def page(store: Store) -> str:
    """``docs/coverage.md``: the coverage of every regulation in ``store`` as Markdown."""
    readings = {str(row["norm"]): f"{row['place']}　{row['reading']}" for row in store.select(_READINGS)}
    lines = [_HEAD]
    for row in store.select(_REGULATIONS):
        lines += [f"## {row['label']}\n", *_page(coverage(store, str(row["regulation"])), readings)]
    return "\n".join(lines).rstrip() + "\n"


_HEAD: Final = """# 规范对条文的覆盖

由 `guizhi coverage --markdown > docs/coverage.md` 生成，请勿手改。“字数”是条文的汉字、字母和数字（不计标点和项的编号），“已引”是其中落在某项规范引文里的字数。
"""


def _open(root: Path) -> Store:
    out = root / "data" / "build"
    if not build.is_stale(root, out):
        return Store.open(out / build.GRAPH)
    return Store(canonical(graph.nquads(build.graphs(root))))


def coverage(store: Store, regulation: str) -> Coverage:
    """The coverage of the regulation with this IRI by the norms in ``store``."""
    of = {"regulation": Iri(regulation)}
    lacking = store.select(_LACKING, of)
    by_slot = {slot: tuple(str(row["norm"]) for row in lacking if str(row["slot"]) == slot) for slot in SLOTS}
    return Coverage(tuple(_article(store, row) for row in store.select(_ARTICLES, of)), by_slot)


def _article(store: Store, row: Row) -> ArticleCoverage:
    text = str(row["text"])
    quotes = [
        quote for part in store.select(_PARTS, {"article": row["article"]}) for quote in store.select(_QUOTES, {"part": part["part"]})
    ]
    quoted = _positions(text, {str(quote["quote"]) for quote in quotes})
    counted = _counted(text)
    norms = {str(quote["norm"]) for quote in quotes}
    unquoted = tuple(_unquoted(text, quoted))
    return ArticleCoverage(str(row["reference"]), str(row["label"]), len(counted), len(counted & quoted), len(norms), unquoted)


def _positions(text: str, quotes: Iterable[str]) -> set[int]:
    """Every offset of ``text`` that lies in an occurrence of one of ``quotes``."""
    found: set[int] = set()
    for quote in quotes:
        start = text.find(quote)
        while start >= 0:
            found.update(range(start, start + len(quote)))
            start = text.find(quote, start + 1)
    return found


def _counted(text: str) -> set[int]:
    numbers = {offset for match in _ITEM.finditer(text) for offset in range(*match.span())}
    return {offset for offset, character in enumerate(text) if character.isalnum()} - numbers


def _unquoted(text: str, quoted: set[int]) -> Iterator[str]:
    """The sentences of ``text`` in which a marker stands outside every quote."""
    masked = NOT_MARKER.sub(lambda match: "□" * len(match.group()), text)
    for sentence in SENTENCE.finditer(text):
        if any(match.start() not in quoted for match in MARKER.finditer(masked, *sentence.span())):
            yield sentence.group().strip()


def table(found: Coverage) -> str:
    """``found`` as plain text: a row an article, then what is missing."""
    lines = ["条        规范数  字数  已引  占比", "-" * 34]
    for article in found.articles:
        label = article.label + "　" * (7 - len(article.label))
        lines.append(f"{label}{article.norms:>4}{article.characters:>7}{article.covered:>6}{article.share:>7.0%}")
    lines.append(_total(found.articles))
    for article in found.articles:
        lines += [f"未引用的规范用语　{article.label}：{sentence}" for sentence in article.unquoted]
    for slot, norms in found.lacking.items():
        lines.append(f"没有{_SLOT_NAMES[slot]}的规范：{len(norms)}" + "".join(f"\n  {norm}" for norm in norms))
    return "\n".join(lines)


def _page(found: Coverage, readings: dict[str, str]) -> Iterator[str]:
    yield "| 条 | 规范 | 字数 | 已引 | 占比 |\n|---|--:|--:|--:|--:|"
    for article in found.articles:
        yield f"| {article.label} | {article.norms} | {article.characters} | {article.covered} | {article.share:.0%} |"
    norms, characters, covered, share = _sums(found.articles)
    yield f"| **合计** | **{norms}** | **{characters}** | **{covered}** | **{share:.1%}** |\n"
    unquoted = [f"- {article.label}：{sentence}" for article in found.articles for sentence in article.unquoted]
    yield f"**没有引用的规范用语**（须、应、不得、可、由……负责等）：{len(unquoted)} 句。\n"
    yield from [*unquoted, ""] if unquoted else []
    for slot, lacking in found.lacking.items():
        yield f"**没有{_SLOT_NAMES[slot]}的规范**：{len(lacking)} 项。{_WHY[slot] if lacking else ''}\n"
        yield from [*(f"- {readings[norm]}" for norm in lacking), ""] if lacking else []


def _sums(articles: Iterable[ArticleCoverage]) -> tuple[int, int, int, float]:
    rows = list(articles)
    norms, characters, covered = (sum(getattr(row, name) for row in rows) for name in ("norms", "characters", "covered"))
    return norms, characters, covered, covered / max(characters, 1)


def _total(articles: Iterable[ArticleCoverage]) -> str:
    norms, characters, covered, share = _sums(articles)
    return f"{'合计' + '　' * 5}{norms:>4}{characters:>7}{covered:>6}{share:>7.0%}"
