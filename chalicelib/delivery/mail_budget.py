"""How many mails of a kind may go to one mailbox in an hour, however its address is spelled."""

from __future__ import annotations

from chalicelib import services
from chalicelib.storage import limits
from chalicelib.storage.limits import Counter

GOOGLE = frozenset({"gmail.com", "googlemail.com"})


def mailbox(address: str) -> str:
    """The mailbox behind an address in canonical form: without what stands after a plus, and Google's dots.

    For budgets only: who somebody is goes by the address as it is.
    """
    local, _, domain = address.partition("@")
    local = local.partition("+")[0]
    if domain in GOOGLE:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def spend(purpose: str, address: str, known_device: bool = False) -> None:
    """Count one mail of a purpose before it is sent, or asked for. 429 when the mailbox had its most.

    What known devices of the mailbox ask for is counted apart, so that strangers cannot use it up.
    """
    config = services.config()
    if config.rate_limits:
        bucket = f"mail|{purpose}{'-known' if known_device else ''}|{mailbox(address)}"
        limits.count([Counter(bucket, limits.hour_end(), config.mails_per_mailbox)])
