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
