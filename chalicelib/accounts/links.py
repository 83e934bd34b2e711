"""Links in mails."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_plus, urlencode

from chalicelib.timestamps import iso

_OURS = r"[\s?]*(?:{})\s*(?:\[.*)?"
"""A name that some reader takes for one of ours: in any case, with blanks around it, as a list (`secret[]`), and behind
another `?`, which `new URLSearchParams(location.search.slice(1))` strips once more."""


def link(url: str, user_id: str, secret: str, expire: int, project: str = "") -> str:
    """`url` with `userId`, `secret` and `expire`, and with `project` if it is given, at the end of its query."""
    named = {"userId": user_id, "secret": secret, "expire": iso(expire), **({"project": project} if project else {})}
    return with_query(url, named)


def with_query(url: str, named: Mapping[str, str]) -> str:
    """`url` with these parameters at the end of its query.

    What it had of these names goes: many take the first of a name, as `URLSearchParams.get` does. All the rest stays as
    it is, byte for byte. `;` separates parameters too, as it does for some servers.
    """
    ours = re.compile(_OURS.format("|".join(named)), re.IGNORECASE | re.DOTALL)
    before, hash_, fragment = url.partition("#")
    path, _, query = before.partition("?")
    theirs = re.findall("([&;])([^&;]*)", f"&{query}" if query else "")
    kept = "".join(separator + parameter for separator, parameter in theirs if not ours.fullmatch(_name(parameter)))
    return f"{path}?{f'{kept}&{urlencode(named)}'[1:]}{hash_}{fragment}"


def _name(parameter: str) -> str:
    """Decoded twice, as by a router that decodes the whole before its parts."""
    return unquote_plus(unquote_plus(parameter.partition("=")[0]))
