"""What a query process says of a query that its engine fails at: to the asker what is theirs to mend, to the log what is not."""

from __future__ import annotations

import json
from typing import Any

import pyoxigraph as ox
import pytest

from qa.evaluation import answer
from qa.frames import END, Frames

REQUEST = {"query": "ASK { ?s ?p ?o }", "accept": None, "default": None, "named": None, "bindings": {}, "limit": 10}
SERVICE = "PREFIX : <a:b> SELECT * { SERVICE:x { ?s ?p ?o } }"


def end(store: Any, query: str = REQUEST["query"]) -> dict[str, Any]:  # type: ignore[assignment]  # the text of the request
    said: list[bytes] = []
    answer(store, REQUEST | {"query": query}, said.append)
    kind, content = list(Frames().of(b"".join(said)))[-1]
    assert kind == END
    return dict(json.loads(content))


class Failing:
    """A store whose queries fail."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def query(self, *_: object, **__: object) -> None:
        """Fail."""
        raise self._error


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (RuntimeError("Corruption: block checksum mismatch in /srv/store/000010.sst"), "damaged"),
        (OSError("No such file: /srv/store/000010.sst"), "damaged"),
        (RuntimeError("The custom function <a:f> is not supported"), "syntax"),
        (SyntaxError("error at 1:5: expected\n one of"), "syntax"),
        (ValueError("Invalid IRI"), "syntax"),
        (MemoryError(), "memory"),
    ],
)
def test_what_is_told_of_a_failure(error: Exception, outcome: str) -> None:
    found = end(Failing(error))
    assert found["outcome"] == outcome
    assert "\n" not in found.get("message", "")


def test_a_service_in_disguise_that_cannot_be_reached_is_refused() -> None:
    assert end(Failing(OSError("Connection refused")), SERVICE) == {"outcome": "service"}


def test_the_engine_names_functions_that_it_does_not_know() -> None:
    """The words by which they are told from faults of the store."""
    found = end(ox.Store(), "SELECT (<a:f>(1) AS ?x) {}")
    assert (found["outcome"], "a:f" in found["message"]) == ("syntax", True)
