"""The tab of checks: files are dropped, and the report comes with downloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qa.desk import Desk
from qa.shelf_desk import ShelfDesk
from qa.tab import QUICK, Values, view
from qa.validate_models import Progress

# isort: split
import gradio as gr

_KINDS = [".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".ttl", ".jsonld", ".json", ".rdf", ".xml", ".nt", ".trig"]


class CheckTab:
    """Registers checked against the rules. Address: ``?tab=check``."""

    key, title = "check", "核对"

    def __init__(self, desk: Desk) -> None:
        self._desk, self._shelf = desk.check, desk.shelf
        with gr.Row():
            with gr.Column(scale=3, min_width=300):
                self._files = gr.File(
                    label="把登记簿拖到这里（xlsx、xls、ods、csv 或者 RDF）",
                    file_count="multiple",
                    file_types=_KINDS,
                    elem_id="gz-registers",
                )
            with gr.Column(scale=1, min_width=200):
                self._run = gr.Button("核对", variant="primary", size="md", elem_id="gz-check")
                self._stop = gr.Button("取消", size="md", elem_id="gz-check-cancel", elem_classes="gz-stop")
                self._samples = [
                    gr.Button(f"试一试：{path.stem}", size="md", elem_id=f"gz-sample-{n}") for n, path in enumerate(self._desk.samples)
                ]
                self._all = gr.Button("试一试：全部样例", size="md", elem_id="gz-samples")
        self._report = view(self._desk.intro(), "gz-report")
        self._downloads = gr.File(
            label="下载：批注后的工作簿、可打印的网页、JSON、CSV、SHACL 报告", file_count="multiple", visible=False, elem_id="gz-downloads"
        )
        self._paths = gr.State([])  # what was checked last, not what was chosen since
        self._put = gr.Button("放进 SPARQL 查询", size="md", visible=False, elem_id="gz-put")
        self._lying = view("", "gz-shelf")
        self.views: Sequence[Any] = (self._report, self._lying)
        self.opened: Sequence[Any] = [self._report]

    def open(self, asked: Mapping[str, str]) -> Values | None:
        return None

    def wire(self) -> None:
        shown = [self._report, self._downloads, self._paths, self._put, self._lying]
        settings: dict[str, Any] = {
            "concurrency_limit": 2,
            "api_visibility": "private",
            "show_progress": "full",
            "show_progress_on": [self._report],
        }
        self._run.click(self._checked, [self._files], shown, **settings)
        self._stop.click(self._cancelled, None, None, **QUICK)  # not “cancels”: Gradio then only stops listening, the work goes on
        for button, path in zip(self._samples, self._desk.samples, strict=True):
            button.click(self._sample(path), None, shown, **settings)
        self._all.click(self._sample(*self._desk.samples), None, shown, **settings)
        if self._shelf:
            self._wire_shelf(self._shelf)

    def _wire_shelf(self, shelf: ShelfDesk) -> None:
        changing: dict[str, Any] = {
            "concurrency_limit": 1,
            "concurrency_id": "shelf",
            "api_visibility": "private",
            "show_progress": "full",
            "show_progress_on": [self._lying],
        }

        def put(paths: list[str]) -> str:
            return shelf.put([Path(path) for path in paths])

        def opened() -> str:
            return shelf.shown()

        def taken(event: gr.EventData) -> str:
            return shelf.take(str(event.graph))

        self._put.click(put, [self._paths], [self._lying], **changing)
        self._lying.clear(taken, None, [self._lying], **changing)
        gr.on(None, opened, None, [self._lying], **QUICK)  # when the page is opened

    def _checked(self, files: list[str] | None, request: gr.Request, progress: gr.Progress = gr.Progress()) -> Values:  # noqa: B008 - how gradio passes it
        return self._shown([Path(file) for file in files or ()], request, progress)

    def _sample(self, *paths: Path) -> Any:
        def checked(request: gr.Request, progress: gr.Progress = gr.Progress()) -> Values:  # noqa: B008 - how gradio passes it
            return self._shown(paths, request, progress)

        return checked

    def _cancelled(self, request: gr.Request) -> None:
        self._desk.cancel(request.session_hash or "")

    def _shown(self, paths: Sequence[Path], request: gr.Request, progress: gr.Progress) -> Values:
        def tell(now: Progress) -> None:
            done = f"{now.done}/{now.total}" if now.total else f"已有 {now.done}"
            progress(now.done / now.total if now.total else 0.0, desc=f"{now.stage}：{done} 行")

        html, files = self._desk.check(paths, tell, request.session_hash or "")
        offered = bool(files) and self._shelf is not None
        lying = self._shelf.shown(offer=offered) if self._shelf else ""
        return html, gr.File(value=files, visible=bool(files)), [str(path) for path in paths], gr.Button(visible=offered), lying
