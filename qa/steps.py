"""A question about a thing that it describes but does not name → what to find first, and what to ask of it then.

“分析经济形势的那个会，多久开一次” asks first “哪个会议分析经济形势”, then “市政府常务会议多久开一次”; so does “经济形势由哪个会分析，这个会多久开一次”.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """``find`` is the question that finds the thing, ``classes`` the local names of the classes it may be of, ``rest`` what is asked of it."""

    find: str
    classes: tuple[str, ...]
    rest: str

    def of(self, name: str) -> str:
        """The question about the thing, once its name is known."""
        return name + self.rest


class Steps:
    """Tells questions that describe what they are about."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """``settings`` is ``asking.yaml``: the pattern ``described`` with its groups deed, kind and rest, ``found`` with find, kind and rest, and for each
        kind what ``finds`` it."""
        self._described, self._found = re.compile(settings["described"]), re.compile(settings["found"])
        self._finds: Mapping[str, Mapping[str, Any]] = settings["finds"]

    def __call__(self, text: str) -> Step | None:
        """The first step of normalised ``text``, or ``None`` where it names what it is about."""
        described = self._described.match(text)
        if (found := described or self._found.match(text)) is None:
            return None
        how = next(how for kinds, how in self._finds.items() if found["kind"] in kinds.split())
        find = str(how["ask"]) + found["deed"] if described else found["find"]
        return Step(find, tuple(how["classes"]), found["rest"])
