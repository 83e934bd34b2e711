"""What DynamoDB holds, and states that no endpoint makes."""

from __future__ import annotations

from typing import Any

from chalicelib.security import encryption
from chalicelib.storage import keys
from chalicelib.storage.items import marshal, marshal_item, unmarshal_item
from chalicelib.storage.keys import TABLES, Key
from infra.local.aws import LocalAws
from tests.support.clock import Clock


class Tables:
    """What DynamoDB holds, for looking into it and for putting it into states that no endpoint makes."""

    def __init__(self, aws: LocalAws) -> None:
        self._client = aws.client("dynamodb")
        self._prefix = aws.prefix

    def items(self, table: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("scan").paginate(TableName=f"{self._prefix}-{table}", ConsistentRead=True)
        return [unmarshal_item(raw) for page in pages for raw in page["Items"]]

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        return {table: self.items(table) for table in TABLES}

    def item(self, key: Key) -> dict[str, Any]:
        """The item at that key; KeyError when there is none."""
        raw = self._client.get_item(TableName=self._table(key), Key=self._place(key), ConsistentRead=True)["Item"]
        return unmarshal_item(raw)

    def change(self, key: Key, **attributes: Any) -> None:
        """Set these attributes; the item is made when there is none."""
        names = {f"#{name}": name for name in attributes}
        values = {f":{name}": marshal(value) for name, value in attributes.items()}
        assignments = ", ".join(f"#{name} = :{name}" for name in attributes)
        self._client.update_item(
            TableName=self._table(key),
            Key=self._place(key),
            UpdateExpression=f"SET {assignments}",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )

    def put(self, items: dict[Key, dict[str, Any]]) -> None:
        """Many items at once."""
        pairs = list(items.items())
        for start in range(0, len(pairs), 25):
            requests: dict[str, list[Any]] = {}
            for key, item in pairs[start : start + 25]:
                raw = {**self._place(key), **marshal_item(item)}
                requests.setdefault(self._table(key), []).append({"PutRequest": {"Item": raw}})
            self._client.batch_write_item(RequestItems=requests)

    def remove(self, key: Key, attribute: str) -> None:
        self._client.update_item(
            TableName=self._table(key),
            Key=self._place(key),
            UpdateExpression="REMOVE #name",
            ExpressionAttributeNames={"#name": attribute},
        )

    def delete(self, key: Key) -> None:
        self._client.delete_item(TableName=self._table(key), Key=self._place(key))

    def _table(self, key: Key) -> str:
        return f"{self._prefix}-{key.table}"

    def _place(self, key: Key) -> dict[str, Any]:
        return {name: {"S": value} for name, value in zip(TABLES[key.table], key.values, strict=True)}


def kept_as(bucket: str) -> str:
    """What the counters of a bucket are named by in the table, without the end of their window."""
    return keys.limit(bucket, 0).values[0].rpartition("|")[0]


def switch_project(tables: Tables, clock: Clock, **switches: Any) -> None:
    """Set the project's switches, e.g. `factors={"custom": True}`, and let the app's copy of the old ones age out."""
    tables.change(keys.PROJECT, **switches)
    clock.advance(seconds=6)


def allow_passkeys(tables: Tables, clock: Clock, **switches: Any) -> None:
    """Let the project have passkeys for pages on localhost."""
    switch_project(
        tables, clock, **{"passkey_rp_id": "localhost", "methods": {"passkey": True}, "factors": {}, **switches}
    )


def custom_code(tables: Tables, challenge_id: str) -> str:
    """The code of a challenge of the factor `custom`, which the team's own server reads and delivers."""
    return encryption.decrypt(tables.item(keys.challenge(challenge_id))["kept"], challenge_id).decode()
