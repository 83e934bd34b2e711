"""The deployment's data keys: made by KMS, kept in the settings table in wrapped form only, oldest first."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from chalicelib import services
from chalicelib.errors import fail
from chalicelib.storage import dynamo, keys
from chalicelib.storage.items import Item
from chalicelib.storage.writes import Put, Update

log = logging.getLogger("chalicelib")
MOST = 255
"""What is sealed has one byte for the number of its key."""


class DataKey(NamedTuple):
    """32 bytes, and when they were made, in milliseconds; 0 for the first."""

    plain: bytes
    created: int


def load() -> list[DataKey]:
    """The data keys, the first of which is made at the first use of a deployment. 503 when KMS cannot be reached."""
    item = _stored() or _keep_first(_new())
    later = item.get("later", [])
    first = DataKey(_unwrapped(item["wrapped"]), 0)
    return [first, *(DataKey(_unwrapped(each["wrapped"]), each["created"]) for each in later)]


def add() -> int:
    """Make one more data key, which seals from now on. Its number.

    A process that runs keeps sealing with the key that it knows, and reads the keys again when it meets a newer number.
    RuntimeError when somebody else has just added one, or when there are MOST.
    """
    load()
    later = (_stored() or {}).get("later", [])
    if len(later) + 1 >= MOST:
        raise RuntimeError(f"There are {MOST} data keys; more cannot be told apart.")
    update = Update(keys.DATA_KEY, RuntimeError("Another data key has just been added."))
    update = update.when("later", "=", later) if later else update.when_absent("later")
    dynamo.commit(update.set("later", [*later, {"wrapped": _new(), "created": services.now()}]))
    return len(later) + 2


def _stored() -> Item | None:
    (item,) = dynamo.read(keys.DATA_KEY)
    return item


class _Taken(Exception):
    """Another process has just kept its data key."""


def _keep_first(wrapped: bytes) -> Item:
    item = {"wrapped": wrapped}
    try:
        dynamo.commit(Put(keys.DATA_KEY, item, refusal=_Taken()).when_absent("id"))
    except _Taken:
        return _stored() or item
    return item


def _new() -> bytes:
    blob: bytes = _kms("generate_data_key", KeySpec="AES_256")["CiphertextBlob"]
    return blob


def _unwrapped(blob: bytes) -> bytes:
    plain: bytes = _kms("decrypt", CiphertextBlob=blob)["Plaintext"]
    return plain


def _kms(operation: str, **parameters: Any) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    config = services.config()
    context = {"purpose": "chalice-mfa", "tables": config.table_prefix}
    call = getattr(services.client("kms"), operation)
    try:
        answer: dict[str, Any] = call(KeyId=config.kms_key, EncryptionContext=context, **parameters)
    except (BotoCoreError, ClientError) as error:
        log.warning("kms %s failed: %s", operation, type(error).__name__)
        raise fail("general_service_unavailable", retry_after=5) from error
    return answer
