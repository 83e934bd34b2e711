"""How the deployment is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalicelib.api.answers.schema import Schema


def status(name: str, ping: int) -> dict[str, Any]:
    """Of what answers; `ping` is in milliseconds. What does not answer is an error."""
    return {"name": name, "status": "pass", "ping": ping}


def schemas() -> dict[str, Schema]:
    """What these answers look like, by the names that the SDKs give them."""
    from chalicelib.api.answers.schema import COUNT, TEXT, page, record

    return {
        "healthStatus": record(name=TEXT, status={"const": "pass"}, ping=COUNT),
        "healthStatusList": page("statuses", "healthStatus"),
        "healthTime": record(remoteTime=COUNT, localTime=COUNT, diff={"type": "integer"}),
        "healthQueue": record(size=COUNT),
    }
