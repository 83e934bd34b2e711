"""The one form of an e-mail address, in which it is kept, compared and sent to."""

from __future__ import annotations

import re

OCTETS = 254
"""Of a whole address: RFC 5321 4.5.3.1.3 allows 256 with the angle brackets. Its domain then has 252 at most."""

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_TOP_LABEL = r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_TOP_LABEL}", re.ASCII)


def in_one_form(text: str) -> str:
    """An address without white space around it, lower-case, ASCII (no other script can look like it). Empty for what is
    none that mail can be sent to.

    No quoting and no comments. A domain of another script is given as its A-labels, so characters are octets: 254 at
    most, 64 of them before the @ and 63 in a label (RFC 5321 4.5.3.1, RFC 1035 2.3.4). The last label begins with a
    letter (RFC 3696 2): else it is a part of an IP address.
    """
    address = text.strip()
    if not address.isascii() or len(address) > OCTETS or len(address.partition("@")[0]) > 64:
        return ""
    address = address.lower()
    return address if _ADDRESS.fullmatch(address) else ""
