"""What must hold of every resource of the stack; each rule is shown to notice a template that breaks it."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.template import LOOP, Template, full_template, named, read_template, unrolled

ROOT = Path(__file__).parents[2]
EXPIRING = ("Sessions", "Challenges", "Limits", "Events")
"""The tables whose items have the attribute `ttl`."""
SEVERITIES = ("page: ", "ticket: ")
REMOVED = object()

Rule = Callable[[Template], Iterator[str]]


def resources(template: Template, kind: str) -> Iterator[tuple[str, Any]]:
    """Names and properties of the resources of a type, or of a service as in `AWS::IAM::`."""
    for name, each in template["Resources"].items():
        if each["Type"] == kind or (kind.endswith("::") and each["Type"].startswith(kind)):
            yield name, each["Properties"]


def statements(template: Template) -> Iterator[tuple[str, Any]]:
    """Those of every policy, wherever it stands, with the name of their resource."""
    for name, each in template["Resources"].items():
        for policy in nested(each, ("KeyPolicy", "PolicyDocument", "AssumeRolePolicyDocument")):
            yield from ((name, statement) for statement in policy["Statement"])


def nested(node: Any, names: tuple[str, ...]) -> Iterator[Any]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, child in children:
        if name in names:
            yield child
        yield from nested(child, names)


def tables_are_encrypted_with_our_key(template: Template) -> Iterator[str]:
    ours = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}
    yield from (name for name, table in resources(template, TABLE) if table.get("SSESpecification") != ours)


def tables_can_be_restored(template: Template) -> Iterator[str]:
    for name, table in resources(template, TABLE):
        if not table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"):
            yield name


def tables_are_protected_where_they_are_kept(template: Template) -> Iterator[str]:
    for name, table in resources(template, TABLE):
        if table.get("DeletionProtectionEnabled") != {"Fn::If": ["Kept", True, False]}:
            yield name


def records_that_expire_are_deleted(template: Template) -> Iterator[str]:
    tables = dict(resources(template, TABLE))
    for name in EXPIRING:
        if tables[name].get("TimeToLiveSpecification") != {"AttributeName": "ttl", "Enabled": True}:
            yield name


def queues_are_encrypted(template: Template) -> Iterator[str]:
    yield from (name for name, queue in resources(template, "AWS::SQS::Queue") if not queue.get("SqsManagedSseEnabled"))


def keys_turn(template: Template) -> Iterator[str]:
    yield from (name for name, key in resources(template, "AWS::KMS::Key") if not key.get("EnableKeyRotation"))


def nobody_is_everybody(template: Template) -> Iterator[str]:
    for name, statement in statements(template):
        if statement.get("Principal") in ("*", {"AWS": "*"}) and not statement.get("Condition"):
            yield name


OF_ALL = "cloudwatch:DescribeAlarms"
"""Which AWS grants for all alarms or none: CloudWatch's API reference, DescribeAlarms."""


def roles_name_their_actions(template: Template) -> Iterator[str]:
    for name, role in resources(template, "AWS::IAM::"):
        for policy in nested(role, ("PolicyDocument",)):
            for statement in policy["Statement"]:
                actions = statement["Action"]
                if "*" in str(actions) or (statement["Resource"] == "*" and actions != OF_ALL):
                    yield f"{name}: {actions} on {statement['Resource']}"
        others = [each for each in role.get("ManagedPolicyArns", []) if ":aws:policy/service-role/" not in str(each)]
        yield from (f"{name}: {each}" for each in others)


def logs_end(template: Template) -> Iterator[str]:
    for name, group in resources(template, "AWS::Logs::LogGroup"):
        if group.get("RetentionInDays") != {"Ref": "LogDays"}:
            yield name


def alarms_tell_somebody(template: Template) -> Iterator[str]:
    """Or are part of one that does."""
    parts = "".join(named(each["AlarmRule"]) for _, each in resources(template, "AWS::CloudWatch::CompositeAlarm"))
    for name, alarm in alarms(template):
        if alarm.get("AlarmActions") != [{"Ref": "Alarms"}] and f'ALARM("${{{name}}}")' not in parts:
            yield name


def alarms_say_how_urgent_they_are_and_where_to_read_on(template: Template) -> Iterator[str]:
    for name, alarm in alarms(template):
        text, own = named(alarm.get("AlarmDescription", "")), named(alarm["AlarmName"]).removeprefix("chalice-mfa-dev-")
        link = re.search(r"\. \$\{RunbookUrl\}#([\w-]+)$", text)
        if not text.startswith(SEVERITIES) or not link or not own.startswith(link[1]):
            yield f"{name}: {text}"


def alarms_say_what_missing_data_means(template: Template) -> Iterator[str]:
    for name, alarm in resources(template, "AWS::CloudWatch::Alarm"):
        if "TreatMissingData" not in alarm:
            yield name


def parameters_are_described(template: Template) -> Iterator[str]:
    yield from (name for name, each in template["Parameters"].items() if not each.get("Description"))


def no_secret_is_written_down(template: Template) -> Iterator[str]:
    for name, each in template["Parameters"].items():
        default = str(each.get("Default", ""))
        if re.search("password|secret|token", name, re.IGNORECASE) or re.fullmatch(r"[\w+/=-]{20,}", default):
            yield name
    for name, secret in resources(template, "AWS::SecretsManager::Secret"):
        if "SecretString" in secret or "GenerateSecretString" not in secret:
            yield name


def topics_are_for_this_account(template: Template) -> Iterator[str]:
    policies = [each for _, each in resources(template, "AWS::SNS::TopicPolicy")]
    for name, _ in resources(template, "AWS::SNS::Topic"):
        own = [each["PolicyDocument"]["Statement"] for each in policies if each["Topics"] == [{"Ref": name}]]
        conditions = [statement.get("Condition") for each in own for statement in each]
        if not own or {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}} not in conditions:
            yield name
        if None in conditions:
            yield f"{name}: for every account"


def outputs_are_used(template: Template) -> Iterator[str]:
    files = [*(ROOT / "infra").rglob("*.py"), ROOT / "infra" / "README.md", ROOT / "infra" / "ci-example.yml"]
    text = "\n".join(path.read_text() for path in files)
    yield from (name for name in template["Outputs"] if not re.search(rf"\b{name}\b", text))


def names_are_what_aws_takes(template: Template) -> Iterator[str]:
    """Of the stage with the longest name, and with what AWS gives for the resources that names are made of."""
    for name, each in template["Resources"].items():
        for place in NAMES.get(each["Type"], {}).keys() & each["Properties"].keys():
            found = named(each["Properties"][place], "s" * 20, BackupKey="1234abcd-12ab-34cd-56ef-1234567890ab")
            if not isinstance(found, str) or not re.fullmatch(NAMES[each["Type"]][place], found):
                yield f"{name}: {found}"


NAMES = {
    "AWS::Backup::BackupVault": {"BackupVaultName": r"[a-zA-Z0-9_-]{2,50}"},
    "AWS::CloudWatch::Alarm": {"AlarmName": r"[\w-]{1,255}"},
    "AWS::CloudWatch::CompositeAlarm": {"AlarmName": r"[\w-]{1,255}"},
    "AWS::CloudWatch::Dashboard": {"DashboardName": r"[a-zA-Z0-9_-]{1,255}"},
    "AWS::CodeDeploy::Application": {"ApplicationName": r"[\w+=,.@-]{1,100}"},
    "AWS::CodeDeploy::DeploymentGroup": {"DeploymentGroupName": r"[\w+=,.@-]{1,100}"},
    "AWS::DynamoDB::Table": {"TableName": r"[a-zA-Z0-9_.-]{3,255}"},
    "AWS::IAM::Role": {"RoleName": r"[\w+=,.@-]{1,64}"},
    "AWS::KMS::Alias": {"AliasName": r"alias/[a-zA-Z0-9/_-]{1,250}"},
    "AWS::Lambda::Function": {"FunctionName": r"[a-zA-Z0-9_-]{1,64}"},
    "AWS::Logs::LogGroup": {"LogGroupName": r"[a-zA-Z0-9_./#-]{1,512}"},
    "AWS::SES::ConfigurationSet": {"Name": r"[a-zA-Z0-9_-]{1,64}"},
    "AWS::SNS::Topic": {"TopicName": r"[a-zA-Z0-9_-]{1,256}"},
    "AWS::SQS::Queue": {"QueueName": r"[a-zA-Z0-9_-]{1,80}"},
    "AWS::WAFv2::WebACL": {"Name": r"[\w-]{1,128}"},
}
"""Where the types have the name of what is made, and what AWS's API references allow there; alarms may have more."""


def alarms(template: Template) -> Iterator[tuple[str, Any]]:
    yield from resources(template, "AWS::CloudWatch::Alarm")
    yield from resources(template, "AWS::CloudWatch::CompositeAlarm")


TABLE = "AWS::DynamoDB::Table"
RULES: dict[Rule, list[tuple[str, Any]]] = {
    tables_are_encrypted_with_our_key: [
        ("Resources Users Properties SSESpecification", REMOVED),
        ("Resources Limits Properties SSESpecification KMSMasterKeyId", "alias/aws/dynamodb"),
    ],
    tables_can_be_restored: [
        ("Resources Events Properties PointInTimeRecoverySpecification", REMOVED),
        ("Resources Events Properties PointInTimeRecoverySpecification PointInTimeRecoveryEnabled", False),
    ],
    tables_are_protected_where_they_are_kept: [("Resources Users Properties DeletionProtectionEnabled", False)],
    records_that_expire_are_deleted: [("Resources Events Properties TimeToLiveSpecification", REMOVED)],
    queues_are_encrypted: [("Resources MailDeadLetters Properties SqsManagedSseEnabled", REMOVED)],
    keys_turn: [("Resources BackupKey Properties EnableKeyRotation", False)],
    nobody_is_everybody: [
        ("Resources Key Properties KeyPolicy Statement 1 Condition", REMOVED),
        ("Resources BackupKey Properties KeyPolicy Statement 1 Principal", "*"),
    ],
    roles_name_their_actions: [
        ("Resources CanaryRole Properties Policies 0 PolicyDocument Statement 1 Action", "secretsmanager:*"),
        ("Resources CanaryRole Properties Policies 0 PolicyDocument Statement 1 Resource", "*"),
        ("Resources CanaryRole Properties ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]),
    ],
    logs_end: [("Resources CanaryLogs Properties RetentionInDays", REMOVED)],
    alarms_tell_somebody: [
        ("Resources Failures Properties AlarmActions", REMOVED),
        ("Resources NoTraffic Properties AlarmActions", []),
        ("Resources NoTraffic Properties AlarmRule", {"Fn::Sub": 'ALARM("${TrafficGone}")'}),
    ],
    alarms_say_how_urgent_they_are_and_where_to_read_on: [
        ("Resources SmsSpend Properties AlarmDescription", REMOVED),
        ("Resources SmsSpend Properties AlarmDescription", {"Fn::Sub": "It costs. ${RunbookUrl}#sms-spend"}),
        ("Resources SmsSpend Properties AlarmDescription", {"Fn::Sub": "page: It costs. ${RunbookUrl}#bounces"}),
        ("Resources SmsSpend Properties AlarmDescription", {"Fn::Sub": "page: It costs."}),
    ],
    alarms_say_what_missing_data_means: [("Resources CanarySilent Properties TreatMissingData", REMOVED)],
    parameters_are_described: [("Parameters LogDays Description", REMOVED)],
    no_secret_is_written_down: [
        ("Parameters CanaryProject Default", "wJalrXUtnFEMIK7MDENGbPxRfiCY"),
        ("Parameters CanaryPassword", {"Type": "String", "Default": ""}),
        ("Resources CanarySecret Properties SecretString", "correct horse"),
        ("Resources CanarySecret Properties GenerateSecretString", REMOVED),
    ],
    topics_are_for_this_account: [
        ("Resources AlarmsPolicy", REMOVED),
        ("Resources AlarmsPolicy Properties PolicyDocument Statement 0 Condition", REMOVED),
    ],
    outputs_are_used: [("Outputs Unasked", {"Value": "x"})],
    names_are_what_aws_takes: [
        ("Resources BackupVault Properties BackupVaultName", {"Fn::Sub": "chalice-mfa-${Stage}-dev/51af3dc0"}),
        ("Resources BackupVault Properties BackupVaultName", {"Fn::Sub": "chalice-mfa-${Stage}-${AWS::StackId}"}),
        ("Resources Failures Properties AlarmName", {"Fn::Sub": "chalice-mfa-${Stage}-${Name}"}),
        ("Resources Alarms Properties TopicName", {"Fn::Sub": "chalice-mfa-${Stage}.alarms"}),
        ("Resources MailQueue Properties QueueName", {"Fn::Sub": "chalice-mfa/${Stage}"}),
        ("Resources Canary Properties FunctionName", {"Fn::Sub": "chalice-mfa-${Stage}:canary"}),
        ("Resources ReleaseRole Properties RoleName", {"Fn::Sub": f"chalice-mfa-${{Stage}}-{'release' * 5}"}),
        ("Resources Users Properties TableName", {"Fn::GetAtt": ["Key", "Arn"]}),
    ],
}
"""Each rule, and what breaks it: a place in the template and what stands there then."""


@pytest.fixture(scope="module")
def template() -> Template:
    return full_template()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_stack_keeps_the_rule(template: Template, rule: Rule) -> None:
    assert list(rule(template)) == []


@pytest.mark.parametrize(
    ("rule", "place", "value"),
    [(rule, *change) for rule, changes in RULES.items() for change in changes],
    ids=lambda each: each.__name__ if callable(each) else None,
)
def test_broken_stack_is_noticed(template: Template, rule: Rule, place: str, value: Any) -> None:
    assert list(rule(broken(template, place, value))) != []


def clashing(template: Template) -> list[str]:
    """Ids that are those of two resources or loops: CloudFormation refuses the template."""
    ids = [
        each for name, body in template["Resources"].items() for each in [name.removeprefix(LOOP), *made_by(name, body)]
    ]
    return [each for each in ids if ids.count(each) > 1]


def made_by(name: str, body: Any) -> Template:
    return unrolled({name: body}) if name.startswith(LOOP) else {}


def test_loops_and_resources_have_ids_of_their_own() -> None:
    assert clashing(read_template()) == []


@pytest.mark.parametrize("taken", ["Alarms", "Latency", "Failures"])
def test_loop_that_is_called_like_a_resource_is_noticed(taken: str) -> None:
    template = read_template()
    template["Resources"][LOOP + taken] = template["Resources"].pop(f"{LOOP}WatchedAlarms")

    assert taken in clashing(template)


def test_resource_that_is_made_twice_is_noticed() -> None:
    assert "Latency" in clashing(broken(read_template(), f"Resources {LOOP}WatchedAlarms 1 0", "Latency"))


def broken(template: Template, place: str, value: Any) -> Template:
    """A copy in which something else, or nothing, stands at that place."""
    changed = copy.deepcopy(template)
    *way, last = [int(each) if each.isdigit() else each for each in place.split()]
    node: Any = changed
    for each in way:
        node = node[each]
    if value is REMOVED:
        del node[last]
    else:
        node[last] = value
    return changed
