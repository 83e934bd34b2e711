"""The cookies and the fallback header that hand a session to a browser, and take it back.

By the same carriers a browser keeps its device values (`security/devices.py`), which outlive the session.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from email.utils import formatdate
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote

from chalicelib.errors import ApiError
from chalicelib.runtime import clock, settings
from chalicelib.security import devices, origins
from chalicelib.web.identity import cookie_name
from chalicelib.web.request import ApiRequest, device_name


def given(request: ApiRequest, value: str, expire: int, email: str = "", user_id: str = "") -> dict[str, Any]:
    """Response headers that hand over a session's value until `expire` (milliseconds).

    With `email` the browser is known from now on as one on which that user has signed in to that mailbox. The main
    cookie of the session is the last: a PHP client keeps no other.
    """
    known = _issued(request, email, user_id) if email else []
    session = _both(request, cookie_name(), quote(value, safe=""), expire)
    headers: dict[str, Any] = {"Set-Cookie": [*_device(request, known), *session]}
    if not origins.same_site(request.header("origin"), request.host):
        headers["X-Fallback-Cookies"] = _fallback(value, devices.join(known) or _kept(request))
    return headers


def renewed(request: ApiRequest, email: str, user_id: str, address: str) -> dict[str, Any]:
    """Response headers by which a browser that is known for `email` stays known for the mailbox `address`.

    For changes of password and mailbox, which void what was issued before them.
    """
    known = _issued(request, address, user_id) if devices.known(email, request.devices) else []
    headers: dict[str, Any] = {"Set-Cookie": _device(request, known)} if known else {}
    if known and _kept(request):
        session = request.fallback_cookies.get(f"a_session_{settings.config().project}", "")
        headers["X-Fallback-Cookies"] = _fallback(session, devices.join(known))
    return headers


def taken_back(request: ApiRequest) -> dict[str, Any]:
    """Response headers that make the browser forget its session, and nothing else."""
    session = _both(request, cookie_name(), "deleted", 0)
    return {"Set-Cookie": session, "X-Fallback-Cookies": _fallback("", _kept(request))}


def _issued(request: ApiRequest, email: str, user_id: str) -> list[str]:
    """None when the data keys cannot be read: what was asked for is done, and must not be told as failed."""
    with suppress(ApiError):
        return devices.issue(email, user_id, request.devices)
    return []


def _kept(request: ApiRequest) -> str:
    """The device values that came in the fallback header, and would be lost with it."""
    return devices.join(devices.split(request.fallback_cookies.get(device_name(), "")))


def _fallback(session: str, device: str) -> str:
    project = settings.config().project
    stored = {f"a_session_{project}": session, device_name(): device}
    return json.dumps({name: value for name, value in stored.items() if value} or [], separators=(",", ":"))


def _device(request: ApiRequest, values: Sequence[str]) -> list[str]:
    name, expire = device_name().lower(), devices.expiry(clock.now())
    return _both(request, name, devices.join(values), expire) if values else []


def _both(request: ApiRequest, name: str, value: str, expire: int) -> list[str]:
    """The legacy cookie, the only one that a browser keeps over plain http, then the main one."""
    rest = f"={value}; Expires={formatdate(expire // 1000, usegmt=True)}; Path=/"
    rest += _domain(request.host) + ("; Secure" if request.secure else "") + "; HttpOnly"
    return [f"{name}_legacy{rest}", f"{name}{rest}; SameSite=None"]


def _domain(host: str) -> str:
    if host in ("localhost", "") or host.startswith("["):
        return ""
    try:
        ip_address(host)
    except ValueError:
        return f"; Domain=.{host}"
    return ""
