"""The relying party: the domain that passkeys are bound to. It cannot change while there are any, or may be soon."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.errors import fail
from chalicelib.models import Project
from chalicelib.runtime import clock
from chalicelib.storage import dynamo, keys, switches
from chalicelib.storage.items import record
from chalicelib.units import MINUTE_MS

AHEAD = 10 * MINUTE_MS
"""For how long the project notes that passkeys may be on their way: one write for all that begin meanwhile. Longer than
one waits (`passkeys/enrol.py`)."""
LATE = MINUTE_MS
"""After which the index has whatever was made."""


def required(project: Project) -> str:
    """The RP ID. 501 `user_auth_method_unsupported` where there is none."""
    if not project.passkey_rp_id:
        raise fail("user_auth_method_unsupported", reason="the project has no RP ID: set the policy `passkey`")
    return project.passkey_rp_id


def hold(project: Project, until: int) -> None:
    """The RP ID stays as it is until then (milliseconds) at least. 503 when it has just changed."""
    if project.passkeys_pending < until:
        held = {"passkeys_pending": clock.now() + AHEAD}
        switches.change(held, only={"passkey_rp_id": project.passkey_rp_id})


def change(policy: Mapping[str, object]) -> Project:
    """Set the project's `passkey_rp_id`. 400 `general_argument_invalid` while passkeys exist or are on their way."""
    (item,) = dynamo.read(keys.PROJECT)
    project, now = record(Project, item or {}), clock.now()
    if policy["passkey_rp_id"] == project.passkey_rp_id:
        return project
    if project.passkeys_pending + LATE > now or dynamo.has_passkeys(now):
        raise fail(
            "general_argument_invalid",
            "The RP ID cannot change while there are passkeys, or some have just been begun: they would be lost. "
            "Delete them first.",
        )
    return switches.change(policy, only={"passkeys_pending": project.passkeys_pending})
