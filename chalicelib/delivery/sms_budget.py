"""How many SMS may go to whom, and a circuit breaker per country.

Against SMS pumping (AWS: artificially inflated traffic): who pumps has codes sent that nobody types. People type most
of theirs. Where so few of the codes of this hour and the last come back, the country is paused until those are over.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import partial

from chalicelib import metrics, services
from chalicelib.errors import ApiError, fail
from chalicelib.storage import dynamo, limits
from chalicelib.storage.limits import HOUR, Counter, Full

log = logging.getLogger("chalicelib")
DAY = 24 * HOUR
UNKNOWN = "--"
UNBOUNDED = 10**9


def is_served(country: str) -> bool:
    """Whether SMS go to numbers of that country; with no list (only the local server has none) to all."""
    served = services.config().sms_countries
    return not served or country.lower() in served


def spend(user_id: str, number: str, country: str) -> None:
    """Count one SMS before it is sent. A refused one is not counted.

    503 `general_phone_disabled` for a country that is not served, or is paused (with retry_after); 429
    `general_rate_limit_exceeded` when user, number or deployment had their most.
    """
    if not is_served(country):
        raise fail("general_phone_disabled", "This deployment sends no SMS to the country of this number.")
    config, second = services.config(), services.now() // 1000
    if not config.rate_limits:
        return
    hour = limits.window_end(second, HOUR)
    counters = [
        Counter(f"sms|user:{user_id}", hour, config.sms_per_user),
        Counter(f"sms|number:{number}", hour, config.sms_per_number),
        Counter("sms|all", limits.window_end(second, DAY), config.sms_per_day),
        _counter("sent", country, hour),
    ]
    counted, others = services.together([partial(limits.count, counters), partial(_others, country, hour)])
    if isinstance(counted, Full) and counted.counter.bucket == "sms|all":
        log.error("sms: the ceiling of the day is reached")
        metrics.count("SmsPaused", Country="all")
    if isinstance(counted, Exception):
        raise counted
    try:
        if isinstance(others, Exception):
            raise others
        _require_trust(country, second, counted[-1] - 1, *others)
    except Exception:
        limits.give_back(counters)
        raise


def note_verified(country: str) -> None:
    """Count a code that came back. Never fails: what it proved is granted already."""
    if services.config().rate_limits:
        with suppress(ApiError):
            limits.count([_counter("verified", country, limits.hour_end())])


def _others(country: str, hour: int) -> list[int]:
    """What was sent to a country in the hour before, and what was verified in this one and in that."""
    kinds = [("sent", hour - HOUR), ("verified", hour), ("verified", hour - HOUR)]
    items = dynamo.read(*(_counter(kind, country, end).key for kind, end in kinds))
    return [item["used"] if item else 0 for item in items]


def _require_trust(country: str, second: int, sent: int, sent_before: int, verified: int, verified_before: int) -> None:
    """503 with retry_after while too few of the codes of a country come back. `sent` is without the present one."""
    config, hour = services.config(), limits.window_end(second, HOUR)
    total, returned = sent + sent_before, verified + verified_before
    if total < config.sms_breaker_sample or returned * 100 >= total * config.sms_breaker_percent:
        return
    log.error("sms: paused for the country %s", country or UNKNOWN)
    metrics.count("SmsPaused", Country=country or UNKNOWN)
    end = hour + HOUR if sent >= config.sms_breaker_sample else hour
    raise fail("general_phone_disabled", "SMS to this country are paused.", retry_after=end - second)


def _counter(kind: str, country: str, hour: int) -> Counter:
    """What was `sent` to a country in the hour that ends then, and what of it was `verified`."""
    return Counter(f"sms|{kind}|{country or UNKNOWN}", hour, UNBOUNDED)
