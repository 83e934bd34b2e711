"""RFC 6238 and RFC 4226 vectors, and the window around now."""

from __future__ import annotations

from base64 import b32encode

import pytest

from chalicelib import services
from chalicelib.factors import totp
from tests.support import full_width

RFC_SECRET = b32encode(b"12345678901234567890").decode()

RFC_6238_APPENDIX_B = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}
"""The SHA-1 rows: eight digits there, of which six-digit codes are the last six (RFC 4226 5.3)."""

RFC_4226_APPENDIX_D = [
    "755224",
    "287082",
    "359152",
    "969429",
    "338314",
    "254676",
    "287922",
    "162583",
    "399871",
    "520489",
]


@pytest.mark.parametrize(("seconds", "code"), list(RFC_6238_APPENDIX_B.items()))
def test_rfc_6238_vectors(seconds: int, code: str) -> None:
    assert totp.matching_step(code[-6:], RFC_SECRET, seconds * 1000) == seconds // 30


@pytest.mark.parametrize(("counter", "code"), list(enumerate(RFC_4226_APPENDIX_D)))
def test_rfc_4226_vectors(counter: int, code: str) -> None:
    assert totp.matching_step(code, RFC_SECRET, (counter + 1) * 30_000) == counter


@pytest.mark.parametrize("late", [-2, -1, 0, 1, 2])
@pytest.mark.parametrize("millisecond", [0, 29_999])
def test_codes_count_for_one_step_either_way(late: int, millisecond: int) -> None:
    now = (5 + late) * 30_000 + millisecond

    step = totp.matching_step(RFC_4226_APPENDIX_D[5], RFC_SECRET, now)

    assert step == (5 if abs(late) <= 1 else None)


@pytest.mark.parametrize(
    "otp", ["", "25467", "0254676", " 254676", "254676\n", full_width("254676"), "25_676", "+54676"]
)
def test_only_six_ascii_digits_are_a_code(otp: str) -> None:
    assert totp.matching_step(otp, RFC_SECRET, 5 * 30_000) is None


def test_secret_is_160_random_bits_in_base32() -> None:
    with services.override("random", lambda count: b"12345678901234567890"[:count]):
        assert totp.new_secret() == RFC_SECRET

    assert totp.new_secret() != totp.new_secret()
