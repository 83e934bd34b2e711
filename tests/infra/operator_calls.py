"""Which permissions a call to AWS needs, as it comes over the wire from a command of whoever deploys a stage."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

import botocore.session
from botocore.model import ServiceModel

from infra.local.http_server import Answer, Call
from tests.infra.stack_types import GLOBAL, TAG
from tests.rules import permissions
from tests.rules.permissions import ACCOUNT, Context, Need

SIGNED = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")
BOTOCORE = {"monitoring": "cloudwatch", "ses": "sesv2"}
"""botocore's name of a service where the signature has another."""

ITEMS = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")
"""What a table is filled by when it is restored."""

Parameters = Mapping[str, Any]


class Reader:
    """Reads calls in their order: what is made by one and known by an id only is remembered for the next."""

    def __init__(self) -> None:
        self.needs: set[Need] = set()
        self._functions: dict[str, str] = {}
        self._tags: dict[str, str] = {}

    def read(self, call: Call, answer: Answer) -> None:
        """KeyError for a service that is new here."""
        signed = SIGNED.search(call.headers.get("Authorization", ""))
        if signed:
            read = {"apigateway": self._apigateway, "lambda": self._lambda}.get(signed[1])
            self.needs |= set(read(call, answer) if read else _BY_SERVICE[signed[1]](*_parsed(signed[1], call)))

    def _apigateway(self, call: Call, answer: Answer) -> Iterator[Need]:
        """API Gateway has no actions but the methods of HTTP, and its resources are paths."""
        arn = f"arn:aws:apigateway:us-east-1::{unquote(call.path)}"
        context: Context = ()
        if (call.method, call.path) == ("POST", "/restapis"):
            tag = json.loads(call.body)["tags"][TAG]
            self._tags[json.loads(answer.body)["id"]] = tag
            context = ((f"aws:RequestTag/{TAG}", (tag,)),)
            tags = "arn:aws:apigateway:us-east-1::/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2F"
            yield Need("apigateway:PUT", tags, context)
        elif match := re.match(r"/restapis/(\w+)", call.path):
            context = ((f"aws:ResourceTag/{TAG}", (self._tags[match[1]],)),)
            arn = arn.replace(match[1], "api")
        yield Need(f"apigateway:{call.method}", arn, context)

    def _lambda(self, call: Call, answer: Answer) -> Iterator[Need]:
        operation, parameters = _parsed("lambda", call)
        if operation == "ListEventSourceMappings":
            yield Need(f"lambda:{operation}", "*")
        elif operation.endswith("EventSourceMapping"):
            yield self._mapping(operation, parameters, answer)
        else:
            yield Need(f"lambda:{operation}", _function(parameters))
        if operation in ("CreateAlias", "UpdateAlias"):  # asked for by the alias, too
            yield Need(f"lambda:{operation}", f"{_function(parameters)}:{parameters['Name']}")
        if "Tags" in parameters:
            yield Need("lambda:TagResource", _function(parameters))
        if role := parameters.get("Role"):
            yield Need("iam:PassRole", role, (("iam:PassedToService", ("lambda.amazonaws.com",)),))

    def _mapping(self, operation: str, parameters: Parameters, answer: Answer) -> Need:
        if operation == "CreateEventSourceMapping":
            self._functions[json.loads(answer.body)["UUID"]] = _function(parameters)
        function = _function(parameters) if "FunctionName" in parameters else self._functions[parameters["UUID"]]
        there = f"arn:aws:lambda:{ACCOUNT}:event-source-mapping:m"
        mapping = "*" if operation == "CreateEventSourceMapping" else there
        return Need(f"lambda:{operation}", mapping, (("lambda:FunctionArn", (function,)),))


def _function(parameters: Parameters) -> str:
    name = parameters.get("FunctionName") or parameters.get("Resource") or parameters["ResourceArn"]
    arn = name if name.startswith("arn:") else f"arn:aws:lambda:{ACCOUNT}:function:{name}"
    return f"{arn}:{parameters['Qualifier']}" if "Qualifier" in parameters else arn


def _parsed(signed: str, call: Call) -> tuple[str, dict[str, Any]]:
    """The operation and its parameters, whichever protocol the service has."""
    if target := call.headers.get("X-Amz-Target", ""):
        return target.rpartition(".")[2], json.loads(call.body)
    if call.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        form = dict(parse_qsl(call.body.decode()))
        return form.pop("Action"), form
    if "/operation/" in call.path:
        return call.path.rpartition("/")[2], {}
    for operation, method, path in _routes(BOTOCORE.get(signed, signed)):
        match = path.fullmatch(call.path)
        if method == call.method and match:
            labels = {name: unquote(value) for name, value in match.groupdict().items()}
            return operation, {**json.loads(call.body or b"{}"), **dict(parse_qsl(call.query)), **labels}
    raise KeyError(f"{signed} {call.method} {call.path}")


@cache
def _routes(service: str) -> list[tuple[str, str, re.Pattern[str]]]:
    model: ServiceModel = botocore.session.get_session().get_service_model(service)
    described = [(name, model.operation_model(name).http) for name in model.operation_names]
    return [(name, http["method"], _pattern(http["requestUri"])) for name, http in described]


def _pattern(uri: str) -> re.Pattern[str]:
    """Of a path whose labels stand in braces."""
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(uri)) + "/?")


def _cloudformation(operation: str, parameters: Parameters) -> Iterator[Need]:
    """A template with a transform needs the permission for a change set of that transform."""
    name = parameters["StackName"].rpartition("stack/")[2].partition("/")[0]
    yield Need(f"cloudformation:{operation}", f"arn:aws:cloudformation:{ACCOUNT}:stack/{name}/1a2b")
    if "TemplateBody" in parameters:
        transform = "arn:aws:cloudformation:us-east-1:aws:transform/LanguageExtensions"
        yield Need("cloudformation:CreateChangeSet", transform)


def _iam(operation: str, parameters: Parameters) -> Iterator[Need]:
    yield Need(f"iam:{operation}", f"arn:aws:iam:{GLOBAL}:role/{parameters['RoleName']}")


def _dynamodb(operation: str, parameters: Parameters) -> Iterator[Need]:
    table = f"arn:aws:dynamodb:{ACCOUNT}:table/"
    if operation in ("ListTables", "ListBackups"):
        yield Need(f"dynamodb:{operation}", "*")
    elif "BackupArn" in parameters:
        yield Need(f"dynamodb:{operation}", parameters["BackupArn"])
    elif operation == "RestoreTableToPointInTime":
        yield Need(f"dynamodb:{operation}", table + parameters["SourceTableName"])
    else:
        yield from (need._replace(context=()) for need in permissions.needs("dynamodb", operation, parameters))
    if target := parameters.get("TargetTableName"):
        yield from (Need(f"dynamodb:{action}", table + target) for action in (operation, *ITEMS))


def _codedeploy(operation: str, parameters: Parameters) -> Iterator[Need]:
    """All deployments are of the one group; its configuration and the revision have permissions of their own."""
    place, name = f"arn:aws:codedeploy:{ACCOUNT}:", parameters.get("applicationName", permissions.PREFIX)
    yield Need(f"codedeploy:{operation}", f"{place}deploymentgroup:{name}/api")
    if operation == "CreateDeployment":
        yield Need("codedeploy:GetDeploymentConfig", f"{place}deploymentconfig:CodeDeployDefault.LambdaAllAtOnce")
        for action in ("GetApplicationRevision", "RegisterApplicationRevision"):
            yield Need(f"codedeploy:{action}", f"{place}application:{name}")


def _monitoring(operation: str, parameters: Parameters) -> Iterator[Need]:
    yield Need(f"cloudwatch:{operation}", f"arn:aws:cloudwatch:{ACCOUNT}:alarm:*")


def _ses(operation: str, parameters: Parameters) -> Iterator[Need]:
    identity = parameters.get("EmailIdentity")
    yield Need(f"ses:{operation}", f"arn:aws:ses:{ACCOUNT}:identity/{identity}" if identity else "*")


def _kms(operation: str, parameters: Parameters) -> Iterator[Need]:
    yield from permissions.needs("kms", operation, parameters)


def _sts(operation: str, parameters: Parameters) -> Iterator[Need]:
    yield Need(f"sts:{operation}", "*")


def _sns(operation: str, parameters: Parameters) -> Iterator[Need]:
    """Of the account, not of a topic. Version 1 writes the S of SMS large, IAM as the operation."""
    yield Need(f"sns:{operation}", "*")


_BY_SERVICE = {
    "cloudformation": _cloudformation,
    "codedeploy": _codedeploy,
    "dynamodb": _dynamodb,
    "iam": _iam,
    "kms": _kms,
    "monitoring": _monitoring,
    "ses": _ses,
    "sns": _sns,
    "sts": _sts,
}
