"""Shards: bounded pieces, each with what its records need."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

from qa.models import Iri, Text
from qa.register_models import Cell, Place, RegisterRecord
from qa.shards import Spool

LINKS = {"Document": (("meeting", "Meeting", "number"), ("signing/actAgent", "Grant", "name"))}


def record(iri: str, **values: str) -> RegisterRecord:
    paths = {name.replace("__", "/"): value for name, value in values.items()}
    cells = {path: Cell(path, number, value, (Text(value),)) for number, (path, value) in enumerate(paths.items(), start=1)}
    return RegisterRecord(iri, "簿", "x:Record", iri.upper(), Place("x.csv", None, 2), cells, ((Iri(iri), Iri("x:is"), Text(iri)),))


def test_a_shard_holds_its_records_and_those_they_need(tmp_path: Path) -> None:
    with Spool(LINKS, folder=tmp_path) as spool:
        spool.add(record("d1", meeting="M1", signing__actAgent="甲"), "Document", {"meeting": "会议"})
        spool.add(record("d2", meeting="M2"), "Document", {})
        spool.add(record("m1", number="M1"), "Meeting", {})
        spool.add(record("m2", number="M2"), "Meeting", {})
        spool.add(record("g", name="甲"), "Grant", {})
        assert spool.counts == {"Document": 2, "Meeting": 2, "Grant": 1} and len(spool) == 5
        spool.tell((iri, [(Iri(iri), Iri("x:fact"), Text(value))]) for iri, value in (("d1", "甲"), ("m1", "甲"), ("m1", "乙")))
        shards = list(spool.shards(1))
    assert [list(shard.owned) for shard in shards] == [["d1"], ["d2"], ["m1"], ["m2"], ["g"]]
    held = [{iri for iri in ("d1", "d2", "m1", "m2", "g") if f"<{iri}> <x:is>".encode() in shard.unpacked()} for shard in shards]
    assert held == [{"d1", "m1", "g"}, {"d2", "m2"}, {"m1"}, {"m2"}, {"g"}]
    assert [shard.records for shard in shards] == [3, 2, 1, 1, 1]
    first = shards[0]
    assert first.owned["d1"].headers == {"meeting": "会议"} and first.owned["d1"].identifier == "D1" and first.owned["d1"].row == 2
    data = first.unpacked().decode()
    assert "<d1> <https://w3id.org/guizhi/check#signing-actAgent>" in data
    assert '<m1> <x:fact> "甲" .' in data and '<m1> <x:fact> "乙" .' in data and "<g> <x:fact>" not in data
    assert pickle.loads(pickle.dumps(first)) == first


def test_everything_in_one_shard_where_it_fits(tmp_path: Path) -> None:
    with Spool(LINKS, folder=tmp_path) as spool:
        for number in range(1000):
            spool.add(record(f"d{number}", meeting=f"M{number % 7}"), "Document", {})
        for number in range(7):
            spool.add(record(f"m{number}", number=f"M{number}"), "Meeting", {})
        (whole,) = spool.shards(2000)
        parts = list(spool.shards(400))
    assert len(whole.owned) == 1007 == whole.records
    assert [len(shard.owned) for shard in parts] == [400, 400, 207] and [shard.records for shard in parts] == [
        403,
        404,
        207,
    ]  # those of one meeting together


def test_records_that_need_the_same_go_together(tmp_path: Path) -> None:
    """Eight people sign in turn, and each has five hundred grants: a shard of a hundred needs the grants of two of them."""
    with Spool(LINKS, folder=tmp_path) as spool:
        for number in range(400):
            spool.add(record(f"d{number}", meeting=f"M{number}", signing__actAgent=f"人{number % 8}"), "Document", {})
            spool.add(record(f"m{number}", number=f"M{number}"), "Meeting", {})
        for number in range(4000):
            spool.add(record(f"g{number}", name=f"人{number % 8}"), "Grant", {})
        shards = list(spool.shards(100))
    documents = [shard for shard in shards if any(iri.startswith("d") for iri in shard.owned)]
    assert len(documents) == 4 and all(shard.records == 100 + 100 + 2 * 500 for shard in documents)
    owned = [iri for shard in shards for iri in shard.owned]
    assert len(owned) == len(set(owned)) == 4800


def test_the_file_behind_a_spool_goes(tmp_path: Path) -> None:
    with Spool(LINKS, folder=tmp_path) as spool:
        spool.add(record("d1"), "Document", {})
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []


def test_no_records_no_shards(tmp_path: Path) -> None:
    with Spool(LINKS, folder=tmp_path) as spool:
        assert list(spool.shards(10)) == []


def test_numbers_that_come_again(tmp_path: Path) -> None:
    with Spool(LINKS, folder=tmp_path) as spool:
        for number, name in enumerate(["d1", "d2", "d1", "", "", "d1"]):
            spool.add(replace(record(f"x{number}"), identifier=name), "Document", {})
        spool.add(replace(record("other"), identifier="d2", register="别的簿"), "Meeting", {})
        pairs, count = spool.repeated(1)
        assert [(before.iri, again.iri) for before, again in pairs] == [("x0", "x2")] and count == 2
        assert [(before.iri, again.iri) for before, again in spool.repeated(9)[0]] == [("x0", "x2"), ("x0", "x5")]
