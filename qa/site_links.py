"""Where the generated pages lie and how they link: the path of a page is the path of its IRI, and every link is relative."""

from __future__ import annotations

import posixpath

from qa.site_facts import Facts
from qa.terms import BASE, NS, local_name


class Links:
    """The pages and anchors of everything in ``facts``."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._regulations = frozenset(facts.regulations)
        self._steps = {step.iri: route for route, steps in facts.steps.items() for step in steps}

    def page(self, iri: str) -> str:
        """The path of the page that shows ``iri``, below the site's folder; empty where no page does."""
        if iri.startswith(NS) and iri in self._facts.labels:
            return "ns.html"
        if iri in self._regulations or iri in self._facts.entities:
            return iri.removeprefix(BASE) + ".html"
        if iri in self._steps:
            return self.page(self._steps[iri])
        if iri in self._facts.norms:
            return self.page(self._facts.norms[iri].article)
        if iri in self._facts.parts:
            article = self._facts.above(iri, "Article")
            return article.removeprefix(BASE) + ".html" if article else self.page(self._facts.regulation(iri))
        return ""

    def anchor(self, iri: str) -> str:
        """The anchor of ``iri`` on its page; empty where the page is its own."""
        if iri.startswith(NS):
            return local_name(iri)
        if iri in self._facts.norms:
            return f"norm-{local_name(iri)}"
        if iri in self._steps:
            return f"step-{local_name(iri)}"
        part = self._facts.parts.get(iri)
        if part is None or part.kind == "Article":
            return ""
        whole = self._facts.above(iri, "Article") if part.kind != "Chapter" else self._facts.regulation(iri)
        return iri.removeprefix(whole + "/").replace("/", "-").replace(":", "-")

    def href(self, iri: str, here: str) -> str:
        """The relative link from the page ``here`` to ``iri``; empty where nothing shows it."""
        page, anchor = self.page(iri), self.anchor(iri)
        if not page:
            return ""
        return (between(here, page) if page != here else "") + (f"#{anchor}" if anchor else "") or local_name(page)


def between(here: str, there: str) -> str:
    """The relative path from the page ``here`` to the file ``there``, both below the site's folder."""
    return posixpath.relpath(there, posixpath.dirname(here) or ".")
