"""The RP ID before there are passkeys: on the stage of all other requests it is held for them already."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Stack
from tests.faults.aws import faults_of
from tests.faults.scene import Request, Scene
from tests.faults.stage import Stage
from tests.faults.test_every_call import mishaps_of
from tests.routes import TABLE, Act
from tests.support.api import Api
from tests.support.clock import Clock
from tests.support.person import People
from tests.support.tables import Tables, allow_passkeys


class Unheld(Stage):
    """A project that may have passkeys, and somebody who has none."""

    def __init__(self, people: People, tables: Tables, clock: Clock) -> None:
        allow_passkeys(tables, clock)
        self._plain = self._full = self._half = people.new()
        self.values = {"plain": self._plain.id, "full_passkey": ""}
        self.time = clock()


@pytest.fixture
def scene(api: Api, stack: Stack, people: People, tables: Tables, clock: Clock) -> Scene:
    return Scene(api, stack, Unheld(people, tables, clock))


def request_to(method: str, path: str, act: Act) -> Request:
    [route] = [route for route in TABLE if route.place == (method, path)]
    return Request(route, act)


def test_rp_id_is_changed_or_not_whatever_goes_wrong(scene: Scene) -> None:
    change = request_to("PATCH", "/project/policies/passkey", Act("key", 200, {"rpId": "example.com"}))

    mishaps = mishaps_of(scene, change)

    assert not mishaps, "\n".join(mishaps)


def test_no_passkey_is_begun_before_the_rp_id_is_held(scene: Scene) -> None:
    """Only the note may be all that is done, and the same request goes on from there."""
    begin = request_to("POST", "/account/passkeys", Act("plain", 201))
    with scene.set():
        done = scene.run(begin)
    assert _held(done.tables)

    for number, call in enumerate(done.calls):
        for fault in faults_of(call):
            with scene.set():
                run = scene.run(begin, number, fault)
                assert run.answer.status in (201, 503), (call, fault)
                assert run.tables["users"] in (scene.before["users"], done.tables["users"])
                assert run.tables["users"] == scene.before["users"] or _held(run.tables)
                if run.answer.status == 503 and run.tables["users"] == scene.before["users"]:
                    assert scene.run(begin).answer.status == 201, (call, fault)


def _held(tables: dict[str, Any]) -> bool:
    [project] = [item for item in tables["settings"] if "passkey_rp_id" in item]
    return "passkeys_pending" in project
