"""Requests made up from the OpenAPI document, right and wrong ones: no fault of ours, and answers as the document says.

Bounded: so many examples for each operation. ``/sparql`` answers 503, 504 and 507 where a limit stops a query: there these are no faults;
``/api/validate`` answers 503 while it checks other files.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks
from serving import ROOT

EXAMPLES = 12
ENVIRONMENT = [value for value in os.environ.values() if len(value) > 8]
LIMITS = {503, 504, 507}
OPERATIONS = (
    ("GET", "/health"),
    ("GET", "/metrics"),
    ("GET", "/api/ask"),
    ("POST", "/api/ask"),
    ("GET", "/api/norms"),
    ("GET", "/api/provisions/{ref}"),
    ("POST", "/api/validate"),
    ("GET", "/sparql"),
    ("POST", "/sparql"),
    ("GET", "/id/{path}"),
)
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.allow_header_conformance,
    checks.unsupported_method,
]
WRONG = [*CHECKS, checks.negative_data_rejection]


@pytest.fixture(scope="session")
def described(address: str) -> Any:
    """The running service's own description."""
    return schemathesis.openapi.from_url(f"{address}/openapi.json")


def test_every_operation_is_tried(described: Any) -> None:
    assert {(found.ok().method.upper(), found.ok().path) for found in described.get_all_operations()} == set(OPERATIONS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_request_is_answered_as_described(described: Any, method: str, path: str, mode: GenerationMode) -> None:
    operation = described[path][method]
    if mode is GenerationMode.NEGATIVE and not (operation.query or operation.body):
        return  # nothing in the request can be wrong

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def one(case: Any) -> None:
        response = case.call(timeout=30)
        assert not any(word in response.text for word in ("Traceback", str(ROOT), "site-packages", *ENVIRONMENT))
        if response.status_code in LIMITS and path in ("/sparql", "/api/validate"):
            return
        # a query string may carry what an address does not ask for, and text that reads as a number is one: only bodies are typed
        case.validate_response(response, checks=WRONG if mode is GenerationMode.NEGATIVE and method == "POST" else CHECKS)

    one()
