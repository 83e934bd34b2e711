"""DynamoDB as its recovery is: minutes behind, and slow to restore. And an operator who stops in the midst of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

from botocore.exceptions import ClientError

BEHIND = 300
"""Seconds that recovery is behind the present."""
SLOW = 60
"""Seconds that a table is being restored."""


class Recovering:
    """A client of moto's DynamoDB, for which time passes by `pass_time`."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.restored: list[dict[str, Any]] = []
        """What it was asked to restore, in order, and for how long the caller had waited by then."""
        self.enabled = True
        self.emptied = ""
        """The table, without the prefix, of which nothing comes back."""
        self._passed = 0.0
        self._ready: dict[str, float] = {}
        self._fatal, self._left, self._killed = "", 0, False

    def pass_time(self, seconds: float) -> None:
        self._passed += seconds

    @contextmanager
    def stopped(self, operation: str, call: int, killed: bool = False) -> Iterator[None]:
        """In the `with` block Ctrl-C is pressed at the nth call of that operation; or the process dies there, so that
        no call after it is made.
        """
        self._fatal, self._left, self._killed = operation, call, killed
        yield
        assert self._left <= 0, f"{operation} was not called {call} times"
        self._fatal, self._killed = "", False

    def __getattr__(self, name: str) -> Any:
        known = getattr(self._client, name)
        if name in ("meta", "get_paginator"):
            return known

        def call(**parameters: Any) -> Any:
            self._stop(name)
            return getattr(self, f"_{name}", known)(**parameters)

        return call

    def _stop(self, name: str) -> None:
        self._left -= name == self._fatal
        if (name == self._fatal and self._left == 0) or (self._killed and self._left <= 0):
            raise KeyboardInterrupt

    def _describe_continuous_backups(self, TableName: str) -> Any:  # noqa: N803
        answer = self._client.describe_continuous_backups(TableName=TableName)
        latest = datetime.now(timezone.utc) + timedelta(seconds=self._passed - BEHIND)
        recovery = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "EarliestRestorableDateTime": latest - timedelta(days=35),
            "LatestRestorableDateTime": latest,
        }
        none = {"PointInTimeRecoveryStatus": "DISABLED"}
        answer["ContinuousBackupsDescription"] = {"PointInTimeRecoveryDescription": recovery if self.enabled else none}
        return answer

    def _restore_table_to_point_in_time(self, **parameters: Any) -> Any:
        recovery = self._describe_continuous_backups(parameters["SourceTableName"])["ContinuousBackupsDescription"]
        if parameters["RestoreDateTime"] > recovery["PointInTimeRecoveryDescription"]["LatestRestorableDateTime"]:
            raise _refusal("InvalidRestoreTimeException")
        asked = {name: parameters[name] for name in ("SourceTableName", "TargetTableName")}
        answer = self._client.restore_table_to_point_in_time(**asked)
        self.restored.append({**parameters, "waited": self._passed})
        self._ready[parameters["TargetTableName"]] = self._passed + SLOW
        if self.emptied and parameters["SourceTableName"].endswith(self.emptied):
            self._empty(parameters["TargetTableName"])
        return answer

    def _empty(self, table: str) -> None:
        names = [key["AttributeName"] for key in self._client.describe_table(TableName=table)["Table"]["KeySchema"]]
        for item in self._client.scan(TableName=table)["Items"]:
            self._client.delete_item(TableName=table, Key={name: item[name] for name in names})

    def _describe_table(self, TableName: str) -> Any:  # noqa: N803
        answer = self._client.describe_table(TableName=TableName)
        if self._is_restoring(TableName):
            answer["Table"]["TableStatus"] = "CREATING"
        return answer

    def _delete_table(self, TableName: str) -> Any:  # noqa: N803
        if self._is_restoring(TableName):
            raise _refusal("ResourceInUseException")
        return self._client.delete_table(TableName=TableName)

    def _is_restoring(self, table: str) -> bool:
        return self._passed < self._ready.get(table, 0)


def _refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")
