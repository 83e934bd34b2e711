"""Everybody who may turn up at a route, each as a user of their own, and the tables as they are then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.runtime import container, settings
from chalicelib.storage.keys import TABLES, Key
from tests.routes import CALLERS
from tests.support.api import KEY, Answer, Api
from tests.support.clock import Clock
from tests.support.person import People, Person
from tests.support.tables import Tables, allow_passkeys
from tests.support.tokens import bearer

VALUES = {
    "sessionId": "current",
    "targetId": "office",
    "type": "totp",
    "policyId": "user-limit",
    "methodId": "magic-url",
    "challengeId": "x",
    "page": "sign-in",
    "file": "style-0000000000000000.css",
    **dict.fromkeys(("consentId", "identityId", "passkeyId", "provider", "tokenId"), "x"),
}
"""What stands in for the placeholders of a path; for `userId` it is the caller's own."""
QUERIES = {"/avatars/qr": "?text=x&size=40"}


class Cast:
    """Users with an authenticator and recovery codes, all but one with MFA in force, and how they show who they are."""

    def __init__(self, people: People, tables: Tables, clock: Clock) -> None:
        allow_passkeys(tables, clock)
        few_and_fast = replace(settings.config(), rate_limits=False, recovery_codes=2)
        with container.override("config", few_and_fast):
            self._people = {
                name: people.new(authenticator=True, recovery_codes=True, mfa=name != "mfa-off") for name in CALLERS
            }
            self._headers = {name: _headers(name, person) for name, person in self._people.items()}
        self._items = tables.everything()
        self._time = clock()

    def put_back(self, tables: Tables, clock: Clock) -> None:
        """Let everything be as it was when the cast was made."""
        tables.put(
            {
                Key(table, tuple(item[name] for name in TABLES[table])): item
                for table, items in self._items.items()
                for item in items
            }
        )
        clock.advance(seconds=max(0, self._time - clock()))

    def call(self, api: Api, name: str, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """A request by that caller about that caller's own user; placeholders of the body are filled in."""
        person, number = self._people[name], CALLERS.index(name)
        values = {
            "email": person.email,
            "new_email": f"caller{number}@new.test",
            "new_phone": f"+491511234{1000 + number}",
        }
        place = path.format(**VALUES, userId=person.id) + QUERIES.get(path, "")
        filled = {
            key: value.format(**values) if isinstance(value, str) else value for key, value in (body or {}).items()
        }
        return api.call(method, place, filled, headers=self._headers[name])


def _headers(name: str, person: Person) -> dict[str, str]:
    """Do what makes the person that caller."""
    if name == "half":
        person.sign_in()
    if name in ("fresh", "jwt", "key+session", "blocked"):
        person.pass_challenge()
    if name == "guest":
        return {}
    if name == "key":
        return {"X-Appwrite-Key": KEY}
    if name == "jwt":
        return bearer(person.jwt())
    if name == "jwt-alone":
        assert person.delete("/account/sessions/current").status == 204
        made = person.api.post(f"/users/{person.id}/jwts", key=KEY)
        return bearer(made.json["jwt"])
    if name == "ended":
        assert person.delete("/account/sessions/current").status == 204
    if name == "blocked":
        assert person.api.patch(f"/users/{person.id}/status", {"status": False}, key=KEY).status == 200
    with_key = {"X-Appwrite-Key": KEY} if name == "key+session" else {}
    return {"X-Appwrite-Session": person.session, **with_key}
