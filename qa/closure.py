"""What follows from the graphs: OWL 2 RL by owlrl, pruned, and then the project's own CONSTRUCT rules.

Literals take no part: no axiom of the ontology concludes anything from one, and SHACL checks their datatypes. What owlrl adds that says
nothing is dropped: reflexive and equality triples, membership of the vocabulary of OWL and RDFS, anything about a blank node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import owlrl  # type: ignore[import-untyped]  # ships neither stubs nor py.typed
from rdflib import OWL, RDFS, Graph, Literal, URIRef
from rdflib.term import Node

from qa import terms

_Triple = tuple[Node, Node, Node]
_SILENT: Final = frozenset({OWL.sameAs, OWL.equivalentClass, OWL.equivalentProperty, RDFS.domain, RDFS.range})
_LANGUAGE: Final = (terms.OWL, terms.RDF, terms.RDFS, terms.XSD)


class ClosureError(ValueError):
    """Graphs that contradict one another, or a rule that is not a CONSTRUCT query; the message names the contradiction or the rule."""


def infer(graphs: Iterable[Graph], rules: Mapping[str, str]) -> Graph:
    """The triples that follow from ``graphs`` and are in none of them.

    ``rules`` are SPARQL 1.1 CONSTRUCT queries by name; they see the graphs and their closure, not one another's results. Raises
    :class:`ClosureError` where owlrl finds a contradiction (OWL 2 RL/RDF rules that conclude *false*).
    """
    asserted = Graph()
    for graph in graphs:
        asserted += graph
    inferred = _closure(asserted)
    known = asserted + inferred
    for name in sorted(rules):
        for triple in _construct(name, rules[name], known):
            if triple not in known:
                inferred.add(triple)
    return inferred


def _closure(asserted: Graph) -> Graph:
    expanded = Graph()
    for s, p, o in asserted:
        if not isinstance(o, Literal):
            expanded.add((s, p, o))
    semantics = owlrl.OWLRL_Semantics(expanded, False, False, False)
    semantics.closure()
    if semantics.error_messages:
        raise ClosureError("图谱自相矛盾：" + "；".join(sorted(" ".join(m.split()) for m in semantics.error_messages)))
    inferred = Graph()
    for triple in expanded:
        if triple not in asserted and _says_something(triple):
            inferred.add(triple)
    return inferred


def _says_something(triple: _Triple) -> bool:
    s, p, o = triple
    if not (isinstance(s, URIRef) and isinstance(o, URIRef)) or s == o or p in _SILENT:
        return False
    return not str(o).startswith(_LANGUAGE) and not str(s).startswith(_LANGUAGE)


def _construct(name: str, query: str, known: Graph) -> Iterable[_Triple]:
    try:
        result = known.query(query)
    except Exception as error:  # rdflib raises pyparsing's errors and plain ones
        raise ClosureError(f"{name}：查询有误：{' '.join(str(error).split())[:200]}") from error
    if result.type != "CONSTRUCT" or result.graph is None:
        raise ClosureError(f"{name}：应为 CONSTRUCT 查询")
    return result.graph
