"""Releases as they are made and gone back from, against an account that serves them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.deploy import aliases, aws, record, release, stack, traffic
from infra.deploy.stage import Refused, read
from tests.infra.interruption import Ended, Road
from tests.infra.project import Account, copy_project

STAGE = read("dev")
ALARM = f"{STAGE.prefix}-release"
BROKEN = "\nimport os\nif 'AWS_LAMBDA_FUNCTION_NAME' in os.environ:\n    del Totp.check\n"
"""What makes the factor fail where it is deployed."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory, account: Account) -> Iterator[Path]:
    """A clone that has deployed a first release."""
    tree = copy_project(tmp_path_factory.mktemp("clone"))
    with Road(account) as road:
        ended(road.make(tree, "deploy", "STAGE=dev"))
        yield tree
        ended(road.make(tree, "destroy", "STAGE=dev"))


@pytest.fixture
def road(account: Account) -> Iterator[Road]:
    with Road(account) as road:
        yield road


@pytest.fixture
def here(tree: Path, account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The deploying code of this process works on the account, too."""
    for name, value in account.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    aws.client.cache_clear()
    aws.place.cache_clear()
    yield
    aws.client.cache_clear()
    aws.place.cache_clear()


@pytest.fixture
def alarm(account: Account) -> Iterator[Callable[[], None]]:
    """The release alarm, which moto's CloudFormation does not make; call it to let it ring."""
    cloudwatch = account.client("cloudwatch")
    metric = {"Namespace": "chalice-mfa", "MetricName": "Failures5xx", "Statistic": "Sum", "Period": 60}
    more = {"EvaluationPeriods": 1, "Threshold": 3, "ComparisonOperator": "GreaterThanThreshold"}
    cloudwatch.put_metric_alarm(AlarmName=ALARM, **metric, **more)
    yield lambda: cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="test")
    cloudwatch.delete_alarms(AlarmNames=[ALARM])


@pytest.fixture
def in_steps(here: None, account: Account) -> Iterator[None]:
    """Traffic moves in two steps with five minutes between them."""
    _set_steps(account, "LambdaCanary10Percent5Minutes")
    yield
    _set_steps(account, "auto")


def _set_steps(account: Account, steps: str) -> None:
    parameters = [
        {"ParameterKey": "Stage", "ParameterValue": "dev"},
        {"ParameterKey": "TrafficShift", "ParameterValue": steps},
    ]
    account.client("cloudformation").update_stack(
        StackName=STAGE.prefix, UsePreviousTemplate=True, Parameters=parameters
    )


def ended(done: Ended) -> None:
    assert done.status == 0, done.output


def api_of(account: Account) -> str:
    [api] = account.client("apigateway").get_rest_apis()["items"]
    return str(api["id"])


def answer(account: Account, path: str, api_stage: str = "v1") -> tuple[int, Any]:
    url = f"{account.url}/_aws/execute-api/{api_of(account)}/{api_stage}{path}"
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read())


def live(account: Account) -> dict[str, str]:
    """The version of each function that is live."""
    functions = account.client("lambda")
    return {
        name: functions.get_alias(FunctionName=STAGE.function(name), Name="live")["FunctionVersion"]
        for name in ("api", "mail")
    }


def say(tree: Path, version: str) -> None:
    """Change what `GET /health/version` answers, which is what a release is told by here."""
    reply = tree / "chalicelib" / "web" / "reply.py"
    text = reply.read_text()
    before = text.partition('VERSION = "')[2].partition('"')[0]
    reply.write_text(text.replace(f'VERSION = "{before}"', f'VERSION = "{version}"'))


def new_code(account: Account) -> release.Versions:
    """Publish versions of both functions that nobody gets yet."""
    functions = account.client("lambda")
    for name in ("api", "mail"):
        functions.update_function_configuration(FunctionName=STAGE.function(name), Description=os.urandom(4).hex())
    return {name: aliases.publish(STAGE.function(name)) for name in ("api", "mail")}


def outputs() -> stack.Outputs:
    found = stack.describe(STAGE)
    assert found is not None
    return stack.outputs(found)


def served(account: Account) -> str:
    """The API's deployment that its own stage serves."""
    stage = account.client("apigateway").get_stage(restApiId=api_of(account), stageName="v1")
    return str(stage["deploymentId"])


def weights(account: Account) -> dict[str, float]:
    alias = account.client("lambda").get_alias(FunctionName=STAGE.prefix, Name="live")
    return dict(alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}))


def test_release_is_served_and_gone_back_from(tree: Path, account: Account, road: Road) -> None:
    first, before = answer(account, "/health/version"), live(account)
    say(tree, "9.9.1")
    ended(road.make(tree, "deploy", "STAGE=dev"))
    assert answer(account, "/health/version") == (200, {"version": "9.9.1"})
    second = live(account)
    assert {name: second[name] != version for name, version in before.items()} == {"api": True, "mail": True}

    ended(road.make(tree, "rollback", "STAGE=dev"))

    assert answer(account, "/health/version") == first
    assert live(account) == before
    refused = road.make(tree, "rollback", "STAGE=dev")
    assert (refused.status, "no such release" in refused.output) == (2, True)
    [newest] = [line.split()[0] for line in refused.output.splitlines() if f"api {second['api']}," in line]
    ended(road.make(tree, "rollback", "STAGE=dev", f"TO={newest}"))
    assert answer(account, "/health/version") == (200, {"version": "9.9.1"})
    assert live(account) == second


def test_candidate_that_fails_its_walk_does_not_go_live(tree: Path, account: Account, road: Road) -> None:
    before, versions, deployment = answer(account, "/health/version"), live(account), served(account)
    say(tree, "9.9.2")
    totp = tree / "chalicelib" / "factors" / "totp.py"
    good = totp.read_text()
    totp.write_text(good + BROKEN)

    done = road.make(tree, "deploy", "STAGE=dev", smoke=True)

    totp.write_text(good)
    assert (done.status, "The candidate does not go live" in done.output) == (2, True), done.output
    assert answer(account, "/health/version") == before
    assert (live(account), served(account)) == (versions, deployment)
    assert answer(account, "/health/version", "candidate")[0] == 403  # there is no such stage any more
    ended(road.make(tree, "deploy", "STAGE=dev", smoke=True))
    assert answer(account, "/health/version") == (200, {"version": "9.9.2"})


def test_rollback_goes_to_what_was_live_before_not_to_what_failed(tree: Path, account: Account, road: Road) -> None:
    first = live(account)
    for version, last in (("9.8.1", "rollback"), ("9.8.2", "rollback")):
        say(tree, version)
        ended(road.make(tree, "deploy", "STAGE=dev"))
        assert answer(account, "/health/version") == (200, {"version": version})
        ended(road.make(tree, last, "STAGE=dev"))
        assert live(account) == first
    say(tree, "9.9.2")
    ended(road.make(tree, "deploy", "STAGE=dev"))


def test_roles_grant_what_both_releases_need_until_one_is_live(tree: Path, account: Account, road: Road) -> None:
    config = tree / ".chalice" / "config.json"
    before, text = mail_grants(account), config.read_text()
    config.write_text(text.replace("no-reply@example.com", "hello@example.com"))
    totp = tree / "chalicelib" / "factors" / "totp.py"
    good = totp.read_text()
    totp.write_text(good + BROKEN)
    assert road.make(tree, "deploy", "STAGE=dev", smoke=True).status == 2
    totp.write_text(good)
    assert mail_grants(account) == {*before, "hello@example.com"}

    ended(road.make(tree, "deploy", "STAGE=dev"))
    assert mail_grants(account) == {"hello@example.com"}

    for grants in (before, {"hello@example.com"}, before):  # there and back: each release has its own
        other = next(line.split()[0] for line in listed(road, tree) if f"api {live(account)['api']}," not in line)
        done = road.make(tree, "rollback", "STAGE=dev", f"TO={other}")
        assert f"all traffic goes to {other} of " in done.output
        ended(done)
        assert mail_grants(account) == grants
    config.write_text(text)
    ended(road.make(tree, "deploy", "STAGE=dev"))
    assert mail_grants(account) == before == {"no-reply@example.com"}


def listed(road: Road, tree: Path) -> list[str]:
    """The releases that there are, the newest first, a line each."""
    return re.findall(r"^  (\w+ of .*, api .*)$", road.make(tree, "rollback", "STAGE=dev", "TO=?").output, re.MULTILINE)


def test_tracing_is_the_releases_own(tree: Path, account: Account, road: Road) -> None:
    config = tree / ".chalice" / "config.json"
    text = config.read_text()
    settings = json.loads(text)
    settings["stages"]["dev"]["xray"] = True
    config.write_text(json.dumps(settings))
    ended(road.make(tree, "deploy", "STAGE=dev"))
    assert traced(account) == (True, True)

    config.write_text(text)
    ended(road.make(tree, "deploy", "STAGE=dev"))
    assert traced(account) == (False, False)
    ended(road.make(tree, "rollback", "STAGE=dev"))  # by a clone whose settings say otherwise

    assert traced(account) == (True, True)
    ended(road.make(tree, "deploy", "STAGE=dev"))


def traced(account: Account) -> tuple[bool, bool]:
    """Whether the API's stage is, and whether its function's role lets it."""
    stage = account.client("apigateway").get_stage(restApiId=api_of(account), stageName="v1")
    role = f"{STAGE.prefix}-api_handler"
    policy = account.client("iam").get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
    return stage["tracingEnabled"], any("xray:PutTraceSegments" in each["Action"] for each in policy["Statement"])


def test_rollback_killed_anywhere_and_run_again_goes_to_the_same_release(
    tree: Path, account: Account, road: Road
) -> None:
    first = live(account)
    say(tree, "9.7.1")
    ended(road.make(tree, "deploy", "STAGE=dev"))
    second = live(account)
    calls = 1
    while road.make(tree, "rollback", "STAGE=dev", kill_after=calls).status is None and live(account) != first:
        ended(road.make(tree, "rollback", "STAGE=dev"))
        assert (live(account), answer(account, "/health/version")[0]) == (first, 200)
        newest = next(line.split()[0] for line in listed(road, tree) if f"api {second['api']}," in line)
        ended(road.make(tree, "rollback", "STAGE=dev", f"TO={newest}"))
        calls += 1

    assert live(account) == first
    assert calls > 3


def test_stage_is_destroyed_while_traffic_moves(account: Account, tmp_path: Path, road: Road) -> None:
    tree = copy_project(tmp_path)
    config = tree / ".chalice" / "config.json"
    settings = json.loads(config.read_text())
    settings["stages"]["moving"] = json.loads(json.dumps(settings["stages"]["dev"]).replace("dev", "moving"))
    config.write_text(json.dumps(settings))
    ended(road.make(tree, "deploy", "STAGE=moving", "PARAMETERS=TrafficShift=LambdaCanary10Percent5Minutes"))
    assert road.make(tree, "deploy", "STAGE=moving", kill_at="CreateDeployment").status is None

    ended(road.make(tree, "destroy", "STAGE=moving", "CONFIRM=moving"))

    group = {"applicationName": "chalice-mfa-moving", "deploymentGroupName": "api"}
    assert account.client("codedeploy").list_deployments(**group)["deployments"] == []


def mail_grants(account: Account) -> set[str]:
    """The addresses that the API's role may send from."""
    role = f"{STAGE.prefix}-api_handler"
    policy = account.client("iam").get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
    mail = [each for each in policy["Statement"] if "ses:SendEmail" in each["Action"]]
    assert len({each["Sid"] for each in policy["Statement"]}) == len(policy["Statement"])  # else IAM refuses it
    return {each["Condition"]["StringEquals"]["ses:FromAddress"] for each in mail}


def test_traffic_goes_back_when_the_alarm_rings(
    in_steps: None, account: Account, alarm: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, deployment, seen = live(account), served(account), []

    def sleep(seconds: float) -> None:
        seen.append((live(account)["api"], weights(account)))
        alarm()

    versions = new_code(account)
    found, of_stack = record.find(STAGE), outputs()
    monkeypatch.setattr("botocore.waiter.time.sleep", sleep)

    with pytest.raises(Refused, match=f"{before['api']} has all traffic: an alarm rang"):
        release.go_live(STAGE, found, versions, of_stack)

    assert seen == [(before["api"], {versions["api"]: 0.1})]
    assert (live(account), weights(account), served(account)) == (before, {}, deployment)


def test_mend_goes_live_while_the_alarm_rings(here: None, account: Account, alarm: Callable[[], None]) -> None:
    alarm()
    versions = new_code(account)

    release.go_live(STAGE, record.find(STAGE), versions, outputs())

    assert live(account) == versions


def test_rollback_ends_a_release_that_is_going_live(
    in_steps: None, account: Account, tree: Path, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        pass

    def sleep(seconds: float) -> None:
        raise Killed

    first, second = new_code(account), new_code(account)
    _set_steps(account, "auto")
    release.go_live(STAGE, record.find(STAGE), first, outputs())
    _set_steps(account, "LambdaCanary10Percent5Minutes")
    found, of_stack = record.find(STAGE), outputs()
    monkeypatch.setattr("botocore.waiter.time.sleep", sleep)
    with pytest.raises(Killed):
        release.go_live(STAGE, found, second, of_stack)
    assert weights(account) == {second["api"]: 0.1}

    typo = road.make(tree, "rollback", "STAGE=dev", "TO=typo")
    assert (typo.status, "no such release" in typo.output, typo.changes) == (2, True, [])
    assert weights(account) == {second["api"]: 0.1}

    ended(road.make(tree, "rollback", "STAGE=dev"))

    assert (weights(account), live(account)) == ({}, first)


def test_rollback_takes_back_what_was_interrupted_once_it_had_the_traffic(
    tree: Path, account: Account, road: Road
) -> None:
    before, deployment = live(account), served(account)
    say(tree, "9.9.2")
    killed = road.make(tree, "deploy", "STAGE=dev", kill_at="CreateDeployment")
    assert killed.status is None
    assert live(account)["api"] != before["api"]

    ended(road.make(tree, "rollback", "STAGE=dev"))

    assert (live(account), served(account)) == (before, deployment)


def test_next_deployment_waits_for_a_release_that_is_going_live(
    in_steps: None, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving = {"Name": STAGE.prefix, "Alias": "live", "CurrentVersion": live(account)["api"]}
    resource = {"api": {"Type": "AWS::Lambda::Function", "Properties": {**moving, "TargetVersion": "1"}}}
    content = {"content": json.dumps({"version": 0.0, "Resources": [resource]})}
    codedeploy = account.client("codedeploy")
    started = codedeploy.create_deployment(
        applicationName=STAGE.prefix,
        deploymentGroupName="api",
        revision={"revisionType": "AppSpecContent", "appSpecContent": content},
    )
    waited = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        codedeploy.stop_deployment(deploymentId=started["deploymentId"], autoRollbackEnabled=True)

    monkeypatch.setattr("botocore.waiter.time.sleep", sleep)
    traffic.settle(STAGE)

    assert len(waited) == 1


def test_old_releases_are_forgotten(here: None, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "KEPT", 2)
    for _ in range(3):
        versions = new_code(account)
        release.go_live(STAGE, record.find(STAGE), versions, outputs())

    for _ in range(3):  # the same again, as with other parameters of the stack
        release.go_live(STAGE, record.find(STAGE), versions, outputs())

    api = api_of(account)
    kept = release.releases(api)
    assert next(each.versions for each in kept) == versions
    assert len({tuple(each.versions.items()) for each in kept}) == 2
    functions = account.client("lambda")
    for name in ("api", "mail"):
        listed = functions.list_versions_by_function(FunctionName=STAGE.function(name))["Versions"]
        wanted = {each.versions[name] for each in kept} | {"$LATEST"}
        candidate = {"api": {functions.get_alias(FunctionName=STAGE.prefix, Name="candidate")["FunctionVersion"]}}
        assert {each["Version"] for each in listed} == wanted | candidate.get(name, set())
    assert answer(account, "/health/version")[0] == 200


def test_restored_tables_are_read_by_new_processes(tree: Path, account: Account, road: Road) -> None:
    before = described(account)

    ended(road.make(tree, "restore", "STAGE=dev"))

    after = described(account)
    assert all(after[name] != said for name, said in before.items())
    ended(road.make(tree, "deploy", "STAGE=dev"))
    assert described(account, "live") == after


def described(account: Account, version: str = "$LATEST") -> dict[str, str]:
    functions = account.client("lambda")
    return {
        name: functions.get_function_configuration(FunctionName=STAGE.function(name), Qualifier=version)["Description"]
        for name in ("api", "mail")
    }


def test_growth_is_applied_and_taken_back(tree: Path, account: Account, road: Road) -> None:
    grown = "PARAMETERS=ReservedConcurrency=20 ProvisionedConcurrency=2 MailConcurrency=5 RequestsPerSecond=700"
    ended(road.make(tree, "deploy", "STAGE=dev", grown))
    assert growth(account) == (20, 2, {"MaximumConcurrency": 5}, 700.0)

    ended(
        road.make(
            tree,
            *("deploy", "STAGE=dev"),
            "PARAMETERS=ReservedConcurrency=0 ProvisionedConcurrency=0 MailConcurrency=0 RequestsPerSecond=500",
        )
    )
    assert growth(account) == (None, None, {}, 500.0)


def growth(account: Account) -> tuple[Any, ...]:
    functions, gateway = account.client("lambda"), account.client("apigateway")
    reserved = functions.get_function_concurrency(FunctionName=STAGE.prefix).get("ReservedConcurrentExecutions")
    try:
        alias = functions.get_provisioned_concurrency_config(FunctionName=STAGE.prefix, Qualifier="live")
        provisioned = alias["RequestedProvisionedConcurrentExecutions"]
    except functions.exceptions.ProvisionedConcurrencyConfigNotFoundException:
        provisioned = None
    [mapping] = functions.list_event_source_mappings()["EventSourceMappings"]
    limits = gateway.get_stage(restApiId=api_of(account), stageName="v1")["methodSettings"]["*/*"]
    return reserved, provisioned, mapping.get("ScalingConfig", {}), limits["throttlingRateLimit"]


def test_plain_chalice_changes_what_is_there_once_the_record_is_written(
    tree: Path, account: Account, road: Road, tmp_path: Path
) -> None:
    say(tree, "9.9.4")
    fresh = copy_project(tmp_path)
    say(fresh, "9.9.3")
    api = api_of(account)
    command = [str(Path(sys.executable).with_name("chalice")), "deploy", "--stage", "dev"]
    before = {**account.environment, "PYTHONPATH": ""}
    unprepared = subprocess.run(command, cwd=fresh, env=before, capture_output=True, text=True)
    assert unprepared.returncode != 0  # without its policies it does nothing
    assert api_of(account) == api

    ended(road.make(fresh, "record", "STAGE=dev"))
    plain = subprocess.run(command, cwd=fresh, env=before, capture_output=True, text=True)
    assert plain.returncode == 0, plain.stdout + plain.stderr

    assert api_of(account) == api
    [mapping] = account.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert mapping["FunctionArn"].endswith(f":function:{STAGE.prefix}-mail")
    assert answer(account, "/health/version") == (200, {"version": "9.9.3"})
    listed = road.make(tree, "rollback", "STAGE=dev").output
    last = listed.partition("takes an id:\n  ")[2].partition(" ")[0]
    ended(road.make(tree, "rollback", "STAGE=dev", f"TO={last}"))
    [mapping] = account.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert mapping["FunctionArn"].endswith(f":function:{STAGE.prefix}-mail:live")
    ended(road.make(tree, "deploy", "STAGE=dev"))
    assert answer(account, "/health/version") == (200, {"version": "9.9.4"})
    [mapping] = account.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert mapping["FunctionArn"].endswith(f":function:{STAGE.prefix}-mail:live")
