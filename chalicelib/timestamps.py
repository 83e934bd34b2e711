"""Times on the wire: ISO 8601, UTC, milliseconds, offset written out."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def milliseconds(text: str) -> int:
    """The time that a date of ISO 8601 says, in UTC where it names no offset. ValueError for what is none."""
    moment = datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith(("Z", "z")) else text)
    utc = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return (utc - _EPOCH) // timedelta(milliseconds=1)


def iso(milliseconds: int) -> str:
    """`2020-10-15T06:38:00.000+00:00` for a time in milliseconds since the epoch; empty for 0, which means never."""
    if not milliseconds:
        return ""
    moment = datetime.fromtimestamp(milliseconds // 1000, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}+00:00"
