"""What makes a browser known for a mailbox, and what does not."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as some

from chalicelib.errors import ApiError
from chalicelib.runtime import container
from chalicelib.runtime.settings import Config
from chalicelib.security import devices, encryption
from chalicelib.security.devices import Device
from tests.support.faults import Faulty, refusal_of_aws
from tests.support.tokens import data_keys

NOW = 1_800_000_000_000
DAY = 86_400_000
OLD, NEW = bytes(range(32)), bytes(range(1, 33))
CONFIG = Config(stage="local", project="demo", table_prefix="chalice-mfa-local")
EMAIL, USER = "ann@example.test", "user-1.a_b"


@contextmanager
def deployed(*keys: bytes, now: int = NOW, **settings: Any) -> Iterator[None]:
    """A deployment with these data keys, without KMS; `now` in milliseconds."""
    with (
        container.override("config", replace(CONFIG, **settings)),
        container.override("data-keys", data_keys(*(keys or (OLD,)))),
        container.override("clock", lambda: now / 1000),
    ):
        yield


@pytest.fixture(autouse=True)
def _deployed() -> Iterator[None]:
    with deployed():
        yield


def issued(email: str = EMAIL, user_id: str = USER) -> str:
    return devices.issue(email, user_id, [])[0]


def is_known(*values: str, email: str = EMAIL) -> bool:
    return devices.known(email, values) is not None


def test_what_was_issued_is_known_for_its_mailbox_and_user() -> None:
    device = devices.known(EMAIL, [issued()])

    assert device is not None
    assert (len(device.id), device.user_id, device.issued) == (32, USER, NOW)


def test_every_device_has_128_random_bits_of_its_own() -> None:
    asked: list[int] = []

    def random(count: int) -> bytes:
        asked.append(count)
        return bytes([len(asked)]) * count

    with container.override("random", random):
        ids = [devices.known(EMAIL, [issued()]) for _ in range(2)]

    assert [device and device.id for device in ids] == ["01" * 16, "02" * 16]
    assert asked == [16, 16]


def test_value_names_no_mailbox_and_needs_no_quoting() -> None:
    several = devices.join(devices.issue(EMAIL, USER, [issued("bob@example.test", "u" * 36)]))

    assert quote(several, safe="") == several
    assert "ann" not in several
    assert "example" not in several
    assert max(map(len, devices.split(several))) <= 3 + 13 + 32 + 36 + 43 + 4


def test_value_is_of_the_newest_key_and_older_ones_stay_good() -> None:
    old = issued()
    with deployed(OLD, NEW):
        new = issued()
        assert is_known(old)
        assert is_known(new)

    assert (old[:2], new[:2]) == ("1.", "2.")
    assert not is_known(new)  # a process that has not heard of the key
    with deployed(NEW):
        assert not is_known(old)


@pytest.mark.parametrize("email", ["bob@example.test", "ann@example.tes", "ANN@example.test", "", "ann@example.test\0"])
def test_value_of_one_mailbox_says_nothing_of_another(email: str) -> None:
    assert not is_known(issued(), email=email)


@pytest.mark.parametrize("settings", [{"project": "other"}, {"table_prefix": "chalice-mfa-dev"}])
def test_value_of_another_project_or_deployment_is_none(settings: dict[str, Any]) -> None:
    value = issued()

    with deployed(**settings):
        assert not is_known(value)
        assert is_known(issued())


def test_parts_cannot_be_moved_between_what_is_signed() -> None:
    value = issued()

    with deployed(table_prefix=f"{CONFIG.table_prefix}\0demo", project=EMAIL):
        assert not is_known(value, email="")


@pytest.mark.parametrize(("age", "known"), [(0, True), (180 * DAY - 1, True), (180 * DAY, False), (999 * DAY, False)])
def test_value_ends_with_its_days(age: int, known: bool) -> None:
    value = issued()

    with deployed(now=NOW + age):
        assert is_known(value) is known


def test_number_of_days_is_a_setting_that_counts_at_once() -> None:
    value = issued()

    assert devices.expiry(NOW) == NOW + 180 * DAY
    with deployed(now=NOW + DAY, device_days=1):
        assert not is_known(value)


FORGED: dict[str, Callable[[str], str]] = {
    "nothing": lambda value: "",
    "a session": lambda value: "eyJpZCI6InVzZXIiLCJzZWNyZXQiOiIifQ==",
    "no signature": lambda value: value.rpartition(".")[0],
    "empty signature": lambda value: value.rpartition(".")[0] + ".",
    "truncated": lambda value: value[:-1],
    "longer": lambda value: f"{value}A",
    "line end": lambda value: f"{value}\n",
    "blank": lambda value: f" {value}",
    "key zero": lambda value: f"0{value[1:]}",
    "no such key": lambda value: f"2{value[1:]}",
    "no number": lambda value: f"x{value[1:]}",
    "full-width digit": lambda value: f"\uff11{value[1:]}",
    "another user": lambda value: value.replace(USER, "user-2"),
    "no user": lambda value: value.replace(USER, ""),
    "upper case": lambda value: value.upper(),
    "later": lambda value: value.replace(str(NOW), str(NOW + 1)),
    "padding": lambda value: f"{value}=",
    "other last bits": lambda value: value[:-1] + chr(ord(value[-1]) + 1),
    "signed with the key of codes": lambda value: signed_by("codes", value),
    "signed with the key of tokens": lambda value: signed_by("jwt", value),
}


def signed_by(purpose: str, value: str) -> str:
    head = value.rpartition(".")[0]
    text = "\0".join([CONFIG.table_prefix, CONFIG.project, EMAIL, head])
    mac = hmac.digest(encryption.derived_key(purpose, 1), text.encode(), "sha256")
    return f"{head}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_forged_value_is_none(forge: Callable[[str], str]) -> None:
    assert not is_known(forge(issued()))


def test_key_of_devices_is_a_key_of_its_own() -> None:
    value = issued()

    assert signed_by("device", value) == value


def test_each_bit_of_a_value_counts() -> None:
    value = issued()
    for place in range(len(value)):
        for bit in range(7):
            flipped = value[:place] + chr(ord(value[place]) ^ 1 << bit) + value[place + 1 :]
            assert not is_known(flipped), flipped


def test_each_bit_of_the_signature_counts() -> None:
    head, _, mac = issued().rpartition(".")
    raw = urlsafe_b64decode(f"{mac}=")
    assert len(raw) == 32
    for place in range(256):
        flipped = (int.from_bytes(raw, "big") ^ 1 << place).to_bytes(32, "big")
        assert not is_known(f"{head}.{urlsafe_b64encode(flipped).rstrip(b'=').decode()}")


@given(some.text())
def test_any_text_is_read_and_makes_nobody_known(text: str) -> None:
    with deployed():
        assert not is_known(*devices.split(text), text)


@given(some.lists(some.sampled_from([f"{name}@example.test" for name in "abcdefgh"]), min_size=1, max_size=12))
def test_browser_is_known_for_the_last_five_mailboxes(signed_in: list[str]) -> None:
    with deployed():
        kept: list[str] = []
        for email in signed_in:
            kept = devices.issue(email, USER, devices.split(devices.join(kept)))

        last = list(dict.fromkeys(reversed(signed_in)))[:5]
        assert len(kept) == len(last)
        assert [email for value in kept for email in set(signed_in) if is_known(value, email=email)] == last


def test_known_device_keeps_its_id_and_is_issued_anew() -> None:
    value = issued()
    before = devices.known(EMAIL, [value])

    with deployed(now=NOW + 5):
        (renewed,) = devices.issue(EMAIL, USER, [value])
        after = devices.known(EMAIL, [renewed])

    assert before is not None
    assert after == before._replace(issued=NOW + 5)


def test_several_values_for_one_mailbox_become_one() -> None:
    other = issued("bob@example.test")

    kept = devices.issue(EMAIL, USER, [issued(), other, issued()])

    assert len(kept) == 2
    assert kept[1] == other


def test_first_five_well_formed_values_are_looked_at_and_no_more() -> None:
    values = [issued(f"{number}@example.test") for number in range(7)]

    assert devices.split(devices.join(values)) == values[:5]
    assert devices.split(*values) == values[:5]
    assert devices.split("x", devices.join(values[:2]), "", devices.join(values[:3])) == values[:3]
    assert devices.split("~~~~~" + values[0]) == []
    assert devices.split("~" * 100_000) == []


def test_forged_numbers_make_nobody_read_the_keys_again() -> None:
    """They are anybody's word: not each may ask KMS."""
    value = issued()

    with container.override("dynamodb", Faulty(AssertionError("the keys are read again"))):
        assert not is_known(*(f"{number}{value[1:]}" for number in (2, 3, 255, 256, 999)))


def test_without_data_keys_there_is_no_device_and_none_is_issued() -> None:
    value = issued()
    container.forget("data-keys")

    with container.override("dynamodb", Faulty(refusal_of_aws("InternalServerError"))):
        assert not is_known(value)
        with pytest.raises(ApiError, match="general_service_unavailable"):
            issued()


@pytest.mark.parametrize(
    ("user_id", "password_updated", "outlived"),
    [(USER, NOW, False), (USER, NOW + 1, True), (USER, 0, False), ("user-2", 0, True)],
)
def test_device_is_outlived_by_a_newer_password_and_another_user(
    user_id: str, password_updated: int, outlived: bool
) -> None:
    assert Device("0" * 32, USER, NOW).outlived(user_id, password_updated) is outlived
