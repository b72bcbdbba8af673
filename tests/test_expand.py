"""Families and wordings → canonical questions; files that cannot be used say so in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asking
import pytest
from asking import cases

from qa.expand import Family, FamilyError, expand_family, expand_wordings, load_families
from qa.models import Intent, Iri, Text

BASE = "https://w3id.org/guizhi/id/qingshi/meetings-2025"
FAMILIES = {name: Family(name, "norm", name) for name in ("bearer", "whether", "items")}


def one_line(caught: pytest.ExceptionInfo[FamilyError], names: list[str]) -> None:
    message = str(caught.value)
    assert message and "\n" not in message
    assert [name for name in names if name not in message] == []


@pytest.mark.parametrize("case", cases("faulty-families"))
def test_a_faulty_family(case: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "families").mkdir()
    (tmp_path / "families" / "f.yaml").write_text(case["text"], "utf-8")
    with pytest.raises(FamilyError) as caught:
        load_families(tmp_path)
    one_line(caught, case["names"])


@pytest.mark.parametrize("case", cases("faulty-wordings"))
def test_a_faulty_wording(case: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(case["text"], "utf-8")
    with pytest.raises(FamilyError) as caught:
        list(expand_wordings(tmp_path / "w.yaml", BASE, FAMILIES))
    one_line(caught, case["names"])


def test_no_family_at_all(tmp_path: Path) -> None:
    with pytest.raises(FamilyError, match=r"families/\*\.yaml"):
        load_families(tmp_path)


def test_a_family_may_keep_its_query_in_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "families"
    folder.mkdir()
    (folder / "norm.rq").write_text("SELECT ?s WHERE { ?s ?p ?o }", "utf-8")
    (folder / "f.yaml").write_text("{id: a, kind: norm, title: 甲, query: norm.rq, say: [一, 二]}", "utf-8")
    assert load_families(tmp_path) == {"a": Family("a", "norm", "甲", query="SELECT ?s WHERE { ?s ?p ?o }", say=("一", "二"))}


def test_templates_over_rows() -> None:
    family = Family("sign", "norm", "签", over="SELECT …", say=("谁签{doc}", "{doc}由{who}签", "{missing}？"))
    rows = [{"norm": Iri("x:1"), "doc": Text("公文", "zh")}, {"norm": Iri("x:2"), "doc": Text("议案"), "who": Text("市长")}]
    asked: list[str] = []

    def select(query: str) -> list[Any]:
        asked.append(query)
        return rows

    one, two = (Intent("sign", (("norm", (iri,)),)) for iri in ("x:1", "x:2"))
    assert list(expand_family(family, select)) == [("谁签公文", one), ("谁签议案", two), ("议案由市长签", two)]
    assert asked == ["SELECT …"]


def test_a_family_without_rows_asks_as_it_is_written() -> None:
    assert list(expand_family(Family("o", "outside", "外", say=("下雨吗",)), lambda _: [])) == [("下雨吗", Intent("o", ()))]


def test_wordings(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_text(
        """- norms: [1-basis, 2-who]
  ask: bearer
  say: [谁定的, 2024]
- {norms: [1-basis], ask: whether, reply: no, say: [行吗]}
- {norms: [1-basis], ask: whether, reply: yes, say: [要吗]}
- {norms: [1-basis], ask: whether, reply: depends, say: [能吗]}
- {provisions: [art/19, art/20/item/1], ask: items, say: [几项]}
- {silence: who-knows, say: [多少人]}
""",
        "utf-8",
    )
    norm = (("norm", (f"{BASE}/norm/1-basis",)),)
    both = Intent("bearer", (("norm", (f"{BASE}/norm/1-basis", f"{BASE}/norm/2-who")),))
    assert list(expand_wordings(path, BASE, FAMILIES)) == [
        ("谁定的", both),
        ("2024", both),
        ("行吗", Intent("whether", norm, "no")),
        ("要吗", Intent("whether", norm, "yes")),
        ("能吗", Intent("whether", norm, "depends")),
        ("几项", Intent("items", (("provision", (f"{BASE}/art/19", f"{BASE}/art/20/item/1")),))),
        ("多少人", Intent("silence", (("silence", (f"{BASE}/silence/who-knows",)),))),
    ]


def test_the_projects_families_say_something() -> None:
    store, families = asking.store(), asking.families()
    assert len(families) > 40
    empty = [f.id for f in families.values() if f.say and not any(True for _ in expand_family(f, store.select))]
    assert empty == []
    left = [text for f in families.values() for text, _ in expand_family(f, store.select) if "{" in text or not text.strip()]
    assert left == []
