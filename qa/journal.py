"""The log: one JSON object a line on standard error, made for journald and log collectors.

What people ask is not in it: of an address only the path is kept, never the query string, and no body.
"""

from __future__ import annotations

import logging
import sys
from typing import Final

from pythonjsonlogger.json import JsonFormatter
from starlette.requests import ClientDisconnect

NAME: Final = "guizhi"
_FIELDS: Final = {"asctime": "time", "levelname": "level", "message": "event"}


def start(level: str) -> None:
    """Send every log record of the process at ``level`` or above to standard error; of libraries only warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields=_FIELDS, datefmt="%Y-%m-%dT%H:%M:%S%z", json_ensure_ascii=False
        )
    )
    handler.addFilter(_is_news)
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.WARNING)
    logging.getLogger(NAME).setLevel(level.upper())


def log() -> logging.Logger:
    """Where the service writes. What belongs to an event goes into ``extra``."""
    return logging.getLogger(NAME)


def _is_news(record: logging.LogRecord) -> bool:
    """Not where a library reports as a fault that a client left while its request was being read: the line of that request says so."""
    return not (record.exc_info and isinstance(record.exc_info[1], ClientDisconnect))
