"""Races run without the limits that would hide them, and with a patient DynamoDB client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib import services
from tests.conftest import Stack
from tests.support import Api


@pytest.fixture(autouse=True)
def unlimited(api: Api, stack: Stack) -> Iterator[None]:
    """moto answers one request at a time and forgets ClientRequestToken: a call that was given up and tried again would
    meet its own traces, so none may be given up.
    """
    without_limits = replace(services.config(), rate_limits=False)
    with services.override("config", without_limits), services.override("dynamodb", stack.aws.client("dynamodb")):
        yield
