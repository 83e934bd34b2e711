"""Times on the wire: ISO 8601, UTC, milliseconds, offset written out."""

from __future__ import annotations

from datetime import datetime, timezone


def iso(milliseconds: int) -> str:
    """`2020-10-15T06:38:00.000+00:00` for a time in milliseconds since the epoch; empty for 0, which means never."""
    if not milliseconds:
        return ""
    moment = datetime.fromtimestamp(milliseconds // 1000, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}+00:00"
