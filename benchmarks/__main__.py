"""``python -m benchmarks [NAME [NUMBER …] …]``: run the named benchmarks, or all that need nothing but the development set-up.

Numbers after a name are its arguments.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DEFAULT = ("ask", "encoder", "serving")
"""``reasoners`` needs the package ``reasonable``, which the project does not use."""


def main() -> int:
    """Run each benchmark in a process of its own, so that none disturbs another's memory."""
    runs: list[list[str]] = []
    for word in sys.argv[1:] or DEFAULT:
        if word.isdecimal() and runs:
            runs[-1].append(word)
        else:
            runs.append([word])
    folder = Path(__file__).resolve().parent
    for name, *numbers in runs:
        if not (folder / f"{name}.py").exists():
            print(f"没有名为 {name} 的度量；有：{'、'.join(sorted(p.stem for p in folder.glob('[a-z]*.py')))}", file=sys.stderr)
            return 2
        print(f"\n## {name}\n", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *numbers], cwd=folder.parent).returncode:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
