"""Which host names a server on this machine answers to.

A stranger's page can have its own name resolve to 127.0.0.1 (DNS rebinding); to a browser it is then of one origin with
whatever listens there. The Host header still has the page's name, so other names than loopback's are refused.
"""

import re
import socket
from collections.abc import Iterable
from email.message import Message
from ipaddress import IPv4Address, IPv6Address, ip_address

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]*)?", re.ASCII)
_ABSOLUTE = re.compile(r"http://([^/?#]*)(.*)", re.ASCII | re.IGNORECASE)


class BadHostError(Exception):
    """No server of that name is here."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Hosts:
    """Loopback's names and addresses, those that the sockets listen on, and `names`.

    A socket that listens on all addresses is reached by any of them: no stranger's page comes from one.
    """

    def __init__(self, sockets: Iterable[socket.socket], names: Iterable[str] = ()) -> None:
        bound = [_address(str(each.getsockname()[0])) for each in sockets]
        self._any_address = any(address and address.is_unspecified for address in bound)
        self._addresses = {address for address in bound if address}
        self._names = {name.lower() for name in names}

    def admit(self, target: str, headers: Message) -> str:
        """The target of a request in origin form, the path with its query, once its host has been found to be ours.

        A target in absolute form names the host itself: what the Host header says is ignored then, and replaced (RFC
        9112 3.2.2). Raises BadHostError for a target that is no path, `*` or http URL, unless there is a single Host
        header (400, RFC 9112 3.2), and for a host that is not this server (421, RFC 9110 15.5.20).
        """
        given, absolute = headers.get_all("Host", []), _ABSOLUTE.fullmatch(target)
        if len(given) != 1 or not (absolute or target == "*" or target.startswith("/")):
            raise BadHostError(400, "Bad Request")
        host = _host_in(given[0].strip())
        if absolute:
            authority, rest = absolute.groups()
            host = _host_in(authority)
            headers.replace_header("Host", authority)
            target = rest if rest.startswith("/") else f"/{rest}"
        if not self._is_ours(host):
            raise BadHostError(421, "This server answers to localhost, and to the name or address that HOST gives it.")
        return target

    def _is_ours(self, host: str) -> bool:
        address = _address(host.strip("[]"))
        if address is None:
            return host == "localhost" or host.endswith(".localhost") or host in self._names
        return address.is_loopback or self._any_address or address in self._addresses


def _host_in(authority: str) -> str:
    """The host of `host` or `host:port` in lower case. Raises BadHostError (400) for anything else."""
    match = _HOST.fullmatch(authority.lower())
    if match is None:
        raise BadHostError(400, "Bad Request")
    return match[1]


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
