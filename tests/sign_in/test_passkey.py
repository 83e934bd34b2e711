"""Sign in by a passkey alone: one pair of requests, and MFA asks for nothing more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.runtime import container, settings
from chalicelib.storage import keys, passkeys
from tests.support.api import KEY, Answer, Api, TeamApi, assert_refused, session_value
from tests.support.authenticator import BE, BS, TRUE, UP, UV, Authenticator, Bent
from tests.support.clock import Clock
from tests.support.cost import counted
from tests.support.person import ORIGIN, PASSWORD, People, Person
from tests.support.tables import Tables, allow_passkeys, switch_project

TOKENS, SESSIONS = "/account/tokens/passkey", "/account/sessions/token"
BENT = {
    "origin": Bent(origin="https://evil.test"),
    "frame": Bent(client={"crossOrigin": True}),
    "frame of another": Bent(client={"topOrigin": "https://evil.test"}),
    "rp": Bent(rp_id="evil.test"),
    "type": Bent(client={"type": "webauthn.create"}),
    "unverified": Bent(flags=0x01 | 0x08 | 0x10),
    "absent": Bent(flags=0x04 | 0x08 | 0x10),
    "no longer eligible": Bent(flags=0x01 | 0x04),
    "signature": Bent(signature=bytes(70)),
    "nobody's handle": Bent(response={"userHandle": None}),
    "another's handle": Bent(user_handle=bytes(32)),
    "no id": Bent(envelope={"id": "AAAA", "rawId": "AAAA"}),
}
"""What a browser or an authenticator would not say of a true sign-in."""


@pytest.fixture
def owner(people: People, tables: Tables, clock: Clock) -> Person:
    """Somebody with a passkey, who is signed out."""
    allow_passkeys(tables, clock)
    person = people.new(email_verified=True)
    person.enrol_passkey()
    person.session = ""
    return person


def begin(api: Api) -> dict[str, Any]:
    answer = api.post(TOKENS)
    assert answer.status == 201, answer.text
    challenge: dict[str, Any] = answer.json
    return challenge


def finish(person: Person, begun: dict[str, Any], bent: Bent = TRUE) -> Answer:
    credential = person.authenticator.get(begun["publicKey"], bent)
    return person.api.put(TOKENS, {"challengeId": begun["$id"], "credential": credential})


def token(person: Person) -> dict[str, str]:
    """What a sign-in by the person's passkey gives: the proof for a session."""
    answer = finish(person, begin(person.api))
    assert answer.status == 201, answer.text
    return {"userId": answer.json["userId"], "secret": answer.json["secret"]}


def sign_in(person: Person) -> Answer:
    answer = person.api.post(SESSIONS, token(person))
    assert answer.status == 201, answer.text
    person.session = session_value(answer)
    return answer


def test_nobody_is_asked_for_a_name(owner: Person) -> None:
    begun = begin(owner.api)

    assert begun["passkeyId"] == ""
    assert (begun["publicKey"]["rpId"], begun["publicKey"]["allowCredentials"]) == ("localhost", [])
    assert begun["publicKey"]["userVerification"] == "required"
    assert finish(owner, begun).json["userId"] == owner.id


def test_session_has_both_factors_and_a_recent_challenge(owner: Person) -> None:
    session = sign_in(owner).json

    assert session["provider"] == "passkey"
    assert session["factors"] == ["passkey", "userVerification"]
    assert session["mfaUpdatedAt"] == session["$createdAt"]
    assert owner.get("/account").json["$id"] == owner.id
    assert owner.get("/account/passkeys").json["passkeys"][0]["accessedAt"] > session["$createdAt"][:10]


def test_mfa_asks_for_nothing_more(people: People, tables: Tables, clock: Clock) -> None:
    allow_passkeys(tables, clock)
    person = people.new(authenticator=True, mfa=True)
    person.pass_challenge()
    person.enrol_passkey()

    sign_in(person)

    assert person.get("/account").status == 200
    assert person.post("/account/mfa/recovery-codes").status == 201, "it counts as a recent challenge"
    assert tables.item(keys.user(person.id))["sessions"][person.session_id()] == 2


def test_token_opens_one_session_within_a_minute(owner: Person) -> None:
    proof = token(owner)
    assert owner.api.post(SESSIONS, proof).status == 201
    assert_refused(owner.api.post(SESSIONS, proof), 401, "user_invalid_token")

    late = token(owner)
    owner.clock.advance(seconds=60)
    assert_refused(owner.api.post(SESSIONS, late), 401, "user_invalid_token")


@pytest.mark.parametrize("bent", BENT.values(), ids=list(BENT))
def test_answer_that_proves_nothing_is_refused_and_spends_the_challenge(owner: Person, bent: Bent) -> None:
    begun = begin(owner.api)

    assert_refused(finish(owner, begun, bent), 401, "user_passkey_invalid")

    assert_refused(finish(owner, begun), 401, "user_invalid_token")
    assert finish(owner, begin(owner.api)).status == 201


def test_answer_is_accepted_once(owner: Person) -> None:
    begun = begin(owner.api)
    answer = {"challengeId": begun["$id"], "credential": owner.authenticator.get(begun["publicKey"])}
    assert owner.api.put(TOKENS, answer).status == 201

    assert_refused(owner.api.put(TOKENS, answer), 401, "user_invalid_token")
    other = {**answer, "challengeId": begin(owner.api)["$id"]}
    assert_refused(owner.api.put(TOKENS, other), 401, "user_passkey_invalid")


def test_challenge_lasts_five_minutes(owner: Person) -> None:
    begun = begin(owner.api)
    owner.clock.advance(minutes=5)

    assert_refused(finish(owner, begun), 401, "user_invalid_token")


def test_open_challenge_is_answered_though_the_method_is_off_by_now(owner: Person, tables: Tables) -> None:
    begun = begin(owner.api)
    switch_project(tables, owner.clock, methods={"passkey": False})

    answer = finish(owner, begun)

    assert answer.status == 201
    proof = {"userId": answer.json["userId"], "secret": answer.json["secret"]}
    assert_refused(owner.api.post(SESSIONS, proof), 501, "user_auth_method_unsupported")


def test_unknown_passkey_is_told_like_a_wrong_answer(owner: Person, api: Api) -> None:
    """At the same cost in round trips."""
    stranger = Authenticator(ORIGIN)
    options = begin(api)["publicKey"]
    stranger.create(
        {
            "rp": {"id": "localhost"},
            "user": {"id": "AAAA"},
            "challenge": options["challenge"],
            "pubKeyCredParams": [{"alg": -7}],
            "excludeCredentials": [],
        }
    )
    unknown, known = begin(api), begin(api)

    with counted() as one:
        told = api.put(TOKENS, {"challengeId": unknown["$id"], "credential": stranger.get(unknown["publicKey"])})
    with counted() as other:
        wrong = finish(owner, known, Bent(signature=bytes(70)))

    assert (told.status, told.json["message"]) == (wrong.status, wrong.json["message"])
    assert_refused(told, 401, "user_passkey_invalid")
    assert one.trips == other.trips


@pytest.mark.parametrize("credential", [None, "", "x", [], 1])
def test_answer_of_another_type_changes_nothing(owner: Person, credential: Any) -> None:
    begun = begin(owner.api)

    refused = owner.api.put(TOKENS, {"challengeId": begun["$id"], "credential": credential})

    assert_refused(refused, 400, "general_argument_invalid")
    assert finish(owner, begun).status == 201


def test_counter_of_a_key_that_stays_on_its_device_rises(people: People, tables: Tables, clock: Clock) -> None:
    allow_passkeys(tables, clock)
    person = people.new()
    person.authenticator = Authenticator(ORIGIN, synced=False)
    person.enrol_passkey()
    assert finish(person, begin(person.api)).status == 201

    for counter in (0, 1, 2):
        assert_refused(finish(person, begin(person.api), Bent(counter=counter)), 401, "user_passkey_invalid")
    assert finish(person, begin(person.api), Bent(counter=900)).status == 201


def test_state_of_backup_is_kept_with_each_use(owner: Person, tables: Tables) -> None:
    [passkey] = owner.authenticator.passkeys
    for flags, backed_up in ((UP | UV | BE, False), (UP | UV | BE | BS, True)):
        assert finish(owner, begin(owner.api), Bent(flags=flags)).status == 201
        assert tables.item(keys.passkey(passkeys.place(passkey.id)))["backed_up"] is backed_up


def test_blocked_owner_hears_so_once_the_signature_is_right(owner: Person, team: TeamApi) -> None:
    begun, wrong = begin(owner.api), begin(owner.api)
    assert team.patch(f"/users/{owner.id}/status", {"status": False}).status == 200

    assert_refused(finish(owner, wrong, Bent(signature=bytes(70))), 401, "user_passkey_invalid")
    assert_refused(finish(owner, begun), 403, "user_blocked")
    assert_refused(finish(owner, begun), 401, "user_invalid_token")


def end_sessions(owner: Person, team: TeamApi) -> None:
    assert team.delete(f"/users/{owner.id}/sessions").status == 204


def change_password(owner: Person, team: TeamApi) -> None:
    owner.clock.advance(seconds=1)
    assert team.patch(f"/users/{owner.id}/password", {"password": "battery staple"}).status == 200


def block(owner: Person, team: TeamApi) -> None:
    for status in (False, True):
        assert team.patch(f"/users/{owner.id}/status", {"status": status}).status == 200


def remove(owner: Person, team: TeamApi) -> None:
    [passkey] = team.get(f"/users/{owner.id}/passkeys").json["passkeys"]
    assert team.delete(f"/users/{owner.id}/passkeys/{passkey['$id']}").status == 204


@pytest.mark.parametrize("act", [end_sessions, change_password, block, remove])
@pytest.mark.parametrize("invalidation", [True, False])
def test_open_token_ends_with_what_it_stood_on(
    owner: Person, team: TeamApi, tables: Tables, act: Callable[[Person, TeamApi], None], invalidation: bool
) -> None:
    switch_project(tables, owner.clock, session_invalidation=invalidation)
    proof = token(owner)

    act(owner, team)

    assert_refused(owner.api.post(SESSIONS, proof), 401, "user_invalid_token")


def test_removed_passkey_signs_in_no_more(owner: Person, team: TeamApi) -> None:
    begun = begin(owner.api)
    remove(owner, team)

    assert_refused(finish(owner, begun), 401, "user_passkey_invalid")


def test_changed_password_leaves_the_passkey(owner: Person, team: TeamApi) -> None:
    change_password(owner, team)

    assert sign_in(owner).status == 201


def test_deleted_users_passkey_opens_no_account_of_the_same_id(owner: Person, team: TeamApi, tables: Tables) -> None:
    begun = begin(owner.api)
    assert team.delete(f"/users/{owner.id}").status == 204
    assert team.post("/users", {"userId": owner.id, "email": owner.email, "password": PASSWORD}).status == 201

    assert_refused(finish(owner, begun), 401, "user_passkey_invalid")
    assert [item["pk"] for item in tables.items("users") if item["pk"].startswith("passkey#")] == []


def test_challenges_of_sessions_and_guests_are_not_each_others(owner: Person) -> None:
    owner.sign_in()
    challenge = owner.challenge("passkey")
    guests = begin(owner.api)
    credential = owner.authenticator.get(owner.asked)

    refused = owner.api.put(TOKENS, {"challengeId": challenge, "credential": credential})

    assert_refused(refused, 401, "user_invalid_token")
    owner.asked = guests["publicKey"]
    assert_refused(owner.answer(guests["$id"], owner.right_answer("passkey")), 401, "user_invalid_token")


def test_nothing_that_is_kept_answers_a_challenge(owner: Person, tables: Tables) -> None:
    begun = begin(owner.api)

    kept = tables.item(keys.challenge(begun["$id"]))

    assert begun["publicKey"]["challenge"] not in str(kept)
    assert len(kept["kept"]) == 32


def test_sixty_are_begun_and_ten_answered_an_hour_from_one_address(owner: Person) -> None:
    """A page that suggests passkeys begins one at each visit, of everybody in an office."""
    first, *_ = [begin(owner.api) for _ in range(60)]
    assert_refused(owner.api.post(TOKENS), 429, "general_rate_limit_exceeded")
    nobody = {"challengeId": "none", "credential": {}}
    for _ in range(9):
        assert_refused(owner.api.put(TOKENS, nobody), 401, "user_invalid_token")
    assert finish(owner, first).status == 201, "which begins the count anew"
    for _ in range(10):
        assert_refused(owner.api.put(TOKENS, nobody), 401, "user_invalid_token")
    assert_refused(owner.api.put(TOKENS, nobody), 429, "general_rate_limit_exceeded")
    assert owner.api.at("127.0.0.2").post(TOKENS).status == 201


def test_new_device_is_told_without_being_asked_for(owner: Person, run_jobs: Callable[[], int]) -> None:
    run_jobs()
    owner.inbox.clear()
    owner.api = owner.api.at("127.0.0.3", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")

    sign_in(owner)
    run_jobs()

    [told] = owner.mails()
    assert "on a device that we have not seen before" in told["text"]


def test_sign_in_takes_four_round_trips_at_most(owner: Person) -> None:
    with container.override("config", replace(settings.config(), rate_limits=False)):
        with counted() as started:
            begun = begin(owner.api)
        with counted() as proven:
            answer = finish(owner, begun)
        with counted() as opened:
            proof = {"userId": answer.json["userId"], "secret": answer.json["secret"]}
            assert owner.api.post(SESSIONS, proof).status == 201

    assert (started.trips, proven.trips, opened.trips) <= (1, 3, 3)
    assert max(started.trips, proven.trips, opened.trips) <= 4


def test_key_of_a_rendering_server_does_the_same(owner: Person) -> None:
    begun = owner.api.post(TOKENS, key=KEY).json
    answer = owner.api.put(
        TOKENS,
        {"challengeId": begun["$id"], "credential": owner.authenticator.get(begun["publicKey"])},
        key=KEY,
    )

    opened = owner.api.post(SESSIONS, {"userId": answer.json["userId"], "secret": answer.json["secret"]}, key=KEY)

    assert (answer.status, opened.status) == (201, 201)
    assert opened.json["secret"]


def test_passkey_that_the_record_of_its_user_does_not_have_signs_nobody_in(owner: Person, tables: Tables) -> None:
    tables.change(keys.user(owner.id), passkeys={"another": "0" * 64})

    assert_refused(finish(owner, begin(owner.api)), 401, "user_passkey_invalid")


def test_token_is_the_users_newest_beside_the_teams(owner: Person, team: TeamApi) -> None:
    """They are kept in one place; the older one opens nothing."""
    made = team.post(f"/users/{owner.id}/tokens").json
    proof = token(owner)

    assert_refused(owner.api.post(SESSIONS, {"userId": owner.id, "secret": made["secret"]}), 401, "user_invalid_token")
    assert owner.api.post(SESSIONS, proof).status == 201

    proof = token(owner)
    team.post(f"/users/{owner.id}/tokens")
    assert_refused(owner.api.post(SESSIONS, proof), 401, "user_invalid_token")
