"""What a workbook holds that its annotated copy cannot be trusted to hold: pictures, charts, drawings, pivot tables, macros, links."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Final

_PARTS: Final = {
    "图片": r"xl/media/.+",
    "图表": r"xl/charts/chart\d*\.xml",
    "图形和文本框": r"xl/drawings/drawing\d*\.xml",
    "数据透视表": r"xl/pivotTables/.+\.xml",
    "嵌入的文件": r"xl/embeddings/.+",
    "控件": r"xl/(?:ctrlProps|activeX)/.+",
    "宏": r"xl/vbaProject\.bin",
    "指向别的工作簿的链接": r"xl/externalLinks/externalLink\d*\.xml",
}
"""Parts of the package (ECMA-376 part 2) by what people call what they hold."""


def losses(path: Path) -> list[str]:
    """What of the workbook at ``path`` may be missing or look different in a copy that openpyxl writes; nothing for other files."""
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    return [word for word, pattern in _PARTS.items() if any(re.fullmatch(pattern, name) for name in names)]
