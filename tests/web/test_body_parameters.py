"""Where parameters are looked for, and that an endpoint takes its own only (attack 37 of SECURITY.md)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.api import Api, assert_refused
from tests.support.person import PASSWORD, People, Person
from tests.support.tables import Tables


def as_json(fields: dict[str, str]) -> dict[str, Any]:
    return {"raw": json.dumps(fields).encode()}


def as_form(fields: dict[str, str]) -> dict[str, Any]:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return {"raw": urlencode(fields).encode(), "headers": kind}


def test_null_is_left_out(people: People, api: Api) -> None:
    body = {"userId": "ann", "email": "ann@example.test", "password": PASSWORD, "name": None}
    assert api.post("/account", body).json["name"] == ""

    answer = api.post("/account", {**body, "email": None})

    assert_refused(answer, 400, "general_argument_invalid")
    assert answer.json["message"] == 'Param "email" is not optional.'


@pytest.mark.parametrize("encode", [as_json, as_form])
def test_nobody_gives_himself_more_than_the_endpoint_has(api: Api, tables: Tables, encode: Any) -> None:
    wanted = {
        "emailVerification": "true",
        "email_verified": "true",
        "mfa": "true",
        "status": "false",
        "blocked": "true",
        "labels": "admin",
        "phone": "+4915112345678",
        "generation": "1",
        "authenticators": "{}",
        "created": "1",
        "$createdAt": "2020-01-01",
    }
    plain = {"email": "a@example.test", "password": PASSWORD}

    given_more = api.post("/account", **encode({**wanted, **plain, "userId": "a"})).json

    other = {"email": "b@example.test", "password": PASSWORD, "userId": "b"}
    given_plain = api.post("/account", **encode(other)).json
    dates = {"$createdAt", "$updatedAt", "registration", "passwordUpdate", "accessedAt"}
    own = {*dates, "$id", "email", "emailCanonical", "targets"}
    assert {k: v for k, v in given_more.items() if k not in own} == {
        k: v for k, v in given_plain.items() if k not in own
    }
    one, two = (item for item in tables.items("users") if item["pk"].startswith("user#"))
    assert one.keys() == two.keys()


def test_sign_in_takes_no_factors_and_no_life(people: People, api: Api) -> None:
    ann, bob = people.new(mfa=True, signed_in=False), people.new()
    wanted = {"factors": ["password", "totp"], "expire": "2099-01-01", "userId": bob.id, "mfaUpdatedAt": "2099-01-01"}

    session = api.post("/account/sessions/email", {"email": ann.email, "password": PASSWORD, **wanted}).json

    assert (session["userId"], session["factors"], session["mfaUpdatedAt"]) == (ann.id, ["password"], "")
    assert not session["expire"].startswith("2099")


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_query_string_is_read_by_get_only(person: Person, api: Api, method: str) -> None:
    query = urlencode({"email": person.email, "password": PASSWORD, "mfa": "true"})
    path = {"POST": "/account/sessions/email", "PATCH": "/account/mfa", "DELETE": "/account/sessions"}[method]

    answer = api.call(method, f"{path}?{query}", session="" if method == "POST" else person.session)

    if method == "DELETE":
        assert answer.status == 204
    else:
        assert_refused(answer, 400, "general_argument_invalid")
        assert "is not optional" in answer.json["message"]


def test_body_of_a_get_is_not_read(api: Api) -> None:
    answer = api.get("/avatars/qr", body={"text": "x"})

    assert_refused(answer, 400, "general_argument_invalid")


def test_path_wins_over_the_body(person: Person) -> None:
    first = person.session_id()
    person.sign_in()

    assert person.delete(f"/account/sessions/{first}", {"sessionId": "current"}).status == 204
    assert person.get("/account").status == 200


@pytest.mark.parametrize("segment", ["%63urrent", "c%75rrent"])
def test_path_is_read_with_its_escapes(person: Person, segment: str) -> None:
    assert person.get(f"/account/sessions/{segment}").json["current"] is True


@pytest.mark.parametrize("segment", ["%23", "a%23b", "%2e%2e", "a%2Fb", "%00", "%ff", "%25", "a b".replace(" ", "%20")])
def test_odd_path_is_no_id(person: Person, segment: str) -> None:
    assert_refused(person.get(f"/account/sessions/{segment}"), 400, "general_argument_invalid")
