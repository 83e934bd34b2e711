"""Anonymous sessions, and how an address with a password makes an account of one that its owner can come back to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.runtime import container, settings
from infra.local.inbox import Inbox
from tests.conftest import Jobs
from tests.support.api import Answer, Api, TeamApi, assert_refused, session_value
from tests.support.clock import Clock
from tests.support.person import NUMBER, PASSWORD, RETURN_URL, People, Person
from tests.support.sign_in import ask_for_code, sign_in_anew, try_code, try_password
from tests.support.tables import Tables, switch_project

PATH = "/account/sessions/anonymous"
MAILBOX = "ann@example.test"


@pytest.fixture
def nobody(api: Api, inbox: Inbox, clock: Clock) -> Person:
    """Somebody with an anonymous session."""
    answer = api.post(PATH)
    return Person(api, inbox, clock, id=answer.json["userId"], email="", session=session_value(answer))


def set_email(person: Person, address: str = MAILBOX, password: str = PASSWORD) -> Answer:
    answer = person.patch("/account/email", {"email": address, "password": password})
    person.email = address
    return answer


def test_session_is_that_of_a_user_of_whom_nothing_is_known(api: Api) -> None:
    made = api.post(PATH)

    assert (made.status, made.json["provider"], made.json["factors"]) == (201, "anonymous", ["anonymous"])
    assert (made.json["providerUid"], made.json["secret"], made.json["current"]) == ("", "", True)
    user = api.get("/account", session=session_value(made)).json
    assert user["$id"] == made.json["userId"]
    assert [user[name] for name in ("name", "email", "phone", "passwordUpdate", "targets")] == ["", "", "", "", []]
    assert not any(user[name] for name in ("emailVerification", "phoneVerification", "mfa"))


def test_each_has_a_user_of_their_own_and_both_acts_in_the_log(api: Api) -> None:
    sessions = [session_value(api.post(PATH)) for _ in range(2)]

    assert len({api.get("/account", session=each).json["$id"] for each in sessions}) == 2
    logs = api.get("/account/logs", session=sessions[0]).json["logs"]
    assert sorted(each["event"] for each in logs) == ["session.create", "user.create"]


def test_project_can_switch_it_off(api: Api, tables: Tables, clock: Clock) -> None:
    switch_project(tables, clock, methods={"anonymous": False})

    assert_refused(api.post(PATH), 501, "user_auth_method_unsupported")
    assert tables.items("users") == []


def test_fifty_an_hour_for_a_client_address(api: Api, clock: Clock) -> None:
    assert [api.post(PATH).status for _ in range(50)] == 50 * [201]

    assert_refused(api.post(PATH), 429, "general_rate_limit_exceeded")
    assert api.at("127.0.0.9").post(PATH).status == 201
    clock.advance(minutes=60)
    assert api.post(PATH).status == 201


# Conversion


def test_address_and_password_make_an_account_of_it(nobody: Person) -> None:
    changed = set_email(nobody)

    assert (changed.status, changed.json["$id"]) == (200, nobody.id)
    assert (changed.json["email"], changed.json["emailVerification"]) == (MAILBOX, False)
    assert changed.json["passwordUpdate"]
    assert nobody.get("/account").status == 200  # the session lives on
    back = sign_in_anew(nobody)
    assert (back.json["userId"], back.json["factors"]) == (nobody.id, ["password"])
    nobody.verify_email()
    assert nobody.get("/account").json["emailVerification"] is True


def test_number_and_password_make_an_account_of_it_once_the_number_is_proven(nobody: Person) -> None:
    nobody.set_phone(NUMBER)
    assert ask_for_code(nobody.api).json["userId"] != nobody.id
    nobody.clock.advance(minutes=1)
    nobody.verify_phone()

    asked = ask_for_code(nobody.api)

    back = try_code(nobody.api, nobody.texted_code(), asked.json["userId"])
    assert (back.json["userId"], back.json["factors"]) == (nobody.id, ["phone"])
    assert nobody.get("/account").status == 200


def test_password_alone_comes_first_too_and_is_then_the_one_to_give(nobody: Person) -> None:
    assert nobody.patch("/account/password", {"password": PASSWORD}).status == 200

    assert_refused(set_email(nobody, password="another password"), 401, "user_invalid_credentials")
    assert set_email(nobody).status == 200
    assert sign_in_anew(nobody).status == 201


def test_password_that_may_not_be_set_changes_nothing(nobody: Person) -> None:
    for password in ("\U0001f600\U0001f600", "a" * 257):
        assert_refused(set_email(nobody, password=password), 400, "general_argument_invalid")

    user = nobody.get("/account").json
    assert (user["email"], user["passwordUpdate"]) == ("", "")


def test_address_of_somebody_else_is_refused(nobody: Person, people: People) -> None:
    other = people.new()

    assert_refused(set_email(nobody, other.email), 409, "user_target_already_exists")
    assert nobody.get("/account").json["email"] == ""


def test_converted_account_is_recovered_by_mail(nobody: Person, run_jobs: Jobs) -> None:
    set_email(nobody)
    nobody.api.post("/account/recovery", {"email": MAILBOX, "url": RETURN_URL})
    run_jobs()
    body = {"userId": nobody.id, "secret": nobody.mailed_secret(), "password": "another password"}

    assert nobody.api.put("/account/recovery", body).status == 200

    assert try_password(nobody.api, MAILBOX, "another password").json["userId"] == nobody.id


def test_owner_of_a_typed_mailbox_inherits_nothing_of_whoever_typed_it(nobody: Person, run_jobs: Jobs) -> None:
    nobody.enrol_authenticator()
    set_email(nobody)
    nobody.api.post("/account/recovery", {"email": MAILBOX, "url": RETURN_URL})
    run_jobs()
    body = {"userId": nobody.id, "secret": nobody.mailed_secret(), "password": "another password"}

    assert nobody.api.put("/account/recovery", body).status == 200

    assert_refused(nobody.get("/account"), 401, "general_unauthorized_scope")
    owner = replace(nobody, session=session_value(try_password(nobody.api, MAILBOX, "another password")))
    factors = owner.get("/account/mfa/factors").json
    assert (factors["totp"], factors["email"]) == (False, True)


def test_addresses_are_not_probed_by_ever_new_users(api: Api, people: People) -> None:
    other = people.new()
    probes = []
    for _ in range(4):
        session = session_value(api.post(PATH))
        body = {"email": other.email, "password": PASSWORD}
        probes += [api.patch("/account/email", body, session=session).status for _ in range(20)]

    assert probes == 60 * [409] + 20 * [429]


# MFA


def test_mfa_does_not_lock_out_whoever_has_no_way_in(nobody: Person, team: TeamApi) -> None:
    nobody.enrol_authenticator()
    assert nobody.switch_mfa(True).status == 200

    assert nobody.get("/account").status == 200
    nobody.session = team.post(f"/users/{nobody.id}/sessions").json["secret"]
    assert_refused(nobody.get("/account"), 401, "user_more_factors_required")
    nobody.pass_challenge("totp")
    assert nobody.get("/account").status == 200


def test_conversion_asks_for_a_factor_once_mfa_is_in_force(nobody: Person) -> None:
    nobody.enrol_authenticator()
    nobody.switch_mfa(True)
    nobody.clock.advance(minutes=6)

    assert_refused(set_email(nobody), 401, "user_challenge_required")
    nobody.pass_challenge("totp")
    assert set_email(nobody).status == 200

    assert nobody.get("/account").json["mfa"] is True
    nobody.sign_in()
    assert_refused(nobody.get("/account"), 401, "user_more_factors_required")
    nobody.pass_challenge("totp")
    assert nobody.get("/account").status == 200


def test_mfa_that_waits_for_a_factor_takes_none_that_is_the_only_way_in(nobody: Person) -> None:
    """The number signs in, so it is no second factor beside itself: MFA goes off rather than lock out."""
    assert nobody.switch_mfa(True).status == 200
    nobody.set_phone(NUMBER)
    nobody.verify_phone()

    assert nobody.get("/account").json["mfa"] is False
    nobody.clock.advance(minutes=1)
    asked = ask_for_code(nobody.api)
    back = session_value(try_code(nobody.api, nobody.texted_code(), asked.json["userId"]))
    assert nobody.get("/account", session=back).status == 200


# Alerts


def test_only_whoever_comes_back_is_news(nobody: Person, tables: Tables, run_jobs: Jobs) -> None:
    switch_project(tables, nobody.clock, session_alert=True)
    set_email(nobody)
    nobody.verify_email()
    with container.override("config", replace(settings.config(), rate_limits=False)):
        run_jobs()
        nobody.inbox.clear()
        nobody.api.post(PATH)
        assert run_jobs() == 0
        nobody.api = nobody.api.at(
            "127.0.0.9", "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
        )
        nobody.sign_in()
        assert run_jobs() == 1

    [told] = nobody.inbox.messages()
    assert (told.to, told.subject) == (MAILBOX, "Security alert: new session on your Demo account")
