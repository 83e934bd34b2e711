"""What is sealed is opened by its owner with its data key and by nothing else; and how KMS wraps that key."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as some

from chalicelib.errors import ApiError
from chalicelib.runtime import container, settings
from chalicelib.security import encryption
from chalicelib.storage import data_key, keys
from tests.conftest import Stack
from tests.support.api import Api, assert_refused
from tests.support.person import People
from tests.support.tables import Tables
from tests.support.tokens import data_keys

KEY = bytes(range(32))


@pytest.fixture
def _data_key() -> Iterator[None]:
    """A data key without KMS."""
    container.reset()
    with container.override("data-keys", data_keys(KEY)):
        yield
    container.reset()


class WatchedKms:
    """KMS, and what it was asked for. `before` runs ahead of every call."""

    def __init__(self, client: Any, before: Callable[[], None] = lambda: None) -> None:
        self._client = client
        self._before = before
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            self._before()
            self.calls.append((name, parameters))
            return getattr(self._client, name)(**parameters)

        return call


class BrokenKms:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def generate_data_key(self, **_: Any) -> None:
        raise self.error

    decrypt = generate_data_key


# The cipher


@given(secret=some.binary(max_size=200), owner=some.text(some.characters(codec="utf-8"), max_size=36))
def test_what_was_sealed_is_opened_by_its_owner(secret: bytes, owner: str) -> None:
    with container.override("data-keys", data_keys(KEY)):
        sealed = encryption.encrypt(secret, owner)

        assert encryption.decrypt(sealed, owner) == secret
        assert len(sealed) == 1 + 12 + len(secret) + 16


@pytest.mark.usefixtures("_data_key")
def test_no_seal_repeats_and_none_shows_the_secret() -> None:
    sealed = {encryption.encrypt(b"JBSWY3DPEHPK3PXP", "ada") for _ in range(1_000)}

    assert len({each[1:13] for each in sealed}) == 1_000
    assert not any(b"JBSWY3DP" in each for each in sealed)


@pytest.mark.usefixtures("_data_key")
@pytest.mark.parametrize("owner", ["", "Ada", "ada ", "eve"])
def test_another_owner_is_refused(owner: str) -> None:
    sealed = encryption.encrypt(b"secret", "ada")

    with pytest.raises(InvalidTag):
        encryption.decrypt(sealed, owner)


@pytest.mark.usefixtures("_data_key")
@pytest.mark.parametrize(("code", "typed"), [("00ff", "00fe"), ("00ff", ""), ("", "00ff")])
def test_another_code_is_refused(code: str, typed: str) -> None:
    sealed = encryption.encrypt(b"secret", "ada", code)
    assert encryption.decrypt(sealed, "ada", code) == b"secret"

    with pytest.raises(InvalidTag):
        encryption.decrypt(sealed, "ada", typed)


@pytest.mark.usefixtures("_data_key")
def test_any_flipped_bit_is_refused() -> None:
    sealed = encryption.encrypt(b"secret", "ada")

    for place in range(1, len(sealed)):
        tampered = bytearray(sealed)
        tampered[place] ^= 1
        with pytest.raises(InvalidTag):
            encryption.decrypt(bytes(tampered), "ada")
    with pytest.raises(InvalidTag):
        encryption.decrypt(sealed[:-1], "ada")


@pytest.mark.usefixtures("_data_key")
def test_another_data_key_opens_nothing() -> None:
    sealed = encryption.encrypt(b"secret", "ada")

    container.reset()
    with container.override("data-keys", data_keys(bytes(32))), pytest.raises(InvalidTag):
        encryption.decrypt(sealed, "ada")


@pytest.mark.usefixtures("_data_key")
def test_keyed_hash_depends_on_the_key_and_every_part() -> None:
    known = encryption.keyed_hash("challenge", "id", "ada", "123456")

    others = [
        encryption.keyed_hash("verification", "id", "ada", "123456"),
        encryption.keyed_hash("challenge", "di", "ada", "123456"),
        encryption.keyed_hash("challenge", "id", "eve", "123456"),
        encryption.keyed_hash("challenge", "id", "ada", "123457"),
        encryption.keyed_hash("challenge", "idada", "", "123456"),
        hmac.digest(KEY, b"challenge\0id\0ada\0123456", "sha256"),
    ]
    assert known == encryption.keyed_hash("challenge", "id", "ada", "123456")
    assert known not in others
    with container.override("data-keys", data_keys(bytes(32))):
        assert encryption.keyed_hash("challenge", "id", "ada", "123456") != known


@pytest.mark.usefixtures("_data_key")
def test_hash_under_a_key_of_one_code_is_judged_by_whoever_can_make_that_key() -> None:
    key_parts = ("mailed code", "recovery", "ann@example.test", "1")
    kept = encryption.hash_under(encryption.keyed_hash(*key_parts), "ada", "123456")

    assert encryption.hash_under_matches(kept, key_parts, "ada", "123456")
    for parts in (("ada", "123457"), ("eve", "123456"), ("ada123456", "")):
        assert not encryption.hash_under_matches(kept, key_parts, *parts)
    assert not encryption.hash_under_matches(kept, (*key_parts[:3], "2"), "ada", "123456")
    assert not encryption.hash_under_matches(b"", key_parts, "ada", "123456")
    with container.override("data-keys", data_keys(KEY, bytes(32))):  # a newer one: the number says which it was
        assert encryption.hash_under_matches(kept, key_parts, "ada", "123456")
    with container.override("data-keys", data_keys(bytes(32))):
        assert not encryption.hash_under_matches(kept, key_parts, "ada", "123456")


# The data key


def fresh_process() -> None:
    """Forget what a process remembers, but not where AWS and the time are."""
    for name in ("data-keys", "cipher-1", "cipher-2"):
        container._built.pop(name, None)


def test_deployment_keeps_one_data_key_in_wrapped_form_only(api: Api, tables: Tables) -> None:
    [first] = data_key.load()

    assert (len(first.plain), first.created) == (32, 0)
    assert data_key.load() == [first]
    assert first.plain not in tables.item(keys.DATA_KEY)["wrapped"]
    assert list(tables.item(keys.DATA_KEY)) == ["id", "wrapped"] or set(tables.item(keys.DATA_KEY)) == {"id", "wrapped"}


@pytest.fixture
def new(api: Api, tables: Tables) -> None:
    """The deployment has no data key yet."""
    tables.delete(keys.DATA_KEY)


@pytest.mark.usefixtures("new")
def test_key_of_a_faster_operator_is_left_alone(tables: Tables, stack: Stack) -> None:
    """The other one keeps a key while this one is waiting for KMS."""
    kms = stack.aws.client("kms")
    others: list[dict[str, Any]] = []

    def overtake() -> None:
        if not others:
            others.append({})
            with container.override("kms", kms):
                assert data_key.make_first()
            others.append(tables.item(keys.DATA_KEY))

    with container.override("kms", WatchedKms(kms, before=overtake)):
        assert not data_key.make_first()

    assert tables.item(keys.DATA_KEY) == others[1]
    assert not data_key.make_first()


@pytest.mark.usefixtures("new")
def test_key_is_bound_to_this_deployment(stack: Stack) -> None:
    with container.override("kms", WatchedKms(stack.aws.client("kms"))) as kms:
        assert data_key.make_first()
        data_key.load()

    config = settings.config()
    context = {"purpose": "chalice-mfa", "tables": config.table_prefix}
    assert [name for name, _ in kms.calls] == ["generate_data_key", "decrypt"]
    assert all(given["KeyId"] == config.kms_key and given["EncryptionContext"] == context for _, given in kms.calls)


def test_key_opens_on_tables_of_another_prefix_in_its_own_context_only(stack: Stack, api: Api) -> None:
    known, config = data_key.load(), settings.config()

    with container.override("config", replace(config, key_context="chalice-mfa-restored")), pytest.raises(ApiError):
        data_key.load()
    restored = f"{config.table_prefix}-restored"
    stack.aws.client("dynamodb").restore_table_to_point_in_time(
        SourceTableName=f"{config.table_prefix}-settings", TargetTableName=f"{restored}-settings"
    )
    with container.override("config", replace(config, table_prefix=restored)):
        assert data_key.load() == known
    stack.aws.client("dynamodb").delete_table(TableName=f"{restored}-settings")


def test_warm_process_asks_kms_nothing_and_a_fresh_one_once(people: People, stack: Stack) -> None:
    person = people.new(authenticator=True)
    with container.override("kms", WatchedKms(stack.aws.client("kms"))) as kms:
        person.pass_challenge()
        assert kms.calls == []

        fresh_process()
        person.pass_challenge()
        assert [name for name, _ in kms.calls] == ["decrypt"]


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "secret detail"}}, "Decrypt"),
        ClientError({"Error": {"Code": "DisabledException", "Message": "secret detail"}}, "Decrypt"),
        ConnectTimeoutError(endpoint_url="http://kms"),
    ],
)
def test_without_kms_nothing_is_let_through(people: People, error: Exception) -> None:
    person = people.new(authenticator=True)
    challenge = person.challenge("totp")
    fresh_process()

    with container.override("kms", BrokenKms(error)):
        with pytest.raises(ApiError, match="general_service_unavailable"):
            data_key.load()
        answer = person.answer(challenge, person.totp_code(1))

    assert_refused(answer, 503, "general_service_unavailable")
    assert int(answer.header("Retry-After") or 0) > 0
    assert "detail" not in answer.text
    assert person.get("/account/sessions/current").json["factors"] == ["password", "totp"]
    assert person.answer(challenge, person.totp_code(1)).status == 200


@pytest.mark.usefixtures("new")
def test_without_kms_the_operator_makes_no_key_and_hears_why(tables: Tables, caplog: pytest.LogCaptureFixture) -> None:
    error = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GenerateDataKey")

    with container.override("kms", BrokenKms(error)), pytest.raises(ApiError):
        data_key.make_first()

    assert tables.items("settings") == []
    assert caplog.messages[-1:] == ["kms generate_data_key failed: AccessDeniedException"]


def test_functions_make_no_key_and_say_which_command_does(
    people: People, tables: Tables, caplog: pytest.LogCaptureFixture
) -> None:
    person = people.new()
    tables.delete(keys.DATA_KEY)
    fresh_process()

    answer = person.post("/account/mfa/authenticators/totp")

    assert_refused(answer, 503, "general_service_unavailable")
    assert answer.header("Retry-After") == "60"
    told = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert told == ["there is no data key: make data-key STAGE=local"]
    assert tables.items("settings") == []
    with pytest.raises(RuntimeError, match="make data-key"):
        data_key.add()
    assert data_key.make_first()
    person.enrol_authenticator()
