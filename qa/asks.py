"""Whether words ask: 谁, 几天, 能不能, but not 几个部门, 怎么都, 不知道谁."""

from __future__ import annotations

import re
from collections.abc import Mapping


class Asks:
    """Tells clauses that ask from those that tell."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        """``settings`` is ``asking.yaml``: regular expressions for what ``asks``, for what is ``indefinite`` and only looks like it, and for what only
        is ``leading`` up to it, and for what asks ``nothing`` by itself."""
        self._asks, self._indefinite, self._leading, self._nothing = (
            re.compile(settings[name]) for name in ("asks", "indefinite", "leading", "nothing")
        )

    def __call__(self, clause: str) -> bool:
        """Whether ``clause`` asks."""
        return self.first(clause) < len(clause)

    def nothing(self, clause: str) -> bool:
        """Whether all that ``clause`` asks is asked by what stands before it: 都叫啥, 为什么, 规则怎么规定."""
        return self._nothing.fullmatch(clause.strip("?？。")) is not None

    def first(self, text: str) -> int:
        """Where the first word that asks begins in ``text``; its length where none does."""
        hidden = self._indefinite.sub(lambda found: "\0" * len(found.group()), text)
        found = self._asks.search(hidden)
        return found.start() if found else len(text)

    def topic(self, text: str) -> str:
        """What stands in ``text`` before the first word that asks, without what only leads up to it: 草案由谁起草 → 草案."""
        return self._leading.sub("", text[: self.first(text)]).strip(",，")
