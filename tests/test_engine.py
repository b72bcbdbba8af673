"""What hinders queries from being run at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qa.engine import open_engine
from qa.query import Limits
from qa.store import StoreError


@pytest.mark.parametrize("store", ["memory", "http://127.0.0.1:9/query"])
def test_a_system_without_fork_is_told_where_it_runs(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    with pytest.raises(StoreError, match="WSL"):
        open_engine(store, Path(os.devnull), Limits())
