"""`make deploy` and `make destroy` as they are typed, against an AWS account that is moto in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib.errors import ERRORS
from infra.deploy.stage import FUNCTIONS, TRACES, read
from tests.infra.project import Account, copy_project

USERS = "chalice-mfa-dev-users"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return copy_project(tmp_path)


def make(tree: Path, account: Account, *words: str) -> subprocess.CompletedProcess[str]:
    """`make` in that tree, with the packages of the Python that runs the tests."""
    installed = f"VENV={sys.prefix}", f"--assume-old={sys.prefix}/run"
    return subprocess.run(
        ["make", *installed, *words], cwd=tree, env=account.environment, capture_output=True, text=True, check=False
    )


def made(tree: Path, account: Account, *words: str) -> str:
    done = make(tree, account, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def code_of(account: Account) -> str:
    answer = account.client("lambda").get_function(FunctionName="chalice-mfa-dev")
    return str(answer["Configuration"]["CodeSha256"])


def gateway_answers(account: Account) -> dict[str, Any]:
    """API Gateway's own answers, by their kind: status and body."""
    gateway = account.client("apigateway")
    [api] = gateway.get_rest_apis()["items"]
    answers = gateway.get_gateway_responses(restApiId=api["id"])["items"]
    return {
        each["responseType"]: (int(each["statusCode"]), json.loads(each["responseTemplates"]["application/json"]))
        for each in answers
        if not each.get("defaultResponse")
    }


def stage_of_api(account: Account) -> dict[str, Any]:
    gateway = account.client("apigateway")
    [api] = gateway.get_rest_apis()["items"]
    stage: dict[str, Any] = gateway.get_stage(restApiId=api["id"], stageName="v1")
    return stage


def traced(account: Account) -> dict[str, Any]:
    """Whether X-Ray is on, for the API's stage and for each function."""
    functions = account.client("lambda").list_functions()["Functions"]
    modes = {each["FunctionName"]: each["TracingConfig"]["Mode"] for each in functions}
    return {"v1": stage_of_api(account)["tracingEnabled"], **modes}


def switch_xray(tree: Path, on: bool) -> None:
    """As the documentation says: a line of the stage and a statement of its policies."""
    config = tree / ".chalice" / "config.json"
    settings = json.loads(config.read_text())
    settings["stages"]["dev"]["xray"] = on
    config.write_text(json.dumps(settings))
    for function in FUNCTIONS:
        policy = tree / ".chalice" / f"policy-dev-{function}.json"
        granted = json.loads(policy.read_text())
        granted["Statement"] = [each for each in granted["Statement"] if each["Sid"] != "Traces"]
        if on:
            granted["Statement"].append({"Sid": "Traces", "Effect": "Allow", "Action": list(TRACES), "Resource": "*"})
        policy.write_text(json.dumps(granted))


def data_key(account: Account) -> Any:
    table = account.client("dynamodb")
    return table.get_item(TableName="chalice-mfa-dev-settings", Key={"id": {"S": "data-key"}})["Item"]


def policies(account: Account) -> dict[str, Any]:
    """What the role of each function is allowed, by the function's name."""
    found = {}
    for function in account.client("lambda").list_functions()["Functions"]:
        role, iam = function["Role"].rpartition("/")[2], account.client("iam")
        [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
        found[function["FunctionName"]] = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    return found


def of_stage(tree: Path) -> list[tuple[str, Any]]:
    """The end of each function's name, and its policy."""
    granted = read("dev", tree).policies
    return [("", granted["api"]), ("-mail", granted["mail"])]


def retention(account: Account) -> set[int]:
    return {each["retentionInDays"] for each in account.client("logs").describe_log_groups()["logGroups"]}


def stacks(account: Account) -> list[str]:
    return [each["StackName"] for each in account.client("cloudformation").describe_stacks()["Stacks"]]


def test_deploy_redeploy_with_a_change_and_destroy(tree: Path, account: Account) -> None:
    shown = made(tree, account, "deploy", "STAGE=dev", "PARAMETERS=AlarmEmail=team@example.com")

    [api] = account.client("apigateway").get_rest_apis()["items"]
    assert f"Endpoint   https://{api['id']}.execute-api.us-east-1.amazonaws.com/v1\n" in shown
    assert_api_is_set_up(account)
    assert traced(account) == {"v1": False, "chalice-mfa-dev": "PassThrough", "chalice-mfa-dev-mail": "PassThrough"}
    assert policies(account) == {f"chalice-mfa-dev{suffix}": granted for suffix, granted in of_stage(tree)}
    first_key = data_key(account)
    assert set(first_key) == {"id", "wrapped"}
    first_code, first_deployment = code_of(account), stage_of_api(account)["deploymentId"]
    person = {"pk": {"S": "user#ada"}}
    account.client("dynamodb").put_item(TableName=USERS, Item=person)

    with (tree / "chalicelib" / "__init__.py").open("a") as file:
        file.write("CHANGED = True\n")
    switch_xray(tree, True)
    made(tree, account, "deploy", "STAGE=dev", "PARAMETERS=LogDays=60")

    assert code_of(account) != first_code
    assert stage_of_api(account)["deploymentId"] != first_deployment
    assert_api_is_set_up(account)
    assert account.client("dynamodb").get_item(TableName=USERS, Key=person)["Item"] == person
    assert data_key(account) == first_key
    assert policies(account) == {f"chalice-mfa-dev{suffix}": granted for suffix, granted in of_stage(tree)}
    stack = account.client("cloudformation").describe_stacks(StackName="chalice-mfa-dev")["Stacks"][0]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert (parameters["LogDays"], parameters["AlarmEmail"]) == ("60", "team@example.com")
    assert traced(account) == {"v1": True, "chalice-mfa-dev": "Active", "chalice-mfa-dev-mail": "Active"}

    switch_xray(tree, False)
    made(tree, account, "deploy", "STAGE=dev")

    assert traced(account) == {"v1": False, "chalice-mfa-dev": "PassThrough", "chalice-mfa-dev-mail": "PassThrough"}

    made(tree, account, "destroy", "STAGE=dev")

    assert stacks(account) == []
    assert account.client("dynamodb").list_tables()["TableNames"] == []
    assert account.client("lambda").list_functions()["Functions"] == []
    assert account.client("apigateway").get_rest_apis()["items"] == []


def assert_api_is_set_up(account: Account) -> None:
    answers = gateway_answers(account)
    assert answers["MISSING_AUTHENTICATION_TOKEN"][1]["type"] == "general_route_not_found"
    for status, body in answers.values():
        assert set(body) == {"message", "code", "type", "version"}
        assert ERRORS[body["type"]][0] == status == body["code"]
    stage = stage_of_api(account)
    assert stage["accessLogSettings"]["destinationArn"].endswith(":log-group:chalice-mfa-dev-access")
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 500


def test_stages_that_keep_their_data_are_not_destroyed(tree: Path, account: Account) -> None:
    done = make(tree, account, "destroy", "STAGE=prod")
    assert (done.returncode, "keeps its data" in done.stderr) == (2, True)

    stack = {"Outputs": {"Kept": {"Value": "true"}}, "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    cloudformation = account.client("cloudformation")
    cloudformation.create_stack(StackName="chalice-mfa-dev", TemplateBody=json.dumps(stack))
    done = make(tree, account, "destroy", "STAGE=dev")
    assert (done.returncode, "keeps its data" in done.stderr) == (2, True)
    assert stacks(account) == ["chalice-mfa-dev"]
    cloudformation.delete_stack(StackName="chalice-mfa-dev")


def test_what_is_wrong_is_said_before_anything_is_made(tree: Path, account: Account) -> None:
    config = tree / ".chalice" / "config.json"
    config.write_text(config.read_text().replace("no-reply@example.com", "hello@example.com"))
    refusals = [
        (["deploy"], "STAGE=... is missing"),
        (["deploy", "STAGE=nowhere"], "There is no stage 'nowhere'"),
        (["deploy", "STAGE=dev"], "MFA_MAIL_FROM is hello@example.com, but the policy"),
    ]
    for words, reason in refusals:
        done = make(tree, account, *words)
        assert (done.returncode, reason in done.stderr) == (2, True), done.stderr
    config.write_text(config.read_text().replace("hello@example.com", "no-reply@example.com"))
    for function in FUNCTIONS:  # each has the sender in its own policy
        policy = tree / ".chalice" / f"policy-dev-{function}.json"
        policy.write_text(policy.read_text().replace("no-reply@example.com", "hello@example.com"))
        done = make(tree, account, "deploy", "STAGE=dev")
        reason = f"the policy of stage dev for {FUNCTIONS[function]} is for hello@example.com"
        assert (done.returncode, reason in done.stderr) == (2, True), done.stderr
        policy.write_text(policy.read_text().replace("hello@example.com", "no-reply@example.com"))
    config.write_text(config.read_text().replace("policy-dev-mail.json", ""))
    done = make(tree, account, "deploy", "STAGE=dev")
    assert (done.returncode, "has no iam_policy_file for mail" in done.stderr) == (2, True), done.stderr
    config.write_text(config.read_text().replace('"iam_policy_file": ""', '"iam_policy_file": "policy-dev-mail.json"'))
    config.write_text(config.read_text().replace('"dev": {', '"dev": {"xray": true,'))
    done = make(tree, account, "deploy", "STAGE=dev")
    assert (done.returncode, "X-Ray is on, but the policy of stage dev" in done.stderr) == (2, True), done.stderr
    config.write_text(config.read_text().replace('"xray": true', '"xray": false'))
    done = make(tree, account, "deploy", "STAGE=dev", "PARAMETERS=Colour=red")
    assert (done.returncode, "has no parameter Colour" in done.stderr) == (2, True), done.stderr
    assert stacks(account) == []
