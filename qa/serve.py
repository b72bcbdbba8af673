"""The process that serves: its socket, its start and its end."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Final

from qa.build import BuildError
from qa.store import StoreError

HOST: Final = "127.0.0.1"
PORT: Final = 7860
ROOT: Final = Path(__file__).resolve().parent.parent
_EXIT: Final = 2


def serve(host: str = HOST, port: int = PORT, *, root: Path = ROOT, build: Path | None = None) -> int:
    """Serve until stopped; the exit code. What hinders the start is said in one Chinese line, with exit code 2."""
    import uvicorn

    from qa.service import create

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            print(f"规知已启动：http://{host}:{port} （按 Ctrl+C 停止）", flush=True)

    try:
        listener = _listen(host, port)
        service = create(root, build or root / "data" / "build")
    except OSError as error:
        reason = "已被占用，请换一个端口（--port）或者停止占用它的程序" if error.errno in _IN_USE else f"不能使用（{error.strerror}）"
        print(f"地址 {host}:{port} {reason}。", file=sys.stderr)
        return _EXIT
    except (BuildError, StoreError) as error:
        print(error, file=sys.stderr)
        return _EXIT
    config = uvicorn.Config(service, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=5)
    Server(config).run(sockets=[listener])
    return 0


def _listen(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(256)
    except OSError:
        listener.close()
        raise
    return listener


_IN_USE: Final = (48, 98, 10048)
"""``EADDRINUSE`` on macOS, Linux and Windows."""
