"""Compiled shapes and what they find. This module imports no stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint of a shape as a set query.

    ``shape`` is the IRI of the node shape, ``component`` the local name of the SHACL constraint component, ``query`` a SELECT query for
    all faults of one target class at once, in which ``{target}`` stands for the pattern that binds ``?this``. ``messages`` may name its
    variables as ``{?name}``. ``path`` is the IRI of the property concerned, where there is one.
    """

    shape: str
    component: str
    targets: tuple[str, ...]
    severity: str
    message: str
    query: str
    path: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A result of a constraint: ``shape`` and ``focus`` are IRIs, ``severity`` is an IRI, ``values`` the other variables of the solution."""

    shape: str
    focus: str
    severity: str
    message: str
    component: str
    path: str | None
    values: Mapping[str, str]
