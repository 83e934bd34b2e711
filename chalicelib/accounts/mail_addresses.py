"""Which kinds of e-mail addresses the project lets users have."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.delivery.mail_kinds import Kind, kind_of
from chalicelib.errors import fail
from chalicelib.storage import switches

POLICIES: dict[str, tuple[str, Callable[[Kind], bool]]] = {
    "deny_disposable_email": ("user_email_disposable", lambda kind: kind.is_disposable),
    "deny_aliased_email": ("user_email_not_canonical", lambda kind: not kind.is_canonical),
    "deny_free_email": ("user_email_free", lambda kind: kind.is_free),
    "deny_corporate_email": ("user_email_not_corporate", lambda kind: not kind.is_corporate),
}
"""By the project's switch: the type of the error, and which addresses it is about. Appwrite's names: the last one lets
organizations alone in."""
REFUSALS = tuple(type_ for type_, _ in POLICIES.values())


def require_allowed(address: str) -> None:
    """400, of a type of REFUSALS, for an address that a policy of the project denies."""
    project = switches.current()
    for switch, (type_, is_denied) in POLICIES.items():
        if getattr(project, switch) and is_denied(kind_of(address)):
            raise fail(type_, reason=f"the project's policy {name_of(switch)}")


def name_of(switch: str) -> str:
    """What the API calls the policy of a switch."""
    return switch.replace("_", "-")
