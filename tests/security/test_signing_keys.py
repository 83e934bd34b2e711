"""Which data key a token may be signed with, and how a process hears of a newer one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chalicelib import services
from chalicelib.security import encryption
from chalicelib.storage import data_key
from chalicelib.storage.data_key import DataKey
from tests.support import Api

NOW = 1_800_000_000_000
HOUR = 3_600_000
OLD, NEW, NEWEST = (bytes([number]) * 32 for number in (1, 2, 3))


@contextmanager
def known(*keys: DataKey, read_at: int = NOW, now: int = NOW) -> Iterator[None]:
    """What a process knows of the data keys; all in milliseconds."""
    with services.override("data-keys", (list(keys), read_at)), services.override("clock", lambda: now / 1000):
        yield


@pytest.mark.parametrize(("age", "alive"), [(0, True), (HOUR, True), (HOUR + 1, False), (9 * HOUR, False)])
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
    encryption.newest()
    keys: list[DataKey] = services.get("data-keys", tuple)[0]
    assert data_key.add() == 2
    services.forget("data-keys")
    return keys


@pytest.mark.parametrize(("seconds", "heard"), [(0, False), (59, False), (60, True), (3600, True)])
def test_token_of_a_newer_key_makes_a_process_look_again_once_a_minute(
    before: list[DataKey], seconds: int, heard: bool
) -> None:
    with known(*before, read_at=NOW, now=NOW + seconds * 1000):
        assert (encryption.signing_key(2, HOUR) is not None) is heard
        assert encryption.newest() == (2 if heard else 1)


def test_what_a_newer_key_sealed_makes_a_process_look_again_at_once(before: list[DataKey]) -> None:
    stored = encryption.keyed_hash("challenge", "123456")
    assert stored[0] == 2

    with known(*before):
        assert encryption.hash_matches(stored, "challenge", "123456")
        assert encryption.newest() == 2
