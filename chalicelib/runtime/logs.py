"""Logs as JSON, one object in a line, with nothing in them that was not put there by name.

What an exception says may hold what a client sent: of an unexpected one only its type and its place are logged.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import datetime, timezone
from typing import Any

requests = logging.getLogger("chalicelib.requests")
"""A line for each request; the development server makes its own of them."""

FIELDS = "fields"
"""The name in `extra` of what a log call adds: `log.info("request", extra={FIELDS: {...}})`."""


class JsonFormatter(logging.Formatter):
    """`end` closes each line, for a handler that does not."""

    def __init__(self, end: str = "") -> None:
        super().__init__()
        self._end = end

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info and record.exc_info[1]:
            entry["error"] = type(record.exc_info[1]).__name__
            entry["at"] = _places(record.exc_info[1])
        return json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + self._end


def install(level: int) -> None:
    """Let every logger of the process write so: to Lambda's handler where there is one, else to standard output.

    `level` is that of our own loggers.
    """
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler(sys.stdout))
    for handler in root.handlers:
        handler.setFormatter(JsonFormatter(end="" if isinstance(handler, logging.StreamHandler) else "\n"))
    logging.getLogger("chalicelib").setLevel(level)


def _places(error: BaseException) -> list[str]:
    """Where it was raised, innermost last: file, line, function."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
