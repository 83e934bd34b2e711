"""AWS clients: region, credentials and endpoint are found as the AWS command line finds them."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Place:
    """Where a deployment is: the account's number, its partition (`aws`, `aws-cn`, ...) and the region."""

    account: str
    partition: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


@cache
def place() -> Place:
    identity = client("sts").get_caller_identity()
    return Place(identity["Account"], identity["Arn"].split(":")[1], client("lambda").meta.region_name)


def endpoint(api: str, api_stage: str) -> str:
    """The address of a REST API's stage. Another AWS than Amazon's, such as the local account, has LocalStack's form:
    https://docs.localstack.cloud/aws/services/apigateway/
    """
    meta = client("apigateway").meta
    if ".amazonaws.com" not in meta.endpoint_url:
        return f"{meta.endpoint_url}/_aws/execute-api/{api}/{api_stage}"
    suffix = meta.endpoint_url.partition(".amazonaws.")[2]
    return f"https://{api}.execute-api.{meta.region_name}.amazonaws.{suffix}/{api_stage}"
