"""The QR picture: exactly as large as asked for, and a reader finds the text in it."""

import struct
import zlib

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import qr

OTPAUTH = "otpauth://totp/Demo:ann%40mail.test?issuer=Demo&secret=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

EIGHT_PIXELS = [bytes(255 * (byte >> bit & 1) for bit in range(7, -1, -1)) for byte in range(256)]
"""What a byte of the picture stands for, the first pixel in its highest bit."""


def chunks(png: bytes) -> dict[bytes, bytes]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    found, at = {}, 8
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        data = png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length) == (zlib.crc32(kind + data),)
        found[kind] = data
        at += 12 + length
    return found


def pixels(png: bytes) -> list[bytes]:
    """The rows of the picture, one byte a pixel: 0 black, 255 white."""
    parts = chunks(png)
    assert list(parts) == [b"IHDR", b"IDAT", b"IEND"]
    width, height, *kind = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert kind == [1, 0, 0, 0, 0]
    stride = 1 + (width + 7) // 8
    data = zlib.decompress(parts[b"IDAT"])
    assert len(data) == stride * height
    rows = [data[at : at + stride] for at in range(0, len(data), stride)]
    assert all(row[0] == 0 for row in rows)
    return [b"".join(EIGHT_PIXELS[byte] for byte in row[1:])[:width] for row in rows]


def read(rows: list[bytes]) -> str:
    # A margin of 0 leaves no quiet zone; readers need one, a page has one.
    around = 20
    width = len(rows[0]) + 2 * around
    blank = [b"\xff" * width] * around
    picture = b"".join(blank + [b"\xff" * around + row + b"\xff" * around for row in rows] + blank)
    image = memoryview(picture).cast("B", (len(picture) // width, width))
    only_qr = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)  # by chance there are other codes within
    [found] = zxingcpp.read_barcodes(image, only_qr)
    return found.bytes.decode("utf-8")


@pytest.mark.parametrize("margin", [0, 1, 4, 10])
@pytest.mark.parametrize("size", [1, 2, 20, 21, 22, 40, 64, 99, 128, 200, 255, 400, 512, 777, 1000])
def test_the_picture_is_as_large_as_asked_and_reads(size: int, margin: int) -> None:
    modules = 45  # version 7, which this text needs
    text = OTPAUTH + "&algorithm=SHA1&digits=6&period=30" + "x" * 20

    rows = pixels(qr.qr(text, size, margin))

    side = max(size, modules + 2 * margin)
    assert (len(rows), {len(row) for row in rows}) == (side, {side})
    assert read(rows) == text


@pytest.mark.parametrize("margin", range(11))
@pytest.mark.parametrize("size", [1, 43, 300, 400, 1000])
def test_the_code_is_centred_on_white(size: int, margin: int) -> None:
    rows = pixels(qr.qr("HELLO", size, margin))
    dark = [y for y, row in enumerate(rows) if 0 in row]
    columns = [x for x in range(len(rows)) if any(row[x] == 0 for row in rows)]

    above, below = dark[0], len(rows) - 1 - dark[-1]
    left, right = columns[0], len(rows) - 1 - columns[-1]
    scale = (dark[-1] - dark[0] + 1) // 21
    assert (above, below) == (left, right)
    assert 0 <= below - above <= 1
    assert above >= margin * scale
    assert scale == max(1, size // (21 + 2 * margin))


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "0123456789",
        "HELLO WORLD",
        "Gr\u00fc\u00dfe, \u00e0 bient\u00f4t",
        "\u70b9\u8317 \u6f22\u5b57\u304b\u306a",
        "\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd",
        "\U0001f469\u200d\U0001f4bb \U0001f600",
        "<script>alert(1)</script>\r\n\x00",
    ],
)
def test_any_language_reads(text: str) -> None:
    assert read(pixels(qr.qr(text, 400, 1))) == text


@pytest.mark.parametrize("character", ["1", "A", "a", "\u00e4", "\u6f22", "\U0001f600"])
@pytest.mark.parametrize("size", [400, 1000])
def test_512_characters_fit_and_read(character: str, size: int) -> None:
    rows = pixels(qr.qr(character * 512, size, 1))

    assert len(rows) == size
    assert read(rows) == character * 512


PATTERNS = [
    "\u0555",
    "\u07ff",
    "\u5555",
    "\uaaaa",
    "\uffff",
    "\U0010ffff",
    "\u00e4\u00f6",
    "\x00\uffff",
    "\u9965\ub57b",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_pattern_of_bits_does_not_meet_that_of_the_mask(pattern: str) -> None:
    text = (pattern * 512)[:512]

    assert read(pixels(qr.qr(text, 1, 1))) == text
    assert read(pixels(qr.qr(text, 400, 1))) == text


@given(st.text(st.characters(codec="utf-8", min_codepoint=0x80), min_size=1, max_size=8), st.integers(1, 512))
@settings(max_examples=15)
def test_any_long_text_reads(text: str, length: int) -> None:
    """With and without a mask that was looked for."""
    long = (text * 512)[:length]

    assert read(pixels(qr.qr(long, 400, 1))) == long


def test_half_a_character_is_no_error() -> None:
    assert read(pixels(qr.qr("a\ud800b", 200, 1))) == "a?b"
