"""When a session is complete, when it ends, how long a challenge is recent, and which session makes room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.factors.registry import required_factors
from chalicelib.models import Session, User
from chalicelib.runtime import container
from chalicelib.runtime.settings import Config
from chalicelib.sessions import policy

NOW = 1_800_000_000_000
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
PLAIN = User(id="ada", created=NOW, updated=NOW, accessed=NOW, generation=7, email="ada@example.test")
PROTECTED = replace(PLAIN, mfa=True, email_verified=True)


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    with container.override("config", Config(stage="test", project="demo")):
        yield


def session(**given: Any) -> Session:
    usual = Session(
        id="s",
        user_id="ada",
        created=NOW,
        updated=NOW,
        expire=NOW + 30 * DAY,
        ttl=0,
        generation=7,
        secret_digest=b"",
        provider="email",
        factors=["password"],
    )
    return replace(usual, **given)


@pytest.mark.parametrize(
    ("user", "required"),
    [
        (PLAIN, 1),
        (replace(PLAIN, email_verified=True), 1),
        (replace(PLAIN, mfa=True), 1),
        (PROTECTED, 2),
        (replace(PLAIN, mfa=True, phone="+4915112345678"), 1),
        (replace(PLAIN, mfa=True, phone="+4915112345678", phone_verified=True), 2),
        (replace(PLAIN, mfa=True, authenticators={"totp": {"verified": False}}), 1),
        (replace(PLAIN, mfa=True, authenticators={"totp": {"verified": True}}), 2),
        (replace(PLAIN, mfa=True, recovery_codes=frozenset({"abc"})), 1),
    ],
)
def test_second_factor_is_required_when_mfa_is_on_and_a_factor_verified(user: User, required: int) -> None:
    assert required_factors(user) == required
    assert policy.is_complete(session(), user) == (required == 1)
    assert policy.is_complete(session(factors=["password", "totp"]), user)


@pytest.mark.parametrize(
    ("given", "user", "now", "alive"),
    [
        ({}, PLAIN, NOW, True),
        ({}, PLAIN, NOW + 30 * DAY - 1, True),
        ({}, PLAIN, NOW + 30 * DAY, False),
        ({"generation": 6}, PLAIN, NOW, False),
        ({"generation": 8}, PLAIN, NOW, False),
        ({}, PROTECTED, NOW + 15 * MINUTE - 1, True),
        ({}, PROTECTED, NOW + 15 * MINUTE, False),
        ({"factors": ["password", "email"]}, PROTECTED, NOW + 15 * MINUTE, True),
        ({"updated": NOW + 14 * MINUTE, "expire": NOW + 60 * DAY}, PROTECTED, NOW + 15 * MINUTE, False),
    ],
)
def test_session_lives_in_its_generation_until_it_expires(
    given: dict[str, Any], user: User, now: int, alive: bool
) -> None:
    assert policy.is_alive(session(**given), user, now) is alive


@pytest.mark.parametrize(
    ("mfa_updated", "recent"),
    [(0, False), (NOW - 5 * MINUTE - 1, False), (NOW - 5 * MINUTE, True), (NOW, True)],
)
def test_challenge_is_recent_for_five_minutes(mfa_updated: int, recent: bool) -> None:
    assert policy.is_recent(session(mfa_updated=mfa_updated), NOW) is recent


def test_session_that_starts_now_ends_in_thirty_days() -> None:
    assert policy.expiry(NOW) == NOW + 30 * DAY


def roster(complete: int, half: int) -> dict[str, int]:
    """Session ids by age: the complete ones c0, c1 ... are older than the half ones."""
    return {f"c{number}": 2 for number in range(complete)} | {f"h{number}": 1 for number in range(half)}


@pytest.mark.parametrize(
    ("complete", "half", "factors", "evicted"),
    [
        (0, 0, 1, []),
        (9, 4, 1, []),
        (9, 4, 2, []),
        (10, 4, 1, []),
        (10, 5, 1, ["h0"]),
        (9, 5, 2, []),
        (10, 5, 2, ["c0"]),
        (10, 7, 1, ["h0", "h1", "h2"]),
        (10, 0, 3, ["c0"]),
    ],
)
def test_oldest_of_the_same_kind_makes_room(complete: int, half: int, factors: int, evicted: list[str]) -> None:
    user = replace(PROTECTED, sessions=roster(complete, half))

    assert policy.evictions(user, factors) == evicted


def test_without_mfa_all_sessions_are_complete_and_share_one_cap() -> None:
    user = replace(PLAIN, sessions=roster(5, 4))
    assert policy.evictions(user, 1) == []

    user = replace(PLAIN, sessions=roster(5, 6))
    assert policy.evictions(user, 1) == ["c0", "c1"]
