"""What a question may mean in one regulation: the candidates that are plausible there."""

from __future__ import annotations

from collections.abc import Mapping

from qa.combine import elsewhere
from qa.expand import Family
from qa.ground import Ground
from qa.models import Candidate, Reading
from qa.regulations import Regulation, Regulations
from qa.retrieve import plausible
from qa.scope import Scope
from qa.understand import Read, Understanding


class Meanings:
    """Finds what questions may mean, over one build. Safe to share between threads."""

    def __init__(
        self, understanding: Understanding, families: Mapping[str, Family], *, regulations: Regulations, ground: Ground, scope: Scope
    ) -> None:
        self._understanding, self._families = understanding, families
        self._regulations, self._ground, self._scope = regulations, ground, scope

    def __call__(self, reading: Reading, regulation: Regulation) -> Read:
        """What ``reading`` may mean in ``regulation``."""
        read = self._understanding.understand(reading)
        kept = [c for c in read.candidates if plausible(c, self._families[c.intent.family].kind) and self._regulations.of(regulation, c)]
        near = [c for c in kept if not elsewhere(read.reading, c, self._ground) and not self._foreign(c)]
        return Read(read.reading, near)

    def _foreign(self, candidate: Candidate) -> bool:
        """Whether a candidate is a question about another place that is told to have no answer: what was asked is not about one."""
        return bool(candidate.intent.bound("silence")) and self._scope.outside(candidate.wording) is not None
