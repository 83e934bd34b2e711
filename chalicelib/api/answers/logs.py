"""Entries of a user's log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.api.answers import sessions
from chalicelib.api.answers.sessions import DEVICE
from chalicelib.countries import country_name
from chalicelib.models import Event, User
from chalicelib.timestamps import iso
from chalicelib.user_agent import Client

if TYPE_CHECKING:
    from chalicelib.api.answers.schema import Schema


def log(event: Event, user: User) -> dict[str, Any]:
    """An event of the user's log."""
    device = {**DEVICE, **Client(event.ip, event.user_agent, event.country).device()}
    return {
        "$id": event.id,
        "event": event.name,
        "userId": user.id,
        "userEmail": user.email,
        "userName": user.name,
        "mode": "admin" if event.admin else "default",
        "userType": "keyProject" if event.admin else "user",
        "ip": event.ip,
        "time": iso(event.created),
        **device,
        "countryName": country_name(device["countryCode"]),
    }


def schemas() -> dict[str, Schema]:
    """What these answers look like, by the names that the SDKs give them."""
    from chalicelib.api.answers.schema import (
        DATE,
        ID,
        TEXT,
        page,
        record,
    )

    return {
        "log": record(
            _id=ID,
            event=TEXT,
            userId=ID,
            userEmail=TEXT,
            userName=TEXT,
            mode={"enum": ["default", "admin"]},
            userType={"enum": ["user", "keyProject"]},
            ip=TEXT,
            time=DATE,
            **sessions.device_schema(),
        ),
        "logList": page("logs", "log"),
    }
