"""The trained adapter: read, refused when it is damaged, and built into the model."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from qa.encoder import Encoder, EncoderError
from qa.encoder_build import build_model
from qa.encoder_lora import ADAPTER, PLACES, Lora

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / "data" / ".build-cache"
TEXTS = ["谁签发人事任免公文", "常务会议多久召开一次"]
Tensors = dict[str, NDArray[np.generic]]


def key(layer: int, place: str, half: str) -> str:
    return f"base_model.model.encoder.layer.{layer}.{PLACES[place]}.lora_{half}.weight"


def pair(layer: int, place: str, *, rows: int = 384, columns: int = 384, size: float = 0.1, kind: str = "float16") -> Tensors:
    rng = np.random.default_rng(layer)
    halves = {"A": rng.normal(size=(2, columns)), "B": rng.normal(size=(rows, 2)) * size}
    return {key(layer, place, half): value.astype(kind) for half, value in halves.items()}


def written(folder: Path, tensors: Tensors, **config: object) -> Path:
    header, data = {}, b""
    for name, value in tensors.items():
        kind = {"float32": "F32", "float16": "F16"}[value.dtype.name]
        header[name] = {"dtype": kind, "shape": value.shape, "data_offsets": [len(data), len(data) + value.nbytes]}
        data += value.tobytes()
    head = json.dumps(header).encode()
    folder.mkdir(exist_ok=True)
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 2, "lora_alpha": 4} | config), encoding="utf-8")
    path = folder / "adapter_model.safetensors"
    path.write_bytes(struct.pack("<Q", len(head)) + head + data)
    return path


@pytest.mark.parametrize("kind", ["float16", "float32"])
def test_the_product_is_scaled_and_named(tmp_path: Path, kind: str) -> None:
    tensors = pair(0, "q", kind=kind) | pair(2, "fo", columns=1536, kind=kind)
    lora = Lora.read(written(tmp_path, tensors))
    assert lora.layers == 3
    assert set(lora.changes) == {"l0.q.w", "l2.fo.w"}
    own = [tensors[key(0, "q", half)].astype(np.float32) for half in "BA"]
    np.testing.assert_allclose(lora.changes["l0.q.w"], 2 * own[0] @ own[1], rtol=1e-5)


def test_layers_above_the_adapter_are_left_out_and_vectors_change(tmp_path: Path) -> None:
    build_model(tmp_path / "whole", CACHE)
    build_model(tmp_path / "still", CACHE, written(tmp_path / "a", pair(1, "q", size=0.0)))
    build_model(tmp_path / "moved", CACHE, written(tmp_path / "b", pair(1, "q") | pair(0, "fi", rows=1536)))
    whole, still, moved = (Encoder.open(tmp_path / name) for name in ("whole", "still", "moved"))
    assert len({whole.fingerprint, still.fingerprint, moved.fingerprint}) == 3
    assert (tmp_path / "still" / "model.onnx").stat().st_size < 0.6 * (tmp_path / "whole" / "model.onnx").stat().st_size
    assert ((still.encode(TEXTS) * moved.encode(TEXTS)).sum(axis=1) < 0.99).all()


def test_a_change_of_nothing_changes_nothing(tmp_path: Path) -> None:
    build_model(tmp_path / "whole", CACHE)
    build_model(tmp_path / "same", CACHE, written(tmp_path / "a", pair(11, "v", size=0.0)))
    assert (tmp_path / "same" / "model.onnx").read_bytes() == (tmp_path / "whole" / "model.onnx").read_bytes()


def bad(folder: Path, case: str) -> Path:
    good = pair(0, "q")
    path = written(folder, good)
    match case:
        case "not finite":
            return written(folder, {name: np.full_like(value, np.nan) for name, value in good.items()})
        case "one half":
            return written(folder, {key(0, "q", "A"): good[key(0, "q", "A")]})
        case "other names":
            return written(folder, {"linear.weight": np.eye(4, dtype=np.float32)})
        case "nothing":
            return written(folder, {})
        case "halves that do not fit":
            return written(folder, good | {key(0, "q", "A"): np.zeros((3, 384), np.float16)})
        case "no rank":
            return written(folder, good, r=0)
        case "another method":
            return written(folder, good, peft_type="LOHA")
        case "another scale":
            return written(folder, good, use_rslora=True)
        case "cut off":
            path.write_bytes(path.read_bytes()[:-4])
        case "no safetensors":
            path.write_bytes(b"PK\x03\x04 whatever else this may be")
        case "empty":
            path.write_bytes(b"")
        case "missing":
            path.unlink()
        case "no configuration":
            (folder / "adapter_config.json").unlink()
    return path


@pytest.mark.parametrize(
    "case",
    [
        *("not finite", "one half", "other names", "nothing", "halves that do not fit", "no rank", "another method", "another scale"),
        *("cut off", "no safetensors", "empty", "missing", "no configuration"),
    ],
)
def test_a_bad_adapter_is_named(tmp_path: Path, case: str) -> None:
    with pytest.raises(EncoderError) as error:
        Lora.read(bad(tmp_path, case))
    said = str(error.value)
    assert "adapter_model.safetensors" in said and "适配层" in said and "重新训练" in said and "\n" not in said


def test_an_adapter_for_a_wider_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"l0\.q\.w.*\(768, 768\).*\(384, 384\).*重新训练"):
        build_model(tmp_path / "encoder", CACHE, written(tmp_path / "a", pair(0, "q", rows=768, columns=768)))
    assert not (tmp_path / "encoder").exists()


def test_an_adapter_for_a_deeper_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"13 层.*12 层.*重新训练"):
        build_model(tmp_path / "encoder", CACHE, written(tmp_path / "a", pair(12, "q")))


def test_the_tracked_adapter_is_small_and_whole() -> None:
    lora = Lora.read(ROOT / ADAPTER)
    assert len(lora.changes) == lora.layers * len(PLACES)
    assert (ROOT / ADAPTER).stat().st_size < 1_000_000
