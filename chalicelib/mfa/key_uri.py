"""Google's key URI format: how an authenticator app takes a secret from a QR code."""

from __future__ import annotations

from unicodedata import category
from urllib.parse import quote

from chalicelib.qr import MOST_CHARACTERS

_JOINER = "\u200d"
_PARTS = {"Mn", "Mc", "Me", "Cf", "Sk"}
"""Categories of what is shown as one with the character before it: marks, joiners, variation selectors, skin tones."""


def key_uri(secret: str, issuer: str, account: str) -> str:
    """The otpauth URI of a base32 secret; period, digits and algorithm are the format's defaults and left out.

    Neither issuer nor account may have a colon, which separates them in the label; no e-mail address, number or id has
    one. So that `getQR` takes the URI, in any script, a long issuer is shortened to what the account leaves: at least
    two characters, since an address has 254 octets at most, 64 of them before the @.
    """
    label, fixed = quote(account, safe="@"), f"&secret={secret}"
    empty = _joined("", label) + fixed
    shown = quote(_shortened(" ".join(issuer.replace(":", " ").split()), (MOST_CHARACTERS - len(empty)) // 2), safe="")
    return _joined(shown, label) + fixed


def _joined(issuer: str, label: str) -> str:
    return f"otpauth://totp/{issuer}%3A{label}?issuer={issuer}"


def _shortened(text: str, most: int) -> str:
    """The longest beginning that has at most `most` characters when it is percent-encoded.

    It ends where a character as people see it does, if there is one.
    """
    end = len(text[:most])
    while len(quote(text[:end], safe="")) > most:
        end -= 1
    whole = next((at for at in range(end, 0, -1) if not _is_within_character(text, at)), end)
    return text[:whole].rstrip()


def _is_within_character(text: str, at: int) -> bool:
    return at < len(text) and (category(text[at]) in _PARTS or text[at - 1] == _JOINER)
