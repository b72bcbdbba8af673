"""What the page does when somebody opens an article: plain values in, HTML out. Knows no user-interface library."""

from __future__ import annotations

from qa.atlas import Atlas
from qa.browse import Regulation
from qa.check_desk import CheckDesk
from qa.desk_ask import AskDesk
from qa.page import Page
from qa.query_desk import QueryDesk
from qa.route_desk import RouteDesk
from qa.shelf_desk import ShelfDesk


class Desk:
    """The page's actions over one build. Holds no state of a visitor; safe to share between threads."""

    def __init__(
        self,
        asking: AskDesk,
        regulation: Regulation,
        page: Page,
        atlas: Atlas,
        queries: QueryDesk,
        route: RouteDesk,
        check: CheckDesk,
        shelf: ShelfDesk | None,
    ) -> None:
        """``shelf`` is where checked registers may be put for queries; ``None``: nowhere."""
        self.asking, self.regulation, self.page = asking, regulation, page
        self.atlas, self.queries = atlas, queries
        self.route, self.check, self.shelf = route, check, shelf

    def open(self, number: int, word: str = "") -> tuple[str, str, int]:
        """The contents with article ``number`` marked, the article itself, and its number; the first article where there is none such."""
        article = self.regulation.article(number) or self.regulation.articles[0]
        shown = self.page.article(article, word, self.atlas.related, self.atlas.beside(article.part.iri))
        return self.page.contents(article.part.number, word), shown, article.part.number

    def search(self, word: str, number: int) -> tuple[str, str, int]:
        """As :meth:`open`, with the first article that has ``word``; where none has it, article ``number`` stays."""
        hits = self.regulation.search(word)
        numbers = [hit.article.part.number for hit in hits]
        return self.open(number if number in numbers or not numbers else numbers[0], word)
