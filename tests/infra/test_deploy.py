"""`make deploy` and `make destroy` as they are typed, against an AWS account that is moto in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.errors import ERRORS
from infra.deploy.stage import read
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


def settings_page(account: Account) -> str:
    """Where both functions let notices lead."""
    functions = account.client("lambda").list_functions()["Functions"]
    [page] = {each["Environment"]["Variables"]["MFA_SETTINGS_PAGE"] for each in functions}
    return str(page)


def configure(tree: Path, edit: Callable[[dict[str, Any]], Any]) -> None:
    """Change what `.chalice/config.json` has for stage dev."""
    file = tree / ".chalice" / "config.json"
    config = json.loads(file.read_text())
    edit(config["stages"]["dev"])
    file.write_text(json.dumps(config))


def switch_xray(tree: Path, on: bool) -> None:
    configure(tree, lambda dev: dev.update(xray=on))


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
    assert "Note: The sender is not verified in SES here: verify example.com" in shown
    assert f"Endpoint   {account.url}/_aws/execute-api/{api['id']}/v1\n" in shown
    assert api["name"] == "chalice-mfa-dev"
    assert settings_page(account) == f"{account.url}/_aws/execute-api/{api['id']}/v1/pages/settings"
    assert_api_is_set_up(account)
    assert traced(account) == {"v1": False, "chalice-mfa-dev": "PassThrough", "chalice-mfa-dev-mail": "PassThrough"}
    assert policies(account) == {f"chalice-mfa-dev{suffix}": granted for suffix, granted in of_stage(tree)}
    first_key = data_key(account)
    assert set(first_key) == {"id", "wrapped", "created"}
    first_code, first_deployment = code_of(account), stage_of_api(account)["deploymentId"]
    person = {"pk": {"S": "user#ada"}}
    account.client("dynamodb").put_item(TableName=USERS, Item=person)

    with (tree / "chalicelib" / "__init__.py").open("a") as file:
        file.write("CHANGED = True\n")
    switch_xray(tree, True)
    setting("MFA_ORIGINS", "http://localhost:3000")(tree)
    setting("MFA_SETTINGS_PAGE", "https://app.example.com/me")(tree)
    shown = made(tree, account, "deploy", "STAGE=dev", "PARAMETERS=LogDays=60")

    assert "Note: MFA_ORIGINS: http://localhost:3000 counts as localhost with any port." in shown
    assert settings_page(account) == "https://app.example.com/me"
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

    refused = make(tree, account, "destroy", "STAGE=dev")
    assert (refused.returncode, "CONFIRM=dev" in refused.stderr) == (2, True)
    made(tree, account, "destroy", "STAGE=dev", "CONFIRM=dev")

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


def setting(name: str, value: Any) -> Callable[[Path], None]:
    return lambda tree: configure(tree, lambda dev: dev["environment_variables"].update({name: value}))


def in_template(function: str, before: str, after: str) -> Callable[[Path], None]:
    def edit(tree: Path) -> None:
        template = tree / "infra" / "deploy" / "policies" / f"{function}.json"
        text = template.read_text()
        assert before in text
        template.write_text(text.replace(before, after))

    return edit


def policy_of_another_stage(tree: Path) -> None:
    named = {"iam_policy_file": "policy-prod-mail.json"}
    configure(tree, lambda dev: dev["lambda_functions"].update(mail=named))


def x_ray_without_its_grant(tree: Path) -> None:
    switch_xray(tree, True)
    in_template("mail", "xray:PutTraceSegments", "xray:GetGroup")(tree)


def broken_json(tree: Path) -> None:
    (tree / ".chalice" / "config.json").write_text('{"stages": {"dev": {},}}')


def slip_and_wrong_switch(tree: Path) -> None:
    setting("MFA_ORIGNS", "app.example.com")(tree)
    setting("MFA_CLOUDFRONT", "yes")(tree)


def in_config(change: Any) -> Callable[[Path], None]:
    """Change the file's top, or let it be something else."""

    def edit(tree: Path) -> None:
        config = tree / ".chalice" / "config.json"
        known = json.loads(config.read_text())
        config.write_text(json.dumps({**known, **change} if isinstance(change, dict) else json.loads(change)))

    return edit


def of_dev(**change: Any) -> Callable[[Path], None]:
    return lambda tree: configure(tree, lambda dev: dev.update(change))


MISTAKES: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "settings": (
        slip_and_wrong_switch,
        ["Stage dev in", "MFA_CLOUDFRONT must be on or off", "MFA_ORIGNS is no setting: did you mean MFA_ORIGINS?"],
    ),
    "name of another stage": (setting("MFA_STAGE", "prod"), ["Stage dev in", "MFA_STAGE is prod: write dev"]),
    "number": (
        setting("MFA_SESSION_DAYS", 7),
        ["environment_variables in .chalice/config.json must be texts, in quotes: MFA_SESSION_DAYS."],
    ),
    "policy of another stage": (
        policy_of_another_stage,
        ["Stage dev in .chalice/config.json must name policy-dev-mail.json as iam_policy_file of mail."],
    ),
    "table of another stage": (
        in_template("mail", "table/${Tables}-users", "table/chalice-mfa-prod-users"),
        [
            "arn:aws:dynamodb:*:*:table/chalice-mfa-prod-users is not this stage's, but in the policy of stage dev for "
            "mail: infra/deploy/policies/mail.json has it."
        ],
    ),
    "queue of another stage": (
        in_template("api", "${Tables}-mail", "chalice-mfa-prod-mail"),
        ["arn:aws:sqs:*:*:chalice-mfa-prod-mail is not this stage's, but in the policy of stage dev for api_handler"],
    ),
    "another sender": (
        in_template("mail", "${Sender}", "hello@example.com"),
        ["MFA_MAIL_FROM is no-reply@example.com, but the policy of stage dev for mail is for hello@example.com."],
    ),
    "X-Ray": (
        x_ray_without_its_grant,
        ["X-Ray is on, but the policy of stage dev for mail does not grant xray:PutTraceSegments."],
    ),
    "JSON": (broken_json, [".chalice/config.json is not JSON: "]),
    "no file": (lambda tree: (tree / ".chalice" / "config.json").unlink(), ["There is no .chalice/config.json."]),
    "list": (in_config("[]"), ["The whole in .chalice/config.json must be an object"]),
    "stages": (in_config({"stages": []}), ["stages in .chalice/config.json must be an object"]),
    "stage": (in_config({"stages": {"dev": None}}), ["dev in .chalice/config.json must be an object"]),
    "functions": (of_dev(lambda_functions=None), ["lambda_functions in .chalice/config.json must be an object"]),
    "variables": (
        of_dev(environment_variables=[]),
        ["environment_variables in .chalice/config.json must be an object"],
    ),
    "other app": (in_config({"app_name": "my-app"}), ['app_name in .chalice/config.json must be "chalice-mfa".']),
    "other stage of the API": (in_config({"api_gateway_stage": "v2"}), ["api_gateway_stage in .chalice/config.json"]),
    "policies by Chalice": (of_dev(autogen_policy=True), ["autogen_policy in .chalice/config.json must be false."]),
    "text for a switch": (of_dev(xray="false"), ["xray in .chalice/config.json must be true or false"]),
    "text for a number": (of_dev(lambda_memory_size="1024"), ["lambda_memory_size in .chalice/config.json must be"]),
    "too long": (of_dev(lambda_timeout=900), ["lambda_timeout in .chalice/config.json must be a number from 1 to 60"]),
    "tags": (of_dev(tags={"team": 1}), ["tags in .chalice/config.json must be texts, in quotes: team."]),
    "slip": (of_dev(lambda_function={}), ["lambda_function in .chalice/config.json is not taken: did you mean"]),
    "what is not taken": (of_dev(subnet_ids=["x"]), ["subnet_ids in .chalice/config.json is not taken."]),
    "other function": (
        in_config({"lambda_functions": {"mial": {}}}),
        ["lambda_functions in .chalice/config.json has mial: there are api_handler and mail."],
    ),
    "settings of one function": (
        in_config({"lambda_functions": {"mail": {"environment_variables": {"MFA_CODE_MINUTES": "600"}}}}),
        ["environment_variables in .chalice/config.json are a stage's: mail has none of its own."],
    ),
    "what Lambda sets": (setting("AWS_REGION", "x"), ["AWS_REGION in .chalice/config.json: Lambda sets that"]),
    "no variable": (setting("MFA PROJECT", "x"), ["MFA PROJECT in .chalice/config.json is no name of a variable"]),
    "too much": (setting("MFA_PROJECT", "x" * 5000), ["environment_variables in .chalice/config.json are more than"]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_said_before_anything_is_made(tree: Path, account: Account, name: str) -> None:
    edit, lines = MISTAKES[name]
    edit(tree)

    assert_refused(tree, account, "deploy", lines)


def test_pipelines_and_keys_have_the_same_check(tree: Path, account: Account) -> None:
    edit, lines = MISTAKES["settings"]
    edit(tree)

    for command in ("package", "keys", "data-key", "search-index"):
        assert_refused(tree, account, command, lines)


EVERYTHING = "apigateway, cloudformation, dynamodb, kms, lambda, sns, sqs, sesv2"


@pytest.mark.parametrize(
    ("command", "region", "line"),
    [
        ("deploy", "", "No region is set: AWS_DEFAULT_REGION=eu-central-1, or region in ~/.aws/config."),
        ("package", "", "No region is set: "),
        ("deploy", "eu-mars-1", f"Region eu-mars-1 has no {EVERYTHING}, as far as botocore knows. Choose another."),
        ("deploy", "cn-north-1", "Region cn-north-1 has no sesv2, as far as botocore knows. Choose another."),
    ],
)
def test_region_must_have_what_a_stage_needs(
    tree: Path, account: Account, command: str, region: str, line: str
) -> None:
    there = Account({**account.environment, "AWS_DEFAULT_REGION": region, "AWS_CONFIG_FILE": os.devnull})

    assert_refused(tree, there, command, [line])
    assert stacks(account) == []


def assert_refused(tree: Path, account: Account, command: str, lines: list[str]) -> None:
    """With these beginnings of lines, and nothing made or packed."""
    done = make(tree, account, command, "STAGE=dev")

    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert (done.returncode, done.stdout, len(said)) == (2, "", len(lines)), done.stderr
    assert [line for line, start in zip(said, lines, strict=True) if not line.startswith(start)] == []
    assert not (tree / "build").exists()


def test_stage_and_parameter_that_are_not_there_are_named(tree: Path, account: Account) -> None:
    for words, reason in [
        (["deploy"], "STAGE=... is missing"),
        (["deploy", "STAGE=nowhere"], "There is no stage 'nowhere'"),
        (["deploy", "STAGE=dev", "PARAMETERS=Colour=red"], "has no parameter Colour"),
        (["deploy", "STAGE=dev", "PARAMETERS=Stage=prod"], "has no parameter Stage to be given"),
        (["deploy", "STAGE=dev", "PARAMETERS=TrafficShift=Foo"], "TrafficShift must be one of auto, LambdaAllAtOnce"),
        (["deploy", "STAGE=dev", "PARAMETERS=RequestsPerSecond=-1"], "RequestsPerSecond must be a whole number from 1"),
        (["deploy", "STAGE=dev", "PARAMETERS=ReservedConcurrency=1.5"], "ReservedConcurrency must be a whole number"),
        (["deploy", "STAGE=dev", "PARAMETERS=BackupDays=abc"], "BackupDays must be a whole number from 1 to 36500"),
        (["deploy", "STAGE=dev", "PARAMETERS=CanaryEndpoint=http://x/v1"], "CanaryEndpoint must be of the form (https"),
        (["record", "STAGE=dev"], "Stage dev is not deployed: make deploy STAGE=dev comes first"),
        (["rollback", "STAGE=dev"], "Stage dev is not deployed"),
        (["keys", "STAGE=dev"], "Stage dev is not deployed: it has no tables here"),
        (["keys", "STAGE=dev", "CREATE=x", "DAYS=-5"], "DAYS must be 1 or more"),
    ]:
        done = make(tree, account, *words)
        assert (done.returncode, reason in done.stderr) == (2, True), done.stderr
    assert stacks(account) == []
