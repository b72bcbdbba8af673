"""What the tab of the graph shows: the list of terms, the card of one, the picture around it, the organisation on one sheet.

Terms are named in addresses by their path below :data:`qa.terms.BASE`: ``id/chaoyang/office/mayor``. Values in, HTML out; every value is
escaped by Jinja2.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from qa.cards import Cards
from qa.crossings import crossings
from qa.display import local_path
from qa.neighbours import NEAREST, around
from qa.org_chart import TITLE, org_chart
from qa.page import WEB
from qa.site_facts import ENTITY_KINDS, RELATIONS, Facts
from qa.site_models import Norm, Picture
from qa.terms import BASE, gz, local_name

_QUIET: Final = ("Matter", "Action")
"""Classes with so many members that they are listed only by a search."""
_MOST: Final = 60
"""Hits of a search that are listed."""
_BACK: Final = {"overrides": "另有优先规定", "supplements": "另有补充规定"}
_QUERY: Final = """# {label}：哪些规定提到它
SELECT DISTINCT ?作为 ?规定 ?依据 WHERE {{
  ?norm ?slot <{iri}> ; gz:quote ?quote ; rdfs:label ?规定 ; gz:provision ?p .
  ?slot rdfs:label ?作为 FILTER(lang(?作为) = "zh")
  ?p rdfs:label ?依据 ; gz:rawStart ?位置 .
}} ORDER BY ?位置
"""


class Atlas:
    """The views over ``facts``. Holds no state of a visitor; safe to share between threads."""

    def __init__(self, facts: Facts) -> None:
        self._facts, self._cards, self._crossings = facts, Cards(facts), crossings(facts)
        self.drawn_chart = org_chart(facts)
        """The organisation on one sheet, as SVG."""
        self._templates = Environment(
            loader=FileSystemLoader(WEB), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._templates.globals.update(
            label=lambda iri: facts.labels.get(iri) or local_name(iri),
            address=self.address,
            local=local_name,
            local_path=local_path,
            term=gz,
            relations=RELATIONS,
        )
        self.first = _foremost(facts).removeprefix(BASE)
        """The term that is shown when none is asked for."""

    def address(self, iri: str) -> str:
        """Where the page shows ``iri``: an article, or the card of an entity; empty where it shows neither."""
        facts = self._facts
        if iri in facts.norms:
            return self.address(facts.norms[iri].article)
        if iri in facts.parts:
            article = facts.above(iri, "Article")
            return f"/?article={local_name(article)}" if article else ""
        return f"/?card={quote(iri.removeprefix(BASE))}" if iri in facts.entities else ""

    def contents(self, current: str, word: str = "") -> str:
        """The terms by class, ``current`` (a path) marked; with ``word`` those that have each of its parts in one of their names."""
        words = word.lower().split()[:8]
        hits = [iri for iri in self._facts.entities if all(one in self._names(iri) for one in words)] if words else []
        kinds = [kind for kind in ENTITY_KINDS if words or kind not in _QUIET]
        listed = hits[:_MOST] if words else list(self._facts.entities)
        groups = [(kind, [iri for iri in listed if self._facts.entities[iri] == kind]) for kind in kinds]
        found = [(kind, members) for kind, members in groups if members]
        return self._render("terms", groups=found, current=BASE + current, word=word.strip(), hits=len(hits), most=_MOST)

    def card(self, path: str) -> str:
        """The card of the term at ``path``; a sentence where there is none."""
        card = self._cards.card(BASE + path)
        if card is None:
            return self._render("missing", path=path)
        steps = [(step, [self._facts.norms[norm] for norm in step.norms]) for step in card.steps]
        query = _QUERY.format(label=card.label.replace("\n", " "), iri=card.iri)
        return self._render("card", card=card, path=path, steps=steps, query=query)

    def graph(self, path: str) -> str:
        """The picture around the term or of the article at ``path``."""
        iri = BASE + path
        picture = around(self._facts, iri)
        if not picture.nodes:
            return self._render("missing", path=path)
        kinds = [kind for kind in ENTITY_KINDS if any(node.kind == kind for node in picture.nodes)]
        return self._render("network", **self._network(picture), path=path, iri=iri, kinds=kinds)

    def neighbours(self, path: str, limit: int = NEAREST) -> dict[str, Any]:
        """The picture around the term at ``path`` as plain values for JSON."""
        return self.plain(around(self._facts, BASE + path, limit))

    def chart(self) -> str:
        """The organisation on one sheet."""
        return self._render("chart", title=TITLE, chart=self.drawn_chart)

    def beside(self, article: str) -> str:
        """What belongs beside the article (IRI): what it regulates together with others, and what the rules do not say there."""
        silences = [silence for silence in self._facts.silences if article in silence.articles]
        path = article.removeprefix(BASE)
        return self._render("beside", shared=self._crossings.get(article, ()), silences=silences, path=path)

    def related(self, norm: str) -> list[tuple[str, str]]:
        """What overrides or supplements the norm (IRI), and what it overrides or supplements: the relation and the other's reading."""
        facts = self._facts
        one = facts.norms.get(norm)
        if one is None:
            return []
        out = [(facts.labels[gz(name)], other) for name in RELATIONS for other in one.slots.get(name, ())]
        back = [(_BACK[name], other) for name in RELATIONS for other in one.back.get(name, ())]
        return [(name, facts.norms[other].reading) for name, other in (*out, *back) if other in facts.norms]

    def plain(self, picture: Picture) -> dict[str, Any]:
        """``picture`` as plain values for JSON, its terms named and addressed as the page does."""
        nodes = [
            {
                "id": n.iri.removeprefix(BASE),
                "label": self._facts.labels.get(n.iri, n.label),
                "kind": self._facts.entities.get(n.iri, n.kind),
                "href": self.address(n.iri),
            }
            for n in picture.nodes
        ]
        edges = [
            {
                "source": edge.source.removeprefix(BASE),
                "target": edge.target.removeprefix(BASE),
                "label": edge.label,
                "facts": [self._fact(self._facts.norms[norm]) for norm in edge.norms],
            }
            for edge in picture.edges
        ]
        return {"centre": picture.centre.removeprefix(BASE), "nodes": nodes, "edges": edges, "hidden": picture.hidden}

    def _network(self, picture: Picture) -> Mapping[str, Any]:
        return {"picture": picture, "values": json.dumps(self.plain(picture), ensure_ascii=False)}

    def _fact(self, norm: Norm) -> dict[str, str]:
        return {"reading": norm.reading, "place": self._facts.labels[norm.place], "href": self.address(norm.iri)}

    def _names(self, iri: str) -> str:
        facts = self._facts
        return "\n".join((facts.labels[iri], facts.english.get(iri, ""), *facts.alternatives.get(iri, ()))).lower()

    def _render(self, name: str, **values: Any) -> str:
        return self._templates.get_template(f"{name}.html").render(**values)


def _foremost(facts: Facts) -> str:
    """Of the first class of entities the one that the most norms name: whoever opens the graph meets somebody they know."""
    named = Counter(iri for norm in facts.norms.values() for values in norm.slots.values() for iri in values)
    kind = next(iter(facts.entities.values()), "")
    return max((iri for iri, own in facts.entities.items() if own == kind), key=lambda iri: named[iri], default="")
