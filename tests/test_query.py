"""Results on their way out of the pool."""

from __future__ import annotations

import io

import pytest

from qa.query import Exhausted, Malformed, Reply


def test_a_result_that_is_too_long_for_memory_is_not_read() -> None:
    body = io.BytesIO("结果".encode())
    assert Reply("text/csv", False, 6, body).text(6) == "结果"
    assert body.closed
    body = io.BytesIO(b"x" * (3 << 20))
    with pytest.raises(Exhausted, match=r"2 MB.*LIMIT"):
        Reply("text/csv", False, 3 << 20, body).text(2 << 20)
    assert body.closed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("error at 1:21: expected one of Prefix not found, ['%']", "第1行第21列用了没有声明的前缀。请在开头写 PREFIX。"),
        ("The custom function <http://x/f> is not supported", "查询用了这里没有的函数 <http://x/f>。"),
        ("error at 2:3: expected one of a", "第2行第3列有语法错误（expected one of a）"),
        ("Invalid IRI " + "x" * 200, "查询有错误（Invalid IRI " + "x" * 148 + "…）"),
    ],
)
def test_what_is_wrong_with_a_query_is_said_in_words(words: str, said: str) -> None:
    assert str(Malformed(words)) == said
