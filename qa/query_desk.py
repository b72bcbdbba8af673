"""What the page does with queries: examples to start from, the result as table, chart and picture, the workbook. Values in, HTML out."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from qa import charts, results, spreadsheet
from qa.atlas import Atlas
from qa.display import Cell, cell, elapsed
from qa.examples import Example, examples, found
from qa.page import WEB
from qa.pool import Pool
from qa.query import Malformed, Query, QueryFailure
from qa.site_models import Picture
from qa.stop import Stop, Stopped

SHOWN: Final = 500
"""Rows of a result that are shown; a file has them all."""
LINES: Final = 2_000
"""Lines of triples that are shown, likewise."""
LONGEST: Final = 8_000
"""Characters of a query that a permalink can carry."""
SOLUTIONS: Final = "application/sparql-results+json"
_ACCEPT: Final = f"{SOLUTIONS}, text/turtle"


@dataclass(frozen=True, slots=True)
class Found:
    """A result: its media type, its text, wall time in milliseconds, and the limit of rows where there were more."""

    media: str
    content: str
    milliseconds: float
    cut: int | None


class QueryDesk:
    """Queries over one pool, named and linked by ``atlas``; ``folder`` has the examples. Safe to share between threads."""

    def __init__(self, pool: Pool, atlas: Atlas, folder: Path) -> None:
        self._pool, self._atlas = pool, atlas
        self.every: tuple[Example, ...] = examples(folder)
        self._by_name = {example.name: example for example in self.every}
        self._templates = Environment(
            loader=FileSystemLoader(WEB), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )

    def text(self, name: str) -> str:
        """The text of the example called ``name``; empty where there is none such."""
        example = self._by_name.get(name)
        return example.text if example else ""

    def examples(self, words: str = "") -> str:
        """The examples by chapters, or those that have ``words``."""
        chosen = found(self.every, words)
        chapters = list(dict.fromkeys(example.chapters for example in chosen))
        groups = [(chapter, [example for example in chosen if example.chapters == chapter]) for chapter in chapters]
        return self._render("queries", groups=groups, count=len(chosen), words=words.strip())

    def intro(self) -> str:
        """What stands in the place of a result before a query has run."""
        return self._render("result_intro")

    def run(self, text: str, stop: Stop | None = None) -> str:
        """The result of a query; what went wrong, and where in it, if there is none; that it was stopped, if ``stop`` did."""
        if not text.strip():
            return self._render("result", error="请先写一个查询，或者选一个示例。", line=None, column=None)
        try:
            answer = self._ask(text, _ACCEPT, stop)
        except Stopped:
            return self._render("result", error="已取消，没有查询完。", line=None, column=None)
        except QueryFailure as failure:
            place = (failure.line, failure.column) if isinstance(failure, Malformed) else (None, None)
            return self._render("result", error=str(failure), line=place[0], column=place[1])
        values = self._solutions(answer) if answer.media.endswith("json") else self._triples(answer)
        query = urlencode({"query": text})
        downloads = [
            (
                f"规知查询.{form}",
                form.upper(),
                f"/web/result.xlsx?{query}" if form == "xlsx" else f"/sparql?format={_FORMATS.get(form, form)}&{query}",
            )
            for form in values["forms"]
        ]
        permalink = "?" + urlencode({"sparql": text}) if len(text) <= LONGEST else ""
        common = {"error": "", "elapsed": elapsed(answer.milliseconds), "cut": answer.cut, "downloads": downloads, "permalink": permalink}
        return self._render("result", **values, **common)

    def workbook(self, text: str) -> bytes:
        """The result of a SELECT query as an Excel workbook. Raises :class:`qa.query.QueryFailure`, for an ASK query :class:`KeyError`."""
        parsed = json.loads(self._ask(text, SOLUTIONS).content)
        return spreadsheet.workbook(parsed["head"].get("vars", []), parsed["results"]["bindings"], text)

    def _ask(self, text: str, accept: str, stop: Stop | None = None) -> Found:
        started = time.perf_counter()
        reply = self._pool.run(Query(text, accept), stop)
        return Found(reply.media, reply.text(), (time.perf_counter() - started) * 1000, self._pool.limits.rows if reply.cut else None)

    def _solutions(self, answer: Found) -> dict[str, Any]:
        parsed = json.loads(answer.content)
        if "boolean" in parsed:
            return {**_NOTHING, "boolean": parsed["boolean"], "summary": "ASK 的回答", "forms": ("json",)}
        names, rows = parsed["head"].get("vars", []), parsed["results"]["bindings"]
        return {
            **_NOTHING,
            "summary": f"{len(rows)} 行",
            "forms": ("csv", "xlsx", "json"),
            "names": names,
            "rows": [[self._linked(cell(row.get(name))) for name in names] for row in rows[:SHOWN]],
            "hidden": max(0, len(rows) - SHOWN),
            "chart": charts.chart(names, rows),
            **self._drawn(charts.row_picture(names, rows)),
        }

    def _triples(self, answer: Found) -> dict[str, Any]:
        triples, lines = results.statements(answer.content.encode()), answer.content.splitlines(keepends=True)
        return {
            **_NOTHING,
            "summary": f"{len(triples)} 条三元组",
            "forms": ("ttl", "nt", "jsonld"),
            "triples": "".join(lines[:LINES]),
            "hidden": max(0, len(lines) - LINES),
            **self._drawn(charts.triple_picture(triples)),
        }

    def _linked(self, value: Cell) -> Cell:
        """A cell that leads to the card or the article of its IRI, where there is one."""
        address = self._atlas.address(value.iri) if value.iri else ""
        return replace(value, href=address) if address else value

    def _drawn(self, picture: Picture) -> Mapping[str, Any]:
        plain = self._atlas.plain(picture)
        return {"picture": json.dumps(plain, ensure_ascii=False) if plain["nodes"] else "", "left_out": picture.hidden}

    def _render(self, name: str, **values: Any) -> str:
        return self._templates.get_template(f"{name}.html").render(**values)


_FORMATS: Final[Mapping[str, str]] = {"csv": "excel"}
"""What the endpoint calls a form; others by their own name. CSV is with a byte order mark, for spreadsheets."""
_NOTHING: Final[Mapping[str, Any]] = {
    "boolean": None,
    "names": (),
    "rows": (),
    "hidden": 0,
    "chart": None,
    "triples": "",
    "picture": "",
    "left_out": 0,
}
