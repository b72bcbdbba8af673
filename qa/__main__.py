"""The command line: ``python -m qa`` and ``guizhi``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.contract import to_json
from qa.faults import expected
from qa.models import Answer, Status

if TYPE_CHECKING:
    from qa.register_models import Register

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "data" / "build"
_CANNOT = 2
"""Exit status when a command cannot do its work."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; the exit status is 0, 1 (the check a command makes failed) or 2 (it could not be done, one line says why)."""
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has left; nothing more to say
        return 0
    except expected() as error:
        print(f"guizhi：{error}", file=sys.stderr)
        return _CANNOT
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="guizhi", description="规知：把政府工作规则变成可以提问、查询和核对的知识。")
    commands = parser.add_subparsers(required=True, metavar="命令")
    ask = commands.add_parser("ask", help="回答一个中文问题，或者成批回答")
    ask.add_argument("question", nargs="?", help="问题，例如：谁签发人事任免公文？")
    ask.add_argument("--json", action="store_true", help="以 JSON 输出")
    ask.add_argument("--jsonl", action="store_true", help='从标准输入逐行读 {"id", "question"[, "history"]}，逐行输出 JSON')
    ask.add_argument("--explain", action="store_true", help="说明问题是怎样理解的")
    ask.set_defaults(run=_ask)
    build = commands.add_parser("build", help="由条文、规范和问法生成图谱、索引和模型")
    build.add_argument("--force", action="store_true", help="没有变化也重新生成")
    build.set_defaults(run=_build)
    serve = commands.add_parser("serve", help="启动网页、接口和 SPARQL 端点")
    serve.add_argument("--host", help="监听地址（默认 127.0.0.1：只有本机能访问）")
    serve.add_argument("--port", type=int, help="端口（默认 7860）")
    serve.add_argument("--workers", type=int, help="同时运行的 SPARQL 查询进程数（默认处理器核数，至少 4）")
    serve.add_argument("--register", nargs="+", metavar="文件", help="登记簿或者 RDF，在 SPARQL 的数据里各成一个图（GUIZHI_REGISTERS）")
    serve.set_defaults(run=_serve)
    mcp = commands.add_parser("mcp", help="在标准输入和输出上为智能助手提供工具（MCP）")
    mcp.set_defaults(run=_mcp)
    route = commands.add_parser("route", help="办文导航：一件公文从起草到备案怎样走")
    route.add_argument("choices", nargs="*", metavar="选择项=选项", help="例如 公文种类=函件；一项也不写，列出可选的")
    route.add_argument(
        "--format", choices=("text", "json", "html", "svg"), default="text", help="文字、JSON、可打印的网页、流程图（默认文字）"
    )
    for form in ("json", "html"):
        route.add_argument(f"--{form}", action="store_const", const=form, dest="format", help=f"同 --format {form}")
    route.add_argument("-o", "--output", type=Path, help="写入文件")
    route.add_argument("--first-day-counts", action="store_true", help="期限从事件当天算起（默认从次日算起）")
    route.set_defaults(run=_route)
    load = commands.add_parser("load", help="把图谱或者登记资料放进存储目录或 SPARQL 服务器（docs/scale.md）")
    load.add_argument("files", nargs="*", type=Path, metavar="文件", help="登记簿（xlsx、xls、ods、csv）或者 RDF；不给时为构建的图谱")
    load.add_argument("--store", help="存储目录，或者 SPARQL 服务器的查询地址（默认取 GUIZHI_STORE）")
    load.add_argument("--graphs", default="", help="服务器的图存储地址（Graph Store HTTP Protocol；Oxigraph、Virtuoso 可以不给）")
    load.add_argument("--regulation", help="登记簿里的职务、机构、公文取自哪部规则（data/source 下的文件夹名）")
    load.set_defaults(run=_load)
    validate = commands.add_parser("validate", help="核对登记簿：哪一行不合哪一条（退出码 0 合规、1 有违反、2 没能核对）")
    validate.add_argument(
        "files", nargs="+", type=Path, metavar="文件", help="xlsx、xls、ods、csv，或者 Turtle、JSON-LD、RDF/XML、N-Triples、TriG"
    )
    validate.add_argument("--format", choices=("text", "json", "xlsx", "html", "ttl", "csv"), default="text", help="报告的形式（默认文字）")
    validate.add_argument("-o", "--output", type=Path, help="写入文件（几个文件的批注工作簿，写入文件夹）")
    validate.add_argument("--first-day-counts", action="store_true", help="期限从事件当天算起（默认从次日算起）")
    validate.add_argument("--calendar", type=Path, help="工作日历文件（默认 data/calendar/china.csv）")
    validate.add_argument("--regulation", help="依据哪部规则（data/source 下的文件夹名）")
    validate.add_argument("--processes", type=int, metavar="个数", help="用几个进程（默认 2；每个约占 400 MB 内存）")
    validate.add_argument("--cluster", metavar="地址", help="由 Dask 集群核对，例如 tcp://主机:8786（docs/scale.md）")
    validate.set_defaults(run=_validate)
    evaluate = commands.add_parser("eval", help="在试题上打分")
    evaluate.add_argument("files", nargs="*", type=Path, help="试题文件（默认 tests/cases 的试题，以及旁边有的开发试题）")
    evaluate.add_argument("--show-wrong", action="store_true", help="列出答错的题")
    evaluate.add_argument("--baseline", action="store_true", help="把这次的结果记为基线")
    evaluate.set_defaults(run=_eval)
    coverage = commands.add_parser("coverage", help="逐条统计规范对条文的覆盖")
    coverage.add_argument("--markdown", action="store_true", help="输出 docs/coverage.md 的内容")
    coverage.set_defaults(run=_coverage)
    template = commands.add_parser("template", help="写出登记簿的空白模板（不带名称：列出有哪些）")
    template.add_argument("name", nargs="?", help="登记簿的名称，例如：公文登记簿")
    template.add_argument("-o", "--output", type=Path, help="写入的文件（.xlsx 或者 .csv）；不带名称时是写入全部模板的文件夹")
    template.add_argument("--regulation", help="下拉列表取自哪部规则（data/source 下的文件夹名）")
    template.set_defaults(run=_template)
    check = commands.add_parser("check", help="核对本体（推理机、OWL 2 RL/DL、常见毛病）")
    check.set_defaults(run=_check)
    gaps = commands.add_parser("gaps", help="把没有答上和不满意的问题归类，提出该补的问法")
    gaps.add_argument("file", nargs="?", type=Path, help="反馈记录（默认是网页所记的）")
    gaps.set_defaults(run=_gaps)
    train = commands.add_parser("train", help="训练检索适配层（需要 guizhi[train]）")
    train.add_argument("--entailment", action="store_true", help="训练是非问的“一起读”，不动适配层（约二十分钟）")
    train.set_defaults(run=_train)
    fit = commands.add_parser("fit", help="拟合排序权重和置信度（需要 guizhi[train]）")
    fit.set_defaults(run=_fit)
    return parser


# ---------------------------------------------------------------- commands; heavy modules are imported where they are used


def _ask(arguments: argparse.Namespace) -> int:
    answerer = open_answerer()
    if arguments.jsonl:
        for line in sys.stdin:
            if line.strip():
                print(json.dumps(_answer_row(answerer, line, arguments.explain), ensure_ascii=False), flush=True)
        return 0
    if not arguments.question:
        raise ValueError('没有问题。用法：guizhi ask "谁签发人事任免公文？"，或者 guizhi ask --jsonl < 问题.jsonl')
    answer = answerer.ask(arguments.question, explain=arguments.explain)
    print(json.dumps(to_json(answer), ensure_ascii=False, indent=1) if arguments.json else readable(answer, colour=sys.stdout.isatty()))
    if arguments.explain and not arguments.json:
        from qa.explain import told

        print(told(ROOT, BUILD, answerer.titles, answer))
    return 0


def _answer_row(answerer: Any, line: str, explain: bool) -> dict[str, Any]:
    try:
        row = json.loads(line)
        question, history = str(row["question"]), [str(h) for h in row.get("history") or []]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f'标准输入有一行不是 {{"id", "question"}} 形式的 JSON：{line.strip()[:80]}') from None
    return to_json(answerer.ask(question, history, explain=explain), row.get("id"))


def _build(arguments: argparse.Namespace) -> int:
    from qa.build import is_stale

    if not arguments.force and not is_stale(ROOT, BUILD):
        print("已是最新，无须重新生成。")
        return 0
    rebuild()
    print(f"已生成：{BUILD.relative_to(ROOT)}")
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    from qa.settings import Settings

    registers = os.pathsep.join(arguments.register) if arguments.register else None
    settings = Settings.read(host=arguments.host, port=arguments.port, workers=arguments.workers, registers=registers)
    _ensure_build()
    from qa.serve import serve

    return serve(settings)


def _mcp(arguments: argparse.Namespace) -> int:
    _ensure_build()
    from qa.mcp import stdio

    stdio(ROOT, BUILD)
    return 0


def _route(arguments: argparse.Namespace) -> int:
    _ensure_build()
    from qa.route_command import route

    first = arguments.first_day_counts
    print(route(BUILD / "graph.nq", ROOT, arguments.choices, arguments.format, arguments.output, first_day_counts=first))
    return 0


def _load(arguments: argparse.Namespace) -> int:
    from qa.build import GRAPH
    from qa.engine import MEMORY
    from qa.load import load
    from qa.settings import Settings

    settings = Settings.read(store=arguments.store)
    if settings.store == MEMORY:
        raise ValueError("没有说放到哪里。用法：guizhi load --store 目录或者地址")
    if not arguments.files:
        _ensure_build()

    @cache
    def registers() -> Sequence[Register]:
        from qa.register_command import declared
        from qa.store import Store

        _ensure_build()
        return declared(ROOT, Store.open(BUILD / GRAPH), arguments.regulation)

    load(
        settings.store,
        arguments.files or [BUILD / GRAPH],
        registers=registers,
        graphs=arguments.graphs,
        login=settings.store_login,
        say=print,
        warn=lambda words: print(words, file=sys.stderr),
    )
    return 0


def _validate(arguments: argparse.Namespace) -> int:
    _ensure_build()
    from qa.cluster import judge_cluster
    from qa.judge_pool import judge_pool, processes
    from qa.validate_command import validate
    from qa.validate_models import Settings

    settings = Settings(arguments.first_day_counts, arguments.calendar, arguments.regulation)
    here = judge_pool(processes() if arguments.processes is None else arguments.processes)
    judge_all = judge_cluster(arguments.cluster) if arguments.cluster else here
    return validate(ROOT, BUILD / "graph.nq", arguments.files, arguments.format, arguments.output, settings, judge_all)


def _eval(arguments: argparse.Namespace) -> int:
    from qa.evaluate import evaluate

    return evaluate(open_answerer(), arguments.files, root=ROOT, show_wrong=arguments.show_wrong, keep=arguments.baseline)


def _coverage(arguments: argparse.Namespace) -> int:
    from qa.coverage import markdown, report

    sys.stdout.write((markdown if arguments.markdown else report)(ROOT).rstrip("\n") + "\n")
    return 0


def _template(arguments: argparse.Namespace) -> int:
    _ensure_build()
    from qa.register_command import template

    print(template(ROOT, BUILD / "graph.nq", arguments.name, arguments.output, arguments.regulation))
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from qa.ontology_check import check_ontology

    findings = check_ontology(ROOT)
    for finding in findings:
        print(f"{finding.severity}\t{finding.shape}\t{finding.node}\t{finding.message}")
    return int(any(finding.severity == "Violation" for finding in findings))


def _gaps(arguments: argparse.Namespace) -> int:
    _ensure_build()
    from qa.gaps import report

    sys.stdout.write(report(ROOT, BUILD, arguments.file))
    return 0


def _train(arguments: argparse.Namespace) -> int:
    _ensure_build()
    from qa.train import train
    from qa.train_entailment import train_entailment

    print((train_entailment if arguments.entailment else train)(ROOT, BUILD))
    return 0


def _fit(arguments: argparse.Namespace) -> int:
    _ensure_build()
    from qa.fit import fit

    print(fit(ROOT, BUILD))
    return 0


# ---------------------------------------------------------------- the build, and answers in print


def open_answerer() -> Any:
    """The answerer over a build that fits the sources; a missing or stale build is made first."""
    _ensure_build()
    from qa.ask import Answerer

    return Answerer.open(ROOT, BUILD)


def rebuild() -> None:
    """Make every artefact in ``data/build``."""
    from qa.build import build
    from qa.index_build import index_step, model_step
    from qa.site import site_step

    build(ROOT, BUILD, steps=(model_step, index_step, site_step), say=lambda words: print(words, file=sys.stderr))


def _ensure_build() -> None:
    from qa.build import is_stale, read_manifest, verify

    if is_stale(ROOT, BUILD):
        print("构建结果缺失或者已经过期，正在重新生成（几分钟，第一次八九分钟）……", file=sys.stderr)
        rebuild()
    else:
        verify(BUILD, [name for name in read_manifest(BUILD).outputs if not name.startswith("site/")])  # 800 pages would cost every start


def readable(answer: Answer, *, colour: bool) -> str:
    """``answer`` for a terminal."""
    tones = {Status.ANSWERED: "1;32", Status.CLARIFY: "1;36", Status.NO_ANSWER: "1;33"}
    lines = [f"\033[{tones[answer.status]}m{answer.answer}\033[0m" if colour else answer.answer, ""]
    lines += [f"  {c.label}：“{c.quote}”" for c in answer.citations]
    lines += [f"  · {s}" for s in answer.suggestions]
    lines.append(f"\n  置信度 {answer.confidence:.0%}，用时 {answer.elapsed_ms:.0f} 毫秒")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
