"""Values → HTML. Everything is escaped by Jinja2's autoescape; the only markup is in the templates of ``qa/web/``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from qa.browse import SLOTS, Article, Regulation
from qa.display import card_path, local_path, printed
from qa.terms import local_name

if TYPE_CHECKING:
    from qa.resources import Resource

WEB: Final = Path(__file__).parent / "web"


class Page:
    """Renders the views of one regulation. Stateless; every method returns HTML."""

    def __init__(self, regulation: Regulation) -> None:
        self._regulation = regulation
        self._templates = Environment(
            loader=FileSystemLoader(WEB), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._templates.filters["printed"] = printed
        self._templates.globals.update(
            path=local_path,
            card=card_path,
            local=local_name,
            entity_slots=SLOTS,
            numbers=lambda articles: [a.part.number for a in articles],
        )

    def header(self, number: str = "") -> str:
        """The page's heading; ``number`` is the document number of the regulation."""
        return self.render("header", title=self._regulation.title, number=number)

    def contents(self, current: int, word: str = "") -> str:
        """The table of contents, or the hits of ``word``."""
        chapters = [(chapter, self._regulation.within(chapter)) for chapter in self._regulation.chapters]
        hits = self._regulation.search(word) if word.strip() else None
        return self.render("contents", chapters=chapters, hits=hits, word=word.strip(), current=current)

    def article(
        self, article: Article, word: str = "", related: Callable[[str], Sequence[tuple[str, str]]] = lambda _: (), beside: str = ""
    ) -> str:
        """An article with its norms; ``word`` is marked in the text.

        ``related`` tells what a norm (IRI) overrides, supplements, and so on; ``beside`` is HTML to stand below the text.
        """
        number = article.part.number
        before, after = (n if self._regulation.article(n) else 0 for n in (number - 1, number + 1))
        return self.render(
            "article", article=article, before=before, after=after, word=word.strip(), related=related, beside=Markup(beside)
        )

    def resource(self, resource: Resource) -> str:
        """The page of one of our IRIs."""
        return self.render("resource", title=resource.label, css=stylesheet(), resource=resource)

    def ontology(self, terms: Sequence[tuple[str, str, str, str]]) -> str:
        """The page of the ontology: local name, kind, label and definition of each term."""
        return self.render("ontology", title="规知本体", css=stylesheet(), terms=terms)

    def graph(self, iri: str, count: str) -> str:
        """The page of a named graph."""
        return self.render("graph", title="命名图", css=stylesheet(), iri=iri, count=count)

    def render(self, name: str, **values: Any) -> str:
        """The template ``name`` with ``values``."""
        return self._templates.get_template(f"{name}.html").render(**values)


@cache
def stylesheet() -> str:
    """The stylesheet of all pages."""
    return (WEB / "page.css").read_text(encoding="utf-8")
