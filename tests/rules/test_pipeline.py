"""The example of a pipeline calls what there is: targets of the Makefile, parameters and outputs of the templates."""

from __future__ import annotations

import re
from typing import Any

import jmespath  # type: ignore[import-untyped]  # a part of botocore
import yaml

from infra.deploy import package, stack
from infra.local.stack import read_template
from tests.support.files import ROOT

TEXT = (ROOT / "infra" / "ci-example.yml").read_text()
PIPELINE: dict[str, Any] = yaml.safe_load(TEXT)
JOBS: dict[str, Any] = PIPELINE["jobs"]
MAKEFILE = (ROOT / "Makefile").read_text()
TEMPLATE = read_template("dev")


def commands(job: str) -> str:
    """A job's shell, each command in a line."""
    return "\n".join(step["run"].replace("\\\n", " ") for step in JOBS[job]["steps"] if "run" in step)


def deployments() -> list[str]:
    """Those of CloudFormation, in order."""
    return [line for line in commands("dev").splitlines() if line.startswith("aws cloudformation deploy")]


def recipe(target: str) -> str:
    found = re.search(rf"^{target}:.*## .*\n(?:\t.*\n)*", MAKEFILE, re.MULTILINE)
    assert found, f"there is no make {target}"
    return found[0]


def test_prod_gets_what_was_checked_packed_and_tried_on_dev_and_approved() -> None:
    assert {name: job.get("needs") for name, job in JOBS.items()} == {
        "lint": None,
        "test": None,
        "package": ["lint", "test"],
        "dev": "package",
        "prod": "dev",
    }
    assert {name: job.get("environment") for name, job in JOBS.items()} == {
        **dict.fromkeys(["lint", "test", "package"]),
        "dev": "dev",
        "prod": "prod",
    }
    assert JOBS["prod"]["steps"] == JOBS["dev"]["steps"]
    assert [name for name in JOBS if "make package" in commands(name)] == ["package"]
    assert commands("package").splitlines()[-1] == "cmp build/dev/deployment.zip build/prod/deployment.zip"


def test_only_jobs_that_deploy_can_take_a_role() -> None:
    assert PIPELINE["permissions"] == {"contents": "read"}
    granted = {name: job["permissions"] for name, job in JOBS.items() if "permissions" in job}
    with_oidc = {"contents": "read", "id-token": "write"}
    assert granted == {"dev": with_oidc, "prod": with_oidc}


def test_targets_and_their_variables_are_those_of_the_makefile() -> None:
    calls = [call for name in JOBS for call in re.findall(r"\bmake ([a-z-]+)((?: [A-Z]+=\S+)*)", commands(name))]

    assert {target for target, _ in calls} == {"lint", "test", "package", "data-key", "smoke"}
    for target, given in calls:
        wanted = set(re.findall(r"\$\((?:or \$\()?([A-Z]+)\)", recipe(target))) - {"VENV", "BIN"}
        assert set(re.findall(r"([A-Z]+)=", given)) == wanted


def test_templates_are_those_that_are_packed() -> None:
    used = re.findall(r"--template-file \"?build/\$GITHUB_JOB/([\w.]+)", commands("dev"))

    assert used == ["stack.yaml", "sam.json", "packaged.yaml"]
    assert '--output-template-file "build/$GITHUB_JOB/packaged.yaml"' in commands("dev")


def test_stack_is_given_parameters_that_it_has() -> None:
    first, _ = deployments()
    told = re.findall(r"\b([A-Z]\w+)=", TEXT.partition("#   PARAMETERS")[2].partition("\n#   T")[0])

    assert first.endswith('--parameter-overrides Stage="$GITHUB_JOB" $PARAMETERS')
    assert set(told) == {"AlarmEmail", "MailIdentity"} < set(TEMPLATE["Parameters"])


def test_release_is_given_all_its_parameters() -> None:
    """By an option, or by the outputs of the stack that have their names."""
    _, second = deployments()
    [wanted] = re.findall(r'^wanted="(.*)"$', commands("dev"), re.MULTILINE)
    [query] = re.findall(r'--query "(Stacks\[0\]\.Outputs\[\?\$wanted\].*?)"\)', commands("dev"))
    outputs = [{"OutputKey": name, "OutputValue": "1"} for name in TEMPLATE["Outputs"]]
    handed_on = jmespath.search(query.replace("$wanted", wanted), {"Stacks": [{"Outputs": outputs}]})

    assert second.endswith('--parameter-overrides TrafficShift="$TRAFFIC_SHIFT" $outputs')
    assert set(handed_on) == {f"{name}=1" for name in (*package.OPTIONAL, *package.NUMBERS)}
    assert package.STEPS["Name"] == "TrafficShift"
    assert f"'{package.STEPS['Default']}'" in JOBS["dev"]["env"]["TRAFFIC_SHIFT"]


def test_cloudformation_may_make_roles_and_gets_large_templates_by_the_bucket() -> None:
    taken = JOBS["dev"]["env"]["TAKEN"]

    assert taken == f"--capabilities {' '.join(stack.CAPABILITIES)} --no-fail-on-empty-changeset"
    assert len(deployments()) == 2
    assert all('--s3-bucket "$BUCKET" $TAKEN' in " ".join(each.split()) for each in deployments())


def test_variables_that_it_needs_are_told() -> None:
    used = set(re.findall(r"\bvars\.(\w+)", TEXT))
    told = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)*\b", re.findall(r"(?:#   .*\n)+", TEXT)[0]))

    assert used <= told
