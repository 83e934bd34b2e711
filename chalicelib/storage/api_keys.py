"""The team's API keys, in the settings table. What is kept of a key is a hash."""

from __future__ import annotations

from chalicelib.models import ApiKey
from chalicelib.runtime import clock, container
from chalicelib.storage import dynamo, keys
from chalicelib.storage.items import attributes, record
from chalicelib.storage.writes import Delete, Put

FRESH = 5_000


def find(key_id: str) -> ApiKey | None:
    """The key of that id. A process may go on for FRESH milliseconds with what it has read."""
    now, known = clock.now(), _known()
    key, read_at = known.get(key_id, (None, 0))
    if key is None or now - read_at >= FRESH:
        (item,) = dynamo.read(keys.api_key(key_id))
        known.pop(key_id, None)
        if item is None:
            return None
        key = record(ApiKey, {**item, "id": key_id})
        known[key_id] = (key, now)
    return key


def keep(key: ApiKey) -> None:
    dynamo.commit(Put(keys.api_key(key.id), attributes(key)).when_absent("id"))


def revoke(key_id: str) -> None:
    """KeyError when there is no such key."""
    dynamo.commit(Delete(keys.api_key(key_id), KeyError(key_id)).when_present("id"))
    _known().pop(key_id, None)


def _known() -> dict[str, tuple[ApiKey, int]]:
    known: dict[str, tuple[ApiKey, int]] = container.get("api-keys", dict)
    return known
