"""Whatever a request does to users, each is found by the words of their fields, and by no others."""

from __future__ import annotations

import pytest

from chalicelib.models import User
from chalicelib.storage import words
from chalicelib.storage.items import record, unmarshal_item
from chalicelib.storage.keys import LISTED
from tests.faults.aws import contents
from tests.faults.scene import Request, Scene
from tests.faults.test_every_call import REQUESTS, name_of

CHANGES = {
    "PATCH /account/name 200",
    "PATCH /account/email 200",
    "PATCH /account/phone 200",
    "PATCH /users/{userId}/name 200",
    "PATCH /users/{userId}/email 200",
    "PATCH /users/{userId}/phone 200",
    "PUT /users/{userId}/labels 200",
    "POST /account 201",
    "POST /users 201",
    "PUT /account/recovery 200",
    "DELETE /users/{userId} 204",
}
"""Some of those that must change entries: a stage on which they do not would show nothing."""


def kept() -> set[tuple[str, str]]:
    return {(item["head"]["S"], item["entry"]["S"]) for item in contents()["words"]}


def wanted() -> set[tuple[str, str]]:
    """The entries of all users as they are now."""
    users = [record(User, unmarshal_item(item)) for item in contents()["users"] if item.get("listed") == {"S": LISTED}]
    return {(entry.values[0], entry.values[1]) for user in users for entry in words.entries(user)}


@pytest.mark.parametrize("request_", REQUESTS, ids=name_of)
def test_entries_are_those_of_the_users_fields(scene: Scene, request_: Request) -> None:
    with scene.set():
        before = kept()
        scene.run(request_)

    assert kept() == wanted()
    assert (kept() != before) >= (name_of(request_) in CHANGES)
