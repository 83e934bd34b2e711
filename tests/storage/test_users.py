"""A proof that was spent stays spent when the next one cannot be sent."""

from __future__ import annotations

import pytest

from chalicelib.accounts import verify
from chalicelib.audit.acts import Actor
from chalicelib.errors import ApiError
from chalicelib.runtime import container
from chalicelib.storage import users
from chalicelib.user_agent import Client
from tests.support.api import assert_refused
from tests.support.faults import Faulty, refusal_of_aws
from tests.support.person import RETURN_URL, Person


def test_spent_proof_does_not_come_back_when_the_next_cannot_be_sent(person: Person) -> None:
    """The request that sends the next has read the user before the proof is spent."""
    person.post("/account/verifications/email", {"url": RETURN_URL})
    proof = {"userId": person.id, "secret": person.mailed_secret()}
    person.clock.advance(minutes=1)
    as_read = users.find(person.id)
    assert as_read is not None
    assert person.api.put("/account/verifications/email", proof).status == 200

    with container.override("sesv2", Faulty(refusal_of_aws("TooManyRequestsException"))), pytest.raises(ApiError):
        verify.send_email_link(Actor(Client("192.0.2.1")), as_read, RETURN_URL)

    assert_refused(person.api.put("/account/verifications/email", proof), 401, "user_invalid_token")
