"""The tools for assistants, asked by a real client of the protocol: over HTTP, and over standard input and output."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import TextContent
from serving import ROOT

MAYOR = "https://w3id.org/guizhi/id/chaoyang/office/mayor"


def over_http(address: str, use: Callable[[Client], Awaitable[None]], mode: str = "auto") -> None:
    """Let ``use`` talk to the service at ``address``."""

    async def talk() -> None:
        async with Client(address + "/mcp", mode=mode) as client:
            await use(client)

    anyio.run(talk)


def called(address: str, tool: str, **arguments: Any) -> tuple[bool, dict[str, Any], str]:
    """Whether the tool failed, its structured result, and its text."""
    results: list[Any] = []

    async def use(client: Client) -> None:
        results.append(await client.call_tool(tool, arguments))

    over_http(address, use)
    text = "".join(content.text for content in results[0].content if isinstance(content, TextContent))
    return bool(results[0].is_error), results[0].structured_content or {}, text


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_finds_the_tools(address: str, mode: str) -> None:
    async def use(client: Client) -> None:
        assert client.server_info and client.server_info.name == "guizhi"
        assert client.instructions and "工作规则" in client.instructions
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) >= {"ask", "sparql", "provision", "validate"}
        for tool in tools.values():
            assert tool.description and tool.output_schema and tool.annotations and tool.annotations.read_only_hint
            assert all(field.get("description") for field in tool.input_schema["properties"].values())

    over_http(address, use, mode)


def test_ask(address: str) -> None:
    failed, answer, text = called(address, "ask", question="人事任免公文由谁签发？")
    assert not failed and answer["status"] == "answered" and "市长" in answer["answer"] and "市长" in text
    assert answer["citations"][0]["ref"] == "31.3"
    failed, answer, _ = called(address, "ask", question="市长的工资是多少？")
    assert not failed and answer["status"] == "no_answer"


def test_ask_goes_on_from_earlier_questions(address: str, client: httpx.Client) -> None:
    history = ["市政府全体会议由谁召集？"]
    _, answer, _ = called(address, "ask", question="多久召开一次？", history=history)
    assert "半年" in answer["answer"]
    assert answer["answer"] == client.post("/api/ask", json={"question": "多久召开一次？", "history": history}).json()["answer"]


def test_provision(address: str, client: httpx.Client) -> None:
    failed, part, _ = called(address, "provision", ref="31.3")
    assert not failed and part == client.get("/api/provisions/31.3").json()
    failed, _, text = called(address, "provision", ref="99")
    assert failed and "没有这一章、条、款或者项" in text


def test_sparql(address: str) -> None:
    rows = f"SELECT ?d ?no WHERE {{ <{MAYOR}> gz:signs ?d OPTIONAL {{ ?d gz:nothing ?no }} }} ORDER BY ?d"
    failed, found, _ = called(address, "sparql", query=rows)
    assert not failed and found["variables"] == ["d", "no"] and len(found["rows"]) > 2 and not found["truncated"]
    assert all(row[0].startswith("https://w3id.org/guizhi/id/") and row[1] is None for row in found["rows"])
    _, cut, _ = called(address, "sparql", query=rows, limit=1)
    assert cut["rows"] == found["rows"][:1] and cut["truncated"]
    assert called(address, "sparql", query="ASK { ?s a gz:Norm }")[1]["boolean"] is True
    assert "office/mayor" in called(address, "sparql", query=f"DESCRIBE <{MAYOR}>")[1]["turtle"]


@pytest.mark.parametrize(
    ("query", "said"),
    [("SELEKT", "语法错误"), ("DROP ALL", "只能查询"), ("SELECT * { SERVICE <http://x/> { ?s ?p ?o } }", "SERVICE"), ("", "语法错误")],
)
def test_a_query_that_fails_says_why(address: str, query: str, said: str) -> None:
    failed, _, text = called(address, "sparql", query=query)
    assert failed and said in text and "Traceback" not in text and str(ROOT) not in text


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [("ask", {}), ("ask", {"question": 1, "history": "x"}), ("sparql", {"query": "ASK {}", "limit": 0}), ("nosuch", {})],
)
def test_wrong_arguments_are_an_error_of_the_call(address: str, tool: str, arguments: dict[str, Any]) -> None:
    failed, _, text = called(address, tool, **arguments)
    assert failed and "Traceback" not in text and str(ROOT) not in text


def test_validate(address: str) -> None:
    sample = ROOT / "data" / "page" / "samples" / "公文登记簿（样例）.csv"
    failed, report, _ = called(address, "validate", name=sample.name, content=sample.read_text(encoding="utf-8-sig"))
    assert not failed and not report["conforms"] and report["results"][0]["rule"]
    failed, _, text = called(address, "validate", name="a.csv", content="x,y")
    assert failed and "a.csv" in text and "/tmp" not in text


def test_pages_of_the_web_cannot_use_it(client: httpx.Client) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    for wrong in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        assert client.post("/mcp", json=call, headers=headers | wrong).status_code in (403, 421)


def test_over_standard_input(built: object) -> None:
    async def talk() -> None:
        command = StdioServerParameters(command=sys.executable, args=["-m", "qa", "mcp"], cwd=ROOT)
        async with Client(stdio_client(command)) as client:
            asked = await client.call_tool("ask", {"question": "人事任免公文由谁签发？"})
            assert asked.structured_content and asked.structured_content["citations"][0]["ref"] == "31.3"
            counted = await client.call_tool("sparql", {"query": "SELECT (COUNT(?n) AS ?c) { ?n a gz:Norm }"})
            assert counted.structured_content and int(counted.structured_content["rows"][0][0]) > 300

    anyio.run(talk)
