"""A request as the endpoints see it: headers, address, and parameters from path, query or body."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cached_property
from io import BytesIO
from ipaddress import IPv6Address, ip_address
from math import isfinite
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from chalice.app import MultiDict, Request

from chalicelib.errors import fail
from chalicelib.models import ApiKey
from chalicelib.runtime import settings
from chalicelib.security import api_keys, devices
from chalicelib.security.devices import Device
from chalicelib.user_agent import Client
from chalicelib.web.parameters import in_one_form

MAX_BODY = 64 * 1024
MAX_DEPTH = 32
MAX_FIELDS = 100
"""Of a form."""
MAX_PART_HEADERS = 8
MAX_PART_HEADER = 1024
"""Bytes of a line; a part needs Content-Disposition alone (RFC 7578 4.2)."""
MAX_BOUNDARY = 70
"""Characters (RFC 2046 5.1.1)."""
MAX_HOPS = 100
"""Entries of X-Forwarded-For that are looked at."""

_UNFIT = re.compile("[\0\ud800-\udfff]")


def device_name() -> str:
    """Under which the fallback header carries device values; a cookie's name is the same in small letters."""
    return f"a_device_{settings.config().project}"


class ApiRequest:
    """Wraps Chalice's request. Nothing is parsed before it is asked for."""

    def __init__(self, request: Request, max_body: int = MAX_BODY) -> None:
        self._request = request
        self._max_body = max_body
        self.trusted = False
        """Whether an API key asks that has the scope for it, and so may speak for clients of its own."""

    def header(self, name: str) -> str:
        """A header's value, empty when it is absent; `name` in lower case."""
        value: str = self._request.headers.get(name) or ""
        return value

    @cached_property
    def api_key(self) -> ApiKey | None:
        """The API key that the request carries; None for a wrong one too, and for one past its end."""
        return None if self.api_key_has_ended else self._api_key

    @cached_property
    def api_key_has_ended(self) -> bool:
        """Whether the request carries an API key that was good once."""
        return self._api_key is not None and api_keys.has_ended(self._api_key)

    @cached_property
    def _api_key(self) -> ApiKey | None:
        given = self.header("x-appwrite-key")
        return api_keys.holder(given) if given else None

    @cached_property
    def cookies(self) -> dict[str, list[str]]:
        """By name, in order: a browser sends those of a parent domain as well, and in several lines (RFC 9113 8.2.3).

        Not SimpleCookie: an odd one of another app's would hide those after it.
        """
        found: dict[str, list[str]] = {}
        for pair in ";".join(self._lines("cookie")).split(";"):
            name, is_pair, value = pair.partition("=")
            if is_pair:
                found.setdefault(name.strip(), []).append(value.strip(' \t"'))  # RFC 6265 4.1.1 allows quotes
        return found

    @cached_property
    def fallback_cookies(self) -> dict[str, str]:
        """What the SDK keeps where the browser takes no cookies (header X-Fallback-Cookies), by name."""
        try:
            stored = json.loads(self.header("x-fallback-cookies") or "{}")
        except (ValueError, RecursionError):
            return {}
        pairs = stored.items() if isinstance(stored, dict) else ()
        return {name: value for name, value in pairs if isinstance(value, str)}

    @cached_property
    def device(self) -> Device | None:
        """The browser, if it has signed in before to the mailbox that the parameter `email` names."""
        email = in_one_form("email", self.parameter("email"))
        return devices.known(email, self.devices) if email else None

    @cached_property
    def devices(self) -> list[str]:
        """The device values that the request carries, by whatever carrier."""
        name = device_name()
        by_cookie = (self.cookies.get(each, []) for each in (name.lower(), f"{name.lower()}_legacy"))
        return devices.split(*(value for values in by_cookie for value in values), self.fallback_cookies.get(name, ""))

    @property
    def method(self) -> str:
        return self._request.method

    @property
    def id(self) -> str:
        value: str = self._request.context.get("requestId", "")
        return value

    @property
    def resource(self) -> str:
        """The route as the app declares it, which names nobody."""
        value: str = self._request.context.get("resourcePath", "")
        return value

    @property
    def ends_in_slash(self) -> bool:
        """Whether the address does: API Gateway takes it for the same, but relative links in it lead elsewhere."""
        return str(self._request.context.get("path", "")).endswith("/")

    @property
    def own_host(self) -> str:
        """The host name that API Gateway serves the API under; empty on the local server."""
        name: str = self._request.context.get("domainName") or ""
        return name.lower()

    @property
    def host(self) -> str:
        """The API's own host name as the client addressed it, without port."""
        name: str = self._request.context.get("domainName") or self.header("host")
        return name.rpartition("]")[0] + "]" if name.startswith("[") else name.partition(":")[0].lower()

    @property
    def secure(self) -> bool:
        """Whether the client came over https (API Gateway sets the header, and always to https)."""
        return self.header("x-forwarded-proto").lower() == "https"

    @property
    def locale(self) -> str:
        value = self.parameter("locale") or self.header("x-appwrite-locale")
        return value if isinstance(value, str) else ""

    @property
    def address(self) -> str:
        """The client's address as API Gateway saw it; with parity, what X-Forwarded-For says."""
        return self._address("forwarded-for" in settings.config().parity)

    def client(self, trusted: bool) -> Client:
        """Where the request comes from; a `trusted` caller may say that it speaks for another."""
        agent = (self.header("x-forwarded-user-agent") if trusted else "") or self.header("user-agent")
        told = settings.config().cloudfront and not trusted  # a rendering server's own country is not its visitor's
        country = self.header("cloudfront-viewer-country") if told else ""
        return Client(self._address(trusted) if trusted else self.address, agent, country)

    def _address(self, believe: bool) -> str:
        return (self.forwarded if believe else "") or self._source

    @property
    def _source(self) -> str:
        """The peer of API Gateway, whose test console has words instead of an address."""
        peer = str(self._request.context["identity"]["sourceIp"])
        return canonical_address(peer) or peer

    @cached_property
    def forwarded(self) -> str:
        """The client that X-Forwarded-For names, whoever says so: the leftmost valid address, empty without one."""
        candidates = ",".join(self._lines("x-forwarded-for")).split(",", MAX_HOPS)
        return next(filter(None, map(canonical_address, candidates)), "")

    def _lines(self, name: str) -> list[str]:
        """Every line of a header, in order; Chalice's `headers` has the last alone."""
        headers = self._request.to_original_event()["multiValueHeaders"] or {}
        return [line for each, lines in headers.items() if each.lower() == name for line in lines]

    def parameter(self, name: str) -> Any:
        """One parameter before its check; None where it is absent or the body cannot be read."""
        return self._path.get(name) or (self._body or {}).get(name)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """All parameters. 400 `general_argument_invalid` for a body that is too large or cannot be read."""
        if self._body is None:
            raise fail("general_argument_invalid", self._mistake)
        return {**self._body, **self._path}

    @cached_property
    def project(self) -> Any:
        """The project that the request names: parameter `project` of query or body, else the header.

        The body is not read where the query names one, or the header names another than ours.
        """
        in_query, in_header = self._query.get("project"), self.header("x-appwrite-project")
        if in_query or in_header not in ("", settings.config().project):
            return in_query or in_header
        return self.parameter("project") or in_header

    @cached_property
    def _path(self) -> dict[str, str]:
        return {name: unquote(value) for name, value in (self._request.uri_params or {}).items()}

    @cached_property
    def _query(self) -> dict[str, Any]:
        """The query string; `queries[0]=...&queries[1]=...` and `queries[]=...` make a list."""
        query = self._request.query_params or MultiDict(None)
        found: dict[str, Any] = {}
        for name in query:
            base, bracket, _ = name.partition("[")
            if not bracket:
                found[name] = query[name]
                continue
            if not isinstance(found.get(base), list):
                found[base] = []
            found[base] += query.getlist(name)
        return found

    @cached_property
    def _body(self) -> dict[str, Any] | None:
        """The parameters apart from the path's, None (and `_mistake` set) when they cannot be read."""
        try:
            given = self._query if self.method in ("GET", "HEAD") else self._parse_body()
            _check_depth_and_text(given)
        except ValueError as error:
            self._mistake = str(error)
            return None
        return given

    def _parse_body(self) -> dict[str, Any]:
        raw = self._request.raw_body
        content = raw if isinstance(raw, bytes) else raw.encode()
        if len(content) > self._max_body:
            raise ValueError(f"The request body is larger than {self._max_body} bytes.")
        kind = self.header("content-type").partition(";")[0].strip().lower()
        if not content:
            return {}
        if kind in ("application/json", ""):
            return _parse_json(content)
        if kind == "application/x-www-form-urlencoded":
            return _parse_form(content)
        if kind == "multipart/form-data":
            return _parse_multipart(content, self.header("content-type"))
        return {}


def _parse_json(content: bytes) -> dict[str, Any]:
    """A byte order mark, which some editors and shells put before a file, is ignored (RFC 8259 8.1).

    `[]`, `null` and nothing at all are no parameters: some clients send them where there is nothing to send.
    """
    try:
        value = json.loads(content.decode("utf-8-sig").strip(" \t\r\n") or "null")
    except (ValueError, RecursionError):
        raise ValueError("The request body is not valid JSON.") from None
    if value in ([], None):
        return {}
    if not isinstance(value, dict):
        raise ValueError("The request body must be a JSON object.")
    return value


def _parse_form(content: bytes) -> dict[str, Any]:
    """Not by `parse_qsl`, which takes 30 ms for 64 KB of `%` between letters beyond ASCII."""
    if content.count(b"&") >= MAX_FIELDS:
        raise ValueError("The request body has too many fields.")
    try:
        pairs = (pair.partition(b"=") for pair in content.replace(b"+", b" ").split(b"&") if pair)
        return {unquote_to_bytes(name).decode(): unquote_to_bytes(value).decode() for name, _, value in pairs}
    except ValueError:
        raise ValueError("The request body is not a valid form.") from None


def _parse_multipart(content: bytes, content_type: str) -> dict[str, Any]:
    """The parts' texts by name. They are UTF-8: a part that could choose its charset could choose a slow one."""
    from multipart import MultipartParser, parse_options_header

    boundary = parse_options_header(content_type)[1].get("boundary", "")
    try:
        if len(boundary) > MAX_BOUNDARY:
            raise ValueError
        parts = MultipartParser(
            BytesIO(content),
            boundary,
            strict=True,
            header_limit=MAX_PART_HEADERS,
            headersize_limit=MAX_PART_HEADER,
            part_limit=MAX_FIELDS,
            spool_limit=len(content),  # in memory, never in a file
        )
        return {part.name: part.raw.decode() for part in parts}
    except ValueError:
        raise ValueError("The request body is not a valid form.") from None


def _check_depth_and_text(value: Any, depth: int = 0) -> None:
    """Refuse what no parameter needs: more than MAX_DEPTH levels, lone surrogates, NUL, NaN and infinity."""
    if depth > MAX_DEPTH:
        raise ValueError(f"The request body is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str):
        if _UNFIT.search(value):
            raise ValueError("The request contains a NUL character or half a surrogate pair.")
    elif isinstance(value, float):
        if not isfinite(value):
            raise ValueError("The request contains a number that JSON does not have.")
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_depth_and_text(name, depth)
            _check_depth_and_text(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _check_depth_and_text(member, depth + 1)


def canonical_address(text: str) -> str:
    """An IP address in its canonical form (RFC 5952; IPv4 in IPv6 as IPv4). Empty for all else, zone and port too."""
    try:
        address = ip_address(text.strip(" \t"))
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:  # a zone is free text (RFC 4007 11.2)
            return ""
        return str(address.ipv4_mapped or address)
    return str(address)
