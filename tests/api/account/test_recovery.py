"""POST and PUT /account/recovery, seen by the owner of the account (attacks 51 to 54 of SECURITY.md)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Jobs
from tests.support.api import KEY, Answer, Api, TeamApi, assert_refused
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.tokens import bearer

PATH = "/account/recovery"
NEW = "another password"


def ask(api: Api, email: Any, url: Any = RETURN_URL, **options: Any) -> Answer:
    return api.post(PATH, {"email": email, "url": url}, **options)


def complete(api: Api, user_id: Any, secret: Any, password: Any = NEW) -> Answer:
    return api.put(PATH, {"userId": user_id, "secret": secret, "password": password})


@pytest.fixture
def secret(person: Person, run_jobs: Jobs) -> str:
    """The secret of a link that `person` has asked for."""
    return mailed(person, run_jobs)


def mailed(person: Person, run_jobs: Jobs) -> str:
    assert ask(person.api, person.email).status == 201
    run_jobs()
    return person.mailed_secret()


def signs_in(person: Person, password: str) -> bool:
    answer = person.api.post("/account/sessions/email", {"email": person.email, "password": password})
    assert answer.status in (201, 401), answer.text
    return answer.status == 201


# Redeeming


def test_link_sets_the_password_and_proves_the_mailbox(person: Person, secret: str) -> None:
    answer = complete(person.api, person.id, secret)

    assert answer.status == 200
    assert set(answer.json) == {"$id", "$createdAt", "userId", "secret", "expire", "phrase"}
    assert (answer.json["userId"], answer.json["secret"], answer.json["phrase"]) == (person.id, "", "")
    assert answer.all("Set-Cookie") == [], "it signs nobody in"
    assert signs_in(person, NEW)
    assert not signs_in(person, PASSWORD)
    person.password = NEW
    person.sign_in()
    account = person.get("/account").json
    assert account["emailVerification"] is True
    assert account["passwordUpdate"] > account["registration"]


def test_link_works_once(person: Person, secret: str) -> None:
    assert complete(person.api, person.id, secret).status == 200

    assert_refused(complete(person.api, person.id, secret, "a third password"), 401, "user_invalid_token")
    assert signs_in(person, NEW)


def test_only_the_newest_link_works(person: Person, secret: str, run_jobs: Jobs) -> None:
    person.clock.advance(seconds=31)
    newest = mailed(person, run_jobs)

    assert newest != secret
    assert_refused(complete(person.api, person.id, secret), 401, "user_invalid_token")
    assert complete(person.api, person.id, newest).status == 200


def test_link_lives_an_hour_from_the_request_on(person: Person, run_jobs: Jobs) -> None:
    ask(person.api, person.email)
    person.clock.advance(minutes=10)
    run_jobs()
    person.clock.advance(minutes=49, seconds=58)
    assert_refused(complete(person.api, person.id, "0" * 256), 401, "user_invalid_token")

    person.clock.advance(seconds=2)

    assert_refused(complete(person.api, person.id, person.mailed_secret()), 401, "user_invalid_token")
    assert signs_in(person, PASSWORD)


def test_link_still_works_in_its_last_second(person: Person, secret: str) -> None:
    person.clock.advance(minutes=59, seconds=58)

    assert complete(person.api, person.id, secret).status == 200


def test_other_secret_is_wrong(person: Person, secret: str) -> None:
    altered = [secret.upper(), secret[:-1], secret[1:], "0" * 256]
    assert secret not in altered

    for other in altered:
        assert_refused(complete(person.api, person.id, other), 401, "user_invalid_token")

    assert signs_in(person, PASSWORD)
    assert complete(person.api, person.id, secret).status == 200


def test_link_of_another_user_is_wrong(people: People, person: Person, secret: str, run_jobs: Jobs) -> None:
    eve = people.new()
    theirs = mailed(eve, run_jobs)

    assert_refused(complete(person.api, person.id, theirs), 401, "user_invalid_token")
    assert_refused(complete(person.api, eve.id, secret), 401, "user_invalid_token")


def test_tokens_of_other_purposes_reset_nothing(person: Person, run_jobs: Jobs, secret: str) -> None:
    person.post("/account/verifications/email", {"url": RETURN_URL})
    verification = person.mailed_secret()
    proof = {"userId": person.id, "secret": secret}

    assert_refused(complete(person.api, person.id, verification), 401, "user_invalid_token")
    assert_refused(person.api.put("/account/verifications/email", proof), 401, "user_invalid_token")
    assert_refused(person.api.put("/account/verifications/phone", proof), 401, "user_invalid_token")
    assert_refused(person.api.post("/account/sessions/token", proof), 401, "user_invalid_token")


def test_guessing_does_not_void_a_link(person: Person, secret: str) -> None:
    """Else anybody could keep the owner out; 1024 bits are not guessed."""
    for _ in range(8):
        assert_refused(complete(person.api, person.id, "0" * 256), 401, "user_invalid_token")

    assert complete(person.api, person.id, secret).status == 200


def test_guessing_elsewhere_does_not_keep_the_owner_out(person: Person, secret: str) -> None:
    """The reset is the owner's way out of a storm, and whoever has the password knows the user id."""
    for number in range(11):
        complete(person.api.at("127.0.0.2"), person.id, f"{number}" * 64)

    assert complete(person.api, person.id, secret).status == 200


BAD: dict[str, list[Any]] = {
    "userId": [None, "", "a#b", "unique()", "a" * 37, 1, []],
    "secret": [None, "", "a" * 257, 1, ["a"]],
    "password": [None, "", "a" * 7, "a" * 257, "ä" * 7, "ä" * 257, 12345678, ["a" * 8]],
}


@pytest.mark.parametrize("name", BAD)
def test_bad_value_is_refused_and_spends_nothing(person: Person, secret: str, name: str) -> None:
    body = {"userId": person.id, "secret": secret, "password": NEW}

    for value in BAD[name]:
        assert_refused(person.api.put(PATH, {**body, name: value}, key=KEY), 400, "general_argument_invalid")

    assert complete(person.api, person.id, secret).status == 200


def test_link_is_not_redeemed_by_opening_it(person: Person, secret: str) -> None:
    query = f"userId={person.id}&secret={secret}&password={NEW.replace(' ', '%20')}"

    assert person.api.get(f"{PATH}?{query}").status == 404
    assert_refused(person.api.put(f"{PATH}?{query}"), 400, "general_argument_invalid")
    assert signs_in(person, PASSWORD)


# What it does to whoever is signed in


def test_all_sessions_and_tokens_end(person: Person, team: TeamApi, secret: str) -> None:
    token = person.jwt()
    made = team.post(f"/users/{person.id}/jwts", {"sessionId": "none"}).json["jwt"]

    assert complete(person.api, person.id, secret).status == 200

    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")
    for jwt in (token, made):
        assert_refused(person.api.get("/account", headers=bearer(jwt)), 401, "general_unauthorized_scope")


def test_sessions_stay_where_the_project_wants_it(person: Person, team: TeamApi, secret: str) -> None:
    team.patch("/project/policies/session-invalidation", {"enabled": False})
    team.patch(f"/users/{person.id}/verification", {"emailVerification": True})

    assert complete(person.api, person.id, secret).status == 200

    assert person.get("/account").status == 200


def test_mailbox_alone_does_not_get_past_mfa(people: People, run_jobs: Jobs) -> None:
    person = people.new(email_verified=True, authenticator=True, mfa=True, recovery_codes=True)
    half = person.sign_in()
    secret = mailed(person, run_jobs)

    assert complete(person.api, person.id, secret).status == 200

    person.session = half
    assert_refused(person.get("/account/mfa/factors"), 401, "general_unauthorized_scope")
    person.password = NEW
    person.sign_in()
    assert_refused(person.get("/account"), 401, "user_more_factors_required")
    factors = person.get("/account/mfa/factors").json
    assert {name for name, there in factors.items() if there} == {"totp", "recoveryCode"}
    refused = person.post("/account/mfa/challenges", {"factor": "email"})
    assert_refused(refused, 501, "user_auth_method_unsupported")
    person.pass_challenge("totp")
    account = person.get("/account").json
    assert (account["emailVerification"], account["mfa"]) == (True, True)


def test_blocked_user_stays_blocked(person: Person, team: TeamApi, secret: str) -> None:
    team.patch(f"/users/{person.id}/status", {"status": False})
    assert_refused(complete(person.api, person.id, secret), 401, "user_invalid_token")

    body = {"email": person.email, "password": person.password}

    assert_refused(person.api.post("/account/sessions/email", body), 403, "user_blocked")
