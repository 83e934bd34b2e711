"""How many mails of a kind may go to one mailbox in an hour, in all and for one client, however it is spelled."""

from __future__ import annotations

from chalicelib.delivery.mail_kinds import GOOGLE, canonical
from chalicelib.runtime import clock, settings
from chalicelib.storage import limits
from chalicelib.storage.limits import Counter
from chalicelib.units import DAY_S
from chalicelib.user_agent import subscriber


def mailbox(address: str) -> str:
    """The mailbox behind an address in its one form: without what stands after a plus, whoever the provider is, and
    without Google's dots.

    For budgets only: who somebody is goes by the address as it is.
    """
    local, _, domain = address.partition("@")
    plain = f"{local.partition('+')[0]}@{domain}"
    return canonical(plain) if domain in GOOGLE.domains else plain


def spend(purpose: str, address: str, known_device: bool = False, client: str = "", proof: bool = False) -> None:
    """Count one mail of a purpose before it is sent, or asked for. 429 when the mailbox had its most.

    What known devices of the mailbox ask for is counted apart, so that strangers cannot use it up; and again apart what
    those ask for that know it by another spelling, with which any stranger may have signed up. `client` is the
    address of who asks, where that has a limit of its own: 429 when it had its most for the mailbox, and what is
    refused so leaves the mailbox's budget alone. A `proof` is a code that makes the very address the user's: those have
    a budget of the day, as whoever guesses may do so with one new account, or spelling, after another.
    """
    config = settings.config()
    if config.rate_limits:
        box = mailbox(address)
        known = ("-known" if address == box else "-known-otherwise") if known_device else ""
        bucket = f"mail|{purpose}{known}|email:{box}"
        hour, what = limits.hour_end(), f"mails of the kind {purpose} to one mailbox"
        counters = [Counter(bucket, hour, config.mails_per_mailbox, f"{what} an hour")]
        if client:
            per_client = f"{bucket}|ip:{subscriber(client)}"
            counters.append(Counter(per_client, hour, config.mails_per_client, f"{what} for one address an hour"))
        if proof:
            day, what = limits.window_end(clock.now() // 1000, DAY_S), "codes that prove one mailbox a day"
            codes = f"mail|{purpose}-codes|email:{box}"
            counters.append(Counter(codes, day, config.proofs_per_day, what))
        limits.count(counters)
