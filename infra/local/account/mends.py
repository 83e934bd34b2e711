"""What moto lacks, or does otherwise than AWS, for a deployment by Chalice and CloudFormation."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import yaml
from moto.apigateway.models import APIGatewayBackend, Deployment, Resource, RestAPI
from moto.awslambda.models import EventSourceMapping, LambdaBackend, LambdaFunction, LambdaStorage
from moto.cloudformation import parsing
from moto.cloudformation.models import Stack
from moto.cloudformation.utils import yaml_tag_constructor
from moto.core.utils import unix_time
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Backup
from moto.dynamodb.models.table import Table as DynamoTable
from moto.ses.models import SESBackend

from infra.local.moto_patches import put_in
from infra.local.stack import loader

Document = dict[str, Any]


@cache
def install() -> None:
    take_chalice()
    take_many_paths()
    take_updates()
    take_tracing()
    take_loops()
    take_aliases()
    take_old_deployments()
    take_old_versions()
    take_recovery()
    take_senders()


def take_chalice() -> None:
    """Let moto import what Chalice writes, which is Swagger 2; take API Gateway's own answers from it; and lose, as
    AWS does, what an overwriting import does not name.
    """
    put_in(APIGatewayBackend, _translating(APIGatewayBackend.import_rest_api))
    put_in(APIGatewayBackend, _overwriting(APIGatewayBackend.put_rest_api))


def _translating(original: Callable[..., RestAPI]) -> Callable[..., RestAPI]:
    def import_rest_api(backend: APIGatewayBackend, api_doc: Document, fail_on_warnings: bool) -> RestAPI:
        return original(backend, _as_openapi(api_doc), fail_on_warnings=False)

    return import_rest_api


def _overwriting(original: Callable[..., RestAPI]) -> Callable[..., RestAPI]:
    def put_rest_api(
        backend: APIGatewayBackend, function_id: str, api_doc: Document, fail_on_warnings: bool, mode: str = "merge"
    ) -> RestAPI:
        if mode == "overwrite":
            backend.get_rest_api(function_id).gateway_responses.clear()
        for kind, each in api_doc.get("x-amazon-apigateway-gateway-responses", {}).items():
            said = each["responseParameters"], each["responseTemplates"]
            backend.put_gateway_response(function_id, kind, each["statusCode"], *said)
        return original(backend, function_id, _as_openapi(api_doc), fail_on_warnings=False, mode=mode)

    return put_rest_api


def take_many_paths() -> None:
    """Let a resource keep its path: moto makes the paths of all anew for each that an import looks for."""
    original = Resource.get_path

    def get_path(self: Resource) -> str:
        if "path" not in vars(self):
            vars(self)["path"] = original(self)
        return str(vars(self)["path"])

    put_in(Resource, get_path)


def take_updates() -> None:
    """Let moto update a stack: it forgets conditions then, and the resources that it cannot change."""
    original = parsing.parse_and_update_resource

    def parse_and_update_resource(
        logical_id: str, resource_json: Document, resources_map: Any, account_id: str, region_name: str
    ) -> Any:
        condition = resource_json.get("Condition")
        if condition and not resources_map.lazy_condition_map[condition]:
            return None
        changed: Any = original(logical_id, resource_json, resources_map, account_id, region_name)
        return resources_map.get(logical_id) if changed is None else changed

    parsing.parse_and_update_resource = parse_and_update_resource


def take_tracing() -> None:
    """Let moto change whether a function is traced: it only takes that when the function is made."""
    original = LambdaFunction.update_configuration

    def update_configuration(self: LambdaFunction, config_updates: Document) -> Document:
        self.tracing_config = config_updates.get("TracingConfig", self.tracing_config)
        return original(self, config_updates)

    put_in(LambdaFunction, update_configuration)


LOADER = loader("", yaml_tag_constructor)
"""Reads a template as moto does, in a tenth of the time."""


def take_loops() -> None:
    """Let moto read the stack's template: it knows neither `Fn::ForEach` nor alarms, which are all that loops make."""

    def parse_template(template: str) -> Document:
        document: Document = yaml.load(template, Loader=LOADER)  # noqa: S506  # a safe one
        named = document["Resources"].items()
        return {**document, "Resources": {name: each for name, each in named if not name.startswith("Fn::ForEach::")}}

    put_in(Stack, staticmethod(parse_template))


def take_senders() -> None:
    """Let every address send mail, since nobody could prove that one is theirs."""

    def _is_verified_address(self: SESBackend, source: str) -> bool:
        return True

    put_in(SESBackend, _is_verified_address)


def take_aliases() -> None:
    """Let a mapping of a queue call an alias: moto puts the version in its place."""
    original = LambdaBackend.update_event_source_mapping

    def update_event_source_mapping(self: LambdaBackend, uuid: str, spec: Document) -> EventSourceMapping | None:
        mapping = original(self, uuid, spec)
        if mapping is not None and "FunctionName" in spec:
            mapping.function_arn = spec["FunctionName"]
        return mapping

    put_in(LambdaBackend, update_event_source_mapping)


def take_old_deployments() -> None:
    """Let a deployment go that its stage has left: moto asks for which stage it was made, not where the stage is."""
    original = RestAPI.delete_deployment

    def delete_deployment(self: RestAPI, deployment_id: str) -> Deployment:
        deployment = self.deployments[deployment_id]
        stage = self.stages.get(deployment.stage_name or "")
        if stage is not None and stage.deployment_id != deployment_id:
            deployment.stage_name = ""
        return original(self, deployment_id)

    put_in(RestAPI, delete_deployment)


def take_old_versions() -> None:
    """Let versions go: moto gives a new one the number of how many there are, which one that stayed may have."""
    original = LambdaStorage.publish_version

    def publish_version(self: LambdaStorage, name_or_arn: str, description: str = "") -> LambdaFunction | None:
        function = self.get_function_by_name_or_arn_forbid_qualifier(name_or_arn)
        before = list(self._functions[function.function_name]["versions"])
        published = original(self, name_or_arn, description)
        if published is not None and published not in before:
            del self._arns[published.function_arn]
            number = vars(function)["published"] = vars(function).get("published", 0) + 1
            published.set_version(number)
            self._arns.update({each.function_arn: each for each in [*before, published]})
        return published

    put_in(LambdaStorage, publish_version)


def take_recovery() -> None:
    """Let moto's DynamoDB recover tables: it forgets that a stack switches that on, stays at that moment, and keeps no
    backup of a table that is deleted.
    """
    made = DynamoTable.create_from_cloudformation_json
    described, delete = DynamoDBBackend.describe_continuous_backups, DynamoDBBackend.delete_table

    def create_from_cloudformation_json(name: str, definition: Document, *place: str, **kwargs: Any) -> DynamoTable:
        table = made(name, definition, *place, **kwargs)
        if wanted := definition["Properties"].get("PointInTimeRecoverySpecification"):
            dynamodb_backends[table.account_id][table.region_name].update_continuous_backups(table.name, wanted)
        return table

    def describe_continuous_backups(backend: DynamoDBBackend, table_name: str) -> Document:
        found = described(backend, table_name)
        recovery = found["PointInTimeRecoveryDescription"]
        if recovery["PointInTimeRecoveryStatus"] == "ENABLED":
            recovery["LatestRestorableDateTime"] = unix_time() + 1  # nobody who tries this need wait
        return found

    def delete_table(backend: DynamoDBBackend, name: str) -> DynamoTable:
        table = delete(backend, name)
        if table.continuous_backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED":
            kept = Backup(
                backend.account_id, backend.region_name, f"{table.name}$DeletedTableBackup", table, type_="SYSTEM"
            )
            backend.backups[kept.arn] = kept
        return table

    put_in(DynamoTable, create_from_cloudformation_json)
    put_in(DynamoDBBackend, describe_continuous_backups)
    put_in(DynamoDBBackend, delete_table)


def _as_openapi(document: Document) -> Document:
    """moto wants version 3 and a description; of the rest it reads only what both versions have alike."""
    rest = {name: value for name, value in document.items() if name != "swagger"}
    return {**rest, "openapi": "3.0.1", "info": {"description": "", **document["info"]}}
