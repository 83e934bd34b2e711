"""Which permission each AWS call needs, and whether a policy grants it: as much of IAM as our policies use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from email.utils import parseaddr
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from chalicelib.storage.keys import TABLES
from infra.deploy.stage import TRACES

PREFIX, SENDER = "{prefix}", "{sender}"
"""What differs between stages, in a need: it is recorded on one and asked of the policies of the others."""

ACCOUNT = "us-east-1:123456789012"
LEADING_KEYS = "dynamodb:LeadingKeys"
PURPOSE, FOR_TABLES = "kms:EncryptionContext:purpose", "kms:EncryptionContext:tables"

Context = tuple[tuple[str, tuple[str, ...]], ...]


class Need(NamedTuple):
    """An action on a resource. `context` has the condition keys that come with the request, each with its values."""

    action: str
    resource: str
    context: Context = ()


def of_lambda(function: str) -> set[Need]:
    """What Lambda itself does in a function's name: it writes its log, and hands the mail function the queue's jobs."""
    group = f"log-group:/aws/lambda/{PREFIX}{'-mail' if function == 'mail' else ''}:log-stream:x"
    logs = {Need(f"logs:{each}", f"arn:aws:logs:{ACCOUNT}:{group}") for each in ("CreateLogStream", "PutLogEvents")}
    return logs | (OF_THE_QUEUE if function == "mail" else set())


OF_THE_QUEUE = {
    Need(f"sqs:{action}", f"arn:aws:sqs:{ACCOUNT}:{PREFIX}-mail")
    for action in ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
}

LOOKS = Need("sqs:GetQueueAttributes", f"arn:aws:sqs:{ACCOUNT}:{PREFIX}-mail")
"""The API may see how long the queue is."""

OF_TRACES = {Need(action, "a trace") for action in TRACES}
"""What Lambda does besides in the functions' name where X-Ray is on."""


def forbidden(function: str) -> set[Need]:
    """What no function may do, however little a grant for it would stand out: it is another's, or the operator's."""
    settings, key = f"arn:aws:dynamodb:{ACCOUNT}:table/{PREFIX}-settings", f"arn:aws:kms:{ACCOUNT}:key/k"
    alias: Context = (("kms:ResourceAliases", (f"alias/{PREFIX}",)),)
    strange: list[Context] = [
        (),
        (*((PURPOSE, ("chalice-mfa",)),),),
        ((PURPOSE, ("chalice-mfa",)), (FOR_TABLES, ("another",))),
        ((PURPOSE, ("another",)), (FOR_TABLES, (PREFIX,))),
    ]
    ours: Context = ((PURPOSE, ("chalice-mfa",)), (FOR_TABLES, (PREFIX,)))
    items = [*("data-key", "key#x"), *(["project"] if function == "mail" else [])]
    leading: list[Context] = [(), *(((LEADING_KEYS, (each,)),) for each in items)]
    return {
        *(Need(f"dynamodb:{write}", settings, each) for write in _WRITES.values() for each in leading),
        *(Need("dynamodb:BatchWriteItem", settings, each) for each in leading),
        *(Need("kms:Decrypt", key, (*alias, *each)) for each in strange),
        *(Need(f"kms:{each}", key, (*alias, *ours)) for each in ("GenerateDataKey", "Encrypt")),
        *(OF_THE_QUEUE - {LOOKS} if function == "api" else ()),
    }


_WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


def needs(service: str, operation: str, parameters: Mapping[str, Any]) -> set[Need]:
    """The permissions for a call as botocore makes it. KeyError for a service that is new here."""
    return set(_BY_SERVICE[service](operation, parameters))


def _dynamodb(operation: str, parameters: Mapping[str, Any]) -> Iterator[Need]:
    """A transaction has no permission of its own: each of its writes needs that of the single write, for its item."""
    if operation == "TransactWriteItems":
        writes = [(kind, write) for item in parameters["TransactItems"] for kind, write in item.items()]
        places = [(_WRITES[kind], write["TableName"], _keys(write["TableName"], write)) for kind, write in writes]
    elif operation == "BatchGetItem":
        asked = [(table, [_keys(table, {"Key": key}) for key in each["Keys"]]) for table, each in _requests(parameters)]
        places = [(operation, table, tuple(sorted({key for each in found for key in each}))) for table, found in asked]
    else:
        index = f"/index/{parameters['IndexName']}" if "IndexName" in parameters else ""
        places = [(operation, parameters["TableName"] + index, _keys(parameters["TableName"], parameters))]
    for action, place, values in places:
        context: Context = ((LEADING_KEYS, values),) if values else ()
        yield Need(f"dynamodb:{action}", f"arn:aws:dynamodb:{ACCOUNT}:table/{place}", context)


def _requests(parameters: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    requests: Mapping[str, Any] = parameters["RequestItems"]
    return requests.items()


def _keys(table: str, call: Mapping[str, Any]) -> tuple[str, ...]:
    """The partition key of the item that is meant, as `dynamodb:LeadingKeys` has it; of an id the kind alone."""
    [name] = [attributes[0] for each, attributes in TABLES.items() if table.endswith(f"-{each}")] or [""]
    values = call.get("ExpressionAttributeValues", {})
    given = (call.get("Key") or call.get("Item") or {}).get(name) or values.get(":key") or values.get(":listed")
    return (_kind(given["S"]),) if given else ()


def _kind(value: str) -> str:
    kind, sign, _ = value.partition("#")
    return f"{kind}#x" if sign else value if value in ("project", "data-key", "user-count") else "x"


def _kms(operation: str, parameters: Mapping[str, Any]) -> Iterator[Need]:
    bound = ((f"kms:EncryptionContext:{key}", (value,)) for key, value in parameters["EncryptionContext"].items())
    context = (("kms:ResourceAliases", (parameters["KeyId"],)), *sorted(bound))
    yield Need(f"kms:{operation}", f"arn:aws:kms:{ACCOUNT}:key/k", context)


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
            yield Need(f"ses:{action}", f"arn:aws:ses:{ACCOUNT}:{resource}", (("ses:FromAddress", (sender,)),))


def _sns(operation: str, parameters: Mapping[str, Any]) -> Iterator[Need]:
    """A phone number has no ARN."""
    topic = parameters.get("TopicArn") or parameters.get("TargetArn")
    yield Need(f"sns:{operation}", topic or "a phone number")


_BY_SERVICE = {"dynamodb": _dynamodb, "kms": _kms, "sqs": _sqs, "sesv2": _sesv2, "sns": _sns}

Values = tuple[str, ...]
OPERATORS: dict[str, Callable[[Values, Values], bool]] = {
    "StringEquals": lambda given, wanted: len(given) == 1 and given[0] in wanted,
    "ForAnyValue:StringEquals": lambda given, wanted: any(each in wanted for each in given),
    "ForAllValues:StringEquals": lambda given, wanted: all(each in wanted for each in given),
    "ArnLike": lambda given, wanted: len(given) == 1 and any(fnmatchcase(given[0], each) for each in wanted),
    "Null": lambda given, wanted: wanted == (str(not given).lower(),),
}
"""Whether the values that come with a request meet a condition. ForAllValues is met by none at all, as in IAM, so that
a policy needs Null beside it.
"""


class Condition(NamedTuple):
    operator: str
    key: str
    values: Values

    def is_met(self, context: Context) -> bool:
        return OPERATORS[self.operator](dict(context).get(self.key, ()), self.values)


@dataclass(frozen=True)
class Statement:
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...]

    def covers(self, need: Need) -> bool:
        """Whether the statement speaks of this action on this resource, its conditions met."""
        return (
            any(fnmatchcase(need.action, action) for action in self.actions)
            and any(fnmatchcase(need.resource, resource) for resource in self.resources)
            and all(condition.is_met(need.context) for condition in self.conditions)
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
    if foreign := (set(given) - {"Sid", "Effect", "Action", "Resource", "Condition"}) | (set(tests) - set(OPERATORS)):
        raise ValueError(f"{given['Sid']}: {foreign} is not understood")
    conditions = tuple(
        Condition(operator, key, _tuple(value)) for operator, test in tests.items() for key, value in test.items()
    )
    return Statement(given["Effect"], _tuple(given["Action"]), _tuple(given["Resource"]), conditions)


def _tuple(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def granted(policy: Mapping[str, Any], wanted: Iterable[Need]) -> list[Need]:
    """The needs that the policy grants."""
    every = statements(policy)
    allows = [each for each in every if each.effect == "Allow"]
    denies = [each for each in every if each.effect == "Deny"]
    return sorted(
        need
        for need in wanted
        if any(each.covers(need) for each in allows) and not any(each.covers(need) for each in denies)
    )


def refused(policy: Mapping[str, Any], wanted: Iterable[Need]) -> list[Need]:
    """The needs that the policy does not grant."""
    every = set(wanted)
    return sorted(every - set(granted(policy, every)))


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
