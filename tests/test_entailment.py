"""Questions and norms read together: the same numbers as in training, what can be learnt that no sum can, and the file kept with the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from asking import ROOT

from qa.encoder import EncoderError
from qa.encoder_graph import DIMENSION
from qa.encoder_lora import ADAPTER, SETTINGS
from qa.entailment import WEIGHTS, Entailment, Floats, Tokens
from qa.index_build import adapter_hash, entailment_weights
from qa.models import REPLIES, Intent

torch = pytest.importorskip("torch")

from qa.train_entailment import Case, Together, _arrays, _stacked, learn, save  # noqa: E402

WORDS = np.random.default_rng(1).normal(size=(400, DIMENSION)).astype(np.float32)


def tokens(text: str) -> Tokens:
    """Every character a token with a vector of its own."""
    ids = [ord(character) % len(WORDS) for character in text]
    return ids, WORDS[ids]


@pytest.fixture(scope="module")
def weights() -> Mapping[str, Floats]:
    torch.manual_seed(2)
    return _arrays(Together().state_dict())


def test_it_computes_what_was_trained(weights: Mapping[str, Floats]) -> None:
    model = Together().eval()
    model.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    pairs = [("周末能去吗", "周末不得前往"), ("谁去", "主任去，或者由主任请别人去")]
    with torch.no_grad():
        wanted = model(*_stacked([(tokens(asked), tokens(told)) for asked, told in pairs])).softmax(-1).numpy()
    entailment = Entailment.over(weights, {told: told for _, told in pairs}, tokens)
    for (asked, told), likely in zip(pairs, wanted, strict=True):
        assert [*entailment(asked, [told]).values()] == pytest.approx(likely.tolist(), abs=1e-5)
    both = entailment("谁去", [told for _, told in pairs] + ["unknown"])
    apart = [entailment("谁去", [told]) for _, told in pairs]
    assert both == {reply: pytest.approx((apart[0][reply] + apart[1][reply]) / 2) for reply in REPLIES}
    assert entailment("谁去", ["unknown"]) == {}


def test_it_is_read_as_it_was_written(weights: Mapping[str, Floats], tmp_path: Path) -> None:
    assert Entailment.load(tmp_path, tokens) is None
    entailment = Entailment.over(weights, {"n:1": "每周一次", "n:2": "不得代签"}, tokens)
    entailment.save(tmp_path)
    kept = Entailment.load(tmp_path, tokens)
    assert kept is not None
    assert kept("能代签吗", ["n:2"]) == pytest.approx(entailment("能代签吗", ["n:2"]), abs=1e-2)


def test_what_the_norm_names_decides() -> None:
    """A norm that lists what may be done, and a question that names one thing: the answer is in neither alone."""
    chance = np.random.default_rng(3)
    things = [chr(0x4E00 + i) for i in range(60)]

    def case(norm: str, listed: Sequence[str], thing: str) -> Case:
        return Case(0, f"能{thing}吗", Intent("whether", (("norm", (norm,)),)), (norm,), "yes" if thing in listed else "no")

    lists = {f"n:{i}": list(chance.choice(things, 4, replace=False)) for i in range(60)}
    readings = {norm: "可以" + "、".join(listed) for norm, listed in lists.items()}
    cases = [
        case(norm, listed, thing)
        for norm, listed in lists.items()
        for thing in (*listed, *(t for t in chance.choice(things, 4, replace=False) if t not in listed))
    ]
    chance.shuffle(cases)
    apart, learnt = cases[:80], cases[80:]
    texts = {text: tokens(text) for text in (*readings.values(), *(c.text for c in cases))}
    entailment = Entailment.over(_arrays(learn(learnt, readings, texts, epochs=60)), readings, tokens)
    right = [max(likely, key=lambda r: likely[r]) == c.reply for c in apart if (likely := entailment(c.text, c.norms))]
    assert len(right) == 80 and np.mean(right) > 0.9


def test_the_kept_weights_belong_to_the_kept_adapter(tmp_path: Path) -> None:
    assert entailment_weights(ROOT)
    for name in (WEIGHTS, ADAPTER, ADAPTER.parent / SETTINGS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    assert entailment_weights(tmp_path).keys() == entailment_weights(ROOT).keys()
    (tmp_path / ADAPTER).write_bytes(b"another")
    assert entailment_weights(tmp_path) == {}
    (tmp_path / WEIGHTS).unlink()
    assert entailment_weights(tmp_path) == {}


def test_damaged_weights_are_said_to_be(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).parent.mkdir(parents=True)
    (tmp_path / WEIGHTS).write_bytes(b"damaged")
    with pytest.raises(EncoderError, match=r"entailment.safetensors：文件损坏.*guizhi train --entailment"):
        entailment_weights(tmp_path)


def test_written_weights_are_read(weights: Mapping[str, Floats], tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).parent.mkdir(parents=True)
    save({name: torch.from_numpy(value) for name, value in weights.items()}, tmp_path)
    assert adapter_hash(tmp_path) == ""
    found = entailment_weights(tmp_path)
    assert found.keys() == weights.keys() and all(found[name] == pytest.approx(weights[name], abs=1e-2) for name in weights)
