"""Sign-in by mail, by six digits or by a link: what is sent, what it opens, and how long and how often."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib.runtime import aws, container
from chalicelib.security import phrases
from infra.local.inbox import Inbox
from tests.support.api import Api, TeamApi, assert_refused, session_value
from tests.support.clock import Clock
from tests.support.faults import Faulty, meanwhile, refusal_of_aws
from tests.support.person import NUMBER, PASSWORD, RETURN_URL, People, Person
from tests.support.refusals import LIMITED, MORE, SIGNED_IN, TOKEN
from tests.support.sign_in import (
    ADDRESS,
    BY_LINK,
    BY_PHONE,
    BY_TOKEN,
    MAILS,
    ask_for_code,
    ask_for_mail,
    mailed_token,
    sign_in_by_mail,
    try_code,
)
from tests.support.tables import Tables, switch_project

METHODS = pytest.mark.parametrize("method", MAILS)
ENDPOINTS = pytest.mark.parametrize("endpoint", [BY_TOKEN, BY_LINK, BY_PHONE])
PROVIDERS = {"email-otp": "token", "magic-url": "magic-url"}
LIVES = {"email-otp": 10, "magic-url": 60}
"""Minutes."""
OFF = (501, "user_auth_method_unsupported")


@pytest.fixture
def token(api: Api, inbox: Inbox, method: str) -> str:
    """What went to ADDRESS, which is the new user `ada`'s."""
    assert ask_for_mail(api, method, user_id="ada").json["userId"] == "ada"
    return mailed_token(inbox)


def other(token: str) -> str:
    """One that is wrong."""
    return token[:-1] + ("1" if token[-1] != "1" else "2")


# What is sent


def test_code_is_six_digits_in_a_mail_that_says_what_for(api: Api, inbox: Inbox) -> None:
    answer = ask_for_mail(api, "email-otp", user_id="ada")

    assert set(answer.json) == {"$id", "$createdAt", "userId", "secret", "expire", "phrase"}
    assert (answer.json["userId"], answer.json["secret"], answer.json["phrase"]) == ("ada", "", "")
    (mail,) = inbox.messages(ADDRESS)
    assert (mail.subject, mail.toName) == ("OTP for Demo Login", "")
    assert f"Use OTP {mail.code} to sign in to Demo. Expires in 10 minutes." in mail.text
    assert re.fullmatch("[0-9]{6}", mail.code, re.ASCII)
    assert "security phrase" not in mail.text.lower()


@pytest.mark.parametrize("path", ["/account/tokens/magic-url", "/account/sessions/magic-url"])
def test_link_leads_to_the_page_with_all_that_it_needs_in_order(api: Api, inbox: Inbox, path: str) -> None:
    url = f"{RETURN_URL}?next=%2Fa&project=evil"
    answer = api.post(path, {"userId": "ada", "email": ADDRESS, "url": url})

    assert answer.status == 201
    (mail,) = inbox.messages(ADDRESS)
    assert mail.subject == "Demo Login"
    assert "Sign in to Demo with your secure link. Expires in 1 hour." in mail.text
    found = re.search(r"http\S+", mail.text)
    assert found
    link = found.group()
    assert link.startswith(f"{RETURN_URL}?next=%2Fa&userId=ada&secret=")
    query = dict(parse_qsl(urlsplit(link).query))
    assert list(query) == ["next", "userId", "secret", "expire", "project"]
    assert (query["expire"], query["project"]) == (answer.json["expire"], "demo")
    assert re.fullmatch("[0-9a-f]{64}", query["secret"])
    assert link.replace("&", "&amp;") in mail.html


def test_link_goes_to_pages_of_the_project_alone(api: Api, inbox: Inbox) -> None:
    for url in ("https://evil.test/", "", None):
        refused = api.post("/account/tokens/magic-url", {"userId": "ada", "email": ADDRESS, "url": url})
        assert_refused(refused, 400, "general_argument_invalid")
    assert inbox.messages() == []


@METHODS
def test_security_phrase_is_in_answer_and_mail_where_it_is_asked_for(api: Api, inbox: Inbox, method: str) -> None:
    answer = ask_for_mail(api, method, phrase=True)

    adjective, noun = answer.json["phrase"].split(" ")
    assert (adjective in phrases.ADJECTIVES, noun in phrases.NOUNS) == (True, True)
    (mail,) = inbox.messages(ADDRESS)
    assert f"security phrase is {adjective} {noun}." in mail.text
    assert f"security phrase is {adjective} {noun}." in mail.html


@METHODS
def test_key_gets_the_secret(team: TeamApi, inbox: Inbox, method: str) -> None:
    answer = ask_for_mail(team, method)

    assert answer.json["secret"] == mailed_token(inbox)
    assert try_code(team, answer.json["secret"], answer.json["userId"]).json["secret"]


@METHODS
@pytest.mark.parametrize("locale", ["de", "de-CH"])
def test_mail_is_in_the_readers_language(api: Api, inbox: Inbox, method: str, locale: str) -> None:
    ask_for_mail(api, method, headers={"X-Appwrite-Locale": locale})

    assert "Melden Sie sich mit" in inbox.messages(ADDRESS)[0].text


@METHODS
def test_bad_value_sends_nothing(team: TeamApi, tables: Tables, inbox: Inbox, method: str) -> None:
    bad: dict[str, list[Any]] = {
        "email": [None, "", "a@b", "a@example.test\r\nBcc: b@example.test", 1, [ADDRESS]],
        "userId": [None, "", "-a", "a" * 37, "a#b", 1],
        "phrase": ["yes", 1],
    }
    for name, values in bad.items():
        for value in values:
            answer = ask_for_mail(team, method, **{"email": ADDRESS, "user_id": "ada", **_named(name, value)})
            assert_refused(answer, 400, "general_argument_invalid")

    assert (tables.items("challenges"), inbox.messages()) == ([], [])


def _named(name: str, value: Any) -> dict[str, Any]:
    return {"user_id" if name == "userId" else name: value}


@METHODS
def test_failing_mail_leaves_nothing_behind(api: Api, inbox: Inbox, tables: Tables, method: str) -> None:
    with container.override("sesv2", Faulty(refusal_of_aws("InternalError"))):
        assert_refused(ask_for_mail(api, method), 503, "general_smtp_disabled")

    assert [tables.items(table) for table in ("users", "challenges", "events")] == [[], [], []]
    assert ask_for_mail(api, method).status == 201, "no cooldown"


# What it opens


@METHODS
@ENDPOINTS
def test_unknown_address_has_an_account_once_it_is_proven(
    api: Api, team: TeamApi, token: str, method: str, endpoint: tuple[str, str]
) -> None:
    assert_refused(team.get("/users/ada"), 404, "user_not_found")

    answer = try_code(api, token, "ada", endpoint)

    session = answer.json
    assert (session["userId"], session["provider"], session["factors"]) == ("ada", PROVIDERS[method], ["email"])
    assert (session["current"], session["secret"], session["providerUid"]) == (True, "", "")
    assert len(answer.all("Set-Cookie")) == 2
    user = team.get("/users/ada").json
    assert (user["email"], user["emailVerification"], user["password"], user["phone"]) == (ADDRESS, True, None, "")
    assert [target["identifier"] for target in user["targets"]] == [ADDRESS]
    assert api.get("/account", session=session_value(answer)).json["$id"] == "ada"


@METHODS
def test_verified_address_is_its_owners_whatever_id_is_sent(
    api: Api, people: People, inbox: Inbox, team: TeamApi, method: str
) -> None:
    person = people.new(email_verified=True)

    asked = ask_for_mail(api, method, person.email, "somebody-else")

    assert asked.json["userId"] == "somebody-else"
    answer = try_code(api, mailed_token(inbox, person.email), "somebody-else")
    assert answer.json["userId"] == person.id
    assert person.get("/account").status == 200, "other sessions stay"
    person.sign_in()  # and so does the password
    assert_refused(team.get("/users/somebody-else"), 404, "user_not_found")


@METHODS
def test_id_of_somebody_else_is_not_the_one_to_answer_for(api: Api, person: Person, inbox: Inbox, method: str) -> None:
    chosen = ask_for_mail(api, method, user_id=person.id).json["userId"]

    assert re.fullmatch("[0-9a-f]{20}", chosen)
    assert_refused(try_code(api, mailed_token(inbox), person.id), *TOKEN)
    assert try_code(api, mailed_token(inbox), chosen).json["userId"] == chosen


@METHODS
def test_id_that_somebody_takes_meanwhile_is_not_the_new_accounts(
    api: Api, team: TeamApi, token: str, method: str
) -> None:
    team.post("/users", {"userId": "ada", "name": "Ada"})

    made = try_code(api, token, "ada").json["userId"]

    assert made != "ada"
    assert (team.get("/users/ada").json["email"], team.get(f"/users/{made}").json["email"]) == ("", ADDRESS)


@METHODS
def test_address_that_somebody_signs_up_with_meanwhile_is_taken_over(
    api: Api, team: TeamApi, token: str, method: str
) -> None:
    class Raced:
        """A stranger signs up between our look and our claim."""

        raced = False

        def __getattr__(self, operation: str) -> Any:
            if operation == "transact_write_items" and not Raced.raced:
                Raced.raced = True
                body = {"userId": "first", "email": ADDRESS, "password": PASSWORD}
                assert api.post("/account", body).status == 201
            return getattr(real, operation)

    real = aws.client("dynamodb")
    with container.override("dynamodb", Raced()):
        answer = try_code(api, token, "ada")

    assert answer.json["userId"] == "first"
    assert team.get("/users/first").json["password"] is None
    assert_refused(team.get("/users/ada"), 404, "user_not_found")


@METHODS
def test_mail_for_the_old_address_does_not_open_its_account(api: Api, people: People, method: str) -> None:
    person = people.new(email_verified=True)
    ask_for_mail(api, method, person.email, "ada")
    secret = mailed_token(person.inbox, person.email)
    assert person.patch("/account/email", {"email": "new@example.test", "password": PASSWORD}).status == 200

    assert try_code(api, secret, "ada").json["userId"] == "ada"


@METHODS
def test_tokens_of_other_ids_and_purposes_sign_nobody_in(api: Api, people: People, method: str) -> None:
    person = people.new(email_verified=True)
    challenge = person.challenge("email")
    mfa_code = person.mailed_code()
    asked = ask_for_mail(api, method, person.email).json["userId"]
    secret = mailed_token(person.inbox, person.email)

    for user_id, guess in ((asked, mfa_code), (person.id, secret), ("nobody", secret), ("unique()", secret)):
        assert_refused(try_code(api, guess, user_id), *TOKEN)
    assert_refused(person.answer(challenge, secret), *TOKEN)
    for path in ("verifications/email", "verifications/phone"):
        assert_refused(api.put(f"/account/{path}", {"userId": person.id, "secret": secret}), *TOKEN)
    assert try_code(api, secret, asked).json["userId"] == person.id


@METHODS
def test_mail_of_before_a_block_opens_nothing(people: People, team: TeamApi, method: str) -> None:
    person = people.new(email_verified=True)
    asked = ask_for_mail(person.api, method, person.email).json["userId"]
    secret = mailed_token(person.inbox, person.email)
    team.patch(f"/users/{person.id}/status", {"status": False})
    assert_refused(try_code(person.api, secret, asked), 403, "user_blocked")
    team.patch(f"/users/{person.id}/status", {"status": True})

    assert_refused(try_code(person.api, secret, asked), *TOKEN)
    person.clock.advance(minutes=1)
    assert sign_in_by_mail(person, method).status == 201


def change_password(person: Person, team: TeamApi) -> None:
    person.patch("/account/password", {"password": "another battery", "oldPassword": PASSWORD})


def have_it_changed(person: Person, team: TeamApi) -> None:
    team.patch(f"/users/{person.id}/password", {"password": "another battery"})


@pytest.mark.parametrize("method", [*MAILS, "phone"])
@pytest.mark.parametrize("change", [change_password, have_it_changed])
@pytest.mark.parametrize("meantime", [False, True])
def test_token_of_before_a_change_of_password_opens_nothing(
    people: People, team: TeamApi, method: str, change: Callable[[Person, TeamApi], None], meantime: bool
) -> None:
    """Whoever has read the mails or texts of another loses what is left of them. `meantime`: while it is redeemed."""
    team.patch("/project/policies/session-invalidation", {"enabled": False})
    person = people.new(email_verified=True, phone_verified=True)
    person.clock.advance(minutes=1)
    if method == "phone":
        asked, secret = ask_for_code(person.api, person.phone), person.texted_code()
    else:
        asked, secret = ask_for_mail(person.api, method, person.email), mailed_token(person.inbox, person.email)
    person.clock.advance(seconds=1)

    with meanwhile(partial(change, person, team)) if meantime else nullcontext():
        if not meantime:
            change(person, team)
        answer = try_code(person.api, secret, asked.json["userId"])

    assert_refused(answer, *TOKEN)


@METHODS
def test_signed_in_user_does_not_sign_in(person: Person, token: str, method: str) -> None:
    assert_refused(try_code(person.api, token, "ada", session=person.session), *SIGNED_IN)
    assert try_code(person.api, token, "ada").status == 201


# How long, how often


@METHODS
@ENDPOINTS
def test_token_works_once(api: Api, token: str, method: str, endpoint: tuple[str, str]) -> None:
    assert try_code(api, token, "ada", endpoint).status == 201

    for again in (BY_TOKEN, BY_LINK, BY_PHONE):
        assert_refused(try_code(api, token, "ada", again), *TOKEN)


@METHODS
@pytest.mark.parametrize(("seconds", "status"), [(-1, 201), (0, 401)])
def test_token_lives_as_long_as_the_mail_says(
    api: Api, clock: Clock, token: str, method: str, seconds: int, status: int
) -> None:
    clock.advance(minutes=LIVES[method], seconds=seconds)

    assert try_code(api, token, "ada").status == status


@METHODS
def test_newest_alone_is_good_and_waits_for_the_cooldown(
    api: Api, inbox: Inbox, clock: Clock, token: str, method: str
) -> None:
    refused = ask_for_mail(api.at("127.0.0.9"), method, user_id="ada")
    assert_refused(refused, *LIMITED)
    assert refused.header("Retry-After") == "30"
    clock.advance(seconds=30)
    assert ask_for_mail(api, method, user_id="ada").json["userId"] == "ada"

    assert_refused(try_code(api, token, "ada"), *TOKEN)
    assert try_code(api, mailed_token(inbox), "ada").status == 201
    assert ask_for_mail(api, method).status == 201, "the cooldown ends with the token"


@METHODS
def test_open_token_is_overwritten_by_no_other_address(
    api: Api, inbox: Inbox, token: str, method: str, clock: Clock
) -> None:
    taken = [
        ask_for_mail(api, method, "eve@example.test", "ada"),
        ask_for_code(api, user_id="ada"),
    ]

    assert all(answer.json["userId"] != "ada" for answer in taken)
    assert try_code(api, token, "ada").json["userId"] == "ada"
    eve = taken[0].json["userId"]
    assert try_code(api, mailed_token(inbox, "eve@example.test"), eve).json["userId"] == eve


@METHODS
@pytest.mark.parametrize("expired", [False, True], ids=["the first of its id", "after one that has expired"])
def test_token_that_comes_meanwhile_is_overwritten_by_no_other_address(
    api: Api, inbox: Inbox, clock: Clock, method: str, expired: bool
) -> None:
    if expired:
        ask_for_mail(api, method, "bob@example.test", "ada")
        clock.advance(minutes=61)

    with meanwhile(lambda: ask_for_mail(api, method, user_id="ada")):
        assert_refused(ask_for_mail(api, method, "eve@example.test", "ada"), *LIMITED)

    assert inbox.messages("eve@example.test") == []
    assert try_code(api, mailed_token(inbox), "ada").json["userId"] == "ada"


def test_five_wrong_answers_end_a_code(team: TeamApi, inbox: Inbox) -> None:
    ask_for_mail(team, "email-otp", user_id="ada")
    code = mailed_token(inbox)
    for endpoint in (BY_TOKEN, BY_LINK, BY_PHONE, BY_TOKEN, BY_LINK):
        assert_refused(try_code(team, other(code), "ada", endpoint), *TOKEN)

    assert_refused(try_code(team, code, "ada"), *TOKEN)


def test_guessing_does_not_void_a_link(team: TeamApi, inbox: Inbox, tables: Tables) -> None:
    ask_for_mail(team, "magic-url", user_id="ada")
    secret = mailed_token(inbox)
    before = tables.items("challenges")
    for wrong in [other(secret), secret[:-1], secret.upper(), "0" * 64, "000000", "\u0661", "x"] * 4:
        assert_refused(try_code(team, wrong, "ada"), *TOKEN)

    assert tables.items("challenges") == before
    assert try_code(team, secret, "ada").status == 201


@METHODS
def test_secret_is_kept_as_a_hash(tables: Tables, token: str, method: str) -> None:
    (kept,) = tables.items("challenges")

    assert token not in repr(kept)
    assert len(kept["digest"]) == (33 if method == "email-otp" else 32), "with a key, where it could be guessed"


@METHODS
def test_endpoints_share_their_limit(api: Api, token: str, method: str) -> None:
    endpoints = [BY_TOKEN, BY_LINK, BY_PHONE]
    left = [try_code(api, "x", "bob", endpoints[turn % 3]).header("X-RateLimit-Remaining") for turn in range(10)]

    assert left == [str(each) for each in range(9, -1, -1)]
    assert_refused(try_code(api, "x", "bob", BY_LINK), *LIMITED)
    assert try_code(api, token, "ada", BY_LINK).status == 201


# Switches


@METHODS
@ENDPOINTS
def test_method_that_is_off_opens_nothing_but_to_a_key(
    api: Api, team: TeamApi, tables: Tables, clock: Clock, token: str, method: str, endpoint: tuple[str, str]
) -> None:
    switch_project(tables, clock, methods={method: False})

    assert_refused(ask_for_mail(api, method), *OFF)
    assert_refused(try_code(api, token, "ada", endpoint), *OFF)
    assert try_code(team, token, "ada", endpoint).status == 201


@METHODS
def test_token_goes_by_its_own_switch_and_no_others(
    api: Api, tables: Tables, clock: Clock, token: str, method: str
) -> None:
    others = dict.fromkeys([*(set(MAILS) - {method}), "phone", "email-password"], False)
    switch_project(tables, clock, methods=others)

    assert try_code(api, token, "ada", BY_PHONE).status == 201


# Second factors


@METHODS
def test_mailbox_that_signed_in_is_no_second_factor(people: People, method: str) -> None:
    person = people.new(email_verified=True, phone_verified=True, mfa=True)
    person.clock.advance(minutes=1)
    person.session = session_value(sign_in_by_mail(person, method))

    assert_refused(person.get("/account"), *MORE)
    assert person.answer(person.challenge("email"), person.mailed_code()).json["factors"] == ["email"]
    assert_refused(person.get("/account"), *MORE)
    person.pass_challenge("phone")
    assert person.get("/account").json["$id"] == person.id


@METHODS
def test_mfa_that_only_mail_could_pass_is_not_switched_on(api: Api, inbox: Inbox, clock: Clock, method: str) -> None:
    ask_for_mail(api, method, user_id="ada")
    session = session_value(try_code(api, mailed_token(inbox), "ada"))
    ada = Person(api, inbox, clock, "ada", ADDRESS, session=session)

    assert_refused(ada.switch_mfa(True), 409, "user_mfa_factor_missing")

    ada.enrol_authenticator()
    assert ada.switch_mfa(True).status == 200
    ada.clock.advance(minutes=1)
    ada.session = session_value(sign_in_by_mail(ada, method))
    ada.pass_challenge("totp")
    assert ada.get("/account").status == 200


@METHODS
def test_mfa_goes_off_with_the_last_factor_that_is_not_the_mailbox(
    api: Api, inbox: Inbox, clock: Clock, method: str
) -> None:
    ask_for_mail(api, method, user_id="ada")
    session = session_value(try_code(api, mailed_token(inbox), "ada"))
    ada = Person(api, inbox, clock, "ada", ADDRESS, session=session)
    ada.enrol_authenticator()
    assert ada.switch_mfa(True).status == 200

    assert ada.delete("/account/mfa/authenticators/totp").status == 204

    ada.session = session_value(sign_in_by_mail(ada, method))
    assert ada.get("/account").json["mfa"] is False


@METHODS
def test_user_of_the_mailbox_sets_a_password_later(api: Api, token: str, method: str) -> None:
    session = session_value(try_code(api, token, "ada"))

    assert api.patch("/account/password", {"password": PASSWORD}, session=session).status == 200
    assert api.post("/account/sessions/email", {"email": ADDRESS, "password": PASSWORD}).status == 201


@METHODS
def test_owner_hears_of_no_new_device(people: People, team: TeamApi, run_jobs: Any, method: str) -> None:
    team.patch("/project/policies/session-alert", {"enabled": True})
    person = people.new(email_verified=True)
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
    person.api = person.api.at("127.0.0.9", agent)
    run_jobs()
    person.inbox.clear()

    assert sign_in_by_mail(person, method).status == 201
    run_jobs()

    assert len(person.mails()) == 1, "the mail that was asked for"
    logged = [event["event"] for event in person.get("/account/logs").json["logs"]]
    assert logged[:2] == ["session.create", "token.create"]


def test_number_and_mailbox_open_accounts_of_their_own(api: Api, inbox: Inbox) -> None:
    ask_for_code(api, user_id="by-phone")
    ask_for_mail(api, "email-otp", user_id="by-mail")

    assert try_code(api, mailed_token(inbox), "by-phone").status == 401
    assert try_code(api, inbox.messages(NUMBER)[0].code, "by-phone").json["provider"] == "phone"
    assert try_code(api, mailed_token(inbox), "by-mail").json["provider"] == "token"


@METHODS
def test_address_of_a_kind_that_is_denied_makes_no_account_and_opens_one_that_is_there(
    api: Api, people: People, team: TeamApi, inbox: Inbox, tables: Tables, method: str
) -> None:
    person = people.new(email="ada@gmail.com", email_verified=True)
    assert team.patch("/project/policies/deny-free-email", {"enabled": True}).status == 200
    before = tables.items("users")
    asked = ask_for_mail(api, method, "eve@gmail.com").json["userId"]

    assert_refused(try_code(api, mailed_token(inbox, "eve@gmail.com"), asked), 400, "user_email_free")

    assert tables.items("users") == before
    assert sign_in_by_mail(person, method).json["userId"] == person.id
