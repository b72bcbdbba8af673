"""What a cell says: the forms that offices write, and what has no sure reading."""

from __future__ import annotations

from typing import Any

import pytest
from asking import cases

from qa import terms
from qa.register_cells import Reader
from qa.register_models import CodeList, Column, Datatype, Register, Trouble

HERE = ("https://w3id.org/guizhi/id/chaoyang/", terms.ID, terms.NS)


@pytest.fixture(scope="module")
def lists(registers: tuple[Register, ...]) -> dict[str, CodeList]:
    return {column.codes.name: column.codes for register in registers for column in register.columns if column.codes}


def short(value: object) -> str:
    text = str(value)
    for base in HERE:
        text = text.removeprefix(base)
    return text


@pytest.mark.parametrize("case", cases("register-cells"))
def test_cells(lists: dict[str, CodeList], case: dict[str, Any]) -> None:
    codes = lists.get(case["type"])
    column = Column("栏", "x", Datatype.CODE if codes else Datatype(case["type"]), codes=codes, several=case.get("several", False))
    read = Reader(column).read(case["cell"])
    assert [short(value) for value in read.values] == case.get("values", [])
    assert case.get("expects", "") in (read.expected or "") and (read.expected is None) is ("expects" not in case)
    assert (read.trouble is Trouble.NOTE) is case.get("note", False)


def test_an_ambiguous_word_is_not_chosen_for_the_office() -> None:
    codes = CodeList("x", (), {"规章": ("http://a", "http://b")}, None)
    read = Reader(Column("栏", "x", Datatype.CODE, codes=codes)).read("规章")
    assert read.values == () and read.expected is not None and "请写全称" in read.expected


def test_an_unlisted_word_of_an_open_list_is_a_node_with_a_name(lists: dict[str, CodeList]) -> None:
    read = Reader(Column("栏", "x", Datatype.CODE, codes=lists["posts"])).read("副局长<a>")
    assert len(read.values) == 1 and "<" not in str(read.values[0])
    assert {short(predicate) for _, predicate, _ in read.minted} == {short(terms.RDF + "type"), short(terms.RDFS + "label")}
