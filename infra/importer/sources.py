"""What other systems export, read one user at a time.

Firebase: https://firebase.google.com/docs/cli/auth (`auth:export`, JSON). Cognito: the columns of its own import,
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html (CSV). Auth0:
https://auth0.com/docs/manage-users/user-migration/bulk-user-exports and the schema of its bulk import (NDJSON).
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.importer.person import Hash, Person, Unusable

Row = Mapping[str, Any]
DIGESTS = {"md5": "md5", "sha1": "sha", "sha256": "sha", "sha512": "sha"}
"""Auth0's names of plain digests, and the paths that take them."""
TRUE = ("true", "1", "yes")
OWN = ("auth0", "email", "sms")
"""Auth0's names of what signs in here, too: a password, and codes."""
UNVERIFIED = "the phone number, which was not verified"
"""Anybody may have typed it: it would sign its owner in to a stranger's account."""


def firebase(path: Path, hash_config: Path | None) -> Iterator[Person | Unusable]:
    """`hash_config` has the password hash parameters as Firebase's console shows them.

    Unusable is raised for a file that is no export, and for hashes of other parameters than Firebase's default.
    """
    key = _firebase_key(hash_config)
    try:
        document = json.loads(_text(path))
    except ValueError:
        raise Unusable(f"{path.name} is not whole, or not JSON: export it anew, as JSON") from None
    users = document.get("users") if isinstance(document, dict) else None
    if not isinstance(users, list):
        raise Unusable(f"{path.name} has no list `users`: export it as JSON")
    return (_read(_firebase_user, row, key) for row in users)


def cognito(path: Path, _: Path | None = None) -> Iterator[Person | Unusable]:
    """Cognito gives out no hashes: whoever comes from there sets a password by mail, or signs in by a code."""
    reader = csv.DictReader(io.StringIO(_text(path), newline=""))
    if "cognito:username" not in (reader.fieldnames or ()):
        raise Unusable(f"{path.name} has no column cognito:username in its first line, with commas between columns")
    return (_read(_cognito_user, row) for row in reader)


def auth0(path: Path, _: Path | None = None) -> Iterator[Person | Unusable]:
    """A user a line, as in Auth0's exports and the files of its support, or a list of users, as in its bulk import."""
    text = _text(path)
    if not text.lstrip().startswith("["):
        return (_read(_auth0_line, line) for line in text.split("\n") if line.strip())
    try:
        users = json.loads(text)
    except ValueError:
        raise Unusable(f"{path.name} begins as a list of users and is not whole, or not JSON") from None
    return (_read(_auth0_user, row) for row in users)


SOURCES: Mapping[str, Callable[[Path, Path | None], Iterator[Person | Unusable]]] = {
    "firebase": firebase,
    "cognito": cognito,
    "auth0": auth0,
}


def factors(path: Path) -> dict[str, Row]:
    """Second factors from elsewhere, a user a line, by the id in the export.

    A line is `{"id": ..., "totp": {...}, "recoveryCodes": {...}}`, with what the API takes of each.
    """
    found: dict[str, Row] = {}
    for number, line in enumerate(_text(path).split("\n"), 1):
        if line.strip():
            try:
                row = json.loads(line)
                found[_id(row["id"])] = row
            except (KeyError, TypeError, ValueError):
                raise Unusable(f"{path.name}: line {number} is not an object of JSON with an id") from None
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Unusable(f"{path.name} is no text in UTF-8: unpack it if it is compressed, or save it as UTF-8") from None


def _read(read: Callable[..., Person], *given: Any) -> Person | Unusable:
    try:
        return read(*given)
    except Unusable as reason:
        return reason
    except (KeyError, TypeError, ValueError, AttributeError):
        return Unusable("not the form of an export: fields are missing, or are of another type")


def _id(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Unusable("a user without an id")
    return value


# Firebase


def _firebase_key(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    found = dict(re.findall(r"(\w+)\s*[:=]\s*([\w+/=-]+)", path.read_text()))
    if found.get("algorithm", "SCRYPT") != "SCRYPT" or (found.get("rounds"), found.get("mem_cost")) != ("8", "14"):
        raise Unusable(f"{path.name}: only hashes of SCRYPT with rounds 8 and mem_cost 14 can be imported")
    try:
        return {
            "passwordSaltSeparator": _standard(found["base64_salt_separator"]),
            "passwordSignerKey": _standard(found["base64_signer_key"]),
        }
    except KeyError as missing:
        raise Unusable(f"{path.name} does not have {missing}") from None


def _firebase_user(row: Row, key: Mapping[str, str]) -> Person:
    enrolled = row.get("mfaInfo") or []
    number = row.get("phoneNumber") or next((each["phoneInfo"] for each in enrolled if each.get("phoneInfo")), "")
    left_out = [
        *["an authenticator app, whose secret Firebase does not export"] * any("totpInfo" in each for each in enrolled),
        *["custom claims"] * bool(row.get("customAttributes")),
        *_elsewhere(each["providerId"] for each in row.get("providerUserInfo") or () if "." in each["providerId"]),
    ]
    password = None
    try:
        password = _firebase_hash(row, key)
    except Unusable as reason:
        left_out.append(f"the password: {reason}")
    return Person(
        id=_id(row.get("localId")),
        email=row.get("email") or "",
        email_verified=bool(row.get("emailVerified")),
        phone=number,
        name=row.get("displayName") or "",
        blocked=bool(row.get("disabled")),
        password=password,
        mfa=bool(enrolled),
        left_out=tuple(left_out),
    )


def _elsewhere(providers: Iterable[str]) -> list[str]:
    """What is left out where other services sign a user in."""
    return [f"sign-in by {each}" for each in sorted(set(providers))]


def _firebase_hash(row: Row, key: Mapping[str, str]) -> Hash | None:
    if not row.get("passwordHash"):
        return None
    if not row.get("email"):
        raise Unusable("no email")
    if not key:
        raise Unusable("give the hash parameters (HASHES=)")
    given = {"password": _standard(row["passwordHash"]), "passwordSalt": _standard(row.get("salt", ""))}
    return Hash("scrypt-modified", {**given, **key})


def _standard(text: str) -> str:
    """Base64 in the alphabet of RFC 4648, section 4, with padding, whatever it comes in."""
    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64encode(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)).decode()
    except binascii.Error:
        raise Unusable("a hash or salt is not in base64") from None


# Cognito


def _cognito_user(row: Row) -> Person:
    names = (row.get("given_name") or "", row.get("family_name") or "")
    number, verified = row.get("phone_number") or "", _true(row.get("phone_number_verified"))
    return Person(
        id=_id(row.get("sub") or row["cognito:username"]),
        email=row.get("email") or "",
        email_verified=_true(row.get("email_verified")),
        phone=number if verified else "",
        name=row.get("name") or " ".join(filter(None, names)),
        mfa=_true(row.get("cognito:mfa_enabled")),
        left_out=("the password, which Cognito does not export", *[UNVERIFIED] * (bool(number) and not verified)),
    )


def _true(value: Any) -> bool:
    return str(value).strip().lower() in TRUE


# Auth0


def _auth0_line(line: str) -> Person:
    try:
        row = json.loads(line)
    except ValueError:
        raise Unusable("the line is not whole, or not JSON") from None
    return _auth0_user(row)


def _auth0_user(row: Row) -> Person:
    id_ = row.get("user_id") or row.get("_id") or row.get("email")
    email, number = row.get("email") or "", row.get("phone_number") or ""
    names = (row.get("given_name") or "", row.get("family_name") or "")
    left_out = ["app_metadata"] * bool(row.get("app_metadata"))
    left_out += _elsewhere(each["provider"] for each in row.get("identities") or () if each["provider"] not in OWN)
    password = None
    try:
        password = _auth0_hash(row)
    except Unusable as reason:
        left_out.append(f"the password: {reason}")
    except (KeyError, TypeError, ValueError, AttributeError):
        left_out.append("the password: its hash is not as Auth0 describes them")
    if password and not email:
        password = None
        left_out.append("the password: no email")
    enrolled = row.get("mfa_factors") or []
    secret = next((each["totp"]["secret"] for each in enrolled if "totp" in each), "")
    texted = next((each["phone"]["value"] for each in enrolled if "phone" in each), "")
    if number and not _true(row.get("phone_verified")):
        left_out += [UNVERIFIED] * (number != texted)
        number = ""
    return Person(
        id=_id(id_["$oid"] if isinstance(id_, Mapping) else id_),
        email=email,
        email_verified=_true(row.get("email_verified")),
        phone=number or texted,
        name=row.get("name") or " ".join(filter(None, names)),
        blocked=_true(row.get("blocked")),
        password=password,
        preferences=row.get("user_metadata") or {},
        totp={"secret": secret} if secret else None,
        mfa=bool(enrolled),
        left_out=tuple(left_out),
    )


def _auth0_hash(row: Row) -> Hash | None:
    bcrypt = row.get("passwordHash") or row.get("password_hash")
    if bcrypt:
        return Hash("bcrypt", {"password": bcrypt})
    custom = row.get("custom_password_hash")
    if not custom:
        return None
    algorithm, value = custom["algorithm"], custom["hash"]["value"]
    if custom.get("password", {}).get("encoding", "utf8") != "utf8":
        raise Unusable("a hash of a password that is not in UTF-8 cannot be imported")
    if algorithm in ("argon2", "bcrypt"):
        return Hash(algorithm, {"password": value})
    if algorithm in DIGESTS and not custom.get("salt") and "key" not in custom["hash"]:
        version = {"passwordVersion": algorithm} if DIGESTS[algorithm] == "sha" else {}
        return Hash(DIGESTS[algorithm], {"password": _hex(value, custom["hash"].get("encoding", "hex")), **version})
    if algorithm == "scrypt" and custom.get("salt", {}).get("encoding", "utf8") == "utf8":
        costs = ("cost", "passwordCpu"), ("blockSize", "passwordMemory"), ("parallelization", "passwordParallel")
        hashed = _hex(value, custom["hash"].get("encoding", "hex"))
        fields = {name: custom.get(old, default) for (old, name), default in zip(costs, (16384, 8, 1), strict=True)}
        salt = custom["salt"]["value"]
        return Hash("scrypt", {"password": hashed, "passwordSalt": salt, "passwordLength": custom["keylen"], **fields})
    raise Unusable(f"hashes of {algorithm!r} in this form cannot be imported")


def _hex(value: str, encoding: str) -> str:
    return value.lower() if encoding == "hex" else base64.b64decode(value).hex()
