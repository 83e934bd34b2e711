"""Races that are sure to be races: nobody writes before everybody has read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from chalicelib import services
from tests.support import Answer, at_once


class ReadsFirst:
    """DynamoDB that lets nobody go on who has read a user before so many have; later reads are not held up."""

    def __init__(self, client: Any, readers: int) -> None:
        self._client = client
        self._missing = readers
        self._lock = threading.Lock()
        self._all_have_read = threading.Event()

    def batch_get_item(self, **request: Any) -> Any:
        answer = self._client.batch_get_item(**request)
        if "user#" not in repr(request):
            return answer
        with self._lock:
            self._missing -= 1
            if self._missing <= 0:
                self._all_have_read.set()
        assert self._all_have_read.wait(timeout=30), "not all requests have come"
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def race(count: int, request: Callable[[int], Answer]) -> list[Answer]:
    """The answers to so many requests, all of which have read before the first of them writes."""
    with services.override("dynamodb", ReadsFirst(services.client("dynamodb"), count)):
        return at_once(count, request)
