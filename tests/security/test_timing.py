"""Who has an account cannot be told by the time that an answer takes (CWE-208).

Time is what a request does. What it asks of AWS and how often it hashes is compared to the letter. The rest is the
processor's time of the thread that answers, in interleaved samples: it knows nothing of other work on the machine.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any, NamedTuple

import pytest
from argon2 import PasswordHasher

from chalicelib.runtime import container, settings
from chalicelib.storage import users
from tests.conftest import Stack
from tests.faults.aws import Observed, observing
from tests.support.api import KEY
from tests.support.events import invoke
from tests.support.person import PASSWORD, RETURN_URL, People, Person

MEMORY_KIB, ITERATIONS = 19456, 2
"""What hashes cost in earnest, so that one more or less is most of the time."""
WRONG = "000000"
NOBODY = "nobody"


class Request(NamedTuple):
    method: str
    path: str
    body: dict[str, str]
    session: str = ""

    def send(self) -> dict[str, Any]:
        """The answer of the app itself, in this thread."""
        headers = {"x-appwrite-project": "demo", "content-type": "application/json"}
        if self.session:
            headers["x-appwrite-session"] = self.session
        return invoke(self.method, self.path, json.dumps(self.body), **headers)


class Cast(NamedTuple):
    """`owner` has every open proof of an address and a challenge; `bare` has no password, `imported` one that another
    system hashed by MD5; `other` is signed in."""

    owner: Person
    bare: str
    other: Person
    challenge: str
    imported: str


Pair = tuple[Request, Request]
"""Of somebody who is known, and of nobody."""


def proof(method: str, path: str, **more: str) -> Callable[[Cast], Pair]:
    """A wrong secret for a user with an open proof of that kind, and for no user at all."""

    def pair(cast: Cast) -> Pair:
        known = {"userId": cast.owner.id, "secret": WRONG, **more}
        return Request(method, path, known), Request(method, path, {**known, "userId": NOBODY})

    return pair


def address(path: str, of: Callable[[Cast], str], **more: str) -> Callable[[Cast], Pair]:
    """A known and an unknown address, with the same of all that goes with it."""

    def pair(cast: Cast) -> Pair:
        known = {"email": of(cast), **more}
        return Request("POST", path, known), Request("POST", path, {**known, "email": f"{NOBODY}@example.test"})

    return pair


def challenge(otp: str) -> Callable[[Cast], Pair]:
    """The challenge of somebody else, and one that is not there."""

    def pair(cast: Cast) -> Pair:
        known = {"challengeId": cast.challenge, "otp": otp}
        path, session = "/account/mfa/challenges", cast.other.session
        return Request("PUT", path, known, session), Request("PUT", path, {**known, "challengeId": "none"}, session)

    return pair


PAIRS: dict[str, Callable[[Cast], Pair]] = {
    "sign-in": address("/account/sessions/email", lambda cast: cast.owner.email, password="wrong password"),
    "sign-in without password": address("/account/sessions/email", lambda cast: cast.bare, password=PASSWORD),
    "sign-in, password in two forms": address(
        "/account/sessions/email", lambda cast: cast.owner.email, password="e\u0301" * 8
    ),
    "sign-in without password, in two forms": address(
        "/account/sessions/email", lambda cast: cast.bare, password="e\u0301" * 8
    ),
    "sign-in with a fast hash": address(
        "/account/sessions/email", lambda cast: cast.imported, password="wrong password"
    ),
    "sign-in with a fast hash, password in two forms": address(
        "/account/sessions/email", lambda cast: cast.imported, password="e\u0301" * 8
    ),
    "recovery": address("/account/recovery", lambda cast: cast.owner.email, url=RETURN_URL),
    "recovery link": proof("PUT", "/account/recovery", password="another password"),
    "verification link": proof("PUT", "/account/verifications/email"),
    "phone code": proof("PUT", "/account/verifications/phone"),
    "sign-in code": proof("POST", "/account/sessions/token"),
    "sign-in code, old path": proof("PUT", "/account/sessions/phone"),
    "sign-in code by mail": address("/account/tokens/email", lambda cast: cast.owner.email, userId="unique()"),
    "challenge": challenge(WRONG),
    "challenge, recovery code": challenge("zzzz-zzzz-zzzz-zzzz"),
}


class Counting(PasswordHasher):
    """Argon2 at its real cost, counted."""

    count = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.count += 1
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:  # noqa: A002  # the base class's name for it
        self.count += 1
        return super().verify(hash, password)


@pytest.fixture
def hasher(people: People) -> Iterator[Counting]:
    """Everybody's hashes are of the real cost; no limit ends the samples."""
    config = replace(settings.config(), argon2_memory_kib=MEMORY_KIB, argon2_iterations=ITERATIONS, rate_limits=False)
    hasher = Counting(time_cost=ITERATIONS, memory_cost=MEMORY_KIB, parallelism=1)
    with container.override("config", config), container.override("argon2", hasher):
        yield hasher


@pytest.fixture
def cast(people: People, hasher: Counting, run_jobs: Callable[[], int]) -> Cast:
    owner, other = people.new(), people.new(authenticator=True)
    owner.set_phone()
    assert owner.post("/account/verifications/email", {"url": RETURN_URL}).status == 201
    assert owner.post("/account/verifications/phone").status == 201
    assert owner.api.post("/account/tokens/phone", {"userId": "unique()", "phone": owner.phone}).status == 201
    assert owner.api.post("/account/recovery", {"email": owner.email, "url": RETURN_URL}).status == 201
    run_jobs()
    bare = {"userId": "unique()", "email": "bare@example.test"}
    assert owner.api.post("/users", bare, key=KEY).status == 201
    imported = {"userId": "unique()", "email": "imported@example.test", "password": "0" * 32}
    assert owner.api.post("/users/md5", imported, key=KEY).status == 201
    return Cast(owner, bare["email"], other, owner.challenge("recoveryCode"), imported["email"])


def work(request: Request, stack: Stack, hasher: Counting, cold: bool) -> tuple[list[str], int]:
    """What a request asks of AWS, and how many hashes it makes; `cold` is a process that has no key yet."""
    before = hasher.count
    with ExitStack() as overrides:
        if cold:
            for name in ("data-keys", "cipher-1", "queue-url", "project"):
                overrides.enter_context(container.override(name, None))
                container._built.pop(name)
        with observing(stack.clients, Observed()) as observed:
            request.send()
    return list(map(str, observed.calls)), hasher.count - before


@pytest.mark.parametrize("name", PAIRS)
def test_nobody_costs_the_same_work_as_somebody(cast: Cast, stack: Stack, hasher: Counting, name: str) -> None:
    known, unknown = PAIRS[name](cast)

    assert work(known, stack, hasher, cold=True) == work(unknown, stack, hasher, cold=True)
    assert work(known, stack, hasher, cold=False) == work(unknown, stack, hasher, cold=False)


def processor_time(action: Callable[[], Any]) -> float:
    start = time.thread_time()
    action()
    return time.thread_time() - start


def medians(actions: list[Callable[[], Any]], rounds: int) -> list[float]:
    """The median time of each, sampled in turns, so that whatever else changes changes for all alike."""
    samples: list[list[float]] = [[] for _ in actions]
    for turn in range(rounds):
        for at in range(len(actions)):
            place = (turn + at) % len(actions)
            samples[place].append(processor_time(actions[place]))
    return list(map(median, samples))


@pytest.mark.parametrize("name", PAIRS)
def test_nobody_takes_the_same_time_as_somebody(cast: Cast, name: str) -> None:
    """Within what the request differs from itself, a tenth, and what it takes to parse a user's record.

    Samples are added before a difference is called one.
    """
    known, unknown = PAIRS[name](cast)
    record, nothing = partial(users.find, cast.owner.id), partial(users.find, NOBODY)
    for rounds in (10, 20, 40, 80):
        one, other, same, with_record, without = medians(
            [known.send, unknown.send, known.send, record, nothing], rounds
        )
        allowed = max(2 * abs(one - same), 0.1 * one) + 1.5 * abs(with_record - without)
        difference = abs(other - (one + same) / 2)
        if difference <= allowed:
            return

    pytest.fail(f"{one * 1000:.2f} ms for somebody, {other * 1000:.2f} ms for nobody, {allowed * 1000:.2f} ms allowed")
