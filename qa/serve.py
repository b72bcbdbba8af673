"""The process that serves: its socket, its log, its start and its end.

One process answers, with threads: the model and the page's dialogues are held once, and what takes long, SPARQL, runs in processes of its
own (``docs/operations.md`` has the measurements).
"""

from __future__ import annotations

import gc
import signal
import socket
import sys
from pathlib import Path
from typing import Final

from qa import journal
from qa.build import verify
from qa.faults import expected
from qa.settings import Settings, SettingsError, variable

ROOT: Final = Path(__file__).resolve().parent.parent
_EXIT: Final = 2
_IN_USE: Final = (48, 98, 10048)
"""``EADDRINUSE`` on macOS, Linux and Windows."""


def serve(settings: Settings | None = None, *, root: Path = ROOT, build: Path | None = None) -> int:
    """Serve until stopped; the exit code. What hinders the start is said in one Chinese line, with exit code 2."""
    try:
        settings = settings or Settings.read()
        with _listen(settings) as listener:
            return _run(settings, listener, root, build or root / "data" / "build")
    except (_Unusable, SettingsError) as error:
        print(error, file=sys.stderr)
    except expected() as error:
        print(f"不能启动：{error}", file=sys.stderr)
    return _EXIT


class _Unusable(Exception):
    """An address that cannot be listened on."""


def _run(settings: Settings, listener: socket.socket, root: Path, build: Path) -> int:
    verify(build)  # before seconds are spent on loading what would not be used
    import uvicorn

    from qa.service import create
    from qa.wire import Connection

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                _announce(settings, listener)

    journal.start(settings.log)
    service = create(root, build, settings, lambda words: print(words, flush=True))
    gc.collect()
    gc.freeze()  # what is loaded stays: going through it again would cost pauses now, and a second at the end
    config = uvicorn.Config(
        service,
        http=Connection,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies,
        timeout_graceful_shutdown=settings.grace,
    )
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, lambda *_: None)  # uvicorn raises once more what stopped it; a stop that was asked for is no failure
    Server(config).run(sockets=[listener])
    journal.log().info("stopped")
    return 0


def _announce(settings: Settings, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    print(f"规知已启动：http://{settings.host}:{port} （按 Ctrl+C 停止）", flush=True)
    journal.log().info("started", extra={"host": settings.host, "port": port, "workers": settings.workers, "guarded": settings.guarded})
    if settings.exposed and not settings.guarded:
        either = f"{variable('token')} 或 {variable('login')}"
        print(f"注意：其他机器可以不经登录访问本服务。如果不该如此，请设 {either}，或者监听 127.0.0.1。", file=sys.stderr)


def _listen(settings: Settings) -> socket.socket:
    """A socket that listens at the address. Raises :class:`_Unusable`, whose message says why it cannot."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(256)
        except OSError:
            listener.close()
            raise
    except (OSError, UnicodeError) as error:
        in_use = isinstance(error, OSError) and error.errno in _IN_USE
        why = (
            "已被占用，请换一个端口（--port）或者停止占用它的程序"
            if in_use
            else f"不能使用（{getattr(error, 'strerror', None) or '不是主机名'}）"
        )
        raise _Unusable(f"地址 {settings.host}:{settings.port} {why}。") from error
    return listener
