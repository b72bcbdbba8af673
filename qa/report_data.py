"""An outcome for programs: JSON, CSV, and the W3C's ``sh:ValidationReport`` in Turtle."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final

from rdflib import RDF, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, SH

from qa import terms
from qa.register_models import CellProblem
from qa.report_models import SEVERITIES, Outcome
from qa.validate_models import Result, Severity

_GZ: Final = Namespace(terms.NS)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula."""
_HEADER: Final = ("文件", "工作表", "登记簿", "行", "栏目", "编号", "条款", "形状", "程度", "问题", "怎么办", "单位")


def to_json(outcome: Outcome) -> str:
    """``{"conforms", "checked", "results", "unread", "notes"}``; a result names register, row, column, id, rule, shape, severity, message, remedy."""
    checked = outcome.report.checked
    record = {
        "conforms": outcome.report.conforms,
        "checked": {
            "files": list(checked.files),
            "records": dict(checked.records),
            "shapes": checked.shapes,
            "regulation": checked.regulation,
            "calendar_years": list(checked.years),
            "first_day_counts": checked.first_day_counts,
            "undetermined": outcome.report.undetermined,
        },
        "results": [_result(result) for result in outcome.report.results],
        "unread": [_problem(problem) for problem in outcome.unread],
        "notes": [_problem(problem) for problem in outcome.notes],
    }
    return json.dumps(record, ensure_ascii=False, indent=1) + "\n"


def _result(result: Result) -> dict[str, Any]:
    return {
        "register": result.register,
        "row": result.row,
        "column": result.column,
        "id": result.id,
        "rule": result.rule,
        "shape": result.shape,
        "severity": result.severity.value,
        "message": result.message,
        "remedy": result.remedy,
        "file": result.file,
        "sheet": result.sheet,
        "provision": result.provision,
    }


def _problem(problem: CellProblem) -> dict[str, Any]:
    place = problem.place
    return {
        "register": problem.register or "",
        "file": place.file,
        "sheet": place.sheet or "",
        "row": place.row or 0,
        "column": place.header or place.column or "",
        "text": problem.text,
        "expected": problem.expected,
    }


def to_csv(outcome: Outcome) -> str:
    """A line for each result, then one for each cell that was not understood or is worth a look (RFC 4180, with a byte order mark, as
    spreadsheets want it); no text can be taken for a formula."""
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(_HEADER)
    for r in outcome.report.results:
        said = (r.column, r.id, outcome.place(r).label, r.shape, SEVERITIES[r.severity], r.message, r.remedy, outcome.department(r))
        rows.writerow([unevaluated(text) for text in (r.file, r.sheet, r.register)] + [r.row] + [unevaluated(text) for text in said])
    for kind, problems in (("看不懂", outcome.unread), ("请留意", outcome.notes)):
        for problem in problems:
            at = problem.place
            text = f"“{problem.text}”：" if problem.text else ""
            told = (at.header or at.column or "", "", "", "", kind, text + problem.said(), "", "")
            where = (at.file, at.sheet or "", problem.register or "")
            rows.writerow([unevaluated(text) for text in where] + [at.row or ""] + [unevaluated(text) for text in told])
    return "\ufeff" + written.getvalue()


def unevaluated(text: str) -> str:
    """``text`` so that a spreadsheet reads it as text.

    >>> unevaluated("=1+1")
    "'=1+1"
    """
    return "'" + text if text.startswith(_FORMULA) else text


def to_turtle(outcome: Outcome) -> str:
    """The results as an ``sh:ValidationReport`` (SHACL 1.0, section 3.6); what could not be determined has the severity ``ck:Undetermined``."""
    graph = Graph()
    graph.bind("sh", SH)
    graph.bind("gz", _GZ)
    graph.bind("ck", terms.CHECK)
    report = BNode()
    graph.add((report, RDF.type, SH.ValidationReport))
    graph.add((report, SH.conforms, Literal(not outcome.report.results)))
    for result in outcome.report.results:
        node = BNode()
        graph.add((report, SH.result, node))
        graph.add((node, RDF.type, SH.ValidationResult))
        graph.add((node, SH.focusNode, URIRef(result.focus)))
        graph.add((node, SH.resultSeverity, _severity(result.severity)))
        graph.add((node, SH.sourceConstraintComponent, SH[result.component]))
        if result.path:
            graph.add((node, SH.resultPath, URIRef(result.path)))
        graph.add((node, SH.sourceShape, URIRef(terms.REGISTER_SHAPES + result.shape)))
        graph.add((node, SH.resultMessage, Literal(result.message, lang="zh")))
        if result.provision:
            graph.add((node, _GZ.provision, URIRef(result.provision)))
        graph.add((node, DCTERMS.source, Literal(f"{result.file} {result.sheet} {result.row}".strip())))
    return graph.serialize(format="turtle")


def _severity(severity: Severity) -> URIRef:
    return URIRef(terms.CHECK + "Undetermined") if severity is Severity.UNDETERMINED else SH[severity.value]
