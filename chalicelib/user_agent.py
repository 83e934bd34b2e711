"""The device and client that a session was begun on, from the user agent. Names and codes as upstream's (Matomo's)."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ua_parser import Result

MAX_USER_AGENT = 512

_CLIENTS = {
    "Chrome": ("CH", "Chrome", "Blink"),
    "Chrome Mobile": ("CM", "Chrome Mobile", "Blink"),
    "Chrome Mobile iOS": ("CI", "Chrome Mobile iOS", "WebKit"),
    "Edge": ("PS", "Microsoft Edge", "Blink"),
    "Edge Mobile": ("PS", "Microsoft Edge", "Blink"),
    "Firefox": ("FF", "Firefox", "Gecko"),
    "Firefox Mobile": ("FM", "Firefox Mobile", "Gecko"),
    "Firefox iOS": ("F1", "Firefox Mobile iOS", "WebKit"),
    "Mobile Safari": ("MF", "Mobile Safari", "WebKit"),
    "Opera": ("OP", "Opera", "Blink"),
    "Opera Mobile": ("OM", "Opera Mobile", "Blink"),
    "Safari": ("SF", "Safari", "WebKit"),
    "Samsung Internet": ("SB", "Samsung Browser", "Blink"),
}
_SYSTEMS = {
    "Android": ("AND", "Android"),
    "Chrome OS": ("COS", "Chrome OS"),
    "Linux": ("LIN", "GNU/Linux"),
    "Mac OS X": ("MAC", "Mac"),
    "Ubuntu": ("UBT", "Ubuntu"),
    "Windows": ("WIN", "Windows"),
    "iOS": ("IOS", "iOS"),
}
_ENGINE_VERSIONS = {
    "Blink": re.compile(r"Chrome/([0-9.]+)", re.ASCII),
    "Gecko": re.compile(r"rv:([0-9.]+)", re.ASCII),
    "WebKit": re.compile(r"AppleWebKit/([0-9.]+)", re.ASCII),
}


def subscriber(address: str) -> str:
    """Whom an address belongs to: of IPv6 the /64, all of which one subscriber has."""
    with suppress(ValueError):  # API Gateway's test console has no address
        parsed = ip_address(address)
        if isinstance(parsed, IPv6Address) and not parsed.ipv4_mapped:
            return str(ip_network((parsed, 64), strict=False))
    return address


class Client(NamedTuple):
    """Where a sign-in comes from: address, user agent, and two-letter country if the platform tells it."""

    address: str
    user_agent: str = ""
    country: str = ""

    def device(self) -> dict[str, str]:
        """The fields of a session that tell of device and country, by the names of the API; unknown ones are absent."""
        found = dict(_device(self.user_agent[:MAX_USER_AGENT]))
        if re.fullmatch("[A-Za-z]{2}", self.country, re.ASCII):
            found["countryCode"] = self.country.lower()
        return found

    def described(self) -> str:
        """The device in words, e.g. `Chrome, Windows`; empty when it is not one of those that we know by name.

        Never what a user agent says by itself: it would be a stranger's text in our mail.
        """
        found = self.device()
        known = found.get("clientCode") and found.get("osCode")
        return f"{found['clientName']}, {found['osName']}" if known else ""

    def fingerprint(self) -> str:
        """Eight hex characters that are the same for the same kind of device, whatever its version."""
        found = self.device()
        names = [found.get(name, "") for name in ("osName", "clientName", "deviceName", "deviceBrand", "deviceModel")]
        return sha256("|".join(names).encode()).hexdigest()[:8]


@lru_cache(maxsize=1024)
def _device(user_agent: str) -> tuple[tuple[str, str], ...]:
    if not user_agent:
        return ()
    from ua_parser import parse

    try:
        result = parse(user_agent)
    except ValueError:  # it begins like a known device's and has no name after that
        return ()
    fields = {**_system(result), **_client(result, user_agent), **_hardware(result, user_agent)}
    return tuple((name, value[:64]) for name, value in fields.items() if value)


def _system(result: Result) -> dict[str, str]:
    if result.os is None:
        return {}
    code, name = _SYSTEMS.get(result.os.family, ("", result.os.family))
    return {"osCode": code, "osName": name, "osVersion": _version(result.os.major, result.os.minor)}


def _client(result: Result, user_agent: str) -> dict[str, str]:
    agent = result.user_agent
    if agent is None:
        return {}
    code, name, engine = _CLIENTS.get(agent.family, ("", agent.family, ""))
    found = _ENGINE_VERSIONS[engine].search(user_agent) if engine else None
    return {
        "clientType": "browser" if engine else "",
        "clientCode": code,
        "clientName": name,
        "clientVersion": _version(agent.major, agent.minor),
        "clientEngine": engine,
        "clientEngineVersion": found[1] if found else "",
    }


def _hardware(result: Result, user_agent: str) -> dict[str, str]:
    if result.user_agent is None or result.os is None:
        return {}
    tablet = "iPad" in user_agent or (result.os.family == "Android" and "Mobile" not in user_agent)
    phone = "Mobile" in user_agent
    kind = "tablet" if tablet else "smartphone" if phone else "desktop"
    device = result.device
    if kind == "desktop" or device is None or (device.brand or "").startswith("Generic"):
        return {"deviceName": kind}
    return {"deviceName": kind, "deviceBrand": device.brand or "", "deviceModel": device.model or ""}


def _version(major: str | None, minor: str | None) -> str:
    return ".".join(part for part in (major, minor) if part)
