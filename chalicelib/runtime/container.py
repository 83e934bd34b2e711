"""Things that are built when they are first asked for and then kept. Tests put others in their place, by name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_built: dict[str, Any] = {}
_lock = threading.RLock()


def get(name: str, build: Callable[[], Any]) -> Any:
    """The thing of that name; `build` makes it the first time, one thread at a time."""
    try:
        return _built[name]
    except KeyError:
        with _lock:
            if name not in _built:
                _built[name] = build()
            return _built[name]


def forget(name: str) -> None:
    """Build the thing of that name anew when it is next asked for."""
    _built.pop(name, None)


@contextmanager
def override(name: str, value: Any) -> Iterator[Any]:
    """For tests: `value` stands in for the thing of that name inside the `with` block."""
    missing = object()
    before = _built.get(name, missing)
    _built[name] = value
    try:
        yield value
    finally:
        if before is missing:
            _built.pop(name, None)
        else:
            _built[name] = before


@contextmanager
def fresh(**given: Any) -> Iterator[None]:
    """Inside the `with` block nothing is built yet but what is given, as in a process of its own; then all is back."""
    before = dict(_built)
    _built.clear()
    _built.update(given)
    try:
        yield
    finally:
        _built.clear()
        _built.update(before)


def reset() -> None:
    """Forget everything built, as a fresh process would."""
    _built.clear()
