"""A record → its graph in the vocabulary of ``ontology/registers.ttl``, as N-Triples.

Written straight from the cells: a large register has tens of triples a row, and making an object of each would take longer than all the rest
of reading.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import cache
from typing import Final

from qa.models import Text
from qa.ntriples import ntriples, term
from qa.register_models import Place, RegisterRecord
from qa.terms import CHECK, RDF, XSD, gz

_TYPE: Final = f"<{RDF}type>"
_ACT: Final = f"<{gz('Act')}>"


def record_graph(record: RegisterRecord, asked: Container[str] | None = None, *, repeated: bool = True) -> bytes:
    """What the cells of ``record`` say, where it stands (``gz:sourceFile``, ``gz:sourceSheet``, ``gz:sourceRow``), and what describes its new nodes.

    A cell of the path ``signing/actDate`` is a value of the record's ``gz:Act``, and once more of the record itself (``ck:signing-actDate``),
    so that a shape asks for it in a single step; without ``repeated`` that is left out: it says nothing new. With ``asked`` only what these
    local names of classes and properties name is written (and always the record's class and its acts): a smaller graph is a faster one.
    """
    node = f"<{record.iri}>"
    lines = [f"{node} {_TYPE} <{record.record_class}> .\n"]
    lines += [f"{node} <{gz(name)}> {text} .\n" for name, text in _source(record.place) if _wanted(name, asked)]
    acts: set[str] = set()
    for path, cell in record.cells.items():
        if not cell.values:
            continue
        act, last, flat = _steps(path)
        subject = f"{node[:-1]}/{act}>" if act else node
        if act and act not in acts:
            acts.add(act)
            lines.append(f"{node} <{gz(act)}> {subject} .\n")
            if _wanted("Act", asked):
                lines.append(f"{subject} {_TYPE} {_ACT} .\n")
        places = [(subject, f"<{gz(last)}>")] if _wanted(last, asked) else []
        places += [(node, f"<{CHECK}{flat}>")] if flat and repeated and _wanted(flat, asked) else []
        lines += [f"{holder} {property_} {term(value)} .\n" for holder, property_ in places for value in cell.values]
    return "".join(lines).encode() + ntriples(record.minted)


def _wanted(name: str, asked: Container[str] | None) -> bool:
    return asked is None or name in asked


def _source(place: Place) -> Iterator[tuple[str, str]]:
    yield "sourceFile", term(Text(place.file))
    if place.row is not None:
        yield "sourceSheet", term(Text(place.sheet or ""))
        yield "sourceRow", f'"{place.row}"^^<{XSD}integer>'


@cache
def _steps(path: str) -> tuple[str, str, str]:
    """The name of the act (empty: none), of the last property of ``path``, and of the property of the record itself that repeats it (empty: none)."""
    act, _, last = path.rpartition("/")
    return act, last, f"{act}-{last}" if act else ""
