"""For pipelines: Chalice's CloudFormation template with everything that `make deploy` sets afterwards, and the stack's.

    aws cloudformation deploy --template-file stack.yaml ...    and then
    aws cloudformation package / deploy of sam.json

A pipeline has no use for Chalice's own record in `.chalice/deployed`; CloudFormation knows what there is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from infra.deploy import aliases, functions, gateway, stack, traffic
from infra.deploy.stage import Stage, check

OPTIONAL = {
    "WebAclArn": "Output WebAclArn of stack.yaml's stack; empty for none",
    "DomainName": "Output DomainName of stack.yaml's stack; empty for none",
}

NUMBERS = {"RequestsPerSecond": 500, "RequestBurst": 1000}
"""Parameters of the same names and defaults as stack.yaml's."""

STEPS = {"Name": "TrafficShift", "Default": "Canary10Percent10Minutes"}
"""In which a release gets the traffic, by SAM's names."""


def build(stage: Stage, folder: Path) -> None:
    """Write `stack.yaml`, `sam.json` and `deployment.zip` into `folder`. Raises Refused for a stage with mistakes."""
    check(stage)
    functions.package(stage, folder)
    (folder / stack.TEMPLATE.name).write_text(stack.body())
    template = folder / "sam.json"
    template.write_text(json.dumps(complete(json.loads(template.read_text()), stage)))


def complete(document: dict[str, Any], stage: Stage) -> dict[str, Any]:
    """Chalice's template with the names that logs, alarms and policy go by, and with what API Gateway is told."""
    resources = document["Resources"]
    resources["APIHandler"]["Properties"]["FunctionName"] = stage.prefix
    resources["Mail"]["Properties"]["FunctionName"] = f"{stage.prefix}-mail"
    api = resources["RestAPI"]["Properties"]
    api["DefinitionBody"] = gateway.completed(api["DefinitionBody"])
    api.update(_stage_settings(stage))
    _release(resources, stage)
    document["Parameters"] = {
        **{name: {"Type": "String", "Default": "", "Description": text} for name, text in OPTIONAL.items()},
        **{name: {"Type": "Number", "Default": number} for name, number in NUMBERS.items()},
        STEPS["Name"]: {"Type": "String", "Default": STEPS["Default"]},
    }
    document["Conditions"] = {f"With{name}": {"Fn::Not": [{"Fn::Equals": [{"Ref": name}, ""]}]} for name in OPTIONAL}
    resources.update(_attachments(stage))
    return document


def _release(resources: dict[str, Any], stage: Stage) -> None:
    """Versions behind the alias `live`, which the API and the queue call; that of the API's function moves in steps."""
    api, mail = resources["APIHandler"]["Properties"], resources["Mail"]["Properties"]
    for function in (api, mail):  # a changed setting is a new version too
        function.update({"AutoPublishAlias": aliases.LIVE, "AutoPublishAliasAllProperties": True})
    api["DeploymentPreference"] = {
        "Type": {"Ref": STEPS["Name"]},
        "Alarms": [f"{stage.prefix}-{name}" for name in traffic.ALARMS],
    }
    alias = f"APIHandlerAlias{aliases.LIVE}"  # as SAM names it
    for methods in resources["RestAPI"]["Properties"]["DefinitionBody"]["paths"].values():
        for method in methods.values():
            uri = method["x-amazon-apigateway-integration"]["uri"]
            uri["Fn::Sub"] = uri["Fn::Sub"].replace("${APIHandler.Arn}", f"${{{alias}}}")
    resources["APIHandlerInvokePermission"]["Properties"]["FunctionName"] = {"Ref": alias}


def _stage_settings(stage: Stage) -> dict[str, Any]:
    log = f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{stage.prefix}-access"
    return {
        "TracingEnabled": stage.xray,
        "AccessLogSetting": {"DestinationArn": {"Fn::Sub": log}, "Format": gateway.LOG_FORMAT},
        "MethodSettings": [
            {
                "HttpMethod": "*",
                "ResourcePath": "/*",
                "MetricsEnabled": True,
                "DataTraceEnabled": False,
                "ThrottlingRateLimit": {"Ref": "RequestsPerSecond"},
                "ThrottlingBurstLimit": {"Ref": "RequestBurst"},
            }
        ],
    }


def _attachments(stage: Stage) -> dict[str, Any]:
    """The firewall and the domain, which the stack makes when it is told to."""
    api = "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${RestAPI}/stages/${RestAPI.Stage}"
    return {
        "Firewall": {
            "Type": "AWS::WAFv2::WebACLAssociation",
            "Condition": "WithWebAclArn",
            "Properties": {"WebACLArn": {"Ref": "WebAclArn"}, "ResourceArn": {"Fn::Sub": api}},
        },
        "DomainMapping": {
            "Type": "AWS::ApiGateway::BasePathMapping",
            "Condition": "WithDomainName",
            "Properties": {
                "DomainName": {"Ref": "DomainName"},
                "BasePath": stage.api_stage,
                "RestApiId": {"Ref": "RestAPI"},
                "Stage": {"Ref": "RestAPI.Stage"},
            },
        },
    }
