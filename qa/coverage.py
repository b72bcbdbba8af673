"""How much of a regulation's text the norms account for, article by article."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from qa.models import ArticleCoverage, Coverage, Iri, Row
from qa.store import Store

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
    names = {"bearer": "主体", "action": "行为", "object": "对象"}
    for slot, norms in found.lacking.items():
        lines.append(f"没有{names[slot]}的规范：{len(norms)}" + "".join(f"\n  {norm}" for norm in norms))
    return "\n".join(lines)


def _total(articles: Iterable[ArticleCoverage]) -> str:
    rows = list(articles)
    norms, characters, covered = (sum(getattr(row, name) for row in rows) for name in ("norms", "characters", "covered"))
    return f"{'合计' + '　' * 5}{norms:>4}{characters:>7}{covered:>6}{covered / max(characters, 1):>7.0%}"
