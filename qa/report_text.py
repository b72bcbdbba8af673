"""An outcome for a terminal: what was checked, a table by rule, the breaches, and apart from them what could not be told or read."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from qa.report_models import SEVERITIES, Outcome, alike
from qa.validate_models import Result, Severity

SHOWN: Final = 50
"""Breaches, and unread cells, that are shown; a file has them all."""
_COLOURS: Final = {Severity.VIOLATION: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan", Severity.UNDETERMINED: "dim"}


def to_text(outcome: Outcome, width: int = 120, *, colour: bool = False) -> str:
    """``outcome`` in lines of at most ``width`` columns (a Chinese character takes two)."""
    written = io.StringIO()
    console = Console(file=written, width=width, force_terminal=colour, color_system="standard" if colour else None, highlight=False)
    checked = outcome.report.checked
    records = "、".join(f"{name} {count} 条" for name, count in checked.records.items())
    console.print(escape(f"已核对：{'、'.join(checked.files)}（{records}；{checked.shapes} 个形状；《{checked.regulation}》）"))
    console.print(escape(summary(outcome)), style="bold")
    if outcome.report.results:
        console.print(_rules(outcome))
    _breaches(console, outcome)
    _unread(console, outcome)
    return written.getvalue().rstrip("\n")


def summary(outcome: Outcome) -> str:
    """One sentence: how many breaches of which degree, and what is apart from them."""
    counts = Counter(result.severity for result in outcome.report.results)
    breaches = "、".join(f"{name} {counts[s]} 处" for s, name in SEVERITIES.items() if counts[s] and s is not Severity.UNDETERMINED)
    apart = [f"{counts[Severity.UNDETERMINED]} 处缺少信息，无法判定"] if counts[Severity.UNDETERMINED] else []
    apart += [f"{len(outcome.unread)} 处看不懂"] if outcome.unread else []
    return (breaches or "没有发现违反规则的地方") + (f"；另有 {'、'.join(apart)}" if apart else "") + "。"


def _rules(outcome: Outcome) -> Table:
    table = Table(title="各条情况", title_justify="left")
    table.add_column("条款")
    for name in SEVERITIES.values():
        table.add_column(name, justify="right")
    for place, results in outcome.by_rule(outcome.report.results):
        counts = Counter(result.severity for result in results)
        table.add_row(escape(place.label), *(str(counts[severity] or "") for severity in SEVERITIES))
    return table


def _breaches(console: Console, outcome: Outcome) -> None:
    breaches: Sequence[Result] = outcome.breaches
    for result in breaches[:SHOWN]:
        at = " ".join(part for part in (result.file, result.sheet, f"第{result.row}行" if result.row else "", result.id) if part)
        head = f"[{_COLOURS[result.severity]}]{SEVERITIES[result.severity]}[/] "
        console.print(head + escape(f"{at}　{outcome.place(result).label}：{result.message}"))
        if result.remedy:
            console.print(escape(f"     怎么办：{result.remedy}"), style="dim")
    if len(breaches) > SHOWN:
        console.print(f"……还有 {len(breaches) - SHOWN} 处，用 --format xlsx 或 html 看全部")
    if count := len(outcome.undetermined):
        console.print(f"无法判定的 {count} 处没有在这里列出，用 --format xlsx 或 html 逐处看缺什么", style="dim")


def _unread(console: Console, outcome: Outcome) -> None:
    for title, problems in (("看不懂的（没有据以判断）", outcome.unread), ("请留意", outcome.notes)):
        if problems:
            console.print(f"\n{title}", style="bold")
        kinds = alike(problems)
        for problem, count in kinds[:SHOWN]:
            console.print(escape(f"  {problem.sentence()}" + (f"（这一栏同样的共 {count} 处）" if count > 1 else "")))
        if len(kinds) > SHOWN:
            console.print(f"  ……还有 {sum(count for _, count in kinds[SHOWN:])} 处")
