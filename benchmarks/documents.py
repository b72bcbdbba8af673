"""A synthetic register of documents beside the graph, of any size: ``python -m benchmarks.documents COUNT > documents.nt``.

About ten triples a document, the terms of ``ontology/registers.ttl``, document types and offices of the built graph. The same count gives the
same bytes.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from qa.store import Store

ROOT = Path(__file__).resolve().parents[1]
NS = "https://w3id.org/guizhi/ns#"
AT = "https://w3id.org/guizhi/id/register/benchmark/"
XSD = "http://www.w3.org/2001/XMLSchema#"
UNITS = [
    f"市{name}局"
    for name in [
        "教育",
        "公安",
        "民政",
        "司法",
        "财政",
        "交通",
        "水务",
        "农业农村",
        "商务",
        "文化",
        "卫生健康",
        "审计",
        "统计",
        "林业和草原",
        "信访",
        "医保",
    ]
]
SUBJECTS = [
    "年度工作要点",
    "防汛应急预案",
    "营商环境",
    "老旧小区改造",
    "干部任免",
    "财政预算调整",
    "行政规范性文件清理",
    "城市更新",
    "乡村振兴",
    "安全生产",
]


def documents(count: int, store: Store) -> Iterator[str]:
    """The N-Triples lines of ``count`` documents, each linked to a document type and to the post that signed it."""
    types = [str(row["x"]) for row in store.select("SELECT DISTINCT ?x { ?x a gz:DocumentType } ORDER BY ?x")]
    offices = [str(row["x"]) for row in store.select("SELECT DISTINCT ?x { ?x a gz:Office } ORDER BY ?x")]
    source = random.Random(count)
    for i in range(count):
        document, act = f"<{AT}document/{i}>", f"<{AT}document/{i}/signing>"
        day = date(2020, 1, 1) + timedelta(days=source.randrange(2000))
        unit = source.choice(UNITS)
        title = f"{unit}关于{source.choice(SUBJECTS)}的{source.choice(('请示', '报告', '通知', '函'))}（{i}）"
        yield f"{document} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{NS}DocumentRecord> .\n"
        yield f'{document} <{NS}recordNumber> "B{i:07d}" .\n'
        yield f'{document} <{NS}title> "{title}" .\n'
        yield f"{document} <{NS}documentType> <{source.choice(types)}> .\n"
        yield f'{document} <{NS}draftingUnit> "{unit}" .\n'
        yield f'{document} <{NS}dateIssued> "{day + timedelta(days=source.randrange(20))}"^^<{XSD}date> .\n'
        if i:
            yield f"{document} <{NS}answers> <{AT}document/{source.randrange(max(0, i - 50), i)}> .\n"
        yield f"{document} <{NS}signing> {act} .\n"
        yield f"{act} <{NS}actPost> <{source.choice(offices)}> .\n"
        yield f'{act} <{NS}actDate> "{day}"^^<{XSD}date> .\n'


if __name__ == "__main__":
    sys.stdout.writelines(documents(int(sys.argv[1]), Store.open(ROOT / "data" / "build" / "graph.nq")))
