"""Registers that lie beside the rules in memory, each a named graph that queries see, for as long as the service runs.

What the operator gave at the start stays; what visitors put there can be replaced and taken out, and is bounded. The files behind it are in a
folder that goes with the process.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qa.pool import Pool
from qa.query import Busy
from qa.register_graph import TooMuch, file_name, graph_name, no_name_twice, write_register
from qa.register_models import CellProblem, Register, RegisterError, Trouble
from qa.register_rdf import SUFFIXES
from qa.store import by_graph

MOST: Final = 12
"""Graphs of visitors at once."""
TRIPLES: Final = 2_000_000
"""Triples of visitors' graphs together: about 700 MB of memory, and while they are replaced twice that."""
PATIENCE: Final = 60.0
"""Seconds that one change waits for another."""
_ELSEWHERE: Final = "或者请管理员用 guizhi load 放进存储目录（docs/scale.md）"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Lying:
    """One register there: the IRI of its graph, its N-Triples, the number of these and of its records (``None``: RDF as it was given), how
    many cells were not understood, and whether it stays."""

    graph: str
    file: Path
    triples: int
    records: int | None
    unread: int = 0
    stays: bool = False

    @property
    def name(self) -> str:
        """What people call it."""
        return file_name(self.graph)


class Shelf:
    """The registers beside the graph of ``pool``, which is over a file. Safe to share between threads; close it."""

    def __init__(self, pool: Pool, registers: Callable[[], Sequence[Register]], close_to_others: Callable[[], object]) -> None:
        """``registers`` are those that tables may be; ``close_to_others`` is called before the first of them is there: from then on the data
        are not public."""
        self._pool, self._registers, self._close_to_others = pool, registers, close_to_others
        self._folder = tempfile.TemporaryDirectory(prefix="guizhi-shelf-")
        self._changing = threading.Lock()
        self._lying: Mapping[str, Lying] = {}
        self._made = 0

    def lying(self) -> Sequence[Lying]:
        """What is there, by name."""
        return sorted(self._lying.values(), key=lambda one: one.name)

    def give(self, paths: Sequence[Path], say: Say) -> None:
        """Put the operator's ``paths`` there to stay: tables that are registers, or triples as they are; ``say`` what they became.

        Raises :class:`RegisterError` and :class:`qa.store.StoreError` for a file that cannot be used; nothing is changed then.
        """
        if not paths:
            return
        with self._change() as made:
            no_name_twice(paths)
            for path in paths:
                made.append(self._triples(path) if path.suffix.lower() in SUFFIXES else self._tables(path, stays=True))
            self._show({**self._lying, **{one.graph: one for one in made}})
            for path, one in zip(paths, made, strict=True):
                records = "" if one.records is None else f"{one.records} 条记录，"
                unread = f"；{one.unread} 处看不懂，见 guizhi validate" if one.unread else ""
                say(f"登记资料 {path.name}：{records}{one.triples} 个三元组{unread}")

    def put(self, paths: Sequence[Path]) -> Sequence[Lying]:
        """Put the registers in a visitor's ``paths`` there, in the place of those of the same name; all of them, or none.

        Raises :class:`RegisterError` for what cannot be read, for too much, and where a name is the operator's.
        """
        with self._change() as made:
            no_name_twice(paths)
            names = {graph_name(path) for path in paths}
            for name in names:
                if name in self._lying and self._lying[name].stays:
                    raise RegisterError(f"“{file_name(name)}”是服务启动时给出的登记资料，不能替换；请给文件换一个名字")
            others = [one for one in self._lying.values() if not one.stays and one.graph not in names]
            if len(others) + len(paths) > MOST:
                raise RegisterError(f"至多放 {MOST} 份登记资料，已经有 {len(others)} 份；请先取出几份，{_ELSEWHERE}")
            for path in paths:
                used = sum(one.triples for one in (*others, *made))
                try:
                    made.append(self._tables(path, most=TRIPLES - used))
                except TooMuch as error:
                    raise RegisterError(
                        f"{path.name}：放不下。登记资料一共至多 {TRIPLES} 个三元组，已经有 {used} 个；请先取出几份、只放需要的行，{_ELSEWHERE}"
                    ) from error
            self._show({**self._lying, **{one.graph: one for one in made}})
            return tuple(made)

    def take(self, graph: str) -> Lying | None:
        """Take out a visitor's register; ``None`` where it is not there, or stays."""
        with self._change():
            found = self._lying.get(graph)
            if found is None or found.stays:
                return None
            self._show({name: one for name, one in self._lying.items() if name != graph})
            return found

    def close(self) -> None:
        """Remove the files."""
        self._folder.cleanup()

    @contextmanager
    def _change(self) -> Iterator[list[Lying]]:
        """One change at a time. What was made for it, and what it put out of use, is removed in the end."""
        if not self._changing.acquire(timeout=PATIENCE):
            raise RegisterError("正在放入别的登记资料，请稍后再试")
        made: list[Lying] = []
        before = dict(self._lying)
        try:
            yield made
        finally:
            used = {one.file for one in self._lying.values()}
            for one in (*made, *before.values()):
                if one.file not in used:
                    one.file.unlink(missing_ok=True)
            self._changing.release()

    def _show(self, after: Mapping[str, Lying]) -> None:
        self._close_to_others()
        try:
            self._pool.replace({name: one.file for name, one in after.items()})
        except Busy as error:
            raise RegisterError(str(error)) from error
        self._lying = after

    def _file(self) -> Path:
        self._made += 1
        return Path(self._folder.name) / f"{self._made}.nt"

    def _tables(self, path: Path, *, stays: bool = False, most: int | None = None) -> Lying:
        unread = 0

        def tell(problem: CellProblem) -> None:
            nonlocal unread
            unread += problem.trouble is Trouble.UNREAD

        file = self._file()
        written = write_register(path, self._registers(), file, tell, most)
        return Lying(graph_name(path), file, written.triples, written.records, unread, stays)

    def _triples(self, path: Path) -> Lying:
        name = graph_name(path)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise RegisterError(f"{path.name}：无法读取（{error.strerror}）") from error
        named = by_graph(content, path.suffix.lstrip(".").lower(), name, path.name)
        if set(named) - {name}:
            raise RegisterError(f"{path.name}：里面有自己的图名；请用 guizhi load 放进存储目录，或者改成 N-Triples、Turtle")
        file = self._file()
        file.write_bytes(named.get(name, b""))
        return Lying(name, file, named.get(name, b"").count(b"\n"), None, stays=True)
