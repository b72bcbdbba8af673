"""Whether a question is about another government, another place, or nothing that rules could say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qa.models import Normalised


class Scope:
    """Tells questions that the loaded regulations cannot answer by what they are about."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """``settings`` is ``scope.yaml``: regular expressions for ``elsewhere``, ``chatter`` and ``courtesies``, and ``places`` of other governments."""
        names = sorted(str(settings["places"]).split(), key=len, reverse=True)
        place = str(settings["places_after"]).replace("{place}", "|".join(names))
        self._elsewhere = [re.compile(p) for p in (place, *settings["elsewhere"])]
        self._chatter = [re.compile(p) for p in settings["chatter"]]
        self._courtesies = re.compile(settings["courtesies"])

    def outside(self, text: str) -> str | None:
        """What normalised ``text`` is about that no loaded regulation covers, in words for the user, or ``None``."""
        if found := next((m for p in self._elsewhere if (m := p.search(text))), None):
            return f"“{found.group()}”属于别的机关或者别的地方"
        return "这不是工作规则能回答的事" if any(p.search(text) for p in self._chatter) else None

    def asked(self, said: Normalised) -> Normalised:
        """What is ``said`` without the greeting before it and the thanks after it; all of it, where it is nothing else."""
        start, end = 0, len(said.text)
        for found in self._courtesies.finditer(said.text):
            start, end = (found.end(), end) if not found.start() else (start, found.start())
        return replace(said, text=said.text[start:end], origins=said.origins[start:end]) if start < end else said
