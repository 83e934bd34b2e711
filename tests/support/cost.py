"""What requests cost: calls of DynamoDB and KMS, and units of capacity."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from chalicelib.runtime import aws, container
from chalicelib.storage.keys import TABLES


class Counting:
    """An AWS client that notes every call: those that run beside another, in a thread of `threads.together`, apart."""

    def __init__(self, client: Any, calls: list[Called]) -> None:
        self._client, self._calls = client, calls

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            beside = threading.current_thread().name.startswith("together")
            self._calls.append(Called(operation, parameters, beside))
            return getattr(self._client, operation)(**parameters)

        return call


class Called(NamedTuple):
    operation: str
    parameters: dict[str, Any]
    beside: bool

    @property
    def reads(self) -> bool:
        return self.operation in ("batch_get_item", "query")

    @property
    def places(self) -> list[Place]:
        """Of each item that is read or written; a query's has no key."""
        if self.operation == "batch_get_item":
            asked = self.parameters["RequestItems"].items()
            return [_place(name, key) for name, table in asked for key in table["Keys"]]
        if self.operation == "transact_write_items":
            parts = [part for item in self.parameters["TransactItems"] for part in item.values()]
        else:
            parts = [self.parameters]
        return [_place(part["TableName"], part.get("Key") or part.get("Item", {})) for part in parts]

    @property
    def tables(self) -> list[str]:
        """The table of each item that is read or written, without prefix."""
        return [place.table for place in self.places]

    @property
    def read_units(self) -> int:
        """Of each item below 4 KB, strongly consistent; a missing item costs as much."""
        return int(self.reads)

    @property
    def write_units(self) -> int:
        """Of each item below 1 KB; in a transaction it costs double, also one that is only checked."""
        return 0 if self.reads else 2 if self.operation == "transact_write_items" else 1


class Place(NamedTuple):
    table: str
    key: tuple[str, ...]


def _place(table_name: str, attributes: dict[str, Any]) -> Place:
    table = table_name.removeprefix("chalice-mfa-local-")
    return Place(table, tuple(attributes[name]["S"] for name in TABLES[table] if name in attributes))


class Units(NamedTuple):
    reads: int
    writes: int


class Cost:
    """What has been asked of AWS meanwhile."""

    def __init__(self) -> None:
        self.kms: list[Called] = []
        self._dynamodb: list[Called] = []

    @property
    def trips(self) -> int:
        """Sequential round trips to DynamoDB apart from those to the table of limits alone."""
        return sum(set(call.tables) != {"limits"} for call in self._sequential)

    @property
    def limit_trips(self) -> int:
        return len(self._sequential) - self.trips

    @property
    def write_units(self) -> int:
        """Apart from limits and events."""
        return sum(units.writes for table, units in self.units.items() if table not in ("limits", "events"))

    @property
    def read_units(self) -> int:
        """Apart from limits."""
        return sum(units.reads for table, units in self.units.items() if table != "limits")

    @property
    def units(self) -> dict[str, Units]:
        """Of each table."""
        asked = [(table, call) for call in self._dynamodb for table in call.tables]
        return {
            name: Units(
                reads=sum(call.read_units for table, call in asked if table == name),
                writes=sum(call.write_units for table, call in asked if table == name),
            )
            for name in TABLES
        }

    @property
    def read(self) -> set[Place]:
        return {place for call in self._dynamodb if call.reads for place in call.places}

    @property
    def written(self) -> set[Place]:
        """Those of a transaction that are only checked included: they cost as much, and clash as well."""
        return {place for call in self._dynamodb if not call.reads for place in call.places}

    @property
    def _sequential(self) -> list[Called]:
        return [call for call in self._dynamodb if not call.beside]


@contextmanager
def counted() -> Iterator[Cost]:
    cost = Cost()
    dynamodb = Counting(aws.client("dynamodb"), cost._dynamodb)
    kms = Counting(aws.client("kms"), cost.kms)
    with container.override("dynamodb", dynamodb), container.override("kms", kms):
        yield cost
