"""What a write was decided on is part of its condition: when it changes in between, that write does not happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.runtime import aws, container
from chalicelib.storage import keys
from tests.conftest import Jobs
from tests.support.api import TeamApi
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.tables import Tables

Act = Callable[[], object]
TOTP = {"totp": {"secret": b"", "verified": True, "step": 0, "attempts": 0}}
NUMBER = "+4915198765432"


class Overtaken:
    """DynamoDB, with something that happens just before the first transaction that changes a user's record."""

    def __init__(self, client: Any, table: str, happens: Act) -> None:
        self._client, self._table, self._happens = client, table, happens
        self.refused: bool | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **parameters: Any) -> Any:
        updates = [item["Update"] for item in parameters["TransactItems"] if "Update" in item]
        of_user = [each for each in updates if each["Key"].get("pk", {}).get("S", "").startswith("user#")]
        if self.refused is not None or not of_user:
            return self._client.transact_write_items(**parameters)
        self._happens()
        self.refused = False
        try:
            return self._client.transact_write_items(**parameters)
        except ClientError:
            self.refused = True
            raise


@contextmanager
def overtaken(happens: Act) -> Iterator[Overtaken]:
    dynamodb = Overtaken(aws.client("dynamodb"), "users", happens)
    with container.override("dynamodb", dynamodb):
        yield dynamodb


@pytest.fixture
def stage(people: People, team: TeamApi, run_jobs: Jobs) -> Callable[..., tuple[Person, Act]]:
    """A person who has something, and an act on his account that is about to be done, by its name."""

    def set_up(name: str) -> tuple[Person, Act]:
        person = people.new(**HAS[name])
        return person, ACTS[name](person, team, run_jobs)

    return set_up


def reset(person: Person, team: TeamApi, run_jobs: Jobs) -> Act:
    person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL})
    run_jobs()
    link = next(mail["text"] for mail in person.mails() if "Reset" in mail["subject"])
    body = {"userId": person.id, "secret": link.split("secret=")[1].split("&")[0], "password": "another password"}
    return lambda: person.api.put("/account/recovery", body)


def sign_in_by_code(person: Person, team: TeamApi, run_jobs: Jobs) -> Act:
    person.clock.advance(minutes=1)
    asked = person.api.post("/account/tokens/phone", {"userId": "x", "phone": person.phone}).json["userId"]
    body = {"userId": asked, "secret": person.texted_code()}
    return lambda: person.api.post("/account/sessions/token", body)


def redeem_email(person: Person, team: TeamApi, run_jobs: Jobs) -> Act:
    assert person.post("/account/verifications/email", {"url": RETURN_URL}).status == 201
    body = {"userId": person.id, "secret": person.mailed_secret()}
    return lambda: person.api.put("/account/verifications/email", body)


def redeem_phone(person: Person, team: TeamApi, run_jobs: Jobs) -> Act:
    person.set_phone(NUMBER)
    assert person.post("/account/verifications/phone").status == 201
    body = {"userId": person.id, "secret": person.texted_code()}
    return lambda: person.api.put("/account/verifications/phone", body)


def confirm(person: Person, team: TeamApi, run_jobs: Jobs) -> Act:
    person.begin_authenticator()
    return lambda: person.put("/account/mfa/authenticators/totp", {"otp": person.totp_code()})


def remove(person: Person, team: TeamApi, run_jobs: Jobs) -> Act:
    return lambda: team.delete(f"/users/{person.id}/mfa/authenticators/totp")


def flag(kind: str, value: bool) -> Callable[..., Act]:
    path = {"email": "verification", "phone": "verification/phone"}[kind]
    body = {f"{kind}Verification": value}
    return lambda person, team, run_jobs: lambda: team.patch(f"/users/{person.id}/{path}", body)


def by_team(field: str, body: Any) -> Callable[..., Act]:
    return lambda person, team, run_jobs: lambda: team.patch(f"/users/{person.id}/{field}", body)


def own(method: str, path: str, body: Any = None) -> Callable[..., Act]:
    return lambda person, team, run_jobs: lambda: person.call(method, path, body)


ACTS: dict[str, Callable[[Person, TeamApi, Jobs], Act]] = {
    "reset": reset,
    "first reset": reset,
    "reset of what has MFA": reset,
    "sign-in by code": sign_in_by_code,
    "mailbox verified": redeem_email,
    "number verified": redeem_phone,
    "authenticator confirmed": confirm,
    "authenticator removed": remove,
    "MFA on": own("PATCH", "/account/mfa", {"mfa": True}),
    "other name": own("PATCH", "/account/name", {"name": "Zoe"}),
    "other address": own("PATCH", "/account/email", {"email": "other@example.test", "password": PASSWORD}),
    "other number": own("PATCH", "/account/phone", {"phone": NUMBER, "password": PASSWORD}),
    "mailbox flagged": flag("email", True),
    "mailbox unflagged": flag("email", False),
    "number flagged": flag("phone", True),
    "number unflagged": flag("phone", False),
    "blocked": own("PATCH", "/account/status"),
    "password by the team": by_team("password", {"password": "another password"}),
    "address by the team": by_team("email", {"email": "other@example.test"}),
    "number by the team": by_team("phone", {"number": NUMBER}),
    "number taken off by the team": by_team("phone", {"number": ""}),
}
HAS: dict[str, dict[str, Any]] = {
    "reset": {"email_verified": True, "recovery_codes": True},
    "first reset": {"recovery_codes": True},
    "reset of what has MFA": {"mfa": True},
    "sign-in by code": {"phone_verified": True},
    "mailbox verified": {},
    "number verified": {},
    "authenticator confirmed": {},
    "authenticator removed": {"email_verified": True, "authenticator": True},
    "MFA on": {"email_verified": True},
    "other name": {},
    "other address": {"email_verified": True},
    "other number": {"phone_verified": True},
    "mailbox flagged": {},
    "mailbox unflagged": {"email_verified": True, "phone_verified": True},
    "number flagged": {},
    "number unflagged": {"phone_verified": True},
    "blocked": {},
    "password by the team": {"email_verified": True},
    "address by the team": {"email_verified": True},
    "number by the team": {"phone_verified": True},
    "number taken off by the team": {"phone_verified": True},
}
MFA = {"mfa": True}
IN_FORCE: list[dict[str, Any]] = [{"mfa": True}, {"authenticators": TOTP}, {"phone_verified": True}]
OWNERSHIP: list[dict[str, Any]] = [{"phone": NUMBER}, {"phone_by_team": True}, {"phone_before": NUMBER}]
CODES: list[dict[str, Any]] = [{"recovery_codes": {"ABCD"}}]
NO_MAILBOX: list[dict[str, Any]] = [{"email_verified": False}]
CHANGES: dict[str, list[dict[str, Any]]] = {
    "reset": [*IN_FORCE, *NO_MAILBOX, {"guesses_forgiven": 1}],
    "first reset": [*IN_FORCE, {"email_verified": True}, *OWNERSHIP, *CODES],
    "reset of what has MFA": [
        {"mfa": False},
        {"authenticators": {}},
        {"email_verified": True},
        *OWNERSHIP,
        {"blocked": True},
    ],
    "sign-in by code": [
        {"phone": NUMBER},
        {"phone_verified": False},
        {"phone_by_team": True},
        {"phone_before": NUMBER},
    ],
    "mailbox verified": [MFA],
    "number verified": [MFA, {"phone_before": NUMBER}, {"phone_by_team": True}],
    "authenticator confirmed": [MFA],
    "authenticator removed": [MFA],
    "MFA on": [*IN_FORCE[1:], *NO_MAILBOX, *CODES],
    "other name": [{"name": "Someone"}],
    "other address": [MFA, {"tokens": {"x": 1}}, {"email": "x@example.test"}],
    "other number": [MFA, {"phone_verified": False}, {"phone_by_team": True}, {"phone_before": NUMBER}],
    "mailbox flagged": [MFA, {"email": "x@example.test"}],
    "mailbox unflagged": [MFA],
    "number unflagged": [MFA, *OWNERSHIP],
    "blocked": [{"tokens": {"x": 1}}],
    "password by the team": [MFA, {"password": "x"}],
    "address by the team": [MFA, {"tokens": {"x": 1}}, {"email": "x@example.test"}],
    "number by the team": [MFA, {"phone_verified": False}, {"phone_by_team": True}, {"phone_before": NUMBER}],
    "number taken off by the team": [MFA, {"tokens": {"x": 1}}, {"phone": "+4915198765431"}],
}


@pytest.mark.parametrize(
    ("name", "change"), [(name, change) for name, changes in CHANGES.items() for change in changes], ids=str
)
@pytest.mark.parametrize("keeps_sessions", [False, True], ids=["sessions end", "sessions stay"])
def test_what_was_read_has_changed(
    stage: Callable[..., tuple[Person, Act]],
    tables: Tables,
    team: TeamApi,
    name: str,
    change: dict[str, Any],
    keeps_sessions: bool,
) -> None:
    """Also with the policy that lets sessions live on, where the generation stays the same and cannot tell."""
    person, act = stage(name)
    if keeps_sessions:
        assert team.patch("/project/policies/session-invalidation", {"enabled": False}).status == 200
        person.clock.advance(seconds=6)

    with overtaken(lambda: tables.change(keys.user(person.id), **change)) as dynamodb:
        act()

    assert dynamodb.refused is True
