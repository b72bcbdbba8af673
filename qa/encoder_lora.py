"""The trained adapter → what it changes in the embedding model. It is a LoRA (Hu et al., 2021) in the files that PEFT writes:
``adapter_model.safetensors`` with two narrow matrices for each matrix of the model, and ``adapter_config.json`` beside it.

Their product is added to the model's own matrix when the model is built, so that a question costs nothing more for it. The model it was trained
for ends with the last layer that it knows: those above are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qa.encoder import EncoderError

ADAPTER: Final = Path("data") / "adapter" / "adapter_model.safetensors"
"""The trained adapter, below the project's root."""
SETTINGS: Final = "adapter_config.json"
PLACES: Final[Mapping[str, str]] = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
"""What transformers' BertModel calls the matrices of a layer, by their names in the weights file."""
_OTHER: Final = ("use_rslora", "use_dora", "rank_pattern", "alpha_pattern")
"""Settings of PEFT by which the product would mean something else."""
_NAMES: Final = {place: name for name, place in PLACES.items()}
_KEY: Final = re.compile(r"base_model\.model\.encoder\.layer\.(\d+)\.(.+)\.lora_([AB])\.weight")


@dataclass(frozen=True, slots=True)
class Lora:
    """What is added to the matrices of the weights file (rows: outputs), by name (``l0.q.w``), and the number of ``layers`` of the model."""

    layers: int
    changes: Mapping[str, NDArray[np.float32]]

    @classmethod
    def read(cls, path: Path) -> Lora:
        """Read ``path`` (float16 or float32) and the :data:`SETTINGS` beside it.

        Raises :class:`EncoderError` when a file is missing, damaged or for another kind of model.
        """
        remedy = f"请重新训练，或删除该文件以使用未适配的模型：{path}"
        try:
            config = json.loads((path.parent / SETTINGS).read_text(encoding="utf-8"))
            if config["peft_type"] != "LORA" or any(config.get(name) for name in _OTHER):
                raise ValueError(SETTINGS)
            scale = np.float32(config["lora_alpha"] / config["r"])
            halves: dict[str, dict[str, NDArray[np.float32]]] = {}
            for key, tensor in tensors(path.read_bytes()).items():
                layer, place, half = _KEY.fullmatch(key).groups()  # type: ignore[union-attr]  # an AttributeError says: damaged
                halves.setdefault(f"l{layer}.{_NAMES[place]}.w", {})[half] = tensor
            changes = {name: half["B"] @ half["A"] * scale for name, half in halves.items()}
            layers = 1 + max(int(name[1:].split(".")[0]) for name in changes)
        except FileNotFoundError as error:
            raise EncoderError(f"{path.name}：适配层文件不存在；{remedy}") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError) as error:
            raise EncoderError(f"{path.name}：适配层文件损坏或格式不符；{remedy}") from error
        if not all(np.isfinite(change).all() for change in changes.values()):
            raise EncoderError(f"{path.name}：适配层中有不是有限数的值；{remedy}")
        return cls(layers, changes)


def tensors(content: bytes) -> dict[str, NDArray[np.float32]]:
    """The tensors of a safetensors file as float32 (8 bytes length, JSON header, data); raises ValueError, KeyError or TypeError."""
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            kind = {"F32": "<f4", "F16": "<f2"}[entry["dtype"]]
            found[name] = np.frombuffer(content[start + begin : start + end], kind).reshape(entry["shape"]).astype(np.float32)
    return found


def notes(content: bytes) -> dict[str, str]:
    """What is written about the tensors of a safetensors file; raises ValueError."""
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return dict(header.get("__metadata__", {}))
