"""Header X-Appwrite-Response-Format: the version of the API that a client was made for, and what is other in old ones.

Without the header, or with one that cannot be read, a client is as new as this server.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chalicelib.web.queries import as_json
from chalicelib.web.request import ApiRequest

Version = tuple[int, ...]

JSON_QUERIES: Version = (1, 5, 0)
"""Since then queries are JSON and no longer `limit(2)`."""
NEW_NAMES: Version = (1, 9, 2)
"""Since then parameters of the project's endpoints have the names of today."""
SINCE: dict[str, dict[str, Version]] = {
    "account": dict.fromkeys(("impersonator", "impersonatorUserId"), (1, 9, 0)),
    "user": {
        **dict.fromkeys(("targets", "mfa"), (1, 5, 0)),
        **dict.fromkeys(("impersonator", "impersonatorUserId"), (1, 9, 0)),
    },
    "session": dict.fromkeys(("factors", "secret"), (1, 5, 0)),
    "token": {"phrase": (1, 5, 0)},
}
"""The fields of a model that older versions do not have."""
METHODS: dict[str, Version] = {"passkey": (2, 4, 0)}
"""The sign-in methods that older versions do not know: SDKs with types raise for such."""

_LISTS = {"userList": ("users", "user"), "sessionList": ("sessions", "session")}
_NEWEST: Version = (10**4,)
_VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){1,2}", re.ASCII)


def version(request: ApiRequest) -> Version:
    """What the client was made for; versions compare as they are."""
    found = _VERSION.match(request.header("x-appwrite-response-format"))
    return tuple(int(part) for part in found[0].split(".")) if found else _NEWEST


def asked(given: Mapping[str, Any], formerly: Mapping[str, str], made_for: Version) -> Mapping[str, Any]:
    """The parameters of a client by today's names (`formerly` has the old ones) and in today's form.

    400 `general_query_invalid` for a query that is none.
    """
    changed = dict(given)
    if made_for < NEW_NAMES:
        changed.update({name: given[old] for name, old in formerly.items() if given.get(old) is not None})
    if made_for < JSON_QUERIES and isinstance(given.get("queries"), list):
        changed["queries"] = [as_json(query) for query in given["queries"]]
    return changed


def shown(model: str, answer: dict[str, Any], made_for: Version) -> dict[str, Any]:
    """An answer without what the client's version does not have."""
    if model in _LISTS:
        plural, one = _LISTS[model]
        return {**answer, plural: [shown(one, each, made_for) for each in answer[plural]]}
    if model == "project":
        known = [each for each in answer["authMethods"] if made_for >= METHODS.get(each["$id"], ())]
        return {**answer, "authMethods": known}
    since = SINCE.get(model, {})
    return {name: value for name, value in answer.items() if made_for >= since.get(name, ())}
