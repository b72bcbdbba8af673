"""The embedding model in transformers and sentence-transformers, for training: the same published weights, in float32 (extra ``train``)."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from qa.encoder import PROMPTS
from qa.encoder_graph import DIMENSION, EPSILON, HEADS, INNER, LAYERS, POSITIONS
from qa.encoder_lora import PLACES
from qa.encoder_tokens import MAX_TOKENS, SPECIAL, tokenizer
from qa.encoder_weights import Weights


def bert(weights: Weights, kept: NDArray[np.int64], layers: int = LAYERS) -> Any:
    """transformers' BertModel with the first ``layers`` of ``weights`` restored, over the vocabulary ``kept``."""
    nibbles, scales = weights.blocks("emb.word", DIMENSION)
    rows = np.concatenate([nibbles[kept] & 15, nibbles[kept] >> 4], axis=-1).astype(np.float32) - 8
    state: dict[str, NDArray[np.float32]] = {
        "embeddings.word_embeddings.weight": (rows * scales[kept].astype(np.float32)[..., None]).reshape(len(kept), DIMENSION),
        "embeddings.position_embeddings.weight": weights.vector("emb.pos").reshape(POSITIONS, DIMENSION),
        "embeddings.token_type_embeddings.weight": weights.vector("emb.type").reshape(-1, DIMENSION),
        "embeddings.LayerNorm.weight": weights.vector("emb.ln.w"),
        "embeddings.LayerNorm.bias": weights.vector("emb.ln.b"),
    }
    for layer in range(layers):
        for short, long in PLACES.items():
            columns = INNER if short == "fo" else DIMENSION
            state[f"encoder.layer.{layer}.{long}.weight"] = weights.matrix(f"l{layer}.{short}.w", columns)
            state[f"encoder.layer.{layer}.{long}.bias"] = weights.vector(f"l{layer}.{short}.b")
        for short, long in {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}.items():
            state[f"encoder.layer.{layer}.{long}.weight"] = weights.vector(f"l{layer}.{short}.w")
            state[f"encoder.layer.{layer}.{long}.bias"] = weights.vector(f"l{layer}.{short}.b")
    shape: dict[str, Any] = {
        "hidden_size": DIMENSION,
        "num_hidden_layers": layers,
        "num_attention_heads": HEADS,
        "intermediate_size": INNER,
    }
    shape |= {
        "max_position_embeddings": POSITIONS,
        "layer_norm_eps": EPSILON,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    }
    model: Any = BertModel(BertConfig(vocab_size=len(kept), **shape), add_pooling_layer=False)
    model.eval()
    model.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in state.items()}, strict=True)
    return model


def sentence_model(weights: Weights, kept: NDArray[np.int64], layers: int = LAYERS) -> SentenceTransformer:
    """A model of sentence-transformers over :func:`bert`, which gives the vectors that :class:`qa.encoder.Encoder` gives, but for its 8 bits."""
    names = dict(zip(("cls_token", "pad_token", "sep_token", "unk_token"), SPECIAL, strict=True))
    fast: Any = PreTrainedTokenizerFast  # it has no types
    words = fast(tokenizer_object=tokenizer(weights, kept), model_max_length=MAX_TOKENS, **names)
    with tempfile.TemporaryDirectory() as folder:
        bert(weights, kept, layers).save_pretrained(folder)
        words.save_pretrained(folder)
        modules = [Transformer(folder, model_kwargs={"attn_implementation": "eager"}), Pooling(DIMENSION, "mean"), Normalize()]
    return SentenceTransformer(modules=modules, prompts={"query": PROMPTS["query"]}, device="cuda" if torch.cuda.is_available() else "cpu")
