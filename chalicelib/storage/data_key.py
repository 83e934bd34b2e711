"""The deployment's data keys: made by KMS, kept in the settings table in wrapped form only, oldest first.

The operator makes them (`make deploy`, `make data-key`, `make rotate`). The functions may only read them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from chalicelib.errors import fail
from chalicelib.runtime import aws, clock, metrics, settings
from chalicelib.storage import dynamo, keys
from chalicelib.storage.items import Item
from chalicelib.storage.writes import Put, Update
from chalicelib.units import DAY_MS

log = logging.getLogger("chalicelib")
MOST = 255
"""What is sealed has one byte for the number of its key."""

FRESH = 300_000
"""Milliseconds after which a process looks whether there is a newer key."""
AGAIN = 60_000
"""Milliseconds after which it tries once more when that failed."""
SKEW = 300_000
"""Milliseconds that an operator's clock may be off: AWS refuses a request whose signature is older or younger."""
SPREAD = FRESH + SKEW
"""Milliseconds after which every process knows of a key, and from which on it is in force."""


class DataKey(NamedTuple):
    """32 bytes, and when they were made, in milliseconds; 0 where that is not known."""

    plain: bytes
    created: int


@dataclass
class Keyring:
    """The data keys that a process knows, oldest first, and when it last looked for more, in milliseconds."""

    keys: list[DataKey]
    looked: int
    failed: bool = False

    def keep_fresh(self, now: int) -> None:
        """Look again when the last look is too old. When that fails, the process goes on with what it knows."""
        if 0 <= now - self.looked < (AGAIN if self.failed else FRESH):  # below 0: the clock was set back
            return
        try:
            self.look(now)
        except Exception as error:
            log.warning("data keys were not read again: %s", type(error).__name__)

    def look(self, now: int) -> None:
        """Look for keys that are not known yet. 503 when KMS or DynamoDB cannot be reached; what is known stays."""
        self.looked, self.failed = now, True  # at first: of requests at the same time one looks, the others go on
        self.keys = load(self.keys)
        self.failed = False
        self.tell_age(now)

    def sealing(self, now: int) -> int:
        """The number of the newest key in force, which seals and signs, from 1 on."""
        numbered = enumerate(self.keys, 1)
        return max(number for number, key in numbered if number == 1 or key.created + SPREAD <= now)

    def tell_age(self, now: int) -> None:
        """Let the metrics have the age of the key that seals, if it is known."""
        created = self.keys[self.sealing(now) - 1].created
        if created:
            metrics.gauge("DataKeyAgeDays", max(0, now - created) // DAY_MS)


def keyring() -> Keyring:
    """What a process that has just begun knows. Errors as in `load`."""
    now = clock.now()
    ring = Keyring(load(), now)
    ring.tell_age(now)
    return ring


def load(known: Sequence[DataKey] = ()) -> list[DataKey]:
    """All data keys, of which KMS unwraps those that are not among the known ones: keys are only ever added.

    503 when there is none, and when KMS or DynamoDB cannot be reached.
    """
    item = _stored()
    if item is None:
        log.error("there is no data key: make data-key STAGE=%s", settings.config().stage)
        raise fail("general_service_unavailable", retry_after=60, reason="there is no data key: make data-key")
    stored = [
        (item["wrapped"], item.get("created", 0)),
        *((each["wrapped"], each["created"]) for each in item.get("later", [])),
    ]
    return [*known, *(DataKey(_unwrapped(blob), created) for blob, created in stored[len(known) :])]


def make_first() -> bool:
    """Make the first data key, unless there is one. Whether it was made. 503 when KMS or DynamoDB cannot be reached.

    One that does not say when it was made is taken to be made now: its age counts from here on.
    """
    item = _stored()
    if item is not None:
        if "created" not in item:
            dynamo.commit(Update(keys.DATA_KEY).when_present("id").set("created", clock.now()))
        return False
    try:
        first = {"wrapped": _new(), "created": clock.now()}
        dynamo.commit(Put(keys.DATA_KEY, first, refusal=_Taken()).when_absent("id"))
    except _Taken:
        return False
    return True


class _Taken(Exception):
    """Another operator has just made the first data key."""


def add() -> int:
    """Make one more data key, which is in force once every process knows of it (SPREAD). Its number.

    RuntimeError when there is none yet, when somebody else has just added one, or when there are MOST.
    """
    item = _stored()
    if item is None:
        raise RuntimeError("There is no data key yet: make data-key makes the first.")
    later = item.get("later", [])
    if len(later) + 1 >= MOST:
        raise RuntimeError(f"There are {MOST} data keys; more cannot be told apart.")
    update = Update(keys.DATA_KEY, RuntimeError("Another data key has just been added."))
    update = update.when("later", "=", later) if later else update.when_absent("later")
    dynamo.commit(update.set("later", [*later, {"wrapped": _new(), "created": clock.now()}]))
    return len(later) + 2


def _stored() -> Item | None:
    (item,) = dynamo.read(keys.DATA_KEY)
    return item


def _new() -> bytes:
    blob: bytes = _kms("generate_data_key", KeySpec="AES_256")["CiphertextBlob"]
    return blob


def _unwrapped(blob: bytes) -> bytes:
    plain: bytes = _kms("decrypt", CiphertextBlob=blob)["Plaintext"]
    return plain


def _kms(operation: str, **parameters: Any) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    config = settings.config()
    context = {"purpose": "chalice-mfa", "tables": config.key_context}
    call = getattr(aws.client("kms"), operation)
    try:
        answer: dict[str, Any] = call(KeyId=config.kms_key, EncryptionContext=context, **parameters)
    except (BotoCoreError, ClientError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        log.warning("kms %s failed: %s", operation, code)
        reason = f"kms {operation} failed: {code}"
        raise fail("general_service_unavailable", retry_after=5, reason=reason) from error
    return answer
