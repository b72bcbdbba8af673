"""What a cell says → values of the graph, or what was expected instead. Nothing is guessed: what has two readings is not read.

Dates are read in the forms that offices write (2024年3月5日, 2024.3.5, 2024-03-05, 20240305, 二〇二四年三月五日, with full-width digits,
with a time or a weekday after them) and as serial numbers of the 1900 date system (ECMA-376 part 1, 18.17.4.1).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from typing import Final
from urllib.parse import quote

from qa import terms
from qa.models import Iri, Text, Triple, Value
from qa.register_models import CodeList, Column, Datatype, Trouble
from qa.register_tables import fold

Raw = str | int | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
"""A cell as a reader of files gives it."""
MINTED: Final = terms.ID + "register/"
_EMPTY: Final = frozenset({"", "/", "-", "--", "—", "——", "无", "空", "不适用", "n/a"})
"""How offices write that a cell has nothing to say (folded)."""
_YES: Final = frozenset({"是", "有", "√", "✓", "✔", "☑", "对", "y", "yes", "true", "t", "1"})
_NO: Final = frozenset({"否", "无", "没有", "×", "✗", "✘", "x", "不是", "n", "no", "false", "f", "0"})
_YMD: Final = (
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]?"),
    re.compile(r"(\d{4})([-./])(\d{1,2})\2(\d{1,2})日?"),
    re.compile(r"(\d{4})(\d{2})(\d{2})"),
)
_AFTER: Final = re.compile(
    r"(?:[t ]?(?:上午|下午|早|晚)?\d{1,2}(?::|时|点)(?:\d{1,2}(?::\d{1,2}(?:\.\d+)?|分)?|半)?(?:z|[+-]\d\d:\d\d)?)?"
    r"(?:\((?:星期|周)[一二三四五六日天]\))?(?:上午|下午)?"
)
"""What may follow a date and takes no part in checks: a time, a weekday."""
_HAN: Final = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_HAN_DATE: Final = re.compile(r"([〇○零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})[日号]")
_FIRST, _LAST = dt.date(1949, 10, 1), dt.date(2100, 12, 31)
_SERIALS: Final = range(32874, 73416)
"""1990-01-01 to 2100-12-31 as serial numbers."""
_SPLIT: Final = re.compile(r"[、；;，,\n]")
_STOPS: Final = re.compile(r"[；;\n]")
_WIDTH: Final = {ord("("): "（", ord(")"): "）"}


@dataclass(frozen=True, slots=True)
class Understood:
    """The values of a cell. ``expected`` says what is wrong with it (``None``: nothing), ``minted`` describes values that are new nodes."""

    values: tuple[Value, ...] = ()
    expected: str | None = None
    trouble: Trouble = Trouble.UNREAD
    minted: tuple[Triple, ...] = ()


NOTHING: Final = Understood()


class Reader:
    """Reads the cells of one column."""

    def __init__(self, column: Column) -> None:
        self.column = column

    def read(self, raw: Raw) -> Understood:
        """What ``raw`` says in this column."""
        kind, text = self.column.datatype, printed(raw)
        if kind is Datatype.DATE and isinstance(raw, dt.datetime | dt.date):
            return _day(raw.date() if isinstance(raw, dt.datetime) else raw)
        if kind is not Datatype.BOOLEAN and fold(text) in (_EMPTY if kind is not Datatype.TEXT else {""}):
            return NOTHING
        if self.column.codes:
            return _coded(text, self.column.codes, several=self.column.several)
        if self.column.several:
            return _together([_READERS[kind](piece) for piece in _SPLIT.split(text) if piece.strip()])
        return _READERS[kind](text)


def printed(raw: Raw) -> str:
    """``raw`` as text, as a spreadsheet shows it: whole numbers without a point, dates in ISO 8601."""
    match raw:
        case None:
            return ""
        case bool():
            return "TRUE" if raw else "FALSE"
        case float() if raw.is_integer() and abs(raw) < 1e15:
            return str(int(raw))
        case dt.datetime() if raw.time() == dt.time():
            return raw.date().isoformat()
        case _:
            return str(raw)


def _text(text: str) -> Understood:
    return Understood((Text(_clean(text).strip()),))


def _clean(text: str) -> str:
    """Without control characters, which XML and people cannot show; the cell keeps its text."""
    return "".join(c for c in text if c >= " " or c in "\n\t")


def _name(text: str) -> Understood:
    """Names of units and people, and numbers of records: comparable, so without white space, letters and digits half width, brackets full."""
    name = re.sub(r"\s+", "", unicodedata.normalize("NFKC", _clean(text))).translate(_WIDTH)
    return Understood((Text(name),))


def _integer(text: str) -> Understood:
    found = re.fullmatch(r"(\d{1,9})(?:件|项|个|次|期)?", fold(text))
    if not found:
        return Understood(expected="整数，如 1")
    return Understood((Text(str(int(found[1])), datatype=terms.XSD + "integer"),))


def _boolean(text: str) -> Understood:
    word = fold(text)
    if word in _YES or word in _NO:
        return Understood((Text("true" if word in _YES else "false", datatype=terms.XSD + "boolean"),))
    return NOTHING if word in _EMPTY else Understood(expected="是或者否")


def _date(text: str) -> Understood:
    word = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    day = _from_digits(word) or _from_digits(word.replace(" ", "")) or _from_han(word)
    if day is None and word.isdigit() and int(word) in _SERIALS:
        day = dt.date(1899, 12, 30) + dt.timedelta(int(word))
    return _day(day) if day else Understood(expected="日期，如 2024年3月5日、2024-03-05 或者 20240305")


def _from_digits(word: str) -> dt.date | None:
    for pattern in _YMD:
        if (found := pattern.match(word)) and _AFTER.fullmatch(word[found.end() :]):
            return _calendar(*(int(part) for part in found.groups() if part.isdigit()))
    return None


def _from_han(word: str) -> dt.date | None:
    found = _HAN_DATE.match(word)
    if not found or not _AFTER.fullmatch(word[found.end() :]):
        return None
    return _calendar(int(found[1].translate(_HAN)), _tens(found[2]), _tens(found[3]))


def _tens(word: str) -> int:
    """十二 → 12; 0 for what is no number below 100."""
    tens, ten, units = word.partition("十")
    if not ten:
        return int(tens.translate(_HAN)) if len(tens) == 1 else 0
    return 10 * int(tens.translate(_HAN) or 1) + int(units.translate(_HAN) or 0)


def _calendar(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _day(day: dt.date) -> Understood:
    if not _FIRST <= day <= _LAST:
        return Understood(expected=f"{_FIRST.year} 年到 {_LAST.year} 年之间的日期")
    return Understood((Text(day.isoformat(), datatype=terms.XSD + "date"),))


_READERS: Final[Mapping[Datatype, Callable[[str], Understood]]] = {
    Datatype.TEXT: _text,
    Datatype.UNIT: _name,
    Datatype.NAME: _name,
    Datatype.DATE: _date,
    Datatype.INTEGER: _integer,
    Datatype.BOOLEAN: _boolean,
}


# ---------------------------------------------------------------- words of a code list


def _coded(text: str, codes: CodeList, *, several: bool) -> Understood:
    if fold(text) in codes.words:
        return _code(text, codes)
    if not several:
        return _titles(text.strip(), codes)
    return _together([_code(word, codes) for word in _words(text, codes)])


def _titles(text: str, codes: CodeList) -> Understood:
    """One person's titles in a cell for one (市委副书记、市长): those that are listed count, and the others are told."""
    words = _words(re.sub(r"\s+", "、", text), codes)
    known = [word for word in words if len(codes.words.get(fold(word), ())) == 1]
    if codes.mint is None or not known:
        return _code(text, codes)
    others = "、".join(word for word in words if word not in known)
    read = _together([_code(word, codes) for word in known])
    return Understood(read.values, f"“{others}”不在规则所列之中，按“{'、'.join(known)}”核对", Trouble.NOTE) if others else read


def _words(text: str, codes: CodeList) -> list[str]:
    """``text`` cut at its stops and commas; a listed name that has a 、 of its own stays whole."""
    found: list[str] = []
    for part in _STOPS.split(text):
        pieces = re.split(r"([、，,])", part)
        start = 0
        while start < len(pieces):
            ends = range(len(pieces), start, -2)
            end = next((e for e in ends if fold("".join(pieces[start:e])) in codes.words), start + 1)
            found.append("".join(pieces[start:end]).strip())
            start = end + 1
    return [word for word in found if word]


def _code(word: str, codes: CodeList) -> Understood:
    known = codes.words.get(fold(word), ())
    if len(known) == 1:
        return Understood((Iri(known[0]),))
    if known:
        return Understood(expected=f"“{word}”可以指几个，请写全称：{'、'.join(_names(codes, known))}")
    if codes.mint is None:
        return Understood(expected=f"以下词语之一：{_some(word, codes)}")
    node = Iri(f"{MINTED}{codes.mint.lower()}/{quote(fold(word))}")
    about = ((node, Iri(terms.RDF + "type"), Iri(terms.gz(codes.mint))), (node, Iri(terms.RDFS + "label"), Text(word, "zh")))
    return Understood((node,), f"“{word}”不在规则所列之中，照登", Trouble.NOTE, about)


def _names(codes: CodeList, iris: tuple[str, ...]) -> list[str]:
    return [code.name for code in codes.codes if code.iri in iris]


def _some(word: str, codes: CodeList, most: int = 8) -> str:
    """What could be written instead of ``word``: the names most like it first."""
    near = [iri for found in get_close_matches(fold(word), codes.words, 3, 0.5) for iri in codes.words[found]]
    first = [code for iri in dict.fromkeys(near) for code in codes.codes if code.iri == iri]
    names = list(dict.fromkeys(code.name for code in (*first, *codes.codes)))
    return "、".join(names[:most]) + ("等（见模板的下拉列表）" if len(names) > most else "")


def _together(found: list[Understood]) -> Understood:
    """Several values of one cell: what is understood counts, and what is not is said."""
    if len(found) == 1:
        return found[0]
    wrong = [one for one in found if one.expected]
    unread = any(one.trouble is Trouble.UNREAD for one in wrong)
    return Understood(
        tuple(dict.fromkeys(chain.from_iterable(one.values for one in found))),
        "；".join(dict.fromkeys(one.expected for one in wrong if one.expected)) or None,
        Trouble.UNREAD if unread or not wrong else Trouble.NOTE,
        tuple(chain.from_iterable(one.minted for one in found)),
    )
