"""Passkeys: what a browser is asked for, and what its answer proves (Web Authentication Level 3, 7.1 and 7.2).

`fido2` parses answers, and judges type, challenge, RP ID, presence, verification and signature. Judged here is what it
leaves out: sizes and spellings, frames of other sites, backup flags, counters, user handles, and which keys there may
be. Attestation is not asked for. Some clients send one all the same: it is not read, and the passkey counts as
unattested.
"""

from __future__ import annotations

import json
import logging
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.security import hashing, origins

if TYPE_CHECKING:
    from fido2.cose import CoseKey
    from fido2.server import Fido2Server
    from fido2.webauthn import AuthenticatorData, CollectedClientData

ALGORITHMS = (-7, -8, -257)
"""ES256, EdDSA and RS256, the first liked best (IANA, COSE Algorithms)."""
TIMEOUT = 300_000
"""Milliseconds that the browser gives the user."""
TRANSPORTS = ("ble", "hybrid", "internal", "nfc", "smart-card", "usb")

LONGEST_ID = 1023
LONGEST_HANDLE = 64
MOST = {"clientDataJSON": 4096, "attestationObject": 16_384, "authenticatorData": 2048, "signature": 512}
"""Bytes of each part. Certificates of an attestation that nobody asked for are by far the longest; a signature of the
longest key has 512."""
RSA_BITS = range(2048, 4096 + 1)
"""RFC 8812 2 wants 2048; time to verify grows with the square."""
F4 = b"\x01\x00\x01"
"""The exponent of every authenticator's RSA keys. With 1 anybody could sign."""

logging.getLogger("fido2").setLevel(logging.WARNING)  # below that it tells the ids of credentials

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)


class Invalid(Exception):
    """The ceremony proves nothing. The text says why, for the log of requests, and repeats nothing of the answer."""


class RelyingParty(NamedTuple):
    id: str
    name: str


class Registered(NamedTuple):
    """A passkey that was just made. `public_key` is a COSE key in CBOR."""

    credential_id: bytes
    public_key: bytes
    counter: int
    backup_eligible: bool
    backed_up: bool
    transports: list[str]


class Known(NamedTuple):
    """What is kept of a passkey, and its user's handle."""

    public_key: bytes
    counter: int
    backup_eligible: bool
    user_handle: bytes


class Asserted(NamedTuple):
    """What to keep of a passkey that was just used."""

    counter: int
    backed_up: bool


def creation_options(
    party: RelyingParty,
    user_handle: bytes,
    user_name: str,
    display_name: str,
    challenge: bytes,
    exclude: Sequence[tuple[bytes, Sequence[str]]],
) -> dict[str, Any]:
    """`PublicKeyCredentialCreationOptionsJSON`. `exclude` has id and transports of the passkeys that the user has."""
    return {
        "rp": party._asdict(),
        "user": {"id": _encoded(user_handle), "name": user_name, "displayName": display_name},
        "challenge": _encoded(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS],
        "timeout": TIMEOUT,
        "excludeCredentials": list(map(_descriptor, exclude)),
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
    }


def request_options(rp_id: str, challenge: bytes, allow: Sequence[tuple[bytes, Sequence[str]]]) -> dict[str, Any]:
    """`PublicKeyCredentialRequestOptionsJSON`. Without any to `allow`, the user chooses among all passkeys."""
    return {
        "challenge": _encoded(challenge),
        "timeout": TIMEOUT,
        "rpId": rp_id,
        "allowCredentials": list(map(_descriptor, allow)),
        "userVerification": "required",
    }


def credential_id(credential: Mapping[str, Any]) -> bytes:
    """Which passkey an answer is of (`PublicKeyCredential.toJSON()`). Invalid when that is malformed."""
    raw_id = _decoded(credential, "rawId", LONGEST_ID)
    if credential.get("type") != "public-key" or credential.get("id") != credential["rawId"] or not raw_id:
        raise Invalid("type, id or rawId is none of a public key credential")
    return raw_id


def challenge_of(credential: Mapping[str, Any]) -> bytes:
    """The challenge that the browser says it was given. Invalid when that is malformed."""
    return _client_data(_response(credential)).challenge


def registered(credential: Mapping[str, Any], challenge: bytes, rp_id: str) -> Registered:
    """The passkey that an answer to `creation_options` made. Invalid when it does not prove one."""
    from fido2 import cbor
    from fido2.webauthn import AttestationObject, AuthenticatorAttestationResponse, RegistrationResponse

    raw_id, response = credential_id(credential), _response(credential)
    client_data = _client_data(response)
    attestation = _decoded(response, "attestationObject", MOST["attestationObject"])
    with _parsing():
        parsed = AuthenticatorAttestationResponse(
            client_data=client_data, attestation_object=AttestationObject(attestation)
        )
        answer = RegistrationResponse(raw_id=raw_id, response=parsed)
        made = parsed.attestation_object.auth_data.credential_data
    if made is None or made.credential_id != raw_id:
        raise Invalid("The attested credential is none, or not that of rawId.")
    with _judging():
        server, state = _server(rp_id, challenge)
        data = server.register_complete(state, answer)
    _check_backup(data)
    if not data[37:].startswith(made):
        raise Invalid("The public key is not in canonical CBOR.")
    _check_key(made.public_key)
    return Registered(
        credential_id=raw_id,
        public_key=cbor.encode(made.public_key),
        counter=data.counter,
        backup_eligible=data.is_backup_eligible(),
        backed_up=data.is_backed_up(),
        transports=_transports(response),
    )


def asserted(
    credential: Mapping[str, Any], challenge: bytes, rp_id: str, known: Known, *, handle_required: bool = False
) -> Asserted:
    """What an answer to `request_options` says of the passkey by which it is signed. Invalid when it is not.

    `known` is the passkey of `credential_id`. A sign-in without user name wants the handle of its user besides.
    """
    from fido2 import cbor
    from fido2.cose import CoseKey
    from fido2.webauthn import (
        Aaguid,
        AttestedCredentialData,
        AuthenticationResponse,
        AuthenticatorAssertionResponse,
        AuthenticatorData,
    )

    raw_id, response = credential_id(credential), _response(credential)
    client_data = _client_data(response)
    parts = {name: _decoded(response, name, MOST[name]) for name in ("authenticatorData", "signature")}
    _check_handle(response, known.user_handle, handle_required)
    with _parsing():
        data = AuthenticatorData(parts["authenticatorData"])
        parsed = AuthenticatorAssertionResponse(
            client_data=client_data, authenticator_data=data, signature=parts["signature"]
        )
        answer = AuthenticationResponse(raw_id=raw_id, response=parsed)
    key = CoseKey.parse(cbor.decode(known.public_key))  # type: ignore[arg-type]
    with _judging():
        server, state = _server(rp_id, challenge)
        server.authenticate_complete(state, [AttestedCredentialData.create(Aaguid.NONE, raw_id, key)], answer)
    _check_backup(data)
    if data.is_backup_eligible() != known.backup_eligible:
        raise Invalid("Backup eligibility is not what it was when the passkey was made.")
    if not known.backup_eligible and known.counter and data.counter <= known.counter:
        raise Invalid("The counter has not risen: the authenticator may have been copied.")
    return Asserted(data.counter, data.is_backed_up())


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _descriptor(passkey: tuple[bytes, Sequence[str]]) -> dict[str, Any]:
    id_, transports = passkey
    return {"type": "public-key", "id": _encoded(id_), "transports": list(transports)}


def _decoded(fields: Mapping[str, Any], name: str, most: int) -> bytes:
    """The bytes of a field in base64url, in the one spelling that there is of them."""
    text = fields.get(name)
    if not isinstance(text, str) or len(text) > -(-4 * most // 3) or not _BASE64URL.fullmatch(text):
        raise Invalid(f"{name} is no base64url of at most {most} bytes")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4)) if len(text) % 4 != 1 else b""
    if _encoded(data) != text:
        raise Invalid(f"{name} is no base64url as browsers spell it")
    return data


def _response(credential: Mapping[str, Any]) -> Mapping[str, Any]:
    response = credential.get("response")
    if not isinstance(response, Mapping):
        raise Invalid("response is no object")
    return response


def _client_data(response: Mapping[str, Any]) -> CollectedClientData:
    """What the browser says it signed, in a page of its own: a frame in another site's page may not ask."""
    from fido2.webauthn import CollectedClientData

    data = _decoded(response, "clientDataJSON", MOST["clientDataJSON"])
    with _parsing():
        told, client_data = json.loads(data.decode()), CollectedClientData(data)
    _decoded(told, "challenge", MOST["clientDataJSON"])
    if not (isinstance(told["type"], str) and isinstance(told["origin"], str)):
        raise Invalid("type or origin is no text")
    if told.get("crossOrigin", False) is not False or "topOrigin" in told:
        raise Invalid("made in a frame of another site's page")
    return client_data


def _check_handle(response: Mapping[str, Any], handle: bytes, required: bool) -> None:
    if response.get("userHandle") is None:
        if required:
            raise Invalid("no user handle, and no other word of who it is")
    elif not hashing.same(_decoded(response, "userHandle", LONGEST_HANDLE), handle):
        raise Invalid("the user handle is another user's")


def _check_backup(data: AuthenticatorData) -> None:
    if data.is_backed_up() and not data.is_backup_eligible():
        raise Invalid("backed up, and not eligible for it")


def _check_key(key: CoseKey) -> None:
    """Of an algorithm that was asked for, and such that signatures can be judged by it."""
    from cryptography.exceptions import InvalidSignature

    if not _is_of_an_algorithm(key):
        raise Invalid("The public key is of no kind that was asked for.")
    with _parsing():
        try:
            key.verify(b"", b"")
        except InvalidSignature:
            pass  # nothing is signed, but the key can be used


def _is_of_an_algorithm(key: CoseKey) -> bool:
    """Whether it has the parameters of one of ALGORITHMS, and no others (RFC 9053 7, RFC 8230 4)."""
    match key:
        case {1: 2, 3: -7, -1: 1, -2: bytes(x), -3: bytes(y)}:
            return len(key) == 5 and len(x) == len(y) == 32
        case {1: 1, 3: -8, -1: 6, -2: bytes(x)}:
            return len(key) == 4 and len(x) == 32
        case {1: 3, 3: -257, -1: bytes(n), -2: bytes(e)}:
            return len(key) == 4 and int.from_bytes(n, "big").bit_length() in RSA_BITS and e == F4
    return False


def _transports(response: Mapping[str, Any]) -> list[str]:
    """How the authenticator can be reached, as far as there are words for it."""
    told = response.get("transports") or []
    if not isinstance(told, list):
        raise Invalid("transports is no list")
    return [transport for transport in TRANSPORTS if transport in told]


def _server(rp_id: str, challenge: bytes) -> tuple[Fido2Server, dict[str, Any]]:
    """The library's judge, and what it wants to know of the options."""
    from fido2.server import Fido2Server
    from fido2.webauthn import AttestationConveyancePreference, PublicKeyCredentialRpEntity

    server = Fido2Server(
        PublicKeyCredentialRpEntity(name="", id=rp_id),
        attestation=AttestationConveyancePreference.NONE,
        verify_origin=origins.allows_ceremony,
    )
    return server, {"challenge": _encoded(challenge), "user_verification": "required"}


@contextmanager
def _parsing() -> Iterator[None]:
    """Whatever malformed bytes make of a parser, recursion without end among it, is told by its type alone."""
    try:
        yield
    except Exception as error:
        raise Invalid(f"malformed: {type(error).__name__}") from None


@contextmanager
def _judging() -> Iterator[None]:
    """The library's texts are fixed, and say which check it was."""
    try:
        yield
    except ValueError as error:
        raise Invalid(str(error)) from None
