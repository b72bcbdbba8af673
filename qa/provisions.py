"""Printed units → provisions with paths, references, labels, texts and offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qa import numerals
from qa.models import Provision, ProvisionKind, Unit
from qa.reading import Reading

Block = Sequence[Unit]


def provisions(units: Block, reading: Reading) -> Iterator[Provision]:
    """The provisions that ``units`` make up, in printed order, each after the one that encloses it.

    An article of one paragraph has no paragraph node. An item's path is ``art/N/item/K``; where items of several paragraphs of one
    article would share numbers, it is ``art/N/para/P/item/K``.
    """
    chapter: str | None = None
    for index, unit in enumerate(units):
        if unit.kind is ProvisionKind.CHAPTER:
            chapter = f"chap/{unit.number}"
            yield _chapter(_until(units, index, {ProvisionKind.CHAPTER}), chapter, reading)
        elif unit.kind is ProvisionKind.ARTICLE:
            block = _until(units, index, {ProvisionKind.CHAPTER, ProvisionKind.ARTICLE})
            yield from _Article(block, chapter, reading).provisions()


def _until(units: Block, index: int, kinds: set[ProvisionKind]) -> Block:
    stop = next((i for i in range(index + 1, len(units)) if units[i].kind in kinds), len(units))
    return units[index:stop]


def _extent(block: Block, reading: Reading) -> tuple[str, int, int]:
    """Text without the first marker, and raw start and end with it."""
    first, last = block[0], block[-1]
    end = last.start + len(last.lead) + len(last.marker) + len(last.body)
    text = "\n".join([first.body, *(unit.marker + unit.body for unit in block[1:])])
    return text, reading.raw_start(first.start + len(first.lead)), reading.raw_end(end)


def _chapter(block: Block, path: str, reading: Reading) -> Provision:
    label = f"第{numerals.spell(block[0].number)}章"
    # The printer spaces short titles out (总 则); the title itself has no space.
    title = re.sub(r"[ \u3000]+", "", block[0].body)
    return Provision(ProvisionKind.CHAPTER, block[0].number, path, None, label, label, title, *_extent(block, reading))


@dataclass(frozen=True, slots=True)
class _Article:
    block: Block
    chapter: str | None
    reading: Reading

    @property
    def path(self) -> str:
        return f"art/{self.block[0].number}"

    @property
    def reference(self) -> str:
        return str(self.block[0].number)

    @property
    def label(self) -> str:
        return f"第{numerals.spell(self.block[0].number)}条"

    def provisions(self) -> Iterator[Provision]:
        number, extent = self.block[0].number, _extent(self.block, self.reading)
        yield Provision(ProvisionKind.ARTICLE, number, self.path, self.chapter, self.reference, self.label, None, *extent)
        paragraphs = self._paragraphs()
        several_lists = sum(len(paragraph) > 1 for paragraph in paragraphs) > 1
        for ordinal, block in enumerate(paragraphs, 1):
            parent = self.path
            if len(paragraphs) > 1:
                parent = f"{self.path}/para/{ordinal}"
                yield self._paragraph(ordinal, parent, block)
            for unit in block[1:]:
                yield self._item(unit, parent, ordinal if several_lists else None)

    def _paragraphs(self) -> list[Block]:
        starts = [index for index, unit in enumerate(self.block) if unit.kind is not ProvisionKind.ITEM]
        return [self.block[start:stop] for start, stop in zip(starts, [*starts[1:], len(self.block)], strict=True)]

    def _paragraph(self, ordinal: int, path: str, block: Block) -> Provision:
        label, extent = f"{self.label}第{numerals.spell(ordinal)}款", _extent(block, self.reading)
        return Provision(ProvisionKind.PARAGRAPH, ordinal, path, self.path, self.reference, label, None, *extent)

    def _item(self, unit: Unit, parent: str, paragraph: int | None) -> Provision:
        base = self.path if paragraph is None else parent
        within = self.label if paragraph is None else f"{self.label}第{numerals.spell(paragraph)}款"
        path, label = f"{base}/item/{unit.number}", f"{within}（{numerals.spell(unit.number)}）"
        reference, extent = f"{self.reference}.{unit.number}", _extent([unit], self.reading)
        return Provision(ProvisionKind.ITEM, unit.number, path, parent, reference, label, None, *extent)
