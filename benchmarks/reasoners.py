"""owlrl, which the build uses, beside `reasonable` on the project's own graphs: time and agreement.

pip install reasonable==0.4.4 && python benchmarks/reasoners.py
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import reasonable  # type: ignore[import-not-found]  # measured only; not a dependency
from rdflib import Graph, Literal

from qa import build, closure, graph, terms
from qa.closure import _says_something


def main() -> None:
    """Print a table: reasoner, seconds, new triples after pruning; then what only one of them infers, by property."""
    named = build.graphs(Path(__file__).parents[1])
    asserted = graph.union(one for name, one in named.items() if name != terms.INFERRED_GRAPH)
    started = time.perf_counter()
    ours = set(closure.infer([asserted], {}))
    print(f"owlrl       {time.perf_counter() - started:6.2f} s {len(ours):6} triples")

    facts = Graph()
    for triple in asserted:
        if not isinstance(triple[2], Literal):
            facts.add(triple)
    started = time.perf_counter()
    reasoner = reasonable.PyReasoner()
    reasoner.from_graph(facts)
    theirs = {triple for triple in reasoner.reason() if triple not in facts and _says_something(triple)}
    print(f"reasonable  {time.perf_counter() - started:6.2f} s {len(theirs):6} triples")
    for name, only in (("owlrl", ours - theirs), ("reasonable", theirs - ours)):
        print(f"only {name}: {dict(Counter(terms.local_name(str(triple[1])) for triple in only))}")


if __name__ == "__main__":
    main()
