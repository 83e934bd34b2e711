"""Why a request was refused is in the log, in a line of its own, and in no answer."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.runtime import container, settings
from chalicelib.runtime.logs import JsonFormatter
from tests.support.api import Answer, Api, TeamApi
from tests.support.clock import Clock
from tests.support.handovers import offer, take_over
from tests.support.person import NUMBER, PASSWORD, RETURN_URL, People, Person
from tests.support.tokens import bearer

WRONG = "000000"


class Log:
    """The lines about requests."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    def last(self) -> dict[str, Any]:
        line = JsonFormatter().format([each for each in self._caplog.records if each.getMessage() == "request"][-1])
        assert "\n" not in line
        entry: dict[str, Any] = json.loads(line)
        return entry

    def why(self, answer: Answer) -> str:
        """The reason of this last answer, which does not have it."""
        entry = self.last()
        assert (entry["status"], entry["type"]) == (answer.status, answer.json["type"])
        reason: str = entry["reason"]
        assert reason not in answer.text + str(answer.headers)
        return reason


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Log:
    caplog.set_level(logging.INFO, "chalicelib")
    return Log(caplog)


# Codes


def test_invalid_token_of_a_challenge_has_its_causes(people: People, log: Log, clock: Clock) -> None:
    person = people.new(mfa=True)
    half = dataclasses.replace(person)
    half.sign_in()
    first, second = half.challenge("totp"), half.challenge("totp")
    right = half.totp_code()

    assert log.why(half.answer(first, WRONG)) == "wrong code of the factor totp"
    assert half.answer(first, right).status == 200
    assert log.why(half.answer(first, right)) == "no such challenge: answered already, or never there"
    assert log.why(half.answer(second, right)) == "TOTP step already used"
    assert log.why(person.answer(second, right)) == "challenge of another user or session"
    for _ in range(5):
        half.answer(second, WRONG)
    assert log.why(half.answer(second, right)) == "challenge dead after 5 wrong answers"
    third = half.challenge("totp")
    clock.advance(minutes=11)
    assert log.why(half.answer(third, half.totp_code())) == "challenge expired"


def test_recovery_code_that_is_spent(people: People, log: Log) -> None:
    person = people.new(mfa=True, recovery_codes=True)
    code = person.recovery_codes[0]
    person.pass_challenge("recoveryCode")

    assert log.why(person.answer(person.challenge("recoveryCode"), code)) == "recovery code already used, or replaced"


def test_invalid_token_of_an_authenticator_has_its_causes(person: Person, log: Log) -> None:
    def confirm(otp: str) -> Answer:
        return person.put("/account/mfa/authenticators/totp", {"otp": otp})

    assert log.why(confirm(WRONG)) == "there is none to confirm: enrol one"
    person.begin_authenticator()
    for _ in range(5):
        assert log.why(confirm(WRONG)) == "wrong first code of the authenticator"
    assert log.why(confirm(person.totp_code())) == "authenticator dead after 5 wrong codes: enrol it anew"


def test_invalid_token_of_a_verification_has_its_causes(person: Person, api: Api, log: Log, clock: Clock) -> None:
    def redeem(kind: str, secret: str, user_id: str = "") -> Answer:
        return api.put(f"/account/verifications/{kind}", {"userId": user_id or person.id, "secret": secret})

    person.set_phone()
    assert log.why(redeem("phone", WRONG, "nobody")) == "no user of that id"
    assert log.why(redeem("phone", WRONG)) == "no open code: used already, or never sent"
    person.post("/account/verifications/phone")
    assert log.why(redeem("phone", WRONG)) == "wrong code of a verification"
    for _ in range(4):
        redeem("phone", WRONG)
    assert log.why(redeem("phone", person.texted_code())) == "code dead after 5 wrong answers"
    person.post("/account/verifications/email", {"url": RETURN_URL})
    assert log.why(redeem("email", "0" * 256)) == "wrong secret of a link, or one that was superseded"
    person.begin_authenticator()
    person.put("/account/mfa/authenticators/totp", {"otp": person.totp_code()})
    assert person.switch_mfa(True).status == 200
    assert log.why(redeem("email", person.mailed_secret())) == "link void since a change of the account"
    clock.advance(minutes=1)
    person.post("/account/verifications/email", {"url": RETURN_URL})
    secret = person.mailed_secret()
    clock.advance(minutes=61)
    assert log.why(redeem("email", secret)) == "link expired"


def test_invalid_token_of_a_sign_in_code_has_its_causes(api: Api, people: People, log: Log, clock: Clock) -> None:
    def answer(user_id: str, code: str) -> Answer:
        return api.post("/account/sessions/token", {"userId": user_id, "secret": code})

    inbox = people.new(signed_in=False).inbox
    sent = api.post("/account/tokens/phone", {"userId": "unique()", "phone": NUMBER}).json["userId"]
    code = inbox.messages(NUMBER)[0].code

    assert log.why(answer("nobody", code)) == "no open sign-in token: used already, or none was made for that id"
    for _ in range(5):
        assert log.why(answer(sent, WRONG)) == "wrong sign-in token"
    assert log.why(answer(sent, code)) == "sign-in token dead after 5 wrong answers"
    clock.advance(minutes=11)
    assert log.why(answer(sent, code)) == "sign-in token expired"


def test_invalid_token_of_a_hand_over_has_its_causes(api: Api, person: Person, log: Log, clock: Clock) -> None:
    assert log.why(take_over(api, "none")) == "no such hand-over: used already, or never there"
    assert log.why(take_over(api, offer(person), "x" * 43)) == "wrong verifier of a hand-over"
    assert log.why(take_over(api, offer(person), origin="http://localhost:1")) == "hand-over for another origin"
    code = offer(person)
    clock.advance(minutes=1)
    assert log.why(take_over(api, code)) == "hand-over expired"
    code = offer(person)
    person.delete("/account/sessions")
    assert log.why(take_over(api, code)) == "the session has ended since it was offered"


# Who asks


def test_unknown_caller_has_its_causes(people: People, api: Api, log: Log, clock: Clock) -> None:
    def asked(session: str, **headers: str) -> str:
        return log.why(api.get("/account", session=session, headers=headers))

    person = people.new()
    ended, altered = person.session, person.session[:-8] + "AAAAAAA="
    assert person.delete("/account/sessions/current").status == 204
    old = person.sign_in()
    half = people.new(mfa=True)
    half.sign_in()

    assert asked("") == "no session and no JWT came"
    assert asked(ended) == "no such session: ended or never there"
    assert asked(altered) == "session value that is none of ours"
    assert asked("", **{"X-Appwrite-Key": "standard_0"}) == "unknown API key: revoked, of another stage or never there"
    assert asked("", **{"X-Appwrite-Key": "local-api-key"}) == "an API key is no user"
    clock.advance(minutes=16)
    assert log.why(half.get("/account")) == "session without its second factor for 15 minutes"
    clock.advance(days=31)
    assert asked(old) == "session expired"


def test_jwt_has_its_causes(person: Person, api: Api, team: TeamApi, log: Log, clock: Clock) -> None:
    def asked(token: str) -> str:
        return log.why(api.get("/account", headers=bearer(token)))

    token = person.jwt()
    assert asked(token[:-4] + "AAAA") == "not ours or altered: InvalidSignatureError"
    assert asked("x") == "not ours or altered: DecodeError"
    assert person.delete("/account/sessions/current").status == 204
    assert asked(token) == "JWT of a session that is over: no such session: ended or never there"
    assert team.delete(f"/users/{person.id}/sessions").status == 204
    assert asked(token) == "JWT of before the user's sessions ended"
    assert team.delete(f"/users/{person.id}").status == 204
    assert asked(token) == "JWT of a user who is gone"
    clock.advance(minutes=16)
    assert asked(token) == "expired"


def test_missing_key_has_its_causes(api: Api, log: Log) -> None:
    assert log.why(api.get("/users")) == "no API key came"
    assert log.why(api.get("/users", key="wrong")) == "unknown API key: revoked, of another stage or never there"


def test_project_has_its_causes(api: Api, log: Log) -> None:
    assert log.why(api.get("/account", project=None)) == "the request names no project"
    assert log.why(api.get("/account", project="other")) == "another project than MFA_PROJECT"


def test_challenge_that_is_required_has_its_causes(people: People, api: Api, log: Log) -> None:
    person = people.new(mfa=True)
    person.pass_challenge()
    token = person.jwt()
    change = {"password": "another password", "oldPassword": PASSWORD}
    by_token = api.patch("/account/password", change, headers=bearer(token))
    assert log.why(by_token) == "a JWT passes no challenge"
    person.clock.advance(minutes=6)
    assert log.why(person.patch("/account/password", change)) == "no challenge passed in the last 5 minutes"


def test_credentials_have_their_causes(people: People, api: Api, team: TeamApi, log: Log) -> None:
    def sign_in(email: str) -> str:
        return log.why(api.post("/account/sessions/email", {"email": email, "password": "some password"}))

    person = people.new()
    team.post("/users", {"userId": "without", "email": "without@example.test"})

    assert sign_in(person.email) == "the password is wrong"
    assert sign_in("nobody@example.test") == "no account has this address"
    assert sign_in("without@example.test") == "the account has no password"
    assert log.why(person.patch("/account/password", {"password": "some password"})) == "no old password came"


# Limits


def test_limit_says_which_it_is_and_on_the_local_server_what_lifts_it(api: Api, log: Log) -> None:
    def sign_up(number: int) -> Answer:
        body = {"userId": "unique()", "email": f"a{number}@example.test", "password": PASSWORD}
        return api.post("/account", body)

    *_, last = [sign_up(number) for number in range(11)]
    said = "the most is 10 sign-ups from one client address an hour"

    assert log.why(last) == f"{said}; RATE_LIMITS=off lifts it"
    with container.override("config", dataclasses.replace(settings.config(), stage="dev")):
        assert log.why(sign_up(12)) == said


def test_cooldown_and_budget_of_codes_say_so(people: People, log: Log) -> None:
    person = people.new(email_verified=True, authenticator=True, mfa=True)
    person.challenge("email")
    again = person.post("/account/mfa/challenges", {"factor": "email"})
    assert log.why(again) == "30 seconds between two messages of a kind; RATE_LIMITS=off lifts it"
    for _ in range(2):
        challenge_id = person.challenge("totp")
        for _ in range(5):
            person.answer(challenge_id, WRONG)
    spent = person.answer(person.challenge("totp"), WRONG)
    assert log.why(spent) == "the budget of wrong codes is used up, of the hour or the day; RATE_LIMITS=off lifts it"


# What a client sent


LONG = f"https://{'long.' * 1000}test"
ORIGINS = {
    "http://x": "origin 'http://x' is http: pages beyond loopback need https",
    "https://app.evil.test:8443": "origin 'https://app.evil.test:8443' not in MFA_ORIGINS",
    "appwrite-ios://com.example.other": "origin 'appwrite-ios://com.example.other' not in MFA_ORIGINS",
    "null": "origin null: a file, a sandboxed frame or a redirect",
    "https://ada@example.test": "malformed origin",
    "https://app.test/reset?secret=hush": "malformed origin",
    "https://app.test\x1b[2Jx": "malformed origin",
    "https://app.test GET /v1/account 200": "malformed origin",
    LONG: f"origin '{LONG[:100]}...' not in MFA_ORIGINS",
}


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize(("origin", "reason"), ORIGINS.items())
def test_origin_is_told_and_nothing_else_that_came_in_its_place(
    api: Api, log: Log, method: str, origin: str, reason: str
) -> None:
    listed = dataclasses.replace(settings.config(), origins=("app.example.com",))
    with container.override("config", listed):
        api.call(method, "/account", headers={"Origin": origin})

    entry = log.last()
    assert (entry["type"], entry["reason"]) == ("general_unknown_origin", reason)
    assert entry["route"] == f"{method} /account"
    assert entry["reason"].isprintable()
    assert len(entry["reason"]) < 200


@pytest.mark.parametrize("origin", ["", "http://localhost:3000"])
def test_preflight_that_is_granted_has_no_line(api: Api, caplog: pytest.LogCaptureFixture, origin: str) -> None:
    caplog.set_level(logging.INFO, "chalicelib")
    caplog.clear()

    api.call("OPTIONS", "/account", headers={"Origin": origin} if origin else {})

    assert caplog.records == []


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://app.evil.test/x?userId=ada&secret=hush", "url: host 'app.evil.test' not in MFA_ORIGINS"),
        ("http://app.evil.test/hush", "url: neither a URL with https, or http on loopback, nor a URI of an app that"),
        ("https://ada:hush@localhost/", "url: neither a URL with https"),
        ("https://localhost\n/hush", "url: neither a URL with https"),
        (f"{RETURN_URL}#secret=hush", "Invalid `url` param: URL must not have userId or secret in its fragment"),
    ],
)
def test_of_a_redirect_url_the_host_alone_is_told(person: Person, log: Log, url: str, reason: str) -> None:
    answer = person.post("/account/verifications/email", {"url": url})

    entry = log.last()
    assert (answer.status, entry["status"]) == (400, 400)
    assert entry["reason"].startswith(reason)
    assert "hush" not in str(entry)


def test_unexpected_failure_is_named(person: Person, log: Log) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise LookupError("hush")

    with container.override("dynamodb", _Broken(broken)):
        assert log.why(person.get("/account")) == "LookupError"


class _Broken:
    def __init__(self, call: Callable[..., Any]) -> None:
        self.batch_get_item = call
