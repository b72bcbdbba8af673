"""What the service counts of itself, in Prometheus' text format at ``/metrics``. No text of a question or query is among it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics, exposition
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qa.models import Answer

_ROUTES: Final = (
    "/api/ask",
    "/api/provisions",
    "/api/norms",
    "/api/validate",
    "/api",
    "/sparql",
    "/id",
    "/vocab",
    "/ns",
    "/graph",
    "/dataset",
    "/.well-known/void",
    "/health",
    "/metrics",
    "/docs",
    "/openapi.json",
    "/mcp",
)
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The counters of one service. Safe to share between threads."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for every counter is of no use here
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "guizhi_requests_total",
            "Requests answered, by route, method and status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "guizhi_request_seconds", "Wall time of a request to its last byte.", ("route",), buckets=_SECONDS, registry=self.registry
        )
        self._kinds: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}
        self.running = Gauge("guizhi_requests_running", "Requests that are being answered.", registry=self.registry)
        self.questions = Counter(
            "guizhi_questions_total", "Questions, by status and refusal.", ("status", "refusal"), registry=self.registry
        )
        self.thinking = Histogram("guizhi_question_seconds", "Wall time of answering a question.", buckets=_SECONDS, registry=self.registry)

    def request(self, path: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered; ``seconds`` of wall time."""
        place = place_of(path)
        kind = (place, method if method in _METHODS else "other", str(status))
        count, times = self._kinds.get(kind) or self._kinds.setdefault(kind, (self.requests.labels(*kind), self.seconds.labels(place)))
        count.inc()
        times.observe(seconds)

    def question(self, answer: Answer) -> None:
        """Count a question by its ``answer``."""
        self.questions.labels(answer.status.value, answer.refusal.value if answer.refusal else "").inc()
        self.thinking.observe(answer.elapsed_ms / 1000)

    def page(self) -> Route:
        """The route ``/metrics``."""

        def metrics(_: Request) -> Response:
            return Response(exposition.generate_latest(self.registry), media_type=exposition.CONTENT_TYPE_PLAIN_0_0_4)

        return Route("/metrics", metrics, methods=["GET"])


@lru_cache(256)
def place_of(path: str) -> str:
    """The route that ``path`` belongs to, one of a fixed few; the page is ``/``."""
    return next((known for known in _ROUTES if path == known or path.startswith(known + "/")), "/")


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
