"""The data set and its service described for machines: SPARQL 1.1 Service Description, VoID and DCAT 3, in one document.

``/sparql`` without a query, ``/.well-known/void`` (RFC 8615; VoID, section 7.2) and ``/dataset``, the data set's own IRI, all give it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from qa.query import Query
from qa.terms import BASE

DATASET: Final = BASE + "dataset"
PATHS: Final = ("/dataset", "/.well-known/void")
_DESCRIPTION: Final = (Path(__file__).parent / "web" / "catalogue.rq").read_text(encoding="utf-8")


def description(root: str, service: str, accept: str | None) -> Query:
    """The query for the description; ``root`` is the address of the running service with a final ``/``, ``service`` that of its endpoint."""
    return Query(_DESCRIPTION, accept, bindings={"root": root, "service": service, "dataset": DATASET})
