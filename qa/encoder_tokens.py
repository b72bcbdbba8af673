"""The vocabulary and the tokenizer of the embedded model.

The vocabulary is trimmed to what Chinese office text needs: all pieces of Chinese characters, all of digits, punctuation and symbols
(emoji too), single letters, short capitals and the most frequent ASCII words. What is left of the 250,002 pieces becomes ``<unk>``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from qa.encoder_weights import Weights

MAX_TOKENS: Final = 256
FREQUENT: Final = 5000
"""How many ASCII pieces are kept for being frequent."""
SPECIAL: Final = ("<s>", "<pad>", "</s>", "<unk>")
PROMPT_PIECES: Final = frozenset({"▁que", "ry", "▁passage"})
BLANK: Final = "▁"
HAN: Final = ((0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x323AF))
CONTROLS: Final = r"[\x00-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]"
BLANKS: Final = r"[\t\n\f\r\x{1680}\x{200b}-\x{200f}\x{2028}\x{2029}\x{2581}\x{feff}\x{fffd}]"


def vocabulary(pieces: Sequence[str]) -> NDArray[np.int64]:
    """The numbers of the pieces that are kept, ascending; the four special ones come first. ``pieces`` stand by falling frequency."""
    start, end = len(SPECIAL), len(pieces) - 1  # the last is <mask>
    frequent = [number for number in range(start, end) if pieces[number].replace(BLANK, "").isascii()][:FREQUENT]
    needed = [number for number in range(start, end) if pieces[number] in PROMPT_PIECES or _is_needed(pieces[number])]
    return np.array([*range(start), *sorted({*frequent, *needed})], np.int64)


def tokenizer(weights: Weights, kept: NDArray[np.int64]) -> Tokenizer:
    """XLM-RoBERTa's unigram tokenizer over the pieces ``kept``. No text can become a special token: they have hopeless scores."""
    scored = [(weights.pieces[number], float(weights.scores[number])) for number in kept]
    scored[: len(SPECIAL)] = [(piece, -100.0) for piece in SPECIAL]
    made = Tokenizer(models.Unigram(scored, unk_id=SPECIAL.index("<unk>"), byte_fallback=False))
    # together these equal the weights file's table of characters, except that ～ becomes ~ as in the rest of the project
    replaced = [normalizers.Replace(Regex(CONTROLS), ""), normalizers.Replace(Regex(BLANKS), " ")]
    made.normalizer = normalizers.Sequence([*replaced, normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    made.pre_tokenizer = pre_tokenizers.Metaspace(BLANK, prepend_scheme="always", split=True)
    made.post_processor = processors.TemplateProcessing("<s> $A </s>", None, [("<s>", 0), ("</s>", 2)])
    made.enable_truncation(MAX_TOKENS)
    return made


def _is_needed(piece: str) -> bool:
    """Whether Chinese text may hold ``piece``: no letters but Chinese characters and ASCII, and if no Chinese character, few."""
    kinds = {_kind(char) for char in piece}
    if "other" in kinds:
        return False
    body = piece.replace(BLANK, "")
    return "ascii" not in kinds or "han" in kinds or len(body) == 1 or (len(body) <= 4 and body.isupper())


@cache
def _kind(char: str) -> Literal["han", "sign", "ascii", "other"]:
    """Chinese character, punctuation or symbol or digit, ASCII letter, or any other."""
    if any(first <= ord(char) <= last for first, last in HAN):
        return "han"
    if unicodedata.category(char)[0] in "PSNZ":
        return "sign"
    return "ascii" if char.isascii() else "other"
