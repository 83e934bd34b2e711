"""What a passkey's ceremonies prove: each check of the specification, with an answer that fails by it alone."""

from __future__ import annotations

import hashlib
import json
import logging
import random
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fido2 import cbor
from fido2.cose import CoseKey

from chalicelib.runtime import container
from chalicelib.runtime.settings import Config
from chalicelib.security import webauthn
from chalicelib.security.webauthn import Invalid, Known, RelyingParty
from tests.support.authenticator import (
    AT,
    BE,
    BS,
    EDDSA,
    ES256,
    RS256,
    TRUE,
    UP,
    UV,
    Authenticator,
    Bent,
    base64url,
    cose,
    from_base64url,
)
from tests.support.files import ROOT

PARTY = RelyingParty("example.com", "Demo")
ORIGIN = "https://app.example.com"
APK = "android:apk-key-hash:" + base64url(bytes(range(200, 232)))
HANDLE = bytes(range(32))
CHALLENGE = bytes(range(100, 132))
OTHER = bytes(32)


@pytest.fixture(autouse=True)
def _origins() -> Iterator[None]:
    listed = ("app.example.com", "localhost", "tauri://localhost", APK)
    with container.override("config", Config(stage="local", project="demo", origins=listed)):
        yield


def creation() -> dict[str, Any]:
    return webauthn.creation_options(PARTY, HANDLE, "ada@example.test", "Ada", CHALLENGE, [])


def request() -> dict[str, Any]:
    return webauthn.request_options(PARTY.id, CHALLENGE, [])


def made(authenticator: Authenticator, bent: Bent = TRUE) -> webauthn.Registered:
    return webauthn.registered(authenticator.create(creation(), bent), CHALLENGE, PARTY.id)


def known(passkey: webauthn.Registered, counter: int | None = None) -> Known:
    counted = passkey.counter if counter is None else counter
    return Known(passkey.public_key, counted, passkey.backup_eligible, HANDLE)


def device(**options: Any) -> Authenticator:
    return Authenticator(ORIGIN, **options)


def used(
    bent: Bent = TRUE, authenticator: Authenticator | None = None, counter: int | None = None
) -> webauthn.Asserted:
    """A passkey of a device, made and used."""
    authenticator = authenticator or device()
    passkey = known(made(authenticator), counter)
    return webauthn.asserted(authenticator.get(request(), bent), CHALLENGE, PARTY.id, passkey)


# What is asked for


def test_creation_asks_for_a_passkey_that_is_found_and_verified_by_itself() -> None:
    options = webauthn.creation_options(
        PARTY, HANDLE, "ada@example.test", "Ada", CHALLENGE, [(b"\xff\xfe", ["usb", "nfc"])]
    )

    assert json.loads(json.dumps(options)) == {
        "rp": {"id": "example.com", "name": "Demo"},
        "user": {"id": base64url(HANDLE), "name": "ada@example.test", "displayName": "Ada"},
        "challenge": base64url(CHALLENGE),
        "pubKeyCredParams": [{"type": "public-key", "alg": each} for each in (-7, -8, -257)],
        "timeout": 300_000,
        "excludeCredentials": [{"type": "public-key", "id": "__4", "transports": ["usb", "nfc"]}],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
    }


def test_request_asks_for_verification_and_lets_the_user_choose() -> None:
    assert json.loads(json.dumps(request())) == {
        "challenge": base64url(CHALLENGE),
        "timeout": 300_000,
        "rpId": "example.com",
        "allowCredentials": [],
        "userVerification": "required",
    }


def test_request_names_the_passkeys_that_may_answer() -> None:
    options = webauthn.request_options(PARTY.id, CHALLENGE, [(b"\xff\xfe", ["internal"]), (b"1", [])])

    assert options["allowCredentials"] == [
        {"type": "public-key", "id": "__4", "transports": ["internal"]},
        {"type": "public-key", "id": "MQ", "transports": []},
    ]


# What is right


@pytest.mark.parametrize("synced", [True, False])
@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_passkey_is_made_and_used(algorithm: int, synced: bool) -> None:
    authenticator = device(algorithm=algorithm, synced=synced)
    answer = authenticator.create(creation())
    passkey = webauthn.registered(answer, CHALLENGE, PARTY.id)
    [held] = authenticator.passkeys

    assert passkey == webauthn.Registered(
        credential_id=held.id,
        public_key=cbor.encode(cose(held.key)),
        counter=held.counter,
        backup_eligible=synced,
        backed_up=synced,
        transports=["hybrid", "internal"],
    )
    assert (webauthn.credential_id(answer), webauthn.challenge_of(answer)) == (held.id, CHALLENGE)
    said = webauthn.asserted(authenticator.get(request()), CHALLENGE, PARTY.id, known(passkey), handle_required=True)
    assert said == webauthn.Asserted(counter=0 if synced else 2, backed_up=synced)


@pytest.mark.parametrize(
    "origin", [ORIGIN, "https://app.example.com:8443", "http://localhost:3000", "tauri://localhost", APK]
)
def test_ceremony_is_taken_from_pages_and_apps_of_the_project(origin: str) -> None:
    authenticator = Authenticator(origin)

    assert used(authenticator=authenticator).backed_up


FORMS: list[tuple[str, dict[str, Any]]] = [
    ("packed", {"alg": -7, "sig": b"unread", "x5c": [b"unread"]}),
    ("tpm", {"ver": "2.0"}),
    ("of-no-registry", {}),
    ("none", {"more": b"than nothing"}),
]


@pytest.mark.parametrize("attestation", FORMS, ids=[form for form, _ in FORMS])
def test_attestation_that_nobody_asked_for_is_not_read(attestation: tuple[str, dict[str, Any]]) -> None:
    authenticator = device()

    assert made(authenticator, Bent(attestation=attestation)).credential_id == authenticator.passkeys[0].id


def test_extensions_and_fields_that_nobody_knows_are_not_read() -> None:
    bent = Bent(
        extensions=cbor.encode({"credProtect": 2}),
        client={
            "tokenBinding": {"status": "supported"},
            "other_keys_can_be_added_here": "do not compare",
            "\u00e4": [1],
        },
        envelope={"clientExtensionResults": {"credProps": {"rk": True}}, "authenticatorAttachment": "else", "more": 1},
        response={"publicKey": "unread", "publicKeyAlgorithm": 0, "transports": ["internal", "by-mail", 1]},
    )
    authenticator = device()
    passkey = made(authenticator, bent)

    assert passkey.transports == ["internal"]
    assert webauthn.asserted(authenticator.get(request(), bent), CHALLENGE, PARTY.id, known(passkey)).backed_up


def test_passkey_may_be_made_without_transports_and_used_without_a_handle() -> None:
    authenticator = device()
    passkey = made(authenticator, Bent(response={"transports": None}))
    answer = authenticator.get(request(), Bent(response={"userHandle": None}))

    assert passkey.transports == []
    assert webauthn.asserted(answer, CHALLENGE, PARTY.id, known(passkey)).backed_up


# What is wrong with either ceremony


EITHER = {
    "challenge of another ceremony": (Bent(client={"challenge": base64url(OTHER)}), "Wrong challenge"),
    "challenge begun alike": (Bent(client={"challenge": base64url(CHALLENGE[:-1])}), "Wrong challenge"),
    "no challenge": (Bent(client={"challenge": None}), "malformed: KeyError"),
    "challenge as numbers": (
        Bent(client={"challenge": list(base64url(CHALLENGE).encode())}),
        "challenge is no base64url",
    ),
    "challenge padded": (Bent(client={"challenge": f"{base64url(CHALLENGE)}="}), "challenge is no base64url"),
    "no type": (Bent(client={"type": None}), "malformed: KeyError"),
    "type of payments": (Bent(client={"type": "payment.get"}), "Incorrect type"),
    "type as a list": (Bent(client={"type": ["webauthn.create", "webauthn.get"]}), "is no text"),
    "phishing page": (Bent(origin="https://app.example.com.evil.test"), "Invalid origin"),
    "page that is not listed": (Bent(origin="https://example.com"), "Invalid origin"),
    "page by http": (Bent(origin="http://app.example.com"), "Invalid origin"),
    "opaque page": (Bent(origin="null"), "Invalid origin"),
    "host alone": (Bent(origin="app.example.com"), "Invalid origin"),
    "URL of a page": (Bent(origin=f"{ORIGIN}/login"), "Invalid origin"),
    "app that is not listed": (Bent(origin=APK.swapcase()), "Invalid origin"),
    "no origin": (Bent(client={"origin": None}), "malformed: KeyError"),
    "origins in a list": (Bent(client={"origin": [ORIGIN]}), "is no text"),
    "frame of another site": (Bent(client={"crossOrigin": True}), "frame"),
    "frame, as a number": (Bent(client={"crossOrigin": 1}), "frame"),
    "page above": (Bent(client={"topOrigin": ORIGIN}), "frame"),
    "another RP": (Bent(rp_id="example.org"), "Wrong RP ID hash"),
    "RP above": (Bent(rp_id="com"), "Wrong RP ID hash"),
    "RP spelled otherwise": (Bent(rp_id="EXAMPLE.com"), "Wrong RP ID hash"),
    "nobody present": (Bent(flags=UV | BE | BS), "User Present flag"),
    "not verified": (Bent(flags=UP | BE | BS), "user verified flag"),
    "backed up, not eligible": (Bent(flags=UP | UV | BS), "backed up, and not eligible"),
    "bytes that nothing announces": (Bent(trailing=b"\0"), "malformed: ValueError"),
    "extensions cut off": (Bent(extensions=b"\xa1"), "malformed: IndexError"),
    "extensions without end": (Bent(extensions=b"\xbf\x61a\x01\xff"), "malformed: ValueError"),
    "CBOR without bottom": (Bent(extensions=b"\x81" * 1500), "malformed: RecursionError"),
    "JSON without bottom": (Bent(client_data=b"[" * 3000), "malformed: RecursionError"),
    "no JSON": (Bent(client_data=b"webauthn"), "malformed: JSONDecodeError"),
    "no UTF-8": (Bent(client_data=b"\xff\xfe{\0}\0"), "malformed: UnicodeDecodeError"),
    "byte order mark": (Bent(client_data=b"\xef\xbb\xbf{}"), "malformed: JSONDecodeError"),
    "list of client data": (Bent(client_data=b"[]"), "malformed: TypeError"),
    "client data of more than 4096 bytes": (Bent(client={"more": "a" * 4096}), "clientDataJSON is no base64url of at"),
    "no client data": (Bent(response={"clientDataJSON": None}), "clientDataJSON is no base64url"),
    "client data as an object": (Bent(response={"clientDataJSON": {}}), "clientDataJSON is no base64url"),
    "padded": (Bent(response={"clientDataJSON": "e30="}), "clientDataJSON is no base64url"),
    "of the other alphabet": (Bent(response={"clientDataJSON": "e+/9"}), "clientDataJSON is no base64url"),
    "line end": (Bent(response={"clientDataJSON": "e30\n"}), "clientDataJSON is no base64url"),
    "bits left over": (Bent(response={"clientDataJSON": "e31"}), "clientDataJSON is no base64url as"),
    "a character left over": (Bent(response={"clientDataJSON": "e30fe"}), "clientDataJSON is no base64url as"),
    "no response": (Bent(envelope={"response": None}), "response is no object"),
    "response as text": (Bent(envelope={"response": "{}"}), "response is no object"),
    "another type of credential": (Bent(envelope={"type": "password"}), "none of a public key credential"),
    "no type of credential": (Bent(envelope={"type": None}), "none of a public key credential"),
    "no id": (Bent(envelope={"id": None}), "none of a public key credential"),
    "id of another": (Bent(envelope={"id": base64url(OTHER)}), "none of a public key credential"),
    "no rawId": (Bent(envelope={"rawId": None}), "rawId is no base64url"),
    "empty id": (Bent(envelope={"id": "", "rawId": ""}), "none of a public key credential"),
    "id of 1024 bytes": (
        Bent(envelope=dict.fromkeys(("id", "rawId"), base64url(bytes(1024)))),
        "rawId is no base64url",
    ),
}


@pytest.mark.parametrize("bent", EITHER)
def test_answer_proves_nothing(bent: str) -> None:
    how, why = EITHER[bent]
    authenticator = device()
    with pytest.raises(Invalid, match=f"(?i){why}"):
        made(authenticator, how)
    with pytest.raises(Invalid, match=f"(?i){why}"):
        used(how, authenticator)


def test_answers_of_one_ceremony_are_none_of_the_other() -> None:
    authenticator = device()
    passkey = known(made(authenticator))
    with pytest.raises(Invalid, match="Incorrect type"):
        made(device(), Bent(client={"type": "webauthn.get"}))
    with pytest.raises(Invalid, match="Incorrect type"):
        used(Bent(client={"type": "webauthn.create"}))
    with pytest.raises(Invalid, match="authenticatorData is no base64url"):
        webauthn.asserted(authenticator.create(creation()), CHALLENGE, PARTY.id, passkey)
    with pytest.raises(Invalid, match="attestationObject is no base64url"):
        webauthn.registered(authenticator.get(request()), CHALLENGE, PARTY.id)


def test_of_fields_that_come_twice_the_last_counts_for_every_check() -> None:
    """As for browsers, which make none such."""
    told = f'{{"type":"webauthn.get","challenge":"{base64url(CHALLENGE)}","origin":"{ORIGIN}"'
    for again, why in (
        (f'"challenge":"{base64url(OTHER)}"', "Wrong challenge"),
        ('"origin":"https://evil.test"', "Invalid origin"),
        ('"type":"webauthn.create"', "Incorrect type"),
        ('"crossOrigin":false,"crossOrigin":true', "frame"),
    ):
        with pytest.raises(Invalid, match=why):
            used(Bent(client_data=f"{told},{again}}}".encode()))
    assert used(Bent(client_data=f"{told}}}".encode())).backed_up


# What is wrong with a passkey that is made


def attested(key: Any, **more: Any) -> Bent:
    return Bent(key=key, **more)


def curve() -> dict[int, Any]:
    return cose(ec.generate_private_key(ec.SECP256R1()))


def with_modulus(modulus: int, exponent: bytes = b"\x01\x00\x01") -> dict[int, Any]:
    return {1: 3, 3: RS256, -1: modulus.to_bytes((modulus.bit_length() + 7) // 8, "big"), -2: exponent}


POINT = curve()
NO_KIND = "of no kind that was asked for"
KEYS: dict[str, tuple[dict[int, Any] | bytes, str]] = {
    "ES384": ({1: 2, 3: -35, -1: 2, -2: bytes(48), -3: bytes(48)}, NO_KIND),
    "ES256K": (POINT | {3: -47, -1: 8}, NO_KIND),
    "PS256": (with_modulus(1 << 2047 | 1) | {3: -37}, NO_KIND),
    "RSA with SHA-1": (with_modulus(1 << 2047 | 1) | {3: -65535}, NO_KIND),
    "of no algorithm": ({name: value for name, value in POINT.items() if name != 3}, "malformed: ValueError"),
    "of an unknown algorithm": (POINT | {3: -9999}, NO_KIND),
    "another kty": (POINT | {1: 1}, NO_KIND),
    "another curve": (POINT | {-1: 2}, NO_KIND),
    "off the curve": (POINT | {-3: bytes(31) + b"\1"}, "malformed: ValueError"),
    "at infinity": (POINT | {-2: bytes(32), -3: bytes(32)}, "malformed: ValueError"),
    "x cut off": (POINT | {-2: POINT[-2][:31]}, NO_KIND),
    "x in 33 bytes": (POINT | {-2: b"\0" + POINT[-2]}, NO_KIND),
    "y cut off": (POINT | {-3: POINT[-3][:31]}, NO_KIND),
    "compressed point": (POINT | {-3: True}, NO_KIND),
    "x as text": (POINT | {-2: "x" * 32}, NO_KIND),
    "without y": ({name: value for name, value in POINT.items() if name != -3}, NO_KIND),
    "private key": (POINT | {-4: bytes(32)}, NO_KIND),
    "key id": (POINT | {2: b"kid"}, NO_KIND),
    "Ed448": ({1: 1, 3: EDDSA, -1: 7, -2: bytes(57)}, NO_KIND),
    "Ed25519 cut off": ({1: 1, 3: EDDSA, -1: 6, -2: bytes(31)}, NO_KIND),
    "Ed25519 with y": ({1: 1, 3: EDDSA, -1: 6, -2: bytes(32), -3: bytes(32)}, NO_KIND),
    "RSA of 2047 bits": (with_modulus(1 << 2046 | 1), NO_KIND),
    "RSA of 1024 bits": (with_modulus(1 << 1023 | 1), NO_KIND),
    "RSA of 4097 bits": (with_modulus(1 << 4096 | 1), NO_KIND),
    "RSA of 64,000 bits": (with_modulus(1 << 63_999 | 1), NO_KIND),
    "exponent 1": (with_modulus(1 << 2047 | 1, b"\1"), NO_KIND),
    "exponent 3": (with_modulus(1 << 2047 | 1, b"\3"), NO_KIND),
    "even exponent": (with_modulus(1 << 2047 | 1, b"\1\0\0"), NO_KIND),
    "huge exponent": (with_modulus(1 << 2047 | 1, b"\xff" * 255), NO_KIND),
    "RSA with a prime": (with_modulus(1 << 2047 | 1) | {-3: b"\3"}, NO_KIND),
    "no map": (b"\x80", "malformed: AttributeError"),
    "empty map": (b"\xa0", "malformed: ValueError"),
    "map without end": (b"\xbf" + cbor.encode(POINT)[1:] + b"\xff", "malformed: ValueError"),
    "nothing": (b"", "malformed: IndexError"),
    "cut off": (cbor.encode(POINT)[:-1], "not in canonical CBOR"),
    "out of order": (
        b"\xa5" + cbor.encode({3: -7})[1:] + cbor.encode(POINT)[1:3] + cbor.encode(POINT)[5:],
        "canonical",
    ),
    "twice the algorithm": (b"\xa6" + cbor.encode({3: -7})[1:] + cbor.encode(POINT)[1:], "canonical"),
    "long integer": (cbor.encode(POINT).replace(b"\x01\x02", b"\x01\x18\x02", 1), "canonical"),
    "map of 2^64": (b"\xbb" + b"\xff" * 8, "malformed: IndexError"),
}


@pytest.mark.parametrize("kind", KEYS)
def test_key_of_another_kind_is_none(kind: str) -> None:
    key, why = KEYS[kind]
    with pytest.raises(Invalid, match=why):
        made(device(), attested(key))


def test_rsa_key_of_4096_bits_is_one() -> None:
    modulus = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key().public_numbers().n ** 2

    assert made(device(), attested(with_modulus(modulus))).credential_id


def test_made_passkey_has_the_id_that_is_attested() -> None:
    for id_ in (OTHER, b"", bytes(1024)):
        with pytest.raises(Invalid, match="not that of rawId"):
            made(device(), Bent(attested_id=id_))


ATTESTATIONS = {
    "none": (b"", "malformed: IndexError"),
    "no map": (b"\x01", "malformed: TypeError"),
    "empty map": (b"\xa0", "malformed: KeyError"),
    "without statement": (cbor.encode({"fmt": "none", "authData": bytes(37)}), "malformed: KeyError"),
    "authenticator data as text": (
        cbor.encode({"fmt": "none", "attStmt": {}, "authData": "a" * 37}),
        "malformed: TypeError",
    ),
    "36 bytes": (cbor.encode({"fmt": "none", "attStmt": {}, "authData": bytes(36)}), "malformed: ValueError"),
    "no credential": (
        cbor.encode({"fmt": "none", "attStmt": {}, "authData": bytes(32) + bytes([UP | UV]) + bytes(4)}),
        "is none, or not that",
    ),
    "credential announced alone": (
        cbor.encode({"fmt": "none", "attStmt": {}, "authData": bytes(32) + bytes([UP | UV | AT]) + bytes(4)}),
        "malformed: ValueError",
    ),
    "16,385 bytes": (bytes(16_385), "attestationObject is no base64url of at most"),
}


@pytest.mark.parametrize("object_", ATTESTATIONS)
def test_malformed_attestation_is_none(object_: str) -> None:
    content, why = ATTESTATIONS[object_]
    with pytest.raises(Invalid, match=why):
        made(device(), Bent(attestation_object=content))


def test_bytes_behind_the_attestation_are_refused() -> None:
    answer = device().create(creation())
    content = from_base64url(answer["response"]["attestationObject"]) + b"\0"
    with pytest.raises(Invalid, match="malformed: ValueError"):
        made(device(), Bent(attestation_object=content))


@pytest.mark.parametrize("transports", ["usb", {"usb": 1}, 1])
def test_transports_are_a_list(transports: Any) -> None:
    with pytest.raises(Invalid, match="transports is no list"):
        made(device(), Bent(response={"transports": transports}))


# What is wrong with a passkey that is used


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_signature_of_another_key_or_over_other_data_is_refused(algorithm: int) -> None:
    authenticator = device(algorithm=algorithm)
    right = authenticator.create(creation()), authenticator.get(request())
    passkey = known(webauthn.registered(right[0], CHALLENGE, PARTY.id))
    signed = from_base64url(right[1]["response"]["signature"])
    flipped = bytes([*signed[:-1], signed[-1] ^ 1])
    forged = Bent(client={"more": "signed nowhere"}).client
    for bent in (*map(signed_by, (flipped, signed[:-1], signed + b"\0", b"", bytes(len(signed)))), forged_in(forged)):
        with pytest.raises(Invalid, match="Invalid signature"):
            webauthn.asserted(bent(right[1]), CHALLENGE, PARTY.id, passkey)
    others = made(device(algorithm=ES256))
    with pytest.raises(Invalid, match="Invalid signature"):
        webauthn.asserted(right[1], CHALLENGE, PARTY.id, known(others))


def signed_by(signature: bytes) -> Any:
    return lambda answer: {**answer, "response": {**answer["response"], "signature": base64url(signature)}}


def forged_in(fields: Any) -> Any:
    """Client data that says more than what was signed."""

    def forged(answer: dict[str, Any]) -> dict[str, Any]:
        told = json.loads(from_base64url(answer["response"]["clientDataJSON"]))
        data = base64url(json.dumps({**told, **fields}).encode())
        return {**answer, "response": {**answer["response"], "clientDataJSON": data}}

    return forged


def test_signature_over_other_authenticator_data_is_refused() -> None:
    authenticator = device(synced=False)
    passkey = known(made(authenticator))
    answer = authenticator.get(request())
    data = from_base64url(answer["response"]["authenticatorData"])
    risen = base64url(data[:-1] + bytes([data[-1] + 1]))
    with pytest.raises(Invalid, match="Invalid signature"):
        webauthn.asserted(
            {**answer, "response": {**answer["response"], "authenticatorData": risen}}, CHALLENGE, PARTY.id, passkey
        )


def test_longer_signature_and_data_than_there_are_cost_no_work() -> None:
    with pytest.raises(Invalid, match="signature is no base64url of at most 512"):
        used(Bent(signature=bytes(513)))
    with pytest.raises(Invalid, match="authenticatorData is no base64url of at most 2048"):
        used(Bent(trailing=bytes(2048)))


COUNTERS = [(0, 0, True), (0, 1, True), (1, 2, True), (1, 9, True), (1, 1, False), (2, 1, False), (9, 0, False)]


@pytest.mark.parametrize(("kept", "told", "taken"), [*COUNTERS, (2**32 - 1, 0, False), (0, 2**32 - 1, True)])
def test_counter_of_a_device_rises_unless_it_has_none(kept: int, told: int, taken: bool) -> None:
    authenticator = device(synced=False)
    if taken:
        assert used(Bent(counter=told), authenticator, counter=kept).counter == told
    else:
        with pytest.raises(Invalid, match="counter has not risen"):
            used(Bent(counter=told), authenticator, counter=kept)


@pytest.mark.parametrize(("kept", "told"), [(kept, told) for kept, told, _ in COUNTERS])
def test_counter_of_a_synced_passkey_is_free(kept: int, told: int) -> None:
    """It is on several devices, whose counters do not know of each other."""
    assert used(Bent(counter=told), counter=kept).counter == told


@pytest.mark.parametrize(("synced", "flags"), [(True, UP | UV), (False, UP | UV | BE), (False, UP | UV | BE | BS)])
def test_eligibility_for_backup_never_changes(synced: bool, flags: int) -> None:
    with pytest.raises(Invalid, match="Backup eligibility"):
        used(Bent(flags=flags), device(synced=synced))


@pytest.mark.parametrize(("flags", "backed_up"), [(UP | UV | BE, False), (UP | UV | BE | BS, True)])
def test_state_of_backup_may_change(flags: int, backed_up: bool) -> None:
    assert used(Bent(flags=flags)).backed_up is backed_up


def test_user_handle_is_that_of_the_passkeys_owner() -> None:
    for handle in (OTHER, HANDLE[:-1], b""):
        with pytest.raises(Invalid, match="user handle is another"):
            used(Bent(user_handle=handle))
    with pytest.raises(Invalid, match="userHandle is no base64url of at most 64"):
        used(Bent(user_handle=bytes(65)))


def test_user_handle_is_missed_where_no_user_name_was_given() -> None:
    authenticator = device()
    passkey = known(made(authenticator))
    answer = authenticator.get(request(), Bent(response={"userHandle": None}))
    with pytest.raises(Invalid, match="no user handle"):
        webauthn.asserted(answer, CHALLENGE, PARTY.id, passkey, handle_required=True)


def test_nothing_of_a_ceremony_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The library tells ids of credentials."""
    with caplog.at_level(logging.DEBUG):
        used()

    assert caplog.records == []


# The specification's own examples

VECTORS = json.loads((ROOT / "tests" / "data" / "webauthn_vectors.json").read_text())
"""Web Authentication Level 3, 16: what each ceremony is asked and answers, in hex."""
OF_NO_KIND = {"packed-es384", "packed-ed448"}
IN_A_FRAME = {"none-es256-crossOrigin", "none-es256-topOrigin"}
EXAMPLE = "example.org"


@pytest.fixture
def _example() -> Iterator[None]:
    with container.override("config", Config(stage="local", project="demo", origins=(EXAMPLE,))):
        yield


def published(vector: str, ceremony: str, **instead: bytes) -> tuple[dict[str, Any], bytes]:
    """The answer and the challenge of an example."""
    values = {name: bytes.fromhex(value) for name, value in VECTORS[vector][ceremony].items()} | instead
    challenge, id_ = values.pop("challenge"), base64url(bytes.fromhex(VECTORS[vector]["registration"]["credential_id"]))
    response = {name: base64url(value) for name, value in values.items() if name != "credential_id"}
    return {"id": id_, "rawId": id_, "type": "public-key", "response": response}, challenge


def verified(vector: str) -> bytes:
    """The attestation object, with the flag that the user was verified: the examples draw lots for it."""
    content = bytes.fromhex(VECTORS[vector]["registration"]["attestationObject"])
    parts: Any = cbor.decode(content)
    data = parts["authData"]
    return content.replace(data, data[:32] + bytes([data[32] | UV]) + data[33:])


@pytest.mark.usefixtures("_example")
@pytest.mark.parametrize("vector", sorted(VECTORS.keys() - OF_NO_KIND - IN_A_FRAME))
def test_published_ceremonies_are_judged_as_they_were_meant(vector: str) -> None:
    answer, challenge = published(vector, "registration", attestationObject=verified(vector))
    passkey = webauthn.registered(answer, challenge, EXAMPLE)
    answer, challenge = published(vector, "authentication")
    data = bytes.fromhex(VECTORS[vector]["authentication"]["authenticatorData"])

    assert passkey.credential_id == bytes.fromhex(VECTORS[vector]["registration"]["credential_id"])
    if data[32] & UV:
        assert webauthn.asserted(answer, challenge, EXAMPLE, known(passkey)).backed_up is bool(data[32] & BS)
    else:
        with pytest.raises(Invalid, match="user verified flag"):
            webauthn.asserted(answer, challenge, EXAMPLE, known(passkey))
    parts = VECTORS[vector]["authentication"]
    signed = data + hashlib.sha256(bytes.fromhex(parts["clientDataJSON"])).digest()
    CoseKey.parse(cbor.decode(passkey.public_key)).verify(signed, bytes.fromhex(parts["signature"]))  # type: ignore[arg-type]


@pytest.mark.usefixtures("_example")
@pytest.mark.parametrize("vector", sorted(OF_NO_KIND | IN_A_FRAME))
def test_published_ceremonies_that_were_not_asked_for_are_refused(vector: str) -> None:
    answer, challenge = published(vector, "registration", attestationObject=verified(vector))
    with pytest.raises(Invalid, match="frame" if vector in IN_A_FRAME else NO_KIND):
        webauthn.registered(answer, challenge, EXAMPLE)


# Whatever comes

JUNK: tuple[Any, ...] = (None, True, 0, -1, 2**70, 1.5, "", "AA", "\ud800", "=", [], [[]], {}, {"a": {}}, "A" * 30_000)
BYTES = list(map(bytes.fromhex, ("00", "ff", "1f", "5f", "7f", "9fff", "bfff", "f97e00", "a1a0", "dbdbdbdbdbdbdbdbdb")))
"""Of CBOR: lengths without bytes, strings and lists without end, a float, maps as keys, a tag."""


def mutated(data: bytes, chance: random.Random) -> bytes:
    """With a bit turned, a part cut out or doubled, or other bytes in the place of some."""
    at, to = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    return chance.choice(
        [
            data[:at] + bytes([data[at % len(data)] ^ (1 << chance.randrange(8))]) + data[at + 1 :],
            data[:at],
            data[:at] + data[to:],
            data[:to] + data[at:],
            data[:at] + chance.choice(BYTES) + data[at + chance.randrange(3) :],
        ]
    )


def mutations(answer: dict[str, Any], chance: random.Random) -> Iterator[dict[str, Any]]:
    """Answers that differ in one place from one that is right."""
    for _ in range(700):
        name = chance.choice(list(answer["response"]))
        value = answer["response"][name]
        if isinstance(value, str) and chance.randrange(8):
            other: Any = base64url(mutated(from_base64url(value), chance))
        else:
            other = chance.choice(JUNK)
        yield {**answer, "response": {**answer["response"], name: other}}
    for name in answer:
        yield from ({**answer, name: junk} for junk in JUNK)


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_answer_that_was_changed_on_its_way_is_refused_and_never_more(algorithm: int) -> None:
    """Nothing of the library's gets out, and nothing that was signed can be changed."""
    chance = random.Random(algorithm)
    authenticator = device(algorithm=algorithm, synced=False)
    created = authenticator.create(creation(), Bent(extensions=cbor.encode({"credProtect": 2})))
    passkey = known(webauthn.registered(created, CHALLENGE, PARTY.id))
    signed = authenticator.get(request())
    refused = 0
    for answer in mutations(created, chance):
        try:
            webauthn.registered(answer, CHALLENGE, PARTY.id)
        except Invalid:
            refused += 1
    assert refused > 500
    for answer in mutations(signed, chance):
        try:
            webauthn.asserted(answer, CHALLENGE, PARTY.id, passkey)
        except Invalid:
            continue
        response, right = answer["response"], signed["response"]
        assert {name: response[name] for name in right if name != "userHandle"} == {
            name: right[name] for name in right if name != "userHandle"
        }
        assert response["userHandle"] in (None, right["userHandle"])
