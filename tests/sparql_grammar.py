"""Random SPARQL: queries that follow the grammar of SPARQL 1.1 (section 19.8) and the same queries broken."""

from __future__ import annotations

import random
import re

_TERMS = ["<http://example.org/p>", "<http://example.org/s/7>", "gz:bearer", "rdf:type", "a"]
_LITERALS = ['"值"@zh', "'x'", "1", "-2.5e3", "true", '"2024-01-29"^^xsd:date', '"""长\n文"""', '"\\u503C"']
_VARIABLES = ["?s", "?p", "?o", "$x", "?变量"]
_CALLS = ["STR({})", "STRLEN(STR({}))", "LANG({})", "DATATYPE({})", "!BOUND(?s)", "ABS({})", "COALESCE({}, 1)", "IF({}, 1, 2)", "isIRI({})"]
_BINARY = ["=", "!=", "<", ">=", "+", "*", "/", "&&", "||"]
_TOKEN = re.compile(r"\s+|[\w?$:@.^]+|.", re.DOTALL)


class Grammar:
    """A source of queries, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def query(self) -> str:
        """A query that is right."""
        group = self._group(3)
        modifiers = self._modifiers()
        match self._random.randrange(5):
            case 0:
                return f"ASK {group}"
            case 1:
                return f"CONSTRUCT {{ ?s ?p ?o . [] <http://example.org/q> ?o }} WHERE {group} LIMIT {self._random.randrange(50)}"
            case 2:
                return f"DESCRIBE ?s WHERE {group} LIMIT 3"
            case 3:
                return f"SELECT (COUNT(DISTINCT ?s) AS ?n) ?p WHERE {group} GROUP BY ?p HAVING(COUNT(*) >= 0)"
            case _:
                return f"SELECT {self._random.choice(['', 'DISTINCT ', 'REDUCED '])}{self._projection()} WHERE {group} {modifiers}"

    def broken(self, query: str) -> str:
        """``query`` with a few of its tokens lost, doubled, swapped or replaced."""
        tokens = _TOKEN.findall(query)
        for _ in range(self._random.randint(1, 4)):
            at = self._random.randrange(len(tokens))
            match self._random.randrange(5):
                case 0:
                    del tokens[at]
                case 1:
                    tokens.insert(at, tokens[at])
                case 2:
                    other = self._random.randrange(len(tokens))
                    tokens[at], tokens[other] = tokens[other], tokens[at]
                case 3:
                    tokens[at] = self._random.choice(
                        ["{", "}", "(", "<", ">", '"', "\\", "\x00", "\u202e", "😀", "^^", "@", "#", "_:b", "ÿ", ";"]
                    )
                case _:
                    tokens[at:at] = self._random.choice(
                        [["SERVICE", " ", "<http://127.0.0.1:1/>"], ["FROM", " ", "<x>"], ["BASE", " ", "<:>"]]
                    )
            tokens = tokens or [" "]
        return "".join(tokens)

    def _projection(self) -> str:
        return self._random.choice(["*", "?s", "?s ?p ?o", f"({self._expression(2)} AS ?fresh)"])

    def _modifiers(self) -> str:
        order = self._random.choice(["", "ORDER BY ?s", "ORDER BY DESC(STR(?o)) ?p"])
        return f"{order} {self._random.choice(['', 'LIMIT 7', 'OFFSET 3', 'LIMIT 20 OFFSET 1'])}"

    def _group(self, depth: int) -> str:
        parts = [self._triples() + " ."]
        for _ in range(self._random.randrange(3) if depth else 0):
            parts.append(self._pattern(depth - 1))
        return "{ " + " ".join(parts) + " }"

    def _pattern(self, depth: int) -> str:
        group = self._group(depth)
        match self._random.randrange(8):
            case 0:
                return f"OPTIONAL {group}"
            case 1:
                return f"{group} UNION {self._group(depth)}"
            case 2:
                return f"MINUS {group}"
            case 3:
                return f"FILTER({self._expression(2)})"
            case 4:
                return f"FILTER {self._random.choice(['', 'NOT '])}EXISTS {group}"
            case 5:
                return f"VALUES ({' '.join(_VARIABLES[:2])}) {{ ({self._random.choice(_LITERALS)} UNDEF) (UNDEF <http://example.org/p>) }}"
            case 6:
                return f"GRAPH ?g {group}"
            case _:
                return f"{{ SELECT ?s (COUNT(*) AS ?count{self._random.randrange(10**6)}) WHERE {group} GROUP BY ?s }}"

    def _triples(self) -> str:
        subject = self._random.choice([*_VARIABLES, "<http://example.org/s/7>", "[]"])
        value = self._random.choice([*_VARIABLES, *_LITERALS, "[ ?p ?o ]", "( 1 ?o )"])
        return f"{subject} {self._path(2)} {value}"

    def _path(self, depth: int) -> str:
        if not depth or self._random.random() < 0.6:
            return self._random.choice(_TERMS)
        inner = self._path(depth - 1)
        return self._random.choice(
            [
                f"({inner})*",
                f"({inner})+",
                f"({inner})?",
                f"^({inner})",
                f"{inner}/{inner}",
                f"({inner}|rdfs:label)",
                "!(rdf:type|^gz:bearer)",
            ]
        )

    def _expression(self, depth: int) -> str:
        if not depth:
            return self._random.choice([*_VARIABLES, *_LITERALS])
        inner = self._expression(depth - 1)
        if self._random.random() < 0.5:
            return self._random.choice(_CALLS).format(inner)
        return f"({inner} {self._random.choice(_BINARY)} {self._expression(depth - 1)})"
