"""Graphs against the shapes of ``ontology/shapes/`` (SHACL 1.0 with SHACL-SPARQL)."""

from __future__ import annotations

import pyshacl
from rdflib import SH, BNode, Graph
from rdflib.namespace import OWL, RDF
from rdflib.term import Node

from qa.models import Finding
from qa.terms import local_name


class CheckError(ValueError):
    """Shapes that are not valid SHACL; the message is one line."""


def check(data: Graph, shapes: Graph) -> tuple[Finding, ...]:
    """What ``shapes`` find in ``data``, sorted; no inference is added. Empty means that ``data`` conforms.

    A check over the whole graph has the ontology as its focus and the node at fault as its value; there the value is reported. Raises
    :class:`CheckError` when the shapes cannot be run: pySHACL returns such a failure in the place of a report.
    """
    _, report, text = pyshacl.validate(data, shacl_graph=shapes, inference="none", advanced=False)
    if not isinstance(report, Graph):
        raise CheckError(f"形状有误：{' '.join(str(text).split())[:200]}")
    return tuple(sorted({_finding(result, report, data, shapes) for result in report.subjects(RDF.type, SH.ValidationResult)}))


def _finding(result: Node, report: Graph, data: Graph, shapes: Graph) -> Finding:
    focus, value = report.value(result, SH.focusNode), report.value(result, SH.value)
    whole_graph = (focus, RDF.type, OWL.Ontology) in data and value is not None
    severity = local_name(str(report.value(result, SH.resultSeverity)))
    shape = _name(report.value(result, SH.sourceShape), shapes)
    return Finding(severity, shape, str(value if whole_graph else focus), str(report.value(result, SH.resultMessage) or ""))


def _name(shape: Node | None, shapes: Graph) -> str:
    """The local name of ``shape``, or of the named shape that it is part of."""
    while isinstance(shape, BNode):
        shape = next(shapes.subjects(None, shape), None)
    return local_name(str(shape))
