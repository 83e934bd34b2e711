"""Which permission each AWS call needs, and whether a policy grants it: as much of IAM as our policies use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from email.utils import parseaddr
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from infra.deploy.stage import TRACES

PREFIX, SENDER = "{prefix}", "{sender}"
"""What differs between stages, in a need: it is recorded on one and asked of the policies of the others."""

ACCOUNT = "us-east-1:123456789012"


class Need(NamedTuple):
    """An action on a resource. `context` is the one condition key of it that our policies look at, and its value."""

    action: str
    resource: str
    context: tuple[str, str] = ("", "")


OF_LAMBDA = {
    *(
        Need(f"logs:{action}", f"arn:aws:logs:{ACCOUNT}:log-group:/aws/lambda/{PREFIX}{function}:log-stream:x")
        for action in ("CreateLogStream", "PutLogEvents")
        for function in ("", "-mail")
    ),
    *(
        Need(f"sqs:{action}", f"arn:aws:sqs:{ACCOUNT}:{PREFIX}-mail")
        for action in ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
    ),
}
"""What Lambda itself does in the functions' name: it writes their logs, and hands them the queue's jobs."""

OF_TRACES = {Need(action, "a trace") for action in TRACES}
"""What Lambda does besides in the functions' name where X-Ray is on."""

EQUALITY = {"StringEquals", "ForAnyValue:StringEquals"}

_WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


def needs(service: str, operation: str, parameters: Mapping[str, Any]) -> set[Need]:
    """The permissions for a call as botocore makes it. KeyError for a service that is new here."""
    return set(_BY_SERVICE[service](operation, parameters))


def _dynamodb(operation: str, parameters: Mapping[str, Any]) -> Iterator[Need]:
    """A transaction has no permission of its own: each of its writes needs that of the single write."""
    if operation == "TransactWriteItems":
        writes = [(kind, write) for item in parameters["TransactItems"] for kind, write in item.items()]
        places = [(_WRITES[kind], write["TableName"]) for kind, write in writes]
    elif operation == "BatchGetItem":
        places = [(operation, table) for table in parameters["RequestItems"]]
    else:
        index = f"/index/{parameters['IndexName']}" if "IndexName" in parameters else ""
        places = [(operation, parameters["TableName"] + index)]
    for action, place in places:
        yield Need(f"dynamodb:{action}", f"arn:aws:dynamodb:{ACCOUNT}:table/{place}")


def _kms(operation: str, parameters: Mapping[str, Any]) -> Iterator[Need]:
    yield Need(f"kms:{operation}", f"arn:aws:kms:{ACCOUNT}:key/k", ("kms:ResourceAliases", parameters["KeyId"]))


def _sqs(operation: str, parameters: Mapping[str, Any]) -> Iterator[Need]:
    queue = parameters.get("QueueName") or parameters["QueueUrl"].rpartition("/")[2]
    yield Need(f"sqs:{operation}", f"arn:aws:sqs:{ACCOUNT}:{queue}")


def _sesv2(operation: str, parameters: Mapping[str, Any]) -> Iterator[Need]:
    """A raw mail needs the permission of version 1 of the API as well, each for the identity and the configuration."""
    sender = parseaddr(parameters["FromEmailAddress"])[1]
    raw = operation == "SendEmail" and "Raw" in parameters["Content"]
    resources = ["identity/example.com"]
    if "ConfigurationSetName" in parameters:
        resources.append(f"configuration-set/{parameters['ConfigurationSetName']}")
    for action in ("SendEmail", "SendRawEmail") if raw else (operation,):
        for resource in resources:
            yield Need(f"ses:{action}", f"arn:aws:ses:{ACCOUNT}:{resource}", ("ses:FromAddress", sender))


def _sns(operation: str, parameters: Mapping[str, Any]) -> Iterator[Need]:
    """A phone number has no ARN."""
    topic = parameters.get("TopicArn") or parameters.get("TargetArn")
    yield Need(f"sns:{operation}", topic or "a phone number")


_BY_SERVICE = {"dynamodb": _dynamodb, "kms": _kms, "sqs": _sqs, "sesv2": _sesv2, "sns": _sns}


@dataclass(frozen=True)
class Statement:
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...]

    def covers(self, need: Need) -> bool:
        """Whether the statement speaks of this action on this resource, its conditions met."""
        return (
            any(fnmatchcase(need.action, action) for action in self.actions)
            and any(fnmatchcase(need.resource, resource) for resource in self.resources)
            and all(need.context == condition for condition in self.conditions)
        )

    def grants(self) -> Iterator[Statement]:
        """The statement in its smallest parts: one action on one resource."""
        for action in self.actions:
            for resource in self.resources:
                yield replace(self, actions=(action,), resources=(resource,))


def statements(policy: Mapping[str, Any]) -> list[Statement]:
    """Raises KeyError or ValueError for what is not understood here, rather than pass over it."""
    return [_statement(each) for each in policy["Statement"]]


def _statement(given: Mapping[str, Any]) -> Statement:
    tests = given.get("Condition", {})
    if foreign := (set(given) - {"Sid", "Effect", "Action", "Resource", "Condition"}) | (set(tests) - EQUALITY):
        raise ValueError(f"{given['Sid']}: {foreign} is not understood")
    conditions = tuple((key, value) for test in tests.values() for key, value in test.items())
    return Statement(given["Effect"], _tuple(given["Action"]), _tuple(given["Resource"]), conditions)


def _tuple(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def refused(policy: Mapping[str, Any], wanted: Iterable[Need]) -> list[Need]:
    """The needs that the policy does not grant."""
    every = statements(policy)
    allows = [each for each in every if each.effect == "Allow"]
    denies = [each for each in every if each.effect == "Deny"]
    return sorted(
        need
        for need in wanted
        if not any(each.covers(need) for each in allows) or any(each.covers(need) for each in denies)
    )


def unused(policy: Mapping[str, Any], wanted: Iterable[Need]) -> list[str]:
    """The grants of the policy, each an action on a resource, that no need makes use of."""
    known = list(wanted)
    return [
        f"{grant.actions[0]} on {grant.resources[0]}"
        for statement in statements(policy)
        if statement.effect == "Allow"
        for grant in statement.grants()
        if not any(grant.covers(need) for need in known)
    ]
