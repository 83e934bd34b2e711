"""The first sign-ins of somebody whose password another system has hashed: the hash is made anew, and all get in."""

from __future__ import annotations

import pytest

from chalicelib.storage import keys
from tests.races.crowd import Configure, Race
from tests.support.api import Api, TeamApi, outcomes
from tests.support.tables import Tables

FEW = 6
CREDENTIALS = {"email": "ada@example.test", "password": "password123"}
IMPORTED = {"userId": "ada", "email": "ada@example.test", "password": "482c811da5d5b4bc6d497ffa98491e38"}

pytestmark = pytest.mark.race


def test_sign_ins_at_the_same_time_all_succeed(
    api: Api, team: TeamApi, tables: Tables, race: Race, configure: Configure
) -> None:
    assert team.post("/users/md5", IMPORTED).status == 201

    answers = race(FEW, lambda _: api.post("/account/sessions/email", CREDENTIALS))

    assert outcomes(answers) == {"success": FEW}
    kept = tables.item(keys.user("ada"))
    assert kept["password"].startswith("$argon2id$")
    assert ("password_scheme" in kept, len(kept["sessions"])) == (False, FEW)
    assert api.post("/account/sessions/email", CREDENTIALS).status == 201
