"""A client of DynamoDB and of nothing else: AWS JSON 1.0 over HTTPS, signed, on connections that stay open.

Its methods, parameters, answers and exceptions are those of botocore's client, so that either can take the place of
the other. botocore makes the same bytes by way of models, rules and hooks, which took more than half of the CPU of a
sign-in and of a cold start (`make bench`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import select
import socket
import uuid
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ssl import SSLContext

TRIES = 3
CONNECT_SECONDS = 2
ANSWER_SECONDS = 4
READ = 65536
LONGEST_HEAD = 16384
"""Of an answer, in bytes; DynamoDB's have about 300."""
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([2-5][0-9]{2})(?: [^\r\n\0]*)?")
FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*)")
"""No space before the colon, and no line that continues another (RFC 9112, sections 5.1 and 5.2)."""
LENGTH = re.compile(r"[0-9]{1,8}")
"""One number in ASCII digits. Two lengths are refused even if they agree: DynamoDB never sends two (RFC 9112, 6.3).

100 MB are beyond DynamoDB, whose longest answer has 16 MB of items (BatchGetItem).
"""
PASSING = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionInProgressException",
}
"""The errors after which the same request may succeed, besides all with a status of 500 and more."""


class Credentials(NamedTuple):
    """`token` is empty for credentials that last."""

    key_id: str
    secret: str
    token: str


class DynamoDB:
    """`endpoint` is a URL without a path. `credentials` are asked for at each try, `now` gives the time in milliseconds
    since the epoch, and `back_off` waits before a try of that number, the first being 0.
    """

    def __init__(
        self,
        endpoint: str,
        region: str,
        credentials: Callable[[], Credentials],
        now: Callable[[], int],
        back_off: Callable[[int], None],
    ) -> None:
        self._endpoint, self._region, self._credentials = endpoint, region, credentials
        self._now, self._back_off = now, back_off
        self._address = urlsplit(endpoint)
        self._tls: SSLContext | None = None
        self._idle: list[_Connection] = []

    def batch_get_item(self, **parameters: Any) -> dict[str, Any]:
        return self._call("BatchGetItem", parameters)

    def query(self, **parameters: Any) -> dict[str, Any]:
        return self._call("Query", parameters)

    def put_item(self, **parameters: Any) -> dict[str, Any]:
        return self._call("PutItem", parameters)

    def update_item(self, **parameters: Any) -> dict[str, Any]:
        return self._call("UpdateItem", parameters)

    def delete_item(self, **parameters: Any) -> dict[str, Any]:
        return self._call("DeleteItem", parameters)

    def transact_write_items(self, **parameters: Any) -> dict[str, Any]:
        """All tries carry one token, no secret, by which DynamoDB knows them for one transaction."""
        return self._call("TransactWriteItems", {"ClientRequestToken": str(uuid.uuid4()), **parameters})

    def close(self) -> None:
        """Close the connections that are not in use."""
        with suppress(IndexError):  # by the end, or because another thread was faster
            while True:
                self._idle.pop().close()

    def _call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Raises botocore's ClientError when DynamoDB says no, a BotoCoreError when it says nothing."""
        body = _encode(parameters).encode()
        for attempt in range(TRIES):
            self._back_off(attempt)
            answer = self._try(operation, body)
            if answer.status == 200:
                return answer.content
            if not answer.passing:
                break
        raise answer.exception(operation, self._endpoint)

    def _try(self, operation: str, body: bytes) -> _Answer:
        request = _request(self._signed(operation, body, self._credentials()), body)
        connection = None
        try:
            connection = self._connection()
            status, content = connection.exchange(request)
            answer = _Answer(status, _content(content))
        except (OSError, ValueError, RecursionError) as cause:  # the latter two: no HTTP or no JSON, so not DynamoDB's
            if connection:
                connection.close()
            self.close()  # what broke one may have broken all: Lambda was frozen, or DynamoDB has closed them
            return _Answer(0, {}, cause)
        if connection.open:
            self._idle.append(connection)
        return answer

    def _connection(self) -> _Connection:
        with suppress(IndexError):
            while True:
                connection = self._idle.pop()
                if connection.silent():
                    return connection
                connection.close()
        host, port = self._address.hostname, self._address.port
        if self._address.scheme == "https":
            return _Connection(str(host), port or 443, self._context())
        return _Connection(str(host), port or 80)

    def _context(self) -> SSLContext:
        import ssl

        self._tls = self._tls or ssl.create_default_context()
        return self._tls

    def _signed(self, operation: str, body: bytes, credentials: Credentials) -> dict[str, str]:
        """The headers of a request, with AWS's Signature Version 4 ("Create a signed AWS API request", IAM guide)."""
        time = f"{datetime.fromtimestamp(self._now() / 1000, timezone.utc):%Y%m%dT%H%M%SZ}"
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "host": self._address.netloc,
            "x-amz-date": time,
            "x-amz-security-token": credentials.token,
            "x-amz-target": f"DynamoDB_20120810.{operation}",
        }
        if not credentials.token:
            del headers["x-amz-security-token"]
        names = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = (time[:8], self._region, "dynamodb", "aws4_request")
        key = f"AWS4{credentials.secret}".encode()
        for part in scope:
            key = hmac.digest(key, part.encode(), "sha256")
        place = "/".join(scope)
        text = f"AWS4-HMAC-SHA256\n{time}\n{place}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={credentials.key_id}/{place}, SignedHeaders={names}, Signature={signature}"
        )
        return headers


class _Connection:
    """HTTP/1.1 as DynamoDB speaks it: every answer has a body of a declared length.

    What could be read in two ways is refused, so that no answer is ever taken for that of another request (RFC 9112,
    section 11.1). http.client is laxer, and reads headers with the parser for mails, which takes a fifth of the CPU of
    a sign-in.
    """

    def __init__(self, host: str, port: int, tls: SSLContext | None = None) -> None:
        self.open = True
        self._socket = socket.create_connection((host, port), CONNECT_SECONDS)
        if tls:
            self._socket = tls.wrap_socket(self._socket, server_hostname=host)
        self._socket.settimeout(ANSWER_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._events = select.poll()
        self._events.register(self._socket, select.POLLIN)

    def exchange(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. OSError when there is none, ValueError when it is of another kind."""
        self._socket.sendall(request)
        data = bytearray()
        while (end := data.find(b"\r\n\r\n")) < 0:
            if len(data) > LONGEST_HEAD:
                raise ValueError("an answer without end of its headers")
            data += self._receive()
        status, length, headers = _head(bytes(data[:end]))
        rest = data[end + 4 :]
        while len(rest) < length:
            rest += self._receive()
        body = bytes(rest[:length])
        if headers.get("x-amz-crc32", "") not in ("", str(zlib.crc32(body))):  # optional, as botocore has it
            raise ValueError("not the body that was sent")
        if len(rest) > length or "close" in headers.get("connection", "").lower():
            self.close()
        return status, body

    def silent(self) -> bool:
        """Whether nothing has arrived since the last answer, neither the end nor bytes that nobody asked for.

        The socket tells that of encrypted bytes too. No decrypted ones wait elsewhere: a read takes a whole record of
        TLS (16 KB at most, RFC 8446, section 5.1), and `exchange` closes when there is more than the answer.
        """
        return not self._events.poll(0)

    def close(self) -> None:
        self.open = False
        self._socket.close()

    def _receive(self) -> bytes:
        part = self._socket.recv(READ)
        if not part:
            raise ConnectionError("closed in the midst of an answer")
        return part


class _Answer(NamedTuple):
    """`status` is 0 where none arrived, and `cause` says why."""

    status: int
    content: dict[str, Any]
    cause: Exception | None = None

    @property
    def code(self) -> str:
        return str(self.content.get("__type", self.status)).rpartition("#")[2]

    @property
    def passing(self) -> bool:
        return self.status == 0 or self.status >= 500 or self.code in PASSING

    def exception(self, operation: str, endpoint: str) -> Exception:
        """What botocore would raise."""
        from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

        if isinstance(self.cause, TimeoutError):
            return ReadTimeoutError(endpoint_url=endpoint)
        if self.cause:
            return EndpointConnectionError(endpoint_url=endpoint)
        message = self.content.get("message") or self.content.get("Message", "")
        response: Any = {**self.content, "Error": {"Code": self.code, "Message": message}}
        return ClientError(response, operation)


def _request(headers: dict[str, str], body: bytes) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST / HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body


def _head(head: bytes) -> tuple[int, int, dict[str, str]]:
    """Status, length of the body, and headers. A header that comes twice has both values, with a comma between them."""
    first, *lines = head.split(b"\r\n")
    status = STATUS_LINE.fullmatch(first)
    headers: dict[str, str] = {}
    for line in lines:
        field = FIELD_LINE.fullmatch(line)
        if not field:
            raise ValueError("not a header")
        name, value = field[1].decode().lower(), field[2].decode("latin-1").strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    length = LENGTH.fullmatch(headers.get("content-length", ""))
    if not status or not length or "transfer-encoding" in headers:
        raise ValueError("not an answer of DynamoDB")
    return int(status[1]), int(length[0]), headers


def _content(body: bytes) -> dict[str, Any]:
    content = _decode(body.decode())
    if not isinstance(content, dict):
        raise ValueError("not a JSON object")
    return content


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(value: dict[str, Any]) -> dict[str, Any]:
    """An attribute of bytes comes as base64. (An attribute that is named B has a value of its own in braces.)"""
    if isinstance(value.get("B"), str):
        return {"B": base64.b64decode(value["B"])}
    return value


_encode = json.JSONEncoder(separators=(",", ":"), default=_text).encode
_decode = json.JSONDecoder(object_hook=_bytes).decode
