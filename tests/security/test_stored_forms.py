"""What a release stored or handed out, the next one still reads: keys and forms as documented, by other code.

A change that turns one of these red locks users out of their second factors.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from chalicelib.runtime import container
from chalicelib.security import encryption
from tests.support.tokens import data_keys

FIRST, SECOND = bytes(range(32)), bytes(range(32, 64))
NONCE = bytes(range(12))


@pytest.fixture(autouse=True)
def _two_data_keys() -> Iterator[None]:
    container.reset()
    with container.override("data-keys", data_keys(FIRST, SECOND)):
        yield
    container.reset()


def derived(data_key: bytes, purpose: bytes) -> bytes:
    """RFC 5869 2.3."""
    return HKDFExpand(SHA256(), 32, purpose).derive(data_key)


@pytest.mark.parametrize(("number", "data_key"), [(1, FIRST), (2, SECOND)])
@pytest.mark.parametrize("purpose", ["secrets", "codes", "jwt"])
def test_key_of_a_purpose_is_hkdf_of_the_data_key(number: int, data_key: bytes, purpose: str) -> None:
    assert encryption.derived_key(purpose, number) == derived(data_key, purpose.encode())


def test_secret_is_aes_gcm_behind_the_number_of_its_key_and_its_nonce() -> None:
    """One process opens those of every key."""
    for number, data_key in ((1, FIRST), (2, SECOND)):
        sealed = AESGCM(derived(data_key, b"secrets")).encrypt(NONCE, b"JBSWY3DPEHPK3PXP", b"ada")

        assert encryption.decrypt(bytes([number]) + NONCE + sealed, "ada") == b"JBSWY3DPEHPK3PXP"


def test_secret_with_a_code_has_a_key_of_its_own() -> None:
    sealed = AESGCM(derived(FIRST, b"secrets with 00ff")).encrypt(NONCE, b"secret", b"ada")

    assert encryption.decrypt(b"\x01" + NONCE + sealed, "ada", "00ff") == b"secret"


def test_new_secret_has_the_same_form_under_the_newest_key() -> None:
    with container.override("random", lambda count: NONCE[:count]):
        sealed = encryption.encrypt(b"secret", "ada")

    assert sealed == b"\x02" + NONCE + AESGCM(derived(SECOND, b"secrets")).encrypt(NONCE, b"secret", b"ada")
    assert encryption.is_current(sealed)
    assert not encryption.is_current(b"\x01" + sealed[1:])


@pytest.mark.parametrize(("number", "data_key"), [(1, FIRST), (2, SECOND)])
def test_code_is_hmac_of_its_parts_behind_the_number_of_its_key(number: int, data_key: bytes) -> None:
    parts = ("challenge", "c1", "ada", "123456")
    stored = bytes([number]) + hmac.digest(derived(data_key, b"codes"), b"challenge\0c1\0ada\x00123456", "sha256")

    assert encryption.hash_matches(stored, *parts)
    assert not encryption.hash_matches(stored, "challenge", "c1", "ada", "123457")
    assert (encryption.keyed_hash(*parts) == stored) is (number == 2)


@pytest.mark.parametrize("stored", [b"", b"\x02", b"\x01" + bytes(32)])
def test_nothing_else_is_the_hash_of_a_code(stored: bytes) -> None:
    assert not encryption.hash_matches(stored, "challenge", "123456")
