"""A thief of all tables finds no password, code, token or TOTP secret in them, nor anything to try six digits on."""

from __future__ import annotations

import hashlib
import json
from base64 import b32decode, b64decode, b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.runtime import container
from chalicelib.security import encryption
from chalicelib.storage import data_key, keys
from tests.conftest import Jobs
from tests.support.api import session_value
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.tables import Tables

NAME = "a name that is stored in clear"


def texts(value: Any) -> Iterator[bytes]:
    """Every text and byte string in an item, names of attributes too."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield name.encode()
            yield from texts(member)
    elif isinstance(value, list | frozenset):
        for member in value:
            yield from texts(member)
    else:
        yield value if isinstance(value, bytes) else str(value).encode()


def stored(tables: Tables) -> list[bytes]:
    return [text for items in tables.everything().values() for item in items for text in texts(item)]


def is_stored(secret: str | bytes, content: list[bytes]) -> bool:
    raw = secret if isinstance(secret, bytes) else secret.encode()
    forms = {raw, raw.hex().encode(), b64encode(raw), b64encode(raw).rstrip(b"=")}
    return any(form.lower() in text.lower() for text in content for form in forms)


def plain_hashes(secret: str, *salts: str) -> Iterator[bytes]:
    """What a thief would try a million codes on in a second."""
    for salt in ("", *salts):
        for joined in {
            f"{glue.join(pair)}" for glue in ("", ":", "\0", "|") for pair in ((salt, secret), (secret, salt))
        }:
            for algorithm in ("sha256", "sha1", "md5", "sha512"):
                yield hashlib.new(algorithm, joined.encode()).digest()


@pytest.fixture
def person(people: People) -> Person:
    """Somebody who has done everything, with challenges and proofs still open."""
    person = people.new(name=NAME, email_verified=True, authenticator=True, recovery_codes=True)
    person.set_phone()
    person.verify_phone()
    person.switch_mfa(True)
    person.patch("/account/prefs", {"prefs": {"theme": "dark"}})
    return person


def test_search_finds_what_is_stored_in_clear(person: Person, tables: Tables) -> None:
    """Else the tests below would be green for the wrong reason."""
    content = stored(tables)

    assert all(is_stored(text, content) for text in (NAME, person.email, person.phone, "dark"))


def test_password_is_stored_as_argon2id_only(person: Person, tables: Tables) -> None:
    content = stored(tables)

    assert not is_stored(PASSWORD, content)
    assert not any(is_stored(digest, content) for digest in plain_hashes(PASSWORD, person.id, person.email))
    assert tables.item(keys.user(person.id))["password"].startswith("$argon2id$")


def test_totp_secret_is_encrypted_before_and_after_its_confirmation(people: People, tables: Tables) -> None:
    for confirmed in (False, True):
        person = people.new(authenticator=confirmed)
        if not confirmed:
            person.begin_authenticator()
        assert person.totp is not None
        content = stored(tables)
        assert not is_stored(person.totp.secret, content)
        assert not is_stored(b32decode(person.totp.secret), content)


def test_recovery_codes_are_stored_as_argon2id_only(person: Person, tables: Tables) -> None:
    content = stored(tables)

    for code in person.recovery_codes:
        canonical = code.replace("-", "")
        for secret in (code, canonical, canonical[3:]):
            assert not is_stored(secret, content)
            assert not any(is_stored(digest, content) for digest in plain_hashes(secret, person.id))
    kept = tables.items("recovery-codes")
    assert len({item["hash"].split("$")[-2] for item in kept}) == len(kept) == 10
    assert all(item["hash"].startswith("$argon2id$") for item in kept)


def test_session_secrets_are_stored_hashed(person: Person, tables: Tables) -> None:
    content = stored(tables)
    raw = json.loads(b64decode(person.session))["secret"]

    assert not is_stored(person.session, content)
    assert not is_stored(raw, content)
    assert not is_stored(raw[20:], content)


@pytest.mark.parametrize("factor", ["email", "phone", "custom"])
def test_open_challenges_hold_nothing_to_try_six_digits_on(person: Person, tables: Tables, factor: str) -> None:
    tables.change(keys.PROJECT, factors={"custom": True})
    person.clock.advance(seconds=31)
    challenge = person.challenge(factor)
    (kept,) = (item for item in tables.items("challenges") if item["id"] == challenge)
    read = {"email": person.mailed_code, "phone": person.texted_code}
    code = read[factor]() if factor in read else encryption.decrypt(kept["kept"], challenge).decode()

    assert not any(code.encode() in text for text in texts(kept))
    salts = (person.id, challenge, person.email, person.phone)
    assert kept["kept"] not in set(plain_hashes(code, *salts))
    assert len(code) == 6
    assert len(kept["kept"]) >= 32


def test_open_proofs_hold_neither_link_nor_code(people: People, tables: Tables) -> None:
    person = people.new()
    person.set_phone()
    person.post("/account/verifications/email", {"url": RETURN_URL})
    person.post("/account/verifications/phone")
    content = stored(tables)

    assert not is_stored(person.mailed_secret(), content)
    code, kept = person.texted_code(), tables.item(keys.user(person.id))["tokens"]["phone"]
    assert not any(code.encode() == text for text in content)
    salts = (person.id, person.phone, kept["id"])
    assert kept["digest"] not in set(plain_hashes(code, *salts))
    assert (
        tables.item(keys.user(person.id))["tokens"]["email"]["digest"]
        == hashlib.sha256(person.mailed_secret().encode()).digest()
    )


def test_open_proofs_by_mailed_codes_hold_nothing_to_try_six_digits_on(
    people: People, tables: Tables, run_jobs: Jobs
) -> None:
    person = people.new()
    person.post("/account/verifications/email/otp")
    codes = {"email": person.mailed_code()}
    shown = person.api.post("/account/recovery/otp", {"email": person.email}).json["userId"]
    run_jobs()
    codes["recovery"] = person.mailed_code()

    for purpose, code in codes.items():
        kept = tables.item(keys.user(person.id))["tokens"][purpose]
        assert not any(code.encode() in text for text in texts(kept["digest"]))
        salts = (person.id, person.email, shown, kept["id"], str(kept["created"]))
        assert kept["digest"][1:] not in set(plain_hashes(code, *salts))
        assert len(kept["digest"]) == 33
    assert set(tables.item(keys.recovery(shown))) == {"id", "user_id", "ttl"}


def test_spent_secrets_leave_nothing_readable(person: Person, tables: Tables) -> None:
    code = person.recovery_codes[0]
    person.session = session_value(
        person.api.post("/account/sessions/email", {"email": person.email, "password": PASSWORD})
    )
    person.pass_challenge("recoveryCode")
    person.pass_challenge("totp")

    content = stored(tables)

    assert not is_stored(code, content)
    assert not is_stored(code.replace("-", ""), content)
    assert tables.items("challenges") == []


def test_data_key_is_stored_wrapped(person: Person, tables: Tables) -> None:
    [key] = (each.plain for each in container.get("data-keys", data_key.keyring).keys)

    assert len(key) == 32
    assert not is_stored(key, stored(tables))
