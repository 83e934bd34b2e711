"""Owners hear what happens to their accounts: what, when, from where, what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from typing import Any

import pytest

from chalicelib.audit.acts import NOTICES, Kind
from chalicelib.audit.notices import send
from chalicelib.delivery.words import words
from chalicelib.errors import ApiError
from chalicelib.runtime import container, settings
from chalicelib.storage import keys, limits
from chalicelib.storage.limits import Counter, Full
from chalicelib.units import DAY_S, HOUR_S
from infra.local.inbox import Entry
from tests.conftest import Jobs
from tests.support.api import KEY, Answer, TeamApi, assert_refused
from tests.support.clock import Clock
from tests.support.faults import Faulty, refusal_of_aws
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.tables import Tables, allow_passkeys

WHAT: dict[str, Any] = {
    "at": 0,
    "left": 0,
    "address": "192.0.2.1",
    **dict.fromkeys(("name", "country", "locale", "device"), ""),
}
"""What a job says besides who hears which notice."""
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
PHONE = "+4915112345678"


@pytest.fixture
def owner(people: People, tables: Tables, clock: Clock) -> Person:
    """Somebody with a verified mailbox, every factor and MFA in force, who has just passed a challenge."""
    allow_passkeys(tables, clock)
    person = people.new(email_verified=True, authenticator=True, recovery_codes=True, mfa=True)
    person.pass_challenge()
    person.clock.advance(seconds=60)
    return person


def notices(person: Person, run_jobs: Jobs, act: Callable[[], Any]) -> list[Entry]:
    """What the act has told anybody, newest first."""
    run_jobs()
    person.inbox.clear()
    act()
    run_jobs()
    return person.inbox.messages()


def use_recovery_code(person: Person) -> None:
    person.pass_challenge("recoveryCode")


def remove_passkey(person: Person) -> None:
    [passkey] = person.get("/account/passkeys").json["passkeys"]
    assert person.delete(f"/account/passkeys/{passkey['$id']}").status == 204


ACTS: dict[Kind, tuple[str, Callable[[Person], Any]]] = {
    Kind.PASSWORD_CHANGED: (
        "password was changed",
        lambda p: p.patch("/account/password", {"password": "battery staple", "oldPassword": PASSWORD}),
    ),
    Kind.PHONE_CHANGED: (
        "phone number of your Demo account was changed",
        lambda p: p.patch("/account/phone", {"phone": PHONE, "password": PASSWORD}),
    ),
    Kind.MFA_ON: ("Two-step verification was switched on", lambda p: p.switch_mfa(True)),
    Kind.MFA_OFF: ("Two-step verification was switched off", lambda p: p.switch_mfa(False)),
    Kind.AUTHENTICATOR_REMOVED: (
        "authenticator app was removed",
        lambda p: p.delete("/account/mfa/authenticators/totp"),
    ),
    Kind.PASSKEY_ADDED: ("A passkey was added", Person.enrol_passkey),
    Kind.PASSKEY_REMOVED: ("A passkey was removed", remove_passkey),
    Kind.RECOVERY_CODES_MADE: ("New recovery codes were created", lambda p: p.patch("/account/mfa/recovery-codes")),
    Kind.RECOVERY_CODE_USED: ("Codes left: 9", use_recovery_code),
}


@pytest.mark.parametrize("kind", ACTS, ids=lambda kind: kind.name)
def test_owner_hears_of_it_with_time_address_device_and_advice(owner: Person, run_jobs: Jobs, kind: Kind) -> None:
    if kind is Kind.PASSKEY_REMOVED:
        owner.enrol_passkey()
    if kind is Kind.MFA_ON:  # which is told where it was off
        assert owner.switch_mfa(False).status == 200
        run_jobs()
    text, act = ACTS[kind]
    moment = datetime.fromtimestamp(owner.clock(), timezone.utc)
    owner.api = owner.api.at("127.0.0.9", CHROME)

    [told] = notices(owner, run_jobs, lambda: act(owner))

    subject = f"{words('en').notices[NOTICES[kind]].headline}: security notice for Demo"
    assert (told.channel, told.to, told.subject) == ("email", owner.email, subject)
    for part in (told.text, told.html):
        assert text in part
        assert f"Time: {moment:%Y-%m-%d %H:}" in part
        assert "IP address: 127.0.0.9" in part
        assert "Device: Chrome, Windows" in part
        assert "reset your password" in part
    assert told.code == ""


def test_new_authenticator_and_new_number_are_told(people: People, run_jobs: Jobs) -> None:
    person = people.new(email_verified=True)
    [told] = notices(person, run_jobs, person.enrol_authenticator)
    assert "An authenticator app was added" in told.text

    person.set_phone()
    received = notices(person, run_jobs, person.verify_phone)
    assert [message.to for message in received] == [person.email, person.phone]
    assert "A phone number was verified" in received[0].text


def test_reset_by_mail_is_told(owner: Person, run_jobs: Jobs) -> None:
    owner.api.post("/account/recovery", {"email": owner.email, "url": RETURN_URL})
    run_jobs()
    secret = owner.mailed_secret()
    proof = {"userId": owner.id, "secret": secret, "password": "battery staple"}

    [told] = notices(owner, run_jobs, lambda: owner.api.put("/account/recovery", proof))

    assert "password was reset by a link or a code" in told.text


def test_change_of_mailbox_is_told_to_the_old_one_and_the_new_one(owner: Person, run_jobs: Jobs) -> None:
    body = {"email": "new@example.test", "password": PASSWORD}

    told = notices(owner, run_jobs, lambda: owner.patch("/account/email", body))

    assert sorted(message.to for message in told) == sorted([owner.email, "new@example.test"])
    assert all("email address of your Demo account was changed" in message.text for message in told)
    advice = {message.to: message.text.partition("If it was not, ")[2] for message in told}
    assert advice["new@example.test"].startswith("reset your password at once")
    assert advice[owner.email].startswith(
        "tell the team of Demo at once: from this mailbox the password can no longer be"
    )
    assert "reset your password" not in advice[owner.email]


@pytest.mark.parametrize(("path", "body"), [("", {"url": RETURN_URL}), ("/otp", {})], ids=["link", "code"])
def test_owner_hears_that_mfa_waits_for_a_first_factor(
    person: Person, run_jobs: Jobs, path: str, body: dict[str, str]
) -> None:
    """Once it is there, sessions lack a second factor: those elsewhere at once."""
    [told] = notices(person, run_jobs, lambda: person.switch_mfa(True))
    assert told.subject == "Two-step verification waits for a factor: security notice for Demo"
    assert "begins with the first factor" in told.text

    [proof] = notices(person, run_jobs, lambda: person.post(f"/account/verifications/email{path}", body))
    assert "Two-step verification is on for your account and begins with this." in proof.text


def test_team_that_switches_mfa_off_does_not_do_it_silently(owner: Person, team: TeamApi, run_jobs: Jobs) -> None:
    for act, text in (
        (lambda: team.patch(f"/users/{owner.id}/mfa", {"mfa": False}), "switched off"),
        (lambda: team.delete(f"/users/{owner.id}/mfa/authenticators/totp"), "removed"),
    ):
        [told] = notices(owner, run_jobs, act)
        assert text in told.text


# Who hears


def test_without_a_verified_mailbox_the_verified_number_hears_it(people: People, run_jobs: Jobs) -> None:
    person = people.new(phone_verified=True)

    [told] = notices(person, run_jobs, person.enrol_authenticator)

    assert (told.channel, told.to) == ("sms", person.phone)
    assert told.text.startswith("Demo: Authenticator app added, 2")
    assert " UTC from 127.0.0.1" in told.text
    assert len(told.text) <= 160


def test_the_old_number_hears_of_the_new_one(people: People, run_jobs: Jobs) -> None:
    person = people.new(phone_verified=True)
    old = person.phone

    [told] = notices(person, run_jobs, lambda: person.set_phone(PHONE))

    assert (told.channel, told.to) == ("sms", old)


def test_with_nothing_verified_the_mailbox_hears_it(person: Person, run_jobs: Jobs) -> None:
    [told] = notices(person, run_jobs, person.enrol_authenticator)

    assert told.to == person.email


def test_account_without_an_address_is_told_nothing(api: Any, team: TeamApi, person: Person, run_jobs: Jobs) -> None:
    team.post("/users", {"userId": "bare"})

    assert notices(person, run_jobs, lambda: team.patch("/users/bare/mfa", {"mfa": True})) == []


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de", "hinzugefügt"),
        ("fr-CA", "a été ajoutée"),
        ("es", "Se ha añadido"),
        ("ar-EG", "تمت إضافة"),
        ("xx", "was added"),
    ],
)
def test_in_the_language_of_the_request(person: Person, run_jobs: Jobs, locale: str, text: str) -> None:
    headers = {"X-Appwrite-Locale": locale}
    person.begin_authenticator()
    body = {"otp": person.totp_code()}

    [told] = notices(person, run_jobs, lambda: person.put("/account/mfa/authenticators/totp", body, headers=headers))

    assert text in told.text


@pytest.mark.parametrize("agent", ["evil.example/1.0 http://evil.example", "<b>x</b>", "", "a" * 600])
def test_user_agent_of_a_stranger_is_no_text_of_ours(person: Person, run_jobs: Jobs, agent: str) -> None:
    person.begin_authenticator()
    body = {"otp": person.totp_code()}

    [told] = notices(
        person,
        run_jobs,
        lambda: person.put("/account/mfa/authenticators/totp", body, headers={"User-Agent": agent}),
    )

    assert "Device: Unknown" in told.text
    assert "evil" not in told.text + told.html


# Repeated wrong second factors


def wrong_answers(person: Person, count: int) -> None:
    for _ in range(count):
        person.answer(person.challenge("totp"), "000000")


def test_owner_hears_once_when_the_budget_of_wrong_answers_is_gone(owner: Person, run_jobs: Jobs) -> None:
    assert notices(owner, run_jobs, lambda: wrong_answers(owner, 9)) == []

    [told] = notices(owner, run_jobs, lambda: wrong_answers(owner, 1))

    assert "too many wrong verification codes" in told.text
    assert notices(owner, run_jobs, lambda: wrong_answers(owner, 5)) == []


def test_storm_that_goes_on_is_told_again_in_the_next_hour(owner: Person, run_jobs: Jobs) -> None:
    wrong_answers(owner, 10)
    run_jobs()
    owner.clock.advance(minutes=61)
    owner.sign_in()

    told = notices(owner, run_jobs, lambda: wrong_answers(owner, 15))

    assert len(told) == 1


# Sign-in on a device that has not been seen


def test_sign_in_on_a_new_device_is_told_where_the_project_wants_it(
    people: People, team: TeamApi, run_jobs: Jobs
) -> None:
    person = people.new(email_verified=True)

    def sign_in(agent: str) -> Callable[[], Answer]:
        body = {"email": person.email, "password": person.password}
        return lambda: person.api.post("/account/sessions/email", body, headers={"User-Agent": agent})

    assert notices(person, run_jobs, sign_in(CHROME.replace("Windows NT 10.0; Win64; x64", "X11; Linux x86_64"))) == []
    team.patch("/project/policies/session-alert", {"enabled": True})

    [told] = notices(person, run_jobs, sign_in(CHROME))

    assert told.subject.startswith("Security alert: new session")
    for part in ("New login detected on Demo", "IP address: 127.0.0.1", "Country: Unknown", "Device: Chrome, Windows"):
        assert part in told.text
    assert notices(person, run_jobs, sign_in(CHROME.replace("131", "132"))) == []


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize(
    ("locale", "line"), [("", "Country: Germany"), ("de-AT", "Land: Deutschland"), ("ar", "البلد: ألمانيا")]
)
def test_country_is_told_where_the_platform_tells_it(owner: Person, locale: str, line: str) -> None:
    send("new_device", owner.id, "email", owner.email, **{**WHAT, "locale": locale}, from_country="de")

    assert line in re.sub("[\u2068\u2069]", "", owner.inbox.messages()[0].text).splitlines()


def test_first_device_of_all_is_no_news(people: People, team: TeamApi, run_jobs: Jobs) -> None:
    team.patch("/project/policies/session-alert", {"enabled": True})
    body = {"userId": "ada", "email": "ada@example.test", "password": PASSWORD}
    assert team.post("/users", body).status == 201
    stranger = people.new()

    assert notices(stranger, run_jobs, lambda: stranger.api.post("/account/sessions/email", body)) == []


# What goes wrong


def test_notice_that_cannot_be_queued_fails_no_request(owner: Person) -> None:
    with container.override("sqs", Faulty(refusal_of_aws("InternalError"))):
        answer = owner.switch_mfa(False)

    assert answer.status == 200
    assert owner.get("/account").json["mfa"] is False


@pytest.mark.usefixtures("api")
def test_notice_that_cannot_be_sent_now_can_be_sent_later(owner: Person) -> None:
    """The queue hands a failed job out again: that it was counted must not stop it."""
    job = partial(send, "guesses_spent", owner.id, "email", owner.email, **WHAT)
    with container.override("sesv2", Faulty(refusal_of_aws("TooManyRequestsException"))), pytest.raises(ApiError):
        job()
    owner.inbox.clear()

    job()
    job()

    assert len(owner.inbox.messages()) == 1


# Refused as SMS


@pytest.fixture
def reachable(people: People, run_jobs: Jobs) -> Person:
    """Somebody with a verified number and an unverified mailbox that has had no notice today."""
    person = people.new(phone_verified=True)
    run_jobs()
    person.clock.advance(days=1)
    return person


def move_to_premium(person: Person, tables: Tables) -> None:
    tables.change(keys.user(person.id), phone="+499001234567")


def use_up_the_hour(person: Person, tables: Tables) -> None:
    hour = limits.window_end(int(person.clock()), HOUR_S)
    tables.put({Counter(f"sms|notice|user:{person.id}", hour, 0).key: {"used": 5}})


def use_up_the_day(person: Person, tables: Tables) -> None:
    tables.put({Counter("sms|all", limits.window_end(int(person.clock()), DAY_S), 0).key: {"used": 1000}})


REFUSALS: dict[str, tuple[Callable[[Person, Tables], None], dict[str, Any]]] = {
    "too many in this hour": (use_up_the_hour, {}),
    "the ceiling of the day": (use_up_the_day, {}),
    "a number that cannot be mobile": (move_to_premium, {}),
    "SMS switched off": (lambda person, tables: None, {"sms": False}),
    "a country that is not served": (lambda person, tables: None, {"sms_countries": ("fr",)}),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_cannot_be_told_by_sms_is_told_by_mail(
    reachable: Person, tables: Tables, run_jobs: Jobs, refusal: str
) -> None:
    prepare, changed = REFUSALS[refusal]
    prepare(reachable, tables)

    with container.override("config", replace(settings.config(), **changed)):
        [told] = notices(reachable, run_jobs, reachable.enrol_authenticator)

    assert (told.channel, told.to) == ("email", reachable.email)
    assert "An authenticator app was added" in told.text


def test_notice_that_aws_refuses_as_sms_goes_by_mail_and_that_it_cannot_take_now_waits(reachable: Person) -> None:
    reachable.inbox.clear()
    number, mailbox = reachable.phone, reachable.email
    job = partial(send, "mfa_off", reachable.id, "phone", number, **WHAT, mailbox=mailbox)
    with container.override("sns", Faulty(refusal_of_aws("Throttled"))), pytest.raises(ApiError):
        job()
    assert reachable.inbox.messages() == []

    with container.override("sns", Faulty(refusal_of_aws("OptedOut"))):
        job()

    assert [message.to for message in reachable.inbox.messages()] == [mailbox]
    job()
    assert sorted(message.to for message in reachable.inbox.messages()) == sorted([number, mailbox])


def test_notice_that_is_refused_as_sms_where_there_is_no_mailbox_is_no_success(reachable: Person) -> None:
    with container.override("sns", Faulty(refusal_of_aws("OptedOut"))), pytest.raises(ApiError):
        send("mfa_off", reachable.id, "phone", reachable.phone, **WHAT)


def test_change_of_an_unverified_mailbox_is_told_to_the_verified_number_too(reachable: Person, run_jobs: Jobs) -> None:
    body = {"email": "new@example.test", "password": PASSWORD}

    told = notices(reachable, run_jobs, lambda: reachable.patch("/account/email", body))

    expected = [reachable.phone, reachable.email, "new@example.test"]
    assert sorted(message.to for message in told) == sorted(expected)


@pytest.mark.parametrize("flag", ["phone", "email"])
def test_flag_of_an_address_that_is_not_there_hides_no_notice(
    people: People, tables: Tables, run_jobs: Jobs, flag: str
) -> None:
    person = people.new(phone_verified=flag == "email")
    tables.change(keys.user(person.id), **{f"{flag}_verified": True})
    if flag == "email":
        tables.remove(keys.user(person.id), "email")

    [told] = notices(person, run_jobs, person.enrol_authenticator)

    assert told.to == (person.email if flag == "phone" else person.phone)


# How many


def new_codes(team: TeamApi, person: Person, count: int = 1) -> None:
    """Give the person recovery codes, so many times in place of others: an act that anybody may repeat."""
    path = f"/users/{person.id}/mfa/recovery-codes"
    team.patch(path)
    for _ in range(count):
        assert team.put(path).status == 200


def test_notices_of_one_kind_are_ten_an_hour(people: People, team: TeamApi, run_jobs: Jobs) -> None:
    """Over all accounts of a mailbox, however each spells it."""
    crowd = [people.new(email=email, email_verified=True) for email in ("ann@gmail.com", "a.n.n+shop@googlemail.com")]

    def act() -> None:
        for person in crowd:
            new_codes(team, person, 6)

    assert len(notices(crowd[0], run_jobs, act)) == 10
    crowd[0].clock.advance(minutes=60)
    assert len(notices(crowd[0], run_jobs, lambda: new_codes(team, crowd[1]))) == 1


def test_notices_to_one_number_are_ten_of_a_kind_an_hour_whoevers_it_was(people: People) -> None:
    person = people.new()
    with container.override("config", replace(settings.config(), sms_per_user=100, sms_per_number=100)):
        for number in range(12):
            send("mfa_off", f"user-{number % 3}", "phone", "+4915112345678", **WHAT)

    assert len(person.inbox.messages("+4915112345678")) == 10


SPELLINGS = ("ann@gmail.com", "an.n@gmail.com", "ann+1@gmail.com", "a.nn+2@googlemail.com")


def test_stranger_with_many_accounts_sends_one_notice_a_day_to_a_mailbox(
    people: People, team: TeamApi, run_jobs: Jobs
) -> None:
    crowd = [people.new(email=email) for email in SPELLINGS]

    def act() -> None:
        for person in crowd:
            person.enrol_authenticator()
            person.create_recovery_codes()

    [told] = notices(crowd[0], run_jobs, act)
    assert told.to == SPELLINGS[0]
    crowd[0].clock.advance(days=1)

    assert len(notices(crowd[0], run_jobs, lambda: new_codes(team, crowd[1], 2))) == 1


def test_account_sends_three_notices_a_day_to_whatever_unverified_mailboxes(people: People, run_jobs: Jobs) -> None:
    person = people.new()

    def act() -> None:
        for number in range(5):
            body = {"email": f"victim{number}@example.test", "password": PASSWORD}
            assert person.patch("/account/email", body).status == 200

    assert len(notices(person, run_jobs, act)) == 3


def test_new_mailbox_counts_as_unverified_the_old_one_is_told_all_the_same(people: People, run_jobs: Jobs) -> None:
    stranger = people.new(email=SPELLINGS[0])
    assert len(notices(stranger, run_jobs, stranger.enrol_authenticator)) == 1
    person = people.new(email_verified=True)
    body = {"email": SPELLINGS[2], "password": PASSWORD}

    [told] = notices(person, run_jobs, lambda: person.patch("/account/email", body))

    assert told.to == person.email


def test_notices_caused_by_strangers_leave_the_owner_of_the_mailbox_all_of_hers(
    people: People, team: TeamApi, run_jobs: Jobs
) -> None:
    owner = people.new(email=SPELLINGS[0], email_verified=True)
    crowd = [people.new(email=email) for email in SPELLINGS[1:]]

    def act() -> None:
        for person in [*crowd, owner]:
            new_codes(team, person, 9)

    told = notices(owner, run_jobs, act)

    assert [message.to for message in told] == [owner.email] * 10 + [SPELLINGS[1]]


def test_sms_that_is_refused_does_not_open_the_mailbox_of_a_stranger(
    reachable: Person, team: TeamApi, run_jobs: Jobs
) -> None:
    with container.override("config", replace(settings.config(), sms=False)):
        [told] = notices(reachable, run_jobs, lambda: new_codes(team, reachable, 3))

    assert told.to == reachable.email


DEVICES = [
    "Windows NT 10.0; Win64; x64",
    "X11; Linux x86_64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "Linux; Android 10; K",
]


def test_sign_ins_on_new_devices_do_not_use_up_the_notices_of_a_take_over(
    people: People, reachable: Person, team: TeamApi, run_jobs: Jobs
) -> None:
    team.patch("/project/policies/session-alert", {"enabled": True})
    unverified = people.new()

    def sign_ins(person: Person) -> list[Entry]:
        def sign_in(device: str) -> int:
            body = {"email": person.email, "password": person.password}
            agent = CHROME.replace(DEVICES[0], device)
            return person.api.post("/account/sessions/email", body, headers={"User-Agent": agent}).status

        return notices(person, run_jobs, lambda: [sign_in(device) for device in DEVICES])

    assert sign_ins(unverified) == []
    [told] = notices(unverified, run_jobs, unverified.enrol_authenticator)
    assert told.to == unverified.email
    assert [message.to for message in sign_ins(reachable)] == [reachable.phone] * 2
    [told] = notices(reachable, run_jobs, reachable.enrol_authenticator)
    assert told.to == reachable.phone


@pytest.mark.race
def test_one_notice_goes_to_an_unverified_mailbox_however_many_go_at_once(people: People) -> None:
    person = people.new()

    def job(number: int) -> None:
        with suppress(Full):
            send("mfa_off", f"user-{number}", "email", "ann@gmail.com", **WHAT, proven=False)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(job, range(8)))

    assert len(person.inbox.messages("ann@gmail.com")) == 1


def test_only_notice_of_a_day_is_not_used_up_by_one_that_could_not_be_sent(people: People) -> None:
    person = people.new()
    with container.override("sesv2", Faulty(refusal_of_aws("MessageRejected"))), pytest.raises(ApiError):
        send("mfa_off", "user-1", "email", "ann@gmail.com", **WHAT, proven=False)

    send("mfa_off", "user-2", "email", "an.n@gmail.com", **WHAT, proven=False)

    assert len(person.inbox.messages("an.n@gmail.com")) == 1


# Nothing to tell


@pytest.mark.parametrize("by_team", [False, True])
def test_authenticator_that_never_was_a_factor_goes_silently(
    people: People, team: TeamApi, run_jobs: Jobs, by_team: bool
) -> None:
    person = people.new(email_verified=True)
    person.pass_challenge("email")
    person.begin_authenticator()

    def remove() -> None:
        path = "mfa/authenticators/totp"
        answer = team.delete(f"/users/{person.id}/{path}") if by_team else person.delete(f"/account/{path}")
        assert answer.status == 204

    assert notices(person, run_jobs, remove) == []


@pytest.mark.parametrize("by_team", [False, True])
def test_deletion_is_told_with_advice_that_can_be_followed(
    owner: Person, team: TeamApi, run_jobs: Jobs, by_team: bool
) -> None:
    def delete() -> None:
        answer = team.delete(f"/users/{owner.id}") if by_team else owner.delete("/account")
        assert answer.status == 204

    [told] = notices(owner, run_jobs, delete)

    assert told.to == owner.email
    assert "Your Demo account was deleted" in told.text
    assert "tell the team of Demo" in told.text
    assert "password" not in told.text


def test_every_notice_is_tried_here() -> None:
    """By the table above or by a test of its own."""
    alone = {
        Kind.PASSWORD_RESET,
        Kind.EMAIL_CHANGED,
        Kind.PHONE_VERIFIED,
        Kind.MAILBOX_TAKES_OVER,
        Kind.AUTHENTICATOR_ADDED,
        Kind.RECOVERY_CODES_VOIDED,
        Kind.GUESSES_SPENT,
        Kind.SIGNED_IN_ON_NEW_DEVICE,
        Kind.USER_DELETED,
    }
    assert set(NOTICES) == {*ACTS, *alone}


def test_refused_act_is_not_told(owner: Person, run_jobs: Jobs) -> None:
    def wrong() -> None:
        body = {"password": "battery staple", "oldPassword": "not the password"}
        assert_refused(owner.patch("/account/password", body), 401, "user_invalid_credentials")
        assert_refused(
            owner.api.patch(f"/users/{owner.id}/mfa", {"mfa": "no"}, key=KEY), 400, "general_argument_invalid"
        )

    assert notices(owner, run_jobs, wrong) == []


@pytest.mark.parametrize("team_asks", [True, False])
def test_only_the_team_can_bring_something_in_quietly(
    owner: Person, team: TeamApi, run_jobs: Jobs, team_asks: bool
) -> None:
    quiet = {"X-MFA-Notices": "off"}

    def act() -> Answer:
        if team_asks:
            return team.patch(f"/users/{owner.id}/mfa", {"mfa": False}, headers=quiet)
        return owner.patch("/account/mfa", {"mfa": False}, headers=quiet)

    owner.pass_challenge()
    told = notices(owner, run_jobs, act)

    assert [entry.to for entry in told] == ([] if team_asks else [owner.email])
    assert team.get(f"/users/{owner.id}/logs").json["logs"][0]["event"] == "user.update.mfa.off"
