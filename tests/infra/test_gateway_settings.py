"""What API Gateway is told of a release, as far as a deployment to moto does not show it: domain and firewall."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra.deploy import aws, gateway
from infra.deploy.stage import read
from tests.infra.project import Account

DOMAIN = "mfa.example.com"
LOG = "arn:aws:logs:us-east-1:123456789012:log-group:chalice-mfa-dev-access:*"
LIMITS = {"RequestsPerSecond": "500", "RequestBurst": "1000"}
STAGE = read("dev")


@pytest.fixture
def apis(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Two REST APIs as Chalice leaves them, and the module's clients for their account."""
    for name, value in account.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    aws.client.cache_clear()
    client = account.client("apigateway")
    made = [client.create_rest_api(name="chalice-mfa")["id"] for _ in range(2)]
    for api in made:
        root = client.get_resources(restApiId=api)["items"][0]["id"]
        place = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
        client.put_method(**place, authorizationType="NONE")
        client.put_integration(**place, type="MOCK")
        client.create_deployment(restApiId=api, stageName="v1")
    yield made
    for api in made:
        client.delete_rest_api(restApiId=api)
    aws.client.cache_clear()


def release(api: str, outputs: dict[str, str]) -> None:
    gateway.serve(api, "v1", gateway.deploy(api, "test"), "live", gateway.settings(STAGE, {**LIMITS, **outputs}))
    gateway.attach(STAGE, api, outputs)


def mappings(client: Any) -> list[tuple[str, str, str]]:
    found = client.get_base_path_mappings(domainName=DOMAIN)["items"]
    return [(each["basePath"], each["restApiId"], each["stage"]) for each in found]


def test_domain_leads_to_the_api_and_follows_it_when_it_is_made_anew(account: Account, apis: list[str]) -> None:
    client = account.client("apigateway")
    client.create_domain_name(domainName=DOMAIN, regionalCertificateArn="arn:aws:acm:us-east-1:1:certificate/c")
    outputs = {"AccessLogArn": LOG, "DomainName": DOMAIN}

    for api in (apis[0], apis[0], apis[1]):
        release(api, outputs)
        assert mappings(client) == [("v1", api, "v1")]
    for _ in range(2):
        gateway.detach(STAGE, outputs)
        assert mappings(client) == []
    client.delete_domain_name(domainName=DOMAIN)


def test_firewall_is_put_before_the_stage(account: Account, apis: list[str]) -> None:
    waf = account.client("wafv2")
    metrics = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    acl = waf.create_web_acl(Name="acl", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=metrics)
    arn = acl["Summary"]["ARN"]

    release(apis[0], {"AccessLogArn": LOG, "WebAclArn": arn})

    stage = f"arn:aws:apigateway:us-east-1::/restapis/{apis[0]}/stages/v1"
    assert waf.get_web_acl_for_resource(ResourceArn=stage)["WebACL"]["ARN"] == arn


def test_what_is_set_takes_effect_by_a_new_deployment(account: Account, apis: list[str]) -> None:
    def deployment() -> str:
        stage = account.client("apigateway").get_stage(restApiId=apis[0], stageName="v1")
        return str(stage["deploymentId"])

    before = deployment()
    release(apis[0], {"AccessLogArn": LOG})

    assert deployment() != before


def test_log_group_is_named_without_the_star_that_cloudformation_adds(account: Account, apis: list[str]) -> None:
    release(apis[0], {"AccessLogArn": LOG})

    stage = account.client("apigateway").get_stage(restApiId=apis[0], stageName="v1")
    assert stage["accessLogSettings"]["destinationArn"] == LOG.removesuffix(":*")


def test_every_answer_of_api_gateway_reads_like_one_of_ours() -> None:
    headers = {kind: gateway.answer(kind)["responseParameters"] for kind in gateway.ANSWERS}

    exposed = "'X-Appwrite-Session, X-Fallback-Cookies, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining"
    for each in headers.values():
        assert each["gatewayresponse.header.Access-Control-Expose-Headers"] == f"{exposed}, X-RateLimit-Reset'"
        assert each["gatewayresponse.header.Access-Control-Allow-Origin"] == "method.request.header.Origin"
        assert each["gatewayresponse.header.Access-Control-Allow-Credentials"] == "'true'"
    waits = {kind for kind, each in headers.items() if "gatewayresponse.header.Retry-After" in each}
    assert waits == {"THROTTLED", "QUOTA_EXCEEDED", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT"}
