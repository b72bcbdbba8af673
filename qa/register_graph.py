"""A file of registers → the triples of one named graph, written as the rows are read: memory does not grow with them.

Reading is that of the check (:mod:`qa.registers`), so that what cannot be understood is the same here and there. Composes reading and
:mod:`qa.record_graph`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from qa.ntriples import ntriples
from qa.record_graph import record_graph
from qa.register_models import CellProblem, Register, RegisterError, Trouble
from qa.registers import read_register
from qa.terms import GRAPH

REGISTER: Final = GRAPH + "register/"
TOLD: Final = 200
"""Cells that are not understood, and as many that are worth a look, that are told one by one of each file."""

Tell = Callable[[CellProblem], None]


@dataclass(frozen=True, slots=True)
class Written:
    """What a file became: the number of its records and of its triples (each counted once)."""

    records: int
    triples: int


class TooMuch(RegisterError):
    """A register with more triples than there is room for."""


def graph_name(path: Path) -> str:
    """The IRI of the named graph of the register in ``path``: that of its name without the ending."""
    return REGISTER + quote(path.stem)


def file_name(graph: str) -> str:
    """The name for people of the register that is the named graph ``graph``."""
    return unquote(graph.removeprefix(REGISTER))


def no_name_twice(paths: Iterable[Path]) -> None:
    """Raise :class:`RegisterError` where two of ``paths`` would become the same graph."""
    seen: dict[str, Path] = {}
    for path in paths:
        if other := seen.get(graph_name(path)):
            raise RegisterError(f"{other.name}、{path.name}：会成为同一个图（图名取自文件名，不含扩展名），后一个会换掉前一个；请先改名")
        seen[graph_name(path)] = path


def write_register(path: Path, registers: Sequence[Register], target: Path, tell: Tell, most: int | None = None) -> Written:
    """Write the records of ``path`` to the N-Triples file ``target``, and ``tell`` what is not, or not surely, understood.

    Every row that is a record is there, with where it stands (``gz:sourceFile``, ``gz:sourceSheet``, ``gz:sourceRow``); a cell that is not
    understood has no triple. Raises :class:`RegisterError` for a file that cannot be read or that holds no record, and :class:`TooMuch` for
    more than ``most`` triples; ``target`` is then gone.
    """
    told = _Told(tell)
    try:
        with target.open("wb") as file:
            records = triples = 0
            for lines in _records(path, registers, told):
                file.writelines(lines)
                records, triples = records + 1, triples + len(lines)
                if most is not None and triples > most:
                    raise TooMuch(f"{path.name}：超过 {most} 个三元组")
        if not records:
            raise RegisterError(f"{path.name}：没有可以载入的登记簿（{told.first or '里面没有一条记录'}）")
    except BaseException:
        with suppress(OSError):
            target.unlink()
        raise
    return Written(records, triples)


def reporter(path: Path, say: Callable[[str], None]) -> tuple[Tell, Callable[[], None]]:
    """What tells people of the problems of ``path`` by ``say``, a sentence each, and what says at the end how many more there are."""
    counts = dict.fromkeys(Trouble, 0)

    def tell(problem: CellProblem) -> None:
        counts[problem.trouble] += 1
        if counts[problem.trouble] <= TOLD:
            say(problem.sentence())

    def rest() -> None:
        unread, notes = (max(0, counts[trouble] - TOLD) for trouble in (Trouble.UNREAD, Trouble.NOTE))
        if unread or notes:
            say(f"{path.name}：……还有 {unread} 处看不懂、{notes} 处请留意；全部见 guizhi validate --format json")

    return tell, rest


class _Told:
    """Passes problems on, and keeps the first."""

    def __init__(self, tell: Tell) -> None:
        self._tell, self.first = tell, ""

    def __call__(self, problem: CellProblem) -> None:
        self.first = self.first or problem.said()
        self._tell(problem)


def _records(path: Path, registers: Sequence[Register], tell: Tell) -> Iterator[Sequence[bytes]]:
    """The triples of each record of ``path`` that none before it had; memory grows only by the different words in no code list."""
    described: set[bytes] = set()
    for batch in read_register(path, registers):
        for problem in batch.problems:
            tell(problem)
        for record in batch.records:
            own = record_graph(replace(record, minted=()), repeated=False).splitlines(keepends=True)
            minted = [line for line in ntriples(record.minted).splitlines(keepends=True) if line not in described]
            described.update(minted)
            yield list(dict.fromkeys([*own, *minted]))
