"""A session goes over to an app on another site, once, within a minute, and to nobody else (attacks 158 to 167)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.exceptions import InvalidTag

from chalicelib.runtime import container, settings
from chalicelib.runtime.settings import Config
from chalicelib.security import encryption
from chalicelib.sessions import secret
from chalicelib.storage import keys
from infra.local.inbox import Inbox
from tests.support.api import Answer, Api, TeamApi, assert_refused, session_value
from tests.support.faults import meanwhile
from tests.support.handovers import CHALLENGE, VERIFIER, ask, challenge_of, offer, take_over
from tests.support.person import ORIGIN, RETURN_URL, People, Person
from tests.support.tables import Tables
from tests.support.tokens import bearer

APP_LINK = "com.example.app:/signed-in"
IOS, ANDROID = "appwrite-ios://com.example.app", "appwrite-android://com.example.app"


def configured(*origins: str) -> Config:
    return dataclasses.replace(settings.config(), origins=origins)


def handed_over(tables: Tables) -> list[str]:
    """What stands on its way in the table."""
    return [item["id"] for item in tables.items("challenges") if item["id"].startswith("handover#")]


def assert_spent(api: Api, code: str) -> None:
    assert_refused(take_over(api, code), 401, "user_invalid_token")


# Handed over


def test_app_gets_the_same_session_with_its_factors(people: People, api: Api) -> None:
    person = people.new(mfa=True)
    person.pass_challenge("totp")
    shown = person.get("/account/sessions/current").json
    assert shown["factors"] == ["password", "totp"]
    assert shown["mfaUpdatedAt"]

    answer = take_over(api, offer(person))

    assert answer.status == 201
    assert answer.json == shown
    value = session_value(answer)
    assert api.get("/account", session=value).json == person.get("/account").json
    assert person.get("/account/sessions").json["total"] == 1
    assert api.get("/account/mfa/recovery-codes", session=value).status == 404, "its challenge is as recent"


def test_page_that_offered_it_stays_signed_in_and_both_end_together(person: Person, api: Api) -> None:
    value = session_value(take_over(api, offer(person)))
    assert person.get("/account").status == 200

    assert api.delete("/account/sessions/current", session=value).status == 204

    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")


def test_it_comes_by_the_cookies_and_the_fallback_of_every_session(person: Person, api: Api) -> None:
    answer = take_over(api, offer(person))

    value = session_value(answer)
    cookies = answer.all("Set-Cookie")
    assert [cookie.partition("=")[0] for cookie in cookies] == ["a_session_demo_legacy", "a_session_demo"]
    assert all("HttpOnly" in cookie for cookie in cookies)
    assert json.loads(answer.header("X-Fallback-Cookies") or "") == {"a_session_demo": value}
    assert answer.json["secret"] == ""


@pytest.mark.parametrize("before", ["the same", "another's", "half"])
def test_whoever_is_signed_in_may_take_one_over(people: People, person: Person, api: Api, before: str) -> None:
    """Where browsers send the cookie to other sites, too, the page's own session comes with the request."""
    other = people.new(mfa=True)
    held = {"the same": person.session, "another's": other.session, "half": other.sign_in()}[before]

    answer = take_over(api, offer(person), session=held)

    assert answer.json["$id"] == person.session_id()


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        (RETURN_URL, f"{RETURN_URL}?code=C&state=S"),
        (f"{ORIGIN}/in?a=b&code=x&State=y&userId=z#top", f"{ORIGIN}/in?a=b&userId=z&code=C&state=S#top"),
        (f"{ORIGIN}/#/in?a=b", f"{ORIGIN}/?code=C&state=S#/in?a=b"),
    ],
)
def test_browser_goes_to_the_app_with_one_code_and_the_state(person: Person, url: str, sent: str) -> None:
    answer = ask(person, url, state="x & y")

    assert answer.json["url"].replace(answer.json["code"], "C").replace("x+%26+y", "S") == sent


def test_without_a_state_there_is_none(person: Person) -> None:
    answer = ask(person)

    assert dict(parse_qsl(urlsplit(answer.json["url"]).query)) == {"code": answer.json["code"]}


def test_native_app_takes_one_over_with_the_origin_of_its_sdk(person: Person, api: Api) -> None:
    with container.override("config", configured(APP_LINK, IOS, ANDROID, "localhost")):
        for origin in (IOS, ANDROID):
            assert take_over(api, offer(person, APP_LINK), origin=origin).status == 201
        for origin in (ORIGIN, ""):
            assert_refused(take_over(api, offer(person, APP_LINK), origin=origin), 401, "user_invalid_token")
        assert_refused(take_over(api, offer(person), origin=IOS), 401, "user_invalid_token")


def test_rendering_server_gets_the_session_in_the_answer(person: Person, team: TeamApi) -> None:
    body = {"code": offer(person), "verifier": VERIFIER}

    answer = team.post("/account/sessions/handover", body, headers={"Origin": ORIGIN})

    assert answer.json["secret"] == person.session


# Once, and for a minute


def test_code_works_once(person: Person, api: Api, tables: Tables) -> None:
    code = offer(person)
    assert take_over(api, code).status == 201

    assert_spent(api, code)
    assert handed_over(tables) == []


def test_code_lives_a_minute(person: Person, api: Api) -> None:
    early, late = offer(person), offer(person)
    person.clock.advance(seconds=59)
    assert take_over(api, early).status == 201

    person.clock.advance(seconds=1)

    assert_spent(api, late)


def test_code_that_is_used_between_look_and_use_is_refused(person: Person, api: Api) -> None:
    code = offer(person)

    with meanwhile(lambda: take_over(api, code), of="handover#"):
        answer = take_over(api, code)

    assert_refused(answer, 401, "user_invalid_token")


# To nobody else


WRONG: dict[str, dict[str, str]] = {
    "another verifier": {"verifier": VERIFIER[:-1] + "l"},
    "the challenge as verifier": {"verifier": CHALLENGE},
    "another page of the project": {"origin": "http://localhost:3001"},
    "the same page over https": {"origin": "https://localhost:3000"},
    "another name of the same machine": {"origin": "http://127.0.0.1:3000"},
    "an app": {"origin": IOS},
    "no origin": {"origin": ""},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_whoever_else_has_the_code_gets_nothing_and_uses_it_up(
    person: Person, api: Api, tables: Tables, team: TeamApi, wrong: dict[str, str]
) -> None:
    code = offer(person)

    with container.override("config", configured("localhost", IOS)):
        assert_refused(take_over(api, code, **wrong), 401, "user_invalid_token")

    assert handed_over(tables) == []
    assert_spent(api, code)
    newest = team.get(f"/users/{person.id}/logs").json["logs"][0]
    assert newest["event"] == "handover.fail"


def test_page_that_is_not_the_projects_uses_nothing_up(person: Person, api: Api) -> None:
    code = offer(person)

    assert_refused(take_over(api, code, origin="https://evil.test"), 403, "general_unknown_origin")

    assert take_over(api, code).status == 201


def test_challenge_is_the_hash_and_never_the_verifier_itself(person: Person, api: Api) -> None:
    code = offer(person, challenge=VERIFIER)

    assert_refused(take_over(api, code, VERIFIER), 401, "user_invalid_token")


def test_code_of_somebody_else_does_not_sign_in_to_their_account(people: People, person: Person, api: Api) -> None:
    """The attacker's code in the victim's app, which sends the verifier of its own browser."""
    attackers = offer(people.new(), challenge=challenge_of("a" * 43))

    assert_refused(take_over(api, attackers), 401, "user_invalid_token")


def test_longest_verifier_is_taken(person: Person, api: Api) -> None:
    longest = "-._~" * 32

    assert take_over(api, offer(person, challenge=challenge_of(longest)), longest).status == 201


# Bad input


BAD_URLS = ["https://evil.test/", "//evil.test", "http://app.example.com/", "javascript:alert(1)", "", 1, None]
BAD_URLS += [f"{ORIGIN}@evil.test/", f"{ORIGIN}/#secret=a", "com.example.other:/in"]


@pytest.mark.parametrize("url", BAD_URLS)
def test_it_goes_nowhere_but_to_the_projects_pages_and_apps(person: Person, tables: Tables, url: Any) -> None:
    assert_refused(ask(person, url), 400, "general_argument_invalid")
    assert handed_over(tables) == []


@pytest.mark.parametrize("challenge", ["", CHALLENGE[:-1], CHALLENGE + "A", CHALLENGE[:-1] + "=", "é" * 43, None, 1])
def test_bad_challenge_is_refused(person: Person, challenge: Any) -> None:
    assert_refused(ask(person, challenge=challenge), 400, "general_argument_invalid")


@pytest.mark.parametrize("verifier", ["", VERIFIER[:42], "a" * 129, VERIFIER[:-1] + "+", VERIFIER + "\n", None, 1])
def test_bad_verifier_is_refused_and_uses_nothing_up(person: Person, api: Api, verifier: Any) -> None:
    code = offer(person)

    assert_refused(take_over(api, code, verifier), 400, "general_argument_invalid")

    assert take_over(api, code).status == 201


@pytest.mark.parametrize("code", ["", "x" * 257, None, 1, ["a"]])
def test_bad_code_is_refused(person: Person, api: Api, code: Any) -> None:
    assert_refused(take_over(api, code), 400, "general_argument_invalid")


@pytest.mark.parametrize("state", ["x" * 513, 1, ["a"]])
def test_bad_state_is_refused(person: Person, state: Any) -> None:
    assert_refused(ask(person, state=state), 400, "general_argument_invalid")


# What is handed over


def test_half_session_is_not(people: People, tables: Tables) -> None:
    person = people.new(mfa=True)
    person.sign_in()

    assert_refused(ask(person), 401, "user_more_factors_required")
    assert handed_over(tables) == []


def test_session_that_has_become_half_is_not(people: People, api: Api, team: TeamApi) -> None:
    person = people.new(authenticator=True)
    other = dataclasses.replace(person)
    other.sign_in()
    code = offer(other)
    team.patch("/project/policies/session-invalidation", {"enabled": False})
    assert person.switch_mfa(True).status == 200

    assert_refused(take_over(api, code), 401, "user_more_factors_required")


def test_session_that_becomes_half_between_look_and_use_is_not(people: People, api: Api, team: TeamApi) -> None:
    person = people.new(authenticator=True)
    other = dataclasses.replace(person)
    other.sign_in()
    code = offer(other)
    team.patch("/project/policies/session-invalidation", {"enabled": False})

    with meanwhile(lambda: person.switch_mfa(True), of="handover.update"):
        assert_refused(take_over(api, code), 503, "general_service_unavailable")

    assert_refused(take_over(api, code), 401, "user_more_factors_required")


def test_neither_jwt_nor_api_key_offers_a_session(person: Person, team: TeamApi) -> None:
    body = {"url": RETURN_URL, "challenge": CHALLENGE}

    by_token = person.api.post("/account/handovers", body, headers=bearer(person.jwt()))
    assert_refused(by_token, 401, "user_challenge_required")
    assert_refused(team.post("/account/handovers", body), 401, "general_unauthorized_scope")


def signs_out(person: Person, team: TeamApi) -> None:
    assert person.delete("/account/sessions/current").status == 204


def signs_out_everywhere(person: Person, team: TeamApi) -> None:
    assert person.delete("/account/sessions").status == 204


def changes_the_password(person: Person, team: TeamApi) -> None:
    body = {"password": "another password", "oldPassword": person.password}
    assert person.patch("/account/password", body).status == 200


def is_blocked_for_a_moment(person: Person, team: TeamApi) -> None:
    for status in (False, True):
        assert team.patch(f"/users/{person.id}/status", {"status": status}).status == 200


def is_deleted(person: Person, team: TeamApi) -> None:
    assert team.delete(f"/users/{person.id}").status == 204


ENDS = (signs_out, signs_out_everywhere, changes_the_password, is_blocked_for_a_moment, is_deleted)


@pytest.mark.parametrize("end", ENDS)
def test_session_that_has_ended_is_not(
    person: Person, api: Api, team: TeamApi, end: Callable[[Person, TeamApi], None]
) -> None:
    code = offer(person)
    end(person, team)

    assert_refused(take_over(api, code), 401, "user_invalid_token")


@pytest.mark.parametrize("end", [signs_out, signs_out_everywhere, is_deleted])
def test_session_that_ends_between_look_and_use_is_not(
    person: Person, api: Api, team: TeamApi, end: Callable[[Person, TeamApi], None]
) -> None:
    code = offer(person)

    with meanwhile(lambda: end(person, team)):
        answer = take_over(api, code)

    assert answer.status in (401, 503), answer.text
    assert answer.header("Set-Cookie") is None
    assert take_over(api, code).status == 401


def test_session_that_ends_while_it_is_offered_is_not(person: Person, team: TeamApi, tables: Tables) -> None:
    with meanwhile(lambda: signs_out(person, team)):
        assert_refused(ask(person), 401, "general_unauthorized_scope")

    assert handed_over(tables) == []


def test_blocked_user_is_told_so(person: Person, api: Api, team: TeamApi) -> None:
    code = offer(person)
    assert team.patch(f"/users/{person.id}/status", {"status": False}).status == 200

    assert_refused(take_over(api, code), 403, "user_blocked")


# What is kept


def test_nothing_that_is_kept_opens_the_session(person: Person, tables: Tables) -> None:
    """Not the table, nor the data key with it: the code is kept nowhere."""
    code = offer(person)
    held = secret.decode(person.session)
    assert held
    item = tables.item(keys.handover(code))
    everything = str(tables.everything())

    assert code not in everything
    assert held.secret not in everything
    bound = f"handover {person.id} {ORIGIN} {item['digest'].hex()}"
    assert encryption.decrypt(item["secret"], bound, code).decode() == held.secret
    with pytest.raises(InvalidTag):
        encryption.decrypt(item["secret"], bound)


@pytest.mark.parametrize("changed", [{"origin": "http://localhost:3001"}, {"digest": b"0" * 32}, {"user_id": "other"}])
def test_what_is_kept_is_bound_to_where_it_goes(
    people: People, person: Person, tables: Tables, changed: dict[str, Any]
) -> None:
    code = offer(person)
    item = {**tables.item(keys.handover(code)), **changed}
    bound = f"handover {item['user_id']} {item['origin']} {item['digest'].hex()}"

    with pytest.raises(InvalidTag):
        encryption.decrypt(item["secret"], bound, code)


def test_it_is_removed_by_itself_a_minute_later(person: Person, tables: Tables) -> None:
    item = tables.item(keys.handover(offer(person)))

    assert item["ttl"] == int(person.clock()) + 60


def test_deleted_user_leaves_none(person: Person, team: TeamApi, tables: Tables) -> None:
    offer(person)
    assert len(handed_over(tables)) == 1

    is_deleted(person, team)

    assert handed_over(tables) == []


def test_export_tells_of_it_and_gives_nothing_to_use(person: Person, team: TeamApi) -> None:
    code = offer(person)

    exported = team.get(f"/users/{person.id}/export").json

    (told,) = exported["challenges"]
    assert {"userId", "sessionId", "origin", "created", "expire"} == set(told) - {"id"}
    assert code not in json.dumps(exported)


def test_log_has_both_steps_and_the_owner_no_mail(person: Person, api: Api, team: TeamApi, inbox: Inbox) -> None:
    sent = len(inbox.messages())
    take_over(api, offer(person))

    logged = [entry["event"] for entry in team.get(f"/users/{person.id}/logs").json["logs"]]

    assert logged[:2] == ["handover.update", "handover.create"]
    assert len(inbox.messages()) == sent


# Limits


def test_an_hour_has_sixty_hand_overs_of_a_user(person: Person) -> None:
    assert ask(person).header("X-RateLimit-Remaining") == "59"
    for _ in range(59):
        last = ask(person)

    assert last.status == 201
    assert_refused(ask(person), 429, "general_rate_limit_exceeded")


def test_sixty_wrong_codes_from_one_client_and_right_ones_count_for_nothing(person: Person, api: Api) -> None:
    code = offer(person)
    for _ in range(3):
        assert take_over(api, offer(person)).header("X-RateLimit-Remaining") == "59"
    for _ in range(60):
        wrong: Answer = take_over(api, "none")
        assert wrong.status == 401

    assert_refused(take_over(api, code), 429, "general_rate_limit_exceeded")
    assert take_over(api.at("127.0.0.9"), code).status == 201
