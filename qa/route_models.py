"""What the navigator of document handling asks, is told and returns. This module imports no stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a facet. ``names`` are the everyday names that are understood too; ``least`` is the number of given names that makes it."""

    iri: str
    label: str
    names: tuple[str, ...] = ()
    least: int = 0


@dataclass(frozen=True, slots=True)
class Facet:
    """A thing to choose. Of its choices one is taken; with ``many`` any number; with ``counted`` names are given and their number chooses."""

    iri: str
    label: str
    choices: tuple[Choice, ...]
    many: bool = False

    @property
    def counted(self) -> bool:
        """Whether names are given instead of a choice."""
        return any(choice.least for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Case:
    """What was chosen: the answers by facet label (of a counted facet: the names), and the day of each event by its name."""

    answers: Mapping[str, tuple[str, ...]]
    dates: Mapping[str, date]


@dataclass(frozen=True, slots=True)
class Due:
    """A time limit: its words, and the last day where it can be told; ``note`` says why not, or how it was counted."""

    words: str
    day: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A norm at a stage. ``depends`` names the facets that must be answered to tell whether it applies; empty where it does."""

    iri: str
    kind: str
    reading: str
    quote: str
    place: str
    provision: str
    who: tuple[str, ...]
    to: tuple[str, ...]
    strength: str
    conditions: tuple[str, ...]
    exceptions: tuple[str, ...]
    due: tuple[Due, ...]
    depends: tuple[str, ...] = ()


class State(StrEnum):
    """What the regulation says of a stage for the case."""

    REGULATED = "regulated"
    OPEN = "open"
    OTHER_CASES = "other-cases"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Silence:
    """What the regulation does not say, and the provision nearest to it."""

    reading: str
    place: str


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of the chain: what is done, what is forbidden, what depends on an answer not given, what is expressly not regulated.

    ``note`` says in words that the stage, or its time limit, is not regulated for the case, or on what it depends.
    """

    stage: str
    label: str
    state: State
    rules: tuple[Rule, ...]
    forbidden: tuple[Rule, ...]
    open: tuple[Rule, ...]
    silences: tuple[Silence, ...]
    note: str

    @property
    def who(self) -> tuple[str, ...]:
        """Those who act at this stage, in the order of the rules."""
        return tuple(dict.fromkeys(name for rule in self.rules for name in rule.who))

    @property
    def due(self) -> tuple[Due, ...]:
        """The time limits of this stage."""
        return tuple(dict.fromkeys(due for rule in self.rules for due in rule.due))


@dataclass(frozen=True, slots=True)
class Chain:
    """The way of one document under ``regulation`` (its title), stage by stage."""

    regulation: str
    case: Case
    understood: Mapping[str, tuple[str, ...]]
    steps: tuple[Step, ...]
