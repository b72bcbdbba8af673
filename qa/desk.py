"""What the page does when somebody opens an article or runs a query: plain values in, HTML out. Knows no user-interface library."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qa.browse import Regulation
from qa.desk_ask import AskDesk
from qa.page import Page
from qa.pool import Pool
from qa.query import Query, QueryFailure
from qa.route_desk import RouteDesk
from qa.terms import PREFIXES

_ACCEPT: Final = "application/sparql-results+json, text/turtle"


@dataclass(frozen=True, slots=True)
class Example:
    """A query to start from: its title (the first comment) and text."""

    title: str
    text: str


class Desk:
    """The page's actions over one build. Holds no state of a visitor; safe to share between threads."""

    def __init__(self, asking: AskDesk, regulation: Regulation, page: Page, pool: Pool, data: Path, route: RouteDesk) -> None:
        self._pool = pool
        self.asking, self.regulation, self.page, self.route = asking, regulation, page, route
        self.queries = tuple(_example(path) for path in sorted((data / "queries").glob("*.rq")))

    def open(self, number: int, word: str = "") -> tuple[str, str, int]:
        """The contents with article ``number`` marked, the article itself, and its number; the first article where there is none such."""
        article = self.regulation.article(number) or self.regulation.articles[0]
        return self.page.contents(article.part.number, word), self.page.article(article, word), article.part.number

    def search(self, word: str, number: int) -> tuple[str, str, int]:
        """As :meth:`open`, with the first article that has ``word``; where none has it, article ``number`` stays."""
        hits = self.regulation.search(word)
        numbers = [hit.article.part.number for hit in hits]
        return self.open(number if number in numbers or not numbers else numbers[0], word)

    def run(self, text: str) -> str:
        """The result of a query as HTML; what went wrong where there is none."""
        started = time.perf_counter()
        try:
            reply = self._pool.run(Query(text, _ACCEPT))
        except QueryFailure as failure:
            return self.page.failure(str(failure))
        with reply.body as body:
            content = body.read().decode("utf-8")
        milliseconds = (time.perf_counter() - started) * 1000
        return self.page.result(text, reply.media, content, milliseconds, self._pool.limits.rows if reply.cut else None)

    def query(self, title: str) -> str:
        """The text of the example query called ``title``, with the prefixes it may use; those alone where there is none."""
        text = next((example.text for example in self.queries if example.title == title), "SELECT ?s ?p ?o WHERE { ?s ?p ?o } LIMIT 10\n")
        return "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items() if f"{name}:" in text) + text


def _example(path: Path) -> Example:
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    return Example(first.lstrip("# ").strip(), rest)
