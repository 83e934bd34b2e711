"""Firebase's scrypt: what scrypt makes of the password is a key, and the hash the project's signer key under it.

https://github.com/firebase/scrypt; its costs are those of every project (`rounds` 8, `mem_cost` 14).
"""

from __future__ import annotations

import re
from base64 import b64decode

from chalicelib.security.hashing import same
from chalicelib.security.imported import Scheme, malformed
from chalicelib.security.imported.scrypt import derive

N, R, P = 1 << 14, 8, 1
KEY_BYTES = 32
LEAST_BYTES = 16

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2}(?:==)?|[A-Za-z0-9+/_-]{3}=?)?", re.ASCII)


def check(encoded: str, scheme: Scheme) -> None:
    if not all(map(_BASE64.fullmatch, (encoded, scheme["salt"], scheme["saltSeparator"], scheme["signerKey"]))):
        raise malformed("scrypt-modified")
    if len(_bytes(encoded)) != len(_bytes(scheme["signerKey"])) or len(_bytes(encoded)) < LEAST_BYTES:
        raise malformed("scrypt-modified")


def matches(encoded: str, scheme: Scheme, text: bytes) -> bool:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key = derive(text, _bytes(scheme["salt"]) + _bytes(scheme["saltSeparator"]), N, R, P, 2 * KEY_BYTES)[:KEY_BYTES]
    cipher = Cipher(algorithms.AES256(key), modes.CTR(bytes(16))).encryptor()
    return same(cipher.update(_bytes(scheme["signerKey"])), _bytes(encoded))


def _bytes(text: str) -> bytes:
    """Of either base64, padded or not: consoles, exports and tools spell the same bytes differently."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    return b64decode(plain + "=" * (-len(plain) % 4))
