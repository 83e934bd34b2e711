"""A user's life in short: whatever leaves something in a table."""

from __future__ import annotations

from chalicelib.storage.keys import TABLES
from tests.conftest import Jobs
from tests.support.api import TeamApi
from tests.support.authenticator import TRUE, Bent
from tests.support.person import PASSWORD, RETURN_URL, Person
from tests.support.tables import Tables, allow_passkeys

PREFS = {"hobby": "Beekeeping"}


def live(person: Person, team: TeamApi, run_jobs: Jobs, tables: Tables) -> None:
    """Do whatever leaves something in a table."""
    allow_passkeys(tables, person.clock, factors={"custom": True})
    person.verify_email()
    person.verify_phone()
    person.enrol_authenticator()
    person.create_recovery_codes()
    assert person.switch_mfa(True).status == 200
    person.clock.advance(seconds=60)
    person.pass_challenge()
    person.pass_challenge("recoveryCode")
    live_with_passkeys(person)
    person.patch("/account/prefs", {"prefs": PREFS})
    person.patch("/account/name", {"name": "Ada Lovelace"})
    for wrong in ({"email": person.email, "password": "wrong password"}, {"email": person.email, "password": ""}):
        person.api.post("/account/sessions/email", wrong)
    person.patch("/account/password", {"password": "battery staple", "oldPassword": "wrong password"})
    person.patch("/account/phone", {"phone": person.phone, "password": "wrong password"})
    person.jwt()
    person.patch("/account/sessions/current")
    half = Person(person.api, person.inbox, person.clock, person.id, person.email, phone=person.phone)
    half.sign_in()
    for factor in ("totp", "email", "phone", "custom", "passkey"):
        half.answer(half.challenge(factor), "000000")
    person.clock.advance(seconds=60)
    asked = person.api.post("/account/tokens/phone", {"userId": "unique()", "phone": person.phone})
    assert asked.status == 201
    person.api.post("/account/sessions/token", {"userId": asked.json["userId"], "secret": "000000"})
    person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL})
    run_jobs()
    person.api.put("/account/recovery", {"userId": person.id, "secret": "0", "password": PASSWORD})
    person.clock.advance(seconds=60)
    asked = person.api.post("/account/recovery/otp", {"email": person.email})
    run_jobs()
    wrong_code = {"userId": asked.json["userId"], "secret": "0", "password": PASSWORD}
    assert person.api.put("/account/recovery/otp", wrong_code).status == 401
    person.api.put("/account/verifications/phone", {"userId": person.id, "secret": "000000"})
    person.api.put("/account/verifications/email/otp", {"userId": person.id, "secret": "000000"})
    team.post(f"/users/{person.id}/sessions")
    team.post(f"/users/{person.id}/jwts")
    assert {table for table in TABLES if any(person.id in str(item) for item in tables.items(table))} >= {
        *("users", "sessions", "challenges", "recovery-codes", "events")
    }


def live_with_passkeys(person: Person) -> None:
    """Enrol one, begin another, and sign in with it, rightly and wrongly; the token is not redeemed."""
    passkey = person.enrol_passkey(name="Lovelace's phone")
    person.patch(f"/account/passkeys/{passkey}", {"name": "Lovelace"})
    person.begin_passkey(name="Lovelace")
    for bent in (Bent(signature=bytes(70)), TRUE):
        begun = person.api.post("/account/tokens/passkey").json
        credential = person.authenticator.get(begun["publicKey"], bent)
        person.api.put("/account/tokens/passkey", {"challengeId": begun["$id"], "credential": credential})
