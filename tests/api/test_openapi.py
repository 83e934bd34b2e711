"""/openapi.json: a valid document, of the routes that there are and no other, that the answers keep to.

That every answer keeps to it is checked wherever a test speaks with the API: `Api` in tests/support/api.py.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from chalicelib.accounts.lists import KINDS
from chalicelib.api import ROUTES
from chalicelib.api.answers.models import MODELS
from chalicelib.api.document import document
from chalicelib.runtime import container, settings
from chalicelib.schema import schema_of
from chalicelib.security.origins import redirect
from chalicelib.security.passwords import known_password, new_password
from chalicelib.web import parameters
from chalicelib.web.parameters import Rule
from chalicelib.web.queries import filtering, paging
from tests.routes import NOWHERE, OK, TABLE, Route
from tests.support.api import KEY, Answer, Api
from tests.support.documented import mistakes
from tests.support.inputs import refuses
from tests.support.person import PASSWORD, People

JSON = {"content-type": "application/json; charset=UTF-8"}
REFUSAL = {"message": "No.", "code": 404, "type": "user_not_found", "version": "1.9.6"}


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    paths = document(ROUTES)["paths"]
    return {(method.upper(), path): each for path, methods in paths.items() for method, each in methods.items()}


# The document


def test_document_is_served_to_everybody_without_a_project(api: Api) -> None:
    answer = api.get("/openapi.json", project=None)

    assert answer.status == 200
    assert answer.json == json.loads(json.dumps(document(ROUTES)))


def test_document_is_valid(api: Api) -> None:
    validate(document(ROUTES))


def test_document_has_every_route_of_the_app_and_no_other(api: Api) -> None:
    from app import app

    served = {(method, path) for path, methods in app.routes.items() for method in methods}
    documented = set(operations())

    heads = {("HEAD", path) for method, path in documented if method == "GET"}
    options = {("OPTIONS", path) for _, path in documented}
    nowhere = {route for route in served if route[1] in ("/", "/{proxy+}")}
    assert served - nowhere == documented | heads | options


def test_document_has_no_model_that_nothing_answers_with(api: Api) -> None:
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document(ROUTES))))

    assert named == set(MODELS)


def test_path_parameters_are_those_of_the_path(api: Api) -> None:
    for (_, path), operation in operations().items():
        named = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
        assert sorted(named) == sorted(re.findall(r"\{(\w+)\}", path)), path


@pytest.mark.parametrize(
    ("route", "security"),
    [
        (("GET", "/health/version"), [{}]),
        (("POST", "/account"), [{"project": []}, {"project": [], "key": ["sessions.write"]}]),
        (("GET", "/ping"), [{"project": []}]),
        (("GET", "/users"), [{"project": [], "key": ["users.read"]}]),
        (
            ("DELETE", "/users/{userId}/sessions"),
            [{"project": [], "key": [scope]} for scope in ("users.write", "sessions.write")],
        ),
        (("PATCH", "/account/mfa"), [{"project": [], carrier: []} for carrier in ("session", "cookie")]),
        (("GET", "/account"), [{"project": [], carrier: []} for carrier in ("session", "cookie", "jwt")]),
    ],
)
def test_security_is_what_the_endpoint_asks_for(
    api: Api, route: tuple[str, str], security: list[dict[str, list[str]]]
) -> None:
    assert operations()[route]["security"] == security


@pytest.mark.parametrize("route", [each for each in TABLE if each.who is not NOWHERE], ids=lambda r: " ".join(r.place))
def test_security_names_who_may_call(api: Api, route: Route) -> None:
    """By tests/routes.py. Where a guest may call, anybody may; otherwise it takes what one of these carries."""
    carried_by = {"fresh": {"session", "cookie"}, "jwt": {"jwt"}, "key": {"key"}}
    entries = [set(each) - {"project"} for each in operations()[route.place]["security"]]

    open_to_all = route.who["guest"] == OK
    assert (set() in entries) == open_to_all
    for caller, carriers in carried_by.items():
        if not open_to_all and route.who[caller] == OK:
            assert carriers <= set().union(*entries), caller


def test_older_names_are_deprecated_and_otherwise_the_same(api: Api) -> None:
    newer, older = (operations()["PUT", f"/account/mfa/challenge{end}"] for end in ("s", ""))

    assert older == {**newer, "deprecated": True}


# Parameters


RULES: list[tuple[Rule, list[Any], list[Any]]] = [
    (parameters.text(1, 3), ["a", "abc"], ["", "abcd", 1, None]),
    (parameters.boolean, [True, False], ["true", 1, 0, None]),
    (parameters.loose_boolean, [True, False, "true", "0", 1], ["yes", 2, None, []]),
    (parameters.integer(0, 9), [0, 9], [-1, 10, "1", True]),
    (parameters.query_number(1, 9), [1, 9], [0, 10, "x", None]),
    (parameters.choice("totp", "recoveryCode"), ["totp", "recoveryCode", "recoverycode"], ["sms", "", 1]),
    (parameters.exact_choice("jwt", "phone"), ["jwt"], ["JWT", 1, None]),
    (parameters.identifier, ["a", "A.b-c_9", "a" * 36], ["", "unique()", "_a", "a b", "a" * 37, 7]),
    (parameters.custom_id, ["a", "unique()"], ["unique(", "unique()x", "", "_a", None]),
    (parameters.email, ["ann@example.test"], ["a" * 321, 1, None]),
    (new_password, ["12345678", "a" * 256, "\u00e4" * 256], ["1234567", "\u00e4" * 7, "a" * 257, 12345678]),
    (known_password, ["1", "\U0001f370", "a" * 256], ["", "a" * 257, 12345678]),
    (
        parameters.phone,
        ["+4915112345678", " +44 (0) 7400-123.456\u00a0"],
        ["4915112345678", "+0151", "+49 151", "+123456789012345678", "+49151123456x", 49],
    ),
    (parameters.email_or_none, ["", "ann@example.test"], ["a" * 321, 1, None]),
    (parameters.labels, [[], ["a", "a"], ["B7" * 18]], ["a", [""], ["a b"], ["ä"], ["a" * 37], [1], ["a"] * 41, {}]),
    (parameters.preferences, [{}, {"a": [1]}], ["{}", 1, ["a"], None]),
    (filtering(KINDS), [[], ['{"method":"isNull","attribute":"name","values":[]}']], ["", {}, ["x"] * 101, [1]]),
    (paging, [[], ['{"method":"limit","values":[1]}']], ["", {}, ["x"] * 101, [1]]),
    (redirect, ["http://localhost:3000/x?y=z"], ["http://localhost/" + "x" * 2048, 1, None]),
]


@pytest.mark.parametrize(("rule", "accepted", "refused"), RULES)
def test_schema_of_a_rule_agrees_with_its_check(api: Api, rule: Rule, accepted: list[Any], refused: list[Any]) -> None:
    fits = Draft202012Validator(schema_of(rule)).is_valid

    assert [value for value in accepted if not fits(value) or refuses(rule, value)] == []
    assert [value for value in refused if fits(value) or not refuses(rule, value)] == []


def test_documented_defaults_are_values_that_could_be_sent(api: Api) -> None:
    for route, operation in operations().items():
        for each in operation["parameters"]:
            schema = each["schema"]
            assert "default" not in schema or Draft202012Validator(schema).is_valid(schema["default"]), route


# Answers


def test_walk_through_the_main_flow_stays_within_the_document(people: People) -> None:
    """Every answer on the way is checked; these are the models that it comes by."""
    person = people.new(email_verified=True, phone_verified=True, recovery_codes=True, authenticator=True, mfa=True)
    person.sign_in()
    for factor in ("totp", "recoveryCode"):
        person.pass_challenge(factor)
    team = {"key": KEY}

    walk = [
        *(person.get(f"/account{path}") for path in ("", "/prefs", "/sessions", "/sessions/current", "/mfa/factors")),
        *(person.get("/account/mfa/recovery-codes"), person.post("/account/jwts")),
        *(person.api.get(path, **team) for path in ("/users", f"/users/{person.id}", "/project", "/project/policies")),
        *(person.api.get("/avatars/qr?text=x"), person.api.get("/ping"), person.delete("/account/sessions")),
    ]

    assert [answer.status for answer in walk] == [200] * 6 + [201] + [200] * 6 + [204]


def test_refusals_are_documented(api: Api, people: People) -> None:
    person = people.new()
    off = replace(settings.config(), sms=False, mail_from="")

    statuses = [
        person.patch("/account/name", {"name": ""}).status,
        person.patch("/account/password", {"password": "short"}, session="").status,
        api.get("/ping", headers={"Origin": "http://evil.test"}).status,
        person.get("/account/sessions/none").status,
        api.post("/account", {"userId": person.id, "email": "x@y.test", "password": PASSWORD}).status,
    ]
    with container.override("config", off):
        statuses.append(person.post("/account/verifications/email", {"url": "http://localhost"}).status)
    statuses += [person.patch("/account/sessions/current").status for _ in range(11)][-1:]

    assert statuses == [400, 401, 403, 404, 409, 503, 429]


OTHERWISE: list[tuple[str, str, int, dict[str, str], Any]] = [
    ("GET", "/health/version", 200, JSON, {}),
    ("GET", "/health/version", 200, JSON, {"version": 1}),
    ("GET", "/health/version", 200, JSON, {"version": "1", "more": 1}),
    ("GET", "/health/version", 201, JSON, {"version": "1"}),
    ("GET", "/health/version", 200, {"content-type": "text/html"}, {"version": "1"}),
    ("GET", "/users/ann", 404, JSON, {**REFUSAL, "trace": []}),
    ("GET", "/users/ann", 404, JSON, {**REFUSAL, "message": ""}),
    ("GET", "/users/ann", 404, JSON, {**REFUSAL, "code": 400}),
    ("GET", "/users/ann", 404, JSON, {**REFUSAL, "type": "user_session_not_found"}),
    ("GET", "/users", 404, JSON, REFUSAL),
    ("POST", "/account/jwts", 429, JSON, {**REFUSAL, "code": 429, "type": "general_rate_limit_exceeded"}),
    ("DELETE", "/users/ann", 204, JSON, {}),
    ("HEAD", "/health/version", 200, JSON, {"version": "1"}),
    ("OPTIONS", "/users", 200, JSON, {}),
    ("GET", "/nowhere", 200, JSON, {}),
]
"""Answers that the document does not have."""


@pytest.mark.parametrize(("method", "path", "status", "headers", "content"), OTHERWISE)
def test_answer_outside_the_document_is_seen(
    api: Api, method: str, path: str, status: int, headers: dict[str, str], content: Any
) -> None:
    assert mistakes(method, path, status, headers, json.dumps(content).encode()) != []


def test_documented_answers_are_accepted(api: Api) -> None:
    def found(method: str, path: str, answer: Answer) -> list[str]:
        headers = {name.lower(): value for name, value in answer.headers}
        return mistakes(method, path, answer.status, headers, answer.content)

    assert found("GET", "/health/version", api.get("/health/version")) == []
    assert found("HEAD", "/ping", api.call("HEAD", "/ping")) == []
    assert found("GET", "/users/ann", api.get("/users/ann", key=KEY)) == []
    assert found("GET", "/nowhere", api.get("/nowhere")) == []
