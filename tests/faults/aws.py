"""AWS that notes every call of a request and lets one of them go wrong; and its tables, kept and put back."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from chalicelib.runtime import container, settings
from infra.local.aws import REGION

SENDS = ("send_email", "publish", "send_message")
READS = ("batch_get_item", "query", "get_queue_url", "get_queue_attributes", "decrypt", "generate_data_key")
THROTTLED = {"sesv2": "TooManyRequestsException", "sns": "Throttled", "sqs": "RequestThrottled"}


class Call(NamedTuple):
    service: str
    operation: str
    parameters: dict[str, Any]

    @property
    def tables(self) -> set[str]:
        """The tables that it touches, without prefix."""
        names = [self.parameters.get("TableName", ""), *self.parameters.get("RequestItems", {})]
        for item in self.parameters.get("TransactItems", []):
            names += [write["TableName"] for write in item.values()]
        return {name.removeprefix(settings.config().table_prefix + "-") for name in names if name}

    @property
    def is_beside(self) -> bool:
        """Whether it puts into the queue what the request is not about: a notice to the owner, or an erasure."""
        return self.operation == "send_message" and '"job": "recovery' not in self.parameters["MessageBody"]

    @property
    def is_erasure(self) -> bool:
        """Whether it hands over what a deleted user has left."""
        return self.operation == "send_message" and '"job": "erasure"' in self.parameters["MessageBody"]

    def __str__(self) -> str:
        return f"{self.service} {self.operation} {' '.join(sorted(self.tables))}".strip()


Do = Callable[[], Any]
Fault = Callable[[Call, Do], Any]
"""What comes of a call that goes wrong; it may do the call."""


def throttled(call: Call, do: Do) -> Any:
    raise _refusal(THROTTLED.get(call.service, "ThrottlingException"), 400)


def broken(call: Call, do: Do) -> Any:
    raise _refusal("InternalServerError", 500)


def unreachable(call: Call, do: Do) -> Any:
    """No answer, and nothing done."""
    raise ConnectTimeoutError(endpoint_url="http://aws")


def lost(call: Call, do: Do) -> Any:
    """Done, but the answer does not arrive."""
    do()
    raise ReadTimeoutError(endpoint_url="http://aws")


def repeated(call: Call, do: Do) -> Any:
    """Done, the answer lost, and botocore tries again.

    A transaction is the same one then: botocore gives both tries one ClientRequestToken, and DynamoDB does it once.
    """
    first = do()
    return first if call.operation == "transact_write_items" else do()


def faults_of(call: Call) -> list[Fault]:
    """What can go wrong with a call; what a read does or does not do makes no difference."""
    if call.tables == {"limits"}:
        return [throttled] if call.operation in READS else [throttled, lost]
    refused: list[Fault] = [throttled, broken, unreachable]
    return refused if call.operation in READS else [*refused, lost, repeated]


def _refusal(code: str, status: int) -> ClientError:
    response = {"Error": {"Code": code, "Message": "secret detail"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")  # type: ignore[arg-type]


class Observed:
    """The calls of one request, and the messages that are what it is about. The call of that number goes wrong."""

    def __init__(self, number: int = -1, fault: Fault | None = None) -> None:
        self.calls: list[Call] = []
        self.sent: list[str] = []
        self._number, self._fault = number, fault

    def do(self, call: Call, client: Any) -> Any:
        def do() -> Any:
            answer = getattr(client, call.operation)(**call.parameters)
            if call.operation in SENDS and not call.is_beside:
                self.sent.append(call.operation)
            return answer

        self.calls.append(call)
        if self._fault and len(self.calls) - 1 == self._number:
            return self._fault(call, do)
        return do()


class _Client:
    def __init__(self, service: str, client: Any, observed: Observed) -> None:
        self._service, self._client, self._observed = service, client, observed

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return lambda **parameters: self._observed.do(Call(self._service, operation, parameters), self._client)


class _InTurn:
    """Threads that wait for each other, so that calls have an order."""

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(function(*arguments))
        return done


@contextmanager
def observing(clients: dict[str, Any], observed: Observed) -> Iterator[Observed]:
    """All that the app asks of AWS in the `with` block goes through `observed`."""
    replaced = {name: _Client(name, client, observed) for name, client in clients.items() if name != "botocore"}
    with ExitStack() as overrides:
        for name, value in {**replaced, "threads": _InTurn()}.items():
            overrides.enter_context(container.override(name, value))
        yield observed


class Kept:
    """What moto's tables hold at one time."""

    def __init__(self) -> None:
        self._items = {name: copy.deepcopy(table.items) for name, table in _tables().items()}

    def put_back(self) -> None:
        for name, items in self._items.items():
            _tables()[name].items = copy.deepcopy(items)


def contents() -> dict[str, Any]:
    """All items by table as plain values, without the counters of limits and the log of users that are no more."""
    prefix = settings.config().table_prefix + "-"
    tables = {name.removeprefix(prefix): table for name, table in _tables().items() if name.startswith(prefix)}
    found = {name: list(map(_plain, table.all_items())) for name, table in tables.items() if name != "limits"}
    alive = [user.get("id") for user in found["users"]]
    return {**found, "events": [event for event in found["events"] if event["user_id"] in alive]}


def _plain(item: Any) -> dict[str, Any]:
    return {name: value.to_regular_json() for name, value in item.attrs.items()}


def _tables() -> dict[str, Any]:
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
