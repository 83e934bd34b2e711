"""JWTs: what ours say, how long they are good, and that no other token is taken for one of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import jwt
import pytest

from chalicelib.errors import ApiError
from chalicelib.runtime import container
from chalicelib.security import encryption, web_tokens
from chalicelib.security.web_tokens import Claims
from chalicelib.storage.data_key import SPREAD, DataKey, Keyring
from tests.support.tokens import data_keys, signed_jwt

NOW = 1_800_000_000
ADA = Claims("ada", "session", 7)
CLAIMS = {"userId": "ada", "sessionId": "session", "generation": 7, "exp": NOW + 60}


@pytest.fixture(autouse=True)
def deployment() -> Iterator[None]:
    with container.override("data-keys", data_keys(b"k" * 32)), container.override("clock", lambda: float(NOW)):
        yield


def signed(**changes: Any) -> str:
    """A token with our signature and these claims; None leaves one out."""
    claims = {**CLAIMS, **changes}
    present = {name: value for name, value in claims.items() if value is not None}
    return signed_jwt(present, encryption.derived_key("jwt", 1))


def refused(token: str) -> bool:
    with pytest.raises(ApiError) as caught:
        web_tokens.read(token)
    return (caught.value.status, caught.value.type) == (401, "user_jwt_invalid")


@pytest.mark.parametrize("claims", [ADA, Claims("ada", "", 7), Claims("a" * 36, "0" * 20, 2**48)])
def test_token_says_what_was_put_into_it(claims: Claims) -> None:
    assert web_tokens.read(web_tokens.issue(claims, 60)) == claims


def test_claims_are_upstreams_and_the_generation_and_the_expiry_is_a_whole_second() -> None:
    with container.override("clock", lambda: NOW + 0.75):
        token = web_tokens.issue(ADA, 60)

    content = jwt.decode(token, options={"verify_signature": False})
    assert content == CLAIMS
    assert type(content["exp"]) is int


def test_algorithm_is_hs256_and_the_key_is_its_own() -> None:
    token = web_tokens.issue(ADA, 60)

    assert jwt.get_unverified_header(token) == {"alg": "HS256", "kid": "1", "typ": "JWT"}
    assert jwt.decode(token, encryption.derived_key("jwt", 1), ["HS256"], options={"verify_exp": False})
    assert encryption.derived_key("jwt", 1) not in (
        encryption.derived_key("codes", 1),
        encryption.derived_key("secrets", 1),
        b"k" * 32,
    )


@pytest.mark.parametrize(("seconds", "alive"), [(0, True), (59.999, True), (60, False), (61, False), (-3600, True)])
def test_expiry_is_judged_by_our_clock(seconds: float, alive: bool) -> None:
    token = web_tokens.issue(ADA, 60)

    with container.override("clock", lambda: NOW + seconds):
        assert web_tokens.read(token) == ADA if alive else refused(token)


@pytest.mark.parametrize("now", [1_000_000_000, 4_000_000_000])
def test_clock_of_the_machine_does_not_matter(now: int) -> None:
    with container.override("clock", lambda: float(now)):
        assert web_tokens.read(web_tokens.issue(ADA, 60)) == ADA
        assert refused(web_tokens.issue(ADA, -1))


def test_token_for_no_time_is_expired_at_once() -> None:
    assert refused(web_tokens.issue(ADA, 0))


@pytest.mark.parametrize("missing", ["userId", "sessionId", "generation", "exp"])
def test_every_claim_is_needed(missing: str) -> None:
    assert web_tokens.read(signed()) == ADA
    assert refused(signed(**{missing: None}))


@pytest.mark.parametrize(
    "claims", [{"exp": "soon"}, {"exp": []}, {"exp": str(NOW)}, {"exp": -1}, {"generation": "x"}, {"generation": {}}]
)
def test_claim_of_another_kind_is_refused(claims: dict[str, Any]) -> None:
    assert refused(signed(**claims))


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "..", "\u00e9.\u00e9.\u00e9", "e30.e30.", "W10.W10.W10", "x" * 9000]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    assert refused(token)


@pytest.mark.parametrize(
    ("algorithm", "digest"), [("none", "sha256"), ("HS384", "sha384"), ("HS512", "sha512"), ("RS256", "sha256")]
)
def test_algorithm_is_never_the_tokens_choice(algorithm: str, digest: str) -> None:
    key = encryption.derived_key("jwt", 1)

    assert web_tokens.read(signed_jwt(CLAIMS, key)) == ADA
    assert refused(signed_jwt(CLAIMS, key, digest, alg=algorithm))


@pytest.mark.parametrize("claims", [[], "text", 1, None, {}])
def test_payload_of_another_kind_is_refused(claims: Any) -> None:
    assert refused(signed_jwt(claims, encryption.derived_key("jwt", 1)))


def test_critical_extension_is_refused() -> None:
    """RFC 7515 4.1.11: what must be understood and is not makes the token invalid."""
    assert refused(signed_jwt(CLAIMS, encryption.derived_key("jwt", 1), crit=["exp"]))


def known(*plain: bytes) -> AbstractContextManager[Any]:
    """A deployment whose last data key has just come into force, and has just been read."""
    keys = [DataKey(each, NOW * 1000 - SPREAD) for each in plain]
    return container.override("data-keys", Keyring(keys, NOW * 1000))


def test_token_from_before_keys_had_numbers_is_of_the_first() -> None:
    with known(b"k" * 32, b"l" * 32):
        assert web_tokens.read(signed_jwt(CLAIMS, encryption.derived_key("jwt", 1))) == ADA
        assert refused(signed_jwt(CLAIMS, encryption.derived_key("jwt", 2)))


KIDS = ["", "0", "2", "01", " 1", "1 ", "+1", "-1", "1000", "x", "\uff11", 1, True, None, ["1"]]


@pytest.mark.parametrize("kid", KIDS)
def test_key_is_named_by_its_number_and_nothing_else(kid: Any) -> None:
    with known(b"k" * 32):
        key = encryption.derived_key("jwt", 1)

        assert web_tokens.read(signed_jwt(CLAIMS, key, kid="1")) == ADA
        assert refused(signed_jwt(CLAIMS, key, kid=kid))


def test_newest_key_signs() -> None:
    with known(b"k" * 32, b"l" * 32):
        token = web_tokens.issue(ADA, 60)

        assert jwt.get_unverified_header(token)["kid"] == "2"
        assert jwt.decode(token, encryption.derived_key("jwt", 2), ["HS256"], options={"verify_exp": False}) == CLAIMS
        assert web_tokens.read(token) == ADA
