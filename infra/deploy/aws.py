"""AWS clients: region, credentials and endpoint are found as the AWS command line finds them."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def client(service: str) -> Any:
    return _session().create_client(service)


def region() -> str:
    """The region that the clients are for; empty where none is set."""
    found: str | None = _session().get_config_variable("region")
    return found or ""


def serves(region: str, service: str) -> bool:
    """Whether the service is in that region, as far as the installed botocore knows. Asks nobody."""
    session = _session()
    return any(
        region in session.get_available_regions(service, partition) for partition in session.get_available_partitions()
    )
