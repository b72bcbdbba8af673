"""The generated pages: everything has its page, every link leads somewhere, nothing comes from outside, the bytes are the same each time."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rdflib import Graph

from qa import diagram, graph
from qa.diagram import Box
from qa.site import build_site
from qa.store import Store, canonical
from qa.terms import BASE

PAGED = ["Office", "Body", "RelativeRole", "PersonGroup", "MeetingType", "ApprovalRoute", "DocumentType", "Matter", "Action"]


class Page(HTMLParser):
    """What a page refers to, its anchors, and its visible text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "iframe", "object", "embed", "form", "img")
        for name, value in attrs:
            assert not name.startswith("on")
            if name in ("href", "src"):
                self.links.append(value or "")
            elif name == "id":
                self.anchors.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def site(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build_site(store, folder)
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def members(store: Store, *kinds: str) -> list[str]:
    return [str(row["x"]).removeprefix(BASE) for kind in kinds for row in store.select(f"SELECT DISTINCT ?x WHERE {{ ?x a gz:{kind} }}")]


def test_every_article_and_entity_has_a_page(store: Store, site: Path) -> None:
    wanted = members(store, "Article", *PAGED)
    assert len(wanted) > 600
    assert [iri for iri in wanted if not (site / f"{iri}.html").is_file()] == []


def test_every_norm_and_silence_is_shown(store: Store, pages: dict[Path, Page]) -> None:
    text = "\n".join(page.text for path, page in pages.items() if path.parent.name == "art")
    for kind in ("Norm", "Silence"):
        readings = store.select(f"SELECT ?l WHERE {{ ?x a gz:{kind} ; rdfs:label ?l }}")
        assert readings and [str(row["l"]) for row in readings if str(row["l"]) not in text] == []


def test_every_paragraph_and_item_has_an_anchor(store: Store, site: Path, pages: dict[Path, Page]) -> None:
    for iri in members(store, "Paragraph", "Item"):
        article, _, rest = iri.partition("/art/")
        number, _, part = rest.partition("/")
        assert part.replace("/", "-") in pages[site / f"{article}/art/{number}.html"].anchors


def test_links_resolve_and_none_leads_outside(site: Path, pages: dict[Path, Page]) -> None:
    broken = []
    for path, page in pages.items():
        assert len(page.anchors) == len(set(page.anchors)), path
        for link in page.links:
            file, _, anchor = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            known = target.is_file() and target.is_relative_to(site) and (not anchor or anchor in pages[target].anchors)
            if ":" in link or link.startswith("/") or not known:
                broken.append((path.name, link))
    assert broken == []
    css = (site / "style.css").read_text(encoding="utf-8")
    assert "url(" not in css and "@import" not in css and "prefers-color-scheme: dark" in css


def test_routes_and_meetings_are_drawn(store: Store, site: Path, pages: dict[Path, Page]) -> None:
    drawn = members(store, "ApprovalRoute", "MeetingType")
    assert len(drawn) > 20
    for iri in drawn:
        svg = (site / f"{iri}.svg").read_text(encoding="utf-8")
        assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
        assert "href" not in svg and svg in (site / f"{iri}.html").read_text(encoding="utf-8")


def test_cards_say_who_must_and_who_must_not(site: Path, pages: dict[Path, Page]) -> None:
    text = pages[site / "id/chaoyang/body/departments.html"].text
    assert "必须（" in text and "不得（" in text
    assert "以市政府名义发出的函件的审核签发" in pages[site / "id/chaoyang/doc/letter.html"].text


def test_two_runs_give_the_same_bytes(site: Path, store: Store, small_graphs: dict[str, Graph], tmp_path: Path) -> None:
    nquads = tmp_path / "graph.nq"
    nquads.write_bytes(canonical(graph.nquads(small_graphs)))
    script = "import sys; from pathlib import Path; from qa.site import *; build_site(Store.open(Path(sys.argv[1])), Path(sys.argv[2]))"
    found = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run(
            [sys.executable, "-c", script, str(nquads), str(tmp_path / seed)], check=True, env=environment, cwd=Path(__file__).parents[1]
        )
        found.append({path.relative_to(tmp_path / seed): path.read_bytes() for path in (tmp_path / seed).rglob("*") if path.is_file()})
    assert found[0] == found[1] and Path("id/qingshi/meetings-2025/art/4.html") in found[0]
    build_site(store, tmp_path / "again")
    assert all((tmp_path / "again" / path.relative_to(site)).read_bytes() == path.read_bytes() for path in site.rglob("*.html"))


def test_text_in_diagrams_is_wrapped_and_escaped() -> None:
    assert list(diagram.wrapped("一二三四五，六", 5 * diagram.SIZE)) == ["一二三四五，", "六"]
    svg = diagram.route("<题>", Box("公文 & 函", kind="main"), [Box("审核", ("主体：市长",)), Box("签发")])
    assert "&lt;题&gt;" in svg and "公文 &amp; 函" in svg and svg.count("<circle") == 2 == svg.count('class="tip"')
    alone = diagram.meeting("会议", Box("会议"), [], [], None)
    assert ElementTree.fromstring(alone).tag.endswith("svg")
