"""Inputs → artefacts in ``data/build/``, deterministic, complete or not there at all.

``graph.nq`` is canonical N-Quads (RDFC-1.0, sorted lines); ``manifest.json`` names every input and output with its SHA-256. The same
inputs give the same bytes, whatever ``PYTHONHASHSEED`` is. What else is built is a step: add it to :data:`STEPS`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Final

from rdflib import Graph

from qa import amendments, closure, graph, source, terms
from qa.models import Manifest, Workspace
from qa.store import canonical

GRAPH: Final = "graph.nq"
MANIFEST: Final = "manifest.json"
INPUTS: Final = (
    "ontology/*.ttl",
    "ontology/rules/*.rq",
    "data/source/**/*.*",
    "data/norms/**/*.ttl",
    "data/wordings/**/*.yaml",
    "data/intents/families/*",
    "data/intents/*.rq",
    "data/intents/*.txt",
    "data/intents/cues.yaml",
    "data/intents/slots.yaml",
    "data/intents/glossary.yaml",
    "data/adapter/adapter_*",
    "data/adapter/entailment.safetensors",
    "qa/templates/*",
)
"""What the artefacts are built from, as glob patterns below the root."""
STAGES: Final = (
    *("amendments", "build", "closure", "graph", "models", "numerals", "provisions", "reading", "source", "store", "terms"),
    *("encoder", "encoder_build", "encoder_graph", "encoder_lora", "encoder_tokens", "encoder_weights"),
    *("site", "site_facts", "site_models", "site_links", "site_diagrams", "site_ontology", "diagram"),
    *(
        "bags",
        "diction",
        "entailment",
        "entries",
        "expand",
        "index",
        "index_build",
        "lexicon",
        "link",
        "normalise",
        "ragged",
        "reference",
        "sense",
        "topics",
        "verdict",
    ),
)
"""Modules whose change makes a build stale."""
PACKAGES: Final = ("rdflib", "owlrl", "pyoxigraph", "jieba", "opencc", "pypinyin", "numpy", "onnx", "onnxruntime", "tokenizers", "jinja2")
"""Packages whose version may change the artefacts."""

Step = Callable[[Workspace], None]
"""A further artefact: writes files below ``workspace.target``, the same bytes for the same inputs."""

STEPS: Final[tuple[Step, ...]] = ()
Say = Callable[[str], None]


class BuildError(Exception):
    """Artefacts that are missing or damaged; the message is one line, names the file and says what mends it."""


def build(root: Path, out: Path, steps: Sequence[Step] = STEPS, say: Say = lambda _: None) -> Manifest:
    """Build everything from the project at ``root`` into the folder ``out``, which is replaced as a whole.

    Nothing half-written is ever seen: work goes on in a folder beside ``out`` that is renamed at the end. Raises
    :class:`qa.source.SourceError` or :class:`qa.graph.GraphError` for inputs that cannot be read; ``out`` is then as it was.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    workspace_folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        workspace = Workspace(root, workspace_folder, workspace_folder / GRAPH, out.parent / f".{out.name}-cache")
        inputs = hashes(root)
        say("图谱：条文、规范、推理")
        workspace.graph.write_bytes(canonical(graph.nquads(graphs(root))))
        for step in steps:
            step(workspace)
        manifest = Manifest(inputs, _outputs(workspace_folder), versions())
        (workspace_folder / MANIFEST).write_text(_json(manifest), encoding="utf-8")
        workspace_folder.chmod(0o755)
        _swap(workspace_folder, out)
    finally:
        shutil.rmtree(workspace_folder, ignore_errors=True)
    return manifest


def graphs(root: Path) -> dict[str, Graph]:
    """The named graphs of the project at ``root``: ontology, vocabulary, each regulation's text and norms, and what follows from them."""
    ontology = graph.read([root / "ontology" / "guizhi.ttl", root / "ontology" / "registers.ttl"])
    named = {terms.ONTOLOGY_GRAPH: ontology, terms.VOCABULARY_GRAPH: graph.read([root / "ontology" / "vocabulary.ttl"])}
    for regulation in graph.regulations(root / "data" / "source"):
        written = graph.read(sorted((root / "data" / "norms" / regulation.identifier).glob("*.ttl")))
        named[terms.text_graph(regulation.identifier)] = _text(regulation)
        named[terms.norms_graph(regulation.identifier)] = graph.norms_graph(regulation, written, ontology)
    rules = {path.name: path.read_text(encoding="utf-8") for path in sorted((root / "ontology" / "rules").glob("*.rq"))}
    named[terms.INFERRED_GRAPH] = closure.infer(named.values(), rules)
    return named


def _text(regulation: graph.Regulation) -> Graph:
    text = source.load(regulation.folder)
    return graph.text_graph(regulation, text, amendments.load(regulation.folder, text))


def is_stale(root: Path, out: Path) -> bool:
    """Whether ``out`` is missing, incomplete, or built from other inputs or with other package versions than there are now."""
    try:
        manifest = read_manifest(out)
    except BuildError:
        return True
    complete = all((out / name).is_file() for name in manifest.outputs)
    return not complete or manifest.inputs != hashes(root) or manifest.versions != versions()


def verify(out: Path, names: Iterable[str] | None = None) -> Manifest:
    """Compare the artefacts in ``out`` (all, or those called ``names``) with their manifest; raises :class:`BuildError` at a difference."""
    manifest = read_manifest(out)
    for name in manifest.outputs if names is None else names:
        path = out / name
        if not path.is_file():
            raise BuildError(f"{out.name}/{name}：文件缺失，请运行 guizhi build")
        if _sha256(path) != manifest.outputs.get(name):
            raise BuildError(f"{out.name}/{name}：文件损坏（与 manifest.json 的 SHA-256 不符），请运行 guizhi build")
    return manifest


def read_manifest(out: Path) -> Manifest:
    """The manifest in ``out``. Raises :class:`BuildError` when there is none or it cannot be read."""
    try:
        return Manifest(**json.loads((out / MANIFEST).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise BuildError(f"{out.name}/{MANIFEST}：尚未构建，请运行 guizhi build") from error
    except (OSError, ValueError, TypeError) as error:
        raise BuildError(f"{out.name}/{MANIFEST}：文件损坏，请运行 guizhi build") from error


def hashes(root: Path, patterns: Sequence[str] = INPUTS) -> dict[str, str]:
    """SHA-256 of every input by its path below ``root``, and of the code of the stages."""
    files = {path.relative_to(root).as_posix(): path for pattern in patterns for path in root.glob(pattern) if path.is_file()}
    files |= {f"qa/{name}.py": Path(__file__).with_name(f"{name}.py") for name in STAGES}
    return {name: _sha256(files[name]) for name in sorted(files)}


def versions() -> dict[str, str]:
    """The installed versions of :data:`PACKAGES`."""
    return {name: metadata.version(name) for name in PACKAGES}


def _outputs(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in files}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _json(manifest: Manifest) -> str:
    content: Mapping[str, object] = asdict(manifest)
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _swap(new: Path, out: Path) -> None:
    """Put ``new`` in the place of ``out``. A build that ends at the same moment may win; what is there is whole either way."""
    old = new.with_name(new.name + "-old")
    for _ in range(10):
        try:
            if out.exists():
                out.rename(old)
            new.rename(out)
            break
        except OSError:
            continue
        finally:
            shutil.rmtree(old, ignore_errors=True)
    else:
        raise BuildError(f"{out.name}：无法替换旧的构建结果（目录被占用或者没有写权限）")
