"""The errors that speak to the user in one line; anything else is a fault of ours and keeps its traceback."""

from __future__ import annotations


def expected() -> tuple[type[Exception], ...]:
    """Their types. Imported when asked for: a command that goes well needs few of these modules."""
    from qa.build import BuildError
    from qa.check import CheckError
    from qa.closure import ClosureError
    from qa.encoder import EncoderError
    from qa.expand import FamilyError
    from qa.feedback import FeedbackError
    from qa.graph import GraphError
    from qa.ontology_check import ReasonerError
    from qa.reading import SourceError
    from qa.store import StoreError

    return (
        BuildError,
        CheckError,
        ReasonerError,
        ClosureError,
        EncoderError,
        FamilyError,
        FeedbackError,
        GraphError,
        SourceError,
        StoreError,
        ValueError,
        OSError,
    )
