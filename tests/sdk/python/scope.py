"""Which methods the SDK has, which of them answered, and which the documentation says are served."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, cast, get_type_hints

from appwrite.client import Client

from tests.sdk.python.clients import Caller, Callers
from tests.sdk.toolchains import ROOT

SERVED, STRICTER, NOT_SERVED, NOT_PLANNED = COLUMNS = ("served", "stricter", "not served", "not planned")

SERVICES: dict[str, type] = get_type_hints(Caller)


class NotingCallers(Callers):
    """Callers who note each method that answered, as service and name."""

    def __init__(self, endpoint: str, key: str) -> None:
        super().__init__(endpoint, key)
        self.answered: set[tuple[str, str]] = set()

    def services(self, client: Client) -> Caller:
        services = super().services(client)._asdict()
        return Caller(**{name: cast(Any, _Noting(name, service, self.answered)) for name, service in services.items()})


class _Noting:
    def __init__(self, name: str, service: object, answered: set[tuple[str, str]]) -> None:
        self._name, self._service, self._answered = name, service, answered

    def __getattr__(self, method: str) -> Callable[..., Any]:
        call = getattr(self._service, method)

        @wraps(call)
        def noted(*arguments: Any, **named: Any) -> Any:
            answer = call(*arguments, **named)
            self._answered.add((self._name, method))
            return answer

        return noted


def methods(service: str) -> list[str]:
    """The methods of the SDK."""
    return [name for name in vars(SERVICES[service]) if not name.startswith("_")]


def column(service: str, method: str) -> str:
    """The one column of COMPATIBILITY.md that has the method."""
    name = method.replace("_", "")
    [found] = [column for column, patterns in _row(service).items() if any(each.fullmatch(name) for each in patterns)]
    return found


def _row(service: str) -> dict[str, list[re.Pattern[str]]]:
    document = (ROOT / "chalicelib" / "COMPATIBILITY.md").read_text()
    row = re.search(rf"^\| {service.title()} \|(.*)\|$", document, re.MULTILINE)
    assert row
    cells = [re.sub(r"\(.*?\)|`", "", cell).split(",") for cell in row[1].split("|")]
    return {
        column: [re.compile(name.strip().replace("*", ".*"), re.IGNORECASE) for name in cell]
        for column, cell in zip(COLUMNS, cells, strict=True)
    }
