"""Reads the body of an HTTP/1.1 request, of a declared length or in chunks, as strictly as a public gateway would."""

from email.message import Message
from io import BufferedIOBase

MAX_BODY = 10 * 1024 * 1024
"""API Gateway's payload limit in bytes."""


class BadBodyError(Exception):
    """The body cannot be read as declared; where it ends is unknown, so the connection has to end with the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def read_body(headers: Message, stream: BufferedIOBase, limit: int = MAX_BODY) -> bytes:
    """The body of a request whose headers have been read. Raises BadBodyError (400, 413) or ConnectionError
    when the client left.
    """
    lengths = {value.strip() for value in headers.get_all("Content-Length", [])}
    encoding = headers.get("Transfer-Encoding", "").strip().lower()
    if encoding:
        if encoding != "chunked" or lengths:  # two lengths: request smuggling (RFC 9112, 6.1)
            raise BadBodyError(400, "Bad Request")
        return _read_chunks(stream, limit)
    if not lengths:
        return b""
    length = lengths.pop()
    if lengths or not (length.isascii() and length.isdigit()):
        raise BadBodyError(400, "Bad Request")
    if len(length) > 18 or int(length) > limit:
        raise BadBodyError(413, "Request Too Long")
    return _read_exactly(stream, int(length))


def _read_exactly(stream: BufferedIOBase, length: int) -> bytes:
    body = stream.read(length)
    if len(body) < length:
        raise ConnectionAbortedError("the client left in the middle of a body")
    return body


def _read_chunks(stream: BufferedIOBase, limit: int) -> bytes:
    """RFC 9112, 7.1; trailers are read and forgotten."""
    body = bytearray()
    while size := _chunk_size(stream.readline(1024)):
        if len(body) + size > limit:
            raise BadBodyError(413, "Request Too Long")
        body += _read_exactly(stream, size)
        if _read_exactly(stream, 2) != b"\r\n":
            raise BadBodyError(400, "Bad Request")
    while stream.readline(1024).strip():
        pass
    return bytes(body)


def _chunk_size(line: bytes) -> int:
    if not line:
        raise ConnectionAbortedError("the client left in the middle of a body")
    digits = line.partition(b";")[0].strip()
    if not (digits.isalnum() and len(digits) <= 16):
        raise BadBodyError(400, "Bad Request")
    try:
        return int(digits, 16)
    except ValueError:
        raise BadBodyError(400, "Bad Request") from None
