"""Training of the adapter on an invented set, and the file it writes (extra ``guizhi[train]``)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers")

from qa.encoder import Adapter, Vectors, normalise  # noqa: E402
from qa.models import Intent  # noqa: E402
from qa.train import Learnt, dense_of, learn, write  # noqa: E402
from qa.train_data import Corpus, Wording, meaning  # noqa: E402
from qa.train_measure import auroc, cross_validate, elsewhere, report  # noqa: E402

WIDTH, NORMS, EACH = 32, 24, 8


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Norms whose wordings differ in a few directions and are noisy in the others, as style drowns meaning; and outside questions."""
    rng = np.random.default_rng(0)
    centres = np.zeros((NORMS, WIDTH))
    centres[:, :8] = rng.normal(size=(NORMS, 8))
    noise = rng.normal(size=(NORMS * EACH + 10, WIDTH)) * np.where(np.arange(WIDTH) < 8, 0.2, 0.7)
    base = np.vstack([np.repeat(centres, EACH, axis=0), np.full((10, WIDTH), 0.1)]) + noise
    vectors = normalise(np.vstack([base, centres]).astype(np.float32))
    intents = [Intent("whole", (("norm", (f"x:/norm/{n}",)),)) for n in range(NORMS)]
    wordings = [Wording(n * EACH + i, intents[n], "norm", True, meaning(intents[n])) for n in range(NORMS) for i in range(EACH)]
    outside = Intent("outside", ())
    wordings += [Wording(NORMS * EACH + i, outside, "outside", False, meaning(outside)) for i in range(10)]
    readings = {f"x:/norm/{n}": NORMS * EACH + 10 + n for n in range(NORMS)}
    ranking = [(row, frozenset({str(n)})) for n, row in enumerate(readings.values())] + [(NORMS * EACH, frozenset[str]())]
    articles = {f"x:/norm/{n}": str(n) for n in range(NORMS)}
    cited = [(row, frozenset({str(n)})) for n, row in enumerate(readings.values())]
    return Corpus(wordings, readings, articles, vectors, "0" * 64, ranking, cited)


def trained(corpus: Corpus, seed: int = 0) -> Learnt:
    return learn(corpus.vectors, corpus.wordings, corpus.readings, seed=seed, epochs=20, batch=16)


@pytest.fixture(scope="module")
def learnt(corpus: Corpus) -> Learnt:
    return trained(corpus)


def test_training_lowers_the_loss(learnt: Learnt) -> None:
    assert learnt.losses[-1] < 0.8 * learnt.losses[0]


def test_held_out_wordings_are_found_more_often(corpus: Corpus) -> None:
    without, adapted = cross_validate(
        corpus, lambda kept: learn(corpus.vectors, kept, corpus.readings, epochs=20, batch=16).adapter(), folds=3, seed=0
    )
    assert adapted["part"] > without["part"] + 0.05
    assert set(without) == set(adapted)


def test_the_same_seed_gives_the_same_bytes(corpus: Corpus, learnt: Learnt, tmp_path: Path) -> None:
    for name, layer in (("a", learnt), ("b", trained(corpus)), ("c", trained(corpus, seed=1))):
        write(layer, tmp_path / name / "model.safetensors")
    first, again, other = ((tmp_path / name / "model.safetensors").read_bytes() for name in "abc")
    assert first == again != other


def test_the_file_is_read_as_sentence_transformers_reads_it(corpus: Corpus, learnt: Learnt, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense, Normalize

    write(learnt, tmp_path / "model.safetensors")
    adapter = Adapter.read(tmp_path / "model.safetensors", WIDTH)
    np.testing.assert_array_equal(adapter.weight, learnt.adapter().weight)
    pipeline = SentenceTransformer(modules=[Dense.load(str(tmp_path)).float(), Normalize()], device="cpu")
    with torch.no_grad():
        theirs = pipeline({"sentence_embedding": torch.from_numpy(corpus.vectors)})["sentence_embedding"].numpy()
    np.testing.assert_allclose(adapter(corpus.vectors), theirs, atol=1e-6)


def test_a_full_layer_stays_small(tmp_path: Path) -> None:
    write(Learnt(np.eye(384, dtype=np.float32), np.zeros(384, np.float32), ()), tmp_path / "model.safetensors")
    assert (tmp_path / "model.safetensors").stat().st_size < 600_000


def test_an_identity_changes_nothing(corpus: Corpus) -> None:
    identity = Learnt(np.eye(WIDTH, dtype=np.float32), np.zeros(WIDTH, np.float32), ())
    assert dense_of(identity).linear.weight.dtype == torch.float16
    assert elsewhere(corpus, identity.adapter()) == pytest.approx(elsewhere(corpus, None), abs=1e-6)


def test_wordings_of_one_norm_alone_do_not_train() -> None:
    vectors: Vectors = np.eye(4, dtype=np.float32)
    intent = Intent("whole", (("norm", ("x:/norm/1",)),))
    layer = learn(vectors, [Wording(i, intent, "norm", True, meaning(intent)) for i in range(4)], {}, epochs=1)
    np.testing.assert_array_equal(layer.weight, np.eye(4, dtype=np.float32))


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


def test_the_report_gives_both_numbers(corpus: Corpus) -> None:
    scores = elsewhere(corpus, None)
    own = {"part": 0.5}, {"part": 0.75}
    text = report(corpus, own, (scores, scores), seed=7, losses=(1.0, 0.5), better=True)
    assert "| 0.5000 | 0.7500 |" in text
    assert "随机种子：7" in text
    assert corpus.sha256 in text
