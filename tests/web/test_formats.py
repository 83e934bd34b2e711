"""Clients that were made for an older API, by X-Appwrite-Response-Format."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.answers.models import MODELS
from chalicelib.api.policies import POLICIES
from chalicelib.errors import ApiError
from chalicelib.web.queries import Paging, as_json, paging
from tests.support.api import Answer, TeamApi, assert_refused
from tests.support.person import RETURN_URL, People, Person

NEWER_POLICIES = {
    **dict.fromkeys(("mfa-factors", "deny-corporate-email"), "1.9.6"),
    **dict.fromkeys(("passkey", "password-pwned", "password-rotation"), "2.5.0"),
}
UNREADABLE = ["", "new", "1", "v1.4.0", "one.four", "1,4,0"]


def made_for(version: str) -> dict[str, str]:
    return {"X-Appwrite-Response-Format": version}


def listed(team: TeamApi, *queries: str, version: str = "1.4.0", path: str = "/users") -> Answer:
    query = "&".join(f"queries[{number}]={quote(text)}" for number, text in enumerate(queries))
    return team.get(f"{path}?{query}", headers=made_for(version))


# Queries


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("limit(2)", Paging(limit=2)),
        (" limit( 2 ) ", Paging(limit=2)),
        ("offset(0)", Paging(offset=0)),
        ('cursorAfter("ada")', Paging(after="ada")),
        ("cursorAfter('ada')", Paging(after="ada")),
        ("cursorBefore(ada)", Paging(before="ada")),
        ('cursorBefore("5e5ea5c16897e")', Paging(before="5e5ea5c16897e")),
        ('{"method":"limit","values":[2]}', Paging(limit=2)),
    ],
)
def test_query_of_an_old_sdk_is_read(query: str, wanted: Paging) -> None:
    assert paging([as_json(query)]) == wanted


@pytest.mark.parametrize("version", ["0.15.0", "1.0.0", "1.4", "1.4.13", "1.4.0-RC1"])
def test_old_client_pages_with_queries_of_its_own(team: TeamApi, people: People, version: str) -> None:
    ids = [people.new().id for _ in range(4)]

    def page(*queries: str) -> list[str]:
        return [user["$id"] for user in listed(team, *queries, version=version).json["users"]]

    assert page("limit(2)") == ids[:2]
    assert page("limit(2)", "offset(1)") == ids[1:3]
    assert page(f'cursorAfter("{ids[1]}")') == ids[2:]
    assert page(f'cursorBefore("{ids[2]}")', "limit(1)") == ids[1:2]


def test_old_client_filters_and_orders(team: TeamApi) -> None:
    for user_id, name in (("a", "Zoe"), ("b", "Ada"), ("c", "Bob")):
        team.post("/users", {"userId": user_id, "name": name})

    def found(*queries: str) -> list[str]:
        return [user["$id"] for user in listed(team, *queries).json["users"]]

    assert found('equal("name", ["Ada", "Zoe"])') == ["a", "b"]
    assert found('equal("name", "Ada")') == ["b"]
    assert found('between("name", "A", "C")', 'orderDesc("name")') == ["c", "b"]


def test_each_list_reads_them(team: TeamApi, person: Person) -> None:
    person.sign_in()
    for caller, path, name in (
        (team, "/users", "users"),
        (team, "/project/policies", "policies"),
        (team, f"/users/{person.id}/logs", "logs"),
        (person, "/account/logs", "logs"),
    ):
        answer = caller.get(f"{path}?queries[]=limit(1)", headers=made_for("1.4.0"))
        assert len(answer.json[name]) == 1


@pytest.mark.parametrize("version", ["1.5.0", "1.9.6", "2.5.0", *UNREADABLE])
def test_newer_client_writes_json(team: TeamApi, version: str) -> None:
    assert_refused(listed(team, "limit(2)", version=version), 400, "general_argument_invalid")
    assert listed(team, '{"method":"limit","values":[2]}', version=version).status == 200


@pytest.mark.parametrize(
    ("query", "type_"),
    [
        ("limit(0)", "general_argument_invalid"),
        ("limit(-1)", "general_argument_invalid"),
        ("limit()", "general_argument_invalid"),
        ("limit(2, 3)", "general_argument_invalid"),
        ('limit("2")', "general_argument_invalid"),
        ("limit(\u0662)", "general_argument_invalid"),
        ("limit(99999999999)", "general_argument_invalid"),
        ("cursorAfter('')", "general_argument_invalid"),
        ("cursorAfter(')", "general_argument_invalid"),
        ('cursorAfter("a b")', "general_argument_invalid"),
        ('cursorAfter("nobody")', "general_cursor_not_found"),
        ("{limit(2)", "general_argument_invalid"),
        ("page(2)", "general_argument_invalid"),
        ("limit", "general_query_invalid"),
        ("limit(2", "general_query_invalid"),
        ("name.equal('Ada')", "general_query_invalid"),
        ("", "general_query_invalid"),
        ("equal('name', 'Ada')", "general_argument_invalid"),
        ('equal("shoes", ["Ada"])', "general_argument_invalid"),
        ('equal(["Ada"])', "general_argument_invalid"),
        ('search("name", "Ada")', "general_query_invalid"),
    ],
)
def test_other_text_is_no_query(team: TeamApi, query: str, type_: str) -> None:
    assert_refused(listed(team, query), 400, type_)


@given(st.text(max_size=30) | st.from_regex(r"\s*(limit|offset|cursorAfter|equal)\(.{0,20}\)", fullmatch=True))
def test_any_text_is_a_query_or_refused(text: str) -> None:
    with suppress(ApiError, ValueError):
        assert isinstance(paging([as_json(text)]), Paging)


# Names of parameters


@pytest.mark.parametrize(
    ("path", "old"),
    [("policies/session-alert", "alerts"), ("auth-methods/phone", "status"), ("auth-methods/jwt", "status")],
)
def test_old_client_has_names_of_its_own(team: TeamApi, path: str, old: str) -> None:
    def change(body: dict[str, Any], version: str = "1.9.1") -> Answer:
        return team.patch(f"/project/{path}", body, headers=made_for(version))

    def state() -> bool:
        kind, _, name = path.partition("/")
        if kind == "policies":
            return bool(team.get(f"/project/{path}").json["enabled"])
        return {each["$id"]: each["enabled"] for each in team.get("/project").json["authMethods"]}[name] is True

    for value in (True, False, True):
        assert change({old: value, "method": path.rpartition("/")[2]}).status == 200
        assert state() is value
    assert change({"enabled": False}).status == 200, "the new name is taken too"
    assert state() is False
    assert_refused(change({old: "true"}), 400, "general_argument_invalid")
    assert_refused(change({old: None}), 400, "general_argument_invalid")
    assert_refused(change({old: True}, version="1.9.2"), 400, "general_argument_invalid")
    assert state() is False


# Fields of answers


IMPERSONATION = {"impersonator", "impersonatorUserId"}
BEFORE_1_9 = {"account": IMPERSONATION, "user": IMPERSONATION}
BEFORE_1_5 = {
    "account": IMPERSONATION,
    "user": {"targets", "mfa", *IMPERSONATION},
    "session": {"factors", "secret"},
    "token": {"phrase"},
}


@pytest.mark.parametrize(
    ("version", "missing"),
    [
        *((version, BEFORE_1_5) for version in ("0.15.0", "1.4.13")),
        *((version, BEFORE_1_9) for version in ("1.5.0", "1.8.1")),
        *((version, {}) for version in ("1.9.0", "1.9.6", "2.5.0", *UNREADABLE)),
    ],
)
def test_answer_lacks_what_the_version_did_not_have(
    team: TeamApi, person: Person, version: str, missing: dict[str, set[str]]
) -> None:
    headers, user = made_for(version), f"/users/{person.id}"
    credentials = {"email": person.email, "password": person.password}
    answers = {
        "account": [person.get("/account", headers=headers).json],
        "user": [
            team.get(user, headers=headers).json,
            team.patch(f"{user}/mfa", {"mfa": False}, headers=headers).json,
            *team.get("/users", headers=headers).json["users"],
        ],
        "session": [
            team.post("/account/sessions/email", credentials, headers=headers).json,
            team.post(f"{user}/sessions", headers=headers).json,
            person.get("/account/sessions/current", headers=headers).json,
            *person.get("/account/sessions", headers=headers).json["sessions"],
        ],
        "token": [person.post("/account/verifications/email", {"url": RETURN_URL}, headers=headers).json],
    }

    for model, records in answers.items():
        fields = set(MODELS[model]["properties"]) - missing.get(model, set())
        assert [set(each) for each in records] == [fields] * len(records)


@pytest.mark.parametrize("version", ["1.9.2", "1.9.5", "1.9.6", "2.0.0", "2.4.9", "2.5.0", ""])
def test_list_has_no_policy_that_a_typed_sdk_of_the_version_does_not_know(team: TeamApi, version: str) -> None:
    unknown = {policy for policy, since in NEWER_POLICIES.items() if version and version < since}

    answer = team.get("/project/policies", headers=made_for(version)).json

    assert {policy["$id"] for policy in answer["policies"]} == set(POLICIES) - unknown
    assert answer["total"] == len(answer["policies"])
    for policy in unknown:
        assert team.get(f"/project/policies/{policy}", headers=made_for(version)).status == 200
