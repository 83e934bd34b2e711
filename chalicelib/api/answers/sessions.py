"""Sessions, and the device that one was begun on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.countries import country_name
from chalicelib.factors.registry import FACTORS
from chalicelib.models import Session
from chalicelib.sign_in.registry import WAYS
from chalicelib.timestamps import iso

if TYPE_CHECKING:
    from chalicelib.api.answers.schema import Schema


DEVICE = {
    **dict.fromkeys(("osCode", "osName", "osVersion"), ""),
    **dict.fromkeys(("clientType", "clientCode", "clientName", "clientVersion"), ""),
    **dict.fromkeys(("clientEngine", "clientEngineVersion"), ""),
    **dict.fromkeys(("deviceName", "deviceBrand", "deviceModel"), ""),
    "countryCode": "--",
}
"""What a session says of its device when nothing is known."""


def session(record: Session, current: bool, secret: str = "") -> dict[str, Any]:
    """`secret` is given to API keys only, and only where the session was just created."""
    return {
        "$id": record.id,
        "$createdAt": iso(record.created),
        "$updatedAt": iso(record.updated),
        "userId": record.user_id,
        "expire": iso(record.expire),
        "provider": record.provider,
        "providerUid": record.provider_uid,
        "providerAccessToken": "",
        "providerAccessTokenExpiry": "",
        "providerRefreshToken": "",
        "ip": record.ip,
        **DEVICE,
        **record.device,
        "countryName": country_name(record.device.get("countryCode", "")),
        "current": current,
        "factors": record.factors,
        "secret": secret,
        "mfaUpdatedAt": iso(record.mfa_updated),
    }


def session_list(records: list[Session], current: Session | None, total: bool) -> dict[str, Any]:
    present = current.id if current else ""
    return {
        "total": len(records) if total else 0,
        "sessions": [session(record, record.id == present) for record in records],
    }


def handover(code: str, expire: int, url: str) -> dict[str, str]:
    return {"code": code, "expire": iso(expire), "url": url}


def device_schema() -> dict[str, Schema]:
    """What an answer says of a device."""
    from chalicelib.api.answers.schema import TEXT

    return dict.fromkeys([*DEVICE, "countryName"], TEXT)


def schemas() -> dict[str, Schema]:
    """What these answers look like, by the names that the SDKs give them."""
    from chalicelib.api.answers.schema import (
        DATE,
        DATE_OR_EMPTY,
        EMPTY,
        FLAG,
        ID,
        SECRET,
        TEXT,
        page,
        record,
        versioned,
    )

    proven = list(
        dict.fromkeys(
            [
                *(way.factor for way in WAYS if way.method and not way.channel),
                *(factor.name for factor in FACTORS),
                *(way.factor for way in WAYS),
                *(way.second for way in WAYS if way.second),
            ]
        )
    )
    return {
        "session": versioned(
            "session",
            _id=ID,
            _createdAt=DATE,
            _updatedAt=DATE,
            userId=ID,
            expire=DATE,
            provider={"enum": list(dict.fromkeys(way.provider for way in WAYS))},
            providerUid=TEXT,
            providerAccessToken=EMPTY,
            providerAccessTokenExpiry=EMPTY,
            providerRefreshToken=EMPTY,
            ip=TEXT,
            **device_schema(),
            current=FLAG,
            factors={"type": "array", "items": {"enum": proven}},
            secret=SECRET,
            mfaUpdatedAt=DATE_OR_EMPTY,
        ),
        "sessionList": page("sessions", "session"),
        "handover": record(code={"type": "string", "pattern": "^[0-9a-f]{64}$"}, expire=DATE, url=TEXT),
    }
