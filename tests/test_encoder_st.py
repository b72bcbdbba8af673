"""The model directory in sentence-transformers (extra ``guizhi[train]``): the same vectors, saved, adapted, chosen by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from qa.encoder import Encoder, EncoderError, open_encoder
from qa.encoder_build import build_model
from qa.encoder_st import ForeignEncoder, OnnxTokens

CACHE = Path(__file__).resolve().parents[1] / "data" / ".build-cache"
TEXTS = ["谁签发人事任免公文？", "会议", " ２０２５年\0 \ud800预算", "", "😊", "会" * 2000, "市政府常务会议多久召开一次？", "a b\tc"]


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("built") / "encoder"
    build_model(target, CACHE)
    return target


@pytest.fixture(scope="module")
def encoder(model_dir: Path) -> Encoder:
    return Encoder.open(model_dir)


@pytest.fixture(scope="module")
def model(model_dir: Path) -> SentenceTransformer:
    return SentenceTransformer(str(model_dir), device="cpu", trust_remote_code=True)


def test_its_vectors_are_those_of_the_fast_path(model: SentenceTransformer, encoder: Encoder) -> None:
    np.testing.assert_allclose(model.encode_query(TEXTS), encoder.encode(TEXTS), atol=1e-5)
    np.testing.assert_allclose(model.encode_document(TEXTS), encoder.encode(TEXTS, kind="passage"), atol=1e-5)
    np.testing.assert_allclose(model.encode(TEXTS, prompt_name="passage", batch_size=3), encoder.encode(TEXTS, kind="passage"), atol=1e-5)


def test_it_describes_itself(model: SentenceTransformer) -> None:
    assert isinstance(model[0], OnnxTokens)
    assert model.get_embedding_dimension() == 384
    assert model.max_seq_length == 256


def test_a_shorter_limit_cuts(model_dir: Path) -> None:
    own = SentenceTransformer(str(model_dir), device="cpu", trust_remote_code=True)
    own.max_seq_length = 8
    assert own.preprocess(["会议制度规定的全部内容都在这里"])["input_ids"].shape == (1, 8)


def test_a_saved_copy_gives_the_same(model: SentenceTransformer, encoder: Encoder, tmp_path: Path) -> None:
    model.save(str(tmp_path / "copy"))
    copy = SentenceTransformer(str(tmp_path / "copy"), device="cpu", trust_remote_code=True)
    np.testing.assert_allclose(copy.encode_query(TEXTS), encoder.encode(TEXTS), atol=1e-5)
    assert Encoder.open(tmp_path / "copy").fingerprint == encoder.fingerprint


def test_any_model_can_be_chosen(model: SentenceTransformer, encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model.save(str(tmp_path / "chosen"))
    monkeypatch.setenv("GUIZHI_MODEL", str(tmp_path / "chosen"))
    chosen = open_encoder()
    assert isinstance(chosen, ForeignEncoder)
    assert chosen.dimension == 384
    assert chosen.fingerprint != encoder.fingerprint
    np.testing.assert_allclose(chosen.encode(TEXTS), encoder.encode(TEXTS), atol=1e-5)
    np.testing.assert_allclose(chosen.encode(TEXTS, kind="passage"), encoder.encode(TEXTS, kind="passage"), atol=1e-5)
    assert chosen.encode([]).shape == (0, 384)


def test_a_model_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError) as error:
        open_encoder(str(tmp_path / "missing"))
    assert "missing" in str(error.value) and "无法加载" in str(error.value) and "\n" not in str(error.value)


def test_code_in_a_model_folder_is_not_run(model: SentenceTransformer, tmp_path: Path) -> None:
    model.save(str(tmp_path / "strange"))
    (tmp_path / "strange" / "evil.py").write_text("open('ran', 'w')", encoding="utf-8")
    with pytest.raises(EncoderError) as error:
        open_encoder(str(tmp_path / "strange"))
    assert "strange" in str(error.value)
