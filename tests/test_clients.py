"""The snippets of ``docs/clients.md``, run as they stand against the running service (only the address is another)."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pandas as pd
import pyoxigraph as ox
import pytest
import yaml
from rdflib import Graph
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from serving import ROOT, in_process
from SPARQLWrapper import JSON, SPARQLWrapper

CASES = yaml.safe_load((ROOT / "tests" / "cases" / "clients.yaml").read_text(encoding="utf-8"))
TEXT = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
PRINTED = "http://localhost:7860"


def snippets(heading: str, language: str) -> list[str]:
    """The code in ``language`` under the heading of the document."""
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert section, heading
    found = re.findall(rf"^```{language}\n(.*?)^```", section[1], re.MULTILINE | re.DOTALL)
    assert found, f"no {language} under {heading}"
    return found


def run(command: list[str], folder: Path) -> str:
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def python(heading: str, number: int, address: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines that the snippet prints."""
    exec(compile(snippets(heading, "python")[number].replace(PRINTED, address), heading, "exec"), {})
    return capsys.readouterr().out.splitlines()


def test_every_snippet_is_run_here() -> None:
    tested = {("curl", "sh"): 4, ("Python：SPARQLWrapper", "python"): 1, ("Python：rdflib", "python"): 2, ("Python：pandas", "python"): 1}
    tested |= {("R", "r"): 1, ("Excel（Power Query）", "m"): 1}
    assert {key: len(snippets(*key)) for key in tested} == tested
    assert len(re.findall(r"^```\w+$", TEXT, re.MULTILINE)) == sum(tested.values())


def test_curl(address: str, tmp_path: Path) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    shutil.copy(ROOT / "data" / "page" / "samples" / "公文登记簿（样例）.csv", tmp_path / "公文登记簿.csv")
    (tmp_path / "q.rq").write_text("SELECT (COUNT(?n) AS ?数) { ?n a gz:Norm }", encoding="utf-8")
    table, counted, both, checked = (run(["sh", "-c", code.replace(PRINTED, address)], tmp_path) for code in snippets("curl", "sh"))
    rows = list(csv.reader(io.StringIO(table)))
    assert rows[0] == ["名称"] and "市政府人事任免公文" in [row[0] for row in rows[1:]]
    assert int(json.loads(counted)["results"]["bindings"][0]["数"]["value"]) > 300
    assert {result["file"] for result in json.loads(checked)["results"]} == {"公文登记簿.csv"}
    turtle, _, answer = both.partition('{"status"')
    assert len(Graph().parse(data=turtle, format="turtle")) > 5
    assert json.loads('{"status"' + answer)["citations"][0]["ref"] == "31.3"


def test_sparqlwrapper(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [line.split() for line in python("Python：SPARQLWrapper", 0, address, capsys)]
    assert len(rows) == 5
    counts = [int(count) for _, count in rows]
    assert counts == sorted(counts, reverse=True) and counts[-1] > 1


def test_rdflib(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = python("Python：rdflib", 0, address, capsys)
    assert len(lines) > 2 and any(line.endswith("市政府人事任免公文") for line in lines)
    assert all(line.startswith("https://w3id.org/guizhi/id/") for line in lines)
    fetched = python("Python：rdflib", 1, address, capsys)
    assert int(fetched[0].split()[0]) > 5


def test_pandas(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed = "\n".join(python("Python：pandas", 0, address, capsys))
    assert "工作日" in printed and "mean" in printed


def test_r(address: str, tmp_path: Path) -> None:
    code = snippets("R", "r")[0].replace(PRINTED, address)
    query = re.search(r"query <- '(.*)'", code)
    assert query
    got = httpx.get(f"{address}/sparql", params={"format": "csv", "query": query[1]})  # what URLencode and read.csv ask for
    assert len(list(csv.reader(io.StringIO(got.text)))) == 1 + 8
    if not shutil.which("Rscript"):
        pytest.skip("R is not installed: only its request was made")
    assert run(["Rscript", "-e", code], tmp_path).strip() == "[1] 8"


def test_excel_asks_as_power_query_does(address: str) -> None:
    code = snippets("Excel（Power Query）", "m")[0]
    query = re.search(r'Sparql = "(.*)",\n', code)
    contents = re.search(r'Web\.Contents\("([^"]+)", \[Query = \[query = Sparql, format = "(\w+)"\]\]\)', code)
    assert query and contents and "Encoding = 65001" in code and 'Delimiter = ","' in code
    # Web.Contents percent-encodes the fields of Query into the address and sends no Accept header of its own
    got = httpx.get(contents[1].replace(PRINTED, address), params={"query": query[1], "format": contents[2]}, headers={"Accept": "*/*"})
    assert got.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(got.content.decode("utf-8"))))
    assert rows[0] == ["条文", "读法"] and len(rows) > 10 and all(len(row) == 2 for row in rows)


def test_excel_opens_the_download(address: str) -> None:
    got = httpx.get(f"{address}/sparql", params={"format": "excel", "query": "SELECT ?s { ?s a gz:Chapter }"})
    assert got.content.startswith(b"\xef\xbb\xbf") and "attachment" in got.headers["content-disposition"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["tool"])
def test_what_other_tools_send_is_answered_as_they_read_it(address: str, case: dict[str, str]) -> None:
    where, query = address + case.get("path", "/sparql"), case.get("query", "")
    headers = {"Accept": case["accept"], "Origin": "https://yasgui.example"}
    match case.get("body"):
        case "form":
            got = httpx.post(where, data={"query": query}, headers=headers)
        case "direct":
            got = httpx.post(where, content=query, headers=headers | {"Content-Type": "application/sparql-query"})
        case _:
            got = httpx.get(where, params={"query": query} if query else None, headers=headers)
    media = got.headers["content-type"].partition(";")[0]
    assert (got.status_code, media) == (200, case["media"])
    form = ox.RdfFormat.from_media_type(media)
    if form:
        assert len(list(ox.parse(got.content, form))) >= 8
    else:
        found = ox.parse_query_results(got.content, ox.QueryResultsFormat.from_media_type(media))
        assert bool(found) if isinstance(found, ox.QueryBoolean) else len(list(found)) == 8
    if "path" not in case:
        assert got.headers["access-control-allow-origin"] == "*"


def test_rdflib_asks_constructs_and_describes(address: str) -> None:
    store = re.search(r'SPARQLStore\("[^"]+"([^)]*)\)', snippets("Python：rdflib", "python")[0])
    assert store and not store[1], "a return format would do for one form of query alone"
    graph = Graph(SPARQLStore(f"{address}/sparql"))
    assert graph.query("ASK { ?s a gz:Chapter }").askAnswer
    for query in ("CONSTRUCT WHERE { ?s a gz:Chapter }", "DESCRIBE <https://w3id.org/guizhi/id/chaoyang/office/mayor>"):
        assert len(graph.query(query).graph or ()) >= 8


def test_chinese_may_stand_in_an_address(address: str, tmp_path: Path) -> None:
    command = re.search(r'`(curl "[^`]+")`', TEXT)
    assert command
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    answer = json.loads(run(["sh", "-c", command[1].replace("curl", "curl --silent").replace(PRINTED, address)], tmp_path))
    assert answer["citations"][0]["ref"] == "31.3"


def test_every_way_to_log_in_that_is_written_down(built: Path, tmp_path: Path) -> None:
    name, password, token = "clerk", "clerk-password", "0123456789abcdef"
    rows = dict(re.findall(r"^\| (\w+) \| (.*) \|$", TEXT, re.MULTILINE))

    def written(tool: str) -> list[str]:
        ways = re.findall(r"`([^`]+)`", rows[tool])
        return [way.replace("用户名", name).replace("口令", password).replace("令牌", token) for way in ways]

    with in_process(built, GUIZHI_TOKEN=token, GUIZHI_LOGIN=f"{name}:{password}") as base:
        address = f"{base}/sparql?format=csv&query=ASK%20%7B%7D"
        assert httpx.get(address).status_code == 401
        for way in written("curl"):
            assert run(["sh", "-c", f"curl --silent --fail {way} '{address}'"], tmp_path) == "true\n"
        for way in written("SPARQLWrapper"):
            endpoint = SPARQLWrapper(f"{base}/sparql")
            exec(way, {"endpoint": endpoint})
            endpoint.setReturnFormat(JSON)
            endpoint.setQuery("ASK {}")
            assert endpoint.query().convert()["boolean"] is True
        for way in written("rdflib"):
            given = f'"{base}/sparql"'
            store = eval(way.replace("…", given), {"SPARQLStore": SPARQLStore})
            assert Graph(store).query("ASK {}").askAnswer
        (pandas_way,) = written("pandas")
        with pytest.raises(OSError, match="401"):
            pd.read_csv(address)
        assert len(eval(pandas_way.replace("…", "address, header=None"), {"pd": pd, "address": address})) == 1
        (r_way,) = written("R")
        if shutil.which("Rscript"):
            assert "true" in run(["Rscript", "-e", f'url <- "{address}"; print({r_way[:-1]}, header = FALSE))'], tmp_path)


def test_protege_opens_the_ontology(address: str) -> None:
    assert f"{PRINTED}/ns?format=ttl" in TEXT
    assert len(Graph().parse(f"{address}/ns?format=ttl", format="turtle")) > 100
