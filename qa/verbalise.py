"""Rows of a query → the short answer and its citations. Every word of fact comes from the rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from qa.expand import Family
from qa.models import Citation, Row

BRIEF = 115
"""Characters of an answer from one norm."""
_ROOM = 90
"""Characters of an answer up to which rules to be read with the norm asked for are added."""
LISTED = 290
"""Characters of an answer that puts several norms together."""
LONG = 385
"""Characters of an enumeration that was asked for."""
_MORE = "……（共{}项，其余见有关各条）"
_TAIL = 30
"""Characters by which a rule that goes on with the words of another one is no sentence of its own."""
_PLACES = 6
"""Provisions up to which each is said with what stands there."""
_MAX_CITATIONS = 8
_SUBJECT = 60
"""Characters that a reading may put before the words of its quote for its subject and what the subject acts on."""


def verbalise(
    family: Family, rows: Sequence[Row], *, lead: str = "", count: str = "", where: bool = False
) -> tuple[str, tuple[Citation, ...]]:
    """The short answer of ``family`` over ``rows`` (at least one) and the provisions it rests on.

    ``lead`` is a yes/no put before it. ``count`` is the measure word of the things whose number is to be said first, ``where`` for the provision first.
    """
    asked = _asked(rows)
    rows = _said(rows)
    by = "chapter" if family.kind == "chapter" else "citation" if family.kind == "items" and count else ""
    if by and len(wholes := dict.fromkeys(str(row[by]) for row in rows)) > 1:
        told = [verbalise(family, [row for row in rows if str(row[by]) == whole], count=count) for whole in wholes]
        return lead + "".join(text for text, _ in told), tuple(citation for _, citations in told for citation in citations)
    words = _WORDS[family.kind](family, rows)
    if family.kind == "norm":
        words["values"] = "" if where else _lead(words["readings"], asked, rows)
    text = _compose(family, rows, words, count, _values(asked))
    citations = _citations([rows[0], rows[-1]] if family.kind == "chapter" else rows)
    if where and family.kind == "norm":
        lead = "、".join(dict.fromkeys(c.label for c in citations)) + "。"
    return lead + text, citations


def _compose(family: Family, rows: Sequence[Row], words: Mapping[str, str], count: str, values: Sequence[str]) -> str:
    if family.kind == "norm" and count and len(values) > 1:
        if not _countable(rows):
            return f"{words['readings']}。"
        if all(value in words["readings"] for value in values):
            return f"{len(values)}{count}。{words['readings']}。"
        counted = f"{len(values)}{count}：{'；'.join(values)}。"
        return counted if len(counted) + len(words["readings"]) > LONG else f"{counted}{words['readings']}。"
    template = family.counted if count and family.counted else family.answer
    if not words.get("values"):
        template = template.replace("{values}。", "")
    text = (template.removeprefix("{count}类：") if words.get("count") == "1" else template).format(**words, measure=count)
    text = text.rstrip("；")
    return text if text.endswith(("。", "！", "？", "……")) else text + "。"


def _countable(rows: Sequence[Row]) -> bool:
    """Whether what is asked for can be counted: every norm asked for names some of it."""
    return {str(row["norm"]) for row in rows} <= {str(row["norm"]) for row in _asked(rows) if "value" in row}


def _asked(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows of the norms asked for, without those of the rules to be read with them."""
    return [row for row in rows if row.get("rule", row.get("norm")) == row.get("norm")]


def _lead(readings: str, asked: Sequence[Row], said: Sequence[Row]) -> str:
    """The filler of the asked-for slot, where it is to be said first: of the one norm ``asked`` for, never of a rule that is read with it and
    whose words contain its own; not where the reading says it first anyway, or says it among the words of other norms ``said``."""
    values = _values(asked)
    lead = "、".join(values)
    if len({str(row["norm"]) for row in asked}) != 1 or not lead or readings.startswith(lead) or len(lead) + len(readings) >= BRIEF:
        return ""
    return "" if len(_norms(said)) > 1 and all(value in readings for value in values) else lead


def apart(rows: Sequence[Row]) -> set[str]:
    """The rules that supplement the one norm asked for in sentences of their own: neither do they go on with its words, nor say it again with more.
    None where several norms are asked for: what supplements one of them may join them."""
    asked = _asked(rows)
    if len({str(row.get("norm")) for row in asked}) != 1:
        return set()
    own = asked[0]
    return {
        str(row["rule"])
        for row in rows
        if "supplemented" in row
        and str(own["reading"]) not in str(row["reading"])
        and not (
            own["provision"] == row["provision"]
            and _shorter(stretch := _stretch([own, row]), [own, row])
            and len(stretch) <= len(str(own["reading"])) + _TAIL
        )
    }


# ---------------------------------------------------------------- the words of each kind of family


def _norm_words(family: Family, rows: Sequence[Row]) -> dict[str, str]:
    return {"readings": fit(_told(rows), LISTED, "。")}


def _list_words(family: Family, rows: Sequence[Row]) -> dict[str, str]:
    values = _values(rows)
    return {
        "values": fit(values, LONG, "；"),
        "readings": _first(_told(rows), len(_norms(rows)), LONG),
        "count": str(len(values or _norms(rows))),
    }


def _one_reading(family: Family, rows: Sequence[Row]) -> dict[str, str]:
    return {"readings": str(rows[0]["reading"]) if "reading" in rows[0] else ""}


def _provision_words(family: Family, rows: Sequence[Row]) -> dict[str, str]:
    texts = dict.fromkeys((str(row["citation"]), str(row["text"])) for row in rows)
    room = (LISTED if len(texts) < 2 else LONG) // len(texts)
    return {"text": "".join(f"{label}：" + fit([p for p in text.split("\n") if p.strip()], room, "") for label, text in texts)}


def _items_words(family: Family, rows: Sequence[Row]) -> dict[str, str]:
    readings = [re.sub(r"[；。]$", "", str(row["reading"])) for row in rows]
    groups: dict[str, list[str]] = {}
    for row, reading in zip(rows, readings, strict=True):
        groups.setdefault(str(row["citation"]), []).append(reading)
    label = "、".join(groups)
    if len(groups) == 1:
        of = f"（{rows[0]['enumerated']}）" if "enumerated" in rows[0] else ""
        return {"count": str(len(readings)), "readings": fit(readings, LONG, "；"), "label": label + of}
    parts = [f"{label}{len(items)}项：{fit(items, LONG // len(groups) - 12, '；')}" for label, items in groups.items()]
    return {"count": str(len(readings)), "readings": "。".join(parts), "label": label}


def _wording_words(family: Family, rows: Sequence[Row]) -> dict[str, str]:
    told: dict[str, list[str]] = {}
    for row in rows:
        told.setdefault(str(row["citation"]), []).append(str(row["reading"]))
    places = [f"{label}：{'；'.join(readings)}" for label, readings in told.items()] if len(told) <= _PLACES else list(told)
    return {"readings": fit(places, LONG, "。" if len(told) <= _PLACES else "、")}


def _chapter_words(family: Family, rows: Sequence[Row]) -> dict[str, str]:
    first, last = rows[0], rows[-1]
    return {
        "chapter": str(first["chapter"]),
        "title": str(first["title"]),
        "first": str(first["citation"]),
        "last": str(last["citation"]),
        "count": str(len(rows)),
    }


def _structure_words(family: Family, rows: Sequence[Row]) -> dict[str, str]:
    return {
        "chapters": str(len(rows)),
        "articles": str(sum(int(str(row["articles"])) for row in rows)),
        "titles": "、".join(f"{row['citation']} {row['title']}" for row in rows),
    }


_WORDS: dict[str, Callable[[Family, Sequence[Row]], dict[str, str]]] = {
    "norm": _norm_words,
    "list": _list_words,
    "silent": _one_reading,
    "facts": _one_reading,
    "provision": _provision_words,
    "items": _items_words,
    "wording": _wording_words,
    "chapter": _chapter_words,
    "structure": _structure_words,
}


# ---------------------------------------------------------------- pieces


def _norms(rows: Sequence[Row]) -> dict[str, str]:
    """Readings by norm, without those that another one contains or implies (``fuller``); rules to be read with the norms asked for come last, as far as there is room."""
    asked = {str(row["norm"]): str(row["reading"]) for row in rows if "norm" in row and row.get("rule", row["norm"]) == row["norm"]}
    readings = dict(asked)
    for row in rows:
        rule = str(row.get("rule", ""))
        if rule and rule not in readings and _room(row, [r for r in rows if str(r.get("rule", r.get("norm"))) in readings]):
            readings[rule] = str(row["reading"])
    implied = {str(row.get("rule", row["norm"])) for row in rows if str(row.get("fuller", "")) in readings}
    first = {reading: norm for norm, reading in reversed(readings.items()) if norm not in implied}
    return {n: r for n, r in readings.items() if first.get(r) == n and not any(r != other and r in other for other in first)}


def _room(row: Row, said: Sequence[Row]) -> bool:
    """Whether there is room for the reading of ``row`` after what is ``said``, as readings or as one stretch of their provision."""
    readings = {str(r["reading"]) for r in (*said, row)}
    if all(r["provision"] == row["provision"] for r in said):
        stretch = _stretch([*said, row])
        if stretch and len(stretch) < _ROOM:
            return True
    return sum(map(len, readings)) < _ROOM


def _told(rows: Sequence[Row]) -> list[str]:
    """What the norms say, in order: their readings, or, for neighbours in one provision, the stretch of its text that says them all, if shorter."""
    readings = _norms(rows)
    where: dict[str, dict[str, Row]] = {}
    for row in sorted(rows, key=lambda r: r.get("rule", r.get("norm")) != r.get("norm")):  # the norms asked for first; rows have no order
        norm = str(row.get("rule", row["norm"]))
        if norm in readings:
            where.setdefault(str(row["provision"]), {})[norm] = row
    told = []
    for found in where.values():
        single = [readings[norm] for norm in found]
        stretch = _stretch(list(found.values()))
        told += [stretch] if len(found) > 1 and _shorter(stretch, list(found.values())) else single
    return told


def _shorter(stretch: str, rows: Sequence[Row]) -> bool:
    """Whether ``stretch`` says what ``rows`` say in fewer words."""
    return bool(stretch) and len(stretch) < sum(len(str(row["reading"])) for row in rows)


def _subject(row: Row) -> str | None:
    """What the reading of a norm puts before the words of its quote: the subject that the text leaves out; ``None`` where it does not say its words."""
    reading, quote = str(row["reading"]), str(row["quote"])
    at = reading.find(quote[:4])
    return reading[:at] if 0 <= at < _SUBJECT else None


def _stretch(rows: Sequence[Row]) -> str:
    """The part of their provision's text from the first to the last quote of ``rows``, if hardly anything else lies between them, with the
    subject that the text leaves out; else nothing."""
    text = str(rows[0].get("text", ""))
    spans = sorted(
        ((start := text.find(quote := str(row["quote"])), start + len(quote), _subject(row)) for row in rows), key=lambda s: s[:2]
    )
    begin, end, _ = spans[0]
    # of several norms in the same words one may put a condition before them
    subject = min((found for start, _, found in spans if start == begin and found is not None), key=len, default="")
    for start, stop, _ in spans[1:]:
        if start > end + 3:
            return ""
        end = max(end, stop)
    return subject + text[begin:end] if begin >= 0 else ""


def _said(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows whose rule is said in the answer: what is not said is not cited either."""
    said = _norms(rows)
    return [row for row in rows if "norm" not in row or str(row.get("rule", row["norm"])) in said] if said else rows


def _values(rows: Sequence[Row]) -> list[str]:
    """The fillers of the asked-for slot in the order in which the text names them, without those that others make up."""
    every = dict.fromkeys(str(row["value"]) for row in rows if "value" in row)
    values = [value for value in every if "、" not in value or not every.keys() >= set(value.split("、"))]
    text = "".join(dict.fromkeys(str(row["reading"]) for row in rows if "reading" in row))
    return sorted(values, key=lambda v: text.find(v) if v in text else len(text))


def _first(told: Sequence[str], norms: int, limit: int) -> str:
    """What is ``told`` of ``norms`` norms side by side within ``limit`` characters; of too much the first sentences and the number of all: twenty
    sentences cut short say nothing."""
    whole = [sentence.rstrip("。；") for sentence in told]
    if len("；".join(whole)) <= limit:
        return "；".join(whole)
    most = next((n for n in range(len(whole), 1, -1) if len("；".join(whole[:n])) <= limit - len(_MORE)), 1)
    return f"{fit(whole[:most], limit - len(_MORE), '；')}；{_MORE.format(norms)}"


def fit(parts: Sequence[str], limit: int, separator: str) -> str:
    """``parts`` joined within ``limit`` characters: the longest parts are cut at their last pause, with …… to show it."""
    kept = [p.rstrip("。；") if separator else p for p in parts]
    while sum(map(len, kept)) + len(separator) * (len(kept) - 1) > limit:
        longest = max(range(len(kept)), key=lambda i: len(kept[i]))
        shorter = _cut(kept[longest])
        if shorter == kept[longest]:
            return separator.join(kept)[:limit]
        kept[longest] = shorter
    return separator.join(kept)


def _cut(text: str) -> str:
    body = text.removesuffix("……")
    at = max(body.rfind(mark) for mark in "，。；：、")
    return body[:at] + "……" if at > 8 else body[: max(len(body) * 2 // 3, 8)] + "……"


def _citations(rows: Sequence[Row]) -> tuple[Citation, ...]:
    found: dict[tuple[str, str], Citation] = {}
    for row in rows:
        if "provision" in row and "ref" in row:
            row = {**row, "provision": row.get("part", row["provision"])}
            quote = str(row.get("quote") or row.get("text") or row.get("reading") or "")
            key = (str(row["provision"]), str(row.get("norm", "")))
            found.setdefault(key, Citation(str(row["ref"]), str(row["citation"]), quote, str(row["provision"])))
    distinct = list({(c.iri, c.quote): c for c in found.values()}.values())
    refs = list(dict.fromkeys(c.ref for c in distinct))[:_MAX_CITATIONS]
    return tuple(c for c in distinct if c.ref in refs)
