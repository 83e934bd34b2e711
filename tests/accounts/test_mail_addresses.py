"""Kinds of e-mail addresses: what an account says of its own, and which the project denies."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.inbox import Inbox
from tests.support.api import Answer, Api, TeamApi, assert_refused, session_value
from tests.support.person import PASSWORD, Person
from tests.support.tables import Tables

DENIED = [
    ("aliased", "a.da@gmail.com", "user_email_not_canonical"),
    ("aliased", "ada+shop@outlook.com", "user_email_not_canonical"),
    ("disposable", "ada@a.b.mailinator.com", "user_email_disposable"),
    ("free", "ada@gmx.de", "user_email_free"),
    ("corporate", "ada@gmail.com", "user_email_not_corporate"),
    ("corporate", "ada@mailinator.com", "user_email_not_corporate"),
]


def deny(team: TeamApi, kind: str, enabled: bool = True) -> None:
    assert team.patch(f"/project/policies/deny-{kind}-email", {"enabled": enabled}).status == 200


def sign_up(api: Api, email: str) -> Answer:
    return api.post("/account", {"userId": "unique()", "email": email, "password": PASSWORD})


def traits(account: dict[str, Any]) -> list[Any]:
    return [account[f"email{name}"] for name in ("Canonical", "IsCanonical", "IsFree", "IsDisposable", "IsCorporate")]


def test_account_says_of_what_kind_its_address_is(api: Api, team: TeamApi) -> None:
    account = sign_up(api, "A.da+shop@GoogleMail.com").json

    assert traits(account) == ["ada@gmail.com", False, True, False, False]
    assert traits(team.get(f"/users/{account['$id']}").json) == traits(account)
    assert traits(sign_up(api, "ada@mailinator.com").json) == ["ada@mailinator.com", True, False, True, False]
    assert traits(sign_up(api, "ada@example.test").json) == ["ada@example.test", True, False, False, True]
    assert traits(team.post("/users", {"userId": "unique()"}).json) == 5 * [None]


@pytest.mark.parametrize(("kind", "email", "type_"), DENIED)
def test_denied_address_makes_no_account(
    api: Api, team: TeamApi, tables: Tables, kind: str, email: str, type_: str
) -> None:
    deny(team, kind)
    before = tables.items("users")

    assert_refused(sign_up(api, email), 400, type_)
    assert_refused(team.post("/users", {"userId": "unique()", "email": email}), 400, type_)

    assert tables.items("users") == before
    assert sign_up(api, "ada@example.test").status == 201
    deny(team, kind, False)
    assert sign_up(api, email).status == 201


@pytest.mark.parametrize(("kind", "email", "type_"), DENIED)
def test_nobody_changes_to_a_denied_address(
    team: TeamApi, person: Person, tables: Tables, kind: str, email: str, type_: str
) -> None:
    deny(team, kind)
    before = tables.items("users")

    assert_refused(person.patch("/account/email", {"email": email, "password": PASSWORD}), 400, type_)

    assert tables.items("users") == before
    assert person.patch("/account/email", {"email": "ada@example.test", "password": PASSWORD}).status == 200


@pytest.mark.parametrize(("kind", "email", "type_"), DENIED)
def test_team_is_bound_too(team: TeamApi, person: Person, tables: Tables, kind: str, email: str, type_: str) -> None:
    deny(team, kind)
    before = tables.items("users")
    md5 = {"userId": "unique()", "email": email, "password": "5f4dcc3b5aa765d61d8327deb882cf99"}

    assert_refused(team.patch(f"/users/{person.id}/email", {"email": email}), 400, type_)
    assert_refused(team.post("/users/md5", md5), 400, type_)

    assert tables.items("users") == before


def test_anonymous_user_takes_no_denied_address(api: Api, team: TeamApi) -> None:
    deny(team, "free")
    session = session_value(api.post("/account/sessions/anonymous"))
    body = {"email": "ada@gmx.de", "password": PASSWORD}

    assert_refused(api.patch("/account/email", body, session=session), 400, "user_email_free")

    assert api.patch("/account/email", {**body, "email": "ada@example.test"}, session=session).status == 200


def test_code_by_mail_makes_no_account_of_a_denied_address(api: Api, team: TeamApi, inbox: Inbox) -> None:
    """The mail goes out, whoever has an account: its code is refused to who has none, and stays good."""
    deny(team, "disposable")
    asked = api.post("/account/tokens/email", {"userId": "unique()", "email": "ada@mailinator.com"})
    proof = {"userId": asked.json["userId"], "secret": inbox.messages("ada@mailinator.com")[0].code}

    assert_refused(api.post("/account/sessions/token", proof), 400, "user_email_disposable")

    deny(team, "disposable", False)
    assert api.post("/account/sessions/token", proof).status == 201


def test_policy_says_nothing_of_an_address_to_whoever_lacks_the_password(team: TeamApi, person: Person) -> None:
    deny(team, "free")

    refused = person.patch("/account/email", {"email": "ada@gmx.de", "password": "wrong password"})

    assert_refused(refused, 401, "user_invalid_credentials")


def test_accounts_of_before_go_on(api: Api, team: TeamApi) -> None:
    body = {"email": "ada@gmx.de", "password": PASSWORD}
    assert sign_up(api, body["email"]).status == 201

    deny(team, "free")

    assert api.post("/account/sessions/email", body).status == 201


def test_taken_address_of_a_denied_kind_is_refused_like_a_free_one(api: Api, team: TeamApi) -> None:
    assert sign_up(api, "ada@gmx.de").status == 201
    deny(team, "free")

    assert_refused(sign_up(api, "ada@gmx.de"), 400, "user_email_free")
