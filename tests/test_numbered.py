"""Questions that name a provision by its printed number."""

from __future__ import annotations

from typing import Any

import asking
import pytest
import yaml
from asking import BASE, ROOT, cases

from qa.models import Intent, Reading, Reference
from qa.numbered import NoSuchProvision, Numbered, WhichArticle
from qa.store import Store

SMALL = """<http://x/r> <http://purl.org/dc/terms/identifier> "r" .
<http://x/r/art/1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://w3id.org/guizhi/ns#Article> .
<http://x/r/art/1> <https://w3id.org/guizhi/ns#number> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .
<http://x/r/art/1> <http://www.w3.org/2000/01/rdf-schema#label> "第一条"@zh .
"""
SETTINGS: dict[str, str] = yaml.safe_load((ROOT / "data" / "intents" / "asking.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def numbered() -> Numbered:
    return Numbered(asking.store(), BASE, SETTINGS)


@pytest.mark.parametrize("case", cases("numbered"))
def test_question(case: dict[str, Any], numbered: Numbered) -> None:
    reading = asking.read(case["question"])
    if "missing" in case:
        with pytest.raises(NoSuchProvision, match=case["missing"]):
            numbered.intent(reading)
    elif "choices" in case:
        with pytest.raises(WhichArticle, match="哪一条") as caught:
            numbered.intent(reading)
        assert set(case["choices"]) <= {choice.removesuffix("是什么内容？") for choice in caught.value.choices}
        assert all(isinstance(numbered.intent(asking.read(choice)), Intent) for choice in caught.value.choices), (
            "a choice must be a whole question"
        )
    else:
        intent = numbered.intent(reading)
        wanted = f"{BASE}/{case['provision']}" if "provision" in case else None
        assert (intent and intent.bound("provision")) == (wanted and (wanted,))
        assert "family" not in case or (intent and intent.family == case["family"])


def test_chapters_and_articles_are_told_by_their_own_families(numbered: Numbered) -> None:
    assert {numbered.intent(asking.read(q)).family for q in ("第二章讲什么",)} == {"chapter"}  # type: ignore[union-attr]
    assert {numbered.intent(asking.read(q)).family for q in ("第二条讲什么",)} == {"provision"}  # type: ignore[union-attr]


def test_another_regulation_has_its_own_numbers() -> None:
    store = Store(SMALL.encode())
    reading = Reading("第一条", (), (), frozenset({"text"}), Reference(article=1))
    assert Numbered(store, "http://x/r", SETTINGS).intent(reading) == Intent("provision", (("provision", ("http://x/r/art/1",)),))
    with pytest.raises(NoSuchProvision):
        Numbered(store, "http://x/r2", SETTINGS).intent(reading)
