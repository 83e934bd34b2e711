"""/users/{userId}/export: all that is kept of a user. With an API key."""

from __future__ import annotations

from typing import Any

from chalicelib.api.answers import export as json_export
from chalicelib.api.users.users import USER, USER_ID, user_of
from chalicelib.models import Event, User
from chalicelib.storage import dynamo, events, keys, limits, passkeys, sessions, sign_in_tokens
from chalicelib.storage.dynamo import Range
from chalicelib.storage.items import Item, attributes
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.parameters import Parameter, identifier

routes = Routes(__name__)
AT_ONCE = 100
"""Items that a BatchGetItem takes."""


@routes.endpoint(
    "GET",
    "/users/{userId}/export",
    answer="userExport",
    errors=("general_cursor_not_found",),
    key=True,
    reads=USER,
    params={"userId": USER_ID, "cursor": Parameter(identifier, "")},
)
def get(call: Call, user_id: str, cursor: str) -> dict[str, Any]:
    """The log comes in pages, as an answer of Lambda has at most 6 MB: `next` is the cursor of the next one, which has
    nothing else.
    """
    user = user_of(call)
    log = events.newest(user, events.MOST_SHOWN, 0, cursor)
    page = {
        "log": json_export.several(map(attributes, log)),
        "next": log[-1].id if len(log) == events.MOST_SHOWN else None,
    }
    return page if cursor else {**_all_but_log(call, user, log), **page}


def _all_but_log(call: Call, user: User, log: list[Event]) -> dict[str, Any]:
    counted = [*(counter.key for counter in limits.of_user(user.id)), keys.custom_token_use(user.id)]
    return {
        "user": json_export.told(call.read["user"]),
        "preferences": json_export.preferences(call.read["preferences"]),
        "targets": json_export.targets(call.read["preferences"]),
        "sessions": json_export.several(dynamo.query(Range("sessions", user.id), sessions.MOST_READ)),
        "recoveryCodes": json_export.several(dynamo.query(Range("recovery-codes", user.id))),
        "passkeys": json_export.several(map(attributes, passkeys.of_user(user))),
        "challenges": json_export.several(_challenges(user, log)),
        "counters": json_export.several(dynamo.read(*counted)),
    }


def _challenges(user: User, log: list[Event]) -> list[Item]:
    """Challenges and sign-in tokens that may be open: those of the newest events, and what the team has handed out."""
    found = events.came_with([event for event in log if event.challenge][:AT_ONCE])
    place = keys.sign_in_token(user.id)
    (item,) = dynamo.read(place)
    token = sign_in_tokens.token_of(item)
    if item and token and token.address == user.id:
        found[place] = item
    return list(found.values())
