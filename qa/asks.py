"""Whether words ask: 谁, 几天, 能不能, but not 几个部门, 怎么都, 不知道谁."""

from __future__ import annotations

import re
from collections.abc import Mapping


class Asks:
    """Tells clauses that ask from those that tell."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        """``settings`` is ``asking.yaml``: regular expressions for what ``asks``, and for what is ``indefinite`` and only looks like it."""
        self._asks, self._indefinite = re.compile(settings["asks"]), re.compile(settings["indefinite"])

    def __call__(self, clause: str) -> bool:
        """Whether ``clause`` asks."""
        return self.first(clause) < len(clause)

    def first(self, text: str) -> int:
        """Where the first word that asks begins in ``text``; its length where none does."""
        hidden = self._indefinite.sub(lambda found: "\0" * len(found.group()), text)
        found = self._asks.search(hidden)
        return found.start() if found else len(text)
