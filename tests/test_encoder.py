"""The embedded model as it is served: vectors, odd texts, damage, choice of model."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from qa.encoder import MAX_CHARS, Encoder, EncoderError, clean, open_encoder
from qa.encoder_build import build_model

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / "data" / ".build-cache"
QUESTION = "谁签发人事任免公文？"


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("built") / "encoder"
    build_model(target, CACHE)
    return target


@pytest.fixture(scope="module")
def encoder(model_dir: Path) -> Encoder:
    return Encoder.open(model_dir)


@pytest.fixture
def own_copy(model_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model_dir, tmp_path / "encoder"))


def one_line(error: pytest.ExceptionInfo[EncoderError], *parts: str) -> None:
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


# ---------------------------------------------------------------- vectors


def test_a_paraphrase_is_nearer_than_another_question(encoder: Encoder) -> None:
    question, same, other = encoder.encode([QUESTION, "人事任免的公文由哪位领导签发", "市政府全体会议多久召开一次？"])
    assert question @ same > question @ other + 0.05


def test_rows_are_normalised_float32(encoder: Encoder) -> None:
    vectors = encoder.encode([QUESTION, "a", "第十八条"])
    assert vectors.shape == (3, 384) == (3, encoder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_no_text_gives_no_row(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_a_vector_does_not_depend_on_its_company(encoder: Encoder) -> None:
    texts = ["会议", QUESTION, "谁审批预算支出？？", "会" * 200, QUESTION, "副市长出差由谁批准", "常务会议"]
    together = encoder.encode(texts)
    for text, vector in zip(texts, together, strict=True):
        np.testing.assert_array_equal(encoder.encode([text])[0], vector)
    np.testing.assert_array_equal(encoder.encode(texts, batch=1), together)
    np.testing.assert_array_equal(encoder.encode(texts[::-1], batch=2)[::-1], together)


def test_the_vector_is_the_mean_of_the_tokens(encoder: Encoder) -> None:
    ids, states = encoder.tokens("谁签发人事任免公文")
    assert states.shape == (len(ids), encoder.dimension)
    mean = states.mean(axis=0)
    assert mean / np.linalg.norm(mean) == pytest.approx(encoder.encode(["谁签发人事任免公文"])[0], abs=1e-6)


def test_question_and_passage_have_their_own_prompt(encoder: Encoder) -> None:
    as_query, as_passage = encoder.encode([QUESTION])[0], encoder.encode([QUESTION], kind="passage")[0]
    assert 0.8 < as_query @ as_passage < 0.999


# ---------------------------------------------------------------- odd texts


@pytest.mark.parametrize(
    ("odd", "plain"),
    [
        pytest.param("２０２５年（Ａ）", "2025年(A)", id="full width"),
        pytest.param("谁\0签\x01发\x7f公文", "谁签发公文", id="NUL and control characters"),
        pytest.param("谁\ud800签发\udfff公文", "谁签发公文", id="lone surrogates"),
        pytest.param("\ufeff 谁签发公文\n\t", "谁签发公文", id="byte order mark and blanks"),
        pytest.param("谁签发\u2028 \u3000公文", "谁签发 公文", id="runs of blanks"),
        pytest.param("\0" * 600 + "谁签发公文", "谁签发公文", id="many NULs in front"),
    ],
)
def test_noise_changes_nothing(encoder: Encoder, odd: str, plain: str) -> None:
    np.testing.assert_array_equal(encoder.encode([odd]), encoder.encode([plain]))


@pytest.mark.parametrize(
    "text", ["", " \t\n", "\0", "\ud83d", "😊😂🙏", "ქართული ენა", "ﷺ" * 600, "\u0301" * 600, "<s></s><pad><unk><mask>"]
)
def test_any_text_has_a_vector(encoder: Encoder, text: str) -> None:
    np.testing.assert_allclose(np.linalg.norm(encoder.encode([text])), 1, atol=1e-6)


@pytest.mark.parametrize("text", ["会" * 1_000_000, "a" * 1_000_000, "ﷺ" * 1_000_000, " 会" * 500_000])
def test_a_long_text_is_cut_in_bounded_time(encoder: Encoder, text: str) -> None:
    start = time.perf_counter()
    vector = encoder.encode([text])
    assert time.perf_counter() - start < 5
    np.testing.assert_array_equal(vector, encoder.encode([text[: MAX_CHARS + 1]]))


def test_clean_keeps_at_most_512_characters() -> None:
    assert clean("会" * 513) == "会" * 512
    assert clean("\ud800\0" * 5 + " 会议 ") == "会议"


def test_no_more_tokens_than_the_model_takes(encoder: Encoder) -> None:
    (ids,) = encoder.token_ids([clean("1,a;" * 500)])
    assert len(ids) == 256
    assert (ids[0], ids[-1]) == (0, 2)


def test_written_specials_stay_text(encoder: Encoder) -> None:
    (ids,) = encoder.token_ids(["<s></s><pad><unk>会议"])
    assert not {0, 1, 2, 3} & set(ids[1:-1])


def test_unknown_script_is_unknown_and_chinese_is_not(encoder: Encoder) -> None:
    regulation = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "data" / "source").glob("*/text.txt"))
    ids = encoder.token_ids([line[start : start + 200] for line in regulation.splitlines() for start in range(0, len(line), 200)])
    assert len(ids) > 100
    assert not [row for row in ids if 3 in row]
    assert 3 in encoder.token_ids(["ქართული"])[0]


# ---------------------------------------------------------------- damage


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "config.json"])
def test_a_missing_file_is_named(own_copy: Path, name: str) -> None:
    (own_copy / name).unlink()
    with pytest.raises(EncoderError) as error:
        Encoder.open(own_copy)
    one_line(error, f"encoder/{name}", "缺失", "guizhi build")


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_one_changed_byte_is_noticed(own_copy: Path, name: str) -> None:
    content = bytearray((own_copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (own_copy / name).write_bytes(content)
    with pytest.raises(EncoderError) as error:
        Encoder.open(own_copy)
    one_line(error, f"encoder/{name}", "损坏", "guizhi build")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b'{"sha256": 3}'])
def test_a_damaged_configuration_is_named(own_copy: Path, content: bytes) -> None:
    (own_copy / "config.json").write_bytes(content)
    with pytest.raises(EncoderError) as error:
        Encoder.open(own_copy)
    one_line(error, "encoder/", "损坏", "guizhi build")


# ---------------------------------------------------------------- choice of model


def test_the_default_is_the_embedded_model(model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GUIZHI_MODEL", raising=False)
    assert isinstance(open_encoder(model_dir=model_dir), Encoder)


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "qa.encoder_st", None)
    monkeypatch.setenv("GUIZHI_MODEL", "some/model")
    with pytest.raises(EncoderError) as error:
        open_encoder()
    one_line(error, "GUIZHI_MODEL=some/model", "guizhi[train]")


def test_the_default_path_never_imports_torch(model_dir: Path) -> None:
    code = (
        "import sys, pathlib, qa.encoder\n"
        "assert not {'onnxruntime', 'tokenizers', 'torch'} & set(sys.modules)\n"
        "qa.encoder.open_encoder(model_dir=pathlib.Path(sys.argv[1])).encode(['会议'])\n"
        "assert not {'torch', 'transformers', 'sentence_transformers', 'onnx'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(model_dir)], check=True, cwd=ROOT)
