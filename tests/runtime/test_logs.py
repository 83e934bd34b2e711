"""Logs are lines of JSON that hold what we put into them by name and nothing else."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from chalicelib.runtime.logs import FIELDS, JsonFormatter
from tests.support.api import TeamApi


def formatted(record: logging.LogRecord) -> dict[str, Any]:
    line = JsonFormatter().format(record)
    assert "\n" not in line
    entry: dict[str, Any] = json.loads(line)
    return entry


def requests(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [formatted(record) for record in caplog.records if record.getMessage() == "request"]


def test_each_request_has_one_line(people: Any, team: TeamApi, caplog: pytest.LogCaptureFixture) -> None:
    person = people.new(mfa=True)
    caplog.set_level(logging.INFO, "chalicelib")
    caplog.clear()
    token = person.jwt()
    person.get("/account")
    person.sign_in()
    person.get("/account?secret=hush")
    person.api.get("/account", headers={"X-Appwrite-JWT": token})
    team.get(f"/users/{person.id}")

    found = requests(caplog)

    kept = ("route", "caller", "status", "type")
    assert [tuple(entry[name] for name in kept) for entry in found] == [
        ("POST /account/jwts", "session", 201, ""),
        ("GET /account", "session", 200, ""),
        ("POST /account/sessions/email", "guest", 201, ""),
        ("GET /account", "half", 401, "user_more_factors_required"),
        ("GET /account", "jwt", 200, ""),
        ("GET /users/{userId}", "key", 200, ""),
    ]
    for entry in found:
        counted = {"_aws", "Stage", "Latency", "DynamoDBCalls"}
        refused = {"reason"} if entry["type"] else set()
        assert set(entry) == {"time", "level", "message", "request", *kept, *counted, *refused}
        assert entry["Latency"] >= 0
        assert entry["request"]
    assert "hush" not in str(found)


def test_of_an_exception_only_type_and_place_are_logged() -> None:
    def fail(secret: str) -> None:
        raise ValueError(f"not a number: {secret}")

    try:
        fail("123456")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "it failed", (), sys.exc_info())

    entry = formatted(record)

    assert (entry["level"], entry["message"], entry["error"]) == ("ERROR", "it failed", "ValueError")
    assert entry["at"][-1].endswith(" fail")
    assert "123456" not in str(entry)


def test_fields_stand_beside_the_message() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "%s sent", ("mail",), None)
    setattr(record, FIELDS, {"request": "1"})
    record.created = 1.5

    assert formatted(record) == {
        "time": "1970-01-01T00:00:01.500+00:00",
        "level": "INFO",
        "message": "mail sent",
        "request": "1",
    }
