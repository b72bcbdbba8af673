"""What the tab of checks does with registers for queries: puts them beside the rules, lists them, takes them out. HTML out; knows no
user-interface library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from qa.register_models import RegisterError
from qa.report_page import shelf as page
from qa.rulebook import RulebookError
from qa.shelf import Lying, Shelf

_RECORDS: Final = """\
# 登记资料“{name}”：每条记录的种类、编号和所在的行
SELECT ?kind ?number ?row WHERE {{
  GRAPH <{graph}> {{
    ?record a ?class ; gz:sourceFile ?file .
    OPTIONAL {{ ?record gz:recordNumber ?number }}
    OPTIONAL {{ ?record gz:sourceRow ?row }}
  }}
  ?class rdfs:label ?kind FILTER(LANG(?kind) = "zh")
}} ORDER BY ?kind ?row LIMIT 100
"""
_TRIPLES: Final = """\
# 登记资料“{name}”
SELECT ?subject ?property ?value WHERE {{
  GRAPH <{graph}> {{ ?subject ?property ?value }}
}} ORDER BY ?subject ?property LIMIT 100
"""


class ShelfDesk:
    """The registers on ``shelf``, for the page. Safe to share between threads."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def shown(self, *, offer: bool = False, done: str = "", error: str = "") -> str:
        """The registers that are there, and what was done or could not be; with ``offer`` also what putting one there means."""
        lying = [(one, "/?" + urlencode({"sparql": query(one)})) for one in self._shelf.lying()]
        return page(lying, offer=offer, done=done, error=error)

    def put(self, paths: Sequence[Path]) -> str:
        """Put the registers in ``paths`` there; the list, with what came of it."""
        if not paths:
            return self.shown(error="没有放进去。请先核对登记簿。")
        try:
            put = self._shelf.put(paths)
        except (RegisterError, RulebookError) as error:
            return self.shown(offer=True, error=f"没有放进去。{error}")
        names = "、".join(f"“{one.name}”" for one in put)
        unread = sum(one.unread for one in put)
        return self.shown(done=f"已放进 SPARQL 查询：{names}。" + (f"看不懂的 {unread} 格没有值，见上面的核对结果。" if unread else ""))

    def take(self, graph: str) -> str:
        """Take out the register that is the named graph ``graph``; the list, with what came of it."""
        try:
            taken = self._shelf.take(graph)
        except RegisterError as error:
            return self.shown(error=f"没有取出。{error}")
        return self.shown(done=f"已取出：“{taken.name}”。" if taken else "已经不在里面了。")


def query(one: Lying) -> str:
    """A small query over the register ``one``, to begin with."""
    return (_TRIPLES if one.records is None else _RECORDS).format(name=" ".join(one.name.split()), graph=one.graph)
