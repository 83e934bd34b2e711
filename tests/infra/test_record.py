"""What is found of a deployment that others made: plain Chalice, an older version of this, an interrupted pipeline."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.deploy import policies, stack
from infra.deploy.record import API_TAG
from infra.deploy.stage import read
from tests.infra.interruption import Road
from tests.infra.project import Account, copy_project

STAGE = read("dev")


@pytest.fixture
def road(account: Account) -> Iterator[Road]:
    with Road(account) as road:
        yield road


@pytest.fixture
def tree(tmp_path: Path, road: Road) -> Iterator[Path]:
    tree = copy_project(tmp_path / "ours")
    yield tree
    done = road.make(tree, "destroy", "STAGE=dev")
    assert done.status == 0, done.output


@pytest.fixture
def plain(tree: Path, tmp_path: Path, account: Account) -> str:
    """The id of an API that plain Chalice has made in another clone, whose record nobody has."""
    theirs = copy_project(tmp_path / "theirs")
    cloudformation = account.client("cloudformation")
    cloudformation.create_stack(
        StackName=STAGE.prefix,
        TemplateBody=stack.body(),
        Parameters=[{"ParameterKey": "Stage", "ParameterValue": "dev"}],
    )
    policies.write(STAGE, theirs / ".chalice")
    chalice(theirs, account)
    [api] = apis(account)
    assert API_TAG not in api.get("tags", {})
    return str(api["id"])


def chalice(tree: Path, account: Account) -> None:
    command = [str(Path(sys.executable).with_name("chalice")), "deploy", "--stage", "dev"]
    done = subprocess.run(command, cwd=tree, env=account.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def apis(account: Account) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.client("apigateway").get_rest_apis()["items"]
    return found


def mappings(account: Account) -> list[str]:
    found = account.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return [each["FunctionArn"].partition(":function:")[2] for each in found]


def test_api_of_plain_chalice_is_found_tagged_and_kept(plain: str, tree: Path, account: Account, road: Road) -> None:
    done = road.make(tree, "deploy", "STAGE=dev")

    assert done.status == 0, done.output
    [api] = apis(account)
    assert (api["id"], api["tags"][API_TAG]) == (plain, "dev")
    assert mappings(account) == [f"{STAGE.prefix}-mail:live"]


def test_what_plain_chalice_has_deployed_is_served_until_the_release_is_live(
    plain: str, tree: Path, account: Account, road: Road
) -> None:
    reply = tree / "chalicelib" / "web" / "reply.py"
    reply.write_text(reply.read_text().replace('VERSION = "', 'VERSION = "9.'))
    before = version(account, plain)

    killed = road.make(tree, "deploy", "STAGE=dev", kill_after=30)  # while the candidate is served

    assert killed.status is None
    assert "candidate" in [each["stageName"] for each in stages(account, plain)]
    assert version(account, plain) == before
    done = road.make(tree, "deploy", "STAGE=dev")
    assert done.status == 0, done.output
    assert version(account, plain) == f"9.{before}"
    done = road.make(tree, "rollback", "STAGE=dev")
    assert done.status == 0, done.output
    assert version(account, plain) == before


def version(account: Account, api: str) -> str:
    url = f"{account.url}/_aws/execute-api/{api}/v1/health/version"
    with urllib.request.urlopen(url, timeout=30) as response:
        return str(json.loads(response.read())["version"])


def stages(account: Account, api: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.client("apigateway").get_stages(restApiId=api)["item"]
    return found


def test_same_name_in_another_region_is_left_alone(plain: str, tree: Path, account: Account, road: Road) -> None:
    elsewhere = Account({**account.environment, "AWS_DEFAULT_REGION": "eu-west-1"})
    with Road(elsewhere) as other:
        done = other.make(tree, "destroy", "STAGE=dev")

    assert (done.status, "There is nothing of stage dev" in done.output, done.changes) == (0, True, [])
    roles = [each["RoleName"] for each in account.client("iam").list_roles()["Roles"]]
    assert {"chalice-mfa-dev-api_handler", "chalice-mfa-dev-mail"} <= set(roles)


def test_jobs_that_two_mappings_shared_go_one_way_again(plain: str, tree: Path, account: Account, road: Road) -> None:
    lambda_ = account.client("lambda")
    queue = lambda_.list_event_source_mappings()["EventSourceMappings"][0]["EventSourceArn"]
    lambda_.create_event_source_mapping(EventSourceArn=queue, FunctionName=f"{STAGE.prefix}-mail")
    assert len(mappings(account)) == 2

    done = road.make(tree, "deploy", "STAGE=dev")

    assert done.status == 0, done.output
    assert mappings(account) == [f"{STAGE.prefix}-mail:live"]


def test_of_two_apis_somebody_must_choose(plain: str, tree: Path, account: Account, road: Road) -> None:
    (tree / ".chalice" / "deployed").mkdir(exist_ok=True)
    policies.write(STAGE, tree / ".chalice")
    chalice(tree, account)  # from a clone without a record, as it was before there was one in the account
    ids = [each["id"] for each in apis(account)]
    assert len(ids) == 2

    done = road.make(tree, "deploy", "STAGE=dev")

    assert (done.status, done.changes) == (2, [])
    assert all(each in done.output for each in ["has 2 REST APIs", *ids])
    account.client("apigateway").delete_rest_api(restApiId=next(each for each in ids if each != plain))
    for mapping in account.client("lambda").list_event_source_mappings()["EventSourceMappings"][1:]:
        account.client("lambda").delete_event_source_mapping(UUID=mapping["UUID"])
    assert road.make(tree, "deploy", "STAGE=dev").status == 0
    assert [each["id"] for each in apis(account)] == [plain]


def test_stage_of_another_name_is_another_deployment(plain: str, tree: Path, account: Account, road: Road) -> None:
    config = tree / ".chalice" / "config.json"
    settings = json.loads(config.read_text())
    settings["stages"]["dev2"] = json.loads(json.dumps(settings["stages"]["dev"]).replace("dev", "dev2"))
    config.write_text(json.dumps(settings))

    done = road.make(tree, "deploy", "STAGE=dev2")

    assert done.status == 0, done.output
    others = [each for each in apis(account) if each["id"] != plain]
    assert [each["tags"][API_TAG] for each in others] == ["dev2"]
    assert sorted(mappings(account)) == ["chalice-mfa-dev-mail", "chalice-mfa-dev2-mail:live"]
    assert road.make(tree, "destroy", "STAGE=dev2", "CONFIRM=dev2").status == 0
    assert [each["id"] for each in apis(account)] == [plain]


class CloudFormation:
    """A stack in one state after the other; the last lasts until it is deleted."""

    def __init__(self, *states: str) -> None:
        self._states = list(states)
        self.deleted = False

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803
        if self.deleted:
            raise ClientError({"Error": {"Code": "ValidationError"}}, "DescribeStacks")
        state = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        return {"Stacks": [{"StackId": "id", "StackStatus": state}]}

    def delete_stack(self, StackName: str) -> None:  # noqa: N803
        self.deleted = True

    def get_waiter(self, name: str) -> CloudFormation:
        return self

    def wait(self, **_: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("states", "waits", "left"),
    [
        (["CREATE_COMPLETE"], 0, "CREATE_COMPLETE"),
        (["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"], 2, "CREATE_COMPLETE"),
        (["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"], 1, "UPDATE_ROLLBACK_COMPLETE"),
        (["CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE"], 1, None),
        (["CREATE_FAILED"], 0, None),
        (["REVIEW_IN_PROGRESS"], 0, None),
    ],
)
def test_what_an_interrupted_command_left_of_the_stack_comes_to_its_end(
    states: list[str], waits: int, left: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    cloudformation = CloudFormation(*states)
    monkeypatch.setattr(stack, "client", lambda service: cloudformation)
    monkeypatch.setattr("infra.deploy.stack.time.sleep", slept.append)

    found = stack.settled(STAGE)

    assert (found and found["StackStatus"], len(slept)) == (left, waits)
    assert cloudformation.deleted == (left is None)
