"""The cookies and the fallback header that hand a session to a browser, and take it back."""

from __future__ import annotations

import json
from email.utils import formatdate
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote

from chalicelib import services
from chalicelib.routes.caller import cookie_name
from chalicelib.routes.request import ApiRequest
from chalicelib.security import origins


def given(request: ApiRequest, value: str, expire: int) -> dict[str, Any]:
    """Response headers that hand over a session's value until `expire` (milliseconds)."""
    headers: dict[str, Any] = {"Set-Cookie": _both(request, quote(value, safe=""), expire)}
    if not origins.same_site(request.header("origin"), request.host):
        stored = {f"a_session_{services.config().project}": value}
        headers["X-Fallback-Cookies"] = json.dumps(stored, separators=(",", ":"))
    return headers


def taken_back(request: ApiRequest) -> dict[str, Any]:
    """Response headers that make the browser forget its session."""
    return {"Set-Cookie": _both(request, "deleted", 0), "X-Fallback-Cookies": "[]"}


def _both(request: ApiRequest, value: str, expire: int) -> list[str]:
    """The legacy cookie, the only one that a browser keeps over plain http, then the main one."""
    rest = f"={value}; Expires={formatdate(expire // 1000, usegmt=True)}; Path=/"
    rest += _domain(request.host) + ("; Secure" if request.secure else "") + "; HttpOnly"
    return [f"{cookie_name()}_legacy{rest}", f"{cookie_name()}{rest}; SameSite=None"]


def _domain(host: str) -> str:
    if host in ("localhost", "") or host.startswith("["):
        return ""
    try:
        ip_address(host)
    except ValueError:
        return f"; Domain=.{host}"
    return ""
