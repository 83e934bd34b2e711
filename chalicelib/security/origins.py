"""Which pages and apps may call the API, and where links may lead: one list (`MFA_ORIGINS`) for both."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from chalicelib.errors import Unfit, quoted
from chalicelib.runtime import settings
from chalicelib.schema import takes

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

MAX_URL = 2048
DEFAULT_PORTS = {"http": 80, "https": 443}

_HOST = r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_URL = re.compile(rf"(?P<scheme>(?i:https?))://(?P<host>{_HOST})(?::[0-9]*)?(?:[/?#][\x21-\x7e]*)?", re.ASCII)
_APP = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://[^/?#@:*\\\x00-\x1f\x7f]*", re.ASCII)
"""What the SDKs of native platforms, web views of apps and extensions of browsers send as `Origin`, in lower case. On
desktops a name may have blanks, or be empty."""
_ORIGIN = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*://(?:{_HOST})(?::[0-9]+)?", re.ASCII)
"""Of a page (RFC 6454 6.1), or of an app that has a name; without what only a forged header has."""
_APP_LINK = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/[\x21-\x5b\x5d-\x7e]*", re.ASCII | re.IGNORECASE)
"""A URI that opens an app: the scheme is a domain name in reverse order (RFC 8252 7.1)."""
_DOMAIN = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])", re.ASCII | re.IGNORECASE
)
_OURS = re.compile(r"(?<![\w-])(?:userid|secret)[=\[]", re.ASCII | re.IGNORECASE)
"""A parameter of our links, wherever a router may look for it: at the start, after `?`, `&`, `;`, `/` or the like."""


def host_of(url: str) -> str | None:
    """The lower-case host of an https URL in plain ASCII, or of an http URL of loopback; None for anything else.

    What goes over a network by http can be read and changed on its way. No user information, backslash, blank, control
    character or other script gets through.
    """
    match = _URL.fullmatch(url) if len(url) <= MAX_URL and "\\" not in url else None
    if match is None:
        return None
    try:
        _ = urlsplit(url).port
    except ValueError:
        return None
    host = match["host"].lower()
    return host if match["scheme"].lower() == "https" or settings.is_loopback(host) else None


def allows_host(host: str) -> bool:
    """Whether a host is the project's: exactly, under a `*.` wildcard, loopback where `localhost` is listed, or that of
    the settings page, which the deployment's own pages have.
    """
    origins = settings.config().origins
    if host in origins or ("localhost" in origins and host in settings.LOOPBACK):
        return True
    return any(origin.startswith("*.") and host.endswith(origin[1:]) for origin in origins) or host == _own_host()


def _own_host() -> str | None:
    return host_of(settings.config().settings_page)


def allows_origin(origin: str, own_host: str = "") -> bool:
    """Whether a page or app of this `Origin` may call: the project's, or the API's own page; `null` may not."""
    host = host_of(origin)
    if host is None:
        return _allows_app(origin.lower())
    return host == own_host or allows_host(host)


def allows_ceremony(origin: str) -> bool:
    """Whether a passkey may be made and used there: on a page or in an app that may call.

    Android's apps have an origin of their own for that, the hash of the certificate that signs them.
    """
    if origin.startswith(settings.ANDROID):
        return origin in settings.config().origins
    return _ORIGIN.fullmatch(origin) is not None and allows_origin(origin)


def pages() -> list[str]:
    """The origins of the project's pages; a `*.` stands for any name, and localhost for any port."""
    listed = [*settings.config().origins, *filter(None, [_own_host()])]
    hosts = [origin for origin in dict.fromkeys(listed) if ":" not in origin.rpartition("]")[2]]
    return [f"{'http' if settings.is_loopback(host) else 'https'}://{host}" for host in hosts]


def why_refused(origin: str) -> str:
    """Why a page or app of this `Origin` may not call; of the origin only what is one is repeated."""
    if origin == "null":
        return "origin null: a file, a sandboxed frame or a redirect"
    if _ORIGIN.fullmatch(origin) is None:
        return "malformed origin"
    if origin.lower().startswith("http:") and host_of(origin) is None:
        return f"origin {quoted(origin)} is http: pages beyond loopback need https"
    return f"origin {quoted(origin)} not in MFA_ORIGINS"


def _why_no_redirect(url: object) -> str:
    """Why a link may not lead there; of the URL only the host is repeated."""
    host = host_of(url) if isinstance(url, str) else None
    if host:
        return f"host {quoted(host)} not in MFA_ORIGINS"
    return "neither a URL with https, or http on loopback, nor a URI of an app that MFA_ORIGINS lists"


def _allows_app(origin: str) -> bool:
    """Whether an app is listed, by scheme and name; `*` stands for any name."""
    match, listed = _APP.fullmatch(origin), settings.config().origins
    return match is not None and (origin in listed or f"{match['scheme']}://*" in listed)


def _opens_app(url: str) -> bool:
    """Whether a URI opens an app of the project: one that is listed, apart from its query and fragment."""
    if len(url) > MAX_URL or _APP_LINK.fullmatch(url) is None:
        return False
    return re.split("[?#]", url)[0].lower() in settings.config().origins


@takes(type="string", format="uri", maxLength=MAX_URL)
def redirect(value: object) -> str:
    """A rule for parameters.py: a URL that a link in a mail may lead to. ValueError for any other.

    The link carries `userId` and `secret` in its query. A fragment with others would win in an app whose router reads
    its parameters there, so there are none; twice decoded, as by a router that decodes the whole before its parts.
    """
    host = host_of(value) if isinstance(value, str) else None
    if not (allows_host(host) if host else isinstance(value, str) and _opens_app(value)):
        raise Unfit(
            "URL host must be one of the project's origins, with scheme https (http for localhost only), or a listed "
            "URI of an app",
            _why_no_redirect(value),
        )
    if _OURS.search(unquote(unquote(str(value).partition("#")[2]))):
        raise ValueError("URL must not have userId or secret in its fragment")
    return str(value)


def origin_of(url: str) -> str:
    """The origin of a page, as browsers send it (RFC 6454 6.1); empty for a URI that opens an app."""
    host = host_of(url)
    if host is None:
        return ""
    parts = urlsplit(url)
    port = "" if parts.port in (None, DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def is_app(origin: str) -> bool:
    """Whether an `Origin` is that of an app of the project, which no page can send."""
    return host_of(origin) is None and _allows_app(origin.lower())


@takes(type="string", maxLength=253, description="A domain below a public suffix, `localhost`, or empty for none.")
def rp_id(value: object) -> str:
    """A rule for parameters.py: the domain that passkeys are bound to (WebAuthn Level 3 5.1.2)."""
    text = value if isinstance(value, str) and len(value) <= 253 else " "
    domain = text.lower()
    if domain in ("", "localhost"):
        return domain
    if _DOMAIN.fullmatch(text) is None or _public_suffixes().privatesuffix(domain) is None:
        raise ValueError("Value must be a domain below a public suffix, localhost, or empty")
    return domain


def same_site(origin: str, api_host: str) -> bool:
    """Whether page and API share a registrable domain, so that the browser sends the cookie without a fallback.

    The Public Suffix List says so, with its private part: `github.io` and `execute-api.*.amazonaws.com` are suffixes.
    It is asked only about names that end alike in two labels, the fewest that a registrable domain has.
    """
    page, api = host_of(origin) or "", api_host.partition(":")[0].lower()
    labels = page.split(".")[-2:]
    if len(labels) < 2 or labels != api.split(".")[-2:] or not labels[-1][:1].isalpha():  # 127.0.0.1
        return False
    domain = _public_suffixes().privatesuffix(page)
    return domain is not None and domain == _public_suffixes().privatesuffix(api)


@cache
def _public_suffixes() -> PublicSuffixList:
    """Read once for each process that needs it, in some 40 ms."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
