"""Clients of AWS: made once, of the services in use, with bounded patience."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import UnknownServiceError

from chalicelib.runtime import aws

pytestmark = pytest.mark.usefixtures("nothing_built")


def test_client_is_made_once_with_bounded_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    client: Any = aws.client("kms")

    assert aws.client("kms") is client
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (2, 4)
    assert config.retries["total_max_attempts"] == 3


def test_clients_are_made_of_the_services_in_use_and_of_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"):
        monkeypatch.delenv(name, raising=False)

    for name in aws.SERVICES:
        assert aws.client(name).meta.service_model.service_name == name
    with pytest.raises(UnknownServiceError):
        aws.client("s3")


def test_client_does_not_put_its_name_together_for_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    assert aws.client("kms").meta.config.user_agent == "chalice-mfa"
