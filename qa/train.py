"""``guizhi train``: adapts the embedding model to the regulation by a low-rank adapter (LoRA: Hu et al., 2021; extra ``train``).

The adapter is learnt together with a prototype for each topic (:mod:`qa.topics`): every wording is drawn to the prototypes of what it asks and away from
all others (normalised softmax: Wang et al., 2017). Only the first :data:`KEPT_LAYERS` layers of the model are kept, which makes a question cost two thirds.
Hours on two cores, three minutes on a GPU; on a CPU the same data and seed give the same file, byte for byte.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from qa.encoder import PROMPTS, Encoder, clean
from qa.encoder_build import build_model
from qa.encoder_graph import DIMENSION
from qa.encoder_lora import ADAPTER, PLACES, SETTINGS
from qa.encoder_tokens import SPECIAL, vocabulary
from qa.encoder_weights import load_weights
from qa.ragged import Numbers, Ragged
from qa.train_data import read_corpus
from qa.train_measure import measure, report

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

KEPT_LAYERS: Final = 8
"""Layers of the model that are kept, of twelve."""
RANK: Final = 8
"""Rank of the adapter's matrices; it then takes less than 1 MB."""
EPOCHS: Final = 20
BATCH: Final = 1024
RATE: Final = 2e-3
"""Learning rate of AdamW (Loshchilov and Hutter, 2019)"""
PROTOTYPE_RATE: Final = 5e-3
"""and that of the prototypes: both rise in the first"""
RISING: Final = 0.1
"""of the steps, then fall to nothing."""
DECAY: Final = 0.01
SCALE: Final = 25.0
"""Inverse temperature of the softmax over cosines."""
SMOOTH: Final = 0.1
"""Probability that is spread over all topics: no wording is only about one."""
DROPPED: Final = 0.1
"""Part of a wording's tokens that are hidden each time, so that no single one is relied on."""
LONGEST: Final = 96
"""Tokens of a wording that are learnt from."""
DRAWN_TOGETHER: Final = 16
"""Batches that are drawn together and sorted by length, so that little is padded."""


def train(root: Path, build: Path, *, seed: int = 0) -> str:
    """Train on the wordings of the project at ``root``, measure with and without, write ``data/adapter``; returns a report in Chinese.

    ``build`` is a finished build (its graph is read). The adapter is written only if the right norms are nearest more often with it, for the wordings
    that are kept apart and for the questions of other authors; otherwise an earlier one is removed.
    Raises :class:`qa.encoder.EncoderError`, OSError, or ImportError without the extra.
    """
    from qa.train_model import sentence_model

    corpus, cache = read_corpus(root, build), build.parent / f".{build.name}-cache"
    weights = load_weights(cache)
    model = sentence_model(weights, vocabulary(weights.pieces), KEPT_LAYERS)
    texts = [corpus.texts[w.row] for w in corpus.wordings]
    losses = learn(model, texts, corpus.about, corpus.topics, seed=seed)
    target = root / ADAPTER
    with tempfile.TemporaryDirectory() as folder:
        learnt = save(model, Path(folder))
        build_model(Path(folder) / "with", cache, learnt)
        build_model(Path(folder) / "without", cache)
        scores = [measure(corpus, Encoder.open(Path(folder) / name).encode(corpus.texts)) for name in ("without", "with")]
    better = "part" in scores[0] and all(scores[1][name] > scores[0][name] for name in ("part", "norm", "article") if name in scores[0])
    if better:
        save(model, target.parent)
    else:
        for path in (target, target.parent / SETTINGS):
            path.unlink(missing_ok=True)
    text = report(corpus, scores, seed=seed, losses=losses, better=better)
    target.parent.mkdir(parents=True, exist_ok=True)
    (target.parent / "README.md").write_text(text, encoding="utf-8")
    return text


def learn(
    model: SentenceTransformer,
    texts: Sequence[str],
    about: Ragged,
    topics: int,
    *,
    seed: int = 0,
    epochs: int = EPOCHS,
    batch: int = BATCH,
    rank: int = RANK,
    rate: float = RATE,
) -> list[float]:
    """Add an adapter to ``model`` and learn it from ``texts``, the n-th of which is about the topics (below ``topics``) in row n of ``about``.

    Returns the mean loss of each epoch.
    """
    import torch
    from peft import LoraConfig

    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    chance, bfloat = np.random.default_rng(seed), model.device.type == "cuda"
    model.add_adapter(LoraConfig(r=rank, lora_alpha=rank, target_modules=list(PLACES.values())))
    ids = [row[:LONGEST] for row in model.tokenizer([PROMPTS["query"] + clean(text) for text in texts])["input_ids"]]
    lengths = np.array([len(row) for row in ids])
    prompt = len(model.tokenizer(PROMPTS["query"].rstrip())["input_ids"]) - 1  # without </s>

    def vectors(rows: Numbers, hidden: float = 0.0) -> torch.Tensor:
        longest = int(lengths[rows].max())
        tokens = np.full((len(rows), longest), SPECIAL.index("<pad>"))
        for place, row in enumerate(rows.tolist()):
            tokens[place, : lengths[row]] = ids[row]
        mask = np.arange(longest) < lengths[rows][:, None]
        if hidden:
            tokens[mask & (chance.random(tokens.shape) < hidden) & (np.arange(longest) >= prompt)] = SPECIAL.index("<unk>")
        features = {
            "input_ids": torch.from_numpy(tokens).to(model.device),
            "attention_mask": torch.from_numpy(mask).long().to(model.device),
        }
        with torch.autocast(model.device.type, torch.bfloat16, enabled=bfloat):
            found: torch.Tensor = model(features)["sentence_embedding"].float()
        return found

    def truth(rows: Numbers) -> torch.Tensor:
        topic, place, part = (torch.from_numpy(of).to(model.device) for of in about.rows(rows))
        dense = torch.zeros(len(rows), topics, device=model.device)
        dense[place, topic] = part
        return dense

    start = torch.full((topics, DIMENSION), 1e-6, device=model.device)
    model.eval()
    with torch.no_grad():
        for rows in _alike(np.arange(len(texts)), lengths, batch):
            start += truth(rows).T @ vectors(rows)
    prototypes = torch.nn.Parameter(torch.nn.functional.normalize(start, dim=1))
    adapter = [p for p in model.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [{"params": adapter, "weight_decay": DECAY}, {"params": [prototypes], "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups)
    loss = torch.nn.CrossEntropyLoss(label_smoothing=SMOOTH)
    model.train()
    losses, step, last = [], 0, epochs * sum(1 for _ in _batches(lengths, batch, np.random.default_rng(seed)))
    for _ in range(epochs):
        seen = []
        for rows in _batches(lengths, batch, chance):
            step += 1
            share = min(step / last / RISING, max(1 - step / last, 1e-3))
            for group, highest in zip(optimiser.param_groups, (rate, PROTOTYPE_RATE), strict=True):
                group["lr"] = highest * min(share, 1.0)
            cosines = vectors(rows, DROPPED) @ torch.nn.functional.normalize(prototypes, dim=1).T
            value = loss(SCALE * cosines, truth(rows))
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            seen.append(value.detach())
        losses.append(float(torch.stack(seen).mean()))
    model.eval()
    return losses


def save(model: SentenceTransformer, folder: Path) -> Path:
    """Write the adapter of ``model`` to ``folder`` as PEFT does, in float16; returns its file."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    bert: Any = model[0].model
    tensors = {name: tensor.half().cpu().contiguous() for name, tensor in sorted(get_peft_model_state_dict(bert).items())}
    save_file({f"base_model.model.{name}": tensor for name, tensor in tensors.items()}, folder / ADAPTER.name)
    config = bert.peft_config["default"].to_dict()
    kept = {name: config[name] for name in ("peft_type", "r", "lora_alpha")} | {"target_modules": sorted(config["target_modules"])}
    (folder / SETTINGS).write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return folder / ADAPTER.name


def _batches(lengths: Numbers, batch: int, chance: np.random.Generator) -> Iterator[Numbers]:
    """The numbers of all texts, drawn at random into batches of like length, none much smaller than the others, in random order."""
    order = chance.permutation(len(lengths))
    drawn = [
        rows
        for start in range(0, len(order), DRAWN_TOGETHER * batch)
        for rows in _alike(order[start : start + DRAWN_TOGETHER * batch], lengths, batch)
    ]
    for place in chance.permutation(len(drawn)).tolist():
        yield drawn[place]


def _alike(rows: Numbers, lengths: Numbers, batch: int) -> list[Numbers]:
    """``rows`` by rising length, in equal batches of at most ``batch``."""
    return np.array_split(rows[np.argsort(lengths[rows], kind="stable")], ceil(len(rows) / batch))
