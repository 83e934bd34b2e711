"""A newer data key takes over and nobody is signed out: what older ones sealed opens, codes on their way are good."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from chalicelib.errors import ApiError
from chalicelib.runtime import aws, container
from chalicelib.runtime.clock import now
from chalicelib.security import encryption
from chalicelib.storage import data_key, keys
from chalicelib.storage.data_key import FRESH, SPREAD, Keyring
from tests.support.api import assert_refused
from tests.support.clock import Clock
from tests.support.faults import Faulty, meanwhile
from tests.support.person import People, Person
from tests.support.tables import Tables
from tests.support.tokens import bearer

SPREAD_MINUTES = SPREAD / 60_000


def rotate() -> int:
    """As the operator's command does, in a process of its own."""
    return data_key.add()


def restart() -> None:
    """Let this process forget what it knows of the data keys."""
    container.forget("data-keys")


def ring() -> Keyring:
    """What this process knows of the data keys."""
    known: Keyring = container.get("data-keys", data_key.keyring)
    return known


class Counted:
    """An AWS client whose calls are counted."""

    def __init__(self, service: str) -> None:
        self._client, self.calls = aws.client(service), 0

    def __getattr__(self, name: str) -> Any:
        self.calls += 1
        return getattr(self._client, name)


@pytest.fixture
def owner(people: People) -> Person:
    return people.new(email_verified=True, authenticator=True, mfa=True)


@pytest.mark.parametrize("after", [restart, lambda: None], ids=["fresh process", "running process"])
def test_sessions_totp_codes_and_tokens_live_on(owner: Person, api: object, after: Callable[[], None]) -> None:
    owner.clock.advance(seconds=60)
    token = owner.jwt()
    challenge = owner.challenge("email")
    code = owner.mailed_code()

    assert rotate() == 2
    after()

    assert owner.get("/account").status == 200
    assert owner.api.get("/account", headers=bearer(token)).status == 200
    assert owner.answer(challenge, code).status == 200
    owner.pass_challenge("totp")
    assert owner.api.get("/account", headers=bearer(owner.jwt())).status == 200


def test_phone_code_on_its_way_is_good(person: Person) -> None:
    person.set_phone()
    assert person.post("/account/verifications/phone").status == 201
    rotate()
    restart()

    proof = {"userId": person.id, "secret": person.texted_code()}
    assert person.api.put("/account/verifications/phone", proof).status == 200


def test_totp_secret_moves_to_the_newest_key_when_it_is_used(owner: Person, tables: Tables) -> None:
    def sealed() -> bytes:
        secret: bytes = tables.item(keys.user(owner.id))["authenticators"]["totp"]["secret"]
        return secret

    before = sealed()
    rotate()
    owner.pass_challenge("totp")
    assert sealed() == before, "the new key is not in force yet"
    owner.clock.advance(minutes=SPREAD_MINUTES)
    owner.pass_challenge("totp")

    assert (before[0], sealed()[0]) == (1, 2)
    assert encryption.decrypt(sealed(), owner.id) == encryption.decrypt(before, owner.id)
    moved = sealed()
    owner.pass_challenge("totp")
    assert sealed() == moved


def test_wrong_codes_stay_wrong(owner: Person) -> None:
    challenge = owner.challenge("email")
    rotate()
    restart()

    assert_refused(owner.answer(challenge, "000000"), 401, "user_invalid_token")


def test_token_of_the_key_before_is_over_an_hour_after_nobody_signs_with_it(people: People, clock: Clock) -> None:
    """Else whoever got hold of an old key could sign tokens for ever."""
    person = people.new()
    rotate()
    clock.advance(minutes=SPREAD_MINUTES - 0.1)
    last = bearer(person.jwt())
    clock.advance(minutes=14)
    assert person.api.get("/account", headers=last).status == 200

    clock.advance(minutes=47)

    assert encryption.signing_key(1, 3_600_000) is None
    assert encryption.signing_key(2, 3_600_000) is not None


def test_process_that_runs_learns_of_a_newer_key_from_what_it_sealed(api: object, clock: Clock) -> None:
    running = replace(ring())
    rotate()
    restart()
    clock.advance(minutes=SPREAD_MINUTES)
    sealed = encryption.encrypt(b"secret", "ada")
    assert sealed[0] == 2

    running.looked = now()
    with container.override("data-keys", running):
        assert encryption.decrypt(sealed, "ada") == b"secret"


@pytest.mark.parametrize("minutes", [0, 1, 4, 6, 9, 11, 16, 31, 71])
def test_running_and_fresh_process_understand_each_other_at_any_time_after(
    owner: Person, clock: Clock, minutes: int
) -> None:
    """The running one has not been asked for anything meanwhile."""
    running = replace(ring())
    rotate()
    clock.advance(minutes=minutes)
    with container.override("data-keys", data_key.keyring()) as fresh:
        code = encryption.keyed_hash("challenge", "123456"), encryption.encrypt(b"secret", "ada")
        token = bearer(owner.jwt())
    with container.override("data-keys", running):
        assert owner.api.get("/account", headers=token).status == 200
        assert encryption.hash_matches(code[0], "challenge", "123456")
        assert encryption.decrypt(code[1], "ada") == b"secret"
        code = encryption.keyed_hash("challenge", "123456"), encryption.encrypt(b"secret", "ada")
        token = bearer(owner.jwt())
    with container.override("data-keys", fresh):
        assert owner.api.get("/account", headers=token).status == 200
        assert encryption.hash_matches(code[0], "challenge", "123456")
        assert encryption.decrypt(code[1], "ada") == b"secret"


def test_running_process_asks_once_in_five_minutes_and_kms_only_for_what_is_new(api: object, clock: Clock) -> None:
    encryption.newest()
    with container.override("kms", Counted("kms")) as kms, container.override("dynamodb", Counted("dynamodb")) as table:
        for _ in range(10):
            clock.advance(seconds=29)
            encryption.keyed_hash("challenge", "123456")
        assert (kms.calls, table.calls) == (0, 0)

        clock.advance(seconds=10)
        for _ in range(3):
            encryption.keyed_hash("challenge", "123456")
        assert (kms.calls, table.calls) == (0, 1)

    rotate()
    clock.advance(seconds=FRESH / 1000)
    with container.override("kms", Counted("kms")) as kms, container.override("dynamodb", Counted("dynamodb")) as table:
        encryption.keyed_hash("challenge", "123456")
        assert (kms.calls, table.calls, len(ring().keys)) == (1, 1, 2)


@pytest.mark.parametrize("service", ["dynamodb", "kms"])
def test_when_the_look_fails_the_process_goes_on_and_tries_once_a_minute(
    person: Person, clock: Clock, caplog: pytest.LogCaptureFixture, service: str
) -> None:
    begun = person.jwt()
    rotate()
    clock.advance(minutes=6)
    timeout = ConnectTimeoutError(endpoint_url="http://aws")
    with caplog.at_level(logging.WARNING, "chalicelib"), container.override(service, Broken(timeout)) as broken:
        for _ in range(20):
            assert encryption.newest() == 1
        clock.advance(seconds=50)
        assert encryption.hash_matches(encryption.keyed_hash("challenge", "123456"), "challenge", "123456")
        assert broken.calls == 1
        clock.advance(seconds=20)
        encryption.newest()
        assert broken.calls == 2

    assert [each.getMessage() for each in caplog.records].count("data keys were not read again: ApiError") == 2
    assert person.api.get("/account", headers=bearer(begun)).status == 200
    clock.advance(seconds=70)
    assert (encryption.newest(), len(ring().keys)) == (1, 2)


class Broken(Faulty):
    """An AWS client of which every call fails, and is counted."""

    calls = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        self.calls += 1
        return super().__getattr__(name)


def test_strangers_token_that_makes_a_process_look_costs_it_no_key(person: Person, clock: Clock) -> None:
    """What a process knows stays, although KMS and DynamoDB cannot be reached when it looks for an unknown number."""
    token = bearer(person.jwt())
    clock.advance(minutes=2)
    timeout = ConnectTimeoutError(endpoint_url="http://aws")
    with container.override("kms", Faulty(timeout)), container.override("dynamodb", Faulty(timeout)):
        assert encryption.signing_key(1, 3_600_000) is not None
        with pytest.raises(ApiError, match="general_service_unavailable"):
            encryption.signing_key(9, 3_600_000)
        assert encryption.signing_key(1, 3_600_000) is not None
    assert person.api.get("/account", headers=token).status == 200


def test_clock_that_goes_back_breaks_nothing(owner: Person, clock: Clock) -> None:
    clock.advance(minutes=60)
    rotate()
    clock.advance(minutes=SPREAD_MINUTES)
    owner.pass_challenge("totp")
    stored, token = encryption.keyed_hash("challenge", "123456"), bearer(owner.jwt())
    assert stored[0] == 2

    clock.advance(minutes=-30)

    assert encryption.newest() == 1
    assert encryption.hash_matches(stored, "challenge", "123456")
    assert owner.api.get("/account", headers=token).status == 200
    assert owner.api.get("/account", headers=bearer(owner.jwt())).status == 200
    before = container.get("dynamodb-calls", dict)["calls"]
    encryption.newest()
    assert container.get("dynamodb-calls", dict)["calls"] == before, "one look is enough"


def test_unknown_numbers_in_tokens_ask_aws_once_a_minute_at_most(api: object, clock: Clock) -> None:
    encryption.newest()
    clock.advance(seconds=61)
    with container.override("kms", Counted("kms")) as kms, container.override("dynamodb", Counted("dynamodb")) as table:
        for number in (7, 8, 9, 7, 200):
            assert encryption.signing_key(number, 3_600_000) is None

    assert (kms.calls, table.calls) == (0, 1)


def test_unknown_number_of_a_seal_is_an_error(api: object) -> None:
    with pytest.raises(encryption.UnknownKey):
        encryption.decrypt(b"\x09" + bytes(40), "ada")
    with pytest.raises(encryption.UnknownKey):
        encryption.decrypt(b"\x00" + bytes(40), "ada")


def test_two_who_rotate_at_once_make_one_key(api: object, tables: Tables) -> None:
    data_key.load()

    with meanwhile(rotate), pytest.raises(RuntimeError, match="just been added"):
        rotate()

    assert len(data_key.load()) == 2
    assert len(tables.item(keys.DATA_KEY)["later"]) == 1


def test_keys_are_as_many_as_a_byte_can_tell(api: object, tables: Tables) -> None:
    data_key.load()
    wrapped = tables.item(keys.DATA_KEY)["wrapped"]
    tables.change(keys.DATA_KEY, later=[{"wrapped": wrapped, "created": 1}] * 254)

    with pytest.raises(RuntimeError, match="255 data keys"):
        data_key.add()
