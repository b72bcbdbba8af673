"""The lexicon: what the build writes, and what is opened over it."""

from __future__ import annotations

import json
from pathlib import Path

import asking
import pytest

from qa.lexicon import DICTIONARY, SOUNDS, build_lexicon


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lexicon")
    build_lexicon(["会议纪要由市长签发", "会议纪要"], folder)
    return folder


def test_the_dictionary_is_trimmed(written: Path) -> None:
    entries = [line.split() for line in (written / DICTIONARY).read_text("utf-8").splitlines()]
    assert 20_000 < len(entries) < 349_046
    assert all(len(entry) == 2 and int(entry[1]) >= 20 for entry in entries)


def test_words_of_the_domain_are_counted_and_sounded(written: Path) -> None:
    content = json.loads((written / SOUNDS).read_text("utf-8"))
    assert content["words"]["会议纪要"] == 2 and content["words"]["签发"] == 1
    assert "由" not in content["words"], "a word of one character is never misspelt"
    assert content["sounds"]["签"] == ["qian"] and {"chang", "zhang"} <= set(content["sounds"]["长"])


def test_how_a_character_is_hardly_ever_said_is_no_sound_of_it(written: Path) -> None:
    sounds = json.loads((written / SOUNDS).read_text("utf-8"))["sounds"]
    assert set(sounds["还"]) == {"hai", "huan"} and sounds["信"] == ["xin"]
    assert {"zhong", "chong"} <= set(sounds["重"]) and {"xing", "hang"} <= set(sounds["行"]) and {"cha", "chai"} <= set(sounds["差"])


def test_the_same_texts_give_the_same_bytes(written: Path, tmp_path: Path) -> None:
    build_lexicon(["会议纪要由市长签发", "会议纪要"], tmp_path)
    for name in (DICTIONARY, SOUNDS):
        assert (tmp_path / name).read_bytes() == (written / name).read_bytes()


def test_the_projects_near_synonyms_stand_for_one_another() -> None:
    rows = asking.store().select((asking.INTENTS / "alike.rq").read_text("utf-8"))
    assert rows
    for row in rows:
        assert asking.linker().stands_for(str(row["entity"])) == asking.linker().stands_for(str(row["same"]))


def test_every_name_of_the_graph_is_linked_to_its_entity() -> None:
    rows = asking.store().select((asking.INTENTS / "labels.rq").read_text("utf-8"))
    assert len(rows) > 500
    lost = []
    for row in rows:
        surface, entity = str(row["surface"]), str(row["entity"])
        if len(surface) > 1 and not any(entity in m.entities for m in asking.linker().read(surface).mentions):
            lost.append(surface)
    assert len(lost) <= len(rows) // 100, lost[:10]


def test_every_foreign_word_reaches_a_chinese_one() -> None:
    rows = asking.store().select((asking.INTENTS / "foreign.rq").read_text("utf-8"))
    assert len(rows) > 50
    untranslated = [str(r["foreign"]) for r in rows if str(r["foreign"]).isascii() and str(r["foreign"]).replace(" ", "").isalpha()]
    assert not [word for word in untranslated if asking.linker().read(word.lower()).text == word.lower()]
