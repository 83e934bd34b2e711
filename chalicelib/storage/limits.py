"""Counters of requests in fixed windows aligned to the epoch."""

from __future__ import annotations

from chalicelib.errors import fail
from chalicelib.storage import dynamo, keys
from chalicelib.storage.writes import Delete, Update


def count(bucket: str, window_end: int, most: int) -> int:
    """Count one request and say how many the bucket has had, this one included.

    `window_end` is in epoch seconds. 429 when it has had `most`; a refused request is not counted.
    """
    refusal = fail("general_rate_limit_exceeded")
    update = Update(_key(bucket, window_end), refusal).when_absent_or("used", "<", most)
    return int(dynamo.update(update.add("used", 1).set("ttl", window_end))["used"])


def clear(bucket: str, window_end: int) -> None:
    dynamo.commit(Delete(_key(bucket, window_end)))


def _key(bucket: str, window_end: int) -> keys.Key:
    return keys.limit(f"{bucket}|{window_end}")
