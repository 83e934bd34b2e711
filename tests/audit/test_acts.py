"""An act as it is logged and told. How routes log and tell: tests/api/test_logs.py, test_notices.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.audit.acts import NOTICES, Actor, Kind
from chalicelib.audit.notices import TO_OLD
from chalicelib.models import User
from chalicelib.runtime import container
from chalicelib.runtime.settings import Config
from chalicelib.storage import keys
from chalicelib.storage.items import unmarshal_item
from chalicelib.user_agent import Client

NOW = 1_800_000_000
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0"
ANN = User(id="ann", created=1, updated=1, accessed=1, generation=1, name="Ann", email="ann@example.test")
BROWSER = Client("192.0.2.1", CHROME, "DE")


class Queue:
    """SQS, and what was put into it."""

    def __init__(self) -> None:
        self.jobs: list[dict[str, Any]] = []

    def get_queue_url(self, **_: Any) -> dict[str, str]:
        return {"QueueUrl": "https://sqs.example/queue"}

    def send_message(self, *, MessageBody: str, **_: Any) -> None:  # noqa: N803
        self.jobs.append(json.loads(MessageBody))


@pytest.fixture(autouse=True)
def queue() -> Iterator[Queue]:
    container.reset()
    with (
        container.override("config", Config(stage="test", project="demo", event_days=7)),
        container.override("clock", lambda: float(NOW)),
        container.override("sqs", Queue()) as queue,
    ):
        yield queue
    container.reset()


def logged(actor: Actor, kind: Kind = Kind.MFA_ON) -> dict[str, Any]:
    """The attributes of the log entry."""
    return unmarshal_item(actor.does(kind, ANN).entry.request()["Item"])


def test_entry_says_who_what_when_and_where() -> None:
    entry = logged(Actor(BROWSER, "de", admin=True))

    assert entry == {
        "id": entry["id"],
        "user_id": "ann",
        "name": "user.update.mfa.on",
        "created": NOW * 1000,
        "ttl": NOW + 7 * 86_400,
        "admin": True,
        "ip": "192.0.2.1",
        "user_agent": CHROME,
        "country": "DE",
    }


def test_user_is_no_team_and_a_long_user_agent_is_cut() -> None:
    entry = logged(Actor(Client("192.0.2.1", "x" * 300)))

    assert "admin" not in entry
    assert entry["user_agent"] == "x" * 256


def test_time_of_an_act_is_when_it_began_and_its_entry_can_be_taken_back() -> None:
    act = Actor(BROWSER).does(Kind.MFA_ON, ANN)
    with container.override("clock", lambda: NOW + 5.0):
        entry = unmarshal_item(act.entry.request()["Item"])

    assert entry["created"] == NOW * 1000
    assert act.entry.key == act.withdrawal.key == keys.event("ann", entry["id"])


def test_acts_of_one_moment_have_entries_of_their_own() -> None:
    assert len({logged(Actor(BROWSER))["id"] for _ in range(50)}) == 50


@pytest.mark.parametrize("kind", Kind)
def test_owner_is_told_of_the_acts_that_have_a_notice(queue: Queue, kind: Kind) -> None:
    Actor(BROWSER, "de").does(kind, ANN).notify()

    told = [TO_OLD.get(NOTICES[kind], NOTICES[kind])] if kind in NOTICES else []
    assert [job["notice"] for job in queue.jobs] == told


def test_job_has_all_that_the_notice_says(queue: Queue) -> None:
    Actor(BROWSER, "de").does(Kind.RECOVERY_CODE_USED, ANN).notify(left=3)

    assert queue.jobs == [
        {
            "job": "notice",
            "notice": "code_used",
            "user_id": "ann",
            "name": "Ann",
            "locale": "de",
            "left": 3,
            "at": NOW * 1000,
            "address": "192.0.2.1",
            "from_country": "DE",
            "device": "Chrome, Windows",
            "channel": "email",
            "to": "ann@example.test",
            "proven": False,
            "mailbox": "",
            "country": "",
        }
    ]


def test_new_address_is_told_besides_the_old_one(queue: Queue) -> None:
    Actor(BROWSER).does(Kind.EMAIL_CHANGED, ANN).notify(also="new@example.test")

    told = [(job["to"], job["notice"]) for job in queue.jobs]
    assert told == [("ann@example.test", "email_changed_old"), ("new@example.test", "email_changed")]
    assert {job["left"] for job in queue.jobs} == {0}
