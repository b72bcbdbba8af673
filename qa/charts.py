"""A result as a chart or as a picture of relations. Plain values in and out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from qa.display import Cell, cell
from qa.site_models import Edge, Node, Picture
from qa.terms import XSD

Binding = Mapping[str, Mapping[str, Any]]
"""A row of SPARQL results JSON."""
MOST_BARS: Final = 40
MOST_NODES: Final = 120
_NUMBERS: Final = frozenset(XSD + name for name in ("integer", "decimal", "double", "float", "int", "long", "short", "nonNegativeInteger"))


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its name, the value as written, and its length as a share (0 to 1) of the longest."""

    label: str
    value: str
    share: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars under a heading; ``hidden`` counts those left out."""

    heading: str
    bars: tuple[Bar, ...]
    hidden: int


def chart(names: Sequence[str], rows: Sequence[Binding]) -> Chart | None:
    """The last column of numbers (what is counted stands last) against the first other column; without numbers, how often each value of the first column occurs.

    ``None`` where that shows nothing: no rows, or nothing that occurs twice.
    """
    numeric = [name for name in names if rows and all(_number(row.get(name)) is not None for row in rows)]
    texts = [name for name in names if name not in numeric]
    if numeric and texts:
        pairs = [(cell(row.get(texts[0])).text, str(row[numeric[-1]]["value"])) for row in rows]
        return _chart(f"{numeric[-1]}（按{texts[0]}）", pairs)
    if texts:
        counts = Counter(cell(row.get(texts[0])).text for row in rows)
        if max(counts.values(), default=0) > 1:
            return _chart(f"行数（按{texts[0]}）", [(label, str(count)) for label, count in counts.most_common()])
    return None


def _chart(heading: str, pairs: Sequence[tuple[str, str]]) -> Chart:
    most = max((abs(float(value)) for _, value in pairs), default=0) or 1
    bars = tuple(Bar(label or "（空）", value, abs(float(value)) / most) for label, value in pairs[:MOST_BARS])
    return Chart(heading, bars, max(0, len(pairs) - MOST_BARS))


def _number(binding: Mapping[str, Any] | None) -> float | None:
    if binding is None or binding.get("datatype") not in _NUMBERS:
        return None
    try:
        return float(str(binding["value"]))
    except ValueError:
        return None


def row_picture(names: Sequence[str], rows: Sequence[Binding]) -> Picture:
    """The cells of a result as nodes, each tied to the next filled one of its row by the name of that one's column."""
    edges = []
    for row in rows:
        filled = [(name, cell(row[name])) for name in names if name in row]
        edges += [(one, name, other) for (_, one), (name, other) in pairwise(filled)]
    return _picture(edges)


def triple_picture(triples: Sequence[tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]]) -> Picture:
    """Triples (terms as in SPARQL results JSON) as nodes and named relations."""
    return _picture([(cell(subject), cell(predicate).text, cell(object_)) for subject, predicate, object_ in triples])


def _picture(edges: Sequence[tuple[Cell, str, Cell]]) -> Picture:
    nodes: dict[str, Node] = {}
    found: dict[tuple[str, str], dict[str, None]] = {}
    every: set[str] = set()
    for one, name, other in edges:
        ends = (_key(one), _key(other))
        every.update(ends)
        if ends[0] == ends[1] or len(nodes.keys() | set(ends)) > MOST_NODES:
            continue
        nodes.update((key, Node(key, end.text, "resource" if end.iri else "value")) for key, end in zip(ends, (one, other), strict=True))
        found.setdefault(ends, {})[name] = None
    drawn = tuple(Edge(*ends, "；".join(labels)) for ends, labels in found.items())
    return Picture("", tuple(nodes.values()), drawn, len(every) - len(nodes))


def _key(end: Cell) -> str:
    return end.iri or f'"{end.text}"'
