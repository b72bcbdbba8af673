"""The graph as pages to be read offline: ``data/build/site/``, static HTML without scripts or outside references.

A page for every article, office, body, role, group, meeting, document type, matter, action and approval route; one for each regulation and
for the ontology. The path of a page is the path of its IRI. The same graph gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from qa import site_diagrams
from qa.models import Workspace
from qa.site_facts import ENTITY_KINDS, RELATIONS, SLOTS, Facts
from qa.site_links import Links, between
from qa.site_models import Norm, Part
from qa.site_ontology import ontology
from qa.store import Store
from qa.terms import ONTOLOGY, gz, local_name

FOLDER: Final = "site"
TEMPLATES: Final = Path(__file__).with_name("templates")
BEARERS: Final = ("Office", "Body", "RelativeRole", "PersonGroup", "MeetingType")
_FRONT: Final = ("ApprovalRoute", "MeetingType", "Office", "Body", "RelativeRole", "PersonGroup")
"""The classes listed on the first page; the others are listed on a page of their own."""
_CARD: Final = (
    ("必须", {"Obligation"}),
    ("不得", {"Prohibition"}),
    ("可以", {"Permission", "Delegation"}),
    ("职责与职权", {"Competence"}),
    ("提倡", {"Recommendation"}),
)
_RELATED: Final = (
    ("skos:broader", "上位", "下位"),
    ("gz:route", "办理程序", "适用于"),
    ("gz:chair", "主持人", "主持的会议"),
    ("gz:convener", "召集人", "召集的会议"),
    ("gz:minutesSigner", "纪要签发人", "签发其纪要的会议"),
    ("gz:signs", "签发", "由谁签发"),
)
"""Links between entities: the name of the relation from the one and from the other."""


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
    drawn = site_diagrams.drawn(facts)
    for iri, svg in drawn.items():
        _save(target / links.page(iri).replace(".html", ".svg"), svg)
    for iri, kind in facts.entities.items():
        page = links.page(iri)
        routes = [iri] if iri in drawn else [route for route in facts.related["gz:route"].get(iri, ()) if route in drawn]
        write(
            page,
            "entity.html.j2",
            iri=iri,
            kind=kind,
            english=facts.english.get(iri, ""),
            names=facts.alternatives.get(iri, ()),
            relations_of=list(_relations(facts, iri)),
            diagrams=[(facts.labels[one], drawn[one], "" if one == iri else between(page, links.page(one))) for one in routes],
            steps=[
                {"iri": s.iri, "label": s.label, "bearers": s.bearers, "norms": [facts.norms[n] for n in s.norms]}
                for s in facts.steps.get(iri, ())
            ],
            card=_card(facts.users(iri).get("bearer", [])) if kind in BEARERS and kind != "MeetingType" else [],
            sections=site_diagrams.sections(facts, iri) if kind == "MeetingType" else _uses(facts, iri, kind),
            silences=[silence for silence in facts.silences if iri in silence.about],
        )


def _relations(facts: Facts, iri: str) -> Iterator[tuple[str, list[str]]]:
    for name, one, other in _RELATED:
        if to := [value for value in facts.related[name].get(iri, ()) if value in facts.entities]:
            yield one, to
        if back := [source for source, values in facts.related[name].items() if iri in values and source in facts.entities]:
            yield other, back


def _card(norms: list[Norm]) -> list[tuple[str, list[Norm]]]:
    """``norms`` as the card of whoever they bind: what must, must not and may be done, and what falls to them."""
    named = {kind for _, kinds in _CARD for kind in kinds}
    groups = [(heading, [norm for norm in norms if norm.kinds[0] in kinds]) for heading, kinds in _CARD]
    groups.append(("其他规定", [norm for norm in norms if norm.kinds[0] not in named]))
    return [(heading, found) for heading, found in groups if found]


def _uses(facts: Facts, iri: str, kind: str) -> list[tuple[str, list[Norm]]]:
    shown = [slot for slot in SLOTS if not (slot == "bearer" and kind in BEARERS)]
    return [(f"在规范中作为“{facts.labels[gz(slot)]}”", facts.users(iri)[slot]) for slot in shown if slot in facts.users(iri)]
