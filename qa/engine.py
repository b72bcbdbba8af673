"""Where the data that queries see are kept: in memory, in an Oxigraph store on disk, or by a SPARQL server (``GUIZHI_STORE``)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from qa.pool import Pool
from qa.query import Limits
from qa.store import StoreError

MEMORY: Final = "memory"
_NO_FORK: Final = (
    "这个系统没有 fork，不能另起随时可以停止的 SPARQL 查询进程。Windows 上请在 WSL（适用于 Linux 的 Windows 子系统）中运行 guizhi serve。"
)


def is_address(store: str) -> bool:
    """Whether ``store`` names a server rather than a folder."""
    return store.startswith(("http://", "https://"))


def open_engine(store: str, graph: Path, limits: Limits, login: str = "") -> Pool:
    """What runs queries over ``store``; over the built ``graph`` where that is ``memory``. Raises :class:`qa.store.StoreError`."""
    if not hasattr(os, "fork"):
        raise StoreError(_NO_FORK)
    if store == MEMORY:
        return Pool(graph, limits)
    if is_address(store):
        from qa.remote import Remote

        return Remote(store, login, limits)
    folder = Path(store).expanduser()
    if not (folder / "CURRENT").is_file():  # every RocksDB has one
        raise StoreError(f"GUIZHI_STORE={store}：不是存储目录，请先运行 guizhi load --store {store}")
    return Pool(folder, limits)
