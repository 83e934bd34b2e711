"""The deployment's data key: made by KMS once, kept in the settings table in wrapped form only."""

from __future__ import annotations

import logging
from typing import Any

from chalicelib import services
from chalicelib.errors import fail
from chalicelib.storage import dynamo, keys
from chalicelib.storage.writes import Put

log = logging.getLogger("chalicelib")


def load() -> bytes:
    """The 32 bytes of the data key, made at the first use of a deployment. 503 when KMS cannot be reached."""
    wrapped = _stored()
    if wrapped is None:
        created = _kms("generate_data_key", KeySpec="AES_256")
        wrapped = _keep_first(created["CiphertextBlob"])
    plain: bytes = _kms("decrypt", CiphertextBlob=wrapped)["Plaintext"]
    return plain


def _stored() -> bytes | None:
    (item,) = dynamo.read(keys.DATA_KEY)
    return item["wrapped"] if item else None


class _Taken(Exception):
    """Another process has just kept its data key."""


def _keep_first(wrapped: bytes) -> bytes:
    try:
        dynamo.commit(Put(keys.DATA_KEY, {"wrapped": wrapped}, refusal=_Taken()).when_absent("id"))
    except _Taken:
        return _stored() or wrapped
    return wrapped


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
