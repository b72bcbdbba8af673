"""What answers questions, and the JSON contract of an answer, shared by the command line, the HTTP interface and the evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Protocol

from qa.models import Answer


class Asking(Protocol):
    """What answers questions: :class:`qa.ask.Answerer`."""

    def ask(self, question: str, history: Sequence[str] = (), *, explain: bool = False) -> Answer:
        """The answer to ``question`` after the questions of ``history``."""


def to_json(answer: Answer, identifier: object = None) -> dict[str, Any]:
    """``answer`` as plain JSON values.

    ``id`` is there where one is given, ``refusal`` (``silent``, ``not_understood``, ``outside``, ``bad_input``) with status
    ``no_answer`` only, ``trace`` where the answer was explained.
    """
    record: dict[str, Any] = {} if identifier is None else {"id": identifier}
    record |= {
        "status": answer.status.value,
        "answer": answer.answer,
        "citations": [asdict(citation) for citation in answer.citations],
        "sparql": answer.sparql,
        "confidence": round(answer.confidence, 4),
        "elapsed_ms": answer.elapsed_ms,
        "suggestions": list(answer.suggestions),
    }
    if answer.refusal:
        record["refusal"] = answer.refusal.value
    if answer.trace is not None:
        record["trace"] = dict(answer.trace)
    return record
