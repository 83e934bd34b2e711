"""Who is asking: which of several credentials counts, and what none of them can be bent to."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.storage import keys
from tests.support.api import Answer, Api, assert_refused
from tests.support.clock import Clock
from tests.support.person import People, Person
from tests.support.tables import Tables

NAME = "a_session_demo"
SOURCES = ["main", "legacy", "header", "fallback"]
"""In the order in which they are looked at."""


def headers(**values: str) -> dict[str, str]:
    """A request that carries these values in these sources."""
    cookies = {NAME: values.get("main"), f"{NAME}_legacy": values.get("legacy")}
    made = {"Cookie": "; ".join(f"{name}={quote(value)}" for name, value in cookies.items() if value is not None)}
    if "header" in values:
        made["X-Appwrite-Session"] = values["header"]
    if "fallback" in values:
        made["X-Fallback-Cookies"] = json.dumps({NAME: values["fallback"]})
    return {name: value for name, value in made.items() if value}


def encoded(content: Any) -> str:
    return b64encode(json.dumps(content).encode()).decode()


def decoded(value: str) -> dict[str, str]:
    content: dict[str, str] = json.loads(b64decode(value))
    return content


def assert_guest(answer: Answer) -> None:
    assert_refused(answer, 401, "general_unauthorized_scope")


# Which source wins


@pytest.mark.parametrize(("winner", "loser"), [(one, other) for one in SOURCES for other in SOURCES if one != other])
def test_earlier_source_wins(people: People, api: Api, winner: str, loser: str) -> None:
    if SOURCES.index(winner) > SOURCES.index(loser):
        winner, loser = loser, winner
    ann, bob = people.new(), people.new()

    answer = api.get("/account", headers=headers(**{loser: bob.session, winner: ann.session}))

    assert answer.json["$id"] == ann.id


UNDECODABLE = ["deleted", "%%%", "e30", "bm90IGpzb24=", encoded([]), encoded("x"), encoded(1), encoded(None), "\u00e9"]


@pytest.mark.parametrize("odd", [*UNDECODABLE, b64encode(b"[" * 9999).decode(), b64encode(b"\xff{}").decode()])
def test_value_that_does_not_decode_falls_through(person: Person, api: Api, odd: str) -> None:
    values = dict.fromkeys(("main", "legacy", "header"), odd)

    answer = api.get("/account", headers=headers(**values, fallback=person.session))

    assert answer.json["$id"] == person.id
    assert answer.header("X-Debug-Fallback") == "true"


@pytest.mark.parametrize(
    "claim",
    [
        {},
        {"id": "x"},
        {"id": "x", "secret": ""},
        {"id": "x", "secret": "0" * 84},
        {"id": 1, "secret": ["x"]},
        {"id": "a#b", "secret": "0" * 84},
        {"id": "x", "secret": "\ud800" * 84},
        {"id": "", "secret": "0" * 84},
    ],
)
def test_value_that_decodes_stops_the_search(person: Person, api: Api, claim: dict[str, Any]) -> None:
    answer = api.get("/account", headers=headers(main=encoded(claim), header=person.session))

    assert_guest(answer)
    assert answer.header("X-Debug-Fallback") == "false"


def test_session_that_has_ended_stops_the_search(person: Person, api: Api) -> None:
    ended = person.session
    assert person.delete("/account/sessions/current").status == 204
    alive = person.sign_in()

    assert_guest(api.get("/account", headers=headers(main=ended, header=alive)))


# Tampering


@pytest.mark.parametrize("kept", [1, 20, 21, 64, 83])
def test_part_of_the_secret_is_not_the_secret(person: Person, api: Api, kept: int) -> None:
    mine = decoded(person.session)
    others = "".join("1" if digit == "0" else "0" for digit in mine["secret"])
    for secret in (mine["secret"][:kept], mine["secret"][:kept] + others[kept:], mine["secret"][-kept:]):
        assert_guest(api.get("/account", session=encoded({**mine, "secret": secret})))


@pytest.mark.parametrize("altered", [str.upper, lambda secret: secret + "0", lambda secret: f" {secret}", list])
def test_other_spelling_of_the_secret_is_not_the_secret(person: Person, api: Api, altered: Any) -> None:
    mine = decoded(person.session)

    assert_guest(api.get("/account", session=encoded({**mine, "secret": altered(mine["secret"])})))


def test_nobody_uses_a_secret_with_another_id(people: People, api: Api) -> None:
    ann, bob = people.new(), people.new()

    for one, other in ((ann, bob), (bob, ann)):
        mixed = {"id": one.id, "secret": decoded(other.session)["secret"]}
        assert_guest(api.get("/account", session=encoded(mixed)))


def test_session_id_of_another_with_ones_own_secret_is_nobodys(people: People, api: Api) -> None:
    ann, bob = decoded(people.new().session), decoded(people.new().session)
    for id_ in (ann["id"], bob["id"]):
        mixed = {"id": id_, "secret": ann["secret"][:20] + bob["secret"][20:]}
        assert_guest(api.get("/account", session=encoded(mixed)))


def test_bare_secret_and_digest_are_no_session(person: Person, api: Api, tables: Tables) -> None:
    mine = decoded(person.session)
    stored = tables.item(keys.session(person.id, mine["secret"][:20]))["secret"].hex()

    for value in (mine["secret"], stored, encoded({**mine, "secret": stored}), f"{person.session}x"):
        assert_guest(api.get("/account", session=value))


# How long


def test_session_ends_after_its_days_even_where_the_item_stays(person: Person, clock: Clock, tables: Tables) -> None:
    clock.advance(days=29, minutes=60 * 23)
    assert person.get("/account").status == 200

    clock.advance(minutes=60)

    assert_guest(person.get("/account"))
    assert len(tables.items("sessions")) == 1


def test_half_session_has_fifteen_minutes(people: People, clock: Clock) -> None:
    person = people.new(mfa=True, signed_in=False)
    person.sign_in()
    clock.advance(minutes=14, seconds=50)
    assert person.get("/account/mfa/factors").status == 200

    clock.advance(seconds=10)

    assert_guest(person.get("/account/mfa/factors"))


def test_session_without_need_of_a_factor_has_no_such_deadline(person: Person, clock: Clock) -> None:
    clock.advance(minutes=16)

    assert person.get("/account").status == 200


def test_visit_is_noted_once_a_day(person: Person, clock: Clock) -> None:
    first = person.get("/account").json["accessedAt"]
    clock.advance(minutes=60 * 23)
    person.get("/account")
    assert person.get("/account").json["accessedAt"] == first

    clock.advance(minutes=61)
    person.get("/account")

    assert person.get("/account").json["accessedAt"] > first


# Blocked


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/account"), ("GET", "/ping"), ("POST", "/account"), ("GET", "/account/mfa/factors")]
)
def test_blocked_user_is_refused_at_once_and_everywhere(person: Person, tables: Tables, method: str, path: str) -> None:
    tables.change(keys.user(person.id), blocked=True)

    assert_refused(person.call(method, path), 403, "user_blocked")


def test_browser_of_a_blocked_user_forgets_the_session_as_it_is_told_so(person: Person, tables: Tables) -> None:
    """Else nobody could sign in there: no script can remove the cookie, and with it the API refuses all."""
    tables.change(keys.user(person.id), blocked=True)

    answer = person.get("/account")

    assert_refused(answer, 403, "user_blocked")
    cookies = [each.partition("; Path=")[0] for each in answer.all("Set-Cookie")]
    gone = "=deleted; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    assert cookies == [f"a_session_demo_legacy{gone}", f"a_session_demo{gone}"]
    assert answer.header("X-Fallback-Cookies") == "[]"


def test_deleted_user_is_a_guest(person: Person, tables: Tables) -> None:
    tables.delete(keys.user(person.id))

    assert_guest(person.get("/account"))


# JWTs beside the rest


@pytest.mark.parametrize("path", ["/account", "/ping"])
@pytest.mark.parametrize("token", ["x", "a.b.c", "null", encoded({"alg": "none"}) + "." + encoded({}) + "."])
def test_broken_jwt_is_refused_on_public_endpoints_too(api: Api, path: str, token: str) -> None:
    assert_refused(api.get(path, headers={"X-Appwrite-JWT": token}), 401, "user_jwt_invalid")


def test_jwt_beside_a_live_session_is_refused_whatever_it_says(person: Person) -> None:
    assert_refused(person.get("/account", headers={"X-Appwrite-JWT": "x"}), 403, "user_jwt_and_cookie_set")


def test_jwt_beside_a_dead_session_is_judged_by_itself(person: Person) -> None:
    assert person.delete("/account/sessions/current").status == 204

    assert_refused(person.get("/account", headers={"X-Appwrite-JWT": "x"}), 401, "user_jwt_invalid")
