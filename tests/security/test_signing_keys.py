"""Which data key is in force, which may have signed a token, and how a process hears of a newer one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chalicelib.runtime import container
from chalicelib.security import encryption
from chalicelib.storage import data_key
from chalicelib.storage.data_key import FRESH, SPREAD, DataKey, Keyring
from tests.support.api import Api

NOW = 1_800_000_000_000
HOUR = 3_600_000
OLD, NEW, NEWEST = (bytes([number]) * 32 for number in (1, 2, 3))


@contextmanager
def known(*keys: DataKey, looked: int = NOW, now: int = NOW) -> Iterator[None]:
    """What a process knows of the data keys; all in milliseconds."""
    with container.override("data-keys", Keyring(list(keys), looked)), container.override("clock", lambda: now / 1000):
        yield


@pytest.mark.parametrize(
    ("age", "number"),
    [(-HOUR, 1), (0, 1), (SPREAD - 1, 1), (SPREAD, 2), (SPREAD + 1, 2), (9 * HOUR, 2)],
)
def test_key_is_in_force_once_every_process_knows_it(age: int, number: int) -> None:
    with known(DataKey(OLD, 0), DataKey(NEW, NOW - age), DataKey(NEWEST, NOW)):
        assert encryption.newest() == number
        assert encryption.keyed_hash("challenge", "123456")[0] == number
        assert encryption.encrypt(b"secret", "ada")[0] == number


def test_what_a_newer_key_sealed_stays_under_it() -> None:
    """A process whose clock was set back does not move a secret to the older key."""
    with known(DataKey(OLD, 0), DataKey(NEW, NOW), now=NOW + SPREAD, looked=NOW + SPREAD):
        old, new = b"\x01" + bytes(40), encryption.encrypt(b"secret", "ada")
        assert (encryption.is_current(old), encryption.is_current(new)) == (False, True)
    with known(DataKey(OLD, 0), DataKey(NEW, NOW)):
        assert (encryption.is_current(old), encryption.is_current(new)) == (True, True)


@pytest.mark.parametrize(
    ("age", "alive"),
    [(0, True), (SPREAD, True), (SPREAD + HOUR, True), (SPREAD + HOUR + 1, False), (9 * HOUR, False)],
)
def test_older_key_signs_until_its_last_token_is_over(age: int, alive: bool) -> None:
    with known(DataKey(OLD, 0), DataKey(NEW, NOW - age), DataKey(NEWEST, NOW)):
        assert encryption.signing_key(1, HOUR) == (encryption.derived_key("jwt", 1) if alive else None)
        assert encryption.signing_key(2, HOUR) == encryption.derived_key("jwt", 2)
        assert encryption.signing_key(3, HOUR) == encryption.derived_key("jwt", 3)


def test_newest_key_signs_however_old_it_is() -> None:
    with known(DataKey(OLD, 0), DataKey(NEW, 1)):
        assert encryption.signing_key(2, HOUR) == encryption.derived_key("jwt", 2)
        assert encryption.signing_key(1, HOUR) is None


@pytest.mark.parametrize("number", [0, -1, 3, 255])
def test_number_of_no_key_signs_nothing(number: int) -> None:
    with known(DataKey(OLD, 0), DataKey(NEW, NOW)):
        assert encryption.signing_key(number, HOUR) is None


@pytest.mark.parametrize("number", [0, -1])
def test_there_is_no_key_before_the_first(number: int) -> None:
    with known(DataKey(OLD, 0)), pytest.raises(encryption.UnknownKey, match=str(number)):
        encryption.derived_key("jwt", number)


@pytest.fixture
def before(api: Api) -> list[DataKey]:
    """What a process still knows after another one has added the second key."""
    keys = data_key.load()
    with container.override("clock", lambda: NOW / 1000):
        assert data_key.add() == 2
    return keys


@pytest.mark.parametrize(("seconds", "heard"), [(0, False), (59, False), (60, True), (3600, True)])
def test_token_of_a_newer_key_makes_a_process_look_again_once_a_minute(
    before: list[DataKey], seconds: int, heard: bool
) -> None:
    with known(*before, now=NOW + seconds * 1000):
        assert (encryption.signing_key(2, HOUR) is not None) is heard


def test_what_a_newer_key_sealed_makes_a_process_look_again_at_once(before: list[DataKey]) -> None:
    with known(*data_key.load(), now=NOW + SPREAD, looked=NOW + SPREAD):
        stored = encryption.keyed_hash("challenge", "123456")
    assert stored[0] == 2

    with known(*before):
        assert encryption.hash_matches(stored, "challenge", "123456")


@pytest.mark.parametrize(("milliseconds", "heard"), [(0, False), (FRESH - 1, False), (FRESH, True), (-1, True)])
def test_process_looks_again_when_what_it_knows_is_old_or_the_clock_was_set_back(
    before: list[DataKey], milliseconds: int, heard: bool
) -> None:
    with known(*before, now=NOW + milliseconds):
        assert encryption.newest() == 1
        assert len(container.get("data-keys", data_key.keyring).keys) == (2 if heard else 1)
