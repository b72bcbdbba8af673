"""Files of RDF → records: Turtle, TriG, N-Triples, JSON-LD, RDF/XML, in the vocabulary of ``ontology/registers.ttl``.

Nothing is fetched: remote JSON-LD contexts, ``@import`` and XML entities are refused. Size, triples and depth are bounded. Values are read
as those of a spreadsheet are, so a date may be a plain literal; node and property stand in the place of row and column.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Final
from urllib.parse import quote
from xml.parsers import expat

import pyoxigraph as ox

from qa import terms
from qa.models import Iri, Triple, Value
from qa.register_cells import Reader
from qa.register_models import (
    Batch,
    Cell,
    CellProblem,
    Column,
    FoundColumn,
    Place,
    Register,
    RegisterError,
    RegisterRecord,
    SheetHead,
    Trouble,
)

MAX_BYTES: Final = 200 * 2**20
MAX_TRIPLES: Final = 2_000_000
MAX_DEPTH: Final = 200
"""How deep XML elements may be nested; the parser's time grows with the square of it."""
SIZE: Final = 2_000
SUFFIXES: Final = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".trig": ox.RdfFormat.TRIG,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".jsonld": ox.RdfFormat.JSON_LD,
    ".json": ox.RdfFormat.JSON_LD,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".owl": ox.RdfFormat.RDF_XML,
    ".xml": ox.RdfFormat.RDF_XML,
}
"""The formats by the ends of file names."""
_TYPE: Final = ox.NamedNode(terms.RDF + "type")
_ACT: Final = Iri(terms.gz("Act"))
_ABOUT: Final = {terms.gz(name) for name in ("sourceFile", "sourceSheet", "sourceRow")}
Node = ox.NamedNode | ox.BlankNode


def read_rdf(path: Path, registers: Sequence[Register]) -> Iterator[Batch]:
    """The records of ``path``, register by register. Raises :class:`RegisterError` for a file that is not RDF or too large."""
    store = _load(path)
    found = False
    for register in registers:
        quads = store.quads_for_pattern(None, _TYPE, ox.NamedNode(register.record_class))
        nodes = sorted({quad.subject for quad in quads if isinstance(quad.subject, ox.NamedNode | ox.BlankNode)}, key=str)
        maker = _Maker(path, register, store)
        numbered = enumerate(nodes, start=1)
        while page := list(islice(numbered, SIZE)):
            found = True
            problems: list[CellProblem] = []
            yield Batch(maker.head, tuple(maker.record(number, node, problems) for number, node in page), tuple(problems))
    if not found:
        expected = f"登记记录，即 {'、'.join('gz:' + terms.local_name(r.record_class) for r in registers)} 之一的实例；这个文件里没有"
        yield Batch(None, (), (CellProblem(Place(path.name), "", expected),))


def _load(path: Path) -> ox.Store:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise RegisterError(f"{path.name}：超过 {MAX_BYTES >> 20} MB，请分成几个文件")
        format_ = SUFFIXES[path.suffix.lower()]
        if format_ is ox.RdfFormat.RDF_XML:
            _check_xml(path)
        store = ox.Store()
        with path.open("rb") as file:
            store.bulk_extend(_counted(path, ox.parse(file, format=format_, base_iri=f"{terms.ID}register/file/{quote(path.name)}")))
    except SyntaxError as error:
        raise RegisterError(f"{path.name}：{_why(error, path)}") from error
    except OSError as error:
        raise RegisterError(f"{path.name}：无法读取（{error.strerror or '文件损坏'}）") from error
    return store


def _counted(path: Path, quads: Iterator[ox.Quad]) -> Iterator[ox.Quad]:
    for number, quad in enumerate(quads):
        if number >= MAX_TRIPLES:
            raise RegisterError(f"{path.name}：超过 {MAX_TRIPLES} 个三元组，请分成几个文件")
        yield quad


def _why(error: SyntaxError, path: Path) -> str:
    message = " ".join(str(error).split())
    if "LoadDocumentCallback" in message:
        return "引用了网上的 JSON-LD 上下文；离线核对不取网上的内容，请把上下文写进文件"
    if path.suffix.lower() == ".json":
        return f"不是登记资料：.json 文件应为 JSON-LD（{message[:150]}）"
    return f"不是有效的 {SUFFIXES[path.suffix.lower()].name}：{message[:200]}"


def _check_xml(path: Path) -> None:
    """Refuse entities and deep nesting before the parser of RDF/XML, which expands the one and is slow at the other, sees them."""
    parser, depth = expat.ParserCreate(), 0

    def refuse(*_: object) -> None:
        raise RegisterError(f"{path.name}：XML 里有实体声明（DOCTYPE），没有读取；请去掉后再核对")

    def start(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise RegisterError(f"{path.name}：XML 嵌套超过 {MAX_DEPTH} 层，没有读取")

    def end(*_: object) -> None:
        nonlocal depth
        depth -= 1

    parser.StartDoctypeDeclHandler, parser.StartElementHandler, parser.EndElementHandler = refuse, start, end
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        raise RegisterError(f"{path.name}：不是有效的 XML：第 {error.lineno} 行，{expat.ErrorString(error.code)}") from error


class _Maker:
    """Makes records of the nodes of one register."""

    def __init__(self, path: Path, register: Register, store: ox.Store) -> None:
        self._path, self._store = path, store
        declared = [column for column in register.columns if column.property]
        columns = tuple(FoundColumn(index, "", column.name, column) for index, column in enumerate(declared, 1))
        self.head = SheetHead(path.name, None, register, 0, columns)
        self._readers = {column.property: Reader(column) for column in declared}
        self._acts = {column.property.rpartition("/")[0] for column in declared}
        origin = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
        self._base = f"{terms.ID}register/row/{origin}/"

    def record(self, number: int, node: Node, problems: list[CellProblem]) -> RegisterRecord:
        """The record at ``node``."""
        iri = node.value if isinstance(node, ox.NamedNode) else f"{self._base}{terms.local_name(self.head.register.record_class)}-{number}"
        place = Place(self._path.name, node=iri)
        cells: dict[str, Cell] = {}
        minted: list[Triple] = []
        for prefix in sorted(self._acts):
            subjects = self._objects(node, prefix) if prefix else [node]
            for path, (text, objects, about) in self._values(prefix, subjects, place, problems).items():
                cells[path] = Cell(path, 0, text, objects)
                minted += about
        register = self.head.register
        key = next(column.property for column in register.columns if column.key)
        identifier = next((str(value) for value in cells[key].values), None) if key in cells else None
        return RegisterRecord(iri, register.name, register.record_class, identifier, place, cells, tuple(minted))

    def _objects(self, node: Node, name: str) -> list[Node]:
        quads = self._store.quads_for_pattern(node, ox.NamedNode(terms.gz(name)), None)
        return sorted({quad.object for quad in quads if isinstance(quad.object, ox.NamedNode | ox.BlankNode)}, key=str)

    def _values(
        self, prefix: str, subjects: Sequence[Node], place: Place, problems: list[CellProblem]
    ) -> dict[str, tuple[str, tuple[Value, ...], list[Triple]]]:
        """By property path: text, values and what describes new values, of all ``subjects`` together."""
        said: dict[str, list[object]] = {}
        for quad in chain.from_iterable(self._store.quads_for_pattern(subject, None, None) for subject in subjects):
            name = quad.predicate.value.removeprefix(terms.NS)
            path = f"{prefix}/{name}" if prefix else name
            if path in self._readers:
                said.setdefault(path, []).append(quad.object)
            elif quad.predicate.value.startswith(terms.NS) and path not in self._acts and quad.predicate.value not in _ABOUT:
                where = Place(place.file, node=place.node, header=f"gz:{name}")
                problems.append(CellProblem(where, str(quad.object), "不是已声明的属性，不参加核对", Trouble.NOTE, self.head.register.name))
        return {path: self._read(path, sorted(set(objects), key=str), place, problems) for path, objects in sorted(said.items())}

    def _read(
        self, path: str, objects: Sequence[object], place: Place, problems: list[CellProblem]
    ) -> tuple[str, tuple[Value, ...], list[Triple]]:
        reader, values, minted = self._readers[path], [], []  # type: tuple[Reader, list[Value], list[Triple]]
        where = Place(place.file, node=place.node, header=reader.column.name)

        def say(text: str, expected: str, trouble: Trouble = Trouble.UNREAD) -> None:
            problems.append(CellProblem(where, text, expected, trouble, self.head.register.name, place.node, path))

        for term in objects:
            if isinstance(term, ox.Literal):
                read = reader.read(term.value)
                values += read.values
                minted += read.minted
                if read.expected:
                    say(term.value, read.expected, read.trouble)
            elif not isinstance(term, ox.NamedNode):
                say(str(term), "有 IRI 的值或者文字")
            elif expected := _unlisted(term, reader.column):
                say(str(term), expected)
            else:
                values.append(Iri(term.value))
        if len(values) > 1 and not reader.column.several:
            say("、".join(str(value) for value in values), "只有一个值")
            values = []
        return "、".join(term.value for term in objects if hasattr(term, "value")), tuple(dict.fromkeys(values)), minted


def _unlisted(term: ox.NamedNode, column: Column) -> str | None:
    """Why ``term`` cannot be a value of ``column``; ``None``: it can."""
    if column.codes is None:
        return "文字，不是 IRI"
    if column.codes.mint is None and not any(term.value in iris for iris in column.codes.words.values()):
        return "代码表里的值"
    return None
