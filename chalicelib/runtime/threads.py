"""Several things at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.runtime import container


def together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do these at the same time, each in a thread of its own, and give what each returned or raised, in their order."""
    if len(calls) < 2:
        return [_outcome(call) for call in calls]
    others = [container.get("threads", _threads).submit(_outcome, call) for call in calls[1:]]
    return [_outcome(calls[0]), *(other.result() for other in others)]


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        return error


def _threads() -> Any:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(max_workers=16, thread_name_prefix="together")
