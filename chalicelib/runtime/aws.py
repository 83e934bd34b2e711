"""The clients of AWS: botocore's, and for DynamoDB one of our own that is called alike."""

from __future__ import annotations

import os
from typing import Any

from chalicelib.runtime import clock, container, retries, settings

SERVICES = ["dynamodb", "kms", "sesv2", "sns", "sqs"]
"""Those that are used. botocore would look through its folders of more than 400, twice for a client: 25 ms."""


def client(service: str) -> Any:
    """The client of an AWS service, e.g. `dynamodb`, `kms`, `sesv2`, `sns`: botocore's, or one that is called alike."""
    return container.get(service, _dynamodb if service == "dynamodb" else lambda: _client(service))


def _dynamodb() -> Any:
    """Ours on Lambda, and where another endpoint is named, unless MFA_DYNAMODB_CLIENT says `botocore`.

    Elsewhere botocore's: it finds the credentials of a profile or a role, and moto's `mock_aws` can stand in for AWS.
    """
    region = _of_aws("REGION") or _of_aws("DEFAULT_REGION")
    endpoint = _of_aws("ENDPOINT_URL_DYNAMODB") or _of_aws("ENDPOINT_URL")
    if not (region and _of_aws("ACCESS_KEY_ID") and (endpoint or _of_aws("LAMBDA_FUNCTION_NAME"))):
        return _client("dynamodb")
    if settings.config().dynamodb_client == "botocore":
        return _client("dynamodb")
    from chalicelib.runtime.dynamodb import DynamoDB

    china = ".cn" if region.startswith("cn-") else ""
    return DynamoDB(
        endpoint or f"https://dynamodb.{region}.amazonaws.com{china}", region, _credentials, clock.now, retries.back_off
    )


def _credentials() -> Any:
    """Those in the environment, where Lambda puts them."""
    from chalicelib.runtime.dynamodb import Credentials

    return Credentials(_of_aws("ACCESS_KEY_ID"), _of_aws("SECRET_ACCESS_KEY"), _of_aws("SESSION_TOKEN"))


def _of_aws(name: str) -> str:
    return os.environ.get(f"AWS_{name}", "")


def _client(service: str) -> Any:
    from botocore.config import Config as ClientConfig

    options = ClientConfig(
        connect_timeout=2,
        read_timeout=4,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=64,
        parameter_validation=False,
        tcp_keepalive=True,
        user_agent="chalice-mfa",  # botocore's own is put together anew for each call, a tenth of its time
    )
    return container.get("botocore", _session).create_client(service, config=options)


def _session() -> Any:
    import botocore.session

    session = botocore.session.get_session()
    loader = session.get_component("data_loader")
    loader.list_available_services = lambda type_name: SERVICES
    return session
