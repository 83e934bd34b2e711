"""Conditional writes under construction. Each says what its failed condition means; `dynamo.commit` does them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chalicelib.errors import fail
from chalicelib.runtime import settings
from chalicelib.storage.items import marshal, marshal_item
from chalicelib.storage.keys import TABLES, Key

if TYPE_CHECKING:
    from typing_extensions import Self


def table_name(table: str) -> str:
    return f"{settings.config().table_prefix}-{table}"


def key_attributes(key: Key) -> dict[str, Any]:
    return {name: {"S": value} for name, value in zip(TABLES[key.table], key.values, strict=True)}


class Write:
    """One item of a write. `why_refused` gives the exception that a failed condition means; it may look first."""

    operation: str

    def __init__(self, key: Key, refusal: Exception | None = None) -> None:
        self.key = key
        meaning = refusal or fail("general_service_unavailable", retry_after=1, reason="changed since it was read")
        self.why_refused: Callable[[], Exception] = lambda: meaning
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._conditions: list[str] = []

    @property
    def conditional(self) -> bool:
        return bool(self._conditions)

    def when(self, path: str, operator: str, value: Any) -> Self:
        """Only if the attribute compares so. A path is dotted: `authenticators.totp.step`."""
        self._conditions.append(f"{self._name(path)} {operator} {self._value(value)}")
        return self

    def when_present(self, path: str) -> Self:
        self._conditions.append(f"attribute_exists({self._name(path)})")
        return self

    def when_absent(self, path: str) -> Self:
        self._conditions.append(f"attribute_not_exists({self._name(path)})")
        return self

    def when_absent_or(self, path: str, operator: str, value: Any) -> Self:
        name = self._name(path)
        self._conditions.append(f"(attribute_not_exists({name}) OR {name} {operator} {self._value(value)})")
        return self

    def when_contains(self, path: str, member: str) -> Self:
        self._conditions.append(f"contains({self._name(path)}, {self._value(member)})")
        return self

    def when_same(self, path: str, value: Any) -> Self:
        """Only if the attribute still is what was read. What is empty or false may as well be no attribute at all."""
        if value in ("", b"", frozenset()):
            return self.when_absent(path)
        return self.when(path, "=", value) if value else self.when_absent_or(path, "=", value)

    def when_not_both(self, path: str, others: Sequence[str]) -> Self:
        """Unless the attribute is true and one of the others is, too."""
        true = self._value(True)
        either = " OR ".join(f"{self._name(other)} = {true}" for other in others)
        self._conditions.append(f"NOT ({self._name(path)} = {true} AND ({either}))")
        return self

    def when_smaller(self, path: str, size: int) -> Self:
        """Only if the map, list, set or text at `path` has fewer than `size` elements."""
        self._conditions.append(f"size({self._name(path)}) < {self._value(size)}")
        return self

    def request(self) -> dict[str, Any]:
        """The parameters of the DynamoDB operation, alone or inside a transaction."""
        request: dict[str, Any] = {"TableName": table_name(self.key.table), **self._subject()}
        if self._conditions:
            request["ConditionExpression"] = " AND ".join(self._conditions)
        if self._names:
            request["ExpressionAttributeNames"] = {alias: name for name, alias in self._names.items()}
        if self._values:
            request["ExpressionAttributeValues"] = self._values
        return request

    def _subject(self) -> dict[str, Any]:
        return {"Key": key_attributes(self.key)}

    def _name(self, path: str) -> str:
        return ".".join(self._names.setdefault(part, f"#{len(self._names)}") for part in path.split("."))

    def _value(self, value: Any) -> str:
        alias = f":{len(self._values)}"
        self._values[alias] = marshal(value)
        return alias


class Put(Write):
    operation = "Put"

    def __init__(self, key: Key, attributes: Mapping[str, Any], refusal: Exception | None = None) -> None:
        super().__init__(key, refusal)
        self._attributes = attributes

    def _subject(self) -> dict[str, Any]:
        return {"Item": {**marshal_item(self._attributes), **key_attributes(self.key)}}


class Delete(Write):
    operation = "Delete"


class Check(Write):
    """Changes nothing; its condition is part of the transaction."""

    operation = "ConditionCheck"


class Update(Check):
    """A check until it changes something: DynamoDB takes no update without a clause."""

    def __init__(self, key: Key, refusal: Exception | None = None) -> None:
        super().__init__(key, refusal)
        self._clauses: dict[str, list[str]] = {}

    def set(self, path: str, value: Any) -> Self:
        return self._clause("SET", f"{self._name(path)} = {self._value(value)}")

    def set_or_remove(self, path: str, text: str) -> Self:
        """An empty text is no attribute at all, as `when_same` has it."""
        return self.set(path, text) if text else self.remove(path)

    def remove(self, path: str) -> Self:
        return self._clause("REMOVE", self._name(path))

    def add(self, path: str, number: int) -> Self:
        return self._clause("ADD", f"{self._name(path)} {self._value(number)}")

    def discard(self, path: str, member: str) -> Self:
        """Take `member` out of the set at `path`; the last one takes the attribute with it."""
        return self._clause("DELETE", f"{self._name(path)} {self._value({member})}")

    def _clause(self, verb: str, text: str) -> Self:
        self.operation = "Update"
        self._clauses.setdefault(verb, []).append(text)
        return self

    def _subject(self) -> dict[str, Any]:
        if not self._clauses:
            return super()._subject()
        expression = " ".join(f"{verb} {', '.join(parts)}" for verb, parts in self._clauses.items())
        return {**super()._subject(), "UpdateExpression": expression}
