"""The policies of whoever deploys a stage, held against every call that the commands make and the stack's types."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from chalicelib.storage.keys import TABLES
from infra.deploy import deployer
from infra.deploy.stage import Stage, read
from tests.infra.interruption import Ended, Road
from tests.infra.operator_calls import Reader
from tests.infra.project import Account, copy_project
from tests.infra.stack_types import GROUP, STAGE, TAGGED, TYPES, needs_of
from tests.rules.permissions import ACCOUNT, LEADING_KEYS, PREFIX, Context, Need, granted, refused, statements, unused
from tests.support.template import full_template

OTHERS = ("prod", "dev-2")
LIMIT_OF_IAM = 6_144
"""Characters of a managed policy."""

LONGEST = "x" * 20
RESTORING = "restore"
OWN, COPIES = tuple(TABLES), ("drill", "restored")
"""What follows the stage in the names of tables."""


_MAPPINGS = "arn:aws:apigateway:us-east-1::/domainnames/mfa.example.com/basepathmappings"
_STAGE_OF_API = "arn:aws:apigateway:us-east-1::/restapis/api/stages/v1"
NOT_RECORDED = {
    # moto's stacks have no domain and no firewall
    Need("apigateway:POST", _MAPPINGS, TAGGED),
    *(Need(f"apigateway:{each}", f"{_MAPPINGS}/v1", TAGGED) for each in ("PATCH", "DELETE")),
    Need("wafv2:AssociateWebACL", f"arn:aws:wafv2:{ACCOUNT}:regional/webacl/{PREFIX}/1a2b"),
    Need("wafv2:AssociateWebACL", _STAGE_OF_API),
    Need("apigateway:SetWebACL", _STAGE_OF_API, TAGGED),
    # after a stack that failed, and while CodeDeploy moves traffic
    Need("cloudformation:DescribeStackEvents", f"arn:aws:cloudformation:{ACCOUNT}:stack/{PREFIX}/1a2b"),
    Need("codedeploy:GetDeployment", f"arn:aws:{GROUP}"),
    Need("codedeploy:StopDeployment", "*"),
    # after ten releases
    *(Need("lambda:DeleteFunction", f"arn:aws:lambda:{ACCOUNT}:function:{PREFIX}{each}:1") for each in ("", "-mail")),
    # where the stage sends SMS
    Need("sns:GetSMSAttributes", "*"),
    Need("sns:GetSMSSandboxAccountStatus", "*"),
}
"""What the commands do besides, in a case that the run below does not have."""

OF_KEPT_TABLES = Need("dynamodb:UpdateTable", f"arn:aws:dynamodb:{ACCOUNT}:table/{PREFIX}-users")
"""Restoring where tables are protected, which the stage of this run is not, since it ends."""

BOUND = {
    "backup-storage:MountCapsule",
    "kms:CreateKey",
    "lambda:CreateEventSourceMapping",
    "secretsmanager:GetRandomPassword",
}
"""Actions for which AWS knows no resource, and that a condition binds."""

WITHOUT_RESOURCE = {
    "codedeploy:StopDeployment",
    "dynamodb:ListBackups",
    "dynamodb:ListTables",
    "kms:ListAliases",
    "lambda:ListEventSourceMappings",
    "logs:DescribeIndexPolicies",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "ses:DescribeConfigurationSet",
    "ses:GetAccount",
    "sns:GetSMSAttributes",
    "sns:GetSMSSandboxAccountStatus",
    "sts:GetCallerIdentity",
}
"""Actions for which AWS knows neither a resource nor a condition that tells stages apart."""

OF_THE_ACCOUNT = {
    "apigateway:GET on /account": "says whether API Gateway has its role for logs",
    "apigateway:GET on /restapis": "finds the stage's API by its tag",
    "apigateway:PATCH on /account": "gives it that role",
    "cloudformation:CreateChangeSet on transform/LanguageExtensions": "AWS's own, which every template may name",
    "cloudwatch:DescribeAlarms on alarm:*": "reads composite alarms, which it does for all or none",
    "codedeploy:GetDeploymentConfig on deploymentconfig:CodeDeployDefault.LambdaAllAtOnce": "AWS's own steps",
    "iam:CreateServiceLinkedRole on role/aws-service-role/backup.amazonaws.com/r": "AWS writes its policy",
    "iam:CreateServiceLinkedRole on role/aws-service-role/ops.apigateway.amazonaws.com/r": "AWS writes its policy",
    "route53:ChangeResourceRecordSets on hostedzone/ZONE": "of the zone that was named",
    "route53:GetChange on change/C1": "reads whether a change has arrived",
    "route53:GetHostedZone on hostedzone/ZONE": "of the zone that was named",
    "route53:ListResourceRecordSets on hostedzone/ZONE": "of the zone that was named",
    "ses:GetEmailIdentity on identity/example.com": "reads whether the sender is verified",
    "ses:GetEmailIdentity on identity/no-reply@example.com": "reads whether the sender is verified",
    "wafv2:AssociateWebACL on /restapis/api/stages/v1": "together with a firewall and a tag that are the stage's",
    "wafv2:CreateWebACL on regional/managedruleset/aws/AWSManagedRulesKnownBadInputsRuleSet": "AWS's own rules",
    "wafv2:UpdateWebACL on regional/managedruleset/aws/AWSManagedRulesKnownBadInputsRuleSet": "AWS's own rules",
}
"""What is the same for every stage, and why that is no harm, besides the actions without resource."""


class Recorded:
    """The needs of every call: those of drill and restoration, and those of all other commands."""

    def __init__(self) -> None:
        self.deploying: set[Need] = set()
        self.restoring: set[Need] = set()


def done(ended: Ended) -> str:
    assert ended.status == 0, ended.output
    return ended.output


def change(tree: Path) -> None:
    """Other code, and traces, so that functions are updated in all ways."""
    with (tree / "chalicelib" / "__init__.py").open("a") as file:
        file.write("CHANGED = True\n")
    file_ = tree / ".chalice" / "config.json"
    config = json.loads(file_.read_text())
    config["stages"]["dev"]["xray"] = True
    file_.write_text(json.dumps(config))


GROWTH = (
    "PARAMETERS=ReservedConcurrency=5 ProvisionedConcurrency=2 MailConcurrency=3 WarmReadUnits=12000 "
    "WarmWriteUnits=4000 RequestsPerSecond=900 RequestBurst=2000"
)


@pytest.fixture(scope="module")
def recorded(account: Account, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    tree, found, reader = copy_project(tmp_path_factory.mktemp("tree")), Recorded(), Reader()
    with Road(account, reader.read) as road:
        done(road.make(tree, "deploy", "STAGE=dev", "PARAMETERS=AlarmEmail=team@example.com"))
        change(tree)
        done(road.make(tree, "deploy", "STAGE=dev", GROWTH))
        done(road.make(tree, "deploy", "STAGE=dev", "PARAMETERS=ProvisionedConcurrency=0"))
        done(road.make(tree, "rollback", "STAGE=dev"))
        done(road.make(tree, "record", "STAGE=dev"))
        created = done(road.make(tree, "keys", "STAGE=dev", "CREATE=backend"))
        done(road.make(tree, "keys", "STAGE=dev"))
        done(road.make(tree, "keys", "STAGE=dev", f"REVOKE={created.split()[0]}"))
        done(road.make(tree, "data-key", "STAGE=dev"))
        done(road.make(tree, "rotate", "STAGE=dev"))
        found.deploying, reader.needs = reader.needs, set()
        second = datetime.now(timezone.utc) - timedelta(seconds=1)
        kept = done(road.make(tree, "drill", "STAGE=dev", f"FROM={second:%Y-%m-%dT%H:%M:%SZ}", "KEEP=1"))
        [name] = set(re.findall(r"KEPT=(\w+)", kept))
        done(road.make(tree, "search-index", "STAGE=dev"))
        done(road.make(tree, "restore", "STAGE=dev", f"KEPT={name}"))
        done(road.make(tree, "restore", "STAGE=dev", f"KEPT={name}", "DROP=1"))
        account.client("dynamodb").delete_table(TableName="chalice-mfa-dev-users")
        done(road.make(tree, "restore", "STAGE=dev"))
        done(road.make(tree, "drill", "STAGE=dev"))
        found.restoring, reader.needs = reader.needs, set()
        done(road.make(tree, "destroy", "STAGE=dev"))
        found.deploying |= reader.needs
    return found


@pytest.fixture(scope="module")
def of_stack() -> set[Need]:
    return {need for kind in kinds() for need in needs_of(kind)}


@pytest.fixture(scope="module")
def deploying(recorded: Recorded, of_stack: set[Need]) -> set[Need]:
    return {of("dev", need) for need in recorded.deploying | NOT_RECORDED | of_stack}


@pytest.fixture(scope="module")
def restoring(recorded: Recorded) -> set[Need]:
    return {alike for need in recorded.restoring | {OF_KEPT_TABLES} for alike in of_each_table(of("dev", need))}


@pytest.fixture(scope="module")
def stage() -> Stage:
    return read("dev")


@pytest.fixture
def policies(stage: Stage) -> dict[str, Any]:
    return deployer.rendered(stage, zone="ZONE")


def of_each_table(need: Need) -> Iterator[Need]:
    """The need for every table alike, and for both kinds of copies: which of them a demo user touches is chance."""
    names = f"{'|'.join(OWN)}|drill|restored"
    found = re.search(rf"table/chalice-mfa-dev-({names})(?=$|[-/])", need.resource)
    if found is None:
        yield need
        return
    for name in OWN if found[1] in OWN else COPIES:
        yield need._replace(resource=need.resource[: found.start(1)] + name + need.resource[found.end(1) :])


def kinds() -> set[str]:
    return {each["Type"] for each in full_template()["Resources"].values()}


def together(policies: dict[str, Any]) -> dict[str, Any]:
    """All of them on one role."""
    return {"Statement": [each for policy in policies.values() for each in policy["Statement"]]}


def of(stage: str, need: Need) -> Need:
    """The need of the same command for another stage."""

    def said(text: str) -> str:
        named = text.replace(PREFIX, "chalice-mfa-dev").replace("chalice-mfa-dev", f"chalice-mfa-{stage}")
        return stage if text in (STAGE, "dev") else named

    context: Context = tuple((key, tuple(map(said, values))) for key, values in need.context)
    return Need(need.action, said(need.resource), context)


def in_person(need: Need) -> Need:
    """The need of whoever does by their own call what CloudFormation would do for them."""
    return need._replace(context=tuple(each for each in need.context if each[0] != "aws:CalledVia"))


def told(need: Need) -> str:
    return f"{need.action} on {need.resource.split(':', 5)[-1]}"


def test_all_that_deploying_does_is_granted(policies: dict[str, Any], deploying: set[Need]) -> None:
    del policies[RESTORING]

    assert refused(together(policies), deploying) == []


def test_all_that_restoring_does_is_granted(policies: dict[str, Any], restoring: set[Need]) -> None:
    assert refused(together(policies), restoring) == []


def test_nothing_else_is_granted(policies: dict[str, Any], deploying: set[Need], restoring: set[Need]) -> None:
    restore = policies.pop(RESTORING)

    assert unused(together(policies), deploying) == []
    assert unused(restore, restoring) == []


def test_every_type_of_the_stack_is_known() -> None:
    assert set(TYPES) == kinds()


@pytest.mark.parametrize("other", OTHERS)
def test_of_another_stage_all_of_it_is_refused(
    policies: dict[str, Any], deploying: set[Need], restoring: set[Need], other: str
) -> None:
    """By one's own call. CloudFormation may do what has no name of the stage, and is let at the one stack only."""
    wanted = {in_person(of(other, need)) for need in deploying | restoring}

    found = {told(need) for need in granted(together(policies), wanted) if need.action not in WITHOUT_RESOURCE}

    alike = {each for each in found if re.search(r"(alarm|backup-vault):chalice-mfa-dev-2-", each)}
    assert found - alike == set(OF_THE_ACCOUNT)
    assert bool(alike) is (other == "dev-2")  # which has a name of dev's


def test_stack_template_can_name_no_other_stages_stack(policies: dict[str, Any]) -> None:
    stack = Need("cloudformation:UpdateStack", f"arn:aws:cloudformation:{ACCOUNT}:stack/{PREFIX}/1a2b")

    assert granted(together(policies), {of("dev", stack)})
    assert not granted(together(policies), {of(other, stack) for other in OTHERS})


def test_wildcards_stand_only_where_aws_has_no_resource(policies: dict[str, Any]) -> None:
    for statement in statements(together(policies)):
        assert not any("*" in action for action in statement.actions)
        if "*" in statement.resources:
            assert set(statement.actions) <= WITHOUT_RESOURCE | BOUND


def test_nobody_who_deploys_gives_more_than_the_app_has(policies: dict[str, Any]) -> None:
    """Boundaries stay as an administrator has set them, and only AWS's policies for the service are attached."""
    never = {
        Need(f"iam:{action}", f"arn:aws:iam::123456789012:role/{PREFIX}-{role}", (("iam:PolicyARN", (policy,)),))
        for action in ("AttachRolePolicy", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary")
        for role in ("api_handler", "mail", "ReleaseRole-1", "BackupRole-1", "LogWriter-1", "CanaryRole-1")
        for policy in ("arn:aws:iam::aws:policy/AdministratorAccess",)
    }
    to_others = {
        Need("iam:PassRole", f"arn:aws:iam::123456789012:role/{PREFIX}-{role}", (("iam:PassedToService", (service,)),))
        for role in ("api_handler", "mail", "ReleaseRole-1", "BackupRole-1", "LogWriter-1", "CanaryRole-1")
        for service in ("ec2.amazonaws.com", "ecs-tasks.amazonaws.com")
    }

    assert granted(together(policies), {of("dev", need) for need in never | to_others}) == []


@pytest.mark.parametrize("action", ["kms:GenerateDataKey", "kms:Decrypt"])
def test_data_keys_are_made_and_opened_for_the_stages_tables_only(
    policies: dict[str, Any], deploying: set[Need], restoring: set[Need], action: str
) -> None:
    """Each part of what comes with the call is needed."""
    own = [
        each for each in deploying | restoring if each.action == action and "kms:ResourceAliases" in dict(each.context)
    ]
    assert granted(together(policies), own) == sorted(own) != []
    for need in own:
        for missing in need.context:
            bare = need._replace(context=tuple(each for each in need.context if each != missing))
            assert granted(together(policies), {bare}) == []


def test_no_user_is_read_without_the_rights_to_restore(policies: dict[str, Any]) -> None:
    del policies[RESTORING]
    users = f"arn:aws:dynamodb:{ACCOUNT}:table/chalice-mfa-dev-users"
    items = {Need(f"dynamodb:{each}", users, ((LEADING_KEYS, ("x",)),)) for each in ("GetItem", "Query", "Scan")}

    assert granted(together(policies), items) == []


def test_without_a_zone_no_dns_is_granted(stage: Stage) -> None:
    assert "route53" in str(deployer.rendered(stage, "Z1"))
    assert "route53" not in str(deployer.rendered(stage))


def test_each_fits_a_managed_policy(tmp_path: Path, stage: Stage) -> None:
    longest = Stage(LONGEST, stage.api_stage, {}, {})
    deployer.write(longest, "Z" * 32, tmp_path)
    sizes = {file.name: len(re.sub(r"\s", "", file.read_text())) for file in tmp_path.iterdir()}

    assert {name: size for name, size in sizes.items() if size > LIMIT_OF_IAM} == {}


def test_command_prints_how_each_is_made(
    account: Account, tmp_path_factory: pytest.TempPathFactory, stage: Stage
) -> None:
    tree = copy_project(tmp_path_factory.mktemp("tree"))
    with Road(account) as road:
        shown = done(road.make(tree, "deployer-policy", "STAGE=dev", "ZONE=Z1"))

    for name, policy in deployer.rendered(stage, "Z1").items():
        file = f"build/deployer/dev/{name}.json"
        assert (
            f"aws iam create-policy --policy-name chalice-mfa-dev-deployer-{name} --policy-document file://{file}\n"
            in shown
        )
        assert json.loads((tree / file).read_text()) == policy
