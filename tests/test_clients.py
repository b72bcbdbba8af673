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
import pytest
from rdflib import Graph
from serving import ROOT

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


def test_pandas_with_a_token(built: Path) -> None:
    import pandas
    from serving import in_process

    token = "0123456789abcdef"
    with in_process(built, GUIZHI_TOKEN=token) as address:
        url = f"{address}/sparql?format=csv&query=ASK%20%7B%7D"
        with pytest.raises(OSError, match="401"):
            pandas.read_csv(url)
        assert len(pandas.read_csv(url, storage_options={"Authorization": f"Bearer {token}"}, header=None)) == 1
        assert httpx.get(f"{address}/health").status_code == 200


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
    query = re.search(r'Query = "(.*)",\n', code)
    contents = re.search(r'Web\.Contents\("([^"]+)", \[Query = \[query = Query, format = "(\w+)"\]\]\)', code)
    assert query and contents and "Encoding = 65001" in code and 'Delimiter = ","' in code
    # Web.Contents percent-encodes the fields of Query into the address and sends no Accept header of its own
    got = httpx.get(contents[1].replace(PRINTED, address), params={"query": query[1], "format": contents[2]}, headers={"Accept": "*/*"})
    assert got.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(got.content.decode("utf-8"))))
    assert rows[0] == ["条文", "读法"] and len(rows) > 10 and all(len(row) == 2 for row in rows)


def test_excel_opens_the_download(address: str) -> None:
    got = httpx.get(f"{address}/sparql", params={"format": "excel", "query": "SELECT ?s { ?s a gz:Chapter }"})
    assert got.content.startswith(b"\xef\xbb\xbf") and "attachment" in got.headers["content-disposition"]


def test_protege_opens_the_ontology(address: str) -> None:
    assert f"{PRINTED}/ns?format=ttl" in TEXT
    assert len(Graph().parse(f"{address}/ns?format=ttl", format="turtle")) > 100
