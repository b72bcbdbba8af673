"""The norms of a regulation that fulfil conditions, a page of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from qa.api_models import NormFilter, NormPage, NormRecord
from qa.browse import SLOTS, NormView, Regulation, Term
from qa.terms import local_name

_SLOTS: Final = tuple(name for name in NormFilter.model_fields if name in SLOTS)


def select(regulation: Regulation, wanted: NormFilter) -> NormPage:
    """The norms of ``regulation`` that fulfil every condition of ``wanted``, in the order of the text; all of them counted, a page given."""
    place = None if wanted.provision is None else _labels(regulation, wanted.provision)
    found = [n for article in regulation.articles for n in article.norms if (place is None or n.label in place) and _fits(n, wanted)]
    page = found[wanted.offset : wanted.offset + wanted.limit]
    records = [NormRecord.model_validate(asdict(norm)) for norm in page]
    return NormPage(total=len(found), offset=wanted.offset, limit=wanted.limit, norms=records)


def _labels(regulation: Regulation, reference: str) -> frozenset[str]:
    """The labels of the provision that ``reference`` names and of everything below it; none where there is no such provision."""
    part = regulation.find(reference)
    if part is None:
        return frozenset()
    article = regulation.article_of(part)
    inside = (article,) if article else regulation.within(part)
    every = [p for a in inside for p in (a.part, *a.parts)]
    return frozenset(p.label for p in every if article is None or p == part or p.path.startswith(part.path + "/"))


def _fits(norm: NormView, wanted: NormFilter) -> bool:
    filled = {slot.name: slot.values for slot in norm.slots}
    return (
        (wanted.kind is None or _named(norm.kind, wanted.kind))
        and (wanted.strength is None or norm.strength == wanted.strength)
        and (wanted.has is None or wanted.has in filled)
        and (wanted.text is None or wanted.text in norm.reading or wanted.text in norm.quote)
        and all(_filled(filled.get(name, ()), getattr(wanted, name)) for name in _SLOTS)
    )


def _filled(values: tuple[Term, ...], name: str | None) -> bool:
    return name is None or any(_named(value, name) for value in values)


def _named(term: Term, name: str) -> bool:
    """Whether ``name`` is the label of ``term``, its IRI, or the end of that (``office/mayor``, ``mayor``)."""
    return name in (term.label, term.iri, local_name(term.iri)) or (bool(name) and term.iri.endswith("/" + name.strip("/")))
