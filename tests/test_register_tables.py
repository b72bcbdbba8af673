"""The declared registers: whole, in the ontology's words, and every constraint has its columns."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from qa import terms
from qa.register_models import Datatype, Register
from qa.register_tables import TableError, fold, load_registers
from qa.store import Store

NAMES = {
    *("公文登记簿", "会议台账", "会签征求意见登记", "请假登记"),
    *("部门全市性会议（活动）报批登记", "简报登记", "督查登记", "代行与委托（授权）登记"),
}
DATATYPES = {
    Datatype.DATE: "date",
    Datatype.INTEGER: "integer",
    Datatype.BOOLEAN: "boolean",
    Datatype.TEXT: "string",
    Datatype.UNIT: "string",
    Datatype.NAME: "string",
}


def by_name(registers: tuple[Register, ...], name: str) -> Register:
    return next(register for register in registers if register.name == name)


def test_the_eight_registers_are_declared(registers: tuple[Register, ...]) -> None:
    assert {register.name for register in registers} == NAMES
    assert all(sum(column.key for column in register.columns) == 1 for register in registers)


def test_every_constraint_has_columns(registers: tuple[Register, ...]) -> None:
    needed = {number for register in registers for column in register.columns for number in column.constraints}
    assert needed == set(range(1, 37))


def test_the_page_of_constraints_names_what_is_declared(root: Path, registers: tuple[Register, ...]) -> None:
    rows = [line.split("|") for line in (root / "docs" / "registers.md").read_text("utf-8").splitlines() if line.startswith("| ")]
    numbered = {int(row[1]): row[5] for row in rows if row[1].strip().isdigit()}
    assert sorted(numbered) == list(range(1, 37))
    steps = {step for register in registers for column in register.columns for step in column.property.split("/")}
    named = {step for text in numbered.values() for step in text.replace(":", ",").replace(";", ",").replace("/…", "").split(",")}
    words = {part for name in named for part in name.split("(")[0].split("=")[0].strip().split("/")}
    assert {word for word in words if word.isascii() and word and not word[0].isupper() and word not in steps} == set()


def test_columns_speak_the_words_of_the_ontology(registers: tuple[Register, ...], store: Store) -> None:
    """Each property is declared, for the right kind of record, and with the type of value that the column gives."""
    ask = """ASK { GRAPH <https://w3id.org/guizhi/graph/ontology> { ?property rdfs:domain|<http://purl.org/dc/dcam/domainIncludes> ?above .
             ?class rdfs:subClassOf* ?above } }"""
    ranges = """SELECT ?property ?range { GRAPH <https://w3id.org/guizhi/graph/ontology> {
                ?property rdfs:range|<http://purl.org/dc/dcam/rangeIncludes> ?range } }"""
    for register in registers:
        for column in (column for column in register.columns if column.property):
            *acts, last = [terms.gz(step) for step in column.property.split("/")]
            subject = terms.gz("Act") if acts else register.record_class
            for step, owner in [*[(act, register.record_class) for act in acts], (last, subject)]:
                query = ask.replace("?property", f"<{step}>").replace("?class", f"<{owner}>")
                assert store.ask(query), f"{register.name}：{column.name}：{step}"
            found = {
                str(row["range"]) for row in store.select(ranges.replace("?property", f"<{last}>").replace(f"SELECT <{last}>", "SELECT"))
            }
            if column.datatype in DATATYPES:
                assert found == {terms.XSD + DATATYPES[column.datatype]}, f"{register.name}：{column.name}"
            else:
                assert found and not any(name.startswith(terms.XSD) for name in found), f"{register.name}：{column.name}"


def test_lists_come_from_the_regulation_and_the_ontology(registers: tuple[Register, ...]) -> None:
    documents = by_name(registers, "公文登记簿")
    signer = next(column for column in documents.columns if column.name == "签发人职务")
    assert signer.codes is not None and signer.codes.mint == "Office"
    assert signer.codes.words[fold("常务副市长")] == ("https://w3id.org/guizhi/id/chaoyang/office/executive-deputy-mayor",)
    form = next(column for column in documents.columns if column.name == "文种")
    assert form.codes is not None and form.codes.mint is None and form.codes.words["公函"] == (terms.gz("FormLetter"),)


def test_an_offered_word_is_never_ambiguous(registers: tuple[Register, ...]) -> None:
    for register in registers:
        for column in (column for column in register.columns if column.codes):
            assert column.codes is not None
            assert [code.name for code in column.codes.codes if column.codes.words[fold(code.name)] != (code.iri,)] == []


@pytest.mark.parametrize(
    ("file", "before", "after", "word"),
    [
        ("briefings.yaml", "type: bodies", "type: nobodies", "nobodies"),
        ("briefings.yaml", "synonyms: [期数, 期次]", "synonyms: [期数, 刊名]", "同一个名称"),
        ("briefings.yaml", "{name: 期号,", "{name: 期号, colour: red,", "colour"),
        ("codes/codes.yaml", "{class: Rank}", "{class: Nothing}", "一个词也没有"),
    ],
)
def test_a_faulty_declaration_is_named(root: Path, store: Store, tmp_path: Path, file: str, before: str, after: str, word: str) -> None:
    shutil.copytree(root / "data" / "registers", tmp_path / "registers")
    path = tmp_path / "registers" / file
    assert before in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(before, after), "utf-8")
    with pytest.raises(TableError, match=word):
        load_registers(tmp_path / "registers", store.select, "chaoyang-2024")
