"""The REST APIs of the account, served as each was when it was deployed.

Addresses are LocalStack's: `/_aws/execute-api/<api>/<stage>/...`, https://docs.localstack.cloud/aws/services/apigateway/.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import unquote

from moto.apigateway.models import APIGatewayBackend, RestAPI, apigateway_backends
from moto.awslambda.models import LambdaBackend
from moto.core.models import DEFAULT_ACCOUNT_ID

from infra.lambda_runtime.execution import FunctionError
from infra.lambda_runtime.gateway import ApiGateway
from infra.local.account.functions import REGION, Functions
from infra.local.events import STAGE
from infra.local.http_server import Answer, Call, json_answer
from infra.local.moto_patches import put_in

Document = dict[str, Any]

_ADDRESS = re.compile(r"/_aws/execute-api/(?P<api>\w+)/(?P<stage>\w+)(?P<rest>/.*|\?.*|)")
_TAGS = re.compile(r"/tags/arn:aws:apigateway:[^/]*/restapis/(?P<api>\w+)")
_EXPORT = re.compile(r"/restapis/(?P<api>\w+)/stages/(?P<stage>\w+)/exports/swagger")
_FUNCTION = re.compile(r"/functions/(?P<arn>[^/]+)/invocations")
_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


class RestApis:
    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self._defined: dict[str, Document] = {}
        self._deployed: dict[str, Document] = {}
        self._permitted: set[tuple[str, str | None]] = set()
        self._watch()

    def respond(self, call: Call) -> Answer | None:
        apis = apigateway_backends[DEFAULT_ACCOUNT_ID][REGION].apis
        if tagged := _TAGS.fullmatch(unquote(call.path)):  # moto's API Gateway takes tags only of a new API
            apis[tagged["api"]].tags.update(json.loads(call.body)["tags"])
            return Answer(204)
        if exported := _EXPORT.fullmatch(call.path):  # moto's has no integrations
            stages = apis[exported["api"]].stages
            return json_answer(200, self._deployed[str(stages[exported["stage"]].deployment_id)])
        match = _ADDRESS.fullmatch(call.target)
        if not match:
            return None
        stage = apis[match["api"]].stages.get(match["stage"]) if match["api"] in apis else None
        if stage is None:
            return json_answer(403, {"message": "Forbidden"})
        document = self._deployed[str(stage.deployment_id)]
        gateway = ApiGateway(_with_answers(document), partial(self._invoke, document, stage.variables))
        return gateway.respond(replace(call, target=f"/{STAGE}{match['rest']}"))

    def _invoke(self, document: Document, variables: dict[str, str], event: Any) -> Any:
        method = document["paths"][event["resource"]][event["httpMethod"].lower()]
        uri = method["x-amazon-apigateway-integration"]["uri"]
        called = _FUNCTION.search(_VARIABLE.sub(lambda found: variables[found[1]], uri))
        if called is None:
            raise FunctionError(f"{uri} is not that of a function")
        name, _, qualifier = called["arn"].partition(":function:")[2].partition(":")
        if (name, qualifier or None) not in self._permitted:
            raise FunctionError(f"the API may not call {called['arn']}")
        return self._functions.invoke(called["arn"], event)

    def _watch(self) -> None:
        """Note definitions, deployments and permissions: moto keeps no state of an API at its deployment, and a
        permission to call an alias with the version that it stands for.
        """
        put, deploy, permit = APIGatewayBackend.put_rest_api, RestAPI.create_deployment, LambdaBackend.add_permission

        def put_rest_api(
            backend: APIGatewayBackend, function_id: str, api_doc: Document, *args: Any, **named: Any
        ) -> Any:
            self._defined[function_id] = api_doc
            return put(backend, function_id, api_doc, *args, **named)

        def create_deployment(api: RestAPI, *args: Any, **named: Any) -> Any:
            made = deploy(api, *args, **named)
            self._deployed[made.id] = self._defined.get(api.id, {})
            return made

        def add_permission(backend: LambdaBackend, function_name: str, qualifier: str, raw: str) -> Any:
            self._permitted.add((function_name.rpartition(":function:")[2], qualifier or None))
            return permit(backend, function_name, qualifier, raw)

        put_in(APIGatewayBackend, put_rest_api)
        put_in(RestAPI, create_deployment)
        put_in(LambdaBackend, add_permission)


def _with_answers(document: Document) -> Document:
    """API Gateway's own, where the definition has none: as after plain Chalice."""
    plain = {
        "statusCode": "403",
        "responseParameters": {},
        "responseTemplates": {"application/json": '{"message":null}'},
    }
    kinds = ("MISSING_AUTHENTICATION_TOKEN", "DEFAULT_5XX")
    return {"x-amazon-apigateway-gateway-responses": dict.fromkeys(kinds, plain), **document}
