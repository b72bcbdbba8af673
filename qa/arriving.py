"""An answer on its way from a query process to whoever asked: taken as fast as it is made, read as fast as the reader reads."""

from __future__ import annotations

import asyncio
import io
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import IO, Any, Final, Self

from qa.frames import BODY, END, HEAD, Frames
from qa.journal import log
from qa.query import Damaged, Exhausted, Forbidden, Malformed, NotAcceptable, QueryFailure, Reply

SPOOL: Final = 1 << 20
"""Bytes of an answer that are kept in memory; what is more goes to an unnamed temporary file."""
PIECE: Final = 1 << 16
_FORBIDDEN: Final[Mapping[str, str]] = {
    "update": "这里只能查询，不能修改数据（SPARQL Update）。",
    "service": "不能用 SERVICE 查询其他服务器。",
    "file": "不能用 FROM 读取本机的文件。可用的图请查询 SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }。",
}


class Arriving:
    """Fed from one side and read from the other, both in one event loop or one thread; at most ``most`` bytes of body."""

    def __init__(self, most: int) -> None:
        self.media = ""
        """Of the body; as long as it is not known, none of that may be sent."""
        self.cut = False
        self.ended = False
        self.slow = False
        """Whether it has taken so long that one may look whether anybody still waits for it."""
        self.failure: QueryFailure | None = None
        self.length = 0
        self.took = 0.0
        """Seconds from the beginning to the end, once that has come."""
        self.abandoned: Callable[[], None] = nothing
        """What to do when the reader leaves before the end."""
        self._left = most
        self._began = time.monotonic()
        self._frames = Frames()
        self._few = bytearray()
        self._file: IO[bytes] | None = None
        self._read = 0
        self._reader: asyncio.Future[None] | None = None

    @classmethod
    def of(cls, reply: Reply) -> Self:
        """A whole ``reply``, as if it had just come."""
        arriving = cls(0)
        arriving.media, arriving.cut, arriving.length, arriving.ended = reply.media, reply.cut, reply.length, True
        arriving._file = reply.body
        return arriving

    def feed(self, data: bytes) -> None:
        """Take what the process sent."""
        for kind, content in self._frames.of(data):
            if kind == BODY:
                self._keep(content)
            elif kind == HEAD:
                self.media = json.loads(content)["media"]
            elif kind == END:
                end: Mapping[str, Any] = json.loads(content)
                self.ended, self.cut, self.media = True, end.get("cut", False), end.get("media", self.media)
                self.failure = self.failure or _failure(end)
                self.took = time.monotonic() - self._began
        self.wake()

    def fail(self, failure: QueryFailure) -> None:
        """Nothing more will come."""
        self.ended, self.failure = True, failure
        self.wake()

    def wake(self) -> None:
        """Let the reader look again."""
        if self._reader and not self._reader.done():
            self._reader.set_result(None)

    async def more(self) -> None:
        """Until there is something new to see."""
        self._reader = asyncio.get_running_loop().create_future()
        await self._reader

    def checked(self) -> bool:
        """Whether the body may be sent. Raises the :class:`qa.query.QueryFailure` where there is none."""
        if self.failure and not self.media:
            raise self.failure
        return bool(self.media)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes. Raises a :class:`qa.query.QueryFailure` where it ends midway."""
        while True:
            if piece := self._take():
                yield piece
            elif self.ended:
                break
            else:
                await self.more()
        if self.failure:
            raise self.failure

    def whole(self) -> bytes | None:
        """The body, where it is complete, small and not read yet."""
        return self._take() if self.ended and not self.failure and self._file is None else None

    def file(self) -> IO[bytes]:
        """The whole body of an answer that has ended and of which nothing was read. Raises the :class:`qa.query.QueryFailure` where there is none."""
        if self.failure:
            self.close()
            raise self.failure
        if self._file is None:
            return io.BytesIO(self._few)
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Read no more."""
        if self._file:
            self._file.close()
        self._few, self._file, self._left = bytearray(), None, 0
        if not self.ended:
            self.abandoned()

    def _keep(self, content: bytes) -> None:
        self.length += len(content)
        self._left -= len(content)
        if self._left < 0:
            self.fail(Exhausted("结果超出内存上限，已经停止。请缩小范围或者加上 LIMIT。"))
            return
        if self._file is None and len(self._few) + len(content) <= SPOOL:
            self._few += content
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close, or by whoever takes it
            self._file.write(self._few)
            self._few = bytearray()
        self._file.seek(0, os.SEEK_END)
        self._file.write(content)

    def _take(self) -> bytes:
        if self._file is None:
            piece = bytes(self._few)
            self._few.clear()
            return piece
        self._file.seek(self._read)
        piece = self._file.read(PIECE)
        self._read += len(piece)
        return piece


def _failure(end: Mapping[str, Any]) -> QueryFailure | None:
    match end.get("outcome"):
        case None:
            return None
        case "syntax":
            return Malformed(end["message"])
        case "unacceptable":
            return NotAcceptable("要求的格式都不能提供。可以提供：" + "、".join(end["offered"]) + "。", end["offered"])
        case "damaged":
            log().error("unreadable", extra={"cause": end["message"]})
            return Damaged("数据不能读取，已经记录。请让管理员检查存储目录（GUIZHI_STORE）。")
        case "update" | "service" | "file" as what:
            return Forbidden(_FORBIDDEN[what])
        case _:
            return Exhausted("查询需要的内存超出上限，已经停止。请缩小范围或者加上 LIMIT。")


def nothing() -> None:
    """What happens when nobody minds."""
