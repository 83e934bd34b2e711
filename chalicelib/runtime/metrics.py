"""Metrics as log lines in CloudWatch's embedded metric format: no call, no client, a few fields in a line of JSON."""

from __future__ import annotations

import logging
from typing import Any

from chalicelib.runtime import clock, settings
from chalicelib.runtime.logs import FIELDS

log = logging.getLogger("chalicelib")
NAMESPACE = "chalice-mfa"
UNITS = {"Latency": "Milliseconds", "DataKeyAgeDays": "None"}
"""Of all others it is a count."""


def count(name: str, **dimensions: str) -> None:
    """One more of `name`, for the stage as a whole and for these dimensions of it, e.g. `Factor="totp"`."""
    _emit(embedded({name: 1}, dimensions))


def gauge(name: str, value: int) -> None:
    """How much of `name` there is now, for the stage as a whole."""
    _emit(embedded({name: value}))


def _emit(fields: dict[str, Any]) -> None:
    log.info("metric", extra={FIELDS: fields})


def embedded(values: dict[str, int], dimensions: dict[str, str] | None = None) -> dict[str, Any]:
    """The fields of a log line that make CloudWatch count `values`."""
    named = {"Stage": settings.config().stage, **(dimensions or {})}
    sets = [["Stage"], list(named)] if dimensions else [["Stage"]]
    metrics = [{"Name": name, "Unit": UNITS.get(name, "Count")} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": sets, "Metrics": metrics}
    return {"_aws": {"Timestamp": clock.now(), "CloudWatchMetrics": [directive]}, **named, **values}
