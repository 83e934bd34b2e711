"""How a passkey is begun, and what is accepted in answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.passkeys.enrol import MOST
from chalicelib.runtime import container, settings
from chalicelib.storage import keys
from tests.support.api import Answer, Api, TeamApi, assert_refused
from tests.support.authenticator import EDDSA, ES256, RS256, TRUE, Authenticator, Bent, base64url, from_base64url
from tests.support.faults import meanwhile
from tests.support.person import ORIGIN, People, Person
from tests.support.servers import Server
from tests.support.tables import Tables, allow_passkeys, switch_project

PATH = "/account/passkeys"


def finish(person: Person, begun: Mapping[str, Any], bent: Bent = TRUE) -> Answer:
    """Answer the challenge with a fresh passkey of the person's authenticator."""
    credential = person.authenticator.create(begun["publicKey"], bent)
    return verify(person, begun, credential)


def verify(person: Person, begun: Mapping[str, Any], credential: Any) -> Answer:
    return person.put(f"{PATH}/{begun['passkeyId']}/verification", {"credential": credential})


def listed(person: Person, *queries: dict[str, Any]) -> list[dict[str, Any]]:
    asked = "&".join(f"queries[]={quote(json.dumps(query))}" for query in queries)
    passkeys: list[dict[str, Any]] = person.get(f"{PATH}?{asked}").json["passkeys"]
    return passkeys


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_passkey_is_begun_made_and_kept(person: Person, algorithm: int) -> None:
    person.authenticator = Authenticator(ORIGIN, algorithm=algorithm)
    begun = person.begin_passkey(passkeyId="phone", name="My phone")

    made = finish(person, begun)

    assert (made.status, made.json["$id"], made.json["name"], made.json["accessedAt"]) == (200, "phone", "My phone", "")
    assert listed(person) == [made.json]
    assert person.get(f"{PATH}/phone").json == made.json
    assert person.get("/account/mfa/factors").json["passkey"] is True


def test_options_ask_for_what_signs_in_alone(person: Person) -> None:
    begun = person.begin_passkey()

    options = begun["publicKey"]
    assert begun["$id"] == begun["passkeyId"]
    assert options["rp"] == {"id": "localhost", "name": "Demo"}
    assert (options["user"]["name"], options["user"]["displayName"]) == (person.email, person.email)
    assert {each["alg"] for each in options["pubKeyCredParams"]} >= {ES256, RS256}
    wanted = options["authenticatorSelection"]
    assert (wanted["residentKey"], wanted["userVerification"]) == ("required", "required")
    assert (options["attestation"], options["timeout"]) == ("none", 300_000)
    assert len(from_base64url(options["challenge"])) == 32


def test_handle_is_one_for_a_user_and_not_the_id(people: People) -> None:
    ann, bob = people.new(user_id="ann"), people.new()
    first, second, other = (each.begin_passkey()["publicKey"]["user"]["id"] for each in (ann, ann, bob))

    assert first == second != other
    assert len(from_base64url(first)) == 32
    assert b"ann" not in from_base64url(first)


def test_passkeys_that_are_there_are_excluded(person: Person) -> None:
    person.enrol_passkey()

    excluded = person.begin_passkey()["publicKey"]["excludeCredentials"]

    assert [from_base64url(each["id"]) for each in excluded] == [person.authenticator.passkeys[0].id]
    with pytest.raises(ValueError, match="InvalidStateError"):
        person.authenticator.create({**person.begin_passkey()["publicKey"]})


def test_waiting_passkey_is_in_no_list_and_is_no_factor(person: Person) -> None:
    begun = person.begin_passkey(passkeyId="waiting")

    assert listed(person) == []
    assert_refused(person.get(f"{PATH}/waiting"), 404, "user_passkey_not_found")
    assert_refused(person.patch(f"{PATH}/waiting", {"name": "x"}), 404, "user_passkey_not_found")
    assert person.get("/account/mfa/factors").json["passkey"] is False
    assert person.delete(f"{PATH}/waiting").status == 204
    assert_refused(finish(person, begun), 404, "user_passkey_not_found")


@pytest.mark.parametrize(
    "bent", [Bent(origin="https://evil.test"), Bent(flags=0x01), Bent(client={"crossOrigin": True})], ids=str
)
def test_answer_that_proves_nothing_spends_the_challenge(person: Person, bent: Bent) -> None:
    begun = person.begin_passkey()

    assert_refused(finish(person, begun, bent), 401, "user_passkey_invalid")

    assert_refused(finish(person, begun), 401, "user_invalid_token")
    assert listed(person) == []


@pytest.mark.parametrize(
    "credential", [{}, {"id": "x"}, {"id": "x", "rawId": "x", "type": "public-key", "response": 1}]
)
def test_answer_that_is_none_spends_the_challenge(person: Person, credential: dict[str, Any]) -> None:
    begun = person.begin_passkey()

    assert_refused(verify(person, begun, credential), 401, "user_passkey_invalid")

    assert_refused(finish(person, begun), 401, "user_invalid_token")


@pytest.mark.parametrize("credential", [None, "", "{}", [], 1])
def test_answer_of_another_type_changes_nothing(person: Person, credential: Any) -> None:
    begun = person.begin_passkey()

    assert_refused(verify(person, begun, credential), 400, "general_argument_invalid")

    assert finish(person, begun).status == 200


def test_answer_to_another_challenge_is_refused(person: Person) -> None:
    first, second = person.begin_passkey(), person.begin_passkey()

    credential = person.authenticator.create(first["publicKey"])

    assert_refused(verify(person, second, credential), 401, "user_passkey_invalid")
    assert verify(person, first, credential).status == 200


def test_answer_is_accepted_once(person: Person) -> None:
    begun = person.begin_passkey()
    credential = person.authenticator.create(begun["publicKey"])
    assert verify(person, begun, credential).status == 200

    assert_refused(verify(person, begun, credential), 401, "user_invalid_token")


def test_challenge_is_the_sessions_that_asked(person: Person) -> None:
    begun = person.begin_passkey()
    asked = person.session
    person.sign_in()

    assert_refused(finish(person, begun), 401, "user_invalid_token")

    person.session = asked
    assert finish(person, begun).status == 200


def test_challenge_lasts_five_minutes(person: Person) -> None:
    begun = person.begin_passkey()
    person.clock.advance(minutes=5)

    assert_refused(finish(person, begun), 401, "user_invalid_token")


def test_challenge_of_another_rp_id_is_void(person: Person, tables: Tables) -> None:
    begun = person.begin_passkey()
    allow_passkeys(tables, person.clock, passkey_rp_id="example.com")

    assert_refused(finish(person, begun), 401, "user_invalid_token")


def test_open_challenge_is_answered_though_the_method_is_off_by_now(person: Person, tables: Tables) -> None:
    begun = person.begin_passkey()
    switch_project(tables, person.clock, methods={"passkey": False})

    assert finish(person, begun).status == 200


def test_credential_has_one_owner(people: People) -> None:
    ann, bob = people.new(), people.new()
    ann.enrol_passkey()
    [used] = ann.authenticator.passkeys
    begun = bob.begin_passkey()

    answer = same_credential(bob, begun, used.id)

    assert_refused(answer, 409, "user_passkey_already_exists")
    assert_refused(finish(bob, begun), 401, "user_invalid_token")
    assert (len(listed(ann)), len(listed(bob))) == (1, 0)


def test_id_is_the_users_own_once(person: Person) -> None:
    person.enrol_passkey(passkeyId="made")
    person.begin_passkey(passkeyId="waiting")

    for taken in ("made", "waiting"):
        assert_refused(person.post(PATH, {"passkeyId": taken}), 409, "user_passkey_already_exists")


def test_there_are_ten_with_those_that_wait(person: Person) -> None:
    with container.override("config", replace(settings.config(), rate_limits=False)):
        for number in range(MOST):
            assert person.post(PATH, {"passkeyId": f"passkey-{number}"}).status == 201
        assert_refused(person.post(PATH), 400, "user_passkey_limit_exceeded")
        assert person.delete(f"{PATH}/passkey-0").status == 204
        person.enrol_passkey()
        assert_refused(person.post(PATH), 400, "user_passkey_limit_exceeded")
        person.clock.advance(minutes=5)
        assert person.post(PATH).status == 201, "those whose time is over count no more"


def test_ten_an_hour_are_begun_and_answered(person: Person) -> None:
    begun = person.begin_passkey(passkeyId="begun")
    person.delete(f"{PATH}/begun")
    for _ in range(9):
        assert person.post(PATH, {"passkeyId": "begun"}).status == 201
        assert person.delete(f"{PATH}/begun").status == 204
    assert_refused(person.post(PATH), 429, "general_rate_limit_exceeded")
    for _ in range(10):
        assert_refused(verify(person, begun, {}), 404, "user_passkey_not_found")
    assert_refused(verify(person, begun, {}), 429, "general_rate_limit_exceeded")


@pytest.mark.parametrize(
    "switches", [{"methods": {}}, {"methods": {"passkey": False}}, {"passkey_rp_id": ""}], ids=["default", "off", "rp"]
)
def test_none_is_begun_where_the_project_has_none(person: Person, tables: Tables, switches: dict[str, Any]) -> None:
    switch_project(tables, person.clock, **switches)

    assert_refused(person.post(PATH), 501, "user_auth_method_unsupported")
    assert_refused(person.api.post("/account/tokens/passkey"), 501, "user_auth_method_unsupported")


def test_old_session_has_to_sign_in_anew(person: Person) -> None:
    begun = person.begin_passkey(passkeyId="begun")
    passkey = person.enrol_passkey()
    person.clock.advance(minutes=10, seconds=1)

    for refused in (
        person.post(PATH),
        verify(person, begun, {}),
        person.delete(f"{PATH}/{passkey}"),
    ):
        assert_refused(refused, 401, "user_reauthentication_required")

    person.sign_in()
    assert person.delete(f"{PATH}/{passkey}").status == 204


def test_with_mfa_it_takes_a_challenge_of_the_last_ten_minutes(people: People) -> None:
    person = people.new(authenticator=True, mfa=True)
    person.clock.advance(minutes=6)

    assert_refused(person.post(PATH), 401, "user_reauthentication_required")

    person.pass_challenge()
    person.clock.advance(minutes=9)
    person.enrol_passkey()


def test_names_are_as_long_as_a_name(person: Person) -> None:
    assert_refused(person.post(PATH, {"name": "x" * 129}), 400, "general_argument_invalid")
    passkey = person.enrol_passkey(name="x" * 128)

    renamed = person.patch(f"{PATH}/{passkey}", {"name": "Phone"})

    assert (renamed.status, renamed.json["name"]) == (200, "Phone")
    assert listed(person) == [renamed.json]
    for name in ("", "x" * 129, None):
        assert_refused(person.patch(f"{PATH}/{passkey}", {"name": name}), 400, "general_argument_invalid")


def test_list_is_in_order_and_answers_queries(person: Person) -> None:
    for name in ("a", "b", "c"):
        person.authenticator = Authenticator(ORIGIN)
        person.enrol_passkey(passkeyId=f"z-{name}" if name == "a" else name, name=name)
        person.clock.advance(seconds=1)

    assert [each["name"] for each in listed(person)] == ["a", "b", "c"]
    assert [each["name"] for each in listed(person, {"method": "limit", "values": [1]})] == ["a"]
    asked = {"method": "equal", "attribute": "name", "values": ["b"]}
    assert [each["$id"] for each in listed(person, asked)] == ["b"]
    assert person.get(f"{PATH}?total=false").json["total"] == 0
    unknown = quote('{"method":"cursorAfter","values":["none"]}')
    assert_refused(person.get(f"{PATH}?queries[]={unknown}"), 400, "general_cursor_not_found")


def test_strangers_passkey_is_none(people: People, team: TeamApi) -> None:
    ann, bob = people.new(), people.new()
    passkey = ann.enrol_passkey()

    for refused in (
        bob.get(f"{PATH}/{passkey}"),
        bob.patch(f"{PATH}/{passkey}", {"name": "x"}),
        bob.delete(f"{PATH}/{passkey}"),
        team.get(f"/users/{bob.id}/passkeys/{passkey}"),
        team.patch(f"/users/{bob.id}/passkeys/{passkey}", {"name": "x"}),
        team.delete(f"/users/{bob.id}/passkeys/{passkey}"),
    ):
        assert_refused(refused, 404, "user_passkey_not_found")
    assert len(listed(ann)) == 1


def test_team_lists_renames_and_removes(person: Person, team: TeamApi) -> None:
    passkey = person.enrol_passkey()
    place = f"/users/{person.id}/passkeys"

    assert team.get(place).json == {"total": 1, "passkeys": listed(person)}
    assert team.patch(f"{place}/{passkey}", {"name": "Lost"}).json["name"] == "Lost"
    assert team.get(f"{place}/{passkey}").json["name"] == "Lost"
    assert team.delete(f"{place}/{passkey}").status == 204
    assert team.get(place).json == {"total": 0, "passkeys": []}


def same_credential(person: Person, begun: Mapping[str, Any], id_: bytes) -> Answer:
    """Answer with a passkey that says it has that id."""
    named = {"id": base64url(id_), "rawId": base64url(id_)}
    return finish(person, begun, Bent(attested_id=id_, envelope=named))


def test_removed_credential_may_be_somebodys_again(people: People) -> None:
    ann, bob = people.new(), people.new()
    passkey = ann.enrol_passkey()
    [used] = ann.authenticator.passkeys
    assert ann.delete(f"{PATH}/{passkey}").status == 204

    assert same_credential(bob, bob.begin_passkey(), used.id).status == 200


def test_rp_id_that_changes_meanwhile_begins_none(person: Person, tables: Tables) -> None:
    """It is noted that passkeys are on their way before the first of them is."""

    def changes() -> None:
        tables.change(keys.PROJECT, passkey_rp_id="example.com")

    with meanwhile(changes, of="passkeys_pending"):
        answer = person.post(PATH)

    assert_refused(answer, 503, "general_service_unavailable")
    assert tables.item(keys.user(person.id))["pending_passkeys"] == {}


@pytest.mark.parametrize("session", ["jwt", "guest"])
def test_only_a_session_begins_one(person: Person, api: Api, session: str) -> None:
    headers = {"X-Appwrite-JWT": person.jwt()} if session == "jwt" else {}
    refusal = "user_reauthentication_required" if session == "jwt" else "general_unauthorized_scope"

    assert_refused(api.post(PATH, headers=headers), 401, refusal)


def test_make_run_has_passkeys_for_pages_on_localhost(development: Server) -> None:
    begun = Api(f"{development.url}/v1").post("/account/tokens/passkey")

    assert (begun.status, begun.json["publicKey"]["rpId"]) == (201, "localhost")
