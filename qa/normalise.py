"""A question as typed → the form that is matched: one width, simplified characters, no control characters."""

from __future__ import annotations

import unicodedata
from functools import cache

from opencc import OpenCC

from qa.models import Normalised


@cache
def _simplifier() -> OpenCC:
    return OpenCC("t2s")


def normalise(question: str) -> Normalised:
    """Fold width (Unicode NFKC), case, script (traditional → simplified) and white space, keeping where each character came from.

    Control characters, NUL and surrogates are dropped. White space is kept only between Latin words, as one space.
    """
    folded: list[str] = []
    origins: list[int] = []
    for i, raw in enumerate(question):
        for c in unicodedata.normalize("NFKC", raw).lower():
            if unicodedata.category(c)[0] == "C" and c not in "\t\n\r":
                continue
            folded.append(" " if c.isspace() else c)
            origins.append(i)
    text = "".join(folded)
    text = _simplified(text)
    kept = [i for i, c in enumerate(text) if c != " " or _between_latin(text, i)]
    return Normalised(question, "".join(text[i] for i in kept), tuple(origins[i] for i in kept))


def _simplified(text: str) -> str:
    simplified: str = _simplifier().convert(text)
    if len(simplified) == len(text):
        return simplified
    return "".join(
        s if len(s := _simplifier().convert(c)) == 1 else c for c in text
    )  # a phrase that changed its length would break the offsets


def _between_latin(text: str, i: int) -> bool:
    before, after = text[:i].rstrip()[-1:], text[i + 1 :].lstrip()[:1]
    return text[i - 1 : i] != " " and before.isascii() and before.isalnum() and after.isascii() and after.isalnum()
