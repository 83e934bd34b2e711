"""A browser that has signed in before: how it is known again, and what strangers cannot use up of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from math import inf
from typing import Any

import pytest

from chalicelib.runtime import clock, container, settings
from chalicelib.storage import data_key, limits
from tests.support.api import Answer, Api, TeamApi, assert_refused, at_once
from tests.support.clock import Clock
from tests.support.events import invoke
from tests.support.faults import Faulty, meanwhile, refusal_of_aws
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.refusals import LIMITED
from tests.support.tables import Tables

WRONG = "not the password"
INVALID = (401, "user_invalid_credentials")
DAY = 86_400
Attack = Callable[[Person], None]
HTTPS = {"X-Forwarded-Proto": "https"}
DEVICE = ["a_device_demo_legacy", "a_device_demo"]
SESSION = ["a_session_demo_legacy", "a_session_demo"]


@dataclass
class Browser:
    """Keeps cookies, or where it blocks them, as the SDK does, what the fallback header says."""

    api: Api
    cookies: bool
    kept: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        headers = {**self.headers(), **options.pop("headers", {})}
        answer = self.api.call(method, path, body, headers=headers, **options)
        stored = answer.header("X-Fallback-Cookies")
        if self.cookies:
            for name, value, attributes in cookies_of(answer):
                alive = parsedate_to_datetime(attributes["Expires"]).timestamp() > clock.now() / 1000
                self.kept.pop(name, None) if not alive else self.kept.update({name: value})
        elif stored is not None:
            self.kept = dict(json.loads(stored) or {})
        return answer

    def headers(self) -> dict[str, str]:
        if not self.kept:
            return {}
        if self.cookies:
            return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.kept.items())}
        return {"X-Fallback-Cookies": json.dumps(self.kept)}

    def sign_in(self, person: Person, password: str = PASSWORD) -> Answer:
        return self.call("POST", "/account/sessions/email", {"email": person.email, "password": password})

    def sign_out(self) -> None:
        assert self.call("DELETE", "/account/sessions/current").status == 204

    def at(self, address: str) -> Browser:
        return Browser(self.api.at(address), self.cookies, self.kept)

    @property
    def device(self) -> str:
        return self.kept.get("a_device_demo", "")


def cookies_of(answer: Answer) -> list[tuple[str, str, dict[str, str]]]:
    """Name, value and attributes of each cookie, in order."""
    found = []
    for line in answer.all("Set-Cookie"):
        (name, value), *attributes = (part.partition("=")[::2] for part in line.split("; "))
        found.append((name, value, dict(attributes)))
    return found


def names(answer: Answer) -> list[str]:
    return [name for name, _, _ in cookies_of(answer)]


@pytest.fixture(params=["cookies", "fallback header"])
def browser(api: Api, request: pytest.FixtureRequest) -> Browser:
    return Browser(api, cookies=request.param == "cookies")


@pytest.fixture
def known(browser: Browser, person: Person) -> Browser:
    """The person's browser: signed in once, signed out since."""
    assert browser.sign_in(person).status == 201
    browser.sign_out()
    return browser


def ten_strangers(api: Api, person: Person) -> None:
    """With ten wrong passwords each."""
    for number in range(10):
        for _ in range(10):
            guess = {"email": person.email, "password": WRONG}
            assert_refused(api.at(f"127.0.6.{number}").post("/account/sessions/email", guess), *INVALID)


@pytest.fixture
def attack(tables: Tables) -> Attack:
    """Has strangers use up the wrong passwords of a person's mailbox, by what they would leave behind."""

    def use_up(person: Person) -> None:
        most = settings.config().wrong_passwords_per_email
        counter = limits.Counter(f"{limits.WRONG_PASSWORDS}|email:{person.email}", limits.hour_end(), most)
        tables.change(counter.key, used=most)

    return use_up


# Carriers


def test_sign_in_gives_the_cookies_of_the_device_and_last_the_main_one_of_the_session(api: Api, person: Person) -> None:
    answer = Browser(api, cookies=True).sign_in(person)

    assert names(answer) == [*DEVICE, *SESSION]
    (legacy, main, *_) = cookies_of(answer)
    assert legacy[1] == main[1]
    assert json.loads(answer.header("X-Fallback-Cookies") or "")["a_device_demo"] == main[1]
    assert set(legacy[2]) == {"Expires", "Path", "HttpOnly"}
    assert main[2] == {**legacy[2], "SameSite": "None"}
    assert main[2]["Path"] == "/"
    ends = parsedate_to_datetime(main[2]["Expires"]).timestamp()
    assert abs(ends - clock.now() / 1000 - 180 * DAY) < 2


def test_attributes_are_those_of_the_session(api: Api, person: Person) -> None:
    headers = {**HTTPS, "Host": "api.example.com:443"}
    answer = api.post("/account/sessions/email", {"email": person.email, "password": PASSWORD}, headers=headers)

    for (_, _, device), (_, _, session) in zip(cookies_of(answer)[:2], cookies_of(answer)[2:], strict=True):
        assert {**device, "Expires": ""} == {**session, "Expires": ""}
        assert device["Domain"] == ".api.example.com"
        assert "Secure" in device


@pytest.mark.usefixtures("api")
def test_no_fallback_where_the_cookie_is_enough(person: Person) -> None:
    with container.override("config", replace(settings.config(), origins=("app.example.com",))):
        headers = {"Origin": "https://app.example.com", "Host": "api.example.com:443"}
        body = {"email": person.email, "password": PASSWORD}
        answer = person.api.post("/account/sessions/email", body, headers=headers)

    assert (names(answer), answer.header("X-Fallback-Cookies")) == ([*DEVICE, *SESSION], None)


def test_half_session_makes_a_browser_known_too(people: People, browser: Browser) -> None:
    person = people.new(mfa=True, signed_in=False)

    assert browser.sign_in(person).status == 201
    assert browser.device


def test_wrong_password_makes_no_browser_known(browser: Browser, person: Person) -> None:
    answer = browser.sign_in(person, WRONG)

    assert (answer.status, browser.kept, answer.all("Set-Cookie")) == (401, {}, [])


def test_it_outlives_signing_out(browser: Browser, person: Person) -> None:
    browser.sign_in(person)
    device = browser.device

    browser.sign_out()

    assert device
    kept = set(DEVICE) if browser.cookies else {"a_device_demo"}
    assert browser.kept == dict.fromkeys(kept, device)
    assert_refused(browser.call("GET", "/account"), 401, "general_unauthorized_scope")
    assert browser.call("GET", "/account").header("X-Debug-Fallback") == "true"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/account/sessions", None),
        ("PATCH", "/account/status", None),
        ("DELETE", "/account/sessions/{}", None),
    ],
)
def test_it_outlives_every_way_of_ending_a_session(
    browser: Browser, person: Person, method: str, path: str, body: Any
) -> None:
    session = browser.sign_in(person).json["$id"]
    device = browser.device

    answer = browser.call(method, path.format(session), body)

    assert answer.status < 300
    assert names(answer) == SESSION
    assert set(browser.kept.values()) == {device}


def test_sign_in_by_phone_keeps_it(browser: Browser, people: People) -> None:
    person = people.new(phone_verified=True)
    browser.sign_in(person)
    browser.sign_out()
    device = browser.device
    person.clock.advance(minutes=1)
    user_id = person.api.post("/account/tokens/phone", {"userId": "x", "phone": person.phone}).json["userId"]

    answer = browser.call("POST", "/account/sessions/token", {"userId": user_id, "secret": person.texted_code()})

    assert (answer.status, names(answer)) == (201, SESSION)
    assert browser.device == device


def test_other_sign_ins_make_no_browser_known(browser: Browser, people: People) -> None:
    person = people.new(phone_verified=True, signed_in=False)
    person.clock.advance(minutes=1)
    user_id = person.api.post("/account/tokens/phone", {"userId": "x", "phone": person.phone}).json["userId"]

    browser.call("POST", "/account/sessions/token", {"userId": user_id, "secret": person.texted_code()})

    assert "a_session_demo" in browser.kept
    assert not browser.device


@pytest.mark.parametrize("stored", ["x", "<script>", "1.2.3", "a\r\nSet-Cookie: b=1", "~" * 9, 7, ["x"], None])
def test_only_what_may_be_a_device_comes_back_in_the_header(person: Person, stored: Any) -> None:
    headers = {"X-Fallback-Cookies": json.dumps({"a_device_demo": stored})}

    assert person.delete("/account/sessions/current", headers=headers).header("X-Fallback-Cookies") == "[]"


def test_main_or_legacy_cookie_will_do(api: Api, person: Person, known: Browser, attack: Attack) -> None:
    attack(person)

    for name in DEVICE:
        body = {"email": person.email, "password": PASSWORD}
        cookie = {"Cookie": f"{name}={known.device}"}
        assert api.post("/account/sessions/email", body, headers=cookie).status == 201


def test_project_in_capitals(person: Person, browser: Browser) -> None:
    with container.override("config", replace(settings.config(), project="Demo")):
        body = {"email": person.email, "password": PASSWORD}
        browser.call("POST", "/account/sessions/email", body, project="Demo")
        assert set(browser.kept) == ({*DEVICE, *SESSION} if browser.cookies else {"a_session_Demo", "a_device_Demo"})
        browser.call("DELETE", "/account/sessions/current", project="Demo")
        assert set(browser.kept) == (set(DEVICE) if browser.cookies else {"a_device_Demo"})


# What strangers cannot use up


def test_a_hundred_wrong_passwords_of_ten_strangers_do_not_refuse_the_owners_browser(
    api: Api, person: Person, known: Browser, clock: Clock
) -> None:
    ten_strangers(api, person)

    assert_refused(Browser(api, known.cookies).sign_in(person), *LIMITED)
    for _ in range(3):
        assert known.sign_in(person).status == 201
        known.sign_out()
    clock.advance(minutes=60)
    assert Browser(api, known.cookies).sign_in(person).status == 201


def test_strangers_at_the_owners_own_address_have_the_budget_of_the_address_only(
    api: Api, person: Person, known: Browser
) -> None:
    for _ in range(10):
        assert_refused(api.post("/account/sessions/email", {"email": person.email, "password": WRONG}), *INVALID)
    assert known.sign_in(person).status == 201
    known.sign_out()

    for number in range(50):
        body = {"email": f"spray{number}@example.test", "password": WRONG}
        assert_refused(api.post("/account/sessions/email", body), *INVALID)

    assert_refused(known.sign_in(person), *LIMITED)
    assert known.at("127.0.0.2").sign_in(person).status == 201


def test_device_has_ten_wrong_passwords_an_hour_at_whatever_addresses(
    api: Api, person: Person, known: Browser, clock: Clock
) -> None:
    for number in range(10):
        assert_refused(known.at(f"127.0.7.{number}").sign_in(person, WRONG), *INVALID)

    refused = known.sign_in(person)

    assert_refused(refused, *LIMITED)
    assert (refused.header("X-RateLimit-Limit"), refused.header("X-RateLimit-Remaining")) == ("10", "0")
    assert 0 < int(refused.header("Retry-After") or 0) <= 3600
    assert Browser(api, known.cookies).sign_in(person).status == 201, "it spends nobody else's"
    clock.advance(minutes=60)
    assert known.sign_in(person).status == 201


def test_device_spends_neither_the_mailboxs_budget_nor_its_clients(
    person: Person, known: Browser, tables: Tables
) -> None:
    known.sign_in(person, WRONG)

    counted = [
        item["id"].split("|")[1]
        for item in tables.items("limits")
        if "password" in item["id"] or "sessions/email" in item["id"]
    ]
    assert sorted(bucket.partition(":")[0] for bucket in counted) == ["device", "ip"]


def test_right_password_refills_the_budget_of_the_device(person: Person, known: Browser) -> None:
    for _ in range(9):
        known.sign_in(person, WRONG)
    assert known.sign_in(person).status == 201
    known.sign_out()

    for _ in range(10):
        assert_refused(known.sign_in(person, WRONG), *INVALID)
    assert_refused(known.sign_in(person), *LIMITED)


def test_renewal_does_not_refill_it(person: Person, known: Browser) -> None:
    """A copy of the value from before shares the budget with the one after."""
    before = dict(known.kept)
    known.sign_in(person)
    known.sign_out()
    assert known.kept != before
    for _ in range(10):
        assert_refused(Browser(known.api, known.cookies, before).sign_in(person, WRONG), *INVALID)

    assert_refused(known.sign_in(person), *LIMITED)


@pytest.mark.race
def test_of_wrong_passwords_at_once_ten_are_judged(person: Person, known: Browser) -> None:
    headers = known.headers()
    body = {"email": person.email, "password": WRONG}

    answers = at_once(30, lambda _: person.api.post("/account/sessions/email", body, headers=headers))

    assert Counter(answer.status for answer in answers) == {401: 10, 429: 20}


@pytest.mark.race
def test_right_one_counts_only_within_the_budget_of_the_device(person: Person, known: Browser) -> None:
    """The tenth wrong one is counted while the right one is being judged."""
    headers, body = known.headers(), {"email": person.email, "password": WRONG}

    def guess() -> None:
        for _ in range(10):
            assert_refused(person.api.post("/account/sessions/email", body, headers=headers), *INVALID)

    with meanwhile(guess, times=inf):
        assert_refused(known.sign_in(person), *LIMITED)


# Whom it makes known, and whom not


def test_strangers_own_device_does_not_help_for_another_mailbox(
    api: Api, people: People, person: Person, browser: Browser
) -> None:
    stranger = people.new()
    browser.sign_in(stranger)
    browser.sign_out()
    for _ in range(10):
        assert_refused(browser.sign_in(person, WRONG), *INVALID)

    assert_refused(browser.sign_in(person), *LIMITED)
    assert Browser(api.at("127.0.0.2"), browser.cookies).sign_in(person).status == 201


def test_spellings_of_the_mailbox_are_one(api: Api, person: Person, known: Browser, attack: Attack) -> None:
    attack(person)

    for email in (person.email.upper(), f"  {person.email} ", f"\u00a0{person.email}\r\n"):
        body = {"email": email, "password": PASSWORD}
        assert api.post("/account/sessions/email", body, headers=known.headers()).status == 201


@pytest.mark.parametrize("people_on_it", [2, 5])
def test_several_people_on_one_browser_are_each_known(
    people: People, browser: Browser, people_on_it: int, attack: Attack
) -> None:
    crowd = [people.new(signed_in=False) for _ in range(people_on_it)]
    for person in crowd:
        assert browser.sign_in(person).status == 201
        browser.sign_out()
        attack(person)

    for person in crowd:
        assert browser.sign_in(person).status == 201
        browser.sign_out()


def test_sixth_pushes_out_who_was_there_longest_ago(people: People, browser: Browser, attack: Attack) -> None:
    crowd = [people.new(signed_in=False) for _ in range(6)]
    for person in [crowd[0], crowd[1], *crowd[2:5], crowd[0], crowd[5]]:
        assert browser.sign_in(person).status == 201
        browser.sign_out()
    assert len(browser.device.split("~")) == 5
    attack(crowd[0])
    attack(crowd[1])

    assert browser.sign_in(crowd[0]).status == 201
    browser.sign_out()
    assert_refused(browser.sign_in(crowd[1]), *LIMITED)


@pytest.mark.parametrize("junk", ["~".join(["x"] * 900), "~" * 4000, "~".join(["1.1.1.1.1"] * 400)])
def test_flood_of_values_makes_nobody_known_and_costs_no_sign_in(api: Api, person: Person, junk: str) -> None:
    body = {"email": person.email, "password": PASSWORD}

    answer = api.post("/account/sessions/email", body, headers={"Cookie": f"a_device_demo={junk}"})

    assert answer.status == 201
    assert "~" not in cookies_of(answer)[0][1]


def test_value_is_over_after_its_days(api: Api, person: Person, known: Browser, clock: Clock, attack: Attack) -> None:
    value = dict(known.kept)
    clock.advance(days=180)
    attack(person)

    assert_refused(Browser(api, known.cookies, value).sign_in(person), *LIMITED)


def test_each_sign_in_renews_it_for_as_many_days(person: Person, known: Browser, clock: Clock, attack: Attack) -> None:
    clock.advance(days=179)
    known.sign_in(person)
    known.sign_out()
    clock.advance(days=179)
    attack(person)

    assert known.sign_in(person).status == 201


def test_value_of_an_older_data_key_stays_good(person: Person, known: Browser, attack: Attack, clock: Clock) -> None:
    data_key.add()
    clock.advance(minutes=11)  # until the newer one is in force
    attack(person)

    assert known.device.startswith("1.")
    assert known.sign_in(person).status == 201
    assert known.device.startswith("2.")


# Changes of password and mailbox


def test_change_of_password_ends_what_was_issued_before(person: Person, known: Browser, attack: Attack) -> None:
    """Whoever had the password once has as many guesses at the next one as any stranger."""
    changed = {"password": "battery staple", "oldPassword": PASSWORD}
    assert person.patch("/account/password", changed).status == 200
    attack(person)

    refused = known.sign_in(person, "battery staple")

    assert_refused(refused, *LIMITED)
    assert (refused.header("X-RateLimit-Limit"), refused.header("X-RateLimit-Remaining")) == ("100", "0")


def test_wrong_passwords_of_such_a_device_count_for_mailbox_and_client(
    api: Api, person: Person, known: Browser
) -> None:
    changed = {"password": "battery staple", "oldPassword": PASSWORD}
    assert person.patch("/account/password", changed).status == 200
    for _ in range(10):
        assert_refused(known.sign_in(person, WRONG), *INVALID)

    assert_refused(Browser(api, known.cookies).sign_in(person, "battery staple"), *LIMITED)


def test_many_devices_of_one_who_had_the_password_are_worth_no_more_guesses(
    api: Api, person: Person, browser: Browser
) -> None:
    thieves = []
    for _ in range(3):
        thief = Browser(api, browser.cookies)
        thief.sign_in(person)
        thief.sign_out()
        thieves.append(thief)
    changed = {"password": "battery staple", "oldPassword": PASSWORD}
    assert person.patch("/account/password", changed).status == 200

    statuses = [thieves[number % 3].sign_in(person, WRONG).status for number in range(15)]

    assert statuses == [401] * 10 + [429] * 5


def test_browser_that_changes_the_password_stays_known(person: Person, browser: Browser, attack: Attack) -> None:
    browser.sign_in(person)
    changed = {"password": "battery staple", "oldPassword": PASSWORD}
    answer = browser.call("PATCH", "/account/password", changed)
    assert (answer.status, names(answer)) == (200, DEVICE)
    assert browser.call("GET", "/account").status == 200, "still signed in"
    browser.sign_out()
    attack(person)

    assert browser.sign_in(person, "battery staple").status == 201


def test_browser_that_resets_the_password_stays_known(
    person: Person, known: Browser, run_jobs: Callable[[], int], attack: Attack
) -> None:
    known.call("POST", "/account/recovery", {"email": person.email, "url": RETURN_URL})
    run_jobs()
    proof = {"userId": person.id, "secret": person.mailed_secret(), "password": "battery staple"}
    answer = known.call("PUT", "/account/recovery", proof)
    assert (answer.status, names(answer)) == (200, DEVICE)
    attack(person)

    assert known.sign_in(person, "battery staple").status == 201


def test_browser_that_changes_the_mailbox_is_known_for_the_new_one(
    person: Person, browser: Browser, attack: Attack
) -> None:
    browser.sign_in(person)
    person.email = f"new.{person.email}"
    assert browser.call("PATCH", "/account/email", {"email": person.email, "password": PASSWORD}).status == 200
    browser.sign_out()
    attack(person)

    assert browser.sign_in(person).status == 201


def test_others_get_no_value_with_a_change(person: Person, run_jobs: Callable[[], int]) -> None:
    """A client that keeps one cookie only must not get another one than its session."""
    other = {"password": "battery staple", "oldPassword": PASSWORD}
    answers = [
        person.patch("/account/password", other),
        person.patch("/account/email", {"email": f"new.{person.email}", "password": "battery staple"}),
    ]
    person.email = f"new.{person.email}"
    person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL})
    run_jobs()
    proof = {"userId": person.id, "secret": person.mailed_secret(), "password": PASSWORD}
    answers.append(person.api.put("/account/recovery", proof))

    assert [(answer.status, answer.all("Set-Cookie"), answer.header("X-Fallback-Cookies")) for answer in answers] == [
        (200, [], None)
    ] * 3


def test_who_had_a_mailbox_before_is_a_stranger_to_who_has_it_now(api: Api, people: People, browser: Browser) -> None:
    owner, person = people.new(), people.new()
    mailbox = person.email
    browser.sign_in(person)
    browser.sign_out()
    assert person.patch("/account/email", {"email": f"other.{mailbox}", "password": PASSWORD}).status == 200
    assert owner.patch("/account/email", {"email": mailbox, "password": PASSWORD}).status == 200
    for _ in range(10):
        assert_refused(browser.sign_in(replace(owner, email=mailbox), WRONG), *INVALID)

    assert_refused(Browser(api, browser.cookies).sign_in(replace(owner, email=mailbox)), *LIMITED)


# Servers, and what may fail


def test_rendering_server_may_pass_it_on(team: TeamApi, person: Person, known: Browser) -> None:
    body = {"email": person.email, "password": PASSWORD}

    assert team.post("/account/sessions/email", body, headers=known.headers()).status == 201


@pytest.mark.parametrize("again", [False, True])
def test_sign_in_goes_on_without_the_data_keys(person: Person, known: Browser, again: bool) -> None:
    browser = known if again else Browser(person.api, known.cookies)
    container.forget("data-keys")

    with container.override("kms", Faulty(refusal_of_aws("KMSInternalException"))):
        answer = browser.sign_in(person)

    assert (answer.status, names(answer)) == (201, SESSION)
    assert bool(browser.device) is again, "what the browser has is not lost"


@pytest.mark.usefixtures("api")
def test_app_itself_answers_with_the_main_cookie_last(person: Person) -> None:
    body = json.dumps({"email": person.email, "password": PASSWORD})
    headers = {"X-Appwrite-Project": "demo", "Content-Type": "application/json"}

    answer = invoke("POST", "/account/sessions/email", body, **headers)

    lines = answer["multiValueHeaders"]["Set-Cookie"]
    assert [line.partition("=")[0] for line in lines] == [*DEVICE, *SESSION]


# Recovery


def ask(api: Api, email: str, headers: dict[str, str] | None = None) -> Answer:
    return api.post("/account/recovery", {"email": email, "url": RETURN_URL}, headers=headers or {})


@pytest.mark.parametrize("email", ["", "nobody@example.test"])
def test_one_client_uses_three_recovery_mails_of_a_mailbox_and_leaves_the_rest(
    api: Api, person: Person, email: str, clock: Clock
) -> None:
    email = email or person.email
    spellings = [email, email.upper(), email.replace("@", "+x@"), email]

    assert [ask(api, spelling).status for spelling in spellings] == [201, 201, 201, 429]

    assert [ask(api.at("127.0.0.2"), email).status for _ in range(4)] == [201, 201, 201, 429]
    assert ask(api, "somebody.else@example.test").status == 201
    clock.advance(minutes=60)
    assert ask(api, email).status == 201


@pytest.mark.usefixtures("api")
def test_client_is_a_subscriber(person: Person) -> None:
    def from_address(address: str) -> int:
        body = json.dumps({"email": person.email, "url": RETURN_URL})
        headers = {"X-Appwrite-Project": "demo", "Content-Type": "application/json"}
        status: int = invoke("POST", "/account/recovery", body, source=address, **headers)["statusCode"]
        return status

    assert [from_address(f"2001:db8:1:2::{number}") for number in range(4)] == [201, 201, 201, 429]
    assert from_address("2001:db8:1:3::1") == 201


def test_strangers_who_use_up_the_mailbox_leave_the_owners_browser_its_own(
    api: Api, person: Person, known: Browser, run_jobs: Callable[[], int]
) -> None:
    asked = [ask(api.at(f"127.0.8.{number}"), person.email).status for number in range(4) for _ in range(3)]
    assert asked == [201] * 10 + [429] * 2
    assert_refused(ask(api, person.email), *LIMITED)
    run_jobs()
    person.inbox.clear()
    person.clock.advance(minutes=1)

    answers = [ask(api, person.email, known.headers()) for _ in range(4)]

    assert [answer.status for answer in answers] == [201, 201, 201, 429]
    assert run_jobs() == 3
    assert len(person.mails()) == 1


def test_devices_of_a_mailbox_have_ten_mails_together(api: Api, person: Person) -> None:
    """Whoever had the password once may have as many devices as he likes."""
    statuses = []
    for number in range(4):
        browser = Browser(api.at(f"127.0.9.{number}"), cookies=True)
        browser.sign_in(person)
        statuses += [ask(browser.api, person.email, browser.headers()).status for _ in range(3)]

    assert statuses == [201] * 10 + [429] * 2
    assert ask(api, person.email).status == 201


def test_devices_of_one_client_have_three_mails_of_a_mailbox_together(
    api: Api, people: People, person: Person, clock: Clock
) -> None:
    """With the password once, one client would use up what all known browsers of the mailbox have."""
    spellings = [person.email, person.email.upper(), f" {person.email}", person.email]
    browsers = [Browser(api.at("127.0.9.1"), cookies=True) for _ in spellings]
    for browser in browsers:
        browser.sign_in(person)

    asked = [ask(each.api, email, each.headers()) for each, email in zip(browsers, spellings, strict=True)]

    assert [answer.status for answer in asked] == [201, 201, 201, 429]
    assert asked[-1].header("X-RateLimit-Limit") == "3"
    elsewhere = browsers[0].api.at("127.0.9.2")
    assert [ask(elsewhere, person.email, browsers[3].headers()).status for _ in range(4)] == [201, 201, 201, 429]
    somebody = people.new()
    browsers[0].sign_in(somebody)
    assert ask(browsers[0].api, somebody.email, browsers[0].headers()).status == 201, "of another mailbox"
    clock.advance(minutes=60)
    assert ask(browsers[3].api, person.email, browsers[3].headers()).status == 201


def test_device_has_three_mails_at_whatever_addresses(api: Api, person: Person, known: Browser) -> None:
    asked = [ask(api.at(f"127.0.9.{number}"), person.email, known.headers()).status for number in range(4)]

    assert asked == [201, 201, 201, 429]


def test_strangers_at_the_owners_address_leave_the_owners_browser_its_own(
    api: Api, person: Person, known: Browser
) -> None:
    assert [ask(api, person.email).status for _ in range(4)] == [201, 201, 201, 429]

    assert [ask(api, person.email, known.headers()).status for _ in range(4)] == [201, 201, 201, 429]


def test_device_of_another_mailbox_is_nobodys(api: Api, people: People, person: Person, browser: Browser) -> None:
    browser.sign_in(people.new())

    assert [ask(api, person.email, browser.headers()).status for _ in range(4)] == [201, 201, 201, 429]
    assert ask(api, person.email).status == 429
