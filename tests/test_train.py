"""Training of the adapter on an invented set, and the file it writes (extra ``guizhi[train]``)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers")
pytest.importorskip("peft")

from qa.encoder import Encoder, Vectors  # noqa: E402
from qa.encoder_build import build_model  # noqa: E402
from qa.encoder_tokens import vocabulary  # noqa: E402
from qa.encoder_weights import load_weights  # noqa: E402
from qa.models import Intent  # noqa: E402
from qa.ragged import Ragged  # noqa: E402
from qa.train import _batches, learn, save  # noqa: E402
from qa.train_data import Corpus, Wording, meaning  # noqa: E402
from qa.train_measure import Scores, auroc, measure, report  # noqa: E402
from qa.train_model import sentence_model  # noqa: E402

CACHE = Path(__file__).resolve().parents[1] / "data" / ".build-cache"
WHO = ("食堂", "泳池", "图书馆", "车棚", "花房", "锅炉房", "操场", "机房")
SAID = ("{}归谁管", "{}由哪位负责", "谁来看管{}", "{}什么时候开门", "{}几点开放", "到几点{}可以进去")
NEW = ("{}的管理员是谁", "{}哪个时间能进")


def topic(place: int, form: int) -> int:
    return 2 * place + (form >= len(SAID) / 2)


TEXTS = [form.format(name) for name in WHO for form in SAID]
ABOUT = Ragged.of([[topic(place, form)] for place in range(len(WHO)) for form in range(len(SAID))])
UNSEEN = [form.format(name) for name in WHO for form in NEW]


@cache
def learnt(seed: int, folder: Path) -> tuple[list[float], bytes, Path, Vectors]:
    """The losses, the adapter's file, the model of two layers built with it, and the vectors of :data:`TEXTS` in training's own model."""
    weights = load_weights(CACHE)
    model = sentence_model(weights, vocabulary(weights.pieces), 2)
    losses = learn(model, TEXTS, ABOUT, 2 * len(WHO), seed=seed, epochs=40, batch=24, rate=5e-3)
    path = save(model, folder)
    build_model(folder / "encoder", CACHE, path)
    return losses, path.read_bytes(), folder / "encoder", model.encode(TEXTS, prompt_name="query")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("adapter")


def apart(encoder: Encoder) -> float:
    """How much nearer a new wording is, on average, to one that asks the same than to one that asks something else."""
    cosines = encoder.encode(UNSEEN) @ encoder.encode(TEXTS).T
    wanted = np.array([topic(place, len(SAID) * form) for place in range(len(WHO)) for form in range(len(NEW))])
    same = ABOUT.numbers[None] == wanted[:, None]
    return float(np.mean(np.where(same, cosines, -1).max(axis=1) - np.where(same, -1, cosines).max(axis=1)))


def test_training_lowers_the_loss(folder: Path) -> None:
    losses, *_ = learnt(0, folder)
    assert losses[-1] < 0.9 * losses[0]


def test_what_is_served_is_what_was_learnt(folder: Path) -> None:
    *_, served, vectors = learnt(0, folder)
    assert ((Encoder.open(served).encode(TEXTS) * vectors).sum(axis=1) > 0.99).all()


def test_every_text_is_learnt_from_in_each_round() -> None:
    lengths = np.arange(1500) % 40
    for batch in (1024, 256, 7):
        drawn = list(_batches(lengths, batch, np.random.default_rng(0)))
        assert sorted(np.concatenate(drawn).tolist()) == list(range(1500))
        assert max(map(len, drawn)) <= batch and min(map(len, drawn)) > batch // 2


def test_new_wordings_are_told_apart_better(folder: Path, tmp_path: Path) -> None:
    build_model(tmp_path / "encoder", CACHE)
    assert apart(Encoder.open(learnt(0, folder)[2])) > apart(Encoder.open(tmp_path / "encoder"))


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    first = learnt(0, folder)[1]
    assert first == learnt(0, tmp_path / "again")[1]
    assert first != learnt(1, tmp_path / "other")[1]


@pytest.mark.parametrize(
    ("intent", "expected"),
    [
        (Intent("bearer", (("norm", ("b", "a")),)), {"a", "b"}),
        (Intent("silence", (("silence", ("s",)),)), {"s"}),
        (Intent("outside", ()), {"outside"}),
        (Intent("duties-of", (("bearer", ("m",)),)), {"duties-of (('bearer', ('m',)),)"}),
    ],
)
def test_a_meaning_is_what_the_answer_rests_on(intent: Intent, expected: set[str]) -> None:
    assert meaning(intent) == expected


def test_auroc() -> None:
    assert auroc(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1.0
    assert auroc(np.array([1.0]), np.array([1.0])) == 0.5
    assert np.isnan(auroc(np.array([]), np.array([1.0])))


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Two norms and a silence, each said once, asked once more; the second norm's question is nearest to the first."""
    norms = [Intent("whole", (("norm", (f"x:/norm/{n}",)),)) for n in range(2)]
    silence = Intent("silence", (("silence", ("x:/silence/s",)),))
    said = [
        Wording(row, intent, kind, meaning(intent))
        for row, (intent, kind) in enumerate(zip([*norms, silence], ("norm", "norm", "silent"), strict=True))
    ]
    apart = [Wording(3 + w.row, w.intent, w.kind, w.meaning) for w in said]
    asked = [(3, frozenset({"0"})), (4, frozenset({"1"})), (5, frozenset[str]())]
    articles = {f"x:/norm/{n}": str(n) for n in range(2)}
    return Corpus([*"abcdef"], said, Ragged.of([[0], [1], [2]]), 3, apart, articles, "0" * 64, asked, asked[:2])


def scores(corpus: Corpus) -> Scores:
    return measure(corpus, np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [0.8, 0.6, 0], [0, 0.6, 0.8]], np.float32))


def test_what_is_nearest_is_counted(corpus: Corpus) -> None:
    found = scores(corpus)
    assert {name: found[name] for name in ("exact", "part", "five", "article_own", "silence")} == {
        **{"exact": 0.5, "part": 0.5, "five": 1.0, "article_own": 0.5, "silence": 1.0}
    }
    assert {name: found[name] for name in ("norm", "refused", "article", "near", "separated")} == {
        **{"norm": 0.5, "refused": 1.0, "article": 0.5, "near": 1.0, "separated": 1.0}
    }


def test_the_report_gives_both_numbers(corpus: Corpus) -> None:
    text = report(corpus, ({"part": 0.5}, {"part": 0.75}), seed=7, losses=(1.0, 0.5), better=True)
    assert "| 0.5000 | 0.7500 |" in text
    assert "随机种子：7" in text
    assert corpus.sha256 in text
    assert "默认使用" in text
    assert "不使用" in report(corpus, ({"part": 0.5}, {"part": 0.4}), seed=7, losses=(), better=False)
