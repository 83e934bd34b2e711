"""QR codes as PNG."""

import struct
import zlib
from collections.abc import Iterator

MOST_CHARACTERS = 512
"""Of a text."""
MOST_SCORED = 512
"""Bytes up to which the mask is the one that scores best (ISO/IEC 18004, 7.8.3). segno draws all eight to find it.

For 2048 bytes that took 60 ms of 80. An otpauth URI, which this endpoint is for, has some 150 bytes.
"""
MASK = 3
"""For longer texts. A code tells its mask, so that any is read; this one has a period of three modules, so that no
repeated character makes large areas of one colour.
"""


def qr(text: str, size: int, margin: int) -> bytes:
    """A PNG of `size` x `size` pixels: the QR code of `text`, centred on white, with `margin` modules around.

    Every module is the same whole number of pixels. If `size` has not one pixel for each module, the picture
    is as small as the code and its margin allow, larger than asked for: a smaller one could not be read.
    Any text of up to MOST_CHARACTERS fits.
    """
    import segno

    # UTF-8 without a marker is what phones read. 512 characters are at most 2048 bytes; level L takes 2953
    # (ISO/IEC 18004, table 7) and gives the fewest, so largest, modules; segno raises it where that is free.
    content = text.encode("utf-8", "replace")
    mask = None if len(content) <= MOST_SCORED else MASK
    matrix = segno.make(content.decode(), error="l", boost_error=True, micro=False, encoding="utf-8", mask=mask).matrix
    modules = len(matrix)
    side = max(size, modules + 2 * margin)
    scale = side // (modules + 2 * margin)
    before = (side - modules * scale) // 2
    return _png(side, _rows(matrix, side, scale, before))


def _rows(matrix: tuple[bytearray, ...], side: int, scale: int, before: int) -> Iterator[bytes]:
    blank = _packed("1" * side)
    after = side - before - len(matrix) * scale
    yield from [blank] * before
    for modules in matrix:
        pixels = "".join(("0" if dark else "1") * scale for dark in modules)
        yield from [_packed("1" * before + pixels + "1" * after)] * scale
    yield from [blank] * after


def _packed(pixels: str) -> bytes:
    """One row of a 1-bit picture: filter byte 0, then eight pixels a byte."""
    width = (len(pixels) + 7) // 8
    return b"\0" + int(pixels.ljust(width * 8, "1"), 2).to_bytes(width, "big")


def _png(side: int, rows: Iterator[bytes]) -> bytes:
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)  # depth 1, grey, no interlacing
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
