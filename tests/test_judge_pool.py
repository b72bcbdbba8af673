"""Shards judged by processes: the same results in the same order as here, and a sentence when a process dies."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from functools import partial

import pytest

from qa.judge_pool import judge_pool
from qa.shard_models import Shard
from qa.validate_models import JudgeError, Result, Severity


def shard(number: int) -> Shard:
    return Shard({}, (str(number).encode(),), number)


def told(shard: Shard, *, here: int) -> list[Result]:
    """A result that says which shard it is of, and whether another process made it."""
    return [Result("簿", shard.records, "", "", "", "", Severity.INFO, "别处" if os.getpid() != here else "这里", "")]


def dies(shard: Shard) -> list[Result]:
    os._exit(1)


def test_results_come_in_the_order_of_the_shards_from_other_processes() -> None:
    found = list(judge_pool(2)(partial(told, here=os.getpid()), map(shard, range(7))))
    assert [(result.row, result.message) for (result,) in found] == [(number, "别处") for number in range(7)]


@pytest.mark.parametrize(("count", "shards"), [(1, 5), (2, 1)])
def test_one_process_or_one_shard_is_judged_here(count: int, shards: int) -> None:
    found = list(judge_pool(count)(partial(told, here=os.getpid()), map(shard, range(shards))))
    assert [(result.row, result.message) for (result,) in found] == [(number, "这里") for number in range(shards)]


def test_no_more_shards_are_taken_than_fit() -> None:
    taken: list[int] = []

    def shards() -> Iterator[Shard]:
        for number in range(20):
            taken.append(number)
            yield shard(number)

    judged = judge_pool(2)(partial(told, here=0), shards())
    assert isinstance(judged, Generator)
    next(judged)
    assert len(taken) == 3
    judged.close()


def test_a_process_that_dies_is_said() -> None:
    with pytest.raises(JudgeError, match="意外结束"):
        list(judge_pool(2)(dies, map(shard, range(3))))
