"""Deployed from several clones, each command killed at any of its calls: what there is, is in the account."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.storage.keys import TABLES
from tests.infra.interruption import Ended, Road
from tests.infra.project import Account, copy_project

FIRST, AGAIN, END = 34, 29, 9
"""How many calls change something: of a first deployment, of one with other code, of a stage's end."""

WHOLE = {
    "stages": ["v1"],
    "functions": ["chalice-mfa-dev", "chalice-mfa-dev-mail"],
    "aliases": {"chalice-mfa-dev": ["candidate", "live"], "chalice-mfa-dev-mail": ["live"]},
    "mappings": ["chalice-mfa-dev-mail:live"],
    "roles": ["chalice-mfa-dev-api_handler", "chalice-mfa-dev-mail"],
    "stacks": ["chalice-mfa-dev"],
    "tables": len(TABLES),
}
GONE: dict[str, Any] = {
    "apis": [],
    "stages": [],
    "functions": [],
    "aliases": {},
    "mappings": [],
    "roles": [],
    "stacks": [],
    "tables": 0,
}


def chosen(calls: int) -> list[int]:
    """Every call where `make test-clones` runs this, some minutes; else the first, the last, and each twentieth."""
    return sorted({*range(1, calls + 1, 1 if os.environ.get("EVERY_CALL") else 20), calls})


@pytest.fixture(scope="module")
def clones(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return copy_project(tmp_path_factory.mktemp("one")), copy_project(tmp_path_factory.mktemp("two"))


@pytest.fixture
def road(account: Account) -> Iterator[Road]:
    with Road(account) as road:
        yield road


def there(account: Account) -> dict[str, Any]:
    """Everything of a deployment, by name; of functions the versions that are live."""
    functions, gateway = account.client("lambda"), account.client("apigateway")
    names = [each["FunctionName"] for each in functions.list_functions()["Functions"]]
    apis = gateway.get_rest_apis()["items"]
    roles = {each["RoleName"] for each in account.client("iam").list_roles()["Roles"]}
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    return {
        "apis": [each["id"] for each in apis],
        "stages": [each["stageName"] for api in apis for each in gateway.get_stages(restApiId=api["id"])["item"]],
        "functions": sorted(names),
        "aliases": {
            name: [each["Name"] for each in functions.list_aliases(FunctionName=name)["Aliases"]] for name in names
        },
        "mappings": [each["FunctionArn"].partition(":function:")[2] for each in mappings],
        "roles": sorted(roles & {"chalice-mfa-dev-api_handler", "chalice-mfa-dev-mail"}),
        "stacks": [each["StackName"] for each in account.client("cloudformation").describe_stacks()["Stacks"]],
        "tables": len(account.client("dynamodb").list_tables()["TableNames"]),
    }


def ended(done: Ended) -> None:
    assert done.status == 0, done.output


def change(tree: Path, text: str) -> None:
    with (tree / "chalicelib" / "__init__.py").open("a") as file:
        file.write(f"CHANGED = {text!r}\n")


def assert_whole(account: Account) -> str:
    """The one API's id."""
    found = there(account)
    [api] = found.pop("apis")
    assert found == WHOLE
    return str(api)


def test_each_call_is_one_after_which_they_are_killed(account: Account, road: Road, clones: tuple[Path, Path]) -> None:
    one, two = clones
    change(one, "counted")
    counted = [road.make(*each, "STAGE=dev") for each in ((two, "deploy"), (one, "deploy"), (two, "destroy"))]

    assert [(each.status, len(each.changes)) for each in counted] == [(0, FIRST), (0, AGAIN), (0, END)]


@pytest.mark.parametrize("calls", chosen(FIRST))
def test_first_deployment_killed_and_run_again_elsewhere(
    calls: int, account: Account, road: Road, clones: tuple[Path, Path]
) -> None:
    one, two = clones
    killed = road.make(one, "deploy", "STAGE=dev", kill_after=calls)
    assert (killed.status, len(killed.changes)) == (None, calls), killed.output
    begun = there(account)["apis"]

    ended(road.make(two, "deploy", "STAGE=dev"))

    api = assert_whole(account)
    assert begun in ([], [api])
    end = 1 + calls % END
    killed = road.make(one, "destroy", "STAGE=dev", kill_after=end)
    assert (killed.status, len(killed.changes)) == (None, end), killed.output
    ended(road.make(two, "destroy", "STAGE=dev"))
    assert there(account) == GONE


@pytest.fixture(scope="class")
def api(account: Account, clones: tuple[Path, Path]) -> Iterator[str]:
    """A stage's, deployed by the first clone and in the end destroyed by the second."""
    with Road(account) as road:
        ended(road.make(clones[0], "deploy", "STAGE=dev"))
        yield assert_whole(account)
        ended(road.make(clones[1], "destroy", "STAGE=dev"))
    assert there(account) == GONE


class TestDeployed:
    @pytest.mark.parametrize("calls", chosen(AGAIN))
    def test_redeployment_killed_and_run_again_elsewhere(
        self, calls: int, account: Account, road: Road, clones: tuple[Path, Path], api: str
    ) -> None:
        one, two = clones
        change(one, str(calls))
        killed = road.make(one, "deploy", "STAGE=dev", kill_after=calls)
        assert (killed.status, len(killed.changes)) == (None, calls), killed.output

        ended(road.make(two, "deploy", "STAGE=dev"))

        assert assert_whole(account) == api
