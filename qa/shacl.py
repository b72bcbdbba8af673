"""SHACL, a set at a time: every constraint becomes one SPARQL query that finds all its faults at once.

SHACL evaluates a SPARQL constraint once for every focus node, with ``$this`` bound beforehand. Here the target's pattern is joined in and
``$this`` is left free: the same solutions, provided that the query could not tell the difference. What could tell it (MINUS, VALUES,
SERVICE, a sub-SELECT without ``$this``: SHACL section 5.2.1 has the same list) is refused, and the tests compare with pySHACL. Core
constraints on one property are compiled; every construct that is neither is an error, never ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from qa.shacl_models import Constraint, Fault
from qa.terms import RDF, RDFS, local_name
from qa.terms import SHACL as SH

_ABOUT: Final = frozenset(
    {"targetClass", "severity", "message", "property", "sparql", "name", "description", "deactivated", "order", "group"}
)
_IN_SPARQL: Final = frozenset({"select", "message", "prefixes", "resultAnnotation"})
_IN_PROPERTY: Final = frozenset({"path", "message", "severity", "name", "description", "order"})
_OPAQUE: Final = re.compile(r'"[^"]*"|\'[^\']*\'|<[^>\s]*>|#[^\n]*')
_REFUSED: Final = re.compile(r"(?<![?$:\w])(MINUS|VALUES|SERVICE|GRAPH|FROM)\b", re.IGNORECASE)
_HEAD: Final = re.compile(r"\bSELECT\b(.*?)\bWHERE\b", re.IGNORECASE | re.DOTALL)
_GROUP: Final = re.compile(rf"(?P<opaque>{_OPAQUE.pattern})|(?P<word>\w*)\s*\{{(?P<select>\s*SELECT\b)?", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"\{[?$](\w+)\}")
_CONSTRUCT: Final = re.compile(r"^\s*CONSTRUCT\b(?=\s*\{)", re.MULTILINE)
_BRACE: Final = re.compile(rf"{_OPAQUE.pattern}|[{{}}]")


class ShapesError(ValueError):
    """Shapes that this engine does not evaluate; the message is one Chinese sentence that names the shape."""


Term = ox.NamedNode | ox.BlankNode | ox.Literal


class Shapes:
    """A shapes graph, read by subject and property. Raises :class:`ShapesError` when a file cannot be read."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._store = ox.Store()
        for path in paths:
            try:
                self._store.load(path=str(path), format=ox.RdfFormat.TURTLE)
            except (OSError, SyntaxError) as error:
                raise ShapesError(f"形状文件 {path.name} 无法读取：{' '.join(str(error).split())}") from error

    def node_shapes(self) -> list[str]:
        """The IRIs of the node shapes, sorted."""
        quads = self._store.quads_for_pattern(None, ox.NamedNode(RDF + "type"), ox.NamedNode(SH + "NodeShape"))
        return sorted(quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode))

    def texts(self, subject: str, predicate: str) -> list[str]:
        """The values of the property ``predicate`` of the node ``subject`` (both IRIs) as text."""
        return [term.value for term in self.values(ox.NamedNode(subject), predicate)]

    def values(self, subject: Term, predicate: str) -> list[Term]:
        found = (quad.object for quad in self._store.quads_for_pattern(subject, ox.NamedNode(predicate), None))  # type: ignore[arg-type]
        return sorted((term for term in found if not isinstance(term, ox.Triple)), key=str)

    def names(self, subject: Term) -> set[str]:
        quads = self._store.quads_for_pattern(subject, None, None)  # type: ignore[arg-type]
        return {quad.predicate.value.removeprefix(SH) for quad in quads if quad.predicate.value.startswith(SH)}

    def text(self, subject: Term, name: str) -> str | None:
        values = self.values(subject, SH + name)
        return values[0].value if values else None

    def list(self, head: Term) -> list[Term]:
        items = []
        while head.value != RDF + "nil":
            items.append(self.values(head, RDF + "first")[0])
            head = self.values(head, RDF + "rest")[0]
        return items


def compile_shapes(paths: Iterable[Path]) -> tuple[Constraint, ...]:
    """The constraints of all node shapes in the Turtle files ``paths``. Raises :class:`ShapesError` for what cannot be evaluated."""
    graph = Shapes(paths)
    return tuple(constraint for shape in graph.node_shapes() for constraint in _constraints(graph, ox.NamedNode(shape)))


def _constraints(graph: Shapes, shape: ox.NamedNode) -> Iterator[Constraint]:
    _only(graph.names(shape), _ABOUT, shape)
    if graph.text(shape, "deactivated") == "true":
        return
    targets = tuple(term.value for term in graph.values(shape, SH + "targetClass"))
    severity = graph.text(shape, "severity") or SH + "Violation"
    for node in graph.values(shape, SH + "sparql"):
        _only(graph.names(node), _IN_SPARQL, shape)
        message = graph.text(node, "message") or graph.text(shape, "message") or ""
        select = _prologue(graph, node) + _set_query(graph.text(node, "select") or "", shape)
        yield Constraint(shape.value, "SPARQLConstraintComponent", targets, severity, message, select)
    for node in graph.values(shape, SH + "property"):
        message = graph.text(node, "message") or graph.text(shape, "message") or ""
        paths = graph.values(node, SH + "path")
        if len(paths) != 1 or not isinstance(paths[0], ox.NamedNode):
            raise ShapesError(f"形状 {local_name(shape.value)} 的 sh:path 应为一个属性")
        for name in sorted(graph.names(node) - _IN_PROPERTY):
            body = _body(graph, node, name, str(paths[0]), shape)
            query = f"SELECT DISTINCT ?this ?value WHERE {{ {{target}} {body} }}"
            component = f"{name[0].upper()}{name[1:]}ConstraintComponent"
            yield Constraint(shape.value, component, targets, graph.text(node, "severity") or severity, message, query, paths[0].value)


def _only(names: set[str], known: frozenset[str], shape: ox.NamedNode) -> None:
    if extra := sorted(names - known):
        raise ShapesError(f"形状 {local_name(shape.value)} 用了没有实现的 sh:{extra[0]}")


def _prologue(graph: Shapes, node: Term) -> str:
    prefixes = [
        (graph.text(declared, "prefix"), graph.text(declared, "namespace"))
        for owner in graph.values(node, SH + "prefixes")
        for declared in graph.values(owner, SH + "declare")
    ]
    return "".join(f"PREFIX {name}: <{namespace}>\n" for name, namespace in sorted(prefixes, key=str))


def _set_query(select: str, shape: ox.NamedNode) -> str:
    """``select`` with ``$this`` free and a place for the target in every group that has a scope of its own."""
    name, bare = local_name(shape.value), _OPAQUE.sub("", select)
    if refused := _REFUSED.search(bare):
        raise ShapesError(f"形状 {name} 的查询用了 {refused[1].upper()}，成批求值会有不同的结果")
    heads = _HEAD.findall(bare)
    if not heads or any(not re.search(r"[?$]this\b", head) for head in heads):
        raise ShapesError(f"形状 {name} 的 sh:select 及其子查询都应为选出 $this 的 SELECT … WHERE {{…}}")
    return _with_targets(re.sub(r"\$(\w+)", r"?\1", select))


def _with_targets(select: str) -> str:
    """``select`` with a place for the target at the start of every group that speaks of ``?this``.

    Not in EXISTS, which sees what is bound outside, and not where a sub-SELECT begins: its own group has the place.
    """
    parts: list[str] = []
    position = 0
    for match in _GROUP.finditer(select):
        parts.append(select[position : match.end()])
        position = match.end()
        exists = (match["word"] or "").upper() == "EXISTS"
        if not (match["opaque"] or exists or match["select"]) and re.search(r"\?this\b", _group(select, position)):
            parts.append(" {target} ")
    return "".join(parts) + select[position:]


def _group(select: str, start: int) -> str:
    """The text of the group that was opened just before ``start``."""
    depth = 1
    for match in _BRACE.finditer(select, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return select[start : match.start()]
    return select[start:]


# ---------------------------------------------------------------- core constraints: the pattern of a fault, after the target


def _count(path: str, bound: str) -> str:
    return f"{{ SELECT ?this (COUNT(?counted) AS ?count) WHERE {{ ?this {path} ?counted }} GROUP BY ?this }} FILTER(?count > {bound})"


def _kind(kind: str) -> str:
    tests = {"IRI": "isIRI(?value)", "Literal": "isLiteral(?value)", "BlankNode": "isBlank(?value)"}
    return " || ".join(test for name, test in tests.items() if name in local_name(kind))


def _body(graph: Shapes, node: Term, name: str, path: str, shape: ox.NamedNode) -> str:
    values = graph.values(node, SH + name)
    value = str(values[0])
    each: dict[str, Callable[[], str]] = {
        "class": lambda: f"FILTER NOT EXISTS {{ ?value <{RDF}type>/<{RDFS}subClassOf>* {value} }}",
        "datatype": lambda: f"FILTER(!isLiteral(?value) || DATATYPE(?value) != {value})",
        "nodeKind": lambda: f"FILTER(!({_kind(values[0].value)}))",
        "in": lambda: f"FILTER({' && '.join(f'!sameTerm(?value, {item})' for item in graph.list(values[0])) or 'true'})",
        "minInclusive": lambda: f"FILTER(COALESCE(!(?value >= {value}), true))",
        "maxInclusive": lambda: f"FILTER(COALESCE(!(?value <= {value}), true))",
        "lessThan": lambda: f". ?this {value} ?other FILTER(COALESCE(!(?value < ?other), true))",
        "lessThanOrEquals": lambda: f". ?this {value} ?other FILTER(COALESCE(!(?value <= ?other), true))",
        "disjoint": lambda: f"FILTER EXISTS {{ ?this {value} ?value }}",
    }
    if len(values) == 1 and name in each:
        return f"?this {path} ?value {each[name]()}"
    if name == "minCount" and values[0].value == "1":
        return f"FILTER NOT EXISTS {{ ?this {path} ?any }}"
    if name == "maxCount":
        return _count(path, values[0].value)
    raise ShapesError(f"形状 {local_name(shape.value)} 用了没有实现的 sh:{name}")


# ---------------------------------------------------------------- evaluation


class Data:
    """A data graph in memory, to be filled and then checked. It is the only owner of its triples."""

    def __init__(self) -> None:
        self._store = ox.Store()

    def load(self, ntriples: bytes) -> None:
        """Add N-Triples. Raises ``SyntaxError`` when it is not."""
        self._store.bulk_load(ntriples, format=ox.RdfFormat.N_TRIPLES)

    def load_turtle(self, path: Path) -> None:
        """Add the Turtle file at ``path``. Raises :class:`ShapesError` when it cannot be read."""
        try:
            self._store.load(path=str(path), format=ox.RdfFormat.TURTLE)
        except (OSError, SyntaxError) as error:
            raise ShapesError(f"{path.name} 无法读取：{' '.join(str(error).split())}") from error

    def extend(self, construct: str) -> None:
        """Add the triples that the CONSTRUCT query ``construct`` yields. Raises :class:`ShapesError` when it cannot be run.

        It runs as the update INSERT … WHERE with the same template and pattern, so that no triple has to pass through Python.
        """
        update, found = _CONSTRUCT.subn("INSERT", construct, count=1)
        if not found:
            raise ShapesError("推导规则应为 CONSTRUCT 查询")
        try:
            self._store.update(update)
        except (SyntaxError, ValueError) as error:
            raise ShapesError(f"推导规则有误：{' '.join(str(error).split())}") from error

    def rows(self, select: str) -> list[dict[str, str]]:
        """The rows of the SELECT query ``select``, in its order, every term as SPARQL writes it."""
        solutions = self._store.query(select)
        assert isinstance(solutions, ox.QuerySolutions)
        return [{variable.value: str(row[variable]) for variable in solutions.variables} for row in solutions]

    def dump(self) -> bytes:
        """All triples as N-Triples."""
        content = ox.serialize((quad.triple for quad in self._store), format=ox.RdfFormat.N_TRIPLES)
        assert content is not None  # only a call with an output file returns None
        return content

    def faults(self, constraint: Constraint) -> Iterator[Fault]:
        """What ``constraint`` finds, each once, in no particular order. Raises :class:`ShapesError` when its query cannot be run."""
        for target in constraint.targets:
            yield from self._faults(constraint, constraint.query.replace("{target}", self._pattern(target)))

    def _pattern(self, target: str) -> str:
        """Binds ``?this`` to the instances of ``target`` and its subclasses (SHACL 2.1.3.2)."""
        query = f"SELECT ?class WHERE {{ ?class <{RDFS}subClassOf>+ <{target}> }}"
        below = {row["class"].value for row in self._store.query(query)}  # type: ignore[union-attr]
        kinds = [f"{{ ?this <{RDF}type> <{kind}> }}" for kind in sorted(below | {target})]
        return " UNION ".join(kinds) if len(kinds) > 1 else kinds[0].strip("{}") + "."

    def _faults(self, constraint: Constraint, query: str) -> Iterator[Fault]:
        try:
            solutions = self._store.query(query)
        except (SyntaxError, ValueError) as error:
            raise ShapesError(f"形状 {local_name(constraint.shape)} 的查询有误：{' '.join(str(error).split())}") from error
        assert isinstance(solutions, ox.QuerySolutions)
        names = [variable.value for variable in solutions.variables]
        seen = set()
        for solution in solutions:
            values = {name: term.value for name in names if isinstance(term := solution[name], ox.NamedNode | ox.Literal | ox.BlankNode)}
            focus = values.pop("this")
            message = fill(constraint.message, values)
            path = values.pop("path", constraint.path)
            if (key := (focus, message, tuple(sorted(values.items())))) not in seen:
                seen.add(key)
                yield Fault(constraint.shape, focus, constraint.severity, message, constraint.component, path, values)


def fill(template: str, values: Mapping[str, str]) -> str:
    """``template`` with ``{?name}`` replaced by the value of that variable; what is not bound is left as it stands (SHACL 5.3.2)."""
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), template)
