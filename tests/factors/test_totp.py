"""RFC 6238 and RFC 4226 vectors, the window around now, and what an answer spends."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from chalicelib.factors import totp
from chalicelib.factors.factor import Proof, Refusal
from chalicelib.models import Challenge, User
from chalicelib.runtime import container
from chalicelib.storage import keys
from chalicelib.storage.writes import Update
from tests.support.inputs import full_width

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


RFC_6238_OTHERS = {
    ("SHA256", 59): "46119246",
    ("SHA512", 59): "90693936",
    ("SHA1", 1111111109): "07081804",
    ("SHA256", 1111111109): "68084774",
    ("SHA512", 1111111109): "25091201",
    ("SHA256", 20000000000): "77737706",
    ("SHA512", 20000000000): "47863826",
}
"""Rows of appendix B for the other algorithms, whose secrets are as long as their digests (erratum 2866)."""


@pytest.mark.parametrize(("algorithm", "seconds"), RFC_6238_OTHERS)
def test_rfc_6238_vectors_of_eight_digits(algorithm: str, seconds: int) -> None:
    length = {"SHA1": 20, "SHA256": 32, "SHA512": 64}[algorithm]
    secret = b32encode((b"1234567890" * 7)[:length]).decode()
    code, make = RFC_6238_OTHERS[algorithm, seconds], totp.Make(algorithm, 8, 30)

    assert totp.matching_step(code, secret, seconds * 1000, make) == seconds // 30
    assert totp.matching_step(f"{code[:4]} {code[4:]}", secret, seconds * 1000, make) == seconds // 30
    assert totp.matching_step(code[-6:], secret, seconds * 1000, make) is None


@pytest.mark.parametrize("late", [-2, -1, 0, 1, 2])
@pytest.mark.parametrize("period", [15, 60, 120])
def test_drift_is_a_step_of_whatever_length(period: int, late: int) -> None:
    now = (5 + late) * period * 1000

    step = totp.matching_step(RFC_4226_APPENDIX_D[5], RFC_SECRET, now, totp.Make(period=period))

    assert step == (5 if abs(late) <= 1 else None)


@pytest.mark.parametrize("late", [-2, -1, 0, 1, 2])
@pytest.mark.parametrize("millisecond", [0, 29_999])
def test_codes_count_for_one_step_either_way(late: int, millisecond: int) -> None:
    now = (5 + late) * 30_000 + millisecond

    step = totp.matching_step(RFC_4226_APPENDIX_D[5], RFC_SECRET, now)

    assert step == (5 if abs(late) <= 1 else None)


@pytest.mark.parametrize(
    "otp", ["", "25467", "0254676", "25-4676", "254676-", full_width("254676"), "25_676", "+54676"]
)
def test_only_six_ascii_digits_are_a_code(otp: str) -> None:
    assert totp.matching_step(otp, RFC_SECRET, 5 * 30_000) is None


def test_secret_is_160_random_bits_in_base32() -> None:
    with container.override("random", lambda count: b"12345678901234567890"[:count]):
        assert totp.new_secret() == RFC_SECRET

    assert totp.new_secret() != totp.new_secret()


# As a factor

CHALLENGE = Challenge(id="c1", user_id="ann", session_id="s", factor="totp", created=1, expire=2, ttl=1)


@pytest.fixture
def ann(bare: None) -> Iterator[User]:
    """Somebody with a verified authenticator who last used step 3; it is step 5 now."""
    authenticator = {"secret": totp.seal_secret(RFC_SECRET, "ann"), "verified": True, "step": 3}
    with container.override("clock", lambda: 5 * 30.0):
        yield User(id="ann", created=1, updated=1, accessed=1, generation=1, authenticators={"totp": authenticator})


def judged(user: User, otp: str) -> Proof | Refusal:
    return totp.Totp().check(otp, user, CHALLENGE, None)


def changed(user: User, **changes: Any) -> User:
    return replace(user, authenticators={"totp": {**user.authenticators["totp"], **changes}})


@pytest.mark.parametrize("step", [4, 5, 6])
def test_right_code_spends_its_step_of_that_secret(ann: User, step: int) -> None:
    proof = judged(ann, RFC_4226_APPENDIX_D[step])

    assert isinstance(proof, Proof)
    assert proof.writes == ()
    spend = proof.spend(Update(keys.user("ann"))).request()
    expected = Update(keys.user("ann")).when("authenticators.totp.secret", "=", ann.authenticators["totp"]["secret"])
    expected.when("authenticators.totp.verified", "=", True).when("authenticators.totp.step", "<", step)
    assert spend == expected.set("authenticators.totp.step", step).request()


@pytest.mark.parametrize("step", [0, 3, 7])
def test_code_of_a_step_out_of_reach_is_wrong(ann: User, step: int) -> None:
    assert judged(ann, RFC_4226_APPENDIX_D[step]) is Refusal.WRONG


@pytest.mark.parametrize("last", [4, 5, 9])
def test_step_that_is_not_after_the_last_one_is_spent(ann: User, last: int) -> None:
    assert judged(changed(ann, step=last), RFC_4226_APPENDIX_D[4]) is Refusal.SPENT


def test_authenticator_that_is_missing_or_not_verified_answers_nothing(ann: User) -> None:
    for user in (replace(ann, authenticators={}), changed(ann, verified=False)):
        assert totp.Totp().enrolled(user) is False
        assert judged(user, RFC_4226_APPENDIX_D[5]) is Refusal.WRONG
    assert totp.Totp().enrolled(ann) is True


@pytest.mark.parametrize("now", [910_737, 910_738])
def test_code_of_two_steps_counts_as_the_later_one(now: int) -> None:
    """Or the same code would be right again a step later. Of this secret, 910,737 is the first such step."""
    assert totp.matching_step("911617", RFC_SECRET, now * 30_000) == 910_738


def test_secret_is_sealed_for_its_user(ann: User) -> None:
    assert totp.open_secret(ann) == RFC_SECRET
    assert RFC_SECRET.encode() not in ann.authenticators["totp"]["secret"]
    with pytest.raises(InvalidTag):
        totp.open_secret(replace(ann, id="bob"))
