"""Data keys that are made at the same time, or added while two real processes run."""

from __future__ import annotations

from collections.abc import Iterator

import jwt
import pytest

from chalicelib.runtime import settings, threads
from chalicelib.storage import data_key, keys
from infra.local.inbox import Inbox
from tests.conftest import Stack
from tests.races.crowd import Gate, SharedClock
from tests.races.fleet import Fleet
from tests.support.api import Api
from tests.support.clock import Clock
from tests.support.person import People
from tests.support.servers import FAST_HASHES
from tests.support.tables import Tables
from tests.support.tokens import bearer

pytestmark = pytest.mark.race


@pytest.fixture
def two(stack: Stack, shared_clock: SharedClock, gate: Gate) -> Iterator[list[Api]]:
    with Fleet({**stack.aws.environment(), **FAST_HASHES}, shared_clock, gate, count=2) as fleet:
        fleet.configure(settings.config())
        yield [Api(endpoint) for endpoint in fleet.endpoints]


def test_both_keys_are_good_in_both_processes_until_the_newer_one_is_in_force(
    two: list[Api], inbox: Inbox, clock: Clock
) -> None:
    """One process knows the older key when the newer one is added, the other has asked for none yet."""
    warm, fresh = two
    owner = People(warm, inbox, clock).new(email_verified=True, authenticator=True, mfa=True)
    owner.pass_challenge("email")  # so this process knows the first key, and the other one none
    assert data_key.add() == 2
    signed = []

    for minutes in (0, 1, 3, 1, 4, 2, 5, 60):  # and two more each time, for the codes of the authenticator
        clock.advance(minutes=minutes)
        for here, there in ((warm, fresh), (fresh, warm)):
            owner.api = here
            token = owner.jwt()
            signed.append(int(jwt.get_unverified_header(token)["kid"]))
            assert there.get("/account", headers=bearer(token)).status == 200
            challenge = owner.challenge("email")
            owner.api = there
            assert owner.answer(challenge, owner.mailed_code()).status == 200
            owner.pass_challenge("totp")

    assert signed == [1] * 6 + [2] * 10  # both move on ten minutes after, and none goes back


def test_operators_who_make_the_first_data_key_at_once_make_one(api: Api, tables: Tables) -> None:
    tables.delete(keys.DATA_KEY)

    made = threads.together([data_key.make_first] * 8)

    assert made.count(True) == 1
    assert len(data_key.load()) == len(tables.items("settings")) == 1
