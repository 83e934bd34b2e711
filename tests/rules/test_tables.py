"""The tables that the code names are those that the stack makes."""

from __future__ import annotations

from dataclasses import fields

from chalicelib import models
from chalicelib.storage.keys import TABLES
from infra.local.stack import read_stack

STACK = read_stack("dev")
PREFIX = "chalice-mfa-dev-"
EXPIRING = {"sessions": models.Session, "challenges": models.Challenge, "limits": None, "events": models.Event}
"""Tables whose items end by themselves, and the record whose `ttl` says when (limits are written without one)."""


def test_stack_has_the_tables_of_the_code_with_their_keys() -> None:
    made = {
        table["TableName"].removeprefix(PREFIX): tuple(
            key["AttributeName"] for key in sorted(table["KeySchema"], key=lambda key: str(key["KeyType"]))
        )
        for table in STACK.tables
    }

    assert made == TABLES


def test_keys_are_texts() -> None:
    for table in STACK.tables:
        declared = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
        assert {declared[name] for name in TABLES[table["TableName"].removeprefix(PREFIX)]} == {"S"}


def test_tables_are_paid_by_request() -> None:
    assert {table["BillingMode"] for table in STACK.tables} == {"PAY_PER_REQUEST"}


def test_what_expires_is_removed_by_dynamodb() -> None:
    assert STACK.ttl == {PREFIX + table: "ttl" for table in EXPIRING}
    for record in filter(None, EXPIRING.values()):
        assert "ttl" in {field.name for field in fields(record)}
