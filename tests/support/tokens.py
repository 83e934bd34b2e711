"""JWTs as headers and made by hand, and the data keys that sign them."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from typing import Any

from chalicelib.storage.data_key import DataKey, Keyring


def bearer(token: str) -> dict[str, str]:
    """The header that carries a JWT."""
    return {"X-Appwrite-JWT": token}


class Fixed(Keyring):
    """Data keys of a process that never looks for more."""

    def keep_fresh(self, now: int) -> None:
        pass


def data_keys(*plain: bytes) -> Keyring:
    """What stands in for the deployment's data keys, all in force, without KMS: name it `data-keys`."""
    return Fixed([DataKey(each, 0) for each in plain], 0)


def signed_jwt(claims: Any, key: bytes, digest: str = "sha256", **header: Any) -> str:
    """A JWT made by hand, with whatever header; libraries make no bad ones."""
    head = {"alg": "HS256", "typ": "JWT", **header}
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims)]
    signature = hmac.new(key, b".".join(parts), digest).digest()
    return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")]).decode()
