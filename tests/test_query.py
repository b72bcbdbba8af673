"""Results on their way out of the pool."""

from __future__ import annotations

import io

import pytest

from qa.query import Exhausted, Reply


def test_a_result_that_is_too_long_for_memory_is_not_read() -> None:
    body = io.BytesIO("结果".encode())
    assert Reply("text/csv", False, 6, body).text(6) == "结果"
    assert body.closed
    body = io.BytesIO(b"x" * (3 << 20))
    with pytest.raises(Exhausted, match=r"2 MB.*LIMIT"):
        Reply("text/csv", False, 3 << 20, body).text(2 << 20)
    assert body.closed
