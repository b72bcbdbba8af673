"""Importing this module before ``gradio`` makes the import of ``gradio`` quick and silent.

Gradio tells its makers about every start unless it is told not to. And at every import it parses its own sources to write type stubs
beside them, which takes more than half of the time (2 of 3.7 s on the machine this was measured on) and needs a writable installation;
we need no stubs. Where a later version does it differently, nothing is changed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_MODULE = "gradio.component_meta"
_WRITER = "create_or_modify_pyi"


class _WithoutStubs(Loader):
    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        if hasattr(module, _WRITER):
            setattr(module, _WRITER, lambda *_: None)


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name == _MODULE else None
        if spec and spec.loader:
            spec.loader = _WithoutStubs(spec.loader)
        return spec


os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
if _MODULE not in sys.modules:
    sys.meta_path.insert(0, _Finder())
