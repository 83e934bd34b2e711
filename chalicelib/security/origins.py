"""Which web pages may call the API, and to which hosts links may lead: one list of hosts for both."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from chalicelib import services
from chalicelib.schema import takes

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
MAX_URL = 2048

_HOST = r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_URL = re.compile(rf"(?i:https?)://(?P<host>{_HOST})(?::[0-9]*)?(?:[/?#][\x21-\x7e]*)?", re.ASCII)


def host_of(url: str) -> str | None:
    """The lower-case host of an http(s) URL in plain ASCII, None for anything else.

    No user information, backslash, blank, control character or other script gets through.
    """
    match = _URL.fullmatch(url) if len(url) <= MAX_URL and "\\" not in url else None
    if match is None:
        return None
    try:
        _ = urlsplit(url).port
    except ValueError:
        return None
    return match["host"].lower()


def allows_host(host: str) -> bool:
    """Whether a host is the project's: exactly, under a `*.` wildcard, or loopback where `localhost` is listed."""
    origins = services.config().origins
    if host in origins or ("localhost" in origins and host in LOOPBACK):
        return True
    return any(origin.startswith("*.") and host.endswith(origin[1:]) for origin in origins)


def allows_origin(origin: str, own_host: str = "") -> bool:
    """Whether a page of this `Origin` may call: the project's, or the API's own; `null` and what is no URL may not."""
    host = host_of(origin)
    return host is not None and (host == own_host or allows_host(host))


@takes(type="string", format="uri", maxLength=MAX_URL)
def redirect(value: object) -> str:
    """A rule for parameters.py: a URL that a link in a mail may lead to. ValueError for any other."""
    host = host_of(value) if isinstance(value, str) else None
    if host is None or not allows_host(host):
        raise ValueError("URL host must be one of the project's origins, with scheme http or https")
    return str(value)


def same_site(origin: str, api_host: str) -> bool:
    """Whether page and API share a registrable domain, so that the browser sends the cookie without a fallback.

    Judged by the last two labels, three where the last two are short (`co.uk`). `localhost`, addresses and the names
    that AWS gives out have none.
    """
    one, other = host_of(origin), api_host.partition(":")[0].lower()
    if one is None or one in LOOPBACK or not one[-1:].isalpha() or one.endswith(".amazonaws.com"):
        return False
    labels = one.split(".")
    count = 3 if len(labels) > 1 and len(labels[-2]) <= 3 and len(labels[-1]) == 2 else 2
    return len(labels) >= count and other.split(".")[-count:] == labels[-count:]
