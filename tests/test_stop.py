"""Long work ends when its owner says so, and nobody else's does."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from qa.nursery import Worker
from qa.pool import Pool
from qa.query import Query
from qa.stop import Stop, Stopped, Stops

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


def test_work_that_asks_is_told_to_stop() -> None:
    stop = Stop()
    stop.check()
    stop()
    with pytest.raises(Stopped):
        stop.check()


def test_work_that_waits_is_ended_even_if_it_was_stopped_before_it_began() -> None:
    ended: list[str] = []
    stop = Stop()
    with stop.by(lambda: ended.append("first")):
        stop()
    stop()
    assert ended == ["first"], "what is over is not ended again"
    with stop.by(lambda: ended.append("second")):
        assert ended == ["first", "second"]


def test_only_the_work_of_one_visitor_stops() -> None:
    stops = Stops()
    with stops.running("a") as first, stops.running("a") as second, stops.running("b") as other:
        stops.stop("a")
        stops.stop("nobody")
        assert (first.stopped, second.stopped, other.stopped) == (True, True, False)
    stops.stop("b")
    assert not other.stopped, "it is over"


def test_a_stop_that_overtakes_its_work_is_kept_for_it() -> None:
    stops = Stops()
    stops.stop("a")
    with stops.running("b") as other, stops.running("a") as work:
        assert (work.stopped, other.stopped) == (True, False)
    with stops.running("a") as following:
        assert not following.stopped, "it was for one piece of work"


def test_a_stop_that_comes_right_after_the_end_is_for_nothing_that_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    stops = Stops()
    with stops.running("a"):
        pass
    stops.stop("a")
    with stops.running("a") as following:
        assert not following.stopped
    monkeypatch.setattr("qa.stop.LATE", 0.0)  # long after
    stops.stop("a")
    with stops.running("a") as following:
        assert following.stopped


def test_a_kept_stop_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    stops = Stops()
    stops.stop("a")
    monkeypatch.setattr("qa.stop.KEPT", 0.0)  # long after
    with stops.running("a") as work:
        assert not work.stopped


def test_a_query_is_stopped_with_its_worker(nquads: Path) -> None:
    with Pool(nquads) as pool:
        stop = Stop()
        threading.Timer(0.3, stop).start()
        with pytest.raises(Stopped):
            pool.run(Query(ENDLESS, "application/sparql-results+json"), stop)
        with pool.run(Query("ASK {}", "application/sparql-results+json")).body as body:
            assert b"true" in body.read()


def test_a_worker_that_is_about_to_die_takes_no_other_query(nquads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Worker] = []
    tell = Worker.tell

    def told(worker: Worker, request: bytes) -> bool:
        asked.append(worker)
        return tell(worker, request)

    monkeypatch.setattr(Worker, "tell", told)
    monkeypatch.setattr(Worker, "kill", lambda _: None)  # the signal is on its way, and the answer is there before it
    with Pool(nquads) as pool:
        stop = Stop()
        stop()
        with pytest.raises(Stopped):
            pool.run(Query("ASK {}"), stop)
        pool.run(Query("ASK {}")).body.close()
        assert len(set(asked)) == 2
        monkeypatch.undo()
