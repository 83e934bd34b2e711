"""Clients of AWS that fail, and others that come in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.runtime import aws, container


class _Overtaken:
    def __init__(self, client: Any, happens: Callable[[], object], times: float, of: str) -> None:
        self._client, self._happens, self._left, self._of = client, happens, times, of

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **parameters: Any) -> Any:
        if self._left and self._of in str(parameters["TransactItems"]):
            self._left -= 1
            with container.override("dynamodb", self._client):
                self._happens()
        return self._client.transact_write_items(**parameters)


@contextmanager
def meanwhile(happens: Callable[[], object], *, times: float = 1, of: str = "") -> Iterator[None]:
    """Something happens between what is read and what is written: just before each of the first `times` transactions
    in whose writes the text `of` stands. What it raises comes out of the transaction.
    """
    with container.override("dynamodb", _Overtaken(aws.client("dynamodb"), happens, times, of)):
        yield


class Faulty:
    """An AWS client of which these operations, all if none is named, fail in the same way; the others are `real`."""

    def __init__(self, failure: Exception, *operations: str, real: Any = None) -> None:
        self._failure, self._operations, self._real = failure, operations, real

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if self._operations and name not in self._operations:
            operation: Callable[..., Any] = getattr(self._real, name)
            return operation

        def fail(**_: Any) -> None:
            raise self._failure

        return fail


def refusal_of_aws(code: str) -> ClientError:
    """What botocore raises for an answer of AWS with that error code."""
    return ClientError({"Error": {"Code": code, "Message": "of table chalice-mfa-local-users"}}, "Operation")
