"""The weights → an ONNX graph of standard operators (opset 20) that any ONNX runtime can serve.

Weights are 8 bit, per output channel; activations are quantised at run time **per token**: that is nearer to float32 than one scale for a
whole call (cosine 0.999 instead of 0.997), and a text's vector does not depend on the other texts of the call.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from qa.encoder import EncoderError
from qa.encoder_lora import Lora
from qa.encoder_weights import Weights

DIMENSION: Final = 384
LAYERS: Final = 12
HEADS: Final = 12
INNER: Final = 1536
POSITIONS: Final = 512
EPSILON: Final = 1e-12
TOP: Final = 64
"""Largest weight. x86 without VNNI adds two products in 16 bits: 2 · 255 · 64 fits, more would saturate there and nowhere else."""


def onnx_model(weights: Weights, kept: NDArray[np.int64], lora: Lora | None = None) -> bytes:
    """The model over the vocabulary ``kept`` (token numbers of ``weights``), changed by ``lora``, serialised; the same bytes for the same input.

    Inputs ``input_ids`` and ``attention_mask`` (int64, texts × tokens), output ``token_embeddings`` (float32, texts × tokens × 384).
    """
    lora = lora or Lora(LAYERS, {})
    if lora.layers > LAYERS:
        raise EncoderError(f"适配层有 {lora.layers} 层，模型只有 {LAYERS} 层；请重新训练，或删除适配层")
    build = _Builder(weights, lora)
    build.embed(kept)
    for layer in range(lora.layers):
        build.layer(f"l{layer}.")
    return build.finish()


class _Builder:
    """Grows the graph; ``state`` is the name of the current hidden layer, (texts · tokens) × 384."""

    def __init__(self, weights: Weights, lora: Lora) -> None:
        self.weights, self.lora = weights, lora
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.state = ""

    def __call__(self, op: str, *inputs: str, **attributes: Any) -> str:
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def constant(self, value: Any) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name))
        return name

    def embed(self, kept: NDArray[np.int64]) -> None:
        """Word rows stay in their 4-bit blocks, exact and small, and are unpacked for the tokens at hand."""
        nibbles, scales = self.weights.blocks("emb.word", DIMENSION)
        packed = self("Gather", self.constant(nibbles[kept]), "input_ids")
        low = self("BitwiseAnd", packed, self.constant(np.uint8(15)))
        high = self("BitShift", packed, self.constant(np.uint8(4)), direction="RIGHT")
        values = self("Cast", self("Concat", low, high, axis=-1), to=TensorProto.FLOAT)
        scale = self("Cast", self("Gather", self.constant(scales[kept]), "input_ids"), to=TensorProto.FLOAT)
        words = self("Mul", self("Sub", values, self.constant(np.float32(8))), self("Unsqueeze", scale, self.constant(np.array([-1]))))
        rows = self("Reshape", words, self.constant(np.array([0, 0, DIMENSION])))
        table = self.weights.vector("emb.pos").reshape(POSITIONS, DIMENSION) + self.weights.vector("emb.type")[:DIMENSION]
        zero, length = self.constant(np.array([0])), self("Shape", "input_ids", start=1, end=2)
        placed = self("Add", rows, self("Slice", self.constant(table), zero, length, zero))
        self.state = self.norm(self("Reshape", placed, self.constant(np.array([-1, DIMENSION]))), "emb.ln")
        self._prepare()

    def _prepare(self) -> None:
        """What every layer uses: shape of the heads, quantiser's zero points, mask."""
        sizes = self("Shape", "input_ids")
        self.heads = self("Concat", sizes, self.constant(np.array([HEADS, DIMENSION // HEADS])), axis=0)
        self.outward = self("Concat", sizes, self.constant(np.array([DIMENSION])), axis=0)
        self.zero = self.constant(np.uint8(128))
        self.zeros = self("Expand", self.zero, self("Shape", self.state, start=0, end=1))
        hidden = self("Sub", self.constant(np.float32(1)), self("Cast", "attention_mask", to=TensorProto.FLOAT))
        self.mask = self("Unsqueeze", self("Mul", hidden, self.constant(np.float32(-1e9))), self.constant(np.array([1, 2])))

    def layer(self, prefix: str) -> None:
        attended = self.linear(self.attention(prefix), prefix, ["ao"])
        self.state = self.norm(self("Add", self.state, attended), prefix + "aln")
        inner = self("Gelu", self.linear(self.state, prefix, ["fi"]))
        self.state = self.norm(self("Add", self.state, self.linear(inner, prefix, ["fo"], INNER)), prefix + "oln")

    def attention(self, prefix: str) -> str:
        joined = self.linear(self.state, prefix, ["q", "k", "v"])
        query, key, value = (self._heads(joined, part, transposed=part == 1) for part in range(3))
        scores = self("MatMul", self("Mul", query, self.constant(np.float32(1 / math.sqrt(DIMENSION // HEADS)))), key)
        context = self("MatMul", self("Softmax", self("Add", scores, self.mask), axis=-1), value)
        return self("Reshape", self("Transpose", context, perm=[0, 2, 1, 3]), self.constant(np.array([-1, DIMENSION])))

    def _heads(self, joined: str, part: int, *, transposed: bool) -> str:
        start, end = (self.constant(np.array([DIMENSION * (part + more)])) for more in (0, 1))
        own = self("Slice", joined, start, end, self.constant(np.array([1])))
        return self("Transpose", self("Reshape", own, self.heads), perm=[0, 2, 3, 1] if transposed else [0, 2, 1, 3])

    def linear(self, source: str, prefix: str, names: Sequence[str], columns: int = DIMENSION) -> str:
        """``source`` times the matrices ``names``, side by side, plus their biases; computed in 8-bit integers."""
        matrix = np.concatenate([self._matrix(f"{prefix}{name}.w", columns) for name in names])
        bias = np.concatenate([self.weights.vector(f"{prefix}{name}.b") for name in names])
        scale = (np.abs(matrix).max(axis=1) / TOP).astype(np.float32)
        values = np.rint(matrix / scale[:, None]).astype(np.int8).T
        largest = self("ReduceMax", self("Abs", source), self.constant(np.array([-1])), keepdims=0)
        step = self("Mul", self("Max", largest, self.constant(np.float32(1e-6))), self.constant(np.float32(1 / 127)))
        tokens = self("QuantizeLinear", source, step, self.zeros, axis=0)
        sums = self("Cast", self("MatMulInteger", tokens, self.constant(values), self.zero), to=TensorProto.FLOAT)
        product = self("Mul", self("Mul", sums, self("Unsqueeze", step, self.constant(np.array([-1])))), self.constant(scale))
        return self("Add", product, self.constant(bias))

    def _matrix(self, name: str, columns: int) -> NDArray[np.float32]:
        own, change = self.weights.matrix(name, columns), self.lora.changes.get(name)
        if change is not None and change.shape != own.shape:
            raise EncoderError(f"适配层中 {name} 的形状是 {change.shape}，应为 {own.shape}；请重新训练，或删除适配层")
        return own if change is None else own + change

    def norm(self, source: str, name: str) -> str:
        gain, bias = (self.constant(self.weights.vector(f"{name}.{part}")) for part in "wb")
        return self("LayerNormalization", source, gain, bias, epsilon=EPSILON)

    def finish(self) -> bytes:
        self.nodes.append(helper.make_node("Reshape", [self.state, self.outward], ["token_embeddings"]))
        axes = ["texts", "tokens"]
        inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, axes) for name in ("input_ids", "attention_mask")]
        output = helper.make_tensor_value_info("token_embeddings", TensorProto.FLOAT, [*axes, DIMENSION])
        graph = helper.make_graph(self.nodes, "multilingual-e5-small", inputs, [output], self.constants)
        # the versions are fixed so that a newer onnx writes the same bytes and an older onnxruntime reads them
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10, producer_name="guizhi")
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))
