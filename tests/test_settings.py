"""Settings from the environment, and that the documentation lists every one of them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from serving import ROOT

from qa.settings import Settings, SettingsError, variable


def test_what_is_given_goes_before_the_environment() -> None:
    found = Settings.read({"GUIZHI_PORT": "8080", "GUIZHI_HOST": "::1", "GUIZHI_RATE": "", "OTHER": "x"}, port=9, host=None)
    assert (found.port, found.host, found.rate) == (9, "::1", "")


def test_the_default_is_this_machine_alone() -> None:
    found = Settings.read({})
    assert not found.exposed and not found.guarded and not found.log_questions


@pytest.mark.parametrize(
    ("host", "exposed"), [("127.0.0.1", False), ("::1", False), ("localhost", False), ("0.0.0.0", True), ("pc7", True)]
)
def test_who_can_reach_it(host: str, exposed: bool) -> None:
    assert Settings.read({"GUIZHI_HOST": host}).exposed is exposed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "70000"),
        ("port", "http"),
        ("workers", "0"),
        ("query_seconds", "0"),
        ("query_seconds", "nan"),
        ("query_megabytes", "1"),
        ("query_rows", "-1"),
        ("token", "short"),
        ("token", "with space in the middle"),
        ("login", "nobody"),
        ("login", "clerk:1234"),
        ("rate", "many"),
        ("proxies", "proxy.example"),
        ("origins", "yasgui.org"),
        ("origins", "https://a.example/path"),
        ("origins", "https://*.example"),
        ("grace", "-1"),
        ("log", "loud"),
        ("log_questions", "maybe"),
        ("uploads", "yes"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.read({variable(name): value})
    assert str(error.value).startswith(variable(name)) and "\n" not in str(error.value)
    assert name not in ("token", "login") or value not in str(error.value)


@pytest.mark.parametrize(
    ("given", "shares"),
    [
        ({}, True),
        ({"GUIZHI_HOST": "::1"}, True),
        ({"GUIZHI_HOST": "localhost"}, True),
        ({"GUIZHI_HOST": "0.0.0.0"}, False),
        ({"GUIZHI_PROXIES": "10.0.0.1"}, False),  # others reach it through the proxy
        ({"GUIZHI_HOST": "0.0.0.0", "GUIZHI_UPLOADS": "on"}, True),
        ({"GUIZHI_UPLOADS": "off"}, False),
        ({"GUIZHI_STORE": "data/store"}, False),
        ({"GUIZHI_STORE": "http://localhost:7878/query", "GUIZHI_UPLOADS": "on"}, False),
    ],
)
def test_who_may_put_registers_where_others_can_query_them(given: dict[str, str], shares: bool) -> None:
    assert Settings.read(given).shares is shares


def test_registers_are_files_beside_the_memory_alone() -> None:
    found = Settings.read({"GUIZHI_REGISTERS": os.pathsep.join(["a/公文.xlsx", "/b/会议 台账.csv"])})
    assert found.register_files == (Path("a/公文.xlsx"), Path("/b/会议 台账.csv"))
    assert Settings.read({}).register_files == ()
    with pytest.raises(SettingsError, match=r"GUIZHI_REGISTERS 不能用：.*guizhi load"):
        Settings.read({"GUIZHI_REGISTERS": "a.csv", "GUIZHI_STORE": "data/store"})


def test_secrets_are_not_shown() -> None:
    shown = repr(Settings.read({"GUIZHI_TOKEN": "0123456789abcdef", "GUIZHI_LOGIN": "clerk:password"}))
    assert "0123456789abcdef" not in shown and "password" not in shown


def test_the_documentation_has_every_variable_and_no_other() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = set(re.findall(r"^\| `(GUIZHI_[A-Z_]+)`", text, re.MULTILINE))
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "qa").glob("*.py")))
    used = set(re.findall(r"GUIZHI_[A-Z]+(?:_[A-Z]+)*", code))
    assert table == used | {variable(name) for name in Settings.model_fields}


def test_the_documentation_has_the_defaults() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(GUIZHI_[A-Z_]+)` \| ([^|]*) \|", text, re.MULTILINE))
    for name, field in Settings.model_fields.items():
        shown = {"": "无", False: "0"}.get(field.default, f"{field.default:g}" if isinstance(field.default, float) else str(field.default))
        if name != "workers":  # the machine's
            assert rows[variable(name)].strip("` ") == shown, name
