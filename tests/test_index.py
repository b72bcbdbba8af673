"""The retrieval index: neighbours, weights, what a norm can answer, and the same again after saving."""

from __future__ import annotations

from pathlib import Path

import asking
import numpy as np
import pytest

from qa.bags import Bags
from qa.entries import Entries, Entry
from qa.index import Index, _highest, bags_of, entities_by_kind, entry
from qa.models import Intent, Mention, Reading

ONE, TWO, NONE = Intent("bearer", (("norm", ("n:1",)),)), Intent("whole", (("norm", ("n:2",)),), "yes"), Intent("outside", ())


def made(text: str, intent: Intent, *terms: str, origin: str = "") -> Entry:
    return Entry(text, intent, frozenset(terms), frozenset({"who"}), {"Office": frozenset({"x:mayor"})}, origin)


@pytest.fixture
def index() -> Index:
    entries = [made("谁签发", ONE, "签发"), made("市长签发", TWO, "签发", "市长", origin="norm"), made("下雨吗", NONE, "雨")]
    vectors = np.array([[1, 0, 0], [0.6, 0.8, 0], [0, 0, 1]], np.float32)
    return Index(entries, vectors, {ONE: frozenset({"签发"}), TWO: frozenset({"市长"}), NONE: frozenset()}, {"n:1": frozenset({"who"})})


def test_nearest_are_the_highest_cosines_in_order(index: Index) -> None:
    found = index.nearest(np.array([0.8, 0.6, 0], np.float32), 2)
    assert [i for i, _ in found] == [1, 0]
    assert [score for _, score in found] == pytest.approx([0.96, 0.8], abs=1e-6)


def test_no_more_neighbours_than_there_are(index: Index) -> None:
    assert len(index.nearest(np.array([1, 0, 0], np.float32), 50)) == 3


def test_without_wordings_it_is_as_if_nobody_had_written_them() -> None:
    """Neither they nor the words that only they brought to a norm, whatever was asked of it, have a say; a template stays."""
    other = Intent("deadline", ONE.bindings)
    entries = [made("谁画押", ONE, "画押", "公文"), made("公文几天", other, "公文"), made("谁画押", TWO, "画押", origin="norm")]
    bags = bags_of(entries, {"n:1": frozenset({"签发"})})
    index = Index(entries, np.eye(3, dtype=np.float32), bags, {"n:1": frozenset({"who"})}).without({"谁画押"})
    assert [(e.text, e.origin) for e in index.entries] == [("公文几天", ""), ("谁画押", "norm")]
    assert index.bags == {other: {"公文", "签发"}, TWO: {"画押"}}
    assert index.nearest(np.array([1, 0, 0], np.float32), 1)[0][1] == 0.0 and index.cannot_answer(other, ["who"]) == 0


def test_neighbours_agree_with_a_full_sort() -> None:
    chance = np.random.default_rng(5)
    vectors = chance.normal(size=(300, 8)).astype(np.float32)
    index = Index([made(str(i), NONE) for i in range(300)], vectors, {NONE: frozenset()}, {})
    query = vectors[17]
    assert [i for i, _ in index.nearest(query, 25)] == np.argsort(-(vectors @ query), kind="stable")[:25].tolist()


def test_rare_terms_weigh_more_and_unknown_ones_most(index: Index) -> None:
    assert index.weight("签发") < index.weight("市长") <= index.weight("没有的词")
    assert index.totals[1] == pytest.approx(index.weight("签发") + index.weight("市长"))


def test_only_the_reading_of_a_norm_speaks_for_it(index: Index) -> None:
    query = np.array([0.6, 0.8, 0], np.float32)
    assert index.reading_cosines([ONE, TWO, NONE], query) == [None, pytest.approx(1.0), None]
    assert index.reading_cosines([ONE], query) == [None]


def test_what_a_norm_has_no_slot_for(index: Index) -> None:
    assert index.cannot_answer(ONE, ["who"]) == 0
    assert index.cannot_answer(ONE, ["who", "money", "when"]) == 2
    assert index.cannot_answer(NONE, ["money"]) == 0, "a family without norms is not asked for slots"


def test_saved_and_read_again_it_is_the_same(index: Index, tmp_path: Path) -> None:
    index.save(tmp_path)
    again = Index.load(tmp_path)
    assert list(again.entries) == list(index.entries)
    assert again.bags == index.bags
    assert np.allclose(again.vectors, index.vectors, atol=1e-3)
    assert again.nearest(np.array([0.8, 0.6, 0], np.float32), 2)[0] == (1, pytest.approx(0.96, abs=1e-3))
    assert again.cannot_answer(ONE, ["who", "money"]) == 1
    assert again.reading_cosines([TWO], np.array([0, 1, 0], np.float32)) == [pytest.approx(0.8, abs=1e-3)]


def test_what_was_read_is_as_good_without_wordings_or_with_other_vectors(index: Index, tmp_path: Path) -> None:
    """Its vectors are in half precision, in which nothing can be learnt."""
    index.save(tmp_path)
    again = Index.load(tmp_path)
    assert [e.text for e in again.without({"谁签发"}).entries] == ["市长签发", "下雨吗"]
    assert again.with_vectors(np.eye(3, dtype=np.float32)[[2, 0, 1]]).nearest(np.array([1, 0, 0], np.float32), 1) == [(1, 1.0)]


def test_the_same_index_gives_the_same_bytes(index: Index, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        index.save(tmp_path / name)
    written = sorted(file.name for file in (tmp_path / "a").iterdir())
    assert len(written) > 5
    for file in written:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_an_entry_keeps_what_its_reading_says() -> None:
    reading = Reading("谁签发", (Mention(1, 3, "签发", ("v:sign", "v:issue"), "Action"),), ("谁", "v:sign"), frozenset({"who"}))
    made_entry = entry("谁签发", ONE, reading, origin="norm")
    assert made_entry == Entry(
        "谁签发", ONE, frozenset({"谁", "v:sign"}), frozenset({"who"}), {"Action": frozenset({"v:sign", "v:issue"})}, "norm"
    )
    assert entities_by_kind(reading) == made_entry.entities


def test_bags_hold_the_words_of_all_wordings_of_a_norm() -> None:
    other = Intent("deadline", (("norm", ("n:1",)),))
    bags = bags_of([made("a", ONE, "谁"), made("b", other, "多久"), made("c", NONE, "雨")], {"n:1": frozenset({"公文"})})
    assert bags == {ONE: frozenset({"谁", "多久", "公文"}), other: frozenset({"谁", "多久", "公文"}), NONE: frozenset()}


@pytest.mark.parametrize(("text", "alike"), [("", 0), ("谁", 0), ("谁签发", 1), ("谁签字", 0.5), ("谁签发谁签发", 0.8), ("市长", 0)])
def test_texts_are_alike_by_the_pairs_of_neighbours_that_they_share(text: str, alike: float) -> None:
    """Each pair counts once: 谁签发谁签发 has three."""
    entries = Entries.of([made("谁签发", ONE), made("", ONE), made("谁", ONE)])
    assert entries.alike(text, np.arange(3)) == pytest.approx([alike, 0, 0])


def test_entries_come_back_as_they_were() -> None:
    entries = [
        Entry(
            "谁签发", ONE, frozenset({"谁", "签发"}), frozenset({"who"}), {"Office": frozenset({"x:a", "x:b"}), "Body": frozenset({"x:c"})}
        ),
        Entry("", NONE, frozenset(), frozenset(), {}, "general"),
        Entry("签发", ONE, frozenset({"签发"}), frozenset(), {}, "norm"),
    ]
    kept = Entries.of(entries)
    assert list(kept) == entries and kept[-1] == entries[2] and kept[1:] == entries[1:] and len(kept) == 3
    assert kept.intents == [ONE, NONE] and kept.asks.tolist() == [0, 1, 0]
    assert kept.shared({"签发": 2.0, "谁": 0.5, "没有": 9.0}, np.array([2, 0, 1])) == pytest.approx([2, 2.5, 0])
    assert kept.times() == {"签发": 2, "谁": 1}
    assert kept.written() == [("谁签发", ONE)]
    assert kept.are("norm", np.arange(3)).tolist() == [False, False, True]
    with pytest.raises(IndexError):
        kept[3]


def test_bags_keep_their_terms_as_bits() -> None:
    sets = {ONE: frozenset({"签发", "谁"}), TWO: frozenset(f"词{n}" for n in range(20)), NONE: frozenset[str]()}
    bags = Bags.of(sets)
    assert dict(bags) == sets
    assert bags.holds(ONE, "谁") and not bags.holds(TWO, "谁") and not bags.holds(ONE, "没有的词")
    assert bags.shared({"谁": 1.0, "词3": 2.0, "没有的词": 9.0}, [TWO, ONE, NONE]) == pytest.approx([2, 1, 0])


def test_hardly_any_neighbour_is_missed_by_looking_along_few_axes() -> None:
    built = asking.index()
    vectors = built.vectors.astype(np.float32)
    places = range(0, len(built.entries), len(built.entries) // 40)
    shares = []
    for i in places:
        exact = set(np.argsort(-(vectors @ vectors[i]), kind="stable")[:100].tolist())
        shares.append(len(exact & {n for n, _ in built.nearest(vectors[i], 100)}) / 100)
    assert sum(shares) / len(shares) > 0.99 and min(shares) > 0.8


@pytest.mark.parametrize("k", [1, 5, 150])
def test_the_highest_scores_are_found_block_by_block(k: int) -> None:
    scores = np.random.default_rng(k).integers(0, 3000, 20_000).astype(np.float32)  # many are alike
    assert sorted(scores[_highest(scores, k)].tolist()) == sorted(scores.tolist())[-k:]
