"""The embedding model in sentence-transformers, for training and for models of the user's choice. Needs the extra ``guizhi[train]``.

Importing this module imports torch (seconds, hundreds of MB): nothing on the way of a question does.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import InputModule

from qa.encoder import CONFIG, SERVED, Encoder, EncoderError, Kind, Vectors, clean

POSITIONS = 512


class OnnxTokens(InputModule):
    """The embedded model up to its last hidden layer, frozen: gradients reach only the modules after it.

    Give ``SentenceTransformer(directory, trust_remote_code=True)`` the directory that :mod:`qa.encoder_build` makes.
    """

    config_file_name = CONFIG

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        """Open the model in ``directory``; raises :class:`EncoderError`."""
        super().__init__()  # type: ignore[no-untyped-call]  # the library leaves it untyped
        self.directory = Path(directory)
        self.encoder = Encoder.open(self.directory)
        self.tokenizer = self.encoder.tokenizer

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any) -> dict[str, Any]:
        """Texts → ``input_ids`` and ``attention_mask`` (texts × longest), padded with ``<pad>``."""
        ids = self.encoder.token_ids([(prompt or "") + clean(text) for text in inputs])
        longest = max(map(len, ids), default=0)
        padded = [row + [1] * (longest - len(row)) for row in ids]
        mask = [[1] * len(row) + [0] * (longest - len(row)) for row in ids]
        return {"input_ids": torch.tensor(padded), "attention_mask": torch.tensor(mask)}

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Adds ``token_embeddings`` (texts × longest × 384)."""
        ids, mask = features["input_ids"], features["attention_mask"]
        states = torch.zeros((*ids.shape, self.encoder.dimension), dtype=torch.float32)
        lengths = mask.sum(dim=1).tolist()
        for length in sorted(set(lengths)):  # equally long texts together, as in Encoder.encode
            rows = [row for row, own in enumerate(lengths) if own == length]
            tokens = self.encoder.token_vectors(ids[rows, :length].cpu().numpy().astype(np.int64))
            states[rows, :length] = torch.from_numpy(tokens)
        return {**features, "token_embeddings": states.to(ids.device)}

    @property
    def max_seq_length(self) -> int:
        """Longest input in tokens; at most the 512 positions that the model has."""
        return int((self.tokenizer.truncation or {}).get("max_length", POSITIONS))

    @max_seq_length.setter
    def max_seq_length(self, value: int) -> None:
        self.tokenizer.enable_truncation(min(value, POSITIONS))

    def get_embedding_dimension(self) -> int:
        return self.encoder.dimension

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """Copy the model, unchanged, with its licence."""
        for name in (CONFIG, *SERVED, "LICENSE", "NOTICE"):
            shutil.copyfile(self.directory / name, Path(output_path) / name)

    @classmethod
    def load(cls, model_name_or_path: str, *args: Any, **kwargs: Any) -> Self:
        return cls(model_name_or_path)


@dataclass(frozen=True, slots=True)
class ForeignEncoder:
    """Any sentence-transformers model as a :class:`qa.encoder.TextEncoder`."""

    model: SentenceTransformer
    dimension: int
    fingerprint: str

    @classmethod
    def open(cls, name: str) -> ForeignEncoder:
        """Load the model called ``name``, or the one in the folder ``name``; raises :class:`EncoderError`."""
        try:
            model = SentenceTransformer(name, device="cpu", trust_remote_code=_is_ours(Path(name)))
        except EncoderError:
            raise
        except Exception as error:  # any library below it may fail in its own way; the user needs the name and the remedy
            raise EncoderError(
                f"GUIZHI_MODEL={name}：无法加载该模型（{type(error).__name__}）；请给出本地模型目录，或检查名称与网络"
            ) from error
        return cls(model, int(model.get_embedding_dimension() or 0), f"sentence-transformers:{name}")

    def encode(self, texts: Sequence[str], *, kind: Kind = "query", batch: int = 32) -> Vectors:
        """As :meth:`qa.encoder.Encoder.encode`, with the model's own prompt for ``kind`` if it has one."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        prompt = (self.model.prompts or {}).get(kind, "")
        cleaned = [clean(text) for text in texts]
        vectors = self.model.encode(cleaned, prompt=prompt, batch_size=batch, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)


def _is_ours(folder: Path) -> bool:
    """Whether ``folder`` is made of our module and the library's own, so that loading it runs no code from ``folder``."""
    modules = folder / "modules.json"
    return modules.is_file() and '"qa.encoder_st.' in modules.read_text(encoding="utf-8") and not list(folder.glob("**/*.py"))
