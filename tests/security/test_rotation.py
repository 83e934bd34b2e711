"""A newer data key takes over and nobody is signed out: what older ones sealed opens, codes on their way are good."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib import services
from chalicelib.security import encryption
from chalicelib.storage import data_key, keys
from tests.support import Clock, People, Person, Tables, assert_refused, bearer


def rotate() -> int:
    """As the operator's command does, in a process of its own."""
    return data_key.add()


def restart() -> None:
    """Let this process forget what it knows of the data keys."""
    services.forget("data-keys")


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
    restart()
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


def test_token_of_the_key_before_is_over_after_an_hour(people: People, clock: Clock) -> None:
    """Else whoever got hold of an old key could sign tokens for ever."""
    person = people.new()
    claims_are_read = bearer(person.jwt())
    rotate()
    restart()
    clock.advance(minutes=14)
    assert person.api.get("/account", headers=claims_are_read).status == 200

    clock.advance(minutes=47)

    assert encryption.signing_key(1, 3_600_000) is None
    assert encryption.signing_key(2, 3_600_000) is not None


def test_process_that_runs_learns_of_a_newer_key_from_what_it_sealed(api: object, clock: Clock) -> None:
    encryption.encrypt(b"secret", "ada")
    running = services.get("data-keys", tuple)
    rotate()
    restart()
    sealed = encryption.encrypt(b"secret", "ada")

    with services.override("data-keys", running):
        assert encryption.decrypt(sealed, "ada") == b"secret"


def test_unknown_numbers_in_tokens_ask_kms_once_a_minute_at_most(api: object, clock: Clock) -> None:
    class CountingKms:
        calls = 0

        def __getattr__(self, name: str) -> object:
            CountingKms.calls += 1
            return getattr(kms, name)

    encryption.newest()
    kms = services.client("kms")
    clock.advance(seconds=61)
    with services.override("kms", CountingKms()):
        for number in (7, 8, 9, 7, 200):
            assert encryption.signing_key(number, 3_600_000) is None

    assert CountingKms.calls == 1


def test_unknown_number_of_a_seal_is_an_error(api: object) -> None:
    with pytest.raises(encryption.UnknownKey):
        encryption.decrypt(b"\x09" + bytes(40), "ada")
    with pytest.raises(encryption.UnknownKey):
        encryption.decrypt(b"\x00" + bytes(40), "ada")


def test_two_who_rotate_at_once_make_one_key(api: object, tables: Tables) -> None:
    data_key.load()

    class Overtaken:
        def __getattr__(self, name: str) -> object:
            return getattr(dynamodb, name)

        def transact_write_items(self, **parameters: object) -> object:
            with services.override("dynamodb", dynamodb):
                rotate()
            return dynamodb.transact_write_items(**parameters)

    dynamodb = services.client("dynamodb")
    with services.override("dynamodb", Overtaken()), pytest.raises(RuntimeError, match="just been added"):
        rotate()

    assert len(data_key.load()) == 2
    assert len(tables.item(keys.DATA_KEY)["later"]) == 1


def test_keys_are_as_many_as_a_byte_can_tell(api: object, tables: Tables) -> None:
    data_key.load()
    wrapped = tables.item(keys.DATA_KEY)["wrapped"]
    tables.change(keys.DATA_KEY, later=[{"wrapped": wrapped, "created": 1}] * 254)

    with pytest.raises(RuntimeError, match="255 data keys"):
        data_key.add()
