"""Text → vectors: the only user of the embedding model.

The embedded model is the directory that :mod:`qa.encoder_build` makes (multilingual-e5-small, ONNX, 8 bit), served by onnxruntime and
tokenizers. ``GUIZHI_MODEL=`` puts any sentence-transformers model in its place. Nothing heavy is imported before an encoder is opened.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Kind = Literal["query", "passage"]
Vectors = NDArray[np.float32]
"""One L2-normalised row a text, float32, shape (n, dimension)."""

MODEL_DIR: Final = Path(__file__).resolve().parents[1] / "data" / "build" / "encoder"
PROMPTS: Final[dict[Kind, str]] = {"query": "query: ", "passage": "passage: "}
"""What the model was trained to see in front of a question and of a text."""
MAX_CHARS: Final = 512
"""Longer texts are cut before they are tokenised, so that the time of one call has a bound."""
_KEPT: Final = 8
"""Texts whose tokens are kept: those of one question."""
_MANY: Final = 256
"""Batches from which all cores encode: a build, never a question."""
CONFIG: Final = "config.json"
SERVED: Final = ("model.onnx", "tokenizer.json")
"""The files read here; ``config.json`` carries their SHA-256."""


class EncoderError(Exception):
    """A model that is missing, damaged or cannot be served; the message is one line, names the file and says what mends it."""


class TextEncoder(Protocol):
    """What the rest of the project knows of an embedding model."""

    @property
    def dimension(self) -> int: ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever the vectors may; an index stores it to know whether it still fits."""

    def encode(self, texts: Sequence[str], *, kind: Kind = "query", batch: int = 32) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class Encoder:
    """The embedded model. Equal texts get equal vectors, bit for bit, whatever else is in the call."""

    tokenizer: Tokenizer
    session: Any  # onnxruntime.InferenceSession, which has no types
    dimension: int
    fingerprint: str
    kept: dict[tuple[str, Kind], tuple[list[int], NDArray[np.float32]]] = field(default_factory=dict, compare=False)
    """The tokens of the last texts that were asked for one by one: a question is put into a vector, then read with norms."""

    @classmethod
    def open(cls, model_dir: Path, threads: int = 1) -> Encoder:
        """Open the model in ``model_dir``, on ``threads`` cores; raises :class:`EncoderError` if it is missing or damaged."""
        config = _verified(model_dir)
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin while they wait take the core from everyone else
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(model_dir / "tokenizer.json"))
        session = _session(model_dir / "model.onnx", threads)
        fingerprint = hashlib.sha256("\n".join(config["sha256"].values()).encode()).hexdigest()
        return cls(tokenizer, session, config["dimension"], fingerprint)

    def encode(self, texts: Sequence[str], *, kind: Kind = "query", batch: int = 32) -> Vectors:
        """Vectors of ``texts`` (shape (n, dimension); no text: (0, dimension)), at most ``batch`` at a time.

        Texts are NFKC-normalised; NUL, surrogates and control characters are dropped; what lies beyond :data:`MAX_CHARS` characters
        or the model's 256 tokens is not seen.
        """
        if len(texts) == 1:
            return normalise(self.tokens(texts[0], kind=kind)[1].mean(axis=0, keepdims=True))
        ids = self.token_ids([PROMPTS[kind] + clean(text) for text in texts])
        pooled = np.empty((len(ids), self.dimension), np.float32)

        def pool(rows: list[int]) -> None:
            pooled[rows] = self.token_vectors(np.array([ids[row] for row in rows], np.int64)).mean(axis=1)

        batches = list(_equally_long(ids, batch))
        if len(batches) < _MANY:
            for rows in batches:
                pool(rows)
        else:  # the model runs beside the interpreter; each batch on one core, so that its vectors do not depend on how many there are
            with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
                list(threads.map(pool, batches))
        return normalise(pooled)

    def tokens(self, text: str, *, kind: Kind = "query") -> tuple[list[int], NDArray[np.float32]]:
        """The tokens of ``text``, as :meth:`encode` sees them, and the last hidden layer, (tokens, dimension)."""
        if (found := self.kept.get((text, kind))) is None:
            ids = self.token_ids([PROMPTS[kind] + clean(text)])[0]
            found = ids, self.token_vectors(np.array([ids], np.int64))[0]
            if len(self.kept) >= _KEPT:
                self.kept.clear()
            self.kept[text, kind] = found
        return found

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The model's tokens of cleaned texts, ``<s>`` and ``</s>`` included."""
        return [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]

    def token_vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The last hidden layer, (texts, tokens, dimension), of texts that are equally long, so that nothing is padded or masked."""
        states: NDArray[np.float32] = self.session.run(["token_embeddings"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0]
        return states


def open_encoder(spec: str | None = None, *, model_dir: Path = MODEL_DIR) -> TextEncoder:
    """The encoder to use: ``spec`` or the environment's ``GUIZHI_MODEL`` (a sentence-transformers model, by name or path), else the
    embedded model of the build. Raises :class:`EncoderError`."""
    name = spec or os.environ.get("GUIZHI_MODEL")
    if not name:
        return Encoder.open(model_dir)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        from qa.encoder_st import ForeignEncoder
    except ImportError as error:
        raise EncoderError(f"GUIZHI_MODEL={name}：需要 sentence-transformers；请运行 pip install 'guizhi[train]'，或取消该变量") from error
    return ForeignEncoder.open(name)


def clean(text: str) -> str:
    """``text`` without NUL, surrogates and outer blanks, cut to :data:`MAX_CHARS`. (The tokenizer itself does NFKC and drops controls.)"""
    return text[: 4 * MAX_CHARS].encode("utf-8", "ignore").decode("utf-8").replace("\0", "").strip()[:MAX_CHARS]


def normalise(vectors: NDArray[np.float32]) -> Vectors:
    """Rows scaled to length 1; a row of zeros stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def _equally_long(ids: Sequence[Sequence[int]], batch: int) -> Iterator[list[int]]:
    """Row numbers, in batches of one length: padding would let neighbours disturb the last bits of a vector."""
    by_length: dict[int, list[int]] = {}
    for row, tokens in enumerate(ids):
        by_length.setdefault(len(tokens), []).append(row)
    for rows in by_length.values():
        yield from (rows[start : start + batch] for start in range(0, len(rows), batch))


def _verified(model_dir: Path) -> dict[str, Any]:
    """The model's configuration, after comparing :data:`SERVED` with the SHA-256 in it."""
    place = model_dir.name
    name = CONFIG
    try:
        config: dict[str, Any] = json.loads((model_dir / CONFIG).read_text(encoding="utf-8"))
        for name in SERVED:
            with (model_dir / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != config["sha256"][name]:
                    raise ValueError(name)
    except FileNotFoundError as error:
        raise EncoderError(f"{place}/{name}：模型文件缺失，请运行 guizhi build") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EncoderError(f"{place}/{name}：模型文件损坏（与记录的 SHA-256 不符），请运行 guizhi build") from error
    return config


def _session(model: Path, threads: int) -> Any:
    import onnxruntime  # type: ignore[import-untyped]  # the package has no types

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
