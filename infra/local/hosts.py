"""Which host names a server on this machine answers to.

A stranger's page can have its own name resolve to 127.0.0.1 (DNS rebinding); to a browser it is then of one origin with
whatever listens there. The Host header still has the page's name, so other names than loopback's are refused.
"""

import re
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]*)?", re.ASCII)


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

    def check(self, given: Sequence[str]) -> None:
        """Raises BadHostError unless the Host headers of a request are a single one (400, RFC 9112 3.2) and name this
        server (421, RFC 9110 15.5.20).
        """
        match = _HOST.fullmatch(given[0].strip().lower()) if len(given) == 1 else None
        if match is None:
            raise BadHostError(400, "Bad Request")
        if not self._is_ours(match[1]):
            raise BadHostError(421, "This server answers to localhost, and to the name or address that HOST gives it.")

    def _is_ours(self, host: str) -> bool:
        address = _address(host.strip("[]"))
        if address is None:
            return host == "localhost" or host.endswith(".localhost") or host in self._names
        return address.is_loopback or self._any_address or address in self._addresses


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
