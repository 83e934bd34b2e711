"""Every method of the SDK: what COMPATIBILITY.md calls served answers, and the rest says that it is not served."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from appwrite.input_file import InputFile

from tests.sdk.python.clients import Callers, refused
from tests.sdk.python.person import Person
from tests.sdk.python.scope import NOT_PLANNED, NOT_SERVED, SERVED, SERVICES, STRICTER, NotingCallers, column, methods
from tests.sdk.python.walk import walk
from tests.support.servers import Server

pytestmark = pytest.mark.sdk

NOBODY_HAS_ONE = {("account", "delete_identity"), ("users", "delete_identity")}
"""Refused whatever is asked for, as nobody has an identity."""
REFUSALS = {NOT_SERVED: ("general_not_implemented", 501), NOT_PLANNED: ("general_route_not_found", 404)}


def test_what_is_served_answers_and_nothing_else_does(server: Server) -> None:
    callers = NotingCallers(f"{server.url}/v1", server.key)

    with pytest.warns(DeprecationWarning, match="deprecated since"):  # older names are walked through, too
        walk(callers, f"{server.url}/_local/inbox")

    said = {(service, method): column(service, method) for service in SERVICES for method in methods(service)}
    served = {method for method, where in said.items() if where in {SERVED, STRICTER}}
    assert callers.answered | NOBODY_HAS_ONE == served


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_not_served_says_so(service: str, person: Person, callers: Callers) -> None:
    caller = person.caller if service == "account" else callers.team()
    for method in methods(service):
        where = column(service, method)
        if where in REFUSALS:
            call = getattr(getattr(caller, service), method)
            with refused(*REFUSALS[where]):
                call(**anything(call))


@pytest.mark.parametrize("service", ["account", "locale", "project", "users"])
def test_list_leaves_out_a_total_that_is_not_wanted(service: str, person: Person, callers: Callers) -> None:
    caller = person.caller if service == "account" else callers.team()
    for method in methods(service):
        call = getattr(getattr(caller, service), method)
        takes = inspect.signature(call).parameters
        if method.startswith("list") and "total" in takes and column(service, method) not in REFUSALS:
            about = {"user_id": person.id} if "user_id" in takes else {}
            assert call(**about, total=False).total == 0, method


def anything(call: Any) -> dict[str, Any]:
    """Arguments that the SDK takes for whatever it must have."""
    needed = [name for name, each in inspect.signature(call).parameters.items() if each.default is each.empty]
    return {name: InputFile.from_bytes(b"x", "x.png") if name == "file" else "x" for name in needed}
