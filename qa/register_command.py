"""What ``guizhi template`` does: the empty forms of registers, one or all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from qa.register_models import Register
from qa.register_tables import load_registers
from qa.register_template import TemplateError, find_register, write_template
from qa.rulebook import load_rulebook
from qa.store import Store

TABLES: Final = Path("data/registers")


def template(root: Path, graph: Path, name: str | None, output: Path | None, regulation: str | None = None) -> str:
    """Write the form of the register called ``name`` to ``output`` (default: its name, xlsx), or all forms into the folder ``output``.

    Returns what to tell the user. Raises :class:`qa.register_template.TemplateError` where it cannot be written.
    """
    registers = declared(root, Store.open(graph), regulation)
    if name is None:
        return _list(registers) if output is None else _all(registers, output)
    register = find_register(name, registers)
    path = output or Path(f"{register.name}.xlsx")
    write_template(register, path)
    return f"已写入：{path}"


def declared(root: Path, store: Store, regulation: str | None = None) -> tuple[Register, ...]:
    """The registers of the project at ``root``, with the words of ``regulation`` (``None``: the only one that can be checked)."""
    return load_registers(root / TABLES, store.select, load_rulebook(root, store, regulation).regulation)


def _list(registers: Sequence[Register]) -> str:
    return "\n".join(["可以写出的模板（guizhi template 名称 -o 文件.xlsx）：", *(f"  {r.name}：{r.note}" for r in registers)])


def _all(registers: Sequence[Register], folder: Path) -> str:
    if folder.suffix:
        raise TemplateError(f"{folder.name}：写出全部模板时 -o 应为文件夹")
    folder.mkdir(parents=True, exist_ok=True)
    for register in registers:
        for suffix in (".xlsx", ".csv"):
            write_template(register, folder / f"{register.name}{suffix}")
    return f"已写入 {2 * len(registers)} 个文件：{folder}"
