"""What a query text asks for before any engine sees it: updates, SERVICE and FROM, found by SPARQL's own lexical rules.

The text is cut into tokens as SPARQL 1.1, section 19.8, defines them, so that a keyword inside a comment, a string, an IRI or a
prefixed name is none. Imports no stage: worker processes use it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
    | (?P<comment>\#[^\r\n]*)
    | (?P<iri><[^<>"{}|^`\\\x00-\x20]*+>)
    | (?P<text>'''(?:[^'\\]|\\.|'(?!''))*+(?:'''|\\?\Z) | \"\"\"(?:[^"\\]|\\.|"(?!""))*+(?:\"\"\"|\\?\Z)
             | '(?:[^'\\\r\n]|\\.)*+'? | "(?:[^"\\\r\n]|\\.)*+"?)
    | (?P<variable>[?$]\w+)
    | (?P<name>(?:[^\W\d][\w.-]*+)?:(?:[\w:.%-]|\\.)*+)
    | (?P<language>@[A-Za-z][A-Za-z0-9-]*)
    | (?P<words>[^\W\d][\w.-]*+)
    | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
"""No token is looked at twice: quantifiers give nothing back, and what is left open (a string) runs to its end."""
_IRI: Final = re.compile(r"[^<>\"{}|^`\\\x00-\x20]+")
_LOOKED_FOR: Final = re.compile(r"insert|delete|load|clear|drop|create|copy|move|add|with|service|from|construct|describe|\\")
"""Every keyword that matters beside SELECT and ASK, wherever it stands, and what an escape begins with."""
_UPDATES: Final = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "COPY", "MOVE", "ADD", "WITH"})
_FORMS: Final = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})


@dataclass(frozen=True, slots=True)
class Demand:
    """What a query text asks for. ``form`` is its first keyword after the prologue, upper case; ``sources`` the IRIs of its FROM clauses
    (a prefixed name as written); ``prefixes`` the prefixes that it declares; ``disguised`` says that it has a name like ``SERVICE:x``, which the
    lexical rules make a prefixed name and which some parsers read as the keyword."""

    form: str
    service: bool
    sources: tuple[str, ...]
    prefixes: Mapping[str, str]
    disguised: bool

    @property
    def update(self) -> bool:
        """Whether the text is a SPARQL Update."""
        return self.form in _UPDATES


def plain(query: str) -> bool:
    """Whether ``query`` is a SELECT or ASK over all graphs, or nothing that an engine takes, told at once: no word that :func:`inspect` looks for is in it."""
    return not _LOOKED_FOR.search(query.lower())


def mentioned(query: str, prefixes: Mapping[str, str]) -> dict[str, str]:
    """Those of ``prefixes`` that ``query`` may use: an engine reads each one anew for each query."""
    return {name: iri for name, iri in prefixes.items() if f"{name}:" in query}


def inspect(query: str) -> Demand:
    """What ``query`` asks for; it need not be well-formed. Linear in its length."""
    form, service, disguised, sources, prefixes = "", False, False, [], {}
    after_from, declared = False, None
    for kind, token in _tokens(query):
        word = token.upper() if kind == "word" else ""
        if not form and word in _UPDATES | _FORMS:
            form = word
        service = service or word == "SERVICE"
        disguised = disguised or (kind == "name" and bool(form) and token[:8].upper() == "SERVICE:")
        if after_from and kind in ("iri", "name"):
            sources.append(token.strip("<>"))
        after_from = word == "FROM" or (after_from and word == "NAMED")
        if kind == "iri" and declared is not None:
            prefixes[declared] = token[1:-1]
        declared = token[:-1] if kind == "name" and token.endswith(":") and not form else None
    return Demand(form, service, tuple(sources), prefixes, disguised)


def complete(query: str, base: str, prefixes: Mapping[str, str]) -> str:
    """``query`` with a BASE, where it has none, and those of ``prefixes`` that it does not declare itself, in the order that every parser takes."""
    based, declared, start = False, set(), len(query)
    for found in _TOKEN.finditer(query):
        word = found[0].upper() if found.lastgroup == "words" else ""
        if word in _FORMS:
            start = found.start()
            break
        based = based or word == "BASE"
        if found.lastgroup == "name" and found[0].endswith(":"):
            declared.add(found[0][:-1])
    missing = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in prefixes.items() if name not in declared)
    return ("" if based else f"BASE <{base}>\n") + query[:start] + missing + query[start:]


def substitute(query: str, iris: Mapping[str, str]) -> str:
    """``query`` with IRIs in the place of the variables that they are given for; those may not stand in a projection or after AS.

    Raises :class:`ValueError` for what is no IRI.
    """
    for iri in iris.values():
        if not _IRI.fullmatch(iri):
            raise ValueError("不是有效的 IRI")

    def term(found: re.Match[str]) -> str:
        iri = iris.get(found[0][1:]) if found.lastgroup == "variable" else None
        return found[0] if iri is None else f"<{iri}>"

    return _TOKEN.sub(term, query) if iris else query


def _tokens(query: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(query):
        kind = str(found.lastgroup)
        if kind == "words":  # ``true.SERVICE`` is three tokens
            yield from (("word", word) for word in re.split(r"[.-]+", found[0]))
        elif kind not in ("space", "comment"):
            yield kind, found[0]
