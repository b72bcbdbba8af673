"""Diagrams as SVG text: the steps of a route from top to bottom, a meeting with those who hold it and what it does, columns of boxes.

No layout engine and no font metrics: a full-width character is one em wide, any other 0.56 em. The same values give the same bytes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

SIZE: Final = 14
"""Font size in user units; lengths below are in the same unit."""
_LINE: Final = 21
_PAD: Final = 12
_GAP: Final = 22
_ROUTE_WIDTH: Final = 620
_SIDE, _CENTRE, _BETWEEN = 270, 190, 46
_COLUMNS, _APART, _TINTS = (340, 260, 400), 90, 4
_HALF: Final = 0.56
_NO_START: Final = "，。；：、？！）》”"
_STYLE: Final = """<style>
.dg{--ink:#1c2733;--soft:#55636f;--line:#8fa1b1;--paper:#fff;--blue:#1d4f86;--tint:#e8eff7}
@media (prefers-color-scheme:dark){.dg{--ink:#e6ebf0;--soft:#a5b2be;--line:#5b6c7b;--paper:#1b232b;--blue:#8fbcec;--tint:#22344a}}
.dg text{font:14px "PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC","WenQuanYi Micro Hei",sans-serif;fill:var(--ink)}
.dg .head{font-weight:600}.dg .note{fill:var(--soft)}.dg .mark{fill:var(--paper);text-anchor:middle;font-weight:600}.dg circle{fill:var(--blue)}
.dg rect{fill:var(--paper);stroke:var(--line)}.dg .main rect{fill:var(--tint);stroke:var(--blue)}.dg .not rect{stroke-dasharray:5 4;fill:none}
.dg path{fill:none;stroke:var(--line);stroke-width:1.5}
.dg .t1{stroke:#2f6fb5}.dg .t2{stroke:#b5562f}.dg .t3{stroke:#3d8a5a}.dg .t4{stroke:#8a4fa3}.dg .tip{fill:var(--line);stroke:none}
</style>"""


@dataclass(frozen=True, slots=True)
class Box:
    """A box: a heading in bold and lines below it. ``kind`` is ``main`` (coloured), ``not`` (dashed) or empty."""

    heading: str
    lines: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A curve between two boxes of neighbouring columns, each named by its column and its place there (from 0); ``tint`` is its colour."""

    left: tuple[int, int]
    right: tuple[int, int]
    tint: int


def route(title: str, first: Box, steps: Sequence[Box]) -> str:
    """A route: what is handled on top, then its steps, numbered, with arrows between."""
    drawn, y = [], 1
    left = 2 * SIZE + _PAD
    for number, box in enumerate((first, *steps)):
        if number:
            drawn.append(_arrow(left + 40, y, y + _GAP))
            y += _GAP
        height = _height(box, _ROUTE_WIDTH)
        drawn.append(_box(box, left, y, _ROUTE_WIDTH))
        if number:
            middle = y + height // 2
            drawn.append(
                f'<circle cx="{SIZE}" cy="{middle}" r="{SIZE - 1}"/><text class="mark" x="{SIZE}" y="{middle + 5}">{number}</text>'
            )
        y += height
    return _svg(title, left + _ROUTE_WIDTH + 1, y + 1, drawn)


def meeting(title: str, centre: Box, before: Sequence[Box], after: Sequence[Box], below: Box | None) -> str:
    """A meeting in the middle, what it takes on the left, what comes of it on the right, and what is not regulated below."""
    middle_x, right_x = _SIDE + _BETWEEN, _SIDE + 2 * _BETWEEN + _CENTRE
    total = max(_stack(before), _stack(after), _height(centre, _CENTRE))
    middle = total // 2
    drawn = [_box(centre, middle_x, middle - _height(centre, _CENTRE) // 2 + 1, _CENTRE)]
    for boxes, x, start, end in ((before, 1, _SIDE + 1, middle_x), (after, right_x, right_x, middle_x + _CENTRE)):
        y = (total - _stack(boxes)) // 2 + 1
        for box in boxes:
            height = _height(box, _SIDE)
            drawn.append(
                f'<path d="M{start} {y + height // 2}C{(start + end) // 2} {y + height // 2} {(start + end) // 2} {middle} {end} {middle}"/>'
            )
            drawn.append(_box(box, x, y, _SIDE))
            y += height + SIZE
    width = right_x + _SIDE
    if below:
        drawn.append(_box(below, 1, total + _GAP, width - 1))
        total += _GAP + _height(below, width - 1)
    return _svg(title, width + 1, total + 2, drawn)


def columns(title: str, top: Sequence[Box], parts: Sequence[tuple[str, Sequence[Box]]], links: Sequence[Link]) -> str:
    """Up to three columns of boxes, each under its heading, below the boxes ``top`` that go across; ``links`` are curves between boxes."""
    width = sum(_COLUMNS[: len(parts)]) + _APART * (len(parts) - 1)
    drawn, y = [], 1
    for box in top:
        drawn.append(_box(box, 1, y, width - 2))
        y += _height(box, width - 2) + SIZE
    places: dict[tuple[int, int], tuple[int, int, int]] = {}
    total = max((_stack(boxes, wide) for (_, boxes), wide in zip(parts, _COLUMNS, strict=False)), default=0)
    for column, (heading, boxes) in enumerate(parts):
        x, wide = sum(_COLUMNS[:column]) + _APART * column, _COLUMNS[column]
        drawn.append(f'<text class="head" x="{x + wide // 2}" y="{y + SIZE}" text-anchor="middle">{escape(heading)}</text>')
        gap = SIZE + (total - _stack(boxes, wide)) // max(1, len(boxes) - 1)
        at = y + 2 * SIZE
        for place, box in enumerate(boxes):
            drawn.append(_box(box, x + 1, at, wide - 2))
            places[column, place] = (x + 1, x + wide - 1, at + _height(box, wide) // 2)
            at += _height(box, wide) + gap
    curves = []
    for link in links:
        (_, x1, y1), (x2, _, y2) = places[link.left], places[link.right]
        middle = (x1 + x2) // 2
        curves.append(f'<path class="t{link.tint % _TINTS + 1}" d="M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"/>')
    return _svg(title, width, y + 2 * SIZE + total + 2, [*curves, *drawn])


def wrapped(text: str, width: int) -> Iterator[str]:
    """``text`` in lines that fit ``width``; no line starts with a closing mark."""
    line, used = "", 0.0
    for character in text:
        needed = SIZE * (1 if unicodedata.east_asian_width(character) in "WFA" else _HALF)
        if used + needed > width and character not in _NO_START:
            yield line
            line, used = "", 0.0
        line, used = line + character, used + needed
    yield line


def _lines(box: Box, width: int) -> list[tuple[str, str]]:
    """Style and text of each printed line of ``box``."""
    inside = width - 2 * _PAD - SIZE
    return [
        *(("head", line) for line in wrapped(box.heading, inside)),
        *(("note", line) for text in box.lines for line in wrapped(text, inside)),
    ]


def _height(box: Box, width: int) -> int:
    return len(_lines(box, width)) * _LINE + 2 * _PAD - 4


def _stack(boxes: Sequence[Box], width: int = _SIDE) -> int:
    return sum(_height(box, width) + SIZE for box in boxes) - SIZE if boxes else 0


def _box(box: Box, x: int, y: int, width: int) -> str:
    texts = [
        f'<text class="{style}" x="{x + _PAD}" y="{y + _PAD + SIZE + _LINE * place - 1}">{escape(line)}</text>'
        for place, (style, line) in enumerate(_lines(box, width))
    ]
    return f'<g class="{box.kind}"><rect x="{x}" y="{y}" width="{width}" height="{_height(box, width)}" rx="6"/>{"".join(texts)}</g>'


def _arrow(x: int, start: int, end: int) -> str:
    return f'<path d="M{x} {start}V{end - 7}"/><path class="tip" d="M{x - 5} {end - 8}h10l-5 8z"/>'


def _svg(title: str, width: int, height: int, drawn: Sequence[str]) -> str:
    head = (
        f'<svg class="dg" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
    )
    return "\n".join([head, f"<title>{escape(title)}</title>", _STYLE, *drawn, "</svg>\n"])
