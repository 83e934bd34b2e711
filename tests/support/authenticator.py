"""An authenticator in software, and the browser before it: what `navigator.credentials` makes of options in JSON.

Whatever a ceremony says can be bent: `Bent(origin="https://evil.test")` is what a phishing page would hand on.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from fido2 import cbor

ES256, EDDSA, RS256 = -7, -8, -257
UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
NO_AAGUID = bytes(16)

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@cache
def _rsa() -> rsa.RSAPrivateKey:
    """One for all, since making it takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_key(algorithm: int) -> PrivateKey:
    if algorithm == RS256:
        return _rsa()
    return ed25519.Ed25519PrivateKey.generate() if algorithm == EDDSA else ec.generate_private_key(ec.SECP256R1())


def cose(key: PrivateKey) -> dict[int, Any]:
    """The public key as authenticators write it (RFC 9053, RFC 8230)."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        point = key.public_key().public_numbers()
        return {1: 2, 3: ES256, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return {1: 1, 3: EDDSA, -1: 6, -2: key.public_key().public_bytes_raw()}
    numbers = key.public_key().public_numbers()
    size = (key.key_size + 7) // 8
    return {1: 3, 3: RS256, -1: numbers.n.to_bytes(size, "big"), -2: numbers.e.to_bytes(3, "big")}


def signature(key: PrivateKey, data: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(hashes.SHA256()))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


@dataclass(frozen=True, kw_only=True)
class Bent:
    """What a ceremony says instead of the truth. None is the truth."""

    client: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the client data; None leaves one out."""
    client_data: bytes | None = None
    """All of it, as bytes."""
    origin: str | None = None
    rp_id: str | None = None
    flags: int | None = None
    counter: int | None = None
    key: Mapping[int, Any] | bytes | None = None
    """The public key that is attested: a COSE key, or its bytes."""
    attested_id: bytes | None = None
    attestation: tuple[str, Mapping[str, Any]] = ("none", {})
    attestation_object: bytes | None = None
    extensions: bytes = b""
    """CBOR behind the authenticator data; the flag that announces it is set."""
    trailing: bytes = b""
    """More authenticator data, which nothing announces."""
    signature: bytes | None = None
    user_handle: bytes | None = None
    envelope: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the credential, beside `response`."""
    response: Mapping[str, Any] = field(default_factory=dict)


TRUE = Bent()


@dataclass
class Passkey:
    """A credential in an authenticator. A synced one has no counter, a device-bound one counts."""

    id: bytes
    rp_id: str
    user_handle: bytes
    key: PrivateKey
    synced: bool
    counter: int

    def flags(self) -> int:
        return UP | UV | (BE | BS if self.synced else 0)


class Authenticator:
    """Makes passkeys for a page of this origin, and signs in with them."""

    def __init__(self, origin: str, *, algorithm: int = ES256, synced: bool = True, counts: bool = True) -> None:
        self.origin = origin
        self.algorithm = algorithm
        self.synced = synced
        self.counts = counts and not synced
        self.passkeys: list[Passkey] = []

    def create(self, options: Mapping[str, Any], bent: Bent = TRUE) -> dict[str, Any]:
        """What `navigator.credentials.create` answers to the `publicKey` of these options, as JSON.

        ValueError where a browser would refuse: an algorithm that is not asked for, or a passkey that is excluded.
        """
        excluded = {from_base64url(each["id"]) for each in options["excludeCredentials"]}
        if any(passkey.id in excluded for passkey in self.passkeys):
            raise ValueError("InvalidStateError")
        if self.algorithm not in [each["alg"] for each in options["pubKeyCredParams"]]:
            raise ValueError("NotSupportedError")
        passkey = Passkey(
            id=secrets.token_bytes(32),
            rp_id=options["rp"]["id"],
            user_handle=from_base64url(options["user"]["id"]),
            key=private_key(self.algorithm),
            synced=self.synced,
            counter=int(self.counts),
        )
        self.passkeys.append(passkey)
        client_data = self._client_data("webauthn.create", options, bent)
        attested = bent.key if isinstance(bent.key, bytes) else cbor.encode(bent.key or cose(passkey.key))
        id_ = passkey.id if bent.attested_id is None else bent.attested_id
        data = _authenticator_data(passkey, bent, AT, NO_AAGUID + struct.pack(">H", len(id_)) + id_ + attested)
        form, statement = bent.attestation
        object_ = cbor.encode({"fmt": form, "attStmt": statement, "authData": data})
        response = {
            "clientDataJSON": base64url(client_data),
            "attestationObject": base64url(object_ if bent.attestation_object is None else bent.attestation_object),
            "transports": ["internal", "hybrid"],
        }
        return _credential(passkey, response, bent)

    def get(self, options: Mapping[str, Any], bent: Bent = TRUE, passkey: Passkey | None = None) -> dict[str, Any]:
        """What `navigator.credentials.get` answers to these options, by the newest passkey that fits.

        ValueError where a browser would refuse, since there is none.
        """
        passkey = passkey or self._choice(options)
        passkey.counter += self.counts
        client_data = self._client_data("webauthn.get", options, bent)
        data = _authenticator_data(passkey, bent, 0, b"")
        signed = signature(passkey.key, data + hashlib.sha256(client_data).digest())
        response = {
            "clientDataJSON": base64url(client_data),
            "authenticatorData": base64url(data),
            "signature": base64url(signed if bent.signature is None else bent.signature),
            "userHandle": base64url(passkey.user_handle if bent.user_handle is None else bent.user_handle),
        }
        return _credential(passkey, response, bent)

    def _choice(self, options: Mapping[str, Any]) -> Passkey:
        allowed = {from_base64url(each["id"]) for each in options["allowCredentials"]}
        for passkey in reversed(self.passkeys):
            if passkey.rp_id == options["rpId"] and (not allowed or passkey.id in allowed):
                return passkey
        raise ValueError("NotAllowedError")

    def _client_data(self, type_: str, options: Mapping[str, Any], bent: Bent) -> bytes:
        told = {
            "type": type_,
            "challenge": options["challenge"],
            "origin": self.origin if bent.origin is None else bent.origin,
            "crossOrigin": False,
            **bent.client,
        }
        fields = {name: value for name, value in told.items() if value is not None}
        written = json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
        return written if bent.client_data is None else bent.client_data


def _authenticator_data(passkey: Passkey, bent: Bent, flags: int, attested: bytes) -> bytes:
    rp_id = passkey.rp_id if bent.rp_id is None else bent.rp_id
    flags |= (passkey.flags() if bent.flags is None else bent.flags) | (ED if bent.extensions else 0)
    counter = passkey.counter if bent.counter is None else bent.counter
    head = hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, counter)
    return head + attested + bent.extensions + bent.trailing


def _credential(passkey: Passkey, response: Mapping[str, Any], bent: Bent) -> dict[str, Any]:
    """`PublicKeyCredential.toJSON()`; what is bent to None is left out."""
    credential = {
        "id": base64url(passkey.id),
        "rawId": base64url(passkey.id),
        "type": "public-key",
        "authenticatorAttachment": "platform",
        "clientExtensionResults": {},
        "response": _known({**response, **bent.response}),
        **bent.envelope,
    }
    return _known(credential)


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
