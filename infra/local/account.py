"""`python -m infra.local.account [PORT]`: moto alone, as an empty AWS account to try a deployment on.

    AWS_ENDPOINT_URL=http://127.0.0.1:5055 AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x AWS_DEFAULT_REGION=us-east-1 \
        make deploy STAGE=dev

It takes the deployment and tells what is there; it runs no function and serves no API.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from moto.apigateway.models import APIGatewayBackend, RestAPI
from moto.awslambda.models import LambdaFunction
from moto.cloudformation import parsing, responses
from moto.cloudformation.models import Stack
from moto.cloudformation import parsing
from moto.core.utils import unix_time
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Backup
from moto.dynamodb.models.table import Table as DynamoTable

from infra.local.http_server import HttpServer, listen
from infra.local.moto_http import moto, without_pages
from infra.local.signals import Stop

Document = dict[str, Any]


def main(port: int) -> None:
    take_chalice()
    take_updates()
    take_tracing()
    take_loops()
    take_recovery()
    stop = Stop()
    server = HttpServer(without_pages(moto()), listen("127.0.0.1", port)).start()
    print(f"http://127.0.0.1:{server.port}", flush=True)
    stop.wait()
    server.stop()


def take_chalice() -> None:
    """Let moto import what Chalice writes, which is Swagger 2; and lose, as AWS does, what an overwriting import does
    not name.
    """
    APIGatewayBackend.import_rest_api = _translating(APIGatewayBackend.import_rest_api)  # type: ignore[method-assign]
    APIGatewayBackend.put_rest_api = _overwriting(APIGatewayBackend.put_rest_api)  # type: ignore[method-assign]


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
        return original(backend, function_id, _as_openapi(api_doc), fail_on_warnings=False, mode=mode)

    return put_rest_api


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

    LambdaFunction.update_configuration = update_configuration  # type: ignore[method-assign]


def take_loops() -> None:
    """Let moto read the stack's template: it knows neither `Fn::ForEach` nor alarms, which are all that loops make."""
    original, summary = Stack.parse_template, responses.get_template_summary_response_from_template

    def parse_template(template: str) -> Document:
        document: Document = original(template)
        named = document["Resources"].items()
        return {**document, "Resources": {name: each for name, each in named if not name.startswith("Fn::ForEach::")}}

    def summed_up(template_body: str) -> Document:
        return summary(json.dumps(parse_template(template_body)))

    Stack.parse_template = staticmethod(parse_template)  # type: ignore[method-assign]
    responses.get_template_summary_response_from_template = summed_up
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

    DynamoTable.create_from_cloudformation_json = create_from_cloudformation_json  # type: ignore[assignment, method-assign]
    DynamoDBBackend.describe_continuous_backups = describe_continuous_backups  # type: ignore[assignment, method-assign]
    DynamoDBBackend.delete_table = delete_table  # type: ignore[assignment, method-assign]


def _as_openapi(document: Document) -> Document:
    """moto wants version 3 and a description; of the rest it reads only what both versions have alike."""
    rest = {name: value for name, value in document.items() if name != "swagger"}
    return {**rest, "openapi": "3.0.1", "info": {"description": "", **document["info"]}}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5055)
