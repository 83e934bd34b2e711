"""`make package`: what a pipeline hands to CloudFormation is what `make deploy` makes, and needs no record of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.runtime import dynamodb
from infra.deploy import gateway, package, traffic
from infra.deploy.stage import read
from infra.local.stack import read_template
from tests.infra.project import copy_project

API_GATEWAY_SECONDS = 29


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = copy_project(tmp_path_factory.mktemp("project"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MFA_", "COV"))}
    command = [sys.executable, "-m", "infra.deploy", "package", "prod", "out"]
    done = subprocess.run(
        command, cwd=tree, env={**environment, "AWS_DEFAULT_REGION": "us-east-1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return tree


@pytest.fixture(scope="module")
def document(tree: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((tree / "out" / "sam.json").read_text())
    return found


@pytest.fixture(scope="module")
def resources(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["Resources"]
    return found


def of_type(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in resources.values() if each["Type"] == kind]


def test_there_are_the_stack_the_template_and_the_zip_and_no_record(tree: Path) -> None:
    assert {path.name for path in (tree / "out").iterdir()} == {"stack.yaml", "sam.json", "deployment.zip"}
    assert read_template("prod", tree / "out" / "stack.yaml") == read_template("prod")
    assert not (tree / ".chalice" / "deployed").exists()
    with zipfile.ZipFile(tree / "out" / "deployment.zip") as archive:
        packed = archive.namelist()
    assert {"app.py", "chalicelib/web/endpoint.pyc", "chalice/app.py"} <= set(packed)
    assert [name for name in packed if name.endswith(".md") or name.startswith(("tests/", "infra/"))] == []


def test_functions_have_the_names_that_logs_and_alarms_go_by(resources: dict[str, Any]) -> None:
    functions = of_type(resources, "AWS::Serverless::Function")

    names = {function["FunctionName"] for function in functions}
    assert names == {"chalice-mfa-prod", "chalice-mfa-prod-mail"}
    stack = read_template("prod")["Resources"].values()
    logs = {each["Properties"]["LogGroupName"] for each in stack if each["Type"] == "AWS::Logs::LogGroup"}
    assert {f"/aws/lambda/{name}" for name in names} < logs
    assert {function["Environment"]["Variables"]["MFA_STAGE"] for function in functions} == {"prod"}


def test_each_function_has_a_role_with_its_own_policy(resources: dict[str, Any]) -> None:
    roles = {name: resources[resources[name]["Properties"]["Role"]["Fn::GetAtt"][0]] for name in ("APIHandler", "Mail")}

    [[api], [mail]] = (role["Properties"]["Policies"] for role in roles.values())
    assert (api["PolicyDocument"], mail["PolicyDocument"]) == tuple(read("prod").policies.values())
    assert len(of_type(resources, "AWS::IAM::Role")) == 2


def test_api_gateway_is_told_the_same_as_after_a_deployment(resources: dict[str, Any]) -> None:
    [api] = of_type(resources, "AWS::Serverless::Api")

    answers = api["DefinitionBody"]["x-amazon-apigateway-gateway-responses"]
    assert answers == {kind: gateway.answer(kind) for kind in gateway.ANSWERS}
    assert api["AccessLogSetting"]["Format"] == gateway.LOG_FORMAT
    assert api["AccessLogSetting"]["DestinationArn"]["Fn::Sub"].endswith(":log-group:chalice-mfa-prod-access")
    assert api["DefinitionBody"]["info"]["title"] == "chalice-mfa-prod"
    assert api["MethodSettings"][0]["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert api["StageName"] == "v1"


def test_parameters_that_both_templates_have_are_alike(document: dict[str, Any]) -> None:
    stack = read_template("prod")["Parameters"]

    assert {name: stack[name]["Default"] for name in package.NUMBERS} == package.NUMBERS
    assert {name: document["Parameters"][name]["Default"] for name in package.NUMBERS} == package.NUMBERS


def test_api_and_queue_call_what_is_live_and_traffic_moves_in_steps(resources: dict[str, Any]) -> None:
    [api] = of_type(resources, "AWS::Serverless::Api")
    functions = {each["FunctionName"]: each for each in of_type(resources, "AWS::Serverless::Function")}

    called = {
        method["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"].partition("/functions/")[2]
        for methods in api["DefinitionBody"]["paths"].values()
        for method in methods.values()
    }
    assert called == {"${APIHandlerAliaslive}/invocations"}
    assert {each["AutoPublishAlias"] for each in functions.values()} == {"live"}
    steps = functions["chalice-mfa-prod"]["DeploymentPreference"]
    assert steps["Alarms"] == [f"chalice-mfa-prod-{name}" for name in traffic.ALARMS]
    [permission] = of_type(resources, "AWS::Lambda::Permission")
    assert permission["FunctionName"] == {"Ref": "APIHandlerAliaslive"}


def test_app_answers_before_it_is_cut_off(resources: dict[str, Any]) -> None:
    """503 with a time to retry after, rather than API Gateway's own words, when DynamoDB keeps silent."""
    longest = dynamodb.TRIES * max(dynamodb.CONNECT_SECONDS, dynamodb.ANSWER_SECONDS)

    assert longest < resources["APIHandler"]["Properties"]["Timeout"] < API_GATEWAY_SECONDS


def test_requests_are_traced_where_the_stage_says_so(resources: dict[str, Any]) -> None:
    [api] = of_type(resources, "AWS::Serverless::Api")
    functions = of_type(resources, "AWS::Serverless::Function")

    assert (api["TracingEnabled"], {each["Tracing"] for each in functions}) == (False, {"PassThrough"})
    traced = package.complete(deepcopy({"Resources": resources}), replace(read("prod"), xray=True))
    assert of_type(traced["Resources"], "AWS::Serverless::Api")[0]["TracingEnabled"] is True


def test_firewall_and_domain_wait_to_be_asked_for(resources: dict[str, Any]) -> None:
    conditions = {name: each["Condition"] for name, each in resources.items() if "Condition" in each}

    assert conditions == {"Firewall": "WithWebAclArn", "DomainMapping": "WithDomainName"}
