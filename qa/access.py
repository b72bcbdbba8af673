"""Who may ask how often: an optional token or password, and an optional limit of requests for each client address.

For a service that other machines can reach. ``/health`` stays open, for load balancers. HTTP authentication: RFC 9110, section 11;
Bearer: RFC 6750; Basic: RFC 7617; 429: RFC 6585.
"""

from __future__ import annotations

import base64
import hmac
import math
import time
from typing import Final

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.origins import name_of
from qa.problems import SMALL, Problem

OPEN: Final = frozenset({"/health"})
_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="guizhi", charset="UTF-8", Bearer'}


class Access:
    """An ASGI application that lets ``app`` answer those who may ask. Empty ``token``, ``login`` (``user:password``), ``rate`` or ``hosts`` (names that
    the service goes by): no such bound."""

    def __init__(self, app: ASGIApp, *, token: str = "", login: str = "", rate: str = "", hosts: frozenset[str] = frozenset()) -> None:
        self._app, self._hosts = app, hosts
        secrets = (("bearer", token), ("basic", base64.b64encode(login.encode()).decode()))
        self._secrets = tuple((scheme, secret.encode()) for scheme, secret in secrets if secret)
        self._rate: RateLimitItem | None = parse(rate) if rate else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._rate:
            scope.pop(SMALL, None)  # every request is to be counted
        refused = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refused is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await refused.response()(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, scope: Scope) -> Problem | None:
        if scope["path"] in OPEN:
            return None
        if self._hosts and name_of(Headers(scope=scope).get("host", "")) not in self._hosts:
            # a page of the web whose owner points its name at this machine would be taken for ours (DNS rebinding)
            return Problem(421, "本服务只以 localhost 或者 127.0.0.1 访问。经别的名称访问时，请设 GUIZHI_ORIGINS 或者 GUIZHI_PROXIES。")
        client = (scope.get("client") or ("unknown",))[0]
        if self._rate and not self._limiter.hit(self._rate, client):
            again = self._limiter.get_window_stats(self._rate, client).reset_time - time.time()
            return Problem(429, f"请求太多，每个客户{_said(self._rate)}。", {"Retry-After": str(max(1, math.ceil(again)))})
        if self._secrets and not (_asks_first(scope) or self._known(Headers(scope=scope).get("authorization", ""))):
            return Problem(401, "需要令牌或者用户名和口令。", _CHALLENGE)
        return None

    def _known(self, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        sent = given.strip().encode("utf-8", "replace")
        return any(scheme.lower() == known and hmac.compare_digest(sent, secret) for known, secret in self._secrets)


def _said(rate: RateLimitItem) -> str:
    each = {"second": "秒", "minute": "分钟", "hour": "小时", "day": "天", "month": "个月", "year": "年"}[rate.GRANULARITY.name]
    return f"每{rate.multiples if rate.multiples > 1 else ''}{each}至多{rate.amount}次"


def _asks_first(scope: Scope) -> bool:
    """Whether a browser asks in the name of another site's page if that may send its request (CORS preflight): it does so without the login."""
    return scope["type"] == "http" and scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope)
