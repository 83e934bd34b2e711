"""Links in mails."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus, urlencode

from chalicelib.timestamps import iso

_OURS = re.compile(r"[\s?]*(?:userid|secret|expire)\s*(?:\[.*)?", re.IGNORECASE | re.DOTALL)
"""A name that some reader takes for one of ours: in any case, with blanks around it, as a list (`secret[]`), and behind
another `?`, which `new URLSearchParams(location.search.slice(1))` strips once more."""


def link(url: str, user_id: str, secret: str, expire: int) -> str:
    """`url` with `userId`, `secret` and `expire` at the end of its query.

    What it had of these names goes: many take the first of a name, as `URLSearchParams.get` does. All the rest stays as
    it is, byte for byte. `;` separates parameters too, as it does for some servers.
    """
    ours = urlencode({"userId": user_id, "secret": secret, "expire": iso(expire)})
    before, hash_, fragment = url.partition("#")
    path, _, query = before.partition("?")
    theirs = re.findall("([&;])([^&;]*)", f"&{query}" if query else "")
    kept = "".join(separator + parameter for separator, parameter in theirs if not _is_ours(parameter))
    return f"{path}?{f'{kept}&{ours}'[1:]}{hash_}{fragment}"


def _is_ours(parameter: str) -> bool:
    """Decoded twice, as by a router that decodes the whole before its parts."""
    return _OURS.fullmatch(unquote_plus(unquote_plus(parameter.partition("=")[0]))) is not None
