"""The graph as pages to be read offline: ``data/build/site/``, static HTML without scripts or outside references.

A page for every article, office, body, role, group, meeting, document type, matter, action and approval route; one for each regulation and
for the ontology. The path of a page is the path of its IRI. The same graph gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from qa.cards import Cards
from qa.models import Workspace
from qa.site_facts import ENTITY_KINDS, RELATIONS, SLOTS, Facts
from qa.site_links import Links, between
from qa.site_models import Part
from qa.site_ontology import ontology
from qa.store import Store
from qa.terms import ONTOLOGY, gz, local_name

FOLDER: Final = "site"
TEMPLATES: Final = Path(__file__).with_name("templates")
_FRONT: Final = ("ApprovalRoute", "MeetingType", "Office", "Body", "RelativeRole", "PersonGroup")
"""The classes listed on the first page; the others are listed on a page of their own."""


def site_step(workspace: Workspace) -> None:
    """The build step: pages below ``site/`` in the build folder."""
    build_site(Store.open(workspace.graph), workspace.target / FOLDER)


def build_site(store: Store, target: Path) -> None:
    """Write the pages for the graph in ``store`` below the folder ``target``, which is made."""
    facts = Facts(store)
    links = Links(facts)
    shelf = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )

    def write(path: str, template: str, **values: Any) -> None:
        depth = path.count("/")
        text = shelf.get_template(template).render(
            top="../" * depth,
            href=lambda iri: links.href(iri, path),
            anchor=links.anchor,
            label=lambda iri: facts.labels.get(iri) or local_name(iri),
            local=local_name,
            term=gz,
            slots=SLOTS,
            relations=RELATIONS,
            **values,
        )
        _save(target / path, text)

    _save(target / "style.css", (TEMPLATES / "style.css").read_text(encoding="utf-8"))
    write("index.html", "index.html.j2", regulations=[_contents(facts, iri) for iri in facts.regulations], lists=_lists(facts, _FRONT))
    rest = tuple(kind for kind in ENTITY_KINDS if kind not in _FRONT)
    write("entities.html", "entities.html.j2", lists=_lists(facts, rest))
    write("ns.html", "ontology.html.j2", ontology=ONTOLOGY, **ontology(store))
    for regulation in facts.regulations:
        write(links.page(regulation), "regulation.html.j2", **_contents(facts, regulation))
        for values in _articles(facts, links, regulation):
            write(links.page(values["article"].iri), "article.html.j2", **values)
    _entities(facts, links, target, write)


def _save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _lists(facts: Facts, kinds: tuple[str, ...]) -> list[tuple[str, list[str]]]:
    found = [(kind, [iri for iri, its in facts.entities.items() if its == kind]) for kind in kinds]
    return [(kind, members) for kind, members in found if members]


def _contents(facts: Facts, regulation: str) -> dict[str, Any]:
    chapters: dict[str, list[tuple[Part, int]]] = {}
    for part in facts.parts.values():
        if part.kind == "Article" and facts.regulation(part.iri) == regulation:
            count = len(facts.by_article.get(part.iri, ()))
            chapters.setdefault(facts.above(part.iri, "Chapter"), []).append((part, count))
    listed = [(facts.parts.get(chapter), articles) for chapter, articles in chapters.items()]
    return {"iri": regulation, "about": facts.about(regulation), "chapters": listed}


def _articles(facts: Facts, links: Links, regulation: str) -> Iterator[dict[str, Any]]:
    articles = [part for part in facts.parts.values() if part.kind == "Article" and facts.regulation(part.iri) == regulation]
    for before, article, after in zip([None, *articles], articles, [*articles[1:], None], strict=False):
        norms = facts.by_article.get(article.iri, [])
        yield {
            "article": article,
            "regulation": regulation,
            "chapter": facts.parts.get(facts.above(article.iri, "Chapter")),
            "before": before,
            "after": after,
            "printed": list(_printed(facts, links, article)),
            "former": [
                part for part in facts.parts.values() if part.kind == "FormerVersion" and facts.above(part.iri, "Article") == article.iri
            ],
            "bound": list(dict.fromkeys(bearer for norm in norms for bearer in norm.slots.get("bearer", ()))),
            "norms": norms,
            "silences": [silence for silence in facts.silences if article.iri in silence.articles],
        }


def _printed(facts: Facts, links: Links, article: Part) -> Iterator[tuple[str, str]]:
    """The lines of an article, each with the anchor of the paragraph or item that it begins."""
    within = [
        part for part in facts.parts.values() if part.kind in ("Paragraph", "Item") and facts.above(part.iri, "Article") == article.iri
    ]
    for line in article.text.split("\n"):
        begins = bool(within) and line.endswith(within[0].text.split("\n")[0])
        yield (links.anchor(within.pop(0).iri) if begins else ""), line


def _entities(facts: Facts, links: Links, target: Path, write: Callable[..., None]) -> None:
    cards = Cards(facts)
    for iri, svg in cards.drawn.items():
        _save(target / links.page(iri).replace(".html", ".svg"), svg)
    for iri in facts.entities:
        page = links.page(iri)
        card = cards.card(iri)
        assert card is not None  # every entity has one
        write(
            page,
            "entity.html.j2",
            card=card,
            diagrams=[(facts.labels[one], svg, "" if one == iri else between(page, links.page(one))) for one, svg in card.diagrams],
            steps=[(step, [facts.norms[norm] for norm in step.norms]) for step in card.steps],
        )
